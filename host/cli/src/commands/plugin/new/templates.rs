//! What differs from role to role. `@NAME@` stands for the plugin's name, `@NAMESPACE@` for that
//! of its packages, `@KIND@` for its role.

use super::Kind;

/// Path and text of a file.
type File = (&'static str, &'static str);

macro_rules! template {
    ($($path:literal: $file:literal),* $(,)?) => {
        &[$(($path, include_str!(concat!("templates/", $file)))),*]
    };
}

const ALL: &[File] = template! {
    "Cargo.toml": "Cargo.toml",
    ".gitignore": "gitignore",
};

const DETECTOR: &[File] = template! {
    "README.md": "detector/README.md",
    "src/lib.rs": "detector/lib.rs",
    "tests/packages/input/var/lib/@NAME@/packages.txt": "detector/packages.txt",
    "tests/packages/expected.json": "detector/expected.json",
};

const FEED: &[File] = template! {
    "README.md": "feed/README.md",
    "src/lib.rs": "feed/lib.rs",
    "tests/advisories/input/advisories.txt": "feed/advisories.txt",
    "tests/advisories/expected.json": "feed/expected.json",
};

const SCHEME: &[File] = template! {
    "README.md": "scheme/README.md",
    "src/lib.rs": "scheme/lib.rs",
    "tests/order/versions.txt": "scheme/versions.txt",
};

/// The files of a plugin of this role and name, but for the SDK.
pub(super) fn files(kind: Kind, name: &str, namespace: &str) -> Vec<(String, String)> {
    let (own, word) = match kind {
        Kind::Detector => (DETECTOR, "detector"),
        Kind::Feed => (FEED, "feed"),
        Kind::Scheme => (SCHEME, "scheme"),
    };
    let fill =
        |text: &str| text.replace("@NAME@", name).replace("@NAMESPACE@", namespace).replace("@KIND@", word);
    ALL.iter().chain(own).map(|(path, text)| (fill(path), fill(text))).collect()
}
