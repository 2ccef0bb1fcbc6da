use limpid_plugin_sdk::feed::{Affected, Mode, Range, Rating, Status};
use limpid_plugin_sdk::testing::{Collected, InMemory};

use super::*;

mod corpus;

/// A document with components `(id, purl)` of the products of `CPES`, and the rest of a vulnerability.
fn document(components: &[(&str, &str)], rest: &str) -> String {
    let branch = |id: &str, helper: &str, value: &str| {
        let helper = match value {
            "" => String::new(),
            value => format!(r#", "product_identification_helper": {{"{helper}": "{value}"}}"#),
        };
        format!(
            r#"{{"category": "product_version", "name": "{id}", "product": {{"product_id": "{id}", "name": "{id}"{helper}}}}}"#
        )
    };
    let mut branches: Vec<_> = CPES.iter().map(|(id, cpe)| branch(id, "cpe", cpe)).collect();
    branches.extend(components.iter().map(|(id, purl)| branch(id, "purl", purl)));
    let relation = |platform: &str, component: &str| {
        format!(
            r#"{{"category": "default_component_of", "product_reference": "{component}",
            "relates_to_product_reference": "{platform}",
            "full_product_name": {{"product_id": "{platform}:{component}", "name": "x"}}}}"#
        )
    };
    let relations: Vec<_> = CPES
        .iter()
        .flat_map(|(platform, _)| components.iter().map(move |(component, _)| relation(platform, component)))
        .collect();
    format!(
        r#"{{"document": {{"category": "csaf_vex", "csaf_version": "2.0", "title": "pad: leaks",
            "tracking": {{"id": "CVE-2024-0001", "current_release_date": "2024-05-02T00:00:00+00:00"}}}},
        "product_tree": {{"branches": [{}], "relationships": [{}]}},
        "vulnerabilities": [{{"cve": "CVE-2024-0001", "release_date": "2024-05-01T00:00:00+00:00", {rest}}}]}}"#,
        branches.join(","),
        relations.join(",")
    )
}

const CPES: [(&str, &str); 4] = [
    ("9", "cpe:/a:redhat:enterprise_linux:9::appstream"),
    ("9.2", "cpe:/a:redhat:rhel_eus:9.2::appstream"),
    ("openshift", "cpe:/a:redhat:openshift:4.12::el8"),
    ("jboss", "cpe:/a:redhat:jboss:7"),
];

const PAD: (&str, &str) = ("pad-x", "pkg:rpm/redhat/pad@1.2-3.el9?arch=x86_64&epoch=1");
const PAD_ARM: (&str, &str) = ("pad-a", "pkg:rpm/redhat/pad@1.2-3.el9?arch=aarch64&epoch=1");
const PAD_SRC: (&str, &str) = ("pad-s", "pkg:rpm/redhat/pad@1.2-3.el9?arch=src&epoch=1");
const ANY: (&str, &str) = ("pad", "pkg:rpm/redhat/pad");
const ANY_SRC: (&str, &str) = ("pad.src", "pkg:rpm/redhat/pad?arch=src");
const STREAM: (&str, &str) = ("pad:3", "pkg:rpm/redhat/pad?rpmmod=paper:3:8100:e8cd");

fn parse(source: &str, name: &str, content: &str) -> Result<Collected, Error> {
    let mut sink = Collected::default();
    RedHat::parse(source, &mut InMemory::new([(name, content)]), &mut sink)?;
    Ok(sink)
}

/// `namespace name status range requirements note`, `@` before the name of a source package.
fn check(components: &[(&str, &str)], rest: &str, expected: &[&str]) {
    let sink = parse("any", "any.json", &document(components, rest)).unwrap();
    assert_eq!(sink.rejected, [], "{rest}");
    let short = |one: &Affected| {
        assert_eq!(one.scheme, "rpm");
        let ranges = one.ranges.iter().map(|range| match &range.until {
            _ if *range == Range::all() => "all".to_owned(),
            Some(limpid_plugin_sdk::feed::Bound::Excluding(fix)) => format!("<{fix}"),
            other => panic!("{other:?}"),
        });
        let versions = one.versions.iter().map(|version| format!("={version}"));
        let mut words = vec![one.namespace.clone()];
        words.push(format!("{}{}", if one.source { "@" } else { "" }, one.name));
        words.push(format!("{:?}", one.status));
        words.extend(ranges.chain(versions));
        words.extend(one.requires.iter().map(|(fact, values)| format!("{fact}={}", values.join("|"))));
        words.extend(one.note.clone().map(|note| format!("({note})")));
        words.join(" ")
    };
    let actual: Vec<_> = sink.advisories.iter().flat_map(|advisory| &advisory.affected).map(short).collect();
    assert_eq!(actual, expected, "{rest}");
}

