//! Which lock files are an application's.

/// Folders of what was downloaded, and of what programs are tested and explained with.
const PARTS: [&str; 9] = [
    "node_modules",
    "site-packages",
    "dist-packages",
    "vendor",
    "test",
    "tests",
    "testdata",
    "fixtures",
    "examples",
];

/// Where cargo keeps what it downloaded.
const DOWNLOADED: [&str; 3] = ["registry/src", "git/checkouts", "cargo/registry"];

/// Whether a lock file is one that somebody chose for a build of their own.
pub(crate) fn is_of_application(path: &str) -> bool {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let holds = |folders: &str| format!("/{folder}/").contains(&format!("/{folders}/"));
    !folder.starts_with("usr/share/doc/")
        && !folder.split('/').any(|part| PARTS.contains(&part))
        && !DOWNLOADED.into_iter().any(holds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_downloaded_or_is_for_tests_is_no_applications() {
        for path in ["Cargo.lock", "app/Cargo.lock", "root/.cargo/Cargo.lock", "srv/testing/Cargo.lock"] {
            assert!(is_of_application(path), "{path}");
        }
        for path in [
            "root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/a-1.0.0/Cargo.lock",
            "root/.cargo/git/checkouts/a-1/b/Cargo.lock",
            "usr/share/cargo/registry/a-1.0.0/Cargo.lock",
            "app/vendor/a/Cargo.lock",
            "app/tests/a/Cargo.lock",
            "usr/lib/python3/dist-packages/a/Cargo.lock",
            "app/node_modules/a/Cargo.lock",
            "usr/share/doc/a/Cargo.lock",
        ] {
            assert!(!is_of_application(path), "{path}");
        }
    }
}
