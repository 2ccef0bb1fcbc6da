mod properties;

use limpid_plugin_sdk::Error;
use serde_json::{Value, json};

use crate::{Component, Document, Product, Statement, Status, Unread, read};

type Statements = Vec<Result<Statement, Unread>>;

fn parse(text: &str) -> (Result<Document, Error>, Statements) {
    let mut statements = Vec::new();
    let document = read(text.as_bytes(), |statement| statements.push(statement));
    (document, statements)
}

/// A document of these statements.
fn document(statements: &Value) -> String {
    json!({
        "@context": "https://openvex.dev/ns/v0.2.0",
        "@id": "https://example.org/vex-1",
        "author": "somebody",
        "role": "nobody",
        "timestamp": "2024-05-01T00:00:00Z",
        "version": 1,
        "statements": statements,
    })
    .to_string()
}

fn only(statement: &Value) -> Statement {
    let (document, mut statements) = parse(&document(&json!([statement])));
    assert_eq!(document.map(|document| document.statements), Ok(1), "{statement}");
    statements.remove(0).unwrap_or_else(|unread| panic!("{statement}: {unread:?}"))
}

fn refused(text: &str) -> String {
    parse(text).0.unwrap_err().to_string()
}

#[test]
fn a_document_says_what_it_is_wherever_that_stands() {
    let expected = Document {
        context: "https://openvex.dev/ns/v0.2.0".to_owned(),
        id: "https://example.org/vex-1".to_owned(),
        author: "somebody".to_owned(),
        timestamp: "2024-05-01T00:00:00Z".to_owned(),
        last_updated: String::new(),
        statements: 0,
    };
    assert_eq!(parse(&document(&json!([]))).0, Ok(expected.clone()));
    let wrapped = r#"{"statements": [], "metadata": {"@context": "https://openvex.dev/ns/v0.2.0",
        "@id": "https://example.org/vex-1", "author": "somebody", "timestamp": "2024-05-01T00:00:00Z",
        "statements": "are not here", "version": 1}}"#;
    assert_eq!(parse(wrapped).0, Ok(expected));
}

#[test]
fn a_statement_has_all_that_the_schema_has() {
    let statement = only(&json!({
        "@id": "s-1",
        "version": 2,
        "vulnerability": {
            "@id": "https://nvd.nist.gov/vuln/detail/CVE-2024-0001",
            "name": "CVE-2024-0001",
            "description": "Pads too far.",
            "aliases": ["GHSA-0000-0000-0001"],
        },
        "timestamp": "2024-05-02T00:00:00Z",
        "last_updated": "2024-05-03T00:00:00Z",
        "products": [{
            "@id": "https://example.org/pads",
            "identifiers": {"purl": "pkg:npm/left-pad@1", "cpe23": "cpe:2.3:a:pads:pads:1:*:*:*:*:*:*:*"},
            "hashes": {"sha-256": "00"},
            "subcomponents": [{"@id": "pkg:npm/inner@2"}, "pkg:npm/other"],
        }],
        "supplier": "pads",
        "status": "affected",
        "status_notes": "notes",
        "impact_statement": "impact",
        "action_statement": "action",
        "action_statement_timestamp": "2024-05-02T00:00:00Z",
    }));
    assert_eq!((statement.id.as_str(), statement.status), ("s-1", Status::Affected));
    assert_eq!(statement.vulnerability.aliases, ["GHSA-0000-0000-0001"]);
    assert_eq!(statement.vulnerability.description, "Pads too far.");
    let texts = [
        &statement.status_notes,
        &statement.impact_statement,
        &statement.action_statement,
        &statement.timestamp,
        &statement.last_updated,
        &statement.supplier,
    ];
    assert_eq!(texts, ["notes", "impact", "action", "2024-05-02T00:00:00Z", "2024-05-03T00:00:00Z", "pads"]);
    let [Product { component, subcomponents }] = statement.products.as_slice() else { panic!() };
    assert_eq!(component.purl(), Some("pkg:npm/left-pad@1"));
    assert_eq!(component.identifiers.len(), 2);
    let purls: Vec<_> = subcomponents.iter().map(|part| part.purl()).collect();
    assert_eq!(purls, [Some("pkg:npm/inner@2"), Some("pkg:npm/other")]);
}

