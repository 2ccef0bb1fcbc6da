//! Documents of the corpus, against a count that knows nothing of how they are read here.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::time::Instant;

use limpid_plugin_sdk::feed::{Bound, Status};
use limpid_plugin_sdk::testing::Collected;
use limpid_test_corpus::{extract, members};

use super::{accepted, parse, refused};

const TRACKER: &str = "feeds/ubuntu/ubuntu-cve-tracker-2020-06-18.tar.zst";
const EXTRACTS: &str = "feeds/extracts/vuls-data-update-fetch-fixtures.tar.zst";

/// What is said in a place, by status: how many packages of how many vulnerabilities.
type Counts = BTreeMap<(String, &'static str), usize>;

/// Series whose lines are counted, and their namespaces. In the year of the document none of them but trusty and
/// precise had pockets that go on from it.
const PLACES: [(&str, &str); 8] = [
    ("dapper", "ubuntu:6.06"),
    ("lucid", "ubuntu:10.04"),
    ("xenial", "ubuntu:16.04"),
    ("bionic", "ubuntu:18.04"),
    ("eoan", "ubuntu:19.10"),
    ("precise/esm", "ubuntu:12.04:esm-infra"),
    ("trusty/esm", "ubuntu:14.04:esm-infra"),
    ("vivid/ubuntu-core", "ubuntu:15.04:ubuntu-core"),
];

/// Counts the lines of files, the last of each package.
fn lines<'a>(files: impl Iterator<Item = &'a [u8]>) -> Counts {
    let mut counts = Counts::new();
    for file in files {
        let text = String::from_utf8_lossy(file);
        let mut last: BTreeMap<&str, &str> = BTreeMap::new();
        for line in text.lines().filter(|line| !line.starts_with(['#', ' ', '\t'])) {
            if let Some((name, said)) = line.split_once(':') {
                last.insert(name, said.trim());
            }
        }
        for (name, said) in last {
            let place = name.split_once('_').and_then(|(series, _)| PLACES.iter().find(|it| it.0 == series));
            let Some((_, namespace)) = place else { continue };
            let (word, detail) = said.split_at(said.find([' ', '(']).unwrap_or(said.len()));
            let detail = detail.trim_matches([' ', '(', ')']);
            let is_version = detail.starts_with(|c: char| c.is_ascii_digit())
                && !detail.contains(|c: char| c.is_whitespace() || "(),[]/_".contains(c));
            let has_ended =
                ["end-of-life", "end of life", "out of standard support", "end of standard support"]
                    .iter()
                    .any(|end| detail.to_lowercase().contains(end));
            let status = match (word, is_version) {
                ("released", true) => "fixed",
                ("released", false) | ("needs-triage", _) => "unknown",
                ("not-affected", _) => "sound",
                ("needed", _) => "open",
                ("pending", true) => "pending",
                ("pending", false) if !has_ended => "open",
                ("deferred", _) => "deferred",
                ("pending" | "ignored", _) if has_ended => "ended",
                ("ignored" | "universe-binary", _) => "ignored",
                ("DNE", _) => continue,
                (other, _) => panic!("`{other}` in {name}"),
            };
            *counts.entry(((*namespace).to_owned(), status)).or_default() += 1;
        }
    }
    counts
}

/// Counts what is stated.
fn statements(sink: &Collected) -> Counts {
    let mut counts = Counts::new();
    for one in sink.advisories.iter().flat_map(|advisory| &advisory.affected) {
        let status = match (one.status, one.ranges.first().and_then(|range| range.until.as_ref())) {
            (Status::Affected, Some(Bound::Excluding(_))) => "fixed",
            (Status::Affected, Some(Bound::Limit(_))) => "pending",
            (Status::Affected, _) => "open",
            (Status::UnderInvestigation, _) => "unknown",
            (Status::NotAffected, _) => "sound",
            (Status::FixDeferred, _) => "deferred",
            (Status::EndOfLife, _) => "ended",
            (Status::WontFix, _) => "ignored",
            (Status::Fixed, _) => continue,
        };
        if PLACES.iter().any(|(_, namespace)| *namespace == one.namespace) {
            *counts.entry((one.namespace.clone(), status)).or_default() += 1;
        }
    }
    counts
}

#[test]
#[ignore = "reads the corpus: `cargo xtask verify corpus`"]
fn nothing_of_the_tracker_is_lost() {
    let files = members(TRACKER, |_| true);
    let is_record = |path: &&String| path.rsplit('/').next().is_some_and(|name| name.starts_with("CVE-"));
    let records = files.keys().filter(is_record).count();
    assert_eq!(records, 33_126);
    let expected = lines(files.iter().filter(|(path, _)| is_record(path)).map(|(_, file)| file.as_slice()));
    let begun = Instant::now();
    let (result, sink) = parse("tracker.tar", files);
    eprintln!("{records} files in {:.2} s", begun.elapsed().as_secs_f64());
    assert_eq!(result, Ok(None));
    assert_eq!(sink.identified.as_deref(), Some("tracker"));
    assert_eq!(statements(&sink), expected);
    let rejected: Vec<_> = sink.rejected.iter().map(|(path, why)| format!("{path}: {why}")).collect();
    assert_eq!(rejected, [""; 0]);
}

