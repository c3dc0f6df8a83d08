//! Reads golden vectors: text with the bytes in hexadecimal beside what they mean.
//!
//! A vector begins with its title. Every line that is indented has bytes and, two spaces or more
//! to the right, what they are. A line that begins with `=` tells what decoding must give. Lines
//! that begin with `#` are comments, and an empty line ends the vector.

/// One vector of a golden file.
pub(crate) struct Vector {
    /// The first line.
    pub(crate) title: String,
    /// The bytes of all its lines.
    pub(crate) bytes: Vec<u8>,
    /// What decoding must give: the line with `=`, or without one the title and every `name=value`.
    pub(crate) dump: String,
}

/// The vectors of a golden file, in order.
pub(crate) fn vectors(text: &str) -> Vec<Vector> {
    let vectors: Vec<Vector> = text.split("\n\n").filter_map(vector).collect();
    assert!(!vectors.is_empty(), "a golden file without vectors");
    vectors
}

fn vector(block: &str) -> Option<Vector> {
    let mut lines = block.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let title = lines.next()?.to_owned();
    let mut bytes = Vec::new();
    let mut named = title.clone();
    let mut outcome = None;
    for line in lines {
        if let Some(told) = line.strip_prefix("= ") {
            outcome = Some(told.to_owned());
            continue;
        }
        let line = line.strip_prefix("  ").unwrap_or_else(|| panic!("{title}: {line}"));
        let (hex, meaning) = line.split_once("  ").unwrap_or((line, ""));
        bytes.extend(hex.split(' ').map(|byte| u8::from_str_radix(byte, 16).expect(line)));
        if meaning.contains('=') {
            named = format!("{named} {}", meaning.trim_start());
        }
    }
    Some(Vector { title, bytes, dump: outcome.unwrap_or(named) })
}
