//! What a process may do without root.

use std::process::{Command, Output};

use super::net::{Wire, may_make_wires};
use super::path::turn;
use super::programs::WIREBOOK;

/// Runs the command as nobody, with these capabilities alone.
fn as_nobody(capabilities: &str, arguments: &[&str]) -> Output {
    let capabilities = format!("-all{capabilities}");
    // A copy that nobody may read: the folder of the build need not be open to all.
    let folder = tempfile::Builder::new().prefix("wirebook").tempdir_in("/dev/shm").unwrap();
    let program = folder.path().join("wirebook");
    std::fs::copy(WIREBOOK, &program).unwrap();
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(folder.path(), open).unwrap();
    Command::new("setpriv")
        .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
        .args(["--inh-caps", &capabilities, "--ambient-caps", &capabilities])
        .arg(program)
        .args(arguments)
        .output()
        .unwrap()
}

fn can_drop_privileges(test: &str) -> bool {
    if !cfg!(feature = "xdp") {
        println!("skipped {test}: it needs the feature xdp");
        return false;
    }
    if Command::new("setpriv").arg("--version").output().is_err() {
        println!("skipped {test}: setpriv (util-linux) is not installed");
        return false;
    }
    may_make_wires(test)
}

const GROUP: [&str; 4] = ["--group", "239.98.5.1:5000", "--exit-idle", "0.3"];

#[test]
fn af_xdp_runs_with_three_capabilities_and_without_root() {
    let _turn = turn();
    if !can_drop_privileges("AF_XDP without root") {
        return;
    }
    let wire = Wire::new(1);
    let run = ["run", "--backend", "xdp", "--json", "--interface", &wire.here];
    let output = as_nobody(",+net_raw,+net_admin,+bpf", &[&run[..], &GROUP].concat());
    // It waited in vain, and says that nothing came: that the feed is not whole is no failure to begin.
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("ready to receive"), "{said}");
}

#[test]
fn without_capabilities_it_is_said_which_are_needed() {
    let _turn = turn();
    if !can_drop_privileges("AF_XDP without capabilities") {
        return;
    }
    let wire = Wire::new(1);
    let run = ["run", "--backend", "xdp", "--interface", &wire.here];
    for capabilities in ["", ",+net_raw", ",+net_raw,+net_admin"] {
        let output = as_nobody(capabilities, &[&run[..], &GROUP].concat());
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{capabilities}: {said}");
        assert!(
            said.contains("setcap cap_net_raw,cap_net_admin,cap_bpf=ep"),
            "{capabilities}: {said}"
        );
    }
    // The sockets of the kernel need none.
    let run = ["run", "--backend", "io_uring", "--interface", "lo"];
    let output = as_nobody("", &[&run[..], &GROUP].concat());
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{said}");
}
