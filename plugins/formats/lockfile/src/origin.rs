//! Where a package is from.

use limpid_plugin_sdk::Purl;
use limpid_plugin_sdk::detector::{Package, Scope};

/// The qualifier of a package that says of which kind its origin is, where that is not its registry.
const SOURCE: &str = "source";

/// Where a package is from.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// The registry of its ecosystem, or what may be a mirror of that.
    #[default]
    Published,
    /// Another registry: its address, where that is known.
    Registry(Option<String>),
    /// A commit of a repository.
    Repository {
        /// `git`, `hg`, `svn`, `bzr`, `fossil`.
        kind: String,
        /// Address and commit, where they are known, as package URLs have them: `git+https://example.org/a.git@0123`.
        url: Option<String>,
    },
    /// An archive, by its address.
    Archive(String),
    /// A folder or a file of the machine on which the project was resolved.
    Local,
    /// A kind of source that is not known here.
    Other(String),
}

impl Origin {
    /// A commit of a repository of this kind, whose address may be written in any form that package managers take:
    /// `git+ssh://git@example.org/a.git`, `git@example.org:a.git`, `github:owner/name`. A repository of the same machine
    /// has none.
    pub fn commit(kind: &str, repository: &str, commit: &str) -> Self {
        let repository = repository.strip_prefix(&format!("{kind}+")).unwrap_or(repository);
        let repository = repository.split(['?', '#']).next().unwrap_or(repository);
        let url = match repository.split_once("://") {
            Some(("file", _)) => None,
            Some(_) => Some(public(repository)),
            // What some hosts are called for short, or host and path as SSH has them.
            None => match repository.split_once(':') {
                Some(("github", path)) => Some(format!("https://github.com/{path}")),
                Some(("gitlab", path)) => Some(format!("https://gitlab.com/{path}")),
                Some(("bitbucket", path)) => Some(format!("https://bitbucket.org/{path}")),
                Some((host, path)) if !host.contains('/') && !host.is_empty() => {
                    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
                    Some(format!("ssh://{host}/{}", path.trim_start_matches('/')))
                }
                _ => None,
            },
        };
        let url = url.filter(|_| !commit.is_empty()).map(|url| format!("{kind}+{url}@{commit}"));
        Self::Repository { kind: kind.to_owned(), url }
    }

    /// An archive, which may be of the same machine.
    pub fn archive(address: &str) -> Self {
        match address.starts_with("https://") || address.starts_with("http://") {
            true => Self::Archive(public(address)),
            false => Self::Local,
        }
    }

    /// Whether it is the registry of its ecosystem, as far as is known.
    pub fn is_published(&self) -> bool {
        *self == Self::Published
    }

    /// States of a package where it is from. `namespace` is that of its registry's advisories: what is from elsewhere is
    /// in the namespace `NAMESPACE:elsewhere`, is qualified by `source` (`git`, `archive`, `registry`, `local`), and has
    /// its address in the qualifier that package URLs have for it.
    pub fn state(&self, package: Package, namespace: &str, purl: Purl) -> Package {
        let Some(source) = self.source() else { return package.namespace(namespace).purl(purl) };
        let package = package.namespace(format!("{namespace}{}", Scope::ELSEWHERE)).qualifier(SOURCE, source);
        match self.address() {
            Some((key, address)) => package.purl(purl.qualifier(key, address)).qualifier(key, address),
            None => package.purl(purl),
        }
    }

    /// What it is called where it is not the ecosystem's registry.
    fn source(&self) -> Option<&str> {
        match self {
            Self::Published => None,
            Self::Registry(_) => Some("registry"),
            Self::Repository { kind, .. } => Some(kind),
            Self::Archive(_) => Some("archive"),
            Self::Local => Some("local"),
            Self::Other(kind) => Some(kind),
        }
    }

