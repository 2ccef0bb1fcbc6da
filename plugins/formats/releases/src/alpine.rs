//! What Alpine's files do not say: until when a release is supported; and the branches that its repositories name.
//!
//! Advisories are those of the branches that packages come from, which `etc/apk/repositories` names: they are
//! stated beside os-release, in whatever layer, as the same distribution without a release. The newest branch comes
//! first. Only `main` and `community` have advisories. Of other repositories, and of those of which packages are
//! only taken where somebody asks for them by a tag (`@edge URL`), it is told that nobody speaks of their packages
//! here. A mirror whose address names no branch, and `latest-stable`, change nothing.

use std::cmp::Reverse;

use limpid_plugin_sdk::detector::Distribution;

use crate::release::{Release, derived};

/// Alpine's `ID`.
pub(crate) const ID: &str = "alpine";

/// The repositories of a branch that have advisories, <https://secdb.alpinelinux.org/>.
const WITH_ADVISORIES: [&str; 2] = ["main", "community"];

/// Branches and the end of their support, as <https://alpinelinux.org/releases/> names it.
pub(crate) const BRANCHES: [(&str, &str); 18] = [
    ("3.6", "2019-05-01"),
    ("3.7", "2019-11-01"),
    ("3.8", "2020-05-01"),
    ("3.9", "2020-11-01"),
    ("3.10", "2021-05-01"),
    ("3.11", "2021-11-01"),
    ("3.12", "2022-05-01"),
    ("3.13", "2022-11-01"),
    ("3.14", "2023-05-01"),
    ("3.15", "2023-11-01"),
    ("3.16", "2024-05-23"),
    ("3.17", "2024-11-22"),
    ("3.18", "2025-05-09"),
    ("3.19", "2025-11-01"),
    ("3.20", "2026-04-01"),
    ("3.21", "2026-11-01"),
    ("3.22", "2027-05-01"),
    ("3.23", "2027-11-01"),
];

/// The same of branches of which the publisher has few advisories or none.
const EARLIER: [(&str, &str); 13] = [
    ("2.1", "2012-11-01"),
    ("2.2", "2013-05-01"),
    ("2.3", "2013-11-01"),
    ("2.4", "2014-05-01"),
    ("2.5", "2014-11-01"),
    ("2.6", "2015-05-01"),
    ("2.7", "2015-11-01"),
    ("3.0", "2016-05-01"),
    ("3.1", "2016-11-01"),
    ("3.2", "2017-05-01"),
    ("3.3", "2017-11-01"),
    ("3.4", "2018-05-01"),
    ("3.5", "2018-11-01"),
];

/// The end of a branch's support.
fn end(branch: &str) -> Option<&'static str> {
    EARLIER.iter().chain(&BRANCHES).find(|(known, _)| *known == branch).map(|(_, day)| *day)
}

/// The release with this `VERSION_ID`. Advisories are published by branch: `3.20` for all of 3.20.x.
pub(crate) fn release(version_id: &str, pretty_name: &str) -> Release {
    // edge is rolling; its version is that of the branch to come: `3.21.0_alpha20240923`.
    let is_edge = version_id.contains("_alpha") || pretty_name.split(' ').any(|word| word == "edge");
    let branch = branch(version_id);
    let namespace = match branch {
        _ if is_edge => "alpine:edge".to_owned(),
        Some(branch) => format!("alpine:{branch}"),
        None if version_id.is_empty() => "alpine".to_owned(),
        None => format!("alpine:{version_id}"),
    };
    let end = branch.filter(|_| !is_edge).and_then(end);
    let derived = derived(&namespace);
    Release { namespaces: vec![namespace, derived], supported_until: end }
}

/// What repositories name: branches without their `v`, `edge` among them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repositories {
    /// Those that all packages may come from, the newest first.
    branches: Vec<String>,
    /// Those that packages come from if somebody asks for it, each as it is written.
    tagged: Vec<(String, String)>,
    /// Branches and repositories that have no advisories.
    without: Vec<(String, String)>,
}

