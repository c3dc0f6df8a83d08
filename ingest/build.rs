//! Compiles the XDP program, where that is wanted.

use std::env;
use std::path::PathBuf;
use std::process::Command;

fn main() {
    let source = "src/backend/xdp/filter.bpf.c";
    println!("cargo::rerun-if-changed={source}");
    if env::var_os("CARGO_FEATURE_XDP").is_none() {
        return;
    }
    let out =
        PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR")).join("filter.bpf.o");
    let mut clang = Command::new("clang");
    clang.args(["-O2", "-g", "-Wall", "-Werror", "-target", "bpf", "-c", source, "-o"]).arg(&out);
    // Debian keeps the kernel's asm/ headers in a folder of the machine's own.
    let machine = env::var("CARGO_CFG_TARGET_ARCH").unwrap_or_default();
    clang.arg(format!("-I/usr/include/{machine}-linux-gnu"));
    match clang.status() {
        Ok(status) if status.success() => {}
        Ok(status) => fail(&format!("clang could not compile {source}: {status}")),
        Err(error) => fail(&format!("clang is needed for the feature xdp: {error}")),
    }
}

fn fail(what: &str) {
    println!(
        "cargo::error={what}; on Debian: apt-get install clang libelf-dev zlib1g-dev m4 pkg-config"
    );
}
