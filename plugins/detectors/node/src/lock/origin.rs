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

/// What the lock file of npm has as the address of a package. That it is on a mirror of npm, as many firms have one, shows
/// in its form, which all servers of npm's protocol share: `/-/NAME-VERSION.tgz`.
pub(super) fn of_resolved(address: &str, name: &str, version: &str) -> Origin {
    if let Some((repository, commit)) = commit(address) {
        return of_commit(repository, commit);
    }
    if is_local(address) {
        return Origin::Local;
    }
    let (repository, fragment) = address.split_once('#').unwrap_or((address, ""));
    if is_git(repository) {
        return of_commit(repository, fragment);
    }
    let path = repository.split('?').next().unwrap_or(repository);
    let base = name.rsplit('/').next().unwrap_or(name);
    let archive = path.rsplit_once("/-/").map(|(_, archive)| archive.rsplit('/').next().unwrap_or(archive));
    match archive {
        Some(archive) if archive == format!("{base}-{version}.tgz") => Origin::Published,
        _ if !path.contains("://") => Origin::Published,
        _ => Origin::archive(repository),
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
    let commit = fragment.split('&').find_map(|part| part.strip_prefix("commit=")).unwrap_or(fragment);
    let is_commit = commit.len() >= 7 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_git(repository) && is_commit).then_some((repository, commit))
}

/// Whether an address is that of a repository of git.
fn is_git(repository: &str) -> bool {
    ["git+", "git:", "git@", "github:", "gitlab:", "bitbucket:", "ssh:"]
        .iter()
        .any(|prefix| repository.starts_with(prefix))
        || repository.ends_with(".git")
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
    fn a_mirror_of_npm_is_told_by_the_form_of_its_addresses() {
        let is_published =
            |address: &str, name: &str| of_resolved(address, name, "1.0.0") == Origin::Published;
        for mirror in [
            "https://registry.npmjs.org/a/-/a-1.0.0.tgz",
            "https://mirror.example/repository/npm/a/-/a-1.0.0.tgz?cache=1",
            "http://localhost:4873/a/-/a-1.0.0.tgz",
        ] {
            assert!(is_published(mirror, "a"), "{mirror}");
        }
        assert!(is_published("https://mirror.example/@s/a/-/a-1.0.0.tgz", "@s/a"));
        assert!(is_published("https://mirror.example/@s/a/-/@s/a-1.0.0.tgz", "@s/a"));
        for other in [
            "https://codeload.github.com/a/a/tar.gz/0123456789abcdef0123456789abcdef01234567",
            "https://registry.npmjs.org/b/-/b-1.0.0.tgz",
            "https://example.org/a-1.0.0.tgz",
            "git+ssh://git@github.com/a/a.git",
            "git+ssh://git@github.com/a/a.git#main",
            "file:a.tgz",
        ] {
            assert!(!is_published(other, "a"), "{other}");
        }
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
