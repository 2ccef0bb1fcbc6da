//! Publishers of whole documents and of changes since: what a run asks for, and from where the next
//! one goes on.

use std::io::Write as _;

use serde_json::{Value, json};
use xtask::sample::{advisories, debian};

use super::publisher::{Page, Publisher};
use super::update;
use crate::archives::{Compression, Parts};
use crate::program::Setup;
use crate::service::Service;

/// A service whose feed is where this publisher is.
fn serve(publisher: &Publisher, variable: &'static str, from: &str) -> Service {
    let mirrors = format!("{{ mirrors = {{ \"{from}\" = [\"{}\"] }} }}", publisher.at("/"));
    Service::with(Setup::new().with(variable, mirrors).with("LIMPID_FEEDS__BACKOFF", 0))
}

/// A run that must not be complete. Returns why it is not.
#[track_caller]
fn incomplete(service: &Service, feed: &str) -> String {
    let path = format!("/v1/feeds/{feed}/update");
    service.api.send("POST", &path, &[("prefer", "wait=100")], b"").refused(502, "feed-not-updated")
}

fn vulnerability(service: &Service, id: &str) -> Value {
    service.api.get(&format!("/v1/vulnerabilities/{id}")).ok()
}

/// A zip of files, stored as they are.
fn zip(files: &[(String, String)]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in files {
        let mut crc = flate2::Crc::new();
        crc.update(content.as_bytes());
        let (length, at) = (content.len() as u32, bytes.len() as u32);
        // Version, flags, method, time and date, checksum, sizes, lengths of name and extra field.
        let mut common = vec![20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0];
        for number in [crc.sum(), length, length] {
            common.extend(number.to_le_bytes());
        }
        common.extend((name.len() as u16).to_le_bytes());
        common.extend([0, 0]);
        bytes.extend([b"PK\x03\x04".as_slice(), &common, name.as_bytes(), content.as_bytes()].concat());
        // Comment, disk, attributes, place.
        directory.extend([b"PK\x01\x02\x14\0".as_slice(), &common, &[0; 10], &at.to_le_bytes()].concat());
        directory.extend(name.as_bytes());
    }
    let (count, at) = ((files.len() as u16).to_le_bytes(), bytes.len() as u32);
    bytes.write_all(&directory).unwrap();
    bytes.extend([b"PK\x05\x06\0\0\0\0".as_slice(), &count, &count].concat());
    bytes.extend([(directory.len() as u32).to_le_bytes(), at.to_le_bytes()].concat());
    bytes.extend([0, 0]);
    bytes
}

const OSV: &str = "https://osv-vulnerabilities.storage.googleapis.com/";

pub(super) fn osv(publisher: &Publisher) -> Service {
    serve(publisher, "LIMPID_FEEDS__OSV", OSV)
}

/// A record of one package, and its identifier.
pub(super) fn record(id: &str, ecosystem: &str, package: &str, fixed: &str) -> (String, String) {
    let record = json!({
        "id": id,
        "modified": "2026-11-20T00:00:00Z",
        "aliases": [id.replace("GHSA", "CVE")],
        "affected": [{
            "package": { "ecosystem": ecosystem, "name": package },
            "ranges": [{ "type": "ECOSYSTEM", "events": [{ "introduced": "0" }, { "fixed": fixed }] }],
        }],
    });
    (format!("{id}.json"), record.to_string())
}

/// Of two ecosystems; what changed last is at the top of the list of changes.
pub(super) fn ecosystems() -> Publisher {
    let publisher = Publisher::start();
    publisher
        .document("/modified_id.csv", "2026-11-20T00:00:00Z,npm/GHSA-1\n2026-11-19T00:00:00Z,PyPI/GHSA-3\n");
    publisher.document("/ecosystems.txt", "GIT\nPyPI\nnpm\n");
    let npm = [record("GHSA-1", "npm", "left-pad", "1.1.0"), record("GHSA-2", "npm", "right-pad", "1.1.0")];
    publisher.document("/npm/all.zip", zip(&npm));
    publisher.document("/PyPI/all.zip", zip(&[record("GHSA-3", "PyPI", "pad", "1.1")]));
    publisher
}

