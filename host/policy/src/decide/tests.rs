use limpid_model::{Severity, Signer};

use super::*;
use crate::{Base, Form, Source};

const NOW: &str = "2026-11-01";

fn now() -> Moment {
    Moment::of(NOW).unwrap()
}

fn policy(name: &str, text: &str) -> Arc<Policy> {
    Arc::new(Policy::read(name, text, Form::Toml).unwrap())
}

fn candidate<'a>(identifiers: &[&'a str], purl: &str) -> Candidate<'a> {
    Candidate {
        identifiers: identifiers.to_vec(),
        purl: Some(purl.parse().unwrap()),
        name: "lodash",
        version: "4.17.4",
        scheme: Some("npm"),
        source: None,
        path: "srv/app/package-lock.json",
        layer: 1,
        diff_id: "sha256:11",
        severity: Severity::High,
        is_fixable: true,
        published: Some("2026-10-20T00:00:00Z"),
    }
}

fn lodash<'a>() -> Candidate<'a> {
    candidate(&["CVE-2026-1", "GHSA-aaaa-bbbb-cccc"], "pkg:npm/lodash@4.17.4")
}

fn subject() -> Subject {
    Subject {
        names: vec!["registry.example/shop/web:1".to_owned(), "docker.io/shop/web:1".to_owned()],
        architecture: "amd64".to_owned(),
        digests: vec![digest('a')],
        bases: vec![Base { names: vec!["debian:12".to_owned()], digests: vec![digest('b')], layers: 1 }],
        ..Subject::default()
    }
}

fn digest(letter: char) -> String {
    format!("sha256:{}", letter.to_string().repeat(64))
}

/// What becomes of a finding by these policies.
fn by_policies(texts: &[&str], mut candidate: Candidate<'_>) -> Decision {
    let policies = texts.iter().enumerate().map(|(n, text)| policy(&format!("p{n}"), text)).collect();
    Decisions::new(policies, Vec::new()).at_image(subject(), now()).decide(&mut candidate)
}

fn is_suppressed(texts: &[&str], candidate: Candidate<'_>) -> bool {
    by_policies(texts, candidate).suppression.is_some()
}

#[test]
fn a_rule_is_about_what_all_that_it_names_has_in_common() {
    let check = |rule: &str, expected: bool| {
        let text = format!("[[suppress]]\nreason = \"a\"\n{rule}");
        assert_eq!(is_suppressed(&[&text], lodash()), expected, "{rule}");
    };
    check("vulnerabilities = [\"CVE-2026-1\"]", true);
    check("vulnerabilities = [\"ghsa-AAAA-bbbb-cccc\"]", true);
    check("vulnerabilities = [\"CVE-2026-2\"]", false);
    check("vulnerabilities = [\"CVE-2026-1\"]\npackages = [\"pkg:npm/lodash@4.*\"]", true);
    check("vulnerabilities = [\"CVE-2026-1\"]\npackages = [\"pkg:npm/other\"]", false);
    check("paths = [\"/srv/**\"]", true);
    check("paths = [\"srv/*\"]", false);
    check("layers = [\"sha256:11\"]", true);
    check("bases = [\"debian:*\"]", false);
    check("vulnerabilities = [\"CVE-2026-1\"]\norigin = \"own\"", true);
    check("vulnerabilities = [\"CVE-2026-1\"]\norigin = \"base\"", false);
    check("vulnerabilities = [\"CVE-2026-1\"]\nat_most = \"medium\"", false);
    check("vulnerabilities = [\"CVE-2026-1\"]\nexpires = 2026-10-31", false);
    check("vulnerabilities = [\"CVE-2026-1\"]\nexpires = 2026-11-01", true);
    let of_base = Candidate { layer: 0, ..lodash() };
    assert!(is_suppressed(&["[[suppress]]\nreason = \"a\"\nbases = [\"debian:*\"]"], of_base));
}

#[test]
fn rules_that_are_about_nothing_and_those_that_have_expired_are_told() {
    let text = r#"
        [[suppress]]
        vulnerabilities = ["CVE-2026-1"]
        reason = "a"
        [[suppress]]
        vulnerabilities = ["CVE-2026-2", "CVE-2026-3"]
        reason = "a"
        [[suppress]]
        vulnerabilities = ["CVE-2026-1"]
        reason = "a"
        expires = 2026-10-31
    "#;
    let decisions = Decisions::new(vec![policy("p", text)], Vec::new());
    let mut at = decisions.at_image(subject(), now());
    at.decide(&mut lodash());
    let unused: Vec<_> = at.unused().into_iter().map(|it| (it.rule, it.has_expired)).collect();
    assert_eq!(
        unused,
        [
            ("rule 2 of `suppress`, `CVE-2026-2` and 1 more".to_owned(), false),
            ("rule 3 of `suppress`, `CVE-2026-1`".to_owned(), true),
        ]
    );
}

