use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::address::Address;
use crate::{Error, Reference};

/// Where a component is to be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A file of this machine.
    File(PathBuf),
    /// An `http` or `https` address.
    Address(String),
    /// An artifact in an OCI registry.
    Registry(Reference),
}

impl FromStr for Source {
    type Err = Error;

    /// Reads what a person writes. What begins with `https://`, `http://` or `oci://` is what it
    /// says; a file that is there is that file; what begins with a host is in a registry.
    fn from_str(text: &str) -> Result<Self, Error> {
        if let Some(reference) = text.strip_prefix("oci://") {
            return reference.parse().map(Self::Registry);
        }
        if text.contains("://") {
            return Address::parse(text).map(|_| Self::Address(text.to_owned()));
        }
        if !Path::new(text).exists() && Reference::is_meant_by(text) {
            return text.parse().map(Self::Registry);
        }
        Ok(Self::File(PathBuf::from(text)))
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            // Without the query, which may hold a key.
            Self::Address(address) => f.write_str(address.split(['?', '#']).next().unwrap_or_default()),
            Self::Registry(reference) => reference.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_there_is_that_file_whatever_its_name() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ghcr.io");
        std::fs::create_dir(&path).unwrap();
        let path = path.join("plugin");
        std::fs::write(&path, b"x").unwrap();
        assert_eq!(path.to_str().unwrap().parse::<Source>().unwrap(), Source::File(path));
    }

    #[test]
    fn a_source_is_what_it_is_written_as() {
        let registry = |text: &str| Source::Registry(text.parse().unwrap());
        let check = |text: &str, expected: Source| assert_eq!(text.parse::<Source>().unwrap(), expected);
        check("oci://ghcr.io/a/b:1", registry("ghcr.io/a/b:1"));
        check("ghcr.io/a/b:1", registry("ghcr.io/a/b:1"));
        check("https://a.example/b.wasm", Source::Address("https://a.example/b.wasm".into()));
        check("plugins/b.wasm", Source::File("plugins/b.wasm".into()));
        check("b.wasm", Source::File("b.wasm".into()));
        assert!("ftp://a.example/b.wasm".parse::<Source>().is_err());
    }
}
