//! Which compiler builds the plugins.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Error, command, find};

/// The target of plugins: no operating system, and so no imports but those of the contract.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// What Debian's toolchain consists of.
pub const DEBIAN_PACKAGES: &[&str] = &["rustc-web", "cargo-web", "rust-web-src", "lld-19"];

const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_CARGO: &str = "/usr/bin/cargo";
const DEBIAN_LINKER: &str = "wasm-ld-19";
const DEBIAN_STD: &str = "/usr/lib/rustlib/src/rust/library/std/Cargo.toml";

/// A toolchain that can compile to WebAssembly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Toolchain {
    /// The one that builds everything else; the target's standard library came with
    /// `rustup target add`.
    Active,
    /// Debian's packages, beside whatever builds everything else. They bring the standard library
    /// as source only.
    Debian,
}

impl Toolchain {
    /// The first that is there.
    ///
    /// # Errors
    /// [`Error::NoToolchain`], which says what to install.
    pub fn find() -> Result<Self, Error> {
        if active_has_target() {
            return Ok(Self::Active);
        }
        if debian_is_there() { Ok(Self::Debian) } else { Err(Error::NoToolchain) }
    }

    /// Its cargo.
    pub fn cargo(self) -> Command {
        match self {
            Self::Active => command("cargo"),
            Self::Debian => {
                let mut cargo = command(DEBIAN_CARGO);
                // Cargo builds a standard library only where unstable features are allowed.
                cargo
                    .env("RUSTC_BOOTSTRAP", "1")
                    .env("RUSTC", DEBIAN_RUSTC)
                    .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", DEBIAN_LINKER)
                    .env_remove("LD_LIBRARY_PATH");
                cargo
            }
        }
    }

    /// A `cargo build` for [`TARGET`] that lacks only what to build and in which profile.
    pub fn build(self) -> Command {
        let mut cargo = self.cargo();
        cargo.arg("build");
        if self == Self::Debian {
            cargo.args(["-Z", "build-std=std,panic_abort"]);
        }
        cargo.args(["--target", TARGET, "--config", &flags()]);
        cargo
    }
}

/// Memory that a plugin has from the start besides its stack and its data, in bytes.
const HEAP_BYTES: u32 = 4 << 20;

/// What rustc is told beyond what cargo tells it. The folder of the registry, which differs from
/// machine to machine, is kept out of the messages of panics in plugins.
fn flags() -> String {
    // A call costs more than natively: each function looks at the stack and at the clock's hand. With
    // more of them inlined, parsers take up to a third less, and plugins have a third more code.
    let mut flags =
        vec!["-Ctarget-feature=+simd128".to_owned(), "-Cllvm-args=-inline-threshold=1500".to_owned()];
    // Memory that grows is unmapped again after the call, which takes longer than many a call: most calls
    // are to need no more than an instance has from the start. What is not touched takes nothing.
    flags.push(format!("-Clink-arg=--initial-heap={HEAP_BYTES}"));
    let home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::home_dir().map(|home| home.join(".cargo")));
    if let Some(home) = home.and_then(|home| home.to_str().map(String::from)) {
        flags.push(format!("--remap-path-prefix={home}=/cargo"));
    }
    // A list of strings is written alike in JSON and in TOML.
    format!("target.{TARGET}.rustflags={}", serde_json::Value::from(flags))
}

/// A rustc knows the target even where its standard library is not there, so ask the folder.
fn active_has_target() -> bool {
    output(command("rustc").args(["--print", "target-libdir", "--target", TARGET]))
        .is_some_and(|folder| Path::new(folder.trim()).is_dir())
}

fn debian_is_there() -> bool {
    [DEBIAN_RUSTC, DEBIAN_CARGO, DEBIAN_STD].iter().all(|path| Path::new(path).is_file())
        && find(DEBIAN_LINKER).is_some()
        && output(command(DEBIAN_RUSTC).arg("--version").env_remove("LD_LIBRARY_PATH"))
            .is_some_and(|version| is_new_enough(&version, env!("CARGO_PKG_RUST_VERSION")))
}

/// What a program wrote, where it is there and ended well.
fn output(command: &mut Command) -> Option<String> {
    let output = command.output().ok().filter(|output| output.status.success())?;
    String::from_utf8(output.stdout).ok()
}

/// Debian's plain `rustc` is much older than what this workspace needs.
fn is_new_enough(version: &str, required: &str) -> bool {
    let numbers = |text: &str| -> Vec<u32> { text.split('.').map_while(|it| it.parse().ok()).collect() };
    let version = version.split_whitespace().nth(1).unwrap_or_default();
    numbers(version) >= numbers(required)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compiler_is_new_enough_by_its_numbers() {
        let check = |version: &str, expected: bool| {
            assert_eq!(is_new_enough(version, "1.95"), expected, "{version}");
        };
        check("rustc 1.96.0 (ac68faa20 2026-05-25) (built from a source tarball)", true);
        check("rustc 1.95.0 (59807616e 2026-04-14)", true);
        check("rustc 1.100.0", true);
        check("rustc 1.63.0", false);
        check("", false);
    }

    #[test]
    fn where_there_is_no_toolchain_it_is_stated_what_to_install() {
        let advice = Error::NoToolchain.to_string();
        assert!(advice.contains("rustup target add wasm32-unknown-unknown"), "{advice}");
        assert!(advice.contains("apt-get install rustc-web cargo-web rust-web-src lld-19"), "{advice}");
    }
}