#[test]
fn a_severity_of_a_policy_counts_for_what_follows() {
    let text = r#"
        [[severity]]
        vulnerabilities = ["CVE-2026-1"]
        level = "low"
        reason = "internal"
        [[suppress]]
        packages = ["lodash"]
        at_most = "low"
        reason = "low"
    "#;
    let decision = by_policies(&[text], lodash());
    let severity = decision.severity.unwrap();
    assert_eq!((severity.severity, severity.policy.as_str()), (Severity::Low, "p0"));
    assert_eq!(decision.suppression.unwrap().reason, "low");
}

#[test]
fn grace_lasts_from_the_publication_of_the_fix() {
    let until = |days: u32, candidate: Candidate<'_>| {
        let text = format!("[[grace]]\ndays = {days}\nat_most = \"high\"");
        by_policies(&[&text], candidate).suppression.and_then(|it| it.until)
    };
    assert_eq!(until(30, lodash()).as_deref(), Some("2026-11-19T00:00:00Z"));
    assert_eq!(until(12, lodash()), None, "it has ended");
    assert_eq!(until(30, Candidate { is_fixable: false, ..lodash() }), None);
    assert_eq!(until(30, Candidate { published: None, ..lodash() }), None, "nobody knows since when");
    assert_eq!(until(30, Candidate { severity: Severity::Critical, ..lodash() }), None);
}

fn openvex(author: &str, time: &str, statement: &str) -> Arc<VexDocument> {
    let text = format!(
        r#"{{"@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://vex.example/{author}/{time}",
            "author": "{author}", "timestamp": "{time}T00:00:00Z", "version": 1, "statements": [{statement}]}}"#
    );
    Arc::new(VexDocument::read("x", text.as_bytes()).unwrap())
}

fn statement(products: &str, status: &str) -> String {
    format!(
        r#"{{"vulnerability": {{"name": "CVE-2026-1"}}, "products": [{products}], "status": "{status}",
            "justification": "vulnerable_code_not_present", "impact_statement": "not built in"}}"#
    )
}

const LODASH: &str = r#"{"@id": "pkg:npm/lodash@4.17.4"}"#;

fn by_vex(documents: Vec<Arc<VexDocument>>, mut candidate: Candidate<'_>) -> Option<Suppression> {
    Decisions::new(Vec::new(), documents).at_image(subject(), now()).decide(&mut candidate).suppression
}

#[test]
fn what_its_maker_calls_not_affected_or_fixed_does_not_count() {
    let document = openvex("maker", "2026-05-01", &statement(LODASH, "not_affected"));
    let expected = Suppression {
        by: SuppressedBy::NotAffected("https://vex.example/maker/2026-05-01".to_owned()),
        repository: None,
        author: Some("maker".to_owned()),
        reason: "not built in".to_owned(),
        justification: Some("vulnerable_code_not_present".to_owned()),
        since: Some("2026-05-01T00:00:00Z".to_owned()),
        until: None,
        attached: None,
    };
    assert_eq!(by_vex(vec![document], lodash()), Some(expected));
    let fixed = by_vex(vec![openvex("maker", "2026-05-01", &statement(LODASH, "fixed"))], lodash());
    assert_eq!(fixed.unwrap().by.as_str(), "vex-fixed");
    for status in ["affected", "under_investigation"] {
        let document = openvex("maker", "2026-05-01", &statement(LODASH, status));
        assert_eq!(by_vex(vec![document], lodash()), None, "{status}");
    }
}

#[test]
fn a_later_statement_of_an_author_takes_an_earlier_one_back() {
    let (not, affected) = (statement(LODASH, "not_affected"), statement(LODASH, "affected"));
    let all = |first: &str, second: &str| {
        let documents = vec![openvex("maker", "2026-05-01", first), openvex("maker", "2026-06-01", second)];
        let reversed = documents.iter().rev().cloned().collect();
        let found = by_vex(documents, lodash());
        assert_eq!(found, by_vex(reversed, lodash()), "their order does not count");
        found.is_some()
    };
    assert!(!all(&not, &affected));
    assert!(all(&affected, &not));
    // Of the same moment, the worse one.
    let documents = vec![openvex("maker", "2026-05-01", &affected), openvex("maker", "2026-05-01", &not)];
    assert_eq!(by_vex(documents, lodash()), None);
}

