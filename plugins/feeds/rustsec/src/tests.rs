use limpid_plugin_sdk::feed::{Affected, Bound, Range, Rating};
use limpid_plugin_sdk::testing::{Collected, InMemory};

use super::*;

mod corpus;

const DOCUMENT: &str = r##"```toml
[advisory]
id = "RUSTSEC-2024-0001"
package = "left-pad"
aliases = ["cve-2024-0001", "GHSA-wh98-p28r-vrc9"]
related = ["CVE-2024-0002"]
cvss = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"
date = "2024-05-01"
withdrawn = "2024-05-02"
url = "https://example.org/pads"
references = ["https://example.org/pads", "https://example.org/more"]
informational = "unsound"
categories = ["memory-corruption"]

[affected]
arch = ["x86"]
os = ["windows", "linux"]
[affected.functions]
"left_pad::pad" = ["< 1.3.0, >= 1.0.0", ">= 2.0.0"]
"left_pad::Pad::leak" = [">= 1.2.0, < 1.9.0"]

[versions]
patched = [">= 2.0.2", "^1.4.1"]
unaffected = ["< 1.0.0"]
```

# Pads   `leak`

They do.

```rust
left_pad::pad();
```
"##;

fn parse(source: &str, documents: &[(&'static str, &str)]) -> (Result<Option<String>, Error>, Collected) {
    let mut sink = Collected::default();
    let mut documents = InMemory::new(documents.iter().map(|(name, text)| (*name, *text)));
    (RustSec::parse(source, &mut documents, &mut sink), sink)
}

fn accepted(name: &'static str, text: &str) -> limpid_plugin_sdk::feed::Advisory {
    let (result, mut sink) = parse("handed in", &[(name, text)]);
    assert_eq!((result, sink.rejected.as_slice()), (Ok(None), [].as_slice()));
    sink.advisories.remove(0)
}

fn refused(text: &str) -> String {
    match parse("handed in", &[("RUSTSEC-2024-0001.md", text)]) {
        (Err(error), sink) if sink.advisories.is_empty() => error.to_string(),
        (other, _) => panic!("{text} is not refused: {other:?}"),
    }
}

/// A document of these requirements and functions.
fn of_versions(patched: &str, unaffected: &str, functions: &str) -> String {
    format!(
        "```toml\n[advisory]\nid = \"RUSTSEC-2024-0001\"\npackage = \"left-pad\"\n[affected]\nfunctions = \
         {{ {functions} }}\n[versions]\npatched = [{patched}]\nunaffected = [{unaffected}]\n```\n"
    )
}

#[test]
fn a_run_fetches_one_archive() {
    let expected = "https://github.com/rustsec/advisory-db/archive/refs/heads/main.tar.gz";
    assert_eq!(RustSec::sources(None), [Source::whole("advisories", expected)]);
}

