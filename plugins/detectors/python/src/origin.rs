//! Where a distribution was installed from, where that was not an index
//! ([`direct_url.json`](https://packaging.python.org/en/latest/specifications/direct-url/), PEP 610).

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::detector::{File, Package};
use serde::Deserialize;

/// The largest file that is read, in bytes.
pub const MAX_DIRECT_URL: u64 = 64 * 1024;

/// Where a package is from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Origin {
    /// A commit of a repository: `git+https://example.org/a.git@0123`.
    pub(crate) vcs_url: Option<String>,
    /// An archive of a server.
    pub(crate) download_url: Option<String>,
    /// The folder of this file system that it was installed from, without a slash at its beginning.
    pub(crate) folder: Option<String>,
    /// Whether what is imported is that folder's, and not a copy.
    pub(crate) editable: bool,
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
        let folder = dir_info.is_some().then(|| folder_of(&url)).flatten();
        let editable = dir_info.is_some_and(|it| it.editable);
        Ok(Self { folder, editable, ..Self::of_url(&url) })
    }

    /// A commit of a repository.
    pub(crate) fn of_commit(vcs: &str, url: &str, commit: &str) -> Self {
        let url = public(url);
        let url = url.strip_prefix(&format!("{vcs}+")).unwrap_or(&url);
        Self { vcs_url: Some(format!("{vcs}+{url}@{commit}")), ..Self::default() }
    }

    /// What was fetched from a server; an archive of this file system says nothing of where it is from.
    pub(crate) fn of_url(url: &str) -> Self {
        let is_remote = url.split_once("://").is_some_and(|(scheme, _)| scheme != "file");
        Self { download_url: is_remote.then(|| public(url)), ..Self::default() }
    }

    /// States it of a package, as the specification of package URLs names it.
    pub(crate) fn qualify(&self, package: Package) -> Package {
        let stated = [("vcs_url", &self.vcs_url), ("download_url", &self.download_url)];
        let stated = stated.into_iter().filter_map(|(key, value)| Some((key, value.as_deref()?)));
        let editable = self.editable.then_some(("editable", "true"));
        stated.chain(editable).fold(package, |package, (key, value)| package.qualifier(key, value))
    }

    /// The qualifiers of the package URL.
    pub(crate) fn qualifiers(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [("vcs_url", &self.vcs_url), ("download_url", &self.download_url)]
            .into_iter()
            .filter_map(|(key, value)| Some((key, value.as_deref()?)))
    }
}

/// An address without a name and a password, which some have in it although nobody should.
fn public(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    format!("{scheme}://{host}{path}")
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
            Origin { vcs_url: own("git+https://example.org/a.git@0123"), ..Origin::default() },
        );
        check(
            r#"{"url": "https://user:secret@example.org/a-1.tar.gz", "archive_info": {"hash": "sha256=0"}}"#,
            Origin { download_url: own("https://example.org/a-1.tar.gz"), ..Origin::default() },
        );
        check(r#"{"url": "file:///wheels/a.whl", "archive_info": {}}"#, Origin::default());
        check(
            r#"{"url": "file:///app/my%20src/", "dir_info": {"editable": true}}"#,
            Origin { folder: own("app/my src"), editable: true, ..Origin::default() },
        );
        check(
            r#"{"url": "file:///app", "dir_info": {}}"#,
            Origin { folder: own("app"), ..Origin::default() },
        );
        assert!(read("{}").is_err());
        assert!(read("").is_err());
        assert!(read(&" ".repeat(MAX_DIRECT_URL as usize + 1)).is_err());
    }

    #[test]
    fn names_and_passwords_stay_where_they_are() {
        let check = |url: &str, expected: &str| assert_eq!(public(url), expected);
        check("https://a:b@example.org/c@d", "https://example.org/c@d");
        check("git+ssh://git@example.org:22/a.git", "git+ssh://example.org:22/a.git");
        check("https://a:b@c@example.org", "https://example.org");
        check("https://example.org?a@b", "https://example.org?a@b");
        check("git@example.org:a.git", "git@example.org:a.git");
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_odd_to_be_read(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            let _outcome = Origin::read(&File::in_memory("a", bytes));
        }

        #[test]
        fn no_address_is_too_odd_to_be_read(url in "(file://|https://)?(\\PC|[%/@]){0,20}") {
            prop_assert!(public(&url).len() <= url.len());
            let _folder = folder_of(&url);
        }
    }
}
