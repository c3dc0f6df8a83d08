//! What cannot be done gets one sentence: what was tried and what to do.

use std::fs;
use std::net::UdpSocket;

use super::support::command::{Finished, folder, wirebook};

/// Runs `wirebook run` with arguments that it must refuse.
fn refused(arguments: &str) -> Finished {
    let words: Vec<String> = arguments.split_whitespace().map(str::to_owned).collect();
    let mut all: Vec<&dyn AsRef<std::ffi::OsStr>> = vec![&"run", &"--exit-idle", &"1"];
    all.extend(words.iter().map(|word| word as &dyn AsRef<std::ffi::OsStr>));
    let finished = wirebook(&all);
    assert_eq!(finished.status, 2, "{arguments}: {finished:?}");
    let said = finished.stderr.lines().last().unwrap_or_default();
    assert!(said.starts_with("wirebook: ") && said.len() < 400, "{arguments}: {finished:?}");
    finished
}

fn says(finished: &Finished, parts: &[&str]) {
    for part in parts {
        assert!(finished.stderr.contains(part), "{part:?} is not in {finished:?}");
    }
}

#[test]
fn an_interface_that_is_not_there_is_named_with_those_that_are() {
    for backend in ["socket", "io_uring"] {
        let said =
            refused(&format!("--backend {backend} --interface nosuch0 --group 239.1.1.1:5000"));
        says(&said, &["nosuch0", "there are:", "lo"]);
    }
}

#[test]
fn a_port_in_use_and_an_address_elsewhere_are_told_apart() {
    let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    for backend in ["socket", "io_uring"] {
        let said = refused(&format!("--backend {backend} --interface lo --group {address}"));
        says(&said, &[&address.to_string(), "in use", "ss -ulpn"]);
        let said = refused(&format!("--backend {backend} --interface lo --group 192.0.2.1:5000"));
        says(&said, &["192.0.2.1:5000", "no address of this machine"]);
    }
}

#[test]
fn what_is_missing_or_contradicts_itself_is_said() {
    says(&refused("--group 239.1.1.1:5000"), &["--interface is needed"]);
    says(&refused("--interface lo"), &["--group is needed"]);
    let same = "--interface lo --group 239.1.1.1:5000 --line-b 239.1.1.1:5000";
    says(&refused(same), &["lines A and B are both 239.1.1.1:5000"]);
    let core = refused("--interface lo --group 239.1.1.1:5000 --cores 999");
    says(&core, &["core 999", "cores ["]);
    says(
        &refused("--interface lo --group 239.1.1.1:5000 --interval=-1"),
        &["--interval", "seconds"],
    );
}

#[test]
fn unknown_keys_of_a_configuration_are_refused_by_name() {
    let folder = folder();
    let path = folder.path().join("run.toml");
    fs::write(&path, "interface = \"lo\"\ngruop = \"239.1.1.1:5000\"\n").unwrap();
    let said = refused(&format!("--config {}", path.display()));
    says(&said, &["run.toml", "gruop"]);
    fs::write(&path, "interface = \"lo\"\ngroup = \"239.1.1.1\"\n").unwrap();
    says(&refused(&format!("--config {}", path.display())), &["run.toml", "line 2"]);
    says(&refused("--config /nonexistent/run.toml"), &["/nonexistent/run.toml", "No such file"]);
    // Arguments go before the file.
    fs::write(&path, "interface = \"nosuch1\"\ngroup = \"239.1.1.1:5000\"\n").unwrap();
    says(&refused(&format!("--config {} --interface nosuch2", path.display())), &["nosuch2"]);
}

#[test]
fn a_backend_that_was_not_compiled_in_says_how_to_have_it() {
    for (backend, is_there) in [("xdp", cfg!(feature = "xdp")), ("dpdk", cfg!(feature = "dpdk"))] {
        if is_there {
            println!("skipped for {backend}: it is compiled in");
            continue;
        }
        let said = refused(&format!("--backend {backend} --interface lo --group 239.1.1.1:5000"));
        says(&said, &[backend, "not in this build", &format!("--features {backend}")]);
    }
}

#[test]
fn a_device_that_dpdk_does_not_know_is_said() {
    if !cfg!(feature = "dpdk") {
        println!("skipped: it needs the feature dpdk");
        return;
    }
    let said = refused("--backend dpdk --device net_nosuch0 --group 239.1.1.1:5000");
    says(&said, &["net_nosuch0", "--device"]);
    let said =
        refused("--backend dpdk --device net_af_packet0,iface=nosuch0 --group 239.1.1.1:5000");
    says(&said, &["nosuch0"]);
}

#[test]
fn doctor_says_whether_a_backend_can_run_and_what_would_help() {
    for backend in ["socket", "io_uring"] {
        let found = wirebook(&[&"doctor", &"--backend", &backend, &"--json"]);
        assert_eq!(found.status, 0, "{found:?}");
        let json = found.json();
        assert_eq!((&json["backend"], &json["can_run"]), (&backend.into(), &true.into()));
        let findings = json["findings"].as_array().unwrap();
        assert!(findings.len() > 8, "{json}");
        for finding in findings {
            let needs_remedy = ["poor", "bad"].contains(&finding["health"].as_str().unwrap());
            assert_eq!(finding["remedy"].is_string(), needs_remedy, "{finding}");
        }
    }
    let found = wirebook(&[&"doctor", &"--interface", &"nosuch0"]);
    assert_eq!(found.status, 2, "{found:?}");
    assert!(found.stdout.contains("CANNOT run") && found.stdout.contains("nosuch0"), "{found:?}");
}