impl Repositories {
    /// Adds what a file names: a repository in each line, `[@TAG] ADDRESS`.
    pub fn add(&mut self, text: &str) {
        for line in text.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
            let mut words = line.split_ascii_whitespace();
            let Some(first) = words.next() else { continue };
            let address = if first.starts_with('@') { words.next().unwrap_or_default() } else { first };
            let Some((branch, repository)) = branch_of(address) else { continue };
            match first.strip_prefix('@') {
                Some(_) => self.tagged.push((first.to_owned(), branch.to_owned())),
                None if !WITH_ADVISORIES.contains(&repository) => {
                    self.without.push((branch.to_owned(), repository.to_owned()));
                }
                None if self.branches.iter().any(|known| known == branch) => {}
                None => self.branches.push(branch.to_owned()),
            }
        }
        self.branches.sort_by_cached_key(|branch| Reverse(age(branch)));
    }

    /// Where packages come from: Alpine, whatever its release.
    pub fn distribution(&self) -> Option<Distribution> {
        let newest = self.branches.first()?;
        let is_edge = newest == "edge";
        Some(Distribution {
            id: ID.to_owned(),
            version_id: String::new(),
            pretty_name: format!("Alpine Linux {}{newest}", if is_edge { "" } else { "v" }),
            cpe: None,
            namespaces: namespaces(&self.branches),
            supported_until: end(newest).map(str::to_owned),
        })
    }

    /// Packages of which no advisory that is looked at speaks.
    pub fn undecided(&self) -> impl Iterator<Item = String> {
        let others = self.tagged.iter().filter(|(_, branch)| !self.branches.contains(branch));
        let tagged = others.map(|(tag, branch)| {
            format!("packages that were asked for by `{tag:.50}` are of branch `{branch}`, whose advisories are not looked at")
        });
        let without = self.without.iter().map(|(branch, repository)| {
            format!("packages of repository `{repository:.50}` of branch `{branch}` have no advisories")
        });
        tagged.chain(without)
    }
}

/// The publisher's own of all branches, and then what is derived of them.
fn namespaces(branches: &[String]) -> Vec<String> {
    let own: Vec<_> = branches.iter().map(|branch| format!("alpine:{branch}")).collect();
    let derived: Vec<_> = own.iter().map(|namespace| derived(namespace)).collect();
    [own, derived].concat()
}

/// Branch and name in the address of a repository: `.../v3.20/main`, `.../edge/testing/`.
fn branch_of(address: &str) -> Option<(&str, &str)> {
    let mut parts = address.trim_end_matches('/').rsplit('/');
    let repository = parts.next()?;
    let is_word = !repository.is_empty() && repository.bytes().all(|byte| byte.is_ascii_lowercase());
    let name = parts.next().filter(|_| is_word)?;
    if name == "edge" {
        return Some((name, repository));
    }
    let number = name.strip_prefix('v')?;
    (branch(number) == Some(number)).then_some((number, repository))
}

/// Greater where a branch is newer.
fn age(branch: &str) -> (bool, u64, u64) {
    let number = |text: &str| text.parse().unwrap_or(u64::MAX);
    let (major, minor) = branch.split_once('.').unwrap_or((branch, "0"));
    (branch == "edge", number(major), number(minor))
}

/// What `etc/alpine-release` states: `3.20.3`.
pub fn from_release(text: &str) -> Result<Distribution, String> {
    if branch(text).is_none() || text.contains(char::is_whitespace) {
        return Err(format!("`{text:.100}` is not a version of Alpine"));
    }
    let release = release(text, "");
    Ok(Distribution {
        id: "alpine".to_owned(),
        version_id: text.to_owned(),
        pretty_name: format!("Alpine Linux {text}"),
        cpe: None,
        namespaces: release.namespaces,
        supported_until: release.supported_until.map(str::to_owned),
    })
}

