//! Writers and readers in processes of their own.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use wirebook_book::region::{HugePages, Region, RegionConfig, WriterState};

use crate::scratch::{
    LAYOUT, MIB, Mount, Pool, Scratch, attach, complete, complete_with_words, is_whole, plan,
    private, run, shared, table,
};

const ROLE: &str = "WIREBOOK_REGION_ROLE";
const FILE: &str = "WIREBOOK_REGION_FILE";

/// This program again, in a part of its own.
struct Actor {
    process: Child,
    said: BufReader<ChildStdout>,
}

impl Actor {
    fn new(role: &str, path: &Path) -> Actor {
        Actor::with(&[], role, path)
    }

    fn with(prefix: &[&str], role: &str, path: &Path) -> Actor {
        let program = std::env::current_exe().unwrap();
        let mut words = prefix.iter().copied().chain([program.to_str().unwrap()]);
        let mut command = Command::new(words.next().unwrap());
        command.args(words).args(["process::act", "--exact", "--nocapture"]);
        command.env(ROLE, role).env(FILE, path).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let said = BufReader::new(process.stdout.take().unwrap());
        Actor { process, said }
    }

    /// What it says next.
    fn hear(&mut self) -> String {
        let mut line = String::new();
        while self.said.read_line(&mut line).unwrap() > 0 {
            if let Some((_, said)) = line.split_once("> ") {
                return said.trim_end().to_owned();
            }
            line.clear();
        }
        panic!("it said nothing, and ended with {:?}", self.process.wait());
    }

    fn go_on(&mut self) {
        self.process.stdin.as_mut().unwrap().write_all(b"\n").unwrap();
    }

    fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    fn end(mut self) {
        drop(self.process.stdin.take());
        let mut rest = String::new();
        self.said.read_to_string(&mut rest).unwrap();
        let status = self.process.wait().unwrap();
        assert!(status.success(), "{status}: {rest}");
    }
}

