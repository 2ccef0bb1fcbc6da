//! The repositories in the trees of Fedora.

use std::collections::BTreeSet;
use std::io::BufRead;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Sink, Source};
use limpid_updateinfo::files;
use limpid_updateinfo::repository::{self, Located};

/// Below which all is.
const ORIGIN: &str = "https://dl.fedoraproject.org/pub/";

/// Parts of the tree, each with a list of all its files: current releases, their further architectures, EPEL, and all
/// that is out of support.
const PARTS: [&str; 4] = ["fedora", "fedora-secondary", "epel", "archive"];

/// What the source of the list of a part ends in.
const LIST: &str = "/files";

/// Repositories of one list that are followed; there are some hundreds.
const MAX_REPOSITORIES: usize = 10_000;

/// Architectures of which packages are installed; other folders hold sources and debug information.
const ARCHITECTURES: [&str; 9] =
    ["x86_64", "aarch64", "ppc64le", "s390x", "riscv64", "i386", "i686", "armhfp", "ppc64"];

/// A release of one of the two distributions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Release<'a> {
    pub(crate) family: Family,
    /// `40`, `9`; minor releases of EPEL are those of the major one.
    pub(crate) number: &'a str,
}

/// Which distribution a repository is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    Fedora,
    Epel,
}

/// The lists at which a run starts.
pub(crate) fn lists() -> Vec<Source> {
    let list =
        |part| Source::whole(format!("{part}{LIST}"), format!("{ORIGIN}{part}/fullfiletimelist-{part}"));
    PARTS.map(list).to_vec()
}

/// The part of the tree whose list a source is.
pub(crate) fn of_list(source: &str) -> Option<&str> {
    source.strip_suffix(LIST).filter(|part| PARTS.contains(part))
}

/// Asks for the index of each repository in the list of a part.
///
/// # Errors
///
/// [`Error::Malformed`] where the document is no such list, or names no repository or too many.
pub(crate) fn follow(part: &str, list: impl BufRead, sink: &mut dyn Sink) -> Result<(), Error> {
    let mut found = BTreeSet::new();
    files::repositories(list, |path| {
        let name = format!("{part}/{path}");
        if release(&name).is_some() && found.len() <= MAX_REPOSITORIES {
            found.insert(name);
        }
    })?;
    // Further architectures may have none, once all are among the others.
    if found.is_empty() && part != "fedora-secondary" || found.len() > MAX_REPOSITORIES {
        return Err(Error::malformed(format_args!(
            "the list names {} repositories of updates, not 1 to {MAX_REPOSITORIES}",
            found.len()
        )));
    }
    for name in found {
        sink.follow(repository::source(&name, &format!("{ORIGIN}{name}")));
    }
    sink.identify(&format!("{part}{LIST}"));
    Ok(())
}

/// The release of a repository of stable updates: of `fedora/linux/updates/40/Everything/x86_64`,
/// `epel/9/Everything/aarch64`, `archive/epel/7/x86_64`.
pub(crate) fn release(path: &str) -> Option<Release<'_>> {
    let path = path.strip_prefix("archive/").unwrap_or(path);
    let (tree, rest) = path.split_once('/')?;
    let (family, rest) = match tree {
        "fedora" | "fedora-secondary" => {
            (Family::Fedora, rest.strip_prefix("linux/").unwrap_or(rest).strip_prefix("updates/")?)
        }
        "epel" => (Family::Epel, rest),
        _ => return None,
    };
    let (release, rest) = rest.split_once('/')?;
    let architecture =
        ["Everything/", "Modular/"].iter().find_map(|kind| rest.strip_prefix(kind)).unwrap_or(rest);
    let number = match family {
        Family::Fedora => release,
        Family::Epel => release
            .split_once('.')
            .map_or(release, |(major, minor)| if is_number(minor) { major } else { release }),
    };
    (is_number(number) && ARCHITECTURES.contains(&architecture)).then_some(Release { family, number })
}

pub(crate) fn is_number(text: &str) -> bool {
    (1..=3).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The repository of which the name of a source speaks.
pub(crate) fn locate(name: &str) -> Option<Located> {
    release(name).map(|_| Located { name: name.to_owned(), address: format!("{ORIGIN}{name}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repositories_of_stable_updates_are_of_a_release() {
        let check = |path: &str, expected: Option<(Family, &str)>| {
            let expected = expected.map(|(family, number)| Release { family, number });
            assert_eq!(release(path), expected, "{path}");
        };
        check("fedora/linux/updates/40/Everything/x86_64", Some((Family::Fedora, "40")));
        check("fedora/linux/updates/38/Modular/aarch64", Some((Family::Fedora, "38")));
        check("fedora-secondary/updates/30/Everything/s390x", Some((Family::Fedora, "30")));
        check("archive/fedora/linux/updates/27/x86_64", Some((Family::Fedora, "27")));
        check("epel/9/Everything/aarch64", Some((Family::Epel, "9")));
        check("epel/10.1/Everything/x86_64", Some((Family::Epel, "10")));
        check("archive/epel/7/x86_64", Some((Family::Epel, "7")));
        check("archive/epel/7.2019-05-29/x86_64", None);
        check("epel/testing/9/Everything/x86_64", None);
        check("epel/next/9/Everything/x86_64", None);
        check("fedora/linux/updates/testing/40/Everything/x86_64", None);
        check("fedora/linux/updates/40/Everything/x86_64/debug", None);
        check("fedora/linux/updates/40/Everything/source/tree", None);
        check("fedora/linux/releases/40/Everything/x86_64/os", None);
        check("fedora/linux/development/rawhide/Everything/x86_64/os", None);
        check("alt/x/x86_64", None);
        check("fedora", None);
    }
}