#[test]
#[ignore = "reads the corpus: `cargo xtask verify corpus`"]
fn extracts_of_the_tracker_are_read() {
    let wanted = |path: &str| path.contains("ubuntu/tracker/") && path.contains("/data/");
    let files: Vec<_> = members(EXTRACTS, wanted).into_iter().collect();
    assert_eq!(files.len(), 5);
    let expected = lines(files.iter().map(|(_, file)| file.as_slice()));
    let (result, sink) = parse("tracker", files);
    assert_eq!((result, sink.rejected.as_slice()), (Ok(None), [].as_slice()));
    assert_eq!(statements(&sink), expected);
    let ids: Vec<_> = sink.advisories.iter().map(|it| it.id.as_str()).collect();
    // The others state nothing of a release.
    assert_eq!(ids, ["CVE-2022-36879", "CVE-2006-0836", "CVE-1999-1572"]);
}

/// The text of an extract of OVAL.
fn oval(name: &str) -> String {
    let stored = extract(&format!("ubuntu/oval/testdata/fixtures/{name}.xml.bz2"));
    let mut text = String::new();
    bzip2::read::MultiBzDecoder::new(stored.as_slice()).read_to_string(&mut text).unwrap();
    text
}

#[test]
#[ignore = "reads the corpus: `cargo xtask verify corpus`"]
fn extracts_of_oval_are_read() {
    let check = |name: &str, source: &str, expected: &[&str]| {
        let sink = accepted(name, name, &oval(name));
        assert_eq!(sink.rejected, [], "{name}");
        assert_eq!(sink.identified.as_deref(), Some(source), "{name}");
        let stated: Vec<_> = sink.advisories.iter().flat_map(|it| &it.affected).collect();
        let shown: Vec<_> = stated
            .iter()
            .map(|one| match &one.ranges[0].until {
                Some(Bound::Excluding(fix)) => format!("{} {} {fix}", one.namespace, one.name),
                other => format!("{} {} {other:?}", one.namespace, one.name),
            })
            .collect();
        assert_eq!(shown, expected, "{name}");
    };
    check(
        "oci.com.ubuntu.jammy.cve.oval",
        "oval/jammy",
        &["ubuntu:22.04 libssh 0.9.6-2ubuntu0.22.04.2", "ubuntu:22.04 openssh 1:8.9p1-3ubuntu0.5"],
    );
    // Both of its packages are of the release.
    check("oci.com.ubuntu.fips-updates_jammy.cve.oval", "oval/fips-updates_jammy", &[]);
    for name in ["oci.com.ubuntu.jammy.pkg.oval", "oci.com.ubuntu.fips-updates_jammy.pkg.oval"] {
        let why = refused(name, name, &oval(name));
        assert!(why.contains("it names no vulnerability"), "{name}: {why}");
    }
    let name = "oci.com.ubuntu.jammy.usn.oval";
    assert!(refused(name, name, &oval(name)).contains("no definition of a vulnerability"));
}

#[test]
#[ignore = "reads the corpus: `cargo xtask verify corpus`"]
fn the_page_names_two_documents() {
    let page = extract("ubuntu/oval/testdata/fixtures/indexof_valid.html");
    let (result, sink) = parse("releases", [("index.html", page)]);
    assert_eq!(result, Ok(None));
    let names: Vec<_> = sink.followed.iter().map(|source| source.name.as_str()).collect();
    assert_eq!(names, ["oval/fips-updates_jammy", "oval/jammy"]);
}

#[test]
#[ignore = "reads the corpus: `cargo xtask verify corpus`"]
fn extracts_of_openvex_are_read() {
    let archive = extract("ubuntu/vex/testdata/fixtures/vex-all.tar.xz");
    let mut archive = tar::Archive::new(lzma_rust2::XzReader::new(archive.as_slice(), true));
    let mut files = Vec::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let path = entry.path().unwrap().to_string_lossy().into_owned();
        if entry.header().entry_type().is_file() {
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            files.push((path, content));
        }
    }
    assert_eq!(files.len(), 3);
    let text: String = files.iter().map(|(_, file)| String::from_utf8_lossy(file)).collect();
    let (result, sink) = parse("vex-all.tar.xz", files);
    assert_eq!((result, sink.rejected.as_slice()), (Ok(None), [].as_slice()));
    let stated: Vec<_> = sink.advisories.iter().flat_map(|it| &it.affected).collect();
    assert_eq!(stated.len(), text.matches("arch=source").count());
    let shown: BTreeMap<String, usize> = stated.iter().fold(BTreeMap::new(), |mut counts, one| {
        *counts.entry(format!("{:?} {}", one.status, one.note.as_deref().unwrap_or("-"))).or_default() += 1;
        counts
    });
    let expected = [("Affected -", 6), ("NotAffected vulnerable code not present", 4)];
    assert_eq!(shown, expected.map(|(what, count)| (what.to_owned(), count)).into_iter().collect());
}
