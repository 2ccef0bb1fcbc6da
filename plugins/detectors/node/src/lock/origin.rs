//! Where a package is from, where that is no registry.

/// Where a package is from: a commit, or an archive of a server, or none of these.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Origin {
    key: &'static str,
    value: String,
}

impl Origin {
    /// The qualifiers of the package and of its package URL.
    pub(super) fn qualifiers(&self) -> impl Iterator<Item = (&'static str, &str)> + Clone {
        (!self.value.is_empty()).then_some((self.key, self.value.as_str())).into_iter()
    }

    /// An archive of a server; a file says nothing of where it is from.
    pub(super) fn of_archive(url: &str) -> Self {
        match url.starts_with("https://") || url.starts_with("http://") {
            true => Self { key: "download_url", value: public(url) },
            false => Self::default(),
        }
    }

    /// A commit of a repository.
    pub(super) fn of_commit(repository: &str, commit: &str) -> Self {
        let url = public(repository);
        let url = url.strip_prefix("git+").unwrap_or(&url);
        // What GitHub and others are called for short.
        let url = match url.split_once(':') {
            Some(("github", path)) => format!("https://github.com/{path}"),
            Some(("gitlab", path)) => format!("https://gitlab.com/{path}"),
            Some(("bitbucket", path)) => format!("https://bitbucket.org/{path}"),
            _ => url.to_owned(),
        };
        Self { key: "vcs_url", value: format!("git+{url}@{commit}") }
    }
}

/// Repository and commit of an address of git, in whatever form managers write it: `git+ssh://...#COMMIT`,
/// `github:owner/name#COMMIT`, `https://....git#commit=COMMIT`.
pub(super) fn commit(address: &str) -> Option<(&str, &str)> {
    let (repository, fragment) = address.split_once('#')?;
    let is_git = ["git+", "git:", "git@", "github:", "gitlab:", "bitbucket:", "ssh:"]
        .iter()
        .any(|prefix| repository.starts_with(prefix))
        || repository.ends_with(".git");
    let commit = fragment.split('&').find_map(|part| part.strip_prefix("commit=")).unwrap_or(fragment);
    let is_commit = commit.len() >= 7 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_git && is_commit).then_some((repository, commit))
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
    use super::*;

    #[test]
    fn a_commit_is_known_in_all_forms_that_managers_write() {
        let check = |address: &str, expected: Option<&str>| {
            let found =
                commit(address).map(|(repository, commit)| Origin::of_commit(repository, commit).value);
            assert_eq!(found.as_deref(), expected, "{address}");
        };
        check("git+ssh://git@example.org/a/b.git#0123abc", Some("git+ssh://example.org/a/b.git@0123abc"));
        check("https://u:p@example.org/a/b.git#0123abc", Some("git+https://example.org/a/b.git@0123abc"));
        check("github:a/b#0123abc", Some("git+https://github.com/a/b@0123abc"));
        check("https://github.com/a/b.git#commit=0123abc", Some("git+https://github.com/a/b.git@0123abc"));
        check("https://registry.example.org/a/-/a-1.0.0.tgz#0123abc", None);
        check("git+ssh://git@example.org/a/b.git", None);
        check("github:a/b#semver:^1", None);
    }

    #[test]
    fn names_and_passwords_stay_where_they_are() {
        assert_eq!(Origin::of_archive("https://u:p@example.org/a.tgz").value, "https://example.org/a.tgz");
        assert_eq!(Origin::of_archive("file:a.tgz"), Origin::default());
    }
}