#[test]
fn a_document_becomes_an_advisory() {
    let advisory = accepted("RUSTSEC-2024-0001.md", DOCUMENT);
    assert_eq!(advisory.id, "RUSTSEC-2024-0001");
    assert_eq!(advisory.aliases, ["CVE-2024-0001", "GHSA-wh98-p28r-vrc9"]);
    assert_eq!(advisory.title, "Pads `leak`");
    assert_eq!(advisory.details, "They do.\n\n```rust\nleft_pad::pad();\n```");
    assert_eq!(advisory.ratings, [Rating::word("CVSS:3.1", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H")]);
    assert_eq!(advisory.references, ["https://example.org/pads", "https://example.org/more"]);
    assert_eq!(advisory.published.as_deref(), Some("2024-05-01T00:00:00Z"));
    assert_eq!(advisory.withdrawn.as_deref(), Some("2024-05-02T00:00:00Z"));
    let of = |symbols: &[&str], range: Range| Affected {
        namespace: "cargo".to_owned(),
        name: "left-pad".to_owned(),
        scheme: "crates".to_owned(),
        symbols: symbols.iter().map(|&symbol| symbol.to_owned()).collect(),
        ranges: vec![range],
        note: Some("informational: unsound; on windows, linux; on x86".to_owned()),
        ..Affected::default()
    };
    let both = ["left_pad::Pad::leak", "left_pad::pad"];
    let expected = [
        of(&both, Range::before("1.4.1").from("1.0.0")),
        of(&["left_pad::pad"], Range::before("2.0.2").from("2.0.0-0")),
    ];
    assert_eq!(advisory.affected, expected);
}

#[test]
fn functions_count_where_some_are_of_all_versions_up_to_a_fix() {
    let check = |patched: &str, functions: &str, expected: &[&[&str]]| {
        let advisory = accepted("RUSTSEC-2024-0001.md", &of_versions(patched, "", functions));
        let symbols: Vec<_> = advisory.affected.iter().map(|affected| affected.symbols.as_slice()).collect();
        assert_eq!(symbols, expected, "{patched}, {functions}");
    };
    check("'>= 1.0.0'", "", &[&[]]);
    check("'>= 1.0.0'", "'a::f' = ['*'], 'a::g' = ['>= 0']", &[&["a::f", "a::g"]]);
    check("'>= 1.0.0'", "'a::f' = ['< 0.5.0'], 'a::g' = ['>= 0.5.0']", &[&["a::f", "a::g"]]);
    check("'>= 1.0.0'", "'a::f' = ['< 0.5.0'], 'a::g' = ['> 0.5.0']", &[&[]]);
    check("'>= 1.0.0'", "'a::f' = ['< 2.0.0'], 'a::g' = ['> 1.0.0']", &[&["a::f"]]);
    check("'>= 1.0.0'", "'a::f' = []", &[&[]]);
    check("'^1.0.0', '>= 2.1.0'", "'a::f' = ['< 1.0.0']", &[&["a::f"], &[]]);
    check("'^1.0.0', '>= 2.1.0'", "'a::f' = ['*']", &[&["a::f"]]);
}

#[test]
fn what_comes_with_rust_is_of_that_program() {
    let of = |name: &'static str, id: &str, package: &str| {
        let text = format!(
            "```toml\n[advisory]\nid = \"{id}\"\npackage = \"{package}\"\n[versions]\npatched = [\"^1.52.0\", \
             \">= 2.1.0\"]\n```\n# Heap\n"
        );
        let mut advisory = accepted(name, &text);
        let affected = advisory.affected.remove(0);
        (affected.namespace, affected.name, affected.scheme, affected.note, affected.ranges)
    };
    let ranges = |second: &str| vec![Range::before("1.52.0"), Range::before("2.1.0").from(second)];
    let rust = |note: Option<&str>| {
        let [namespace, name, scheme] = ["nvd", "rust-lang:rust", "generic"].map(str::to_owned);
        (namespace, name, scheme, note.map(str::to_owned), ranges("2.0.0"))
    };
    assert_eq!(of("db-main/rust/std/CVE-2024-0001.md", "CVE-2024-0001", "std"), rust(None));
    assert_eq!(of("db-main/rust/cargo/CVE-2024-0001.md", "CVE-2024-0001", "cargo"), rust(Some("in cargo")));
    assert_eq!(of("CVE-2024-0001.md", "CVE-2024-0001", "std"), rust(None));
    let [namespace, scheme] = ["cargo", "crates"].map(str::to_owned);
    let cargo = (namespace, "cargo".to_owned(), scheme, None, ranges("2.0.0-0"));
    assert_eq!(of("RUSTSEC-2024-0001.md", "RUSTSEC-2024-0001", "cargo"), cargo);
    assert_eq!(of("db-main/crates/cargo/CVE-2024-0001.md", "CVE-2024-0001", "cargo"), cargo);
}

#[test]
fn what_is_no_advisory_is_refused_with_the_reason() {
    let without = |text: &str| DOCUMENT.replace(text, "");
    assert!(refused("# Advisories").contains("it does not begin with"));
    assert!(refused("```toml\n[advisory]\n").contains("no line"));
    assert!(refused("```toml\nid = \n```\n").contains("malformed"));
    assert!(refused(&without("id = \"RUSTSEC-2024-0001\"")).contains("missing field `id`"));
    assert!(refused(&without("package = \"left-pad\"")).contains("missing field `package`"));
    assert!(refused(&DOCUMENT.replace("RUSTSEC-2024-0001", "")).contains("no identifier"));
    assert!(refused(&DOCUMENT.replace("left-pad", "../pad")).contains("no name of a crate"));
    assert!(refused(&DOCUMENT.replace("^1.4.1", "^1.x.1")).contains("no requirement of a version"));
    assert!(refused(&DOCUMENT.replace("< 1.3.0, >= 1.0.0", "1.x.1")).contains("no requirement of a version"));
    let of_none = of_versions("'*'", "", "");
    assert!(refused(&of_none).contains("none is vulnerable"));
    let withdrawn = of_none.replace("[affected]", "withdrawn = '2024-05-01'\n[affected]");
    assert_eq!(accepted("RUSTSEC-2024-0001.md", &withdrawn).affected, []);
    let many: Vec<String> = (0..10_001).map(|number| format!("f{number} = ['*']")).collect();
    assert!(refused(&of_versions("'>= 1.0.0'", "", &many.join(", "))).contains("more than 10000 functions"));
    assert!(
        refused(&format!("{DOCUMENT}{}", " ".repeat(1 << 20))).contains("over the limit of 1048576 bytes")
    );
    let unknown = DOCUMENT.replace("left-pad", "rustfmt");
    let (result, _) = parse("advisories", &[("rust/rustfmt/CVE-2024-0001.md", &unknown)]);
    assert!(result.unwrap_err().to_string().contains("nothing of Rust is known as `rustfmt`"));
}

#[test]
fn documents_are_told_by_their_folders() {
    let check = |path: &str, expected: Option<Of>| assert_eq!(of(path), expected, "{path}");
    check("advisory-db-main/crates/time/RUSTSEC-2020-0071.md", Some(Of::Crate));
    check("crates/time/RUSTSEC-2020-0071.md", Some(Of::Crate));
    check("advisory-db-main/rust/std/CVE-2022-21658.md", Some(Of::Rust));
    check("RUSTSEC-2020-0071.md", Some(Of::Unknown));
    check("handed in", Some(Of::Unknown));
    check("advisory-db-main/README.md", None);
    check("advisory-db-main/EXAMPLE_ADVISORY.md", None);
    check("advisory-db-main/crates/README.md", None);
    check("advisory-db-main/crates/time/notes.txt", None);
    check("advisory-db-main/crates/time/.draft.md", None);
}

#[test]
fn one_document_does_not_stand_for_all() {
    let check = |source: &str, names: &[&'static str], expected: &str| {
        let documents: Vec<_> = names.iter().map(|&name| (name, DOCUMENT)).collect();
        let (result, sink) = parse(source, &documents);
        assert_eq!((result, sink.identified.as_deref()), (Ok(None), Some(expected)), "{source}, {names:?}");
    };
    check("advisories", &["crates/left-pad/RUSTSEC-2024-0001.md"], "advisories");
    check("handed in", &["RUSTSEC-2024-0001.md"], "left-pad/RUSTSEC-2024-0001");
    check("handed in", &["crates/a/RUSTSEC-1.md", "crates/b/RUSTSEC-2.md"], "advisories");
}

#[test]
fn documents_are_as_old_as_the_newest() {
    let older = DOCUMENT.replace("date = \"2024-05-01\"", "date = \"2023-05-01\"");
    let documents = [("crates/a/RUSTSEC-1.md", DOCUMENT), ("crates/b/RUSTSEC-2.md", &older)];
    assert_eq!(parse("advisories", &documents).1.dated.as_deref(), Some("2024-05-01T00:00:00Z"));
}

#[test]
fn a_bad_document_costs_itself_and_nothing_else() {
    let good = ("crates/left-pad/RUSTSEC-2024-0001.md", DOCUMENT);
    let bad = ("crates/left-pad/RUSTSEC-2024-0002.md", "# Nothing");
    let (result, sink) = parse("advisories", &[bad, good]);
    assert_eq!((result, sink.advisories.len()), (Ok(None), 1));
    assert_eq!(sink.rejected[0].0, bad.0);
    assert!(parse("advisories", &[bad, bad]).0.unwrap_err().to_string().contains("none of 2 documents"));
    assert!(parse("advisories", &[("db/README.md", "")]).0.unwrap_err().to_string().contains("no document"));
}

#[test]
fn an_end_that_is_unaffected_is_no_fix() {
    let advisory = accepted("RUSTSEC-2024-0001.md", &of_versions("", "'>= 2.0.0'", ""));
    let until = advisory.affected[0].ranges[0].until.clone();
    assert_eq!(until, Some(Bound::Limit("2.0.0".to_owned())));
}
