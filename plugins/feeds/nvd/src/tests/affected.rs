//! Whom a CVE affects.

use limpid_plugin_sdk::feed::{Affected, Bound, Range, Status};
use proptest::prelude::*;

use super::{cve, page, parse};

/// What is stated of a CVE with these configurations.
fn affected(configurations: &str) -> Vec<Affected> {
    let document = page(0, 1, &[&cve(&format!(r#""configurations": [{configurations}]"#))]);
    let (result, sink) = parse("handed in", document);
    assert_eq!((result, sink.rejected, sink.enrichments.len()), (Ok(None), vec![], 1), "{configurations}");
    assert_eq!(sink.withdrawn.len() + sink.advisories.len(), 1);
    sink.advisories.into_iter().flat_map(|advisory| advisory.affected).collect()
}

/// A match of nginx, with these attributes from the version on, and these bounds.
fn nginx(attributes: &str, bounds: &str) -> String {
    criteria(&format!("a:f5:nginx:{attributes}"), bounds)
}

fn criteria(name: &str, bounds: &str) -> String {
    let count = name.split(':').count();
    let rest = ":*".repeat(11 - count);
    format!(r#"{{"vulnerable": true, "criteria": "cpe:2.3:{name}{rest}"{bounds}}}"#)
}

fn platform(name: &str) -> String {
    criteria(name, "").replace("true", "false")
}

fn any_of(matches: &[String]) -> String {
    format!(r#"{{"operator": "OR", "negate": false, "cpeMatch": [{}]}}"#, matches.join(", "))
}

fn one_node(matches: &[String]) -> String {
    format!(r#"{{"nodes": [{}]}}"#, any_of(matches))
}

fn together(nodes: &[String]) -> String {
    format!(r#"{{"operator": "AND", "nodes": [{}]}}"#, nodes.join(", "))
}

#[test]
fn ranges_and_single_versions_of_a_program_are_one_statement() {
    let [affected] = affected(&one_node(&[
        nginx("*", r#", "versionStartIncluding": "1.1", "versionEndExcluding": "1.2""#),
        nginx("*", r#", "versionEndIncluding": "0.9""#),
        nginx("1.3.0:rc1", ""),
        nginx("1.3.0:-", ""),
        criteria("a:nginx:nginx:1.3.0:*", ""),
        criteria("a:somebody:else:*", ""),
        platform("a:f5:nginx:9"),
    ]))
    .try_into()
    .unwrap();
    assert_eq!((affected.namespace.as_str(), affected.name.as_str()), ("nvd", "f5:nginx"));
    assert_eq!((affected.scheme.as_str(), affected.status), ("generic", Status::Affected));
    assert_eq!(affected.ranges, [Range::before("1.2").from("1.1"), Range::through("0.9")]);
    assert_eq!(affected.versions, ["1.3.0-rc1", "1.3.0"]);
    assert_eq!(affected.note, None);
}

#[test]
fn all_versions_are_affected_where_no_version_is_named() {
    let [affected] = affected(&one_node(&[nginx("*", "")])).try_into().unwrap();
    assert_eq!(affected.ranges, [Range::all()]);
}

#[test]
fn the_version_after_which_a_range_begins_is_not_affected_unless_it_may_be() {
    let after = nginx("*", r#", "versionStartExcluding": "1.1", "versionEndIncluding": "1.5""#);
    let [stated, excluded] = affected(&one_node(std::slice::from_ref(&after))).try_into().unwrap();
    let until = Some(Bound::Including("1.5".into()));
    assert_eq!(stated.ranges, [Range { introduced: Some("1.1".into()), until }]);
    assert_eq!((excluded.status, excluded.versions), (Status::NotAffected, vec!["1.1".to_owned()]));
    assert_eq!(excluded.ranges, []);
    for other in [
        nginx("1.1.0", ""),
        nginx("1.1b", ""),
        nginx("*", r#", "versionEndIncluding": "1.1""#),
        nginx("*", r#", "versionStartIncluding": "1.0", "versionEndExcluding": "1.2""#),
        nginx("*", r#", "versionEndExcluding": "2p1""#),
    ] {
        let statuses: Vec<_> =
            affected(&one_node(&[other, after.clone()])).iter().map(|it| it.status).collect();
        assert_eq!(statuses, [Status::Affected]);
    }
    let before = nginx("*", r#", "versionEndExcluding": "1.1""#);
    assert_eq!(affected(&one_node(&[before, after])).len(), 2);
}

#[test]
fn what_has_to_be_there_besides_is_given_never_or_unknown() {
    let vulnerable = any_of(&[nginx("1", "")]);
    let check = |others: &[String], expected: Option<(Status, Option<&str>)>| {
        let stated = affected(&together(&[vulnerable.clone(), any_of(others)]));
        let stated: Vec<_> = stated.iter().map(|it| (it.status, it.note.as_deref())).collect();
        assert_eq!(stated, expected.into_iter().collect::<Vec<_>>(), "{others:?}");
    };
    check(&[platform("o:linux:linux_kernel:-")], Some((Status::Affected, None)));
    check(
        &[platform("o:microsoft:windows:-"), platform("o:linux:linux_kernel:*")],
        Some((Status::Affected, None)),
    );
    check(&[platform("o:microsoft:windows:-"), platform("o:apple:macos:*")], None);
    let note = "The NVD states this only together with debian:debian_linux.";
    check(&[platform("o:debian:debian_linux:12.0")], Some((Status::UnderInvestigation, Some(note))));
    let note = "The NVD states this only together with microsoft:windows, netapp:a700s.";
    let others = [platform("o:microsoft:windows:-"), platform("h:netapp:a700s:-")];
    check(&others, Some((Status::UnderInvestigation, Some(note))));
    let note = "The NVD states this only together with a:a, b:b, c:c and others.";
    let others = ["a", "b", "c", "d"].map(|name| platform(&format!("a:{name}:{name}:-")));
    check(&others, Some((Status::UnderInvestigation, Some(note))));
}

#[test]
fn nodes_without_an_operator_are_each_for_itself() {
    let nodes = [any_of(&[nginx("1", "")]), any_of(&[platform("o:microsoft:windows:-")])].join(", ");
    assert_eq!(affected(&format!(r#"{{"nodes": [{nodes}]}}"#)).len(), 1);
    let node = any_of(&[nginx("1", ""), criteria("a:x:y:1", "")]).replace("OR", "AND");
    let [stated] = affected(&format!(r#"{{"nodes": [{node}]}}"#)).try_into().unwrap();
    assert_eq!(stated.note.as_deref(), Some("The NVD states this only together with x:y."));
}

#[test]
fn a_negated_node_states_nothing_for_sure() {
    let node = any_of(&[nginx("1", "")]).replace("false", "true");
    let [stated] = affected(&format!(r#"{{"nodes": [{node}]}}"#)).try_into().unwrap();
    assert_eq!(stated.status, Status::UnderInvestigation);
}

#[test]
fn editions_and_targets_decide() {
    let count = |attributes: &str| affected(&one_node(&[nginx(attributes, "")])).len();
    assert_eq!(["1:*:*:*:lts", "1:*:*:*:-", "1:*:*:*:*:linux"].map(count), [1; 3]);
    assert_eq!(["-", "1:*:*:*:enterprise", "1:*:*:*:*:windows", "*:*:*:*:*:macos"].map(count), [0; 4]);
    let [stated] = affected(&one_node(&[nginx("1:*:*:*:*:node.js:x64", "")])).try_into().unwrap();
    assert_eq!(stated.note.as_deref(), Some("The NVD states this only together with node.js, x64."));
}

#[test]
fn a_cve_that_affects_no_program_any_more_is_withdrawn() {
    for members in [r#""vulnStatus": "Rejected""#, r#""configurations": []"#, r#""configurations": null"#] {
        let (_, sink) = parse("cves", page(0, 1, &[&cve(members)]));
        assert_eq!((sink.withdrawn.as_slice(), sink.advisories.len()), (&["CVE-2024-1".to_owned()][..], 0));
    }
}

#[test]
fn configurations_that_cannot_be_read_cost_themselves_only() {
    for bad in [
        "7",
        r#"[{"nodes": [{"cpeMatch": [{"vulnerable": true}]}]}]"#,
        r#"[{"nodes": [{"cpeMatch": [{"vulnerable": true, "criteria": "cpe:/a:f5:nginx"}]}]}]"#,
        &format!("[{}]", one_node(&[nginx("1", ""), nginx("*", r#", "versionEndExcluding": """#)])),
    ] {
        let (result, sink) = parse("handed in", page(0, 1, &[&cve(&format!(r#""configurations": {bad}"#))]));
        assert_eq!((result, sink.enrichments.len(), sink.advisories.len()), (Ok(None), 1, 0), "{bad}");
        assert_eq!(sink.withdrawn, Vec::<String>::new(), "what was stated before stays");
        assert_eq!(sink.rejected.len(), 1, "{bad}");
        assert_eq!(sink.rejected[0].0, "CVE-2024-1");
    }
}

#[test]
fn a_cve_of_too_many_matches_is_rejected_within_bounds() {
    let matches: Vec<String> = (0..5001).map(|number| nginx(&format!("1.{number}"), "")).collect();
    let vulnerable: Vec<String> = matches[..1200].to_vec();
    assert_eq!(affected(&one_node(&vulnerable))[0].versions.len(), 1200);
    let required: Vec<String> = (0..1000).map(|number| platform(&format!("a:x:y{number}:1"))).collect();
    for configuration in [one_node(&matches), together(&[any_of(&vulnerable), any_of(&required)])] {
        let document = page(0, 1, &[&cve(&format!(r#""configurations": [{configuration}]"#))]);
        let (_, sink) = parse("handed in", document);
        assert_eq!((sink.rejected.len(), sink.advisories.len(), sink.enrichments.len()), (1, 0, 1));
        assert!(sink.rejected[0].1.to_string().contains("more than"), "{:?}", sink.rejected);
    }
}

proptest! {
    #[test]
    fn no_match_is_fatal(
        part in "[aoh]", attributes in "[-*a1.:]{0,20}", start in "[0-9.a]{0,6}", end in "[0-9.a]{0,6}", operator in "AND|OR",
    ) {
        let bounds = format!(r#", "versionStartExcluding": "{start}", "versionEndIncluding": "{end}""#);
        let one = format!(r#"{{"vulnerable": true, "criteria": "cpe:2.3:{part}:f5:nginx:{attributes}"{bounds}}}"#);
        let node = any_of(&[one, nginx("1", "")]).replace("OR", &operator);
        let (result, sink) = parse("handed in", page(0, 1, &[&cve(&format!(r#""configurations": [{{"nodes": [{node}]}}]"#))]));
        prop_assert_eq!(result, Ok(None));
        prop_assert_eq!(sink.enrichments.len(), 1);
    }
}
