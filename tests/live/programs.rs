//! The two commands, run beside each other.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use super::path::Path;

pub(crate) const WIREBOOK: &str = env!("CARGO_BIN_EXE_wirebook");

/// A command that receives, and what it has said so far.
pub(crate) struct Receiving {
    pub(crate) child: Child,
    errors: thread::JoinHandle<String>,
}

/// What a command left.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: i32,
    pub(crate) json: Value,
    #[allow(dead_code)] // shown where a test fails
    pub(crate) stderr: String,
}

/// Starts `wirebook run` (or `record`, with its file) and waits until it is ready.
pub(crate) fn receive(path: &Path, command: &[&str], arguments: &[&str]) -> Receiving {
    let mut child = Command::new(WIREBOOK)
        .args(command)
        .args(&path.receive)
        .args(if arguments.contains(&"--frames") { &[][..] } else { &path.room })
        .args(path.groups())
        .args(["--json", "--interval", "0"])
        // A test that fails ends all the same.
        .args(if arguments.contains(&"--exit-idle") { &[][..] } else { &["--exit-idle", "20"] })
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut said = String::new();
    while !said.contains("ready to receive") {
        let mut line = String::new();
        let length = stderr.read_line(&mut line).unwrap();
        said += &line;
        assert!(length > 0, "{}: it did not begin: {said}", path.name);
    }
    let errors = thread::spawn(move || {
        let mut rest = String::new();
        stderr.read_to_string(&mut rest).unwrap();
        said + &rest
    });
    Receiving { child, errors }
}

impl Receiving {
    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let id = i32::try_from(self.child.id()).unwrap();
        let process = rustix::process::Pid::from_raw(id).unwrap();
        rustix::process::kill_process(process, signal).unwrap();
    }

    /// Waits for its end.
    pub(crate) fn end(self) -> Ended {
        let output = self.child.wait_with_output().unwrap();
        let stderr = self.errors.join().unwrap();
        let stdout = String::from_utf8(output.stdout).unwrap();
        let json = serde_json::from_str(&stdout)
            .unwrap_or_else(|error| panic!("{error}: {stdout:?}, {stderr}"));
        Ended { status: output.status.code().unwrap(), json, stderr }
    }
}

/// Runs `wirebook publish` at the other end.
pub(crate) fn publish(path: &Path, recording: &std::path::Path, arguments: &[&str]) -> Value {
    let (mut command, interface) = path.there(WIREBOOK);
    let output = command
        .arg("publish")
        .arg(recording)
        .args(["--json", "--interface", &interface])
        .args(path.groups())
        .args(arguments)
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {stderr}", path.name);
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The sum of a count over the lines of what was published or received.
pub(crate) fn over_lines(json: &Value, count: &str) -> u64 {
    let lines = json["lines"].as_object().unwrap();
    lines.values().map(|line| line[count].as_u64().unwrap()).sum()
}

/// The sum of all drops.
pub(crate) fn dropped(json: &Value) -> u64 {
    json["drops"].as_object().unwrap().values().map(|count| count.as_u64().unwrap()).sum()
}

/// Lets what is under way arrive.
pub(crate) fn settle() {
    thread::sleep(Duration::from_millis(200));
}
