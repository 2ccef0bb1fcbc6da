//! Whatever the input, nothing is stated that no image could be held against.

use limpid_plugin_sdk::feed::Status;
use proptest::prelude::*;

use super::parse;

fn line() -> impl Strategy<Value = String> {
    let release = prop::sample::select(vec![
        "jammy",
        "xenial",
        "esm-infra/xenial",
        "esm-apps/xenial",
        "trusty/esm",
        "devel",
        "upstream",
        "zany",
        "fips/x",
    ]);
    let package = prop::sample::select(vec!["a", "b", "linux-hwe-5.15", ""]);
    let said = prop::sample::select(vec![
        "released (1.2-3)",
        "released (1.2-3+esm1)",
        "released",
        "not-affected (1.2+esm2)",
        "not-affected (code not present)",
        "needed",
        "needs-triage",
        "pending (2)",
        "ignored (end of life)",
        "DNE",
        "what",
        "",
    ]);
    let made =
        (release, package, said).prop_map(|(release, package, said)| format!("{release}_{package}: {said}"));
    prop_oneof![8 => made, 1 => ".{0,40}", 1 => Just("Priority_a: low".to_owned())]
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in ".{0,400}") {
        let (result, sink) = parse("x", [("x", text)]);
        prop_assert!(result.is_ok() || sink.advisories.is_empty());
    }

    #[test]
    fn all_lines_give_statements_that_agree(lines in prop::collection::vec(line(), 0..40)) {
        let (result, sink) = parse("x", [("x", format!("Candidate: CVE-1\n{}", lines.join("\n")))]);
        prop_assert_eq!(result, Ok(None));
        for affected in sink.advisories.iter().flat_map(|advisory| &advisory.affected) {
            prop_assert!(affected.source && affected.scheme == "dpkg" && affected.ranges.len() == 1);
            prop_assert!(affected.namespace.starts_with("ubuntu:") && !affected.name.is_empty());
            // A version that is fixed follows upon one of which that is said.
            if affected.status == Status::Fixed {
                prop_assert!(affected.note.as_deref().is_some_and(|note| note.contains("Ubuntu Pro")));
                prop_assert!(affected.ranges[0].introduced.is_some());
            }
        }
    }

    #[test]
    fn the_order_of_lines_of_different_packages_is_no_matter(
        lines in prop::collection::btree_map("(jammy|xenial|esm-infra/xenial)_[a-c]", line(), 0..10)
    ) {
        let lines: Vec<_> = lines
            .into_iter()
            .filter_map(|(name, line)| Some(format!("{name}: {}", line.split_once(": ")?.1)))
            .collect();
        let forth = format!("Candidate: CVE-1\n{}", lines.join("\n"));
        let back = format!("Candidate: CVE-1\n{}", lines.into_iter().rev().collect::<Vec<_>>().join("\n"));
        prop_assert_eq!(parse("x", [("x", forth)]).1.advisories, parse("x", [("x", back)]).1.advisories);
    }
}
