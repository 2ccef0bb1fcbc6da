//! Reports as they were: `?as-of=` a time, or a feed's revision.

use serde_json::{Value, json};
use xtask::sample::{advisories, debian};

use crate::archives::{Compression, Parts};
use crate::program::Setup;
use crate::service::{Service, until};

/// A service that knows the Debian sample, and the sample's digest.
fn place() -> (Service, String) {
    let service = Service::start();
    let image = service.api.index(&Parts::of(&debian(), Compression::Gzip).docker_archive());
    (service, image)
}

fn tracker() -> Value {
    serde_json::from_str(&advisories::debian_tracker()).unwrap()
}

fn kev(ids: &[&str]) -> String {
    let entries: Vec<_> = ids.iter().map(|id| json!({ "cveID": id, "dateAdded": "2026-11-26" })).collect();
    json!({ "catalogVersion": "1", "count": ids.len(), "vulnerabilities": entries }).to_string()
}

fn as_of(service: &Service, image: &str, moment: &str) -> Value {
    comparable(service.api.get(&format!("/v1/images/{image}/report?as-of={moment}")).ok())
}

fn now(service: &Service, image: &str) -> Value {
    comparable(service.api.report(image))
}

/// When its documents last came is kept of a source, and not when they came before; of sources that speak of
/// vulnerabilities, whoever is affected, not what they stated before.
fn comparable(mut report: Value) -> Value {
    report["coverage"]["enrichments"] = json!([]);
    for source in report["coverage"]["sources"].as_array_mut().unwrap() {
        source["ingested"] = Value::Null;
    }
    report
}

/// A moment after all that was done, and before all that will be.
fn moment() -> String {
    let milliseconds = || jiff::Timestamp::now().as_millisecond();
    let moment = milliseconds();
    until("the clock goes on", || (milliseconds() > moment).then_some(()));
    jiff::Timestamp::from_millisecond(moment).unwrap().to_string()
}

#[test]
fn a_report_as_of_a_moment_is_the_one_that_was_given_then() {
    let (service, image) = place();
    let mut given = Vec::new();
    let mut note = |service: &Service| given.push((moment(), now(service, &image)));
    note(&service);
    let mut document = tracker();
    let mut hand_in = |feed: &str, document: String| {
        service.api.hand_in(feed, document).ok();
        note(&service);
    };
    hand_in("debian", document.to_string());
    hand_in("kev", kev(&["CVE-2024-6119"]));
    document["curl"]["CVE-2024-7264"]["releases"]["bookworm"]["fixed_version"] = json!("7.88.1-10+deb12u9");
    document["curl"]["CVE-2026-10001"] = document["curl"]["CVE-2024-7264"].clone();
    document["glibc"].as_object_mut().unwrap().remove("CVE-2024-33599");
    hand_in("debian", document.to_string());
    hand_in("kev", kev(&["CVE-2024-2961"]));
    document.as_object_mut().unwrap().remove("openssl");
    hand_in("debian", document.to_string());

    let service = Service::with(service.kill());
    until("what a start works on is done", || {
        let gaps = now(&service, &image)["coverage"]["gaps"].to_string();
        (!gaps.contains("refresh-under-way")).then_some(())
    });
    for (place, (moment, report)) in given.iter().enumerate() {
        assert_eq!(as_of(&service, &image, moment), *report, "{place}");
        let differs = given.iter().skip(place + 1).all(|(_, later)| later != report);
        assert!(differs, "{place} is as a later one, so that this shows nothing");
    }
    assert_eq!(given[0].1["coverage"]["sources"], json!([]), "nothing was known then");
    let gaps = given[0].1["coverage"]["gaps"].to_string();
    assert!(gaps.contains("no-advisories"), "{gaps}");
    // The last moment of each revision.
    for (revision, place) in [
        ("debian@0", 0),
        ("debian@1", 2),
        ("debian@2", 4),
        ("debian@3", 5),
        ("kev@0", 1),
        ("kev@1", 3),
        ("kev@2", 5),
    ] {
        assert_eq!(as_of(&service, &image, revision), given[place].1, "{revision}");
    }
}

#[test]
fn a_moment_that_is_none_is_refused_with_what_would_be_one() {
    let (service, image) = place();
    service.api.hand_in("debian", advisories::debian_tracker()).ok();
    let ask = |query: &str| service.api.get(&format!("/v1/images/{image}/report?{query}"));
    for bad in ["", "yesterday", "2026-11-26", "debian@", "debian@one", "@", "debian@-1"] {
        let message = ask(&format!("as-of={bad}")).refused(400, "bad-request");
        assert!(message.contains(&format!("`as-of`: `{bad}` is neither a time, as `2026-")), "{message}");
        assert!(message.contains("nor a revision, as `debian@17`"), "{message}");
    }
    let message = ask("as_of=debian@1").refused(400, "bad-request");
    assert!(message.contains("as-of"), "{message}");
    let message = ask("as-of=debian@7").refused(404, "no-such-revision");
    assert_eq!(message, "feed `debian` has no revision 7 yet: its latest is 1");
    let message = ask("as-of=alpine@1").refused(404, "no-such-revision");
    assert_eq!(message, "feed `alpine` has no revision 1 yet: its latest is 0");
    let message = ask("as-of=nothing@1").refused(404, "no-such-feed");
    assert!(message.contains("`nothing`") && message.contains("there are: almalinux, alpine"), "{message}");
    service.api.get("/v1/images/sha256:none/report?as-of=debian@1").refused(400, "bad-digest");
}

#[test]
fn what_is_longer_ago_than_is_kept_is_refused_with_how_far_back_it_goes() {
    let service = Service::with(Setup::new().with("LIMPID_HISTORY__DAYS", 3));
    let image = service.api.index(&Parts::of(&debian(), Compression::Gzip).docker_archive());
    let days_ago = |days: i64| {
        let then = jiff::Timestamp::now().as_second() - days * 24 * 60 * 60;
        jiff::Timestamp::from_second(then).unwrap().to_string()
    };
    let ask = |moment: &str| service.api.get(&format!("/v1/images/{image}/report?as-of={moment}"));
    ask(&days_ago(2)).ok();
    for moment in [days_ago(4), "1969-12-31T23:00:00Z".to_owned()] {
        let message = ask(&moment).refused(422, "before-history");
        // To the day: a second may begin meanwhile.
        let expected = format!("setting `history.days` reaches back to {}", &days_ago(3)[..10]);
        assert!(message.contains(&expected), "{message}");
    }
}
