//! Tells the linker where a program looks for `libduckdb` when it starts: beside itself. A build that is not
//! for release also looks where the build found it, so that `cargo run` and `cargo test` need no environment
//! variable; a released binary must not look into a folder of the machine that built it.

use std::env;

fn main() {
    // Nothing else decides. Naming this file here would be wrong: both packages use it, and the path is relative to each, so
    // that the one without such a file would be built anew each time.
    println!("cargo::rerun-if-env-changed=DUCKDB_LIB_DIR");
    if env::var_os("CARGO_FEATURE_BUNDLED").is_some() {
        return;
    }
    let macos = env::var_os("CARGO_CFG_TARGET_OS").is_some_and(|system| system == "macos");
    look_for_libraries_in(if macos { "@loader_path" } else { "$ORIGIN" });
    if env::var_os("PROFILE").is_some_and(|profile| profile != "release")
        && let Some(folder) = env::var_os("DUCKDB_LIB_DIR")
    {
        look_for_libraries_in(&folder.to_string_lossy());
    }
}

fn look_for_libraries_in(folder: &str) {
    println!("cargo::rustc-link-arg=-Wl,-rpath,{folder}");
}