#[test]
fn a_statement_on_one_product_takes_none_on_another_back() {
    let image = format!(r#"{{"@id": "{}"}}"#, digest('a'));
    let documents = vec![
        openvex("maker", "2026-05-01", &statement(&image, "affected")),
        openvex("maker", "2026-06-01", &statement(LODASH, "not_affected")),
    ];
    assert_eq!(by_vex(documents, lodash()), None);
}

#[test]
fn nothing_is_fixed_in_no_version() {
    let is_fixed = |product: &str| {
        let other = statement(r#"{"@id": "pkg:npm/b@1"}"#, "fixed");
        let all = format!("{}, {other}", statement(product, "fixed"));
        by_vex(vec![openvex("maker", "2026-05-01", &all)], lodash()).is_some()
    };
    assert!(!is_fixed(r#"{"@id": "pkg:npm/lodash"}"#));
    assert!(is_fixed(LODASH));
}

#[test]
fn where_authors_contradict_each_other_a_finding_counts() {
    let (not, affected) = (statement(LODASH, "not_affected"), statement(LODASH, "affected"));
    let documents = vec![openvex("maker", "2026-07-01", &not), openvex("other", "2026-05-01", &affected)];
    assert_eq!(by_vex(documents, lodash()), None);
    let documents = vec![openvex("maker", "2026-07-01", &not), openvex("other", "2026-05-01", &not)];
    assert_eq!(by_vex(documents, lodash()).unwrap().author.as_deref(), Some("maker"), "the newest is named");
}

#[test]
fn a_policy_decides_before_vex_does() {
    let text = "[[suppress]]\nvulnerabilities = [\"CVE-2026-1\"]\nreason = \"ours\"";
    let documents = vec![openvex("maker", "2026-07-01", &statement(LODASH, "not_affected"))];
    let decisions = Decisions::new(vec![policy("p", text)], documents);
    let decision = decisions.at_image(subject(), now()).decide(&mut lodash());
    assert_eq!(decision.suppression.unwrap().by, SuppressedBy::Policy("p".to_owned()));
}

#[test]
fn a_product_is_recognised_by_what_it_states() {
    let check = |product: &str, expected: bool| {
        let document = VexDocument::read(
            "x",
            format!(
                r#"{{"@context": "https://openvex.dev/ns/v0.2.0", "@id": "a", "author": "b",
                    "timestamp": "2026-05-01T00:00:00Z", "version": 1,
                    "statements": [{}, {}]}}"#,
                statement(product, "not_affected"),
                statement(r#"{"@id": "pkg:npm/unrelated"}"#, "not_affected"),
            )
            .as_bytes(),
        );
        let found = by_vex(vec![Arc::new(document.unwrap())], lodash()).is_some();
        assert_eq!(found, expected, "{product}");
    };
    check(LODASH, true);
    check(r#"{"@id": "pkg:npm/lodash"}"#, true);
    check(r#"{"@id": "https://example.org/x", "identifiers": {"purl": "pkg:npm/lodash@4.17.4"}}"#, true);
    check(r#"{"@id": "pkg:npm/lodash@4.17.5"}"#, false);
    check(r#"{"@id": "pkg:npm/lodash@4.17.4?vcs_url=https://example.org"}"#, false);
    check(r#"{"@id": "lodash"}"#, false);
    let (own, base, other) = (digest('a'), digest('b'), digest('c'));
    check(&format!(r#"{{"@id": "pkg:oci/web@{own}"}}"#), true);
    check(&format!(r#"{{"@id": "registry.example/shop/web@{own}"}}"#), true);
    check(&format!(r#"{{"@id": "{own}", "subcomponents": [{LODASH}]}}"#), true);
    check(&format!(r#"{{"@id": "{own}", "subcomponents": [{{"@id": "pkg:npm/other"}}]}}"#), false);
    check(&format!(r#"{{"@id": "{own}", "subcomponents": [{{"@id": "nothing"}}]}}"#), false);
    check(&format!(r#"{{"@id": "{other}"}}"#), false);
    check(&format!(r#"{{"@id": "pkg:oci/debian@{base}"}}"#), false);
    check(r#"{"@id": "pkg:oci/web?repository_url=registry.example/shop/web&tag=1"}"#, true);
    check(r#"{"@id": "pkg:oci/web?repository_url=registry.example/shop&tag=1"}"#, true);
    check(r#"{"@id": "pkg:oci/web?repository_url=registry.example/shop/web&tag=2"}"#, false);
    check(r#"{"@id": "pkg:oci/web?repository_url=other.example/shop/web"}"#, false);
    check(r#"{"@id": "pkg:docker/shop/web@1"}"#, true);
    check(r#"{"@id": "pkg:docker/op/web@1"}"#, false);
    check(r#"{"@id": "pkg:oci/web?tag=1"}"#, false);
    check(r#"{"@id": "pkg:oci/web?repository_url=registry.example/shop/web&tag=1&arch=amd64"}"#, true);
    check(r#"{"@id": "pkg:oci/web?repository_url=registry.example/shop/web&tag=1&arch=arm64"}"#, false);
    check(r#"{"@id": "pkg:npm/app@1", "subcomponents": [{"@id": "pkg:npm/lodash@4.17.4"}]}"#, false);
}

#[test]
fn what_is_stated_of_a_base_image_holds_for_what_it_brought() {
    let of_base = format!(r#"{{"@id": "pkg:oci/debian@{}"}}"#, digest('b'));
    let document = || vec![openvex("debian", "2026-05-01", &statement(&of_base, "not_affected"))];
    assert!(by_vex(document(), Candidate { layer: 0, ..lodash() }).is_some());
    assert!(by_vex(document(), Candidate { layer: 1, ..lodash() }).is_none(), "a layer above installed it");
}

#[test]
fn a_source_package_stands_for_what_is_built_from_it() {
    let openssl = r#"{"@id": "pkg:deb/debian/openssl@3.0.11-1?arch=source"}"#;
    let document = || vec![openvex("debian", "2026-05-01", &statement(openssl, "not_affected"))];
    let libssl = candidate(&["CVE-2026-1"], "pkg:deb/debian/libssl3@3.0.11-1?arch=amd64&distro=debian-12");
    let built_from = |name, version| Candidate { source: Some(Source { name, version }), ..libssl.clone() };
    assert!(by_vex(document(), built_from("openssl", "3.0.11-1")).is_some());
    assert!(by_vex(document(), built_from("openssl", "3.0.12-1")).is_none());
    assert!(by_vex(document(), built_from("other", "3.0.11-1")).is_none());
}

/// Orders versions that are numbers.
#[derive(Debug)]
struct Numbers;

impl Order for Numbers {
    fn keys(&self, scheme: &str, versions: &[&str]) -> Vec<Option<Vec<u8>>> {
        let key = |version: &&str| version.parse::<u32>().ok().map(|it| it.to_be_bytes().to_vec());
        if scheme == "numbers" { versions.iter().map(key).collect() } else { Vec::new() }
    }
}

/// CycloneDX that states of ranges of versions, each with a state: one document for each.
fn by_ranges(stated: &[(&str, &str)], version: &str, scheme: &str) -> bool {
    let document = |(state, range): &(&str, &str)| {
        let text = format!(
            r#"{{"bomFormat": "CycloneDX", "metadata": {{"supplier": {{"name": "{state} {range}"}}}},
                "vulnerabilities": [{{"id": "CVE-2026-1", "analysis": {{"state": "{state}"}},
                    "affects": [{{"ref": "pkg:npm/lodash", "versions": [{{"range": "{range}"}}, {{"version": "x"}}]}}]}}]}}"#
        );
        Arc::new(VexDocument::read("x", text.as_bytes()).unwrap())
    };
    let decisions = Decisions::new(Vec::new(), stated.iter().map(document).collect());
    let purl = format!("pkg:npm/lodash@{version}");
    let mut finding = Candidate { version, scheme: Some(scheme), ..candidate(&["CVE-2026-1"], &purl) };
    let mut at_image = decisions.at_image(subject(), now()).ordered_by(&Numbers);
    at_image.decide(&mut finding).suppression.is_some()
}

#[test]
fn a_range_has_the_versions_that_the_scheme_of_the_package_puts_into_it() {
    let check = |state: &str, range: &str, version: &str, expected: bool| {
        assert_eq!(
            by_ranges(&[(state, range)], version, "numbers"),
            expected,
            "{state} {version} in {range}"
        );
    };
    check("not_affected", "vers:npm/<9", "8", true);
    check("not_affected", "vers:npm/<9", "10", false);
    check("resolved", "vers:npm/>=9", "10", true);
    check("resolved", "vers:npm/>=9", "8", false);
    check("not_affected", "vers:npm/>=2|!=3|<9", "3", false);
    check("not_affected", "vers:generic/<9", "8", false);
    check("not_affected", "below 9", "8", false);
    check("not_affected", "vers:npm/<9", "odd", false);
    assert!(!by_ranges(&[("not_affected", "vers:npm/<9")], "8", "other"), "nobody orders it");
}

#[test]
fn what_speaks_against_a_suppression_counts_where_nobody_can_compare_it() {
    let all = ("not_affected", "vers:npm/*");
    let check = |range: &str, version: &str, expected: bool| {
        assert_eq!(
            by_ranges(&[all, ("exploitable", range)], version, "numbers"),
            expected,
            "{range} {version}"
        );
    };
    check("vers:npm/<9", "10", true);
    check("vers:npm/<9", "8", false);
    check("vers:generic/<9", "10", false);
    check("vers:npm/<9", "odd", false);
}

#[test]
fn a_document_that_is_released_again_takes_back_what_it_said_before() {
    let release = |day: &str, status: &str| {
        let text = format!(
            r#"{{"document": {{"category": "csaf_vex", "csaf_version": "2.0", "title": "t",
                "publisher": {{"category": "vendor", "name": "Maker", "namespace": "https://maker.example"}},
                "tracking": {{"id": "VEX-1", "initial_release_date": "2026-05-01T00:00:00Z",
                    "current_release_date": "{day}T00:00:00Z"}}}},
                "product_tree": {{"full_product_names": [{{"product_id": "a", "name": "a",
                    "product_identification_helper": {{"purl": "pkg:npm/lodash@4.17.4"}}}}]}},
                "vulnerabilities": [{{"cve": "CVE-2026-1", "product_status": {{"{status}": ["a"]}}}}]}}"#
        );
        Arc::new(VexDocument::read("x", text.as_bytes()).unwrap())
    };
    let (not, affected) = ("known_not_affected", "known_affected");
    assert!(by_vex(vec![release("2026-05-01", not)], lodash()).is_some());
    assert!(by_vex(vec![release("2026-06-01", affected), release("2026-05-01", not)], lodash()).is_none());
    assert!(by_vex(vec![release("2026-05-01", affected), release("2026-06-01", not)], lodash()).is_some());
    // Somebody else takes nothing back, in whatever form.
    let other = openvex("other", "2026-07-01", &statement(LODASH, "not_affected"));
    assert!(by_vex(vec![release("2026-06-01", affected), other], lodash()).is_none());
}

#[test]
fn a_statement_of_one_document_is_taken_back_by_a_later_one_of_it() {
    let dated = |status: &str, day: &str| {
        statement(LODASH, status).replacen('{', &format!("{{\"timestamp\": \"{day}T00:00:00Z\", "), 1)
    };
    let both = |first: &str, second: &str| {
        let statements = format!("{}, {}", dated(first, "2026-05-01"), dated(second, "2026-06-01"));
        by_vex(vec![openvex("maker", "2026-07-01", &statements)], lodash()).is_some()
    };
    assert!(both("under_investigation", "not_affected"));
    assert!(!both("not_affected", "under_investigation"));
}

#[test]
fn a_document_of_a_repository_speaks_of_the_packages_that_it_is_about() {
    let products = format!(
        r#"{LODASH}, {{"@id": "pkg:npm/other"}}, {{"@id": "pkg:oci/web?repository_url=registry.example/shop/web&tag=1"}},
            {{"@id": "{}"}}"#,
        digest('a')
    );
    let of = |packages: &[&str]| {
        let document =
            Arc::unwrap_or_clone(openvex("maker", "2026-05-01", &statement(&products, "not_affected")));
        let packages: Vec<_> = packages.iter().map(|id| (*id).to_owned()).collect();
        document.of_repository("hub", &packages)
    };
    let suppressed = |packages: &[&str]| by_vex(of(packages).map(Arc::new).into_iter().collect(), lodash());
    let found = suppressed(&["pkg:npm/lodash"]).unwrap();
    assert_eq!((found.repository.as_deref(), found.author.as_deref()), (Some("hub"), Some("maker")));
    assert!(
        suppressed(&["pkg:npm/other"]).is_none(),
        "who speaks of another package does not speak of this one"
    );
    assert!(suppressed(&["pkg:oci/web"]).is_some(), "the image that holds it");
    assert!(suppressed(&["pkg:oci/web?repository_url=registry.example/shop/web"]).is_some());
    assert!(of(&["pkg:oci/web?repository_url=elsewhere.example/shop/web"]).is_none());
    assert!(of(&["pkg:oci/app", "pkg:npm/%40scope/lodash", "no package URL"]).is_none());
}

fn beside(document: Arc<VexDocument>, signer: Option<&str>, layers: Option<usize>) -> AttachedVex {
    let signer = signer.map(|key| Signer::Key { file: format!("{key}.pub"), fingerprint: key.to_owned() });
    let attached = AttachedTo { from: "tag `a.att`".to_owned(), about: INDEX.to_owned(), signer };
    AttachedVex { document, attached, layers }
}

/// The digest of the index in which the image is.
const INDEX: &str = "sha256:1111111111111111111111111111111111111111111111111111111111111111";

fn by_attached(
    documents: Vec<Arc<VexDocument>>,
    attached: Vec<AttachedVex>,
    mut candidate: Candidate<'_>,
) -> Option<Suppression> {
    let decisions = Decisions::new(Vec::new(), documents);
    decisions.at_image(subject(), now()).with_attached(attached).decide(&mut candidate).suppression
}

#[test]
fn what_is_attached_is_told_with_who_vouches_for_it() {
    let document = || openvex("maker", "2026-05-01", &statement(LODASH, "not_affected"));
    let found = by_attached(Vec::new(), vec![beside(document(), Some("k"), None)], lodash()).unwrap();
    assert_eq!((found.by.as_str(), found.author.as_deref()), ("vex-not-affected", Some("maker")));
    let attached = found.attached.unwrap();
    assert_eq!((attached.from.as_str(), attached.about.as_str()), ("tag `a.att`", INDEX));
    assert_eq!(attached.signer.unwrap().name(), "k.pub");
    // The newest of several that say the same is the one that is named.
    let newer = openvex("other", "2026-06-01", &statement(LODASH, "not_affected"));
    let found = by_attached(vec![newer], vec![beside(document(), Some("k"), None)], lodash()).unwrap();
    assert_eq!((found.author.as_deref(), found.attached), (Some("other"), None));
}

#[test]
fn what_is_attached_to_a_base_holds_for_the_layers_of_the_base() {
    let document = || openvex("maker", "2026-05-01", &statement(LODASH, "not_affected"));
    let held =
        |layers| by_attached(Vec::new(), vec![beside(document(), None, Some(layers))], lodash()).is_some();
    let layer = lodash().layer;
    assert!(held(layer + 1));
    assert!(!held(layer));
}

#[test]
fn a_name_alone_takes_back_nothing_that_another_key_vouches_for() {
    let (not, affected) = (statement(LODASH, "not_affected"), statement(LODASH, "affected"));
    let at = |day: &str, what: &str| openvex("maker", day, what);
    let found = |first: Option<&str>, second: Option<&str>| {
        let attached = vec![
            beside(at("2026-05-01", &affected), first, None),
            beside(at("2026-06-01", &not), second, None),
        ];
        by_attached(Vec::new(), attached, lodash()).is_some()
    };
    assert!(found(Some("k"), Some("k")), "the same key takes it back");
    assert!(!found(Some("k"), Some("other")));
    assert!(!found(Some("k"), None));
    let handed_in = vec![at("2026-05-01", &affected)];
    let later = vec![beside(at("2026-06-01", &not), Some("k"), None)];
    assert_eq!(by_attached(handed_in, later, lodash()), None);
}

#[test]
fn what_is_stated_of_the_index_is_stated_of_its_image() {
    let product = |digest: &str| {
        let product = format!(r#"{{"@id": "pkg:oci/elsewhere@{digest}", "subcomponents": [{LODASH}]}}"#);
        openvex("maker", "2026-05-01", &statement(&product, "not_affected"))
    };
    let held = |digest: &str| {
        by_attached(Vec::new(), vec![beside(product(digest), Some("k"), None)], lodash()).is_some()
    };
    assert!(held(INDEX));
    assert!(!held(&INDEX.replace('1', "2")));
    // Handed in, it is about another image.
    assert_eq!(by_vex(vec![product(INDEX)], lodash()), None);
}