/// What a vulnerability's only advisory says of versions, as it is of a package with this one.
#[track_caller]
pub(super) fn sources(service: &Service, id: &str) -> Vec<String> {
    let known = vulnerability(service, id);
    let advisories = known["advisories"].as_array().unwrap().iter();
    advisories.map(|advisory| advisory["source"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn of_many_ecosystems_archives_come_once_and_then_what_changed() {
    let publisher = ecosystems();
    let service = osv(&publisher);
    let run = update(&service, "osv");
    assert_eq!((&run["complete"], &run["added"]), (&json!(true), &json!(3)), "{run:#}");
    let all = ["/PyPI/all.zip 200", "/ecosystems.txt 200", "/modified_id.csv 200", "/npm/all.zip 200"];
    assert_eq!(publisher.asked(), all);
    assert_eq!(sources(&service, "GHSA-2"), ["npm"]);
    assert_eq!(sources(&service, "CVE-3"), ["PyPI"]);

    // Nothing has changed: nothing is sent.
    let run = update(&service, "osv");
    assert_eq!((&run["ingested"], &run["bytes"]), (&json!(0), &json!(0)), "{run:#}");
    assert_eq!(publisher.asked(), ["/modified_id.csv 304"]);

    // Two records changed since, and one is new; the archives are as they were, and not asked for.
    publisher.document(
        "/modified_id.csv",
        "2026-11-21T00:00:02Z,PyPI/GHSA-4\n2026-11-21T00:00:01Z,npm/GHSA-2\n2026-11-21T00:00:00Z,GIT/X-1\n\
         2026-11-20T00:00:00Z,npm/GHSA-1\n2026-11-19T00:00:00Z,PyPI/GHSA-3\n",
    );
    publisher.document("/npm/GHSA-2.json", record("GHSA-2", "npm", "right-pad", "1.2.0").1);
    publisher.document("/PyPI/GHSA-4.json", record("GHSA-4", "PyPI", "pad", "1.2").1);
    let run = update(&service, "osv");
    assert_eq!((&run["added"], &run["changed"], &run["withdrawn"]), (&json!(1), &json!(1), &json!(0)));
    assert_eq!(publisher.asked(), ["/PyPI/GHSA-4.json 200", "/modified_id.csv 200", "/npm/GHSA-2.json 200"]);
    for (id, source) in [("GHSA-1", "npm"), ("GHSA-2", "npm"), ("GHSA-3", "PyPI"), ("GHSA-4", "PyPI")] {
        assert_eq!(sources(&service, id), [source], "{id}");
    }
    update(&service, "osv");
    assert_eq!(publisher.asked(), ["/modified_id.csv 304"]);
    let feed = service.api.feed("osv");
    let names: Vec<_> = feed["sources"].as_array().unwrap().iter().map(|source| &source["name"]).collect();
    assert_eq!(names, ["PyPI", "npm"], "lists of changes are no sources");
}

#[test]
fn a_list_of_changes_is_gone_through_again_until_all_that_it_names_is_in() {
    let publisher = ecosystems();
    publisher.put("/npm/all.zip", Page::Status(403, String::new()));
    let service = osv(&publisher);
    assert!(incomplete(&service, "osv").contains("source `npm`"));
    assert_eq!(sources(&service, "GHSA-3"), ["PyPI"], "one that fails does not hold up the others");
    publisher.asked();
    // The archives again, and not what changed: nothing says that all was in before.
    publisher.document("/npm/all.zip", zip(&[record("GHSA-1", "npm", "left-pad", "1.1.0")]));
    update(&service, "osv");
    let all = ["/PyPI/all.zip 304", "/ecosystems.txt 200", "/modified_id.csv 200", "/npm/all.zip 200"];
    assert_eq!(publisher.asked(), all);

    let list = "2026-11-21T00:00:01Z,npm/GHSA-2\n2026-11-21T00:00:00Z,PyPI/GHSA-4\n2026-11-20T00:00:00Z,npm/GHSA-1\n";
    publisher.document("/modified_id.csv", list);
    publisher.document("/PyPI/GHSA-4.json", record("GHSA-4", "PyPI", "pad", "1.2").1);
    publisher.put("/npm/GHSA-2.json", Page::Status(403, String::new()));
    assert!(incomplete(&service, "osv").contains("source `npm`"));
    assert_eq!(publisher.asked(), ["/PyPI/GHSA-4.json 200", "/modified_id.csv 200", "/npm/GHSA-2.json 403"]);
    publisher.document("/npm/GHSA-2.json", record("GHSA-2", "npm", "right-pad", "1.2.0").1);
    let service = Service::with(service.kill());
    let run = update(&service, "osv");
    assert_eq!(run["added"], 1, "{run:#}");
    assert_eq!(publisher.asked(), ["/PyPI/GHSA-4.json 200", "/modified_id.csv 200", "/npm/GHSA-2.json 200"]);
    update(&service, "osv");
    assert_eq!(publisher.asked(), ["/modified_id.csv 304"]);
}

const NVD: &str = "https://services.nvd.nist.gov/";
const CVES: &str = "/rest/json/cves/2.0?resultsPerPage=2000";

fn nvd(publisher: &Publisher) -> Service {
    serve(publisher, "LIMPID_FEEDS__NVD", NVD)
}

/// A page of CVEs: each with its base score.
fn page(start: usize, total: usize, time: &str, scores: &[(&str, f32)]) -> String {
    let cve = |(id, score): &(&str, f32)| {
        json!({ "cve": {
            "id": id,
            "published": "2026-01-01T00:00:00.000",
            "vulnStatus": "Analyzed",
            "metrics": { "cvssMetricV31": [{ "type": "Primary", "cvssData": {
                "version": "3.1", "vectorString": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "baseScore": score,
            } }] },
        } })
    };
    let found: Vec<_> = scores.iter().map(cve).collect();
    json!({
        "resultsPerPage": found.len(),
        "startIndex": start,
        "totalResults": total,
        "format": "NVD_CVE",
        "version": "2.0",
        "timestamp": format!("{time}.000"),
        "vulnerabilities": found,
    })
    .to_string()
}

/// The score that the NVD gives.
#[track_caller]
fn score(service: &Service, id: &str) -> Value {
    let known = vulnerability(service, id);
    assert_eq!(known["advisories"], json!([]), "the NVD says of no package that it is affected");
    let enrichments = known["enrichments"].as_array().unwrap();
    let [only] = enrichments.as_slice() else { panic!("{known:#}") };
    assert_eq!([&only["feed"], &only["kind"]], ["nvd", "nvd"]);
    only["ratings"][0]["score"].clone()
}

/// What was modified between two times, from a result on.
fn modified(from: &str, to: &str, start: usize) -> String {
    format!("{CVES}&startIndex={start}&lastModStartDate={from}.000&lastModEndDate={to}.000")
}

#[test]
fn pages_are_gone_through_to_the_end_and_then_what_was_modified() {
    let publisher = Publisher::start();
    let service = nvd(&publisher);
    let at = |start: usize| format!("{CVES}&startIndex={start}");
    let first = "2026-11-20T12:00:00";
    publisher.document(&at(0), page(0, 5, first, &[("CVE-2026-0001", 9.8), ("CVE-2026-0002", 5.0)]));
    publisher.document(
        &at(2),
        page(2, 5, "2026-11-20T12:00:06", &[("CVE-2026-0003", 7.5), ("CVE-2026-0004", 5.0)]),
    );
    publisher.put(&at(4), Page::Status(403, String::new()));
    let asked = |starts: &[(usize, u16)]| {
        let asked: Vec<_> = starts.iter().map(|(start, status)| format!("{} {status}", at(*start))).collect();
        assert_eq!(publisher.asked(), asked);
    };
    // A page fails: those before it are in, and the next run begins anew.
    assert!(incomplete(&service, "nvd").contains("answers 403"));
    asked(&[(0, 200), (2, 200), (4, 403)]);
    assert_eq!(score(&service, "CVE-2026-0003"), 7.5);
    publisher.document(&at(4), page(4, 5, "2026-11-20T12:00:12", &[("CVE-2026-0005", 4.0)]));
    let service = Service::with(service.kill());
    let run = update(&service, "nvd");
    assert_eq!((&run["complete"], &run["added"]), (&json!(true), &json!(1)), "{run:#}");
    asked(&[(0, 200), (2, 200), (4, 200)]);
    assert_eq!(score(&service, "CVE-2026-0005"), 4.0);

    // From a day before the first page on, in two pages of which the second fails once.
    let (from, to) = ("2026-11-19T12:00:00", "2027-03-18T12:00:00");
    let changed = |start| modified(from, to, start);
    let second = "2026-11-20T18:00:00";
    publisher.document(&changed(0), page(0, 2, second, &[("CVE-2026-0001", 3.0)]));
    publisher.put(&changed(1), Page::Status(403, String::new()));
    incomplete(&service, "nvd");
    assert_eq!(publisher.asked(), [format!("{} 200", changed(0)), format!("{} 403", changed(1))]);
    publisher.document(&changed(1), page(1, 2, second, &[("CVE-2026-0006", 6.0)]));
    let run = update(&service, "nvd");
    assert_eq!((&run["complete"], &run["added"]), (&json!(true), &json!(1)), "{run:#}");
    assert_eq!(publisher.asked(), [format!("{} 200", changed(0)), format!("{} 200", changed(1))]);
    assert_eq!(
        (score(&service, "CVE-2026-0001"), score(&service, "CVE-2026-0006")),
        (json!(3.0), json!(6.0))
    );
    assert_eq!(score(&service, "CVE-2026-0002"), 5.0, "what was not modified is as it was");

    // The cursor is the time of the first page of that run.
    let window = modified("2026-11-19T18:00:00", "2027-03-18T18:00:00", 0);
    publisher.document(&window, page(0, 0, "2026-11-21T00:00:00", &[]));
    let run = update(&service, "nvd");
    assert_eq!((&run["complete"], &run["changed"]), (&json!(true), &json!(0)), "{run:#}");
    assert_eq!(publisher.asked(), [format!("{window} 200")]);
    service.api.get("/v1/vulnerabilities/CVE-2026-0007").refused(404, "no-such-vulnerability");
    let images = service.api.get("/v1/vulnerabilities/CVE-2026-0006/images").ok();
    assert_eq!(images["images"], json!([]));
}

#[test]
fn the_pages_of_a_first_run_are_news_to_nobody() {
    let publisher = Publisher::start();
    let service = nvd(&publisher);
    service.api.index(&Parts::of(&debian(), Compression::Gzip).docker_archive());
    service.api.hand_in("debian", advisories::debian_tracker()).ok();
    let wanted = json!({ "webhook": { "url": "http://127.0.0.1:9/" }, "enabled": false });
    service.api.send("PUT", "/v1/subscriptions/s", &[], wanted.to_string().as_bytes()).ok();
    let told = || {
        let notices = service.api.get("/v1/notices").ok();
        let payloads = notices["notices"].as_array().unwrap().iter().map(|notice| &notice["payload"]);
        let told = payloads.map(|it| {
            [&it["type"], &it["data"]["vulnerability"], &it["data"]["severity"]]
                .map(|word| word.as_str().unwrap().to_owned())
        });
        told.collect::<Vec<_>>()
    };
    // Both affect the sample, and the tracker rates neither. The first run does not come to its end.
    let at = |start: usize| format!("{CVES}&startIndex={start}");
    let time = "2026-11-20T12:00:00";
    publisher.document(&at(0), page(0, 3, time, &[("CVE-2024-6119", 9.8)]));
    publisher.document(&at(1), page(1, 3, time, &[("CVE-2024-2961", 9.8)]));
    publisher.put(&at(2), Page::Status(403, String::new()));
    incomplete(&service, "nvd");
    publisher.document(&at(2), page(2, 3, time, &[("CVE-2024-0727", 9.8)]));
    update(&service, "nvd");
    assert_eq!(told(), [[""; 3]; 0]);
    let window = modified("2026-11-19T12:00:00", "2027-03-18T12:00:00", 0);
    publisher.document(&window, page(0, 1, "2026-11-21T00:00:00", &[("CVE-2024-2961", 5.0)]));
    update(&service, "nvd");
    assert_eq!(told(), [["image.severity-changed", "CVE-2024-2961", "medium"]]);
}
