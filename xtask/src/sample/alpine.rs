use std::fmt::Write as _;

use super::image::Image;
use super::layer::{Layer, MADE_AT};

const OS_RELEASE: &str = r#"NAME="Alpine Linux"
ID=alpine
VERSION_ID=3.18.3
PRETTY_NAME="Alpine Linux v3.18"
HOME_URL="https://alpinelinux.org/"
BUG_REPORT_URL="https://gitlab.alpinelinux.org/alpine/aports/-/issues"
"#;

/// A package as apk records it.
struct Package {
    name: &'static str,
    version: &'static str,
    /// The name of the source package.
    origin: &'static str,
    license: &'static str,
    summary: &'static str,
    folder: &'static str,
    files: &'static [&'static str],
}

const BASE: &[Package] = &[
    Package {
        name: "alpine-baselayout-data",
        version: "3.4.3-r1",
        origin: "alpine-baselayout",
        license: "GPL-2.0-only",
        summary: "Alpine base dir structure and init scripts",
        folder: "etc",
        files: &["passwd", "group"],
    },
    Package {
        name: "musl",
        version: "1.2.4-r1",
        origin: "musl",
        license: "MIT",
        summary: "the musl c library (libc) implementation",
        folder: "lib",
        files: &["ld-musl-x86_64.so.1"],
    },
    Package {
        name: "busybox",
        version: "1.36.1-r2",
        origin: "busybox",
        license: "GPL-2.0-only",
        summary: "Size optimized toolbox of many common UNIX utilities",
        folder: "bin",
        files: &["busybox"],
    },
    Package {
        name: "ssl_client",
        version: "1.36.1-r2",
        origin: "busybox",
        license: "GPL-2.0-only",
        summary: "External ssl_client for busybox wget",
        folder: "usr/bin",
        files: &["ssl_client"],
    },
    Package {
        name: "libcrypto3",
        version: "3.1.2-r0",
        origin: "openssl",
        license: "Apache-2.0",
        summary: "Crypto library from openssl",
        folder: "lib",
        files: &["libcrypto.so.3"],
    },
    Package {
        name: "libssl3",
        version: "3.1.2-r0",
        origin: "openssl",
        license: "Apache-2.0",
        summary: "SSL shared libraries",
        folder: "lib",
        files: &["libssl.so.3"],
    },
    Package {
        name: "zlib",
        version: "1.2.13-r1",
        origin: "zlib",
        license: "Zlib",
        summary: "A compression/decompression Library",
        folder: "lib",
        files: &["libz.so.1.2.13"],
    },
    Package {
        name: "apk-tools",
        version: "2.14.0-r2",
        origin: "apk-tools",
        license: "GPL-2.0-only",
        summary: "Alpine Package Keeper - package manager for alpine",
        folder: "sbin",
        files: &["apk"],
    },
];

const ADDED: &[Package] = &[
    Package {
        name: "libcurl",
        version: "8.2.1-r0",
        origin: "curl",
        license: "curl",
        summary: "The multiprotocol file transfer library",
        folder: "usr/lib",
        files: &["libcurl.so.4.8.0"],
    },
    Package {
        name: "curl",
        version: "8.2.1-r0",
        origin: "curl",
        license: "curl",
        summary: "URL retrival utility and library",
        folder: "usr/bin",
        files: &["curl"],
    },
];

/// A small image of Alpine 3.18: a base layer, and one in which `apk` added curl.
pub fn alpine() -> Image {
    let base = Layer::new("/bin/sh -c #(nop) ADD file:rootfs.tar.gz in / ")
        .file("etc/alpine-release", "3.18.3\n")
        .file("etc/os-release", OS_RELEASE)
        .file("lib/apk/db/installed", installed(BASE.iter()));
    let added = Layer::new("RUN /bin/sh -c apk add --no-cache curl # buildkit")
        .file("lib/apk/db/installed", installed(BASE.iter().chain(ADDED)));
    Image::new("limpid-sample/alpine:3.18")
        .with(BASE.iter().fold(base, with_files))
        .with(ADDED.iter().fold(added, with_files))
}

/// What stands in the place of a package's programs: nothing that any detector reads, so that a
/// sample stays small.
fn with_files(layer: Layer, package: &Package) -> Layer {
    package.files.iter().fold(layer, |layer, file| {
        let path = format!("{}/{file}", package.folder);
        layer.executable(path, format!("{} {}\n", package.name, package.version))
    })
}

/// The [installed database](https://wiki.alpinelinux.org/wiki/Apk_spec#Installed_Database_V2).
fn installed<'a>(packages: impl Iterator<Item = &'a Package>) -> String {
    let mut text = String::new();
    for package in packages {
        record(&mut text, package);
    }
    text
}

fn record(text: &mut String, package: &Package) {
    let mut field = |letter: char, value: &str| {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{letter}:{value}");
    };
    field('P', package.name);
    field('V', package.version);
    field('A', "x86_64");
    field('T', package.summary);
    field('L', package.license);
    field('o', package.origin);
    field('t', &MADE_AT.to_string());
    field('F', package.folder);
    for file in package.files {
        field('R', file);
        field('a', "0:0:755");
    }
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_record_ends_with_an_empty_line_and_names_its_files_by_folder() {
        let text = installed(BASE.iter().chain(ADDED));
        let records: Vec<&str> = text.split_terminator("\n\n").collect();
        assert_eq!(records.len(), BASE.len() + ADDED.len());
        let busybox = records.iter().find(|record| record.starts_with("P:busybox\n")).unwrap();
        assert!(busybox.contains("\nV:1.36.1-r2\n"));
        assert!(busybox.ends_with("\nF:bin\nR:busybox\na:0:0:755"));
    }
}
