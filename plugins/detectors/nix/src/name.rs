//! Names of folders of the store: `HASH-NAME-VERSION[-OUTPUT]`.

/// How many characters a hash has.
const HASH: usize = 32;

/// Outputs of derivations of Nixpkgs, but for the one that has no name.
const OUTPUTS: [&str; 24] = [
    "bin",
    "checkpoint",
    "data",
    "debug",
    "dev",
    "devdoc",
    "dist",
    "doc",
    "getent",
    "info",
    "lib",
    "libgcc",
    "login",
    "man",
    "mount",
    "out",
    "py",
    "python",
    "share",
    "static",
    "su",
    "swap",
    "terminfo",
    "tools",
];

/// What files end with that are in the store beside packages.
const FILES: [&str; 26] = [
    ".bz2", ".c", ".conf", ".crate", ".deb", ".diff", ".drv", ".gem", ".git", ".gz", ".h", ".jar", ".json",
    ".lock", ".lz", ".nix", ".patch", ".pl", ".py", ".rpm", ".sh", ".tar", ".tgz", ".whl", ".xz", ".zip",
];

/// The name and version of the package that is in a folder; none where it holds no package.
pub fn package(folder: &str) -> Option<(&str, &str)> {
    let (hash, rest) = folder.split_at_checked(HASH)?;
    let is_of_hash = |byte: u8| byte.is_ascii_digit() || byte.is_ascii_lowercase();
    let full = rest.strip_prefix('-').filter(|_| hash.bytes().all(is_of_hash))?;
    if !full.bytes().all(is_of_name) || FILES.iter().any(|end| full.ends_with(end)) {
        return None;
    }
    let (name, version) = split(full);
    let version = match version.rsplit_once('-') {
        Some((_, "source" | "src" | "vendor" | "deps" | "go-modules" | "hook" | "env")) => return None,
        Some((version, output)) if OUTPUTS.contains(&output) => version,
        _ => version,
    };
    let is_version = version.starts_with(|first: char| first.is_ascii_digit());
    (is_version && !name.is_empty()).then_some((name, version))
}

/// Parts a name as Nix's [`parseDrvName`](https://nix.dev/manual/nix/stable/language/builtins.html#builtins-parseDrvName) does:
/// the version begins behind the first hyphen that no letter follows. It is empty where there is none.
pub fn split(full: &str) -> (&str, &str) {
    let is_begin = |at: &usize| full.as_bytes().get(at + 1).is_some_and(|byte| !byte.is_ascii_alphabetic());
    match full.match_indices('-').map(|(at, _)| at).find(is_begin) {
        Some(at) => (full.get(..at).unwrap_or_default(), full.get(at + 1..).unwrap_or_default()),
        None => (full, ""),
    }
}

/// What the store allows in a name.
const fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.' | b'_' | b'?' | b'=')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_version_begins_behind_the_first_hyphen_without_a_letter() {
        // As `builtins.parseDrvName` of Nix 2.8 answers.
        let check =
            |full: &str, name: &str, version: &str| assert_eq!(split(full), (name, version), "{full}");
        check("hello-2.12.1-dev", "hello", "2.12.1-dev");
        check("a-b-1.2", "a-b", "1.2");
        check("nix-0.12pre", "nix", "0.12pre");
        check("x-", "x-", "");
        check("x-1a-2", "x", "1a-2");
        check("python3.11-requests-2.31", "python3.11-requests", "2.31");
        check("hook", "hook", "");
    }

    #[test]
    fn a_folder_holds_a_package_or_none() {
        let check = |full: &str, expected: Option<(&str, &str)>| {
            let folder = format!("s5y59989wqkryinpic8gj8x26zdkr4sf-{full}");
            assert_eq!(package(&folder), expected, "{full}");
        };
        check("hello-2.12.1", Some(("hello", "2.12.1")));
        check("openssl-3.0.12-bin", Some(("openssl", "3.0.12")));
        check("gcc-13.2.0-libgcc", Some(("gcc", "13.2.0")));
        check("glibc-2.38-27", Some(("glibc", "2.38-27")));
        check("python3.11-requests-2.31.0", Some(("python3.11-requests", "2.31.0")));
        check("foo-unstable-2023-01-01", Some(("foo-unstable", "2023-01-01")));
        check("hello-2.12.1.drv", None);
        check("hello-2.12.1.tar.gz", None);
        check("CVE-2023-1234.patch", None);
        check("hello-2.12.1-source", None);
        check("auto-patchelf-hook", None);
        check("user-environment", None);
        check("x-?1", None);
        assert_eq!(package("hello-2.12.1"), None);
        assert_eq!(package("S5Y59989WQKRYINPIC8GJ8X26ZDKR4SF-hello-2.12.1"), None);
        assert_eq!(package("s5y59989wqkryinpic8gj8x26zdkr4s\u{e9}-a-1"), None);
    }

    proptest! {
        #[test]
        fn no_folder_is_too_odd_to_be_told(folder in "s5y59989wqkryinpic8gj8x26zdkr4s[f-]-[-a1.é?]{0,12}|\\PC{0,40}") {
            let full = folder.get(HASH + 1..).unwrap_or_default();
            let (name, version) = split(full);
            let joined = format!("{name}-{version}");
            prop_assert!(version.is_empty() || joined == full);
            if let Some((name, version)) = package(&folder) {
                prop_assert!(!name.is_empty() && !version.is_empty());
            }
        }
    }
}
