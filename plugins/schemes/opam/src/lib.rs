//! Orders versions of OCaml packages as [opam](https://opam.ocaml.org/doc/Manual.html#version-ordering) does: as Debian orders
//! versions without an epoch.
//!
//! A version and what follows its last hyphen are compared one after the other: as characters and numbers by turns, with `~`
//! before the end, the end before letters and letters before all others. A leading `v` is a letter like others, and `1.0` is
//! less than `v1.0`.

mod key;
mod version;

use limpid_plugin_sdk::export_scheme;
use limpid_plugin_sdk::scheme::Scheme;

/// The scheme `opam`.
#[derive(Debug)]
pub struct Opam;

impl Scheme for Opam {
    const NAME: &'static str = "opam";

    fn key(version: &str) -> Result<Vec<u8>, String> {
        version::Version::parse(version).map(|version| key::of(&version))
    }
}

export_scheme!(Opam);
