//! Which compiler builds the plugins.

use std::path::Path;
use std::process::Command;

use crate::command::{cargo, command, find, output};

/// The target of plugins: no operating system, and so no imports but those of the contract.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// What Debian's toolchain consists of.
pub(crate) const DEBIAN_PACKAGES: &[&str] = &["rustc-web", "cargo-web", "rust-web-src", "lld-19"];

const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_CARGO: &str = "/usr/bin/cargo";
const DEBIAN_LINKER: &str = "wasm-ld-19";
const DEBIAN_STD: &str = "/usr/lib/rustlib/src/rust/library/std/Cargo.toml";

/// A toolchain that can compile to WebAssembly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Toolchain {
    /// The one that builds everything else; the target's standard library came with
    /// `rustup target add`.
    Active,
    /// Debian's packages, beside whatever builds everything else. They bring the standard library
    /// as source only.
    Debian,
}

impl Toolchain {
    /// The first that is there.
    pub(crate) fn find() -> Option<Self> {
        if active_has_target() {
            return Some(Self::Active);
        }
        debian_is_there().then_some(Self::Debian)
    }

    /// A `cargo build` for [`TARGET`] that lacks only what to build.
    pub(crate) fn build(self) -> Command {
        match self {
            Self::Active => {
                let mut cargo = cargo();
                cargo.args(["build", "--target", TARGET]);
                cargo
            }
            Self::Debian => {
                let mut cargo = command(DEBIAN_CARGO);
                // Cargo builds a standard library only where unstable features are allowed.
                cargo
                    .env("RUSTC_BOOTSTRAP", "1")
                    .env("RUSTC", DEBIAN_RUSTC)
                    .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", DEBIAN_LINKER)
                    .env_remove("LD_LIBRARY_PATH")
                    .args(["build", "-Z", "build-std=std,panic_abort", "--target", TARGET]);
                cargo
            }
        }
    }
}

/// A rustc knows the target even where its standard library is not there, so ask the folder.
fn active_has_target() -> bool {
    output(command("rustc").args(["--print", "target-libdir", "--target", TARGET]))
        .is_ok_and(|folder| Path::new(folder.trim()).is_dir())
}

fn debian_is_there() -> bool {
    [DEBIAN_RUSTC, DEBIAN_CARGO, DEBIAN_STD].iter().all(|path| Path::new(path).is_file())
        && find(DEBIAN_LINKER).is_some()
        && output(command(DEBIAN_RUSTC).arg("--version").env_remove("LD_LIBRARY_PATH"))
            .is_ok_and(|version| is_new_enough(&version, env!("CARGO_PKG_RUST_VERSION")))
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
}
