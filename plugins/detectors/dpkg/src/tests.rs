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
    assert_eq!(package.purl, "pkg:deb/libstdc%2B%2B6@1:12.2.0-14%2Bb1?arch=amd64");
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
    assert_eq!(owned(&report), [(path, "libc6", vec!["lib/libc.so.6", "usr/lib/libc.so.6"])]);
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

/// What each package needs; none where that is not told.
fn needs(report: &Report) -> Vec<(&str, Option<Vec<&str>>)> {
    fn names(package: &Package) -> Option<Vec<&str>> {
        let mut names: Vec<_> = package.requires.as_ref()?.iter().map(|it| it.name.as_str()).collect();
        names.sort_unstable();
        Some(names)
    }
    report.packages().map(|package| (package.name.as_str(), names(package))).collect()
}

#[test]
fn a_package_needs_those_that_are_there_of_what_it_depends_on() {
    let stanza = |name: &str, more: &str| {
        let status = "Status: install ok installed\nVersion: 1\nArchitecture: amd64\n";
        format!("Package: {name}\n{status}{more}\n")
    };
    let removed = "Package: gone\nStatus: deinstall ok config-files\nVersion: 1\nProvides: libc6\n\n";
    let status = [
        stanza("libc6", ""),
        stanza("mawk", "Provides: awk\nPre-Depends: libc6 (>= 2.33)\n"),
        stanza("debconf", "Provides: debconf-2.0 (= 1.5)\nDepends: awk, gone | nobody\n"),
        stanza(
            "base",
            "Pre-Depends: awk\nDepends: libc6:any (>= 2) [amd64], cdebconf | debconf-2.0,\n absent\n",
        ),
        removed.to_owned(),
        stanza("big", &format!("Depends: libc6, {}\n", "x".repeat(MAX_LINE))),
    ];
    let report = detect(&[("var/lib/dpkg/status", &status.concat())]);
    assert_eq!(report.unread, []);
    let expected = [
        ("base", Some(vec!["debconf", "libc6", "mawk"])),
        ("big", None),
        ("debconf", Some(vec!["mawk"])),
        ("libc6", Some(vec![])),
        ("mawk", Some(vec!["libc6"])),
    ];
    assert_eq!(needs(&report), expected);
}

#[test]
fn a_distroless_package_may_need_packages_of_other_layers() {
    let stanza = |name: &str, more: &str| format!("Package: {name}\nVersion: 1\nArchitecture: amd64\n{more}");
    let report = detect(&[
        (
            "var/lib/dpkg/status.d/a",
            &stanza("a", "Depends: elsewhere (>= 1) | mta, awk, a-itself, b\nProvides: a-itself\n"),
        ),
        ("var/lib/dpkg/status.d/b", &stanza("b", "Provides: awk\n")),
    ]);
    assert_eq!(report.unread, []);
    assert_eq!(needs(&report), [("a", Some(vec!["b", "elsewhere", "mta"])), ("b", Some(vec![]))]);
}

fn stanzas(package: &str, version: &str) -> String {
    format!("Package: {package}\nStatus: install ok installed\nVersion: {version}\nArchitecture: amd64\n\n")
}

fn stated(report: &Report) -> Vec<String> {
    let mut stated: Vec<_> = report
        .findings
        .iter()
        .filter_map(|finding| match &finding.fact {
            Fact::Package(package) => {
                let file = finding.path.trim_start_matches("var/lib/dpkg/");
                Some(format!("{file}: {} {}", package.name, package.version))
            }
            _ => None,
        })
        .collect();
    stated.sort();
    stated
}

#[test]
fn the_journal_is_applied_over_the_status_file_in_the_order_of_its_numbers() {
    let report = detect(&[
        ("var/lib/dpkg/available", &stanzas("never", "1")),
        ("var/lib/dpkg/status", &(stanzas("aa", "1") + &stanzas("bb", "1"))),
        ("var/lib/dpkg/status-old", &stanzas("old", "1")),
        ("var/lib/dpkg/updates/0009", &(stanzas("aa", "2") + &stanzas("dd", "1"))),
        ("var/lib/dpkg/updates/0010", &stanzas("aa", "3")),
        ("var/lib/dpkg/updates/0011", "Package: bb\nStatus: purge ok not-installed\n"),
        ("var/lib/dpkg/updates/tmp.i", "#padded\n#padded\n"),
    ]);
    assert_eq!(report.unread, []);
    assert_eq!(stated(&report), ["updates/0009: dd 1", "updates/0010: aa 3"]);
}

