//! What a backup consists of. It is foreign when it is read: it comes from wherever backups are kept.

use std::path::Path;

use limpid_model::Digest;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::create::{PLUGINS, STORE, SUBMITTED, VERSIONS, is_plugin};

/// The version of the form of manifests.
pub(crate) const FORMAT: u32 = 1;

/// What a manifest begins with.
const HEAD: &str = "limpid-backup";

/// Files of one backup, at most.
pub(crate) const FILES: usize = 1_000_000;

/// Bytes of a manifest, at most.
pub(crate) const BYTES: u64 = 1 << 30;

/// A backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// What it is called: when it was made, in UTC.
    pub name: String,
    /// The same in milliseconds since 1970.
    pub created: u64,
    /// The version of Limpid that made it.
    pub limpid: String,
    /// All of its files, by path.
    pub files: Vec<File>,
}

/// A file of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// Where it was, with `/` between its parts: `store/CURRENT`, `scratch/submitted/7.archive`.
    pub path: String,
    /// Its length.
    pub bytes: u64,
    /// The digest of its content.
    pub digest: Digest,
    /// By what it is known again; none where its content may change while that stays the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stamp: Option<Stamp>,
}

/// By what a file is known again that never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// Its number in its file system.
    pub inode: u64,
    /// The file system's.
    pub device: u64,
    /// When it was written, in nanoseconds since 1970.
    pub modified: i128,
}

impl Manifest {
    /// The bytes of all of its files.
    pub fn bytes(&self) -> u64 {
        self.files.iter().fold(0, |sum, file| sum.saturating_add(file.bytes))
    }

    /// As it is written: its first line says what it is, and has a digest of the rest.
    pub(crate) fn encode(&self) -> Result<Vec<u8>, Error> {
        let unencodable = |error: serde_json::Error| self.error(error.to_string());
        let text = serde_json::to_vec_pretty(self).map_err(unencodable)?;
        let mut bytes = format!("{HEAD} {FORMAT} {}\n", Digest::of(&text)).into_bytes();
        bytes.extend(text);
        Ok(bytes)
    }

    /// What is written under a name.
    ///
    /// # Errors
    /// It is not what was written, or leads out of a data directory.
    pub(crate) fn decode(name: &str, bytes: &[u8]) -> Result<Self, Error> {
        let wrong = |why: String| Error::Manifest { name: name.to_owned(), why };
        let place = bytes.iter().position(|byte| *byte == b'\n');
        let (head, text) =
            place.and_then(|place| Some((bytes.get(..place)?, bytes.get(place + 1..)?))).unwrap_or_default();
        let head = String::from_utf8_lossy(head);
        let [HEAD, version, digest] = head.split(' ').collect::<Vec<_>>()[..] else {
            return Err(wrong(format!("it does not begin with `{HEAD}`")));
        };
        if version != FORMAT.to_string() {
            return Err(wrong(format!(
                "it is of version `{version}`, and this Limpid knows version {FORMAT}"
            )));
        }
        if Digest::of(text).to_string() != digest {
            return Err(wrong("it is not what was written".to_owned()));
        }
        let manifest: Self = serde_json::from_slice(text).map_err(|error| wrong(error.to_string()))?;
        if manifest.name != name {
            return Err(wrong(format!("it is that of backup `{}`", manifest.name)));
        }
        if manifest.files.len() > FILES {
            return Err(Error::TooMany { what: "files", limit: FILES });
        }
        if let Some(file) = manifest.files.iter().find(|file| !is_of_a_backup(&file.path)) {
            return Err(wrong(format!("path `{}` is not one of a backup", file.path)));
        }
        let mut paths: Vec<_> = manifest.files.iter().map(|file| Path::new(&file.path)).collect();
        paths.sort_unstable();
        // By their parts, so that what lies below another stands right behind it.
        if let Some([_, below]) = paths.array_windows().find(|[above, below]| below.starts_with(above)) {
            return Err(wrong(format!("path `{}` is there twice, or below a file", below.display())));
        }
        Ok(manifest)
    }

    fn error(&self, why: String) -> Error {
        Error::Manifest { name: self.name.clone(), why }
    }
}

/// Whether a path is one that backups have: in the store, of an archive, of a version of a plugin, or a plugin. A backup is
/// foreign, and must bring nothing else into a data directory, such as machine code.
fn is_of_a_backup(path: &str) -> bool {
    let is_plain = path.split('/').all(|part| !part.is_empty() && part != "." && part != "..");
    let below = |tree: &str| path.strip_prefix(tree).and_then(|rest| rest.strip_prefix('/'));
    let is_known = [STORE, SUBMITTED, VERSIONS].iter().any(|tree| below(tree).is_some());
    is_plain && (is_known || below(PLUGINS).is_some_and(is_plugin))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(path: &str) -> Manifest {
        let file = File { path: path.to_owned(), bytes: 3, digest: Digest::of(b"abc"), stamp: None };
        Manifest { name: "a".to_owned(), created: 1, limpid: "0".to_owned(), files: vec![file] }
    }

    #[test]
    fn a_manifest_is_read_as_it_was_written() {
        let manifest = manifest("store/CURRENT");
        assert_eq!(Manifest::decode("a", &manifest.encode().unwrap()).unwrap(), manifest);
    }

    #[test]
    fn one_that_is_not_what_was_written_or_leads_elsewhere_is_refused() {
        let check = |name: &str, bytes: &[u8], expected: &str| {
            let error = Manifest::decode(name, bytes).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        };
        let whole = manifest("store/a").encode().unwrap();
        check("b", &whole, "it is that of backup `a`");
        check("a", b"", "does not begin");
        check("a", &whole[..whole.len() - 1], "not what was written");
        check("a", &[b"limpid-backup 2 x\n", &whole[..]].concat(), "version `2`");
        let mut changed = whole.clone();
        *changed.last_mut().unwrap() = b' ';
        check("a", &changed, "not what was written");
        for path in [
            "",
            "/etc/passwd",
            "../a",
            "store/../../b",
            "store",
            "store/./a",
            "store//a",
            "compiled/a.cwasm",
            "operator",
            "plugins/a",
            "plugins/a/b.wasm",
        ] {
            check("a", &manifest(path).encode().unwrap(), "is not one of a backup");
        }
    }
}