/// The first two numbers of a version.
fn branch(version: &str) -> Option<&str> {
    let (major, rest) = version.split_once('.')?;
    let minor_end = rest.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(rest.len());
    let is_branch = minor_end > 0 && !major.is_empty() && major.bytes().all(|byte| byte.is_ascii_digit());
    version.get(..major.len() + 1 + minor_end).filter(|_| is_branch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_belongs_to_its_branch() {
        let check =
            |version: &str, expected: Option<&str>| assert_eq!(branch(version), expected, "{version}");
        check("3.20.3", Some("3.20"));
        check("3.20", Some("3.20"));
        check("3.21_rc1", Some("3.21"));
        check("3", None);
        check("3.", None);
        check("v3.20", None);
        check("edge", None);
    }

    #[test]
    fn alpine_release_gives_what_os_release_would() {
        let check = |text: &str, namespace: &str, until: Option<&str>| {
            let distribution = from_release(text).unwrap();
            assert_eq!(distribution.namespaces, [namespace.to_owned(), derived(namespace)], "{text}");
            assert_eq!(distribution.supported_until.as_deref(), until, "{text}");
        };
        check("3.6.5", "alpine:3.6", Some("2019-05-01"));
        check("2.7.9", "alpine:2.7", Some("2015-11-01"));
        check("3.21.0_alpha20240923", "alpine:edge", None);
        for text in ["", "edge", "3.20 3.21"] {
            assert!(from_release(text).is_err(), "{text}");
        }
    }

    fn repositories(text: &str) -> Repositories {
        let mut repositories = Repositories::default();
        repositories.add(text);
        repositories
    }

    #[test]
    fn repositories_name_branches_that_have_advisories() {
        let check = |text: &str, expected: &[&str]| {
            let stated = repositories(text).distribution().map(|it| it.namespaces).unwrap_or_default();
            let own: Vec<_> = stated.iter().filter_map(|it| it.strip_prefix("alpine:")).collect();
            assert_eq!(own, expected, "{text}");
        };
        check("https://dl-cdn.alpinelinux.org/alpine/v3.19/main\n", &["3.19"]);
        check(
            "http://a/v3.19/main/\n\n# http://a/v3.20/main\n  http://a/edge/community\n",
            &["edge", "3.19"],
        );
        check("/media/cdrom/apks\nhttps://mirror.example.org/internal/\nhttp://a/latest-stable/main\n", &[]);
        check("@edge http://a/edge/main\nhttp://a/v3.19/main\n", &["3.19"]);
        check("http://a/v3.19/main\nhttp://a/edge/testing\n", &["3.19"]);
        check("http://a/v3/main\nhttp://a/v3.20.1/main\nhttp://a/v3.20/\n", &[]);
    }

    #[test]
    fn repositories_state_no_release() {
        let check = |text: &str, expected: Option<(&str, &str, &str)>| {
            let stated = repositories(text).distribution();
            let stated = stated.map(|it| (it.version_id, it.pretty_name, it.namespaces.join(" ")));
            let stated = stated
                .as_ref()
                .map(|(version, name, namespaces)| (version.as_str(), name.as_str(), namespaces.as_str()));
            assert_eq!(stated, expected, "{text}");
        };
        check(
            "http://a/v3.9/main\nhttp://a/v3.10/main",
            Some(("", "Alpine Linux v3.10", "alpine:3.10 alpine:3.9 osv/alpine:3.10 osv/alpine:3.9")),
        );
        check("http://a/edge/main", Some(("", "Alpine Linux edge", "alpine:edge osv/alpine:edge")));
        check("@edge http://a/edge/main", None);
        check("https://packages.wolfi.dev/os", None);
    }

    #[test]
    fn packages_of_a_tag_and_of_repositories_without_advisories_are_told() {
        let text = "http://a/v3.19/main\n@edge http://a/edge/main\n@old http://a/v3.19/community\n\
                    http://a/edge/testing";
        let undecided: Vec<_> = repositories(text).undecided().collect();
        assert_eq!(
            undecided,
            [
                "packages that were asked for by `@edge` are of branch `edge`, whose advisories are not looked at",
                "packages of repository `testing` of branch `edge` have no advisories"
            ]
        );
    }
}