#[test]
fn a_journal_without_its_status_file_is_told() {
    let report =
        detect(&[("var/lib/dpkg/updates/0000", &stanzas("aa", "2")), ("var/lib/dpkg/updates/0001", "")]);
    assert_eq!(stated(&report), ["updates/0000: aa 2"]);
    assert_eq!(report.unread.len(), 1);
    assert!(report.unread[0].error.to_string().contains("another layer"), "{:?}", report.unread);
}

#[test]
fn a_package_of_status_and_status_d_is_stated_once() {
    let report = detect(&[
        ("var/lib/dpkg/status", &stanzas("aa", "1")),
        ("var/lib/dpkg/status.d/aa", "Package: aa\nVersion: 1\nArchitecture: amd64\n"),
        ("var/lib/dpkg/status.d/bb", "Package: bb\nVersion: 1\nArchitecture: amd64\n"),
        ("var/lib/dpkg/status.d/bb2", "Package: bb\nVersion: 1\nArchitecture: amd64\n"),
        ("var/lib/dpkg/status.d/cc", "Package: aa\nVersion: 2\nArchitecture: amd64\n"),
    ]);
    assert_eq!(stated(&report), ["status.d/bb: bb 1", "status.d/cc: aa 2", "status: aa 1"]);
}

#[test]
fn a_byte_order_mark_costs_nothing() {
    let report = detect(&[("var/lib/dpkg/status", &format!("\u{feff}{STATUS}"))]);
    assert_eq!((report.packages().count(), report.unread.len()), (1, 0));
}

#[test]
fn checksums_in_info_state_what_a_package_owns_where_it_has_no_list() {
    let checksums = "d41d8cd98f00b204e9800998ecf8427e  usr/share/x\n";
    let (list, other) = ("var/lib/dpkg/info/aa.list", "var/lib/dpkg/info/bb:amd64.md5sums");
    let report =
        detect(&[(list, "/usr/share/y\n"), ("var/lib/dpkg/info/aa.md5sums", checksums), (other, checksums)]);
    assert_eq!(owned(&report), [(list, "aa", vec!["usr/share/y"]), (other, "bb", vec!["usr/share/x"])]);
}

#[test]
fn a_diverted_file_is_owned_where_it_lies() {
    let (a, b) = ("var/lib/dpkg/info/aa.list", "var/lib/dpkg/info/bb.list");
    let diversions = "/usr/share/x\n/usr/share/x.distrib\nbb\n";
    let report =
        detect(&[("var/lib/dpkg/diversions", diversions), (a, "/usr/share/x\n"), (b, "/usr/share/x\n")]);
    assert_eq!(owned(&report), [(a, "aa", vec!["usr/share/x.distrib"]), (b, "bb", vec!["usr/share/x"])]);
}

#[test]
fn a_package_of_somebody_elses_archive_has_a_vendor() {
    let report =
        detect(&[("var/lib/dpkg/status", &(stanzas("nodejs", "20.1.0-1nodesource1") + &stanzas("aa", "1")))]);
    let vendors: Vec<_> =
        report.packages().map(|package| (package.name.as_str(), package.vendor.as_deref())).collect();
    assert_eq!(vendors, [("aa", None), ("nodejs", Some("NodeSource"))]);
}

#[test]
fn two_hundred_thousand_stanzas_are_read() {
    let text: String = (0..200_000).map(|number| stanzas(&format!("package-{number}"), "1.0")).collect();
    let report = detect(&[("var/lib/dpkg/status", &text)]);
    assert_eq!((report.packages().count(), report.unread.len()), (200_000, 0));
}
