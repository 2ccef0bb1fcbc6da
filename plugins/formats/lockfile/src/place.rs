//! Whose a lock file is.

/// Folders of packages that are installed and of what programs are tested by: their lock files say what their authors
/// worked with. `kinds.toml` excepts the same from the lock files that it counts.
const FOLDERS: [&str; 13] = [
    "node_modules",
    "site-packages",
    "dist-packages",
    "gems",
    "bundler",
    "vendor",
    "test",
    "tests",
    "testdata",
    "fixtures",
    "__fixtures__",
    "example",
    "examples",
];

/// The same of two folders, one in the other.
const PAIRS: [[&str; 2]; 4] =
    [["pkg", "mod"], ["registry", "src"], ["git", "checkouts"], ["cargo", "registry"]];

/// Folders that nobody calls so but who installs packages into them, wherever they are.
const OF_PACKAGES: [&str; 5] = ["node_modules", "site-packages", "dist-packages", "gems", "vendor"];

/// Whether a lock file at this path is of a package that is installed, of its tests or of its documentation. Those
/// name what its author worked with, and nothing of it is there for that.
///
/// A folder at the top may be called as its owner likes, and so may one in somebody's home: an application is also in
/// `test` and in `home/tests`.
pub fn is_of_another(path: &str) -> bool {
    let folders = path.rsplit_once('/').map_or("", |(folders, _)| folders);
    let own = if folders.starts_with("home/") { 2 } else { 1 };
    let mut above = "";
    path.starts_with("usr/share/doc/")
        || folders.split('/').enumerate().any(|(place, folder)| {
            let pair = [std::mem::replace(&mut above, folder), folder];
            let known: &[&str] = if place < own { &OF_PACKAGES } else { &FOLDERS };
            known.contains(&folder) || PAIRS.contains(&pair)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_file_counts_where_an_application_is() {
        for path in [
            "Gemfile.lock",
            "app/composer.lock",
            "srv/gems.locked",
            "src/git/x/mix.lock",
            "pkg/x/mod/a",
            "test/pnpm-lock.yaml",
            "examples/uv.lock",
            "home/test/yarn.lock",
            "home/test/app/yarn.lock",
            "root/.cargo/Cargo.lock",
            "srv/testing/Cargo.lock",
        ] {
            assert!(!is_of_another(path), "{path}");
        }
        for path in [
            "usr/lib/ruby/gems/3.1.0/gems/rbs-2.1.0/Gemfile.lock",
            "app/vendor/a/b/composer.lock",
            "vendor/Gemfile.lock",
            "node_modules/a/yarn.lock",
            "home/node_modules/a/yarn.lock",
            "app/tests/Gemfile.lock",
            "home/a/tests/Gemfile.lock",
            "app/example/pubspec.lock",
            "app/__fixtures__/yarn.lock",
            "usr/lib/python3/dist-packages/a/poetry.lock",
            "usr/share/doc/a/composer.lock",
            "root/go/pkg/mod/a@v1/Gemfile.lock",
            "root/.cargo/git/checkouts/a/Cargo.lock",
            "root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/a-1.0.0/Cargo.lock",
            "usr/share/cargo/registry/a-1.0.0/Cargo.lock",
        ] {
            assert!(is_of_another(path), "{path}");
        }
    }

    #[test]
    fn what_is_no_application_here_is_not_counted_either() {
        let kinds = include_str!("../../../kinds.toml");
        for folder in FOLDERS.iter().filter(|folder| !folder.ends_with("-packages")) {
            assert!(kinds.contains(folder), "{folder}");
        }
        for pair in PAIRS {
            assert!(kinds.contains(&pair.join("/")), "{pair:?}");
        }
    }
}
