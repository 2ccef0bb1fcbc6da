//! Finds out which distribution an image is.
//!
//! What states it is `os-release`; images older than that have a file of their distribution's own.
//! A layer states one distribution at most: the first of [`FILES`] that is there and can be read. Which branch of
//! it the packages come from is also a matter of Alpine's [`REPOSITORIES`], and of the [`SOURCES`] of Ubuntu Pro.
//! Files are read up to [`MAX_FILE`] bytes. What is known of distributions and their releases is in `limpid_releases`.

use limpid_plugin_sdk::detector::{Claim, Detector, Distribution, File, Problems, Report};
use limpid_plugin_sdk::{Error, export_detector};
use limpid_releases::{Assignments, Repositories, Sources, alpine, debian, older};

/// What may state the distribution, best first. os-release(5) puts `etc` before `usr/lib`; the
/// others stand in newer images as well, and there say less. Of these, a distribution's own come before those that
/// it writes to look like another one.
pub const FILES: [&str; 15] = [
    "etc/os-release",
    "usr/lib/os-release",
    "etc/alpine-release",
    "etc/oracle-release",
    "etc/centos-release",
    "etc/almalinux-release",
    "etc/rocky-release",
    "etc/fedora-release",
    "etc/photon-release",
    "etc/altlinux-release",
    "etc/system-release",
    "etc/redhat-release",
    "etc/SuSE-release",
    "etc/lsb-release",
    "etc/debian_version",
];

/// Where Alpine's packages come from.
pub const REPOSITORIES: [&str; 2] = ["etc/apk/repositories", "etc/apk/repositories.d/*.list"];

/// Where packages of Ubuntu Pro come from.
pub const SOURCES: [&str; 2] = limpid_releases::SOURCES;

/// The largest file that is read, in bytes.
pub const MAX_FILE: u64 = 64 * 1024;

/// The detector `os-release`.
#[derive(Debug)]
pub struct OsRelease;

impl Detector for OsRelease {
    fn claims() -> Vec<Claim> {
        // Together, because which file counts depends on which others the layer has.
        FILES.into_iter().chain(REPOSITORIES).chain(SOURCES).map(Claim::together).collect()
    }

    fn detect(files: &[File]) -> Result<Report, Error> {
        let mut report = Report::default();
        let (repositories, named_by) = read_repositories(files, &mut report);
        let mut stated = None;
        for file in FILES.iter().filter_map(|path| files.iter().find(|file| file.path() == *path)) {
            match read(file) {
                Ok(Some(distribution)) => {
                    stated = Some((file.path(), distribution));
                    break;
                }
                Ok(None) => {}
                Err(error) => report.unread(file.path(), error),
            }
        }
        let id = stated.as_ref().map(|(_, distribution)| distribution.id.clone());
        if let Some((path, distribution)) = stated {
            report.found(path, distribution);
        }
        let named = named_by.zip(repositories.distribution());
        for (path, distribution) in named.into_iter().chain(read_sources(files, &mut report)) {
            if id.as_ref().is_none_or(|id| *id == distribution.id) {
                report.found(path, distribution);
            }
        }
        Ok(report)
    }
}

export_detector!(OsRelease);

/// What repositories name, and the first file of them.
fn read_repositories<'a>(files: &'a [File], report: &mut Report) -> (Repositories, Option<&'a str>) {
    let mut repositories = Repositories::default();
    let mut named_by = None;
    for file in files.iter().filter(|file| file.path().starts_with("etc/apk/repositories")) {
        match file.read_to_vec(MAX_FILE) {
            Ok(bytes) => {
                repositories.add(&String::from_utf8_lossy(&bytes));
                named_by.get_or_insert(file.path());
            }
            Err(error) => report.unread(file.path(), error),
        }
    }
    if let Some(path) = named_by {
        for why in repositories.undecided().take(Problems::LIMIT) {
            report.unread(path, Error::unsupported(why));
        }
    }
    (repositories, named_by)
}

/// What sources of Ubuntu Pro name, and the first file that names a pocket.
fn read_sources<'a>(files: &'a [File], report: &mut Report) -> Option<(&'a str, Distribution)> {
    let mut sources = Sources::default();
    let mut named_by = None;
    for file in files.iter().filter(|file| file.path().starts_with("etc/apt/")) {
        match file.read_to_vec(MAX_FILE) {
            Ok(bytes) => {
                let mut problems = Problems::default();
                if sources.add(file.path(), &String::from_utf8_lossy(&bytes), &mut problems) {
                    named_by.get_or_insert(file.path());
                }
                report.unread_parts(file.path(), problems);
            }
            Err(error) => report.unread(file.path(), error),
        }
    }
    named_by.zip(sources.distribution())
}

/// Which distribution a file states, if it states any.
fn read(file: &File) -> Result<Option<Distribution>, Error> {
    let bytes = file.read_to_vec(MAX_FILE)?;
    let text = String::from_utf8_lossy(&bytes);
    match file.path() {
        "etc/alpine-release" => alpine::from_release(text.trim()).map(Some),
        "etc/debian_version" => debian::from_version(text.trim()).map(Some),
        "etc/SuSE-release" => older::from_suse(&text).map(Some),
        "etc/lsb-release" => older::from_lsb(&text),
        "etc/os-release" | "usr/lib/os-release" => {
            limpid_releases::distribution(&Assignments::parse(&text)).map(Some)
        }
        _ => older::from_line(&text).map(Some),
    }
    .map_err(Error::malformed)
}

