//! Whatever the input, it is read or refused.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{document, parse};

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        Just(json!(7)),
        Just(json!("fixed")),
        Just(json!("CVE-2024-0001")),
        Just(json!({"@id": "pkg:npm/a@1"})),
        ".{0,10}".prop_map(Value::from),
    ];
    prop_oneof![4 => leaf.clone(), 1 => prop::collection::vec(leaf, 0..4).prop_map(Value::from)]
}

fn statement() -> impl Strategy<Value = Value> {
    let names = ["@id", "vulnerability", "products", "subcomponents", "status", "justification", "timestamp"];
    prop::collection::btree_map(prop::sample::select(names.to_vec()), value(), 0..7)
        .prop_map(|members| json!(members))
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in ".{0,200}") {
        let (result, _) = parse(&text);
        prop_assert!(result.is_err());
    }

    #[test]
    fn every_statement_is_given_or_told(statements in prop::collection::vec(statement(), 0..8)) {
        let (result, given) = parse(&document(&json!(statements)));
        prop_assert_eq!(result.map(|document| document.statements), Ok(statements.len()));
        prop_assert_eq!(given.len(), statements.len());
        for (place, one) in given.into_iter().enumerate() {
            match one {
                Ok(one) => prop_assert!(!one.vulnerability.name.is_empty()),
                Err(unread) => prop_assert_eq!(unread.place, place),
            }
        }
    }

    #[test]
    fn a_document_that_is_cut_off_is_refused(statements in prop::collection::vec(statement(), 0..4), cut in 1usize..200) {
        let text = document(&json!(statements));
        let end = text.floor_char_boundary(text.len().saturating_sub(cut));
        prop_assert!(parse(&text[..end]).0.is_err());
    }
}
