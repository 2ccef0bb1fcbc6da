//! Where a distribution was installed from, where that was not an index
//! ([`direct_url.json`](https://packaging.python.org/en/latest/specifications/direct-url/), PEP 610).

use limpid_plugin_sdk::detector::{File, Package};
use limpid_plugin_sdk::{Error, Purl};
use serde::Deserialize;

/// The largest file that is read, in bytes.
pub const MAX_DIRECT_URL: u64 = 64 * 1024;

/// Where PyPI has its files.
const PYPI: [&str; 2] = ["https://files.pythonhosted.org/", "https://pypi.org/"];

/// Where a package is from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Origin {
    /// As far as advisories are concerned.
    from: limpid_lockfile::Origin,
    /// The folder of this file system that it was installed from, without a slash at its beginning.
    pub(crate) folder: Option<String>,
    /// Whether what is imported is that folder's, and not a copy.
    editable: bool,
}

#[derive(Deserialize)]
struct DirectUrl {
    url: String,
    vcs_info: Option<VcsInfo>,
    dir_info: Option<DirInfo>,
}

#[derive(Deserialize)]
struct VcsInfo {
    vcs: String,
    commit_id: String,
}

#[derive(Deserialize)]
struct DirInfo {
    #[serde(default)]
    editable: bool,
}

impl Origin {
    /// Reads `direct_url.json`.
    pub(crate) fn read(file: &File) -> Result<Self, Error> {
        let bytes = file.read_to_vec(MAX_DIRECT_URL)?;
        let DirectUrl { url, vcs_info, dir_info } =
            serde_json::from_slice(&bytes).map_err(Error::malformed)?;
        if let Some(VcsInfo { vcs, commit_id }) = vcs_info {
            return Ok(Self::of_commit(&vcs, &url, &commit_id));
        }
        // What was built in a folder, or lay there as a wheel, may be what was fetched from PyPI before: so pip installs
        // what it downloaded in another step, and conda whatever it builds.
        let origin = if url.starts_with("file:") { Self::default() } else { Self::of_archive(&url) };
        let folder = dir_info.is_some().then(|| folder_of(&url)).flatten();
        let origin = Self { folder, ..origin };
        Ok(if dir_info.is_some_and(|it| it.editable) { origin.edited() } else { origin })
    }

    /// A commit of a repository.
    pub(crate) fn of_commit(vcs: &str, url: &str, commit: &str) -> Self {
        limpid_lockfile::Origin::commit(vcs, url, commit).into()
    }

    /// An archive by its address: of PyPI itself, or of another server, or of the same machine.
    pub(crate) fn of_archive(url: &str) -> Self {
        match PYPI.iter().any(|pypi| url.starts_with(pypi)) {
            true => Self::default(),
            false => limpid_lockfile::Origin::archive(url).into(),
        }
    }

    /// A folder or a file beside a project.
    pub(crate) fn local() -> Self {
        limpid_lockfile::Origin::Local.into()
    }

    /// The same, where it is there to be edited: then it is that folder, whatever it was made from.
    pub(crate) fn edited(self) -> Self {
        let from = match self.from {
            limpid_lockfile::Origin::Published => limpid_lockfile::Origin::Local,
            other => other,
        };
        Self { from, editable: true, ..self }
    }

    /// States it of a package of PyPI's names.
    pub(crate) fn state(&self, package: Package, purl: Purl) -> Package {
        let package = self.from.state(package, "pypi", purl);
        if self.editable { package.qualifier("editable", "true") } else { package }
    }
}

impl From<limpid_lockfile::Origin> for Origin {
    fn from(from: limpid_lockfile::Origin) -> Self {
        Self { from, ..Self::default() }
    }
}

/// `app/src`, of `file:///app/src/`.
fn folder_of(url: &str) -> Option<String> {
    let path = url.strip_prefix("file://")?;
    let path = path.strip_prefix("localhost").unwrap_or(path).strip_prefix('/')?;
    Some(decoded(path.trim_end_matches('/')))
}

fn decoded(path: &str) -> String {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let [first, after @ ..] = rest {
        let pair = after.get(..2).filter(|_| *first == b'%').and_then(|pair| str::from_utf8(pair).ok());
        match pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<Origin, Error> {
        Origin::read(&File::in_memory("a-1.dist-info/direct_url.json", text))
    }

    #[test]
    fn an_origin_is_a_commit_an_archive_or_a_folder() {
        let check = |text: &str, expected: Origin| assert_eq!(read(text), Ok(expected), "{text}");
        let own = |text: &str| Some(text.to_owned());
        check(
            r#"{"url": "https://example.org/a.git", "vcs_info": {"vcs": "git", "requested_revision": "v1", "commit_id": "0123"}}"#,
            Origin::of_commit("git", "https://example.org/a.git", "0123"),
        );
        check(
            r#"{"url": "https://user:secret@example.org/a-1.tar.gz", "archive_info": {"hash": "sha256=0"}}"#,
            Origin::of_archive("https://example.org/a-1.tar.gz"),
        );
        check(
            r#"{"url": "https://files.pythonhosted.org/packages/00/a-1.tar.gz", "archive_info": {}}"#,
            Origin::default(),
        );
        check(
            r#"{"url": "file:///app/my%20src/", "dir_info": {"editable": true}}"#,
            Origin { folder: own("app/my src"), editable: true, ..Origin::local() },
        );
        assert!(read("{}").is_err());
        assert!(read("").is_err());
        assert!(read(&" ".repeat(MAX_DIRECT_URL as usize + 1)).is_err());
    }

    #[test]
    fn what_pip_and_conda_fetched_before_may_be_of_pypi() {
        let check = |text: &str| {
            let origin = read(text).unwrap();
            assert_eq!(origin.from, limpid_lockfile::Origin::Published, "{text}");
        };
        check(r#"{"url": "file:///wheels/a.whl", "archive_info": {}}"#);
        check(r#"{"url": "file:///home/conda/feedstock_root/build_artifacts/a_16/work", "dir_info": {}}"#);
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_odd_to_be_read(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            let _outcome = Origin::read(&File::in_memory("a", bytes));
        }

        #[test]
        fn no_address_is_too_odd_to_be_read(url in "(file://|https://)?(\\PC|[%/@]){0,20}") {
            let _folder = folder_of(&url);
        }
    }
}
