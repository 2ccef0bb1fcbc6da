//! Where a package was installed from, as `remotes`, `pak` and renv write it into `DESCRIPTION` and lock files.

use limpid_lockfile::Origin;

/// The fields that say so.
pub(crate) const FIELDS: [&str; 6] =
    ["RemoteType", "RemoteHost", "RemoteUsername", "RemoteRepo", "RemoteUrl", "RemoteSha"];

/// Where it is from, by the values of [`FIELDS`], each empty where it is missing. What has none of them, or another type,
/// is of a repository of packages.
pub(crate) fn origin(field: impl Fn(&str) -> String) -> Origin {
    let kind = field("RemoteType").to_lowercase();
    let commit = field("RemoteSha");
    match kind.as_str() {
        "github" | "gitlab" | "bitbucket" => {
            let host = field("RemoteHost");
            // That of its interface.
            let host = host.split_once("://").map_or(host.as_str(), |(_, host)| host);
            let host = host.split('/').next().unwrap_or(host);
            let host = host.strip_prefix("api.").unwrap_or(host);
            let host = match (host, kind.as_str()) {
                ("", "github") => "github.com",
                ("", "gitlab") => "gitlab.com",
                ("bitbucket.org/2.0" | "", _) => "bitbucket.org",
                (host, _) => host,
            };
            let (owner, name) = (field("RemoteUsername"), field("RemoteRepo"));
            let url = format!("https://{host}/{owner}/{name}");
            // Half an address is none.
            let url = if owner.is_empty() || name.is_empty() { "" } else { &url };
            Origin::commit("git", url, &commit)
        }
        "git" | "git2r" | "xgit" => Origin::commit("git", &field("RemoteUrl"), &commit),
        "svn" => Origin::commit("svn", &field("RemoteUrl"), &commit),
        "url" => Origin::archive(&field("RemoteUrl")),
        "local" => Origin::Local,
        // renv does not know it.
        "unknown" => Origin::Other(kind),
        _ => Origin::Published,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remote_is_a_commit_an_archive_or_a_folder() {
        let check = |fields: &[(&str, &str)], expected: Origin| {
            let field = |wanted: &str| {
                assert!(FIELDS.contains(&wanted), "{wanted}");
                fields.iter().find(|(key, _)| *key == wanted).map_or("", |(_, value)| value).to_owned()
            };
            assert_eq!(origin(field), expected, "{fields:?}");
        };
        let of = |url: &str| Origin::Repository { kind: "git".to_owned(), url: Some(url.to_owned()) };
        let at = |kind, host| {
            [
                ("RemoteType", kind),
                ("RemoteHost", host),
                ("RemoteUsername", "a"),
                ("RemoteRepo", "b"),
                ("RemoteSha", "0123"),
            ]
        };
        check(&at("github", "api.github.com"), of("git+https://github.com/a/b@0123"));
        check(&at("github", ""), of("git+https://github.com/a/b@0123"));
        check(&at("github", "git.example.org/api/v3"), of("git+https://git.example.org/a/b@0123"));
        check(&at("GitLab", "gitlab.com"), of("git+https://gitlab.com/a/b@0123"));
        check(&at("bitbucket", "api.bitbucket.org/2.0"), of("git+https://bitbucket.org/a/b@0123"));
        let unknown = Origin::Repository { kind: "git".to_owned(), url: None };
        check(&[("RemoteType", "github"), ("RemoteSha", "0123")], unknown);
        check(
            &[("RemoteType", "git"), ("RemoteUrl", "https://example.org/a.git"), ("RemoteSha", "0123")],
            of("git+https://example.org/a.git@0123"),
        );
        check(
            &[("RemoteType", "url"), ("RemoteUrl", "https://example.org/a.tar.gz")],
            Origin::Archive("https://example.org/a.tar.gz".to_owned()),
        );
        check(&[("RemoteType", "local"), ("RemoteUrl", "/src/a")], Origin::Local);
        check(&[("RemoteType", "unknown")], Origin::Other("unknown".to_owned()));
        for kind in ["", "standard", "cran", "bioc"] {
            check(&[("RemoteType", kind), ("RemoteSha", "1.0")], Origin::Published);
        }
    }
}