#[test]
fn a_fixed_version_is_stated_of_its_architectures() {
    check(
        &[PAD, PAD_ARM, PAD_SRC],
        r#""product_status": {"fixed": ["9:pad-x", "9:pad-a", "9:pad-s"]}"#,
        &["rhel:9 pad Affected <1:1.2-3.el9 arch=aarch64|noarch|x86_64"],
    );
}

#[test]
fn products_are_namespaces_and_requirements() {
    check(
        &[PAD],
        r#""product_status": {"fixed": ["9:pad-x", "9.2:pad-x", "openshift:pad-x", "jboss:pad-x", "9"]}"#,
        &[
            "rhel:8 pad Affected <1:1.2-3.el9 arch=noarch|x86_64 cpe=cpe:/a:redhat:openshift:4.12::el8",
            "rhel:9 pad Affected <1:1.2-3.el9 arch=noarch|x86_64",
            "rhel:9.2 pad Affected <1:1.2-3.el9 arch=noarch|x86_64",
        ],
    );
}

#[test]
fn what_has_no_fix_is_stated_with_the_reason() {
    let affected = |category: &str, details: &str| {
        format!(
            r#""product_status": {{"known_affected": ["9:pad.src"]}},
            "remediations": [{{"category": "{category}", "details": "{details}", "product_ids": ["9:pad.src"]}}]"#
        )
    };
    let check_one = |category: &str, details: &str, expected: &str| {
        check(&[ANY_SRC], &affected(category, details), &[&format!("rhel:9 @pad {expected}")]);
    };
    check_one("none_available", "Affected", "Affected all");
    check_one("none_available", "Fix deferred", "FixDeferred all (Fix deferred)");
    check_one("no_fix_planned", "Will not fix", "WontFix all (Will not fix)");
    check_one("no_fix_planned", "Out of support scope", "EndOfLife all (Out of support scope)");
    check_one("workaround", "Do without", "Affected all");
    let open = r#""product_status": {"under_investigation": ["9:pad.src"]}"#;
    check(&[ANY_SRC], open, &["rhel:9 @pad UnderInvestigation all"]);
}

#[test]
fn what_is_not_affected_is_stated_with_the_justification() {
    let rest = r#""product_status": {"known_not_affected": ["9:pad.src", "9.2:pad-x"]},
        "flags": [{"label": "vulnerable_code_not_present", "product_ids": ["9:pad.src"]}]"#;
    let expected = [
        "rhel:9 @pad NotAffected all (vulnerable code not present)",
        "rhel:9.2 pad NotAffected =1:1.2-3.el9 arch=noarch|x86_64",
    ];
    check(&[ANY_SRC, PAD], rest, &expected);
}

#[test]
fn a_name_may_be_that_of_a_package_or_of_its_source() {
    let both = r#""product_status": {"known_affected": ["9:pad"]}"#;
    check(&[ANY], both, &["rhel:9 pad Affected all", "rhel:9 @pad Affected all"]);
    check(&[("pad", "")], both, &["rhel:9 pad Affected all", "rhel:9 @pad Affected all"]);
    let told_apart = r#""product_status": {"known_affected": ["9:pad", "9:pad.src"]}"#;
    check(&[ANY, ANY_SRC], told_apart, &["rhel:9 pad Affected all", "rhel:9 @pad Affected all"]);
    check(
        &[ANY, ANY_SRC],
        r#""product_status": {"known_affected": ["9:pad"], "fixed": []}"#,
        &["rhel:9 pad Affected all", "rhel:9 @pad Affected all"],
    );
}

