//! Orders versions of Go modules as [Go](https://pkg.go.dev/golang.org/x/mod/semver) does: as Semantic Versioning, with a
//! `v` in front or without, as advisories write them. A number that is not there is 0 (`v1.2`), and build metadata does not
//! count, whose `+incompatible` is one. A pseudo-version (`v0.0.0-20190101000000-abcdef012345`) is a pre-release like any
//! other.
//!
//! # Toolchains
//!
//! Versions of the [toolchain](https://go.dev/doc/toolchain#version), and so of the standard library, are `go1.21.0` and
//! `go1.21rc2`, also without the `go`. They compare as `1.21.0` and `1.21.0-rc.2`, as advisories write them. What follows a
//! version behind a space or a hyphen is its vendor's, and does not count (`go1.21.3 X:boringcrypto`). `go1.21` is
//! `go1.21.0`: the language of that name, which Go puts before the candidates, is not installed.
//!
//! A build of no version (`(devel)`, `devel go1.22-abcdef`) has no order.

mod key;
mod version;

use limpid_plugin_sdk::export_scheme;
use limpid_plugin_sdk::scheme::Scheme;

/// The scheme `go`.
#[derive(Debug)]
pub struct Go;

impl Scheme for Go {
    const NAME: &'static str = "go";

    fn key(version: &str) -> Result<Vec<u8>, String> {
        version::Version::parse(version).map(|version| key::of(&version))
    }
}

export_scheme!(Go);
