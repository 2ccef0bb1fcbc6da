use proptest::prelude::*;

use super::*;

fn read(text: &str) -> Result<Metadata, String> {
    Metadata::read(text.as_bytes(), &Stated::default()).map_err(|error| error.to_string())
}

#[test]
fn a_name_and_a_version_are_all_that_is_needed() {
    let check = |text: &str, name: &str, version: &str| {
        let (name, version) = (name.to_owned(), version.to_owned());
        let expected = Metadata { name, version, licenses: Vec::new(), requires: Some(Vec::new()) };
        assert_eq!(read(text), Ok(expected), "{text:?}");
    };
    check("Metadata-Version: 2.1\nName: Babel\nVersion: 2.12.1\n\nName: x\n", "Babel", "2.12.1");
    check("version: 1\nNAME:a", "a", "1");
    check("\u{feff}Name: a\nVersion: 1\n", "a", "1");
    check("Name: a\nVersion: 1\nName: b\nVersion: 2\n", "a", "1");
    check("Name: a\nDescription: x\n        Version: 2\nVersion: 1\n", "a", "1");
    check("Name: a\nVersion:\n 1\nLicense: UNKNOWN\n", "a", "1");
}

#[test]
fn what_is_missing_is_stated() {
    let check = |text: &str, expected: &str| {
        assert_eq!(read(text), Err(format!("malformed: {expected}")), "{text:?}");
    };
    check("", "the metadata states no name");
    check("Version: 1\n", "the metadata states no name");
    check("Name:\nVersion: 1\n", "the metadata states no name");
    check("Name: a\n\nVersion: 1\n", "the metadata of `a` states no version");
    check("Name: a\nVersion: \n", "the metadata of `a` states no version");
    let long = "x".repeat(MAX_VALUE);
    check(&format!("Name: {long}\nVersion: 1\n"), "field `name` is longer than 4096 bytes");
    check(&format!("Name: a\nVersion: 1\n {long}\n"), "field `version` is longer than 4096 bytes");
}

#[test]
fn what_the_metadata_does_not_say_the_folder_says() {
    let stated = Stated { name: Some("b"), version: Some("2") };
    let check = |text: &str, name: &str, version: &str| {
        let metadata = Metadata::read(text.as_bytes(), &stated).unwrap();
        assert_eq!((metadata.name.as_str(), metadata.version.as_str()), (name, version), "{text:?}");
    };
    check("Name: a\nVersion: 1\n", "a", "1");
    check("Name: a\n", "a", "2");
    check("Version: 1\n", "b", "1");
    check("", "b", "2");
}

#[test]
fn licenses_are_those_of_the_best_field() {
    let check = |fields: &str, expected: &[&str]| {
        let metadata = read(&format!("Name: a\nVersion: 1\n{fields}")).unwrap();
        assert_eq!(metadata.licenses, expected, "{fields:?}");
    };
    let classifier = "Classifier: License :: OSI Approved :: MIT License\n";
    check("License-Expression: MIT OR Apache-2.0\nLicense: MIT\n", &["MIT OR Apache-2.0"]);
    check(&format!("{classifier}License: MIT\n"), &["MIT"]);
    check("License: BSD\n 3-Clause\n", &["BSD 3-Clause"]);
    check(classifier, &["MIT License"]);
    check(
        &format!("License: UNKNOWN\n{classifier}Classifier: License :: Public Domain\n"),
        &["MIT License", "Public Domain"],
    );
    check("License: \nClassifier: License :: OSI Approved\nClassifier: Topic :: X\n", &[]);
    // Its text.
    let text = "Permission is hereby granted,\n        ".repeat(40);
    check(&format!("License: {text}\n{classifier}"), &["MIT License"]);
    let text = "Permission is hereby granted,\n        ".repeat(400);
    check(&format!("License: {text}\n{classifier}"), &["MIT License"]);
    check(&classifier.repeat(100), &["MIT License"; MAX_LICENSES]);
}

#[test]
fn no_more_is_read_than_the_limit_and_no_half_of_a_line_is_used() {
    let text = |length: usize| {
        let mut text = "Name: a\nSummary:".to_owned();
        text.extend(std::iter::repeat_n(' ', length - text.len() - "\nVersion: 1".len()));
        text + "\nVersion: 1"
    };
    let limit = MAX_HEADERS as usize;
    assert_eq!(read(&text(limit - 1)).unwrap().version, "1");
    assert_eq!(
        read(&(text(limit) + ".2\n")),
        Err("malformed: the metadata of `a` states no version".to_owned())
    );
}

proptest! {
    #[test]
    fn what_was_written_is_read(name in "[A-Za-z0-9._-]{1,20}", version in "[0-9a-z.!+]{1,20}", license in "[A-Z]{3}") {
        let text = format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nLicense: {license}\n\nText.");
        prop_assert_eq!(read(&text), Ok(Metadata { name, version, licenses: vec![license], requires: Some(Vec::new()) }));
    }

    #[test]
    fn no_lines_are_too_odd_to_be_read(text in "((Name|Version|License|Classifier: License ::| )?:?[ a.]{0,3}\r?\n?){0,20}") {
        if let Ok(metadata) = read(&text) {
            prop_assert!(!metadata.name.is_empty() && !metadata.version.is_empty());
        }
    }
}
