use limpid_plugin_sdk::Error;
use proptest::prelude::*;

use crate::{Step, Xml};

/// All texts of the elements in the outermost one, or why there are none.
fn texts(document: &[u8]) -> Result<Vec<String>, Error> {
    let mut xml = Xml::new(document);
    let mut texts = Vec::new();
    if xml.child()? {
        while xml.child()? {
            texts.push(xml.text()?);
        }
    }
    while xml.next()? != Step::End {}
    Ok(texts)
}

fn refused(document: &[u8]) -> String {
    match texts(document) {
        Err(Error::Malformed(why) | Error::Other(why)) => why,
        other => panic!("was read: {other:?}"),
    }
}

#[test]
fn a_text_is_that_of_an_element_and_of_all_in_it() {
    let check = |document: &str, expected: &[&str]| {
        let document = format!("<?xml version=\"1.0\"?><!DOCTYPE a><a>{document}</a>");
        assert_eq!(texts(document.as_bytes()).unwrap(), expected, "{document}");
    };
    check("<b> one </b><c/><d><![CDATA[<two>]]></d>", &["one", "", "<two>"]);
    check("<b>1<c>2</c>3</b>", &["123"]);
    check("<b>&lt;&#65;&#x42;&amp;&quot;</b>", &["<AB&\""]);
    check("<b>x<!-- y -->z</b>", &["xz"]);
    check("lost<b/>", &[""]);
}

#[test]
fn attributes_are_those_of_the_element_that_was_opened_last() {
    let mut xml = Xml::new(r#"<x:a one="1 &amp; 2" two='3'><b/></x:a>"#.as_bytes());
    assert!(xml.child().unwrap());
    assert_eq!(xml.name(), "a");
    assert_eq!(xml.attribute("one").unwrap().as_deref(), Some("1 & 2"));
    assert_eq!(xml.attribute_or_empty("two").unwrap(), "3");
    assert_eq!(xml.attribute("three").unwrap(), None);
    xml.skip().unwrap();
    assert_eq!(xml.next().unwrap(), Step::End);
}

#[test]
fn what_is_broken_or_has_no_bound_is_refused() {
    let check = |document: &[u8], expected: &str| {
        let why = refused(document);
        assert!(why.contains(expected), "{:.40}: {why}", String::from_utf8_lossy(document));
    };
    check(b"<a><b>", "ends before its outermost element");
    check(b"<a><b></a>", "`</b>`");
    check(b"<a><b>&bomb;</b></a>", "entity `bomb` is not known");
    check("<a>".repeat(100).as_bytes(), "deeper in each other than the limit of 64");
    check(b"<a><b>\xff</b></a>", "utf-8");
    let endless = [b"<a><b>".to_vec(), vec![b'x'; 33 << 20]].concat();
    check(&endless, "a record is over the limit of 33554432 bytes");
}

#[test]
fn a_text_is_cut_off_at_its_bound() {
    let document = format!("<a><b>{}</b></a>", "ä".repeat(200_000));
    assert_eq!(texts(document.as_bytes()).unwrap()[0].len(), 256 << 10);
}

proptest! {
    #[test]
    fn no_bytes_are_fatal(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        text in r#"(<|>|/|[a-c]|=|"|&|;|#|!\[CDATA\[|\]|--|\?| ){0,60}"#,
    ) {
        let _ = texts(&bytes);
        let _ = texts(text.as_bytes());
    }
}
