use limpid_model::{Affected, Rating, Status};

use super::*;

fn affected(name: &str) -> Affected {
    Affected {
        namespace: "here".to_owned(),
        name: name.to_owned(),
        source: false,
        scheme: "number".to_owned(),
        status: Status::Affected,
        ranges: Vec::new(),
        versions: Vec::new(),
        requires: Vec::new(),
        ratings: Vec::new(),
        note: None,
    }
}

fn part(id: &str, title: &str, packages: &[&str]) -> Advisory {
    Advisory {
        id: id.to_owned(),
        title: title.to_owned(),
        aliases: vec!["ALIAS".to_owned()],
        ratings: vec![Rating { system: "s".to_owned(), value: "high".to_owned(), score: None }],
        affected: packages.iter().map(|name| affected(name)).collect(),
        ..Advisory::default()
    }
}

fn stated(mut collector: Collector) -> Vec<Advisory> {
    collector.finish();
    let (stated, _) = collector.records.into_parts();
    stated.advisories.iter().map(|(id, record)| record.advisory(id).unwrap()).collect()
}

#[test]
fn what_comes_in_parts_is_joined_and_nothing_is_stated_twice() {
    let mut collector = Collector::new(10, 10);
    collector.advisories(vec![part("X", "", &["a"]), part("Y", "y", &["a"])]);
    collector.advisories(vec![part("X", "first", &["b", "a"]), part("X", "second", &["c"])]);
    let joined = part("X", "first", &["a", "b", "c"]);
    assert_eq!(stated(collector), [joined, part("Y", "y", &["a"])]);
}

#[test]
fn more_advisories_than_may_be_are_forgotten_and_told() {
    let mut collector = Collector::new(2, 10);
    collector.advisories(vec![part("X", "", &["a"]), part("Y", "", &[])]);
    collector.advisories(vec![part("X", "", &["b"])]);
    assert!(!collector.overflowed);
    collector.advisories(vec![part("Z", "", &[])]);
    assert!(collector.overflowed);
    assert_eq!(collector.stated(), 0);
    collector.advisories(vec![part("X", "", &[])]);
    assert!(collector.overflowed);
}

#[test]
fn all_rejections_are_counted_and_the_first_remembered() {
    let mut collector = Collector::new(10, 10);
    for n in 0..REMEMBERED + 5 {
        collector.reject(n.to_string(), InputError::Malformed("bad".to_owned()));
    }
    assert_eq!(collector.rejected, (REMEMBERED + 5) as u64);
    assert_eq!(collector.rejections.len(), REMEMBERED);
    assert_eq!(collector.rejections[0], ("0".to_owned(), "malformed: bad".to_owned()));
}

#[test]
fn an_advisory_that_grows_without_end_costs_that_advisory() {
    let mut collector = Collector::new(10, 10);
    collector.advisories(vec![part("Y", "", &["a"])]);
    for block in 0..=AFFECTED / 10_000 {
        let names: Vec<String> = (0..10_000).map(|n| format!("{block}-{n}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        collector.advisories(vec![part("X", "", &names)]);
    }
    collector.advisories(vec![part("X", "", &["more"])]);
    assert_eq!(collector.rejected, 1);
    assert!(collector.rejections[0].1.contains("more than 200000 packages"));
    assert_eq!(stated(collector), [part("Y", "", &["a"])]);
}
