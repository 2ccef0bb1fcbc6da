//! Where a package is from, as package managers of JavaScript write it.

use limpid_lockfile::Origin;

/// Where npm's registry, and Yarn's name for it, have archives.
const REGISTRIES: [&str; 2] = ["https://registry.npmjs.org/", "https://registry.yarnpkg.com/"];

/// How a folder or a file of the same machine is named.
const LOCAL: [&str; 7] = ["file:", "link:", "portal:", "workspace:", "./", "../", "/"];

/// Whether a range or a reference names a folder or a file of the same machine.
pub(super) fn is_local(reference: &str) -> bool {
    LOCAL.iter().any(|kind| reference.starts_with(kind))
}

/// An archive by its address: of npm itself, or of another server, or of the same machine.
pub(super) fn of_archive(address: &str) -> Origin {
    match REGISTRIES.iter().any(|registry| address.starts_with(registry)) {
        true => Origin::Published,
        false => Origin::archive(address),
    }
}

/// A commit of a repository.
pub(super) fn of_commit(repository: &str, commit: &str) -> Origin {
    Origin::commit("git", repository, commit)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_is_known_in_all_forms_that_managers_write() {
        let check = |address: &str, expected: Option<&str>| {
            let found = commit(address).map(|(repository, commit)| of_commit(repository, commit));
            let expected =
                expected.map(|url| Origin::Repository { kind: "git".to_owned(), url: Some(url.to_owned()) });
            assert_eq!(found, expected, "{address}");
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
    fn an_archive_of_npm_is_npms() {
        let check = |address: &str, expected: Origin| assert_eq!(of_archive(address), expected, "{address}");
        check("https://registry.npmjs.org/a/-/a-1.0.0.tgz", Origin::Published);
        check("https://registry.yarnpkg.com/a/-/a-1.0.0.tgz", Origin::Published);
        check("https://u:p@example.org/a.tgz", Origin::Archive("https://example.org/a.tgz".to_owned()));
        check("file:a.tgz", Origin::Local);
    }
}