#[test]
fn the_first_edition_of_the_schema_is_read_as_well() {
    let statement = only(&json!({
        "vulnerability": "CVE-2024-0001",
        "vuln_description": "Pads too far.",
        "products": ["pkg:apk/wolfi/a@1", "not a purl"],
        "subcomponents": ["pkg:npm/left-pad"],
        "status": "not_affected",
        "justification": "vulnerable_code_not_in_execute_path",
    }));
    assert_eq!(statement.vulnerability.name, "CVE-2024-0001");
    assert_eq!(statement.vulnerability.description, "Pads too far.");
    assert_eq!(statement.justification, "vulnerable_code_not_in_execute_path");
    let inner = Component { id: "pkg:npm/left-pad".to_owned(), ..Component::default() };
    assert!(statement.products.iter().all(|product| product.subcomponents == [inner.clone()]));
    assert_eq!(statement.products[1].component.purl(), None);
}

#[test]
fn a_vulnerability_is_named_by_the_end_of_its_address_where_it_has_no_name() {
    let statement = only(&json!({
        "vulnerability": {"@id": "https://nvd.nist.gov/vuln/detail/CVE-2024-0001", "name": null},
        "products": null,
        "status": "under_investigation",
    }));
    assert_eq!(statement.vulnerability.name, "CVE-2024-0001");
    assert_eq!(statement.products, []);
}

#[test]
fn a_statement_that_cannot_be_used_costs_itself_only() {
    let good = json!({"vulnerability": "CVE-1", "status": "fixed"});
    let check = |bad: Value, expected: &str| {
        let (result, statements) = parse(&document(&json!([good, bad, good])));
        assert_eq!(result.map(|document| document.statements), Ok(3), "{bad}");
        let [Ok(_), Err(Unread { place: 1, why }), Ok(_)] = statements.as_slice() else {
            panic!("{bad}: {statements:?}")
        };
        assert!(why.to_string().contains(expected), "{why}");
    };
    check(json!({"vulnerability": "CVE-1", "status": "mended"}), "unknown variant `mended`");
    check(json!({"vulnerability": "CVE-1"}), "missing field `status`");
    check(json!({"status": "fixed"}), "it names no vulnerability");
    check(json!({"vulnerability": {"aliases": []}, "status": "fixed"}), "it names no vulnerability");
    check(json!({"vulnerability": 7, "status": "fixed"}), "expected a string or an object");
    check(
        json!({"vulnerability": "CVE-1", "status": "fixed", "products": "pkg:npm/a"}),
        "expected a sequence",
    );
    check(json!(null), "invalid type: null");
    check(json!([]), "invalid");
}

#[test]
fn other_documents_are_refused() {
    let check = |text: &str, expected: &str| {
        let why = refused(text);
        assert!(why.contains(expected), "{text:.100}: {why}");
    };
    check("", "EOF");
    check("[]", "expected an object");
    check("<html>", "expected value");
    check("{}", "its `@context` is ``");
    check(r#"{"@context": "https://example.org/", "statements": []}"#, "not that of OpenVEX");
    check(r#"{"@context": "https://openvex.dev/ns", "statements": {}}"#, "expected an array of statements");
    check(r#"{"@context": "https://openvex.dev/ns", "statements": [{"#, "EOF");
    check(&format!("{} x", document(&json!([]))), "trailing characters");
    let long = format!(r#"{{"statements": [{{"vulnerability": "{}"#, "x".repeat(33 << 20));
    check(&long, "over the limit of 33554432 bytes");
}

#[test]
fn only_one_statement_counts_against_the_limit() {
    let long = "x".repeat(20 << 20);
    let statement = json!({"vulnerability": "CVE-1", "status": "fixed", "status_notes": long});
    let (result, statements) = parse(&document(&json!([statement, statement])));
    assert_eq!(result.map(|document| document.statements), Ok(2));
    assert!(statements.iter().all(Result::is_ok));
}

#[test]
fn what_a_document_says_of_itself_is_kept_short() {
    let text = format!(r#"{{"@context": "https://openvex.dev/ns", "author": "{}"}}"#, "ä".repeat(4000));
    assert_eq!(parse(&text).0.map(|document| document.author.len()), Ok(4096));
}