#[cfg(test)]
mod tests {
    use limpid_plugin_sdk::detector::Fact;

    use super::*;

    const DEBIAN: &str = "ID=debian\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\n";

    fn detect(files: &[(&str, &str)]) -> (Vec<(String, String)>, Vec<String>) {
        let files: Vec<_> = files.iter().map(|(path, content)| File::in_memory(*path, *content)).collect();
        let report = OsRelease::detect(&files).unwrap();
        let found = report.findings.into_iter().filter_map(|finding| match finding.fact {
            Fact::Distribution(distribution) => Some((finding.path, distribution.namespaces.concat())),
            _ => None,
        });
        (found.collect(), report.unread.into_iter().map(|unread| unread.path).collect())
    }

    #[test]
    fn a_layer_states_one_distribution_by_its_best_file() {
        let check = |files: &[(&str, &str)], path: &str, unread: &[&str]| {
            let (found, not_read) = detect(files);
            assert_eq!(found.iter().map(|found| found.0.as_str()).collect::<Vec<_>>(), [path]);
            assert_eq!(not_read, unread);
        };
        check(&[("usr/lib/os-release", DEBIAN)], "usr/lib/os-release", &[]);
        check(&[("etc/os-release", DEBIAN), ("usr/lib/os-release", DEBIAN)], "etc/os-release", &[]);
        check(&[("etc/debian_version", "12.5\n"), ("usr/lib/os-release", DEBIAN)], "usr/lib/os-release", &[]);
        check(&[("etc/debian_version", "12.5\n")], "etc/debian_version", &[]);
        check(&[("etc/alpine-release", "3.20.3\n")], "etc/alpine-release", &[]);
        check(
            &[("etc/os-release", "NAME=x\n"), ("usr/lib/os-release", DEBIAN)],
            "usr/lib/os-release",
            &["etc/os-release"],
        );
    }

    #[test]
    fn a_derivative_of_debian_is_not_taken_for_debian() {
        let ubuntu = "ID=ubuntu\nID_LIKE=debian\nVERSION_ID=\"22.04\"\n";
        let files = [("etc/debian_version", "bookworm/sid\n"), ("usr/lib/os-release", ubuntu)];
        assert_eq!(detect(&files).0[0].1, "ubuntu:22.04osv/ubuntu:22.04");
    }

    #[test]
    fn repositories_count_where_alpine_is_stated_or_nothing_is() {
        let edge = ("etc/apk/repositories", "http://a/edge/main\n");
        let alpine = "ID=alpine\nVERSION_ID=3.19.4\n";
        let stated = |files: &[(&str, &str)]| detect(files).0;
        assert_eq!(
            stated(&[edge, ("etc/os-release", alpine)]),
            [
                ("etc/os-release".to_owned(), "alpine:3.19osv/alpine:3.19".to_owned()),
                (edge.0.to_owned(), "alpine:edgeosv/alpine:edge".to_owned())
            ]
        );
        assert_eq!(stated(&[edge]), [(edge.0.to_owned(), "alpine:edgeosv/alpine:edge".to_owned())]);
        assert_eq!(
            stated(&[edge, ("etc/os-release", "ID=wolfi\n")]),
            [("etc/os-release".to_owned(), "wolfi".to_owned())]
        );
        assert_eq!(
            detect(&[("etc/apk/repositories", "@edge http://a/edge/main\n")]).1,
            ["etc/apk/repositories"]
        );
    }

    #[test]
    fn sources_of_ubuntu_pro_count_where_ubuntu_is_stated_or_nothing_is() {
        let infra = (
            "etc/apt/sources.list.d/ubuntu-esm-infra.list",
            "deb https://esm.ubuntu.com/infra/ubuntu jammy-infra-security main\n",
        );
        let pocket = (infra.0.to_owned(), "ubuntu:22.04:esm-infra".to_owned());
        let ubuntu = ("etc/os-release", "ID=ubuntu\nVERSION_ID=\"22.04\"\n");
        let stated = |files: &[(&str, &str)]| detect(files).0;
        assert_eq!(
            stated(&[ubuntu, infra]),
            [("etc/os-release".to_owned(), "ubuntu:22.04osv/ubuntu:22.04".to_owned()), pocket.clone()]
        );
        assert_eq!(stated(&[infra]), [pocket]);
        assert_eq!(
            stated(&[("etc/os-release", "ID=wolfi\n"), infra]),
            [("etc/os-release".to_owned(), "wolfi".to_owned())]
        );
        let archive = "Types: deb\nURIs: http://archive.ubuntu.com/ubuntu/\nSuites: noble\n";
        assert_eq!(detect(&[("etc/apt/sources.list.d/ubuntu.sources", archive)]), (vec![], vec![]));
        assert_eq!(detect(&[("etc/apt/sources.list.d/ubuntu.sources", "\0")]).1.len(), 1);
    }

    #[test]
    fn what_cannot_be_read_is_stated() {
        let long = "#".repeat(MAX_FILE as usize + 1);
        for text in ["", "NAME=\"No identifier\"\n", "ID=\n", "ID=\"debian\n", "ID=a b\n", &long] {
            let (found, unread) = detect(&[("etc/os-release", text)]);
            assert_eq!((found.len(), unread.len()), (0, 1), "{text:.20}");
        }
    }
}
