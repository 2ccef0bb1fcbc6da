//! The repositories in the tree of Rocky Linux.

use std::collections::BTreeSet;
use std::io::BufRead;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::Sink;
use limpid_updateinfo::files;
use limpid_updateinfo::repository::{self, Located};

/// What the source of the list of all files is called.
pub(crate) const LIST: &str = "files";

/// Below which all is.
const ORIGIN: &str = "https://dl.rockylinux.org/pub/rocky/";

/// Repositories that are followed; there are some hundred and fifty.
const MAX_REPOSITORIES: usize = 10_000;

pub(crate) fn address(path: &str) -> String {
    format!("{ORIGIN}{path}")
}

/// Asks for the index of each repository in the list of all files.
///
/// # Errors
///
/// [`Error::Malformed`] where the document is no such list, or names no repository or too many.
pub(crate) fn follow(list: impl BufRead, sink: &mut dyn Sink) -> Result<(), Error> {
    let mut found = BTreeSet::new();
    files::repositories(list, |path| {
        if release(path).is_some() && found.len() <= MAX_REPOSITORIES {
            found.insert(path.to_owned());
        }
    })?;
    if found.is_empty() || found.len() > MAX_REPOSITORIES {
        return Err(Error::malformed(format_args!(
            "the list names {} repositories, not 1 to {MAX_REPOSITORIES}",
            found.len()
        )));
    }
    for path in found {
        sink.follow(repository::source(&path, &address(&path)));
    }
    sink.identify(LIST);
    Ok(())
}

/// The major release of a repository of packages for installed systems: `9` of `9.6/BaseOS/x86_64/os`. Others are
/// `9.6/BaseOS/x86_64/debug/tree`, `9.6/BaseOS/source/tree`, `9.6/BaseOS/x86_64/kickstart`.
pub(crate) fn release(path: &str) -> Option<&str> {
    let mut parts = path.split('/');
    let (release, _repository, _architecture, tree) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let (major, minor) = release.split_once('.').unwrap_or((release, "0"));
    let is_number =
        |text: &str| (1..=3).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    (tree == "os" && parts.next().is_none() && is_number(major) && is_number(minor)).then_some(major)
}

/// The repository of which the name of a source speaks.
pub(crate) fn locate(name: &str) -> Option<Located> {
    release(name).map(|_| Located { name: name.to_owned(), address: address(name) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_is_of_a_release() {
        let check = |path: &str, expected: Option<&str>| assert_eq!(release(path), expected, "{path}");
        check("9.6/BaseOS/x86_64/os", Some("9"));
        check("9/AppStream/aarch64/os", Some("9"));
        check("10.1/devel/ppc64le/os", Some("10"));
        check("9.6/BaseOS/x86_64/debug/tree", None);
        check("9.6/BaseOS/source/tree", None);
        check("9.6/BaseOS/x86_64/kickstart", None);
        check("9.6/BaseOS/x86_64/os/x", None);
        check("9-beta/BaseOS/x86_64/os", None);
        check("os", None);
    }
}