#[test]
fn a_stream_of_a_module_is_required() {
    let rest = r#""product_status": {"known_affected": ["9:pad:3"]}"#;
    let expected = ["rhel:9 pad Affected all module=paper:3", "rhel:9 @pad Affected all module=paper:3"];
    check(&[STREAM], rest, &expected);
}

#[test]
fn a_fixed_version_goes_before_all_else() {
    let rest = r#""product_status": {"fixed": ["9:pad-x"], "known_affected": ["9:pad", "9.2:pad"],
        "known_not_affected": ["9:pad-a", "9.2:pad.src"]}"#;
    let expected = [
        "rhel:9 pad Affected <1:1.2-3.el9 arch=noarch|x86_64",
        "rhel:9.2 pad Affected all",
        "rhel:9.2 @pad NotAffected all",
    ];
    check(&[PAD, PAD_ARM, ANY, ANY_SRC], rest, &expected);
}

#[test]
fn what_is_no_package_is_left_out() {
    let container = ("pad@sha256", "pkg:oci/pad@sha256%3A01?arch=amd64");
    let rest = r#""product_status": {"fixed": ["9:pad@sha256", "jboss"], "known_affected": ["9:a/b"]}"#;
    check(&[container, ("a/b", "")], rest, &[]);
}

#[test]
fn what_cannot_be_told_is_rejected() {
    let check = |component: (&str, &str), status: &str, part: &str| {
        let rest = format!(r#""product_status": {{"{status}": ["9:{}"]}}"#, component.0);
        let sink = parse("any", "any.json", &document(&[component], &rest)).unwrap();
        assert!(sink.advisories[0].affected.is_empty());
        let (id, why) = &sink.rejected[0];
        assert!(id == "CVE-2024-0001" && why.to_string().contains(part), "{id}: {why}");
    };
    check(("x", "pkg:rpm/redhat/pad?rpmmod=rhel10"), "known_affected", "`rhel10` names no stream");
    check(("x", "pkg:rpm/redhat/pad@%zz"), "known_affected", "is no package URL");
    check(ANY, "fixed", "version that is not named");
}

#[test]
fn ratings_are_of_the_advisory_where_all_have_the_same() {
    let rest = |second: &str| {
        format!(
            r#""product_status": {{"known_affected": ["9:pad.src", "9.2:pad.src"]}}, "title": "pad: leaks more",
            "notes": [{{"category": "summary", "text": "short"}}, {{"category": "description", "text": "long"}}],
            "cwe": {{"id": "CWE-476", "name": "x"}}, "references": [{{"category": "self", "url": "https://example.org/1"}}],
            "remediations": [{{"category": "vendor_fix", "details": "x", "url": "https://example.org/2"}}],
            "threats": [{{"category": "impact", "details": "Low", "product_ids": ["9:pad.src"]}},
                {{"category": "impact", "details": "{second}", "product_ids": ["9.2:pad.src"]}}],
            "scores": [{{"cvss_v3": {{"version": "3.1", "vectorString": "CVSS:3.1/AV:N", "baseScore": 5.5}}, "products": ["9:pad.src"]}}]"#
        )
    };
    let cvss = Rating { score: Some(5.5), ..Rating::word("CVSS:3.1", "CVSS:3.1/AV:N") };
    let same = parse("any", "any.json", &document(&[ANY_SRC], &rest("Low"))).unwrap();
    let advisory = &same.advisories[0];
    assert_eq!(advisory.ratings, [Rating::word("redhat", "Low"), cvss.clone()]);
    assert!(advisory.affected.iter().all(|one| one.ratings.is_empty()));
    assert_eq!((advisory.title.as_str(), advisory.details.as_str()), ("pad: leaks more", "long"));
    assert_eq!(advisory.references, ["https://example.org/1", "https://example.org/2"]);
    assert_eq!(advisory.weaknesses, ["CWE-476"]);
    assert_eq!(advisory.published.as_deref(), Some("2024-05-01T00:00:00+00:00"));
    assert_eq!(advisory.modified.as_deref(), Some("2024-05-02T00:00:00+00:00"));

    let other = parse("any", "any.json", &document(&[ANY_SRC], &rest("Moderate"))).unwrap();
    let advisory = &other.advisories[0];
    assert_eq!(advisory.ratings, [cvss]);
    assert_eq!(advisory.affected[0].ratings[0], Rating::word("redhat", "Low"));
    assert_eq!(advisory.affected[1].ratings[0], Rating::word("redhat", "Moderate"));
    assert_eq!(advisory.affected[0].status, Status::Affected);
}

#[test]
fn a_run_follows_what_changed() {
    let list = "\"2024/cve-2024-0002.json\",\"2024-05-02T00:00:00+00:00\"\n\
                \"2024/cve-2024-0001.json\",\"2024-05-01T00:00:00+00:00\"\n";
    let cursor = "2024-05-02T00:00:00+00:00";
    let start = RedHat::sources(None);
    assert_eq!((start[0].name.as_str(), start[0].mode), ("changes", Mode::Delta));
    let mut sink = Collected::default();
    let next = RedHat::parse("changes", &mut InMemory::new([("changes.csv", list)]), &mut sink).unwrap();
    assert_eq!(next.as_deref(), Some(cursor));
    assert_eq!(sink.identified.as_deref(), Some("changes since 2024-05-02T00:00:00+00:00"));
    assert_eq!(sink.followed, [Source::delta("archive", format!("{FOLDER}archive_latest.txt"))]);

    let archive = parse("archive", "archive_latest.txt", "csaf_vex_2024-08-04.tar.zst\n").unwrap();
    assert_eq!(archive.followed, [Source::whole("vex", format!("{FOLDER}csaf_vex_2024-08-04.tar.zst"))]);
    for name in ["", "../x.tar.zst", "<html>", "x.zip"] {
        assert!(parse("archive", "archive_latest.txt", name).is_err(), "{name}");
    }

    let later = &RedHat::sources(Some("2024-05-01T00:00:00+00:00".to_owned()))[0];
    let followed: Vec<_> = parse(&later.name, "changes.csv", list)
        .unwrap()
        .followed
        .into_iter()
        .map(|it| (it.name, it.url))
        .collect();
    let vex = |file: &str| ("vex".to_owned(), format!("{FOLDER}{file}"));
    assert_eq!(followed, [vex("deletions.csv"), vex("2024/cve-2024-0002.json")]);
    let same = &RedHat::sources(Some(cursor.to_owned()))[0];
    assert_eq!(parse(&same.name, "changes.csv", list).unwrap().followed, []);

    let many: String = (0..3_000)
        .map(|number| format!("\"2024/cve-2024-{number}.json\",\"2024-05-02T00:00:00+00:00\"\n"))
        .collect();
    let followed = parse(&later.name, "changes.csv", &many).unwrap().followed;
    assert_eq!(followed, [Source::delta("archive", format!("{FOLDER}archive_latest.txt"))]);
}

#[test]
fn a_list_that_is_none_is_refused() {
    for text in
        ["", "<html>", "\"../x.json\",\"2024-05-02T00:00:00+00:00\"", "\"2024/cve-2024-1.json\",\"now\""]
    {
        assert!(parse("changes", "changes.csv", text).is_err(), "{text}");
    }
}

#[test]
fn what_was_deleted_is_withdrawn() {
    let list = "\"2024/cve-2024-44943.json\",\"2024-08-28T09:39:21+00:00\"\n";
    let sink = parse("vex", "deletions.csv", list).unwrap();
    assert_eq!(sink.withdrawn, ["CVE-2024-44943"]);
}

#[test]
fn a_document_is_a_source_by_itself_and_several_are_all() {
    let one = document(&[], r#""product_status": {}"#);
    assert_eq!(parse("mine", "x", &one).unwrap().identified.as_deref(), Some("CVE-2024-0001"));
    assert_eq!(parse("vex", "x", &one).unwrap().identified, None);
    let mut sink = Collected::default();
    let mut documents = InMemory::new([("a.json", one.as_str()), ("b.json", "{}"), ("c.json", &one)]);
    RedHat::parse("mine", &mut documents, &mut sink).unwrap();
    assert_eq!((sink.identified.as_deref(), sink.advisories.len(), sink.rejected.len()), (Some("vex"), 2, 1));
    assert!(parse("vex", "page.html", "<html>").is_err());
    assert!(RedHat::parse("vex", &mut InMemory::default(), &mut Collected::default()).is_err());
}
