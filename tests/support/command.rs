//! The command, run as users run it.

use std::ffi::OsStr;
use std::fs;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

/// What a run of the command left.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Finished {
    /// The object on standard output.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// Runs the command to its end.
pub(crate) fn wirebook(arguments: &[&dyn AsRef<OsStr>]) -> Finished {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wirebook"));
    for argument in arguments {
        command.arg(argument);
    }
    let output = command.output().unwrap();
    Finished {
        status: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A replay with its touch tape.
#[derive(Debug)]
pub(crate) struct Replayed {
    pub(crate) status: i32,
    pub(crate) tape: String,
    pub(crate) json: Value,
    pub(crate) stderr: String,
}

/// Replays with a touch tape and the summary as JSON.
pub(crate) fn replay(arguments: &[&dyn AsRef<OsStr>]) -> Replayed {
    let folder = folder();
    let tape = folder.path().join("bbo.csv");
    let mut all: Vec<&dyn AsRef<OsStr>> = vec![&"replay", &"--json", &"--bbo", &tape];
    all.extend(arguments);
    let finished = wirebook(&all);
    Replayed {
        status: finished.status,
        tape: fs::read_to_string(&tape).unwrap_or_else(|error| panic!("{error}: {finished:?}")),
        json: finished.json(),
        stderr: finished.stderr,
    }
}

/// The names in `books_not_live`.
pub(crate) fn not_live(json: &Value) -> Vec<String> {
    serde_json::from_value(json["books_not_live"].clone()).unwrap()
}

/// First and last of each gap.
pub(crate) fn gaps(json: &Value) -> Vec<(u64, u64)> {
    let gaps = json["gaps"].as_array().unwrap();
    gaps.iter().map(|gap| (gap["first"].as_u64().unwrap(), gap["last"].as_u64().unwrap())).collect()
}

/// A folder that is gone after the test.
pub(crate) fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}
