use limpid_plugin_sdk::detector::{Evidence, Fact, Scope};

use super::*;

const STATUS: &str = "\
Package: libstdc++6
Status: install ok installed
Priority: optional
Architecture: amd64
Multi-Arch: same
Source: gcc-12 (12.2.0-14+deb12u1)
Version: 1:12.2.0-14+b1
Description: GNU Standard C++ Library v3
 This package contains an additional runtime library.

Package: gone
Status: deinstall ok config-files
Version: 1.0
Architecture: all
";

fn detect(files: &[(&str, &str)]) -> Report {
    let files: Vec<_> = files.iter().map(|(path, content)| File::in_memory(*path, *content)).collect();
    Dpkg::detect(&files).unwrap()
}

fn owned(report: &Report) -> Vec<(&str, &str, Vec<&str>)> {
    report
        .findings
        .iter()
        .filter_map(|finding| match &finding.fact {
            Fact::Ownership(Ownership { package, paths }) => {
                Some((finding.path.as_str(), package.as_str(), paths.iter().map(String::as_str).collect()))
            }
            _ => None,
        })
        .collect()
}

#[test]
fn an_installed_package_is_found_and_a_removed_one_is_not() {
    let report = detect(&[("var/lib/dpkg/status", STATUS)]);
    assert_eq!(report.unread, []);
    let packages: Vec<_> = report.packages().collect();
    assert_eq!(packages.len(), 1);
    let package = packages[0];
    assert_eq!((package.name.as_str(), package.version.as_str()), ("libstdc++6", "1:12.2.0-14+b1"));
    assert_eq!(package.purl, "pkg:deb/libstdc%2B%2B6@1%3A12.2.0-14%2Bb1?arch=amd64");
    assert_eq!((package.scheme.as_str(), &package.scope), ("dpkg", &Scope::Distribution));
    assert_eq!((package.evidence, package.arch.as_deref()), (Evidence::Installed, Some("amd64")));
    let source = package.source.as_ref().unwrap();
    assert_eq!((source.name.as_str(), source.version.as_str()), ("gcc-12", "12.2.0-14+deb12u1"));
    assert!(package.licenses.is_empty());
}

#[test]
fn a_distroless_package_needs_no_status_and_names_its_list_of_files() {
    let report = detect(&[
        ("var/lib/dpkg/status.d/base", "Package: base-files\nVersion: 12.4\nArchitecture: amd64\n"),
        ("var/lib/dpkg/status.d/base.md5sums", "d41d8cd98f00b204e9800998ecf8427e  usr/share/x\n"),
    ]);
    assert_eq!(report.unread, []);
    assert_eq!(report.packages().map(|package| package.name.as_str()).collect::<Vec<_>>(), ["base-files"]);
    assert_eq!(owned(&report), [("var/lib/dpkg/status.d/base.md5sums", "base-files", vec!["usr/share/x"])]);
}

#[test]
fn a_list_states_what_a_package_owns_without_its_architecture() {
    let path = "var/lib/dpkg/info/libc6:amd64.list";
    let report = detect(&[(path, "/.\n/lib\n/lib/libc.so.6\n"), ("var/lib/dpkg/info/empty.list", "/.\n")]);
    assert_eq!(owned(&report), [(path, "libc6", vec!["lib/libc.so.6"])]);
}

#[test]
fn a_bad_stanza_costs_that_stanza_and_is_named() {
    let report = detect(&[("var/lib/dpkg/status", &format!("Package: odd\nStatus: what\n\n{STATUS}"))]);
    assert_eq!(report.packages().count(), 1);
    let unread: Vec<_> = report.unread.iter().map(|unread| unread.error.to_string()).collect();
    assert_eq!(unread, ["malformed: stanza of `odd` at line 1 has no status that dpkg knows, but `what`"]);
}

#[test]
fn a_file_full_of_damage_is_named_a_bounded_number_of_times() {
    let report = detect(&[("var/lib/dpkg/status", &"rubbish\n\n".repeat(1000))]);
    assert_eq!(report.unread.len(), Problems::LIMIT + 1);
    let last = report.unread.last().unwrap().error.to_string();
    assert_eq!(last, format!("malformed: {} more problems of this kind", 1000 - Problems::LIMIT));
}
