//! Every test that SPECIFICATION.md names exists.

use std::fs;
use std::path::Path;

/// The words between backticks.
fn quoted(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

#[test]
fn every_test_that_is_named_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("SPECIFICATION.md")).unwrap();
    let mut promises = 0;
    for row in text.lines().filter(|line| line.starts_with("| ") && !line.contains("enforced by")) {
        let tests = row.rsplit('|').nth(1).unwrap();
        let mut file = None;
        for word in quoted(tests) {
            let path = root.join(word);
            if word.ends_with('/') {
                assert!(path.is_dir(), "{word} is no folder:\n{row}");
                file = Some(path);
                continue;
            }
            match &file {
                Some(folder) if folder.is_dir() && word.ends_with(".rs") => {
                    assert!(folder.join(word).is_file(), "{word} is not there:\n{row}");
                    promises += 1;
                }
                _ if word.ends_with(".rs") => {
                    assert!(path.is_file(), "{word} is not there:\n{row}");
                    file = Some(path);
                }
                Some(file) => {
                    let code = fs::read_to_string(file).unwrap();
                    let name = format!("fn {word}(");
                    assert!(code.contains(&name), "{word} is not in {}:\n{row}", file.display());
                    promises += 1;
                }
                None => panic!("no file is named before {word}:\n{row}"),
            }
        }
    }
    assert!(promises > 50, "only {promises} tests are named");
}
