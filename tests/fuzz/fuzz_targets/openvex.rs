//! Reads OpenVEX: whatever comes, all statements are given or told, at once and in pieces alike.

#![no_main]

use std::io::{BufReader, Read};

use libfuzzer_sys::fuzz_target;
use limpid_openvex::{Document, Statement, Unread, read};
use limpid_plugin_sdk::Error;

type Given = (Result<Document, Error>, Vec<Result<Statement, Unread>>);

fuzz_target!(|data: &[u8]| {
    let whole = parse(data);
    assert_eq!(whole, parse(BufReader::with_capacity(7, data)), "read at once, and in pieces");
    let (document, statements) = whole;
    if let Ok(document) = document {
        assert_eq!(document.statements, statements.len());
    }
    for (place, statement) in statements.into_iter().enumerate() {
        match statement {
            Ok(statement) => assert!(!statement.vulnerability.name.is_empty()),
            Err(unread) => assert_eq!(unread.place, place),
        }
    }
});

fn parse(input: impl Read) -> Given {
    let mut statements = Vec::new();
    let document = read(input, |statement| statements.push(statement));
    (document, statements)
}
