use crate::{DEBIAN_PACKAGES, TARGET};

/// Why there is no plugin.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No compiler that can build plugins is there.
    #[error(
        "no Rust toolchain for `{TARGET}` here: run `rustup target add {TARGET}`, or where there is no \
         rustup, on Debian, `apt-get install {}`",
        DEBIAN_PACKAGES.join(" ")
    )]
    NoToolchain,
    /// A name that cannot stand in addresses and file names.
    #[error("`{0}` is no name of a plugin: 1 to 64 of the characters a-z, 0-9 and -")]
    Name(String),
    /// A module or component that cannot be read.
    #[error("cannot encode the module as a component: {0}")]
    Encode(String),
    /// What is in it is a module, or a package of interfaces.
    #[error("is not a component")]
    NotAComponent,
    /// Imports what plugins are not given.
    #[error("imports `{}`; plugins import nothing but `{contract}*`", imports.join("`, `"))]
    Imports {
        /// What it imports beyond the contract, as the component names it.
        imports: Vec<String>,
        /// The contract.
        contract: &'static str,
    },
    /// Exports nothing that a plugin is asked for.
    #[error("exports nothing of `{0}*`")]
    NoRole(&'static str),
    /// A field of the identity that the standard metadata does not take.
    #[error("its {field} `{value}` cannot stand in the metadata: {why}")]
    Metadata {
        /// Which field.
        field: &'static str,
        /// What it says.
        value: String,
        /// Why not.
        why: String,
    },
}