    /// The address, and what the
    /// [specification of package URLs](https://github.com/package-url/purl-spec/blob/main/docs/known-qualifiers.md)
    /// calls the qualifier that has it.
    fn address(&self) -> Option<(&'static str, &str)> {
        match self {
            Self::Registry(url) => Some(("repository_url", url.as_deref()?)),
            Self::Repository { url, .. } => Some(("vcs_url", url.as_deref()?)),
            Self::Archive(url) => Some(("download_url", url)),
            Self::Published | Self::Local | Self::Other(_) => None,
        }
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_from_elsewhere_is_in_a_namespace_in_which_nobody_publishes() {
        let check = |origin: Origin, namespace: &str, purl: &str, qualifiers: &[(&str, &str)]| {
            let package = Package::new("a", "1", "npm");
            let package = origin.state(package, "npm", Purl::new("npm", "a").version("1"));
            assert_eq!(package.scope, Scope::Namespace(namespace.to_owned()), "{origin:?}");
            assert_eq!(package.purl, purl, "{origin:?}");
            let stated: Vec<_> =
                package.qualifiers.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
            assert_eq!(stated, qualifiers, "{origin:?}");
        };
        let elsewhere = "npm:elsewhere";
        check(Origin::Published, "npm", "pkg:npm/a@1", &[]);
        check(Origin::Local, elsewhere, "pkg:npm/a@1", &[("source", "local")]);
        check(Origin::Other("ipfs".to_owned()), elsewhere, "pkg:npm/a@1", &[("source", "ipfs")]);
        check(Origin::Registry(None), elsewhere, "pkg:npm/a@1", &[("source", "registry")]);
        check(
            Origin::Registry(Some("https://r.example".to_owned())),
            elsewhere,
            "pkg:npm/a@1?repository_url=https:%2F%2Fr.example",
            &[("source", "registry"), ("repository_url", "https://r.example")],
        );
        check(
            Origin::archive("https://u:p@a.example/a.tgz"),
            elsewhere,
            "pkg:npm/a@1?download_url=https:%2F%2Fa.example%2Fa.tgz",
            &[("source", "archive"), ("download_url", "https://a.example/a.tgz")],
        );
        check(
            Origin::commit("git", "https://a.example/a", "0123"),
            elsewhere,
            "pkg:npm/a@1?vcs_url=git%2Bhttps:%2F%2Fa.example%2Fa%400123",
            &[("source", "git"), ("vcs_url", "git+https://a.example/a@0123")],
        );
    }

    #[test]
    fn a_commit_has_one_form_whatever_its_repository_is_called() {
        let check = |repository: &str, expected: Option<&str>| {
            let url = expected.map(|url| format!("git+{url}@0123abc"));
            let expected = Origin::Repository { kind: "git".to_owned(), url };
            assert_eq!(Origin::commit("git", repository, "0123abc"), expected, "{repository}");
        };
        check("https://example.org/a/b.git", Some("https://example.org/a/b.git"));
        check("git+https://u:p@example.org/a.git?branch=main#0a", Some("https://example.org/a.git"));
        check("git+ssh://git@example.org:22/a.git", Some("ssh://example.org:22/a.git"));
        check("git@example.org:a/b.git", Some("ssh://example.org/a/b.git"));
        check("git://example.org/a", Some("git://example.org/a"));
        check("github:a/b", Some("https://github.com/a/b"));
        check("gitlab:a/b", Some("https://gitlab.com/a/b"));
        check("bitbucket:a/b", Some("https://bitbucket.org/a/b"));
        for local in ["", "../a.git", "/srv/a.git", "file:///srv/a.git", "./a:b"] {
            check(local, None);
        }
        let unknown = Origin::Repository { kind: "hg".to_owned(), url: None };
        assert_eq!(Origin::commit("hg", "https://example.org/a", ""), unknown);
    }

    #[test]
    fn an_archive_of_the_same_machine_has_no_address() {
        for local in ["a.tgz", "file:a.tgz", "file:///srv/a.whl", "./a.zip"] {
            assert_eq!(Origin::archive(local), Origin::Local, "{local}");
        }
    }

    #[test]
    fn names_and_passwords_stay_where_they_are() {
        let check = |url: &str, expected: &str| assert_eq!(public(url), expected);
        check("https://a:b@example.org/c@d", "https://example.org/c@d");
        check("https://a:b@c@example.org", "https://example.org");
        check("https://example.org?a@b", "https://example.org?a@b");
        check("git@example.org:a.git", "git@example.org:a.git");
    }

    proptest! {
        #[test]
        fn no_address_is_too_odd_to_be_read(address in "(git\\+|file://|https://|github:)?(\\PC|[%/@:#?]){0,20}") {
            let Origin::Repository { kind, .. } = Origin::commit("git", &address, "0123") else { panic!("{address}") };
            prop_assert_eq!(kind, "git");
            prop_assert!(public(&address).len() <= address.len());
            let _archive = Origin::archive(&address);
        }
    }
}
