//! Finds the installed DPDK and compiles the shim in front of its inline functions.

fn main() {
    println!("cargo::rerun-if-changed=src/shim.c");
    println!("cargo::rerun-if-changed=src/shim.h");
    #[cfg(feature = "link")]
    link();
}

/// What the installed library asks for, of the compiler and of the linker.
#[cfg(feature = "link")]
fn link() {
    let (Some(compile), Some(link)) = (ask("--cflags"), ask("--libs")) else { return };
    let mut build = cc::Build::new();
    build.file("src/shim.c").warnings(true).opt_level(3);
    let flags = compile.split_whitespace();
    for flag in flags {
        match flag.strip_prefix("-I") {
            // Its headers are not ours to be warned of.
            Some(folder) => build.flag("-isystem").flag(folder),
            None => build.flag(flag),
        };
    }
    build.compile("wirebook_dpdk_shim");
    for flag in link.split_whitespace() {
        if let Some(library) = flag.strip_prefix("-l") {
            println!("cargo::rustc-link-lib=dylib={}", library.trim_start_matches(':'));
        } else if let Some(folder) = flag.strip_prefix("-L") {
            println!("cargo::rustc-link-search=native={folder}");
        }
    }
}

#[cfg(feature = "link")]
fn ask(what: &str) -> Option<String> {
    let output = std::process::Command::new("pkg-config").args([what, "libdpdk"]).output();
    match output {
        Ok(output) if output.status.success() => String::from_utf8(output.stdout).ok(),
        Ok(output) => fail(&String::from_utf8_lossy(&output.stderr)),
        Err(error) => fail(&format!("pkg-config cannot be run: {error}")),
    }
}

#[cfg(feature = "link")]
fn fail(why: &str) -> Option<String> {
    let why = why.lines().next().unwrap_or_default();
    println!(
        "cargo::error=libdpdk was not found ({why}); on Debian: apt-get install libdpdk-dev pkg-config"
    );
    None
}
