//! The rules of the tree that no compiler checks.
#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

use std::fs;
use std::path::{Path, PathBuf};

/// Where Rust is.
const FOLDERS: [&str; 9] = [
    "src",
    "book",
    "ingest",
    "strategy-api",
    "exchange",
    "dpdk-sys",
    "examples",
    "benches",
    "tests",
];
/// A file is one noun: beyond this it has become two.
const LINES_MAX: usize = 500;
/// Names that say nothing of what is inside.
const EMPTY_NAMES: [&str; 8] =
    ["util", "utils", "common", "commons", "manager", "managers", "helper", "helpers"];
/// Where unsafe code may be.
const UNSAFE_PLACES: [&str; 5] = [
    "book/src/region/",
    "tests/allocation.rs",
    "dpdk-sys/",
    "ingest/src/backend/",
    "benches/drain/bare.rs",
];

/// A file of Rust, by its path from the root.
struct Source {
    path: String,
    text: String,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    for folder in FOLDERS {
        collect(&root.join(folder), &mut paths);
    }
    paths.sort();
    let source = |path: &PathBuf| Source {
        path: path.strip_prefix(root).unwrap().display().to_string(),
        text: fs::read_to_string(path).unwrap(),
    };
    let sources: Vec<Source> = paths.iter().map(source).collect();
    assert!(sources.len() > 100, "{} files: the walk does not find them", sources.len());
    sources
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if !path.ends_with("target") {
                collect(&path, paths);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            paths.push(path);
        }
    }
}

/// The text without comments, strings and characters: what the compiler takes as code.
fn code(text: &str) -> String {
    let (mut code, mut rest) = (String::new(), text);
    while let Some(first) = rest.chars().next() {
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if first == '"' {
            string(rest)
        } else if raw_string(rest) && !code.ends_with(is_name) {
            let hashes = rest[1..].find('"').unwrap();
            let end = format!("\"{}", "#".repeat(hashes));
            let from = hashes + 2;
            rest[from..].find(&end).map_or(rest.len(), |at| from + at + end.len())
        } else {
            character(rest)
        };
        let taken = if skipped > 0 {
            code.push(' ');
            skipped
        } else {
            code.push(first);
            first.len_utf8()
        };
        rest = &rest[taken..];
    }
    code
}

fn is_name(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

fn raw_string(text: &str) -> bool {
    text.strip_prefix('r').is_some_and(|rest| rest.trim_start_matches('#').starts_with('"'))
        && !text.starts_with("r#\"#\"")
}

/// Bytes of the string that `text` begins with.
fn string(text: &str) -> usize {
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            '"' if !escaped => return at + 1,
            _ => escaped = character == '\\' && !escaped,
        }
    }
    text.len()
}

/// Bytes of the character literal that `text` begins with; 0 where it begins with none.
fn character(text: &str) -> usize {
    let Some(rest) = text.strip_prefix('\'') else { return 0 };
    if rest.starts_with('\\') {
        return rest[2..].find('\'').map_or(0, |end| end + 4);
    }
    let width = rest.chars().next().map_or(0, char::len_utf8);
    if rest[width..].starts_with('\'') { width + 2 } else { 0 }
}

/// The names and keywords of a piece of code.
fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|character| !is_name(character)).filter(|word| !word.is_empty())
}

fn is_unsafe_place(path: &str) -> bool {
    UNSAFE_PLACES.iter().any(|place| path.starts_with(place))
}

/// No file for which `wrong` says something.
fn none(wrong: impl Fn(&Source) -> Option<String>) {
    let found: Vec<String> = sources()
        .iter()
        .filter_map(|source| wrong(source).map(|what| format!("{}: {what}", source.path)))
        .collect();
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn no_file_is_too_long() {
    none(|source| {
        let lines = source.text.lines().count();
        (lines > LINES_MAX).then(|| format!("{lines} lines, at most {LINES_MAX}"))
    });
}

#[test]
fn no_module_has_an_empty_name() {
    none(|source| {
        let parts = source.path.trim_end_matches(".rs").split('/');
        let by_file = parts.flat_map(|part| part.split(['_', '-']));
        let code = code(&source.text);
        let inline = words(&code).zip(words(&code).skip(1)).filter(|(word, _)| *word == "mod");
        let inline = inline.flat_map(|(_, name)| name.split('_'));
        let mut named = by_file.chain(inline);
        named.find(|name| EMPTY_NAMES.contains(name)).map(|name| format!("named {name:?}"))
    });
}

#[test]
fn unsafe_code_is_where_it_may_be() {
    none(|source| {
        let is_unsafe = words(&code(&source.text)).any(|word| word == "unsafe");
        (is_unsafe && !is_unsafe_place(&source.path)).then(|| "unsafe code".to_owned())
    });
    let counted = sources().iter().filter(|source| is_unsafe_place(&source.path)).count();
    assert!(counted > 1, "the places of unsafe code have moved");
}

#[test]
fn nothing_is_left_to_be_done() {
    // In two parts, so that this file does not have them.
    let marks = [["TO", "DO"].concat(), ["FIX", "ME"].concat()];
    none(|source| {
        let mut lines = (1..).zip(source.text.lines());
        let found = lines.find(|(_, line)| marks.iter().any(|mark| line.contains(mark)));
        found.map(|(number, line)| format!("line {number}: {}", line.trim()))
    });
}

#[test]
fn every_crate_without_memory_or_cards_of_its_own_forbids_unsafe_code() {
    let roots = [
        "src/lib.rs",
        "src/main.rs",
        "strategy-api/src/lib.rs",
        "exchange/src/lib.rs",
        "examples/standalone-strategy/src/lib.rs",
    ];
    let sources = sources();
    let code_of = |path: &str| {
        let source = sources.iter().find(|source| source.path == path);
        code(&source.unwrap_or_else(|| panic!("no {path}")).text)
    };
    for path in roots {
        assert!(code_of(path).contains("#![forbid(unsafe_code)]"), "{path} does not forbid it");
    }
    for path in ["book/src/lib.rs", "ingest/src/lib.rs"] {
        assert!(code_of(path).contains("#![deny(unsafe_code)]"), "{path} does not deny it");
    }
    // A crate that comes later is not forgotten.
    let crates = sources.iter().filter(|source| source.path.ends_with("src/lib.rs")).count();
    // `src/main.rs` is no crate's root that is counted, and three are not among `roots`.
    assert_eq!(
        crates,
        roots.len() - 1 + 3,
        "book, ingest, dpdk-sys and the others: name the new one here"
    );
}

#[test]
fn code_is_told_from_what_is_no_code() {
    let text =
        "a // unsafe\n\"unsafe \\\" unsafe\" b '\"' c r#\"unsafe \" \"# /* unsafe */ 'd e('\\'') f";
    assert_eq!(words(&code(text)).collect::<String>(), "abcdef");
    assert_eq!(words(&code("unsafe;")).next(), Some("unsafe"));
}
