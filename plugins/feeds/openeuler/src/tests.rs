mod corpus;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Feed, Mode, Source};
use limpid_plugin_sdk::testing::{Collected, InMemory};
use proptest::prelude::*;

use crate::OpenEuler;

fn parse(source: &str, document: impl Into<Vec<u8>>) -> Result<(Option<String>, Collected), Error> {
    let mut sink = Collected::default();
    let mut documents = InMemory::new([("document.json", document.into())]);
    OpenEuler::parse(source, &mut documents, &mut sink).map(|cursor| (cursor, sink))
}

const LIST: &str = r#"[{"id": "OESA-2021-1001", "modified": "2021-01-21T11:02:32Z"},
    {"id": "OESA-2021-1002", "modified": "2021-02-21T11:02:32Z"}, {"id": "../x", "modified": "2021-01-21T11:02:32Z"}]"#;

#[test]
fn a_run_follows_what_changed_since_the_last() {
    let [first] = &OpenEuler::sources(None)[..] else { panic!("one source") };
    assert_eq!((first.name.as_str(), first.mode), ("changes", Mode::Delta));
    let (cursor, sink) = parse("changes", LIST).unwrap();
    assert_eq!((sink.followed.len(), sink.rejected.len()), (2, 1));
    let cursor = cursor.unwrap();
    assert_eq!(cursor, "2021-02-21T11:02:32Z");
    let [next] = &OpenEuler::sources(Some(cursor))[..] else { panic!("one source") };
    assert_eq!(next.name, "changes since 2021-02-21T11:02:32Z");
    let (cursor, sink) = parse(&next.name, LIST).unwrap();
    assert_eq!((cursor.as_deref(), sink.followed.len()), (Some("2021-02-21T11:02:32Z"), 0));
    let (_, sink) = parse("changes since 2021-02-01T00:00:00Z", LIST).unwrap();
    let address = "https://repo.openeuler.org/security/data/osv/OESA-2021-1002.json";
    assert_eq!(sink.followed, [Source::whole("OESA-2021-1002", address)]);
}

#[test]
fn a_list_that_names_nothing_is_refused() {
    for list in ["", "[]", "{}", "<html>", "[1]"] {
        assert!(matches!(parse("changes", list), Err(Error::Malformed(_))), "{list}");
    }
    assert!(parse("OESA-2021-1001", "<html>").is_err());
}

proptest! {
    #[test]
    fn no_bytes_are_fatal(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse("changes", [b"[".to_vec(), bytes].concat());
    }
}
