//! Whose a lock file is.

/// Folders of packages that are installed and of what programs are tested by: their lock files say what their authors
/// worked with. `kinds.toml` excepts the same from the lock files that it counts.
const FOLDERS: [&str; 11] = [
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
    "examples",
];

/// The same of two folders, one in the other.
const PAIRS: [[&str; 2]; 3] = [["pkg", "mod"], ["registry", "src"], ["git", "checkouts"]];

/// Whether a lock file at this path is of a package that is installed, of its tests or of its documentation. Those
/// name what its author worked with, and nothing of it is there for that.
pub fn is_of_another(path: &str) -> bool {
    let folders = path.rsplit_once('/').map_or("", |(folders, _)| folders);
    let mut above = "";
    path.starts_with("usr/share/doc/")
        || folders.split('/').any(|folder| {
            let pair = [std::mem::replace(&mut above, folder), folder];
            FOLDERS.contains(&folder) || PAIRS.contains(&pair)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_file_counts_where_an_application_is() {
        for path in
            ["Gemfile.lock", "app/composer.lock", "srv/gems.locked", "src/git/x/mix.lock", "pkg/x/mod/a"]
        {
            assert!(!is_of_another(path), "{path}");
        }
        for path in [
            "usr/lib/ruby/gems/3.1.0/gems/rbs-2.1.0/Gemfile.lock",
            "app/vendor/a/b/composer.lock",
            "vendor/Gemfile.lock",
            "app/tests/Gemfile.lock",
            "usr/share/doc/a/composer.lock",
            "root/go/pkg/mod/a@v1/Gemfile.lock",
            "root/.cargo/git/checkouts/a/Cargo.lock",
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
