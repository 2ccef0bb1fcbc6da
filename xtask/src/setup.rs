//! `cargo xtask setup`: what the build needs from the machine.

pub(crate) mod apt;
mod need;

use std::time::Duration;

use anyhow::bail;
use limpid_pack::{DEBIAN_PACKAGES, TARGET, Toolchain};

use crate::command::{command, find, run_bounded, shown};
use need::Need;

/// How long `rustup target add` may take before Debian's toolchain is taken instead: it fetches
/// some 20 MB, and waits very long where there is no network.
const RUSTUP_LIMIT: Duration = Duration::from_secs(180);

/// Installs what is missing. Silent where nothing is.
///
/// # Errors
/// Where something is missing that cannot be installed from here; says what to install.
pub(crate) fn run() -> anyhow::Result<()> {
    install(need::missing)
}

/// Installs what only some tests need, too.
///
/// # Errors
/// As above.
pub(crate) fn run_for_all_tests() -> anyhow::Result<()> {
    run()?;
    install(need::missing_in_tests)
}

fn install(look: fn() -> Vec<Need>) -> anyhow::Result<()> {
    let mut missing = look();
    if missing.is_empty() {
        return Ok(());
    }
    eprintln!("setup: missing: {}", need::names(&missing));
    if missing.iter().any(|need| need.name == need::WASM) && add_target_by_rustup() {
        missing = look();
    }
    if let Some(apt) = apt::Apt::find() {
        apt.install(&missing.iter().flat_map(|need| need.debian).copied().collect::<Vec<_>>());
        missing = look();
    }
    if !missing.is_empty() {
        bail!("{}", advice(&missing));
    }
    eprintln!("setup: complete");
    Ok(())
}

/// Whether rustup put the standard library of the plugins' target in place.
fn add_target_by_rustup() -> bool {
    if find("rustup").is_none() {
        return false;
    }
    let mut rustup = command("rustup");
    rustup.args(["target", "add", TARGET]);
    eprintln!("setup: running `{}`", shown(&rustup));
    if let Err(error) = run_bounded(&mut rustup, RUSTUP_LIMIT) {
        eprintln!("setup: {error}; taking Debian's toolchain for the plugins: {}", DEBIAN_PACKAGES.join(" "));
    }
    Toolchain::find().is_ok()
}

/// One sentence that says what to do.
fn advice(missing: &[Need]) -> String {
    let packages: Vec<&str> = missing.iter().flat_map(|need| need.debian).copied().collect();
    format!(
        "install {} (Debian: `apt-get install {}`) and run this again",
        need::names(missing),
        packages.join(" ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_stated_in_one_sentence() {
        let libclang = Need { name: "libclang", debian: &["libclang-dev"] };
        let compiler = Need { name: "a C++ compiler", debian: &["g++"] };
        assert_eq!(
            advice(&[libclang]),
            "install libclang (Debian: `apt-get install libclang-dev`) and run this again"
        );
        assert_eq!(
            advice(&[compiler, libclang]),
            "install a C++ compiler and libclang (Debian: `apt-get install g++ libclang-dev`) and run this again"
        );
    }
}