impl Drop for Actor {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn say(what: &dyn std::fmt::Display) {
    println!("> {what}");
}

fn wait() {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
}

/// The part of a child; as a test of its own it has none.
#[test]
fn act() {
    let Ok(role) = std::env::var(ROLE) else { return };
    let path = PathBuf::from(std::env::var_os(FILE).unwrap());
    match role.as_str() {
        "writer" => {
            let region = complete(&path);
            region.header_writer().unwrap().set_last_sequence(77);
            say(&"complete");
            wait();
            region.header_writer().unwrap().finish();
        }
        "maker" => {
            let _region = shared(MIB, &path, HugePages::Never).unwrap();
            say(&"begun");
            wait();
        }
        "heir" => {
            drop(shared(4 * MIB, &path, HugePages::Prefer).unwrap());
            say(&shared(4 * MIB, &path, HugePages::Prefer).unwrap().pages());
        }
        "reader" => {
            let mut region = attach(&path).unwrap();
            let words = table(&mut region);
            say(&format!("{} {}", words.at(7).get(), words.at(8).get()));
            wait();
            say(&words.at(7).get());
            wait();
            match region.check_length() {
                Ok(()) => say(&words.at(8).get()),
                Err(error) => say(&error),
            }
        }
        "private" => {
            wait();
            match private(256 * MIB, HugePages::Never) {
                Ok(region) => say(&region.pages()),
                Err(error) => say(&error),
            }
        }
        "shared" => {
            wait();
            match shared(256 * MIB, &path, HugePages::Never) {
                Ok(region) => say(&region.pages()),
                Err(error) => say(&error),
            }
        }
        "locker" => {
            let config = RegionConfig {
                file: None,
                pages: HugePages::Never,
                lock: true,
                ..RegionConfig::default()
            };
            say(&Region::create(plan(MIB), &config, LAYOUT).unwrap().pages());
        }
        other => panic!("there is no part {other}"),
    }
}

#[test]
fn a_reader_sees_what_a_writer_writes() {
    let folder = Scratch::new();
    let path = folder.path("books");
    let (_region, words) = complete_with_words(&path);
    let mut reader = Actor::new("reader", &path);
    assert_eq!(reader.hear(), "7 8");
    words.at(7).set(70);
    reader.go_on();
    assert_eq!(reader.hear(), "70");
    reader.go_on();
    assert_eq!(reader.hear(), "8");
    reader.end();
}

#[test]
fn a_reader_learns_that_the_file_was_cut() {
    let folder = Scratch::new();
    let path = folder.path("books");
    let region = complete(&path);
    let mut reader = Actor::new("reader", &path);
    assert_eq!(reader.hear(), "7 8");
    reader.go_on();
    assert_eq!(reader.hear(), "7");
    File::options().write(true).open(&path).unwrap().set_len(0).unwrap();
    reader.go_on();
    let said = format!("{} was made {} bytes long and now has 0", path.display(), MIB + 4096);
    assert_eq!(reader.hear(), said);
    reader.end();
    drop(region);
}

#[test]
fn a_killed_writer_is_dead_and_has_a_successor() {
    let folder = Scratch::new();
    let path = folder.path("books");
    let mut writer = Actor::new("writer", &path);
    assert_eq!(writer.hear(), "complete");
    let mut reader = attach(&path).unwrap();
    let pid = writer.process.id();
    assert_eq!(reader.writer().pid, pid);
    assert!(reader.writer_is_alive());
    let said = format!("{} is being written by process {pid}", path.display());
    assert_eq!(shared(MIB, &path, HugePages::Never).unwrap_err().to_string(), said);
    assert_eq!(Region::reopen(&path, LAYOUT).unwrap_err().to_string(), said);
    writer.kill();
    assert!(!reader.writer_is_alive());
    assert_eq!(reader.header().writer_state(), WriterState::Dead);
    let mut successor = Region::reopen(&path, LAYOUT).unwrap();
    assert!(is_whole(&mut successor) && is_whole(&mut reader));
    assert_eq!(successor.header().last_sequence(), 77);
    assert_eq!(reader.writer().pid, std::process::id(), "it is the same region");
    assert_eq!(reader.header().writer_state(), WriterState::Alive);
    drop(successor);
    // A new beginning is possible, too.
    let mut new = shared(MIB, &path, HugePages::Never).unwrap();
    assert!(!is_whole(&mut new));
}

#[test]
fn a_writer_that_ends_well_has_finished() {
    let folder = Scratch::new();
    let path = folder.path("books");
    let mut writer = Actor::new("writer", &path);
    assert_eq!(writer.hear(), "complete");
    let reader = attach(&path).unwrap();
    writer.end();
    assert_eq!(reader.header().writer_state(), WriterState::Finished);
    assert!(!reader.writer_is_alive());
}

#[test]
fn a_writer_that_is_killed_while_it_begins_leaves_nothing_to_attach_to() {
    let folder = Scratch::new();
    let path = folder.path("books");
    let mut maker = Actor::new("maker", &path);
    assert_eq!(maker.hear(), "begun");
    maker.kill();
    assert!(attach(&path).unwrap_err().to_string().contains("are not complete"));
    assert!(Region::reopen(&path, LAYOUT).unwrap_err().to_string().contains("are not complete"));
    drop(complete(&path));
    assert!(is_whole(&mut attach(&path).unwrap()), "a new beginning is possible");
}

/// In a process of its own: a child that is forked elsewhere in this one would have the old file
/// until it has become another program.
#[test]
fn a_successor_needs_no_second_set_of_pages() {
    let Some(_pool) = Pool::new(2048, 3) else { return };
    let Some(mount) = Mount::new("hugetlbfs", "pagesize=2M") else { return };
    let mut heir = Actor::new("heir", &mount.path("books"));
    assert_eq!(heir.hear(), "2 MiB pages, 6 MiB, locked");
    heir.end();
}

/// A control group that allows 64 MiB, in version 1 or 2.
struct Group(PathBuf);

impl Group {
    fn new() -> Option<Group> {
        let name = format!("wirebook-region-{}", std::process::id());
        for (root, limit) in
            [("/sys/fs/cgroup/memory", "memory.limit_in_bytes"), ("/sys/fs/cgroup", "memory.max")]
        {
            let group = Group(Path::new(root).join(&name));
            if fs::create_dir(&group.0).is_ok()
                && fs::write(group.0.join(limit), (64 * MIB).to_string()).is_ok()
            {
                return Some(group);
            }
        }
        println!("left out: no control group can be made here (it needs root)");
        None
    }

    fn take(&self, actor: &Actor) {
        fs::write(self.0.join("cgroup.procs"), actor.process.id().to_string()).unwrap();
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(5);
        while self.0.exists() && std::time::Instant::now() < deadline {
            let _ = fs::remove_dir(&self.0);
        }
    }
}

#[test]
fn a_control_group_that_allows_too_little_is_a_sentence_not_a_kill() {
    let Some(group) = Group::new() else { return };
    let folder = Scratch::new();
    let path = folder.path("books");
    for role in ["private", "shared"] {
        let mut actor = Actor::new(role, &path);
        group.take(&actor);
        actor.go_on();
        let said = actor.hear();
        let start = "262148 KiB of memory are needed for the books, and the control group ";
        assert!(said.starts_with(start), "{said}");
        assert!(said.contains(&format!("{} leaves ", group.0.display())), "{said}");
        actor.end();
    }
    assert!(!path.exists());
}

#[test]
fn memory_that_may_not_be_locked_is_used_all_the_same() {
    let nobody = ["prlimit", "--memlock=65536", "setpriv", "--bounding-set=-ipc_lock"];
    let nobody = [&nobody[..], &["--inh-caps=-all", "--"]].concat();
    if !run("prlimit", &[&nobody[1..], &["true"]].concat()) {
        println!("left out: the right to lock memory cannot be given up here");
        return;
    }
    let mut actor = Actor::with(&nobody, "locker", Path::new(""));
    assert_eq!(actor.hear(), "4 KiB pages, 1028 KiB");
    actor.end();
}
