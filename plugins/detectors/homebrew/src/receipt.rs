//! `INSTALL_RECEIPT.json`, which Homebrew writes when it has installed a formula.

use limpid_lockfile::{Fields, Records, fields, text};
use limpid_plugin_sdk::Error;

/// What a receipt says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Receipt {
    /// `homebrew/core`; none of a formula that was installed from a path or an address.
    pub tap: Option<String>,
    /// `x86_64`; none of old receipts.
    pub arch: Option<String>,
    /// Whether somebody asked for it, or it was needed by another.
    pub is_requested: Option<bool>,
    /// Formulae that it needs to run, by their names, with the taps of those that are not of `homebrew/core`; none where
    /// old receipts do not say it.
    pub requires: Option<Vec<String>>,
}

impl Receipt {
    /// Reads a receipt. Taps have two names, and those that `homebrew/core` had before are that.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] where it is no object, or its fields are of other types.
    pub fn read(bytes: &[u8]) -> Result<Self, Error> {
        let receipt = fields(bytes)?;
        let source = match receipt.get("source").filter(|source| source.get() != "null") {
            Some(source) => fields(source.get().as_bytes())?,
            None => Fields::new(),
        };
        let tap = text(&source, "tap")?.or(text(&receipt, "tapped_from")?);
        let tap = tap.map(|tap| match tap.as_str() {
            "mxcl/master" | "Homebrew/homebrew" => "homebrew/core".to_owned(),
            _ => tap.to_lowercase(),
        });
        Ok(Self {
            tap: tap.filter(|tap| is_tap(tap)),
            arch: text(&receipt, "arch")?,
            is_requested: is_requested(&receipt),
            requires: requires(&receipt),
        })
    }
}

/// What it was linked with, and what it needs otherwise. Newer versions of Homebrew tell what it needs itself from what
/// these need.
fn requires(receipt: &Fields<'_>) -> Option<Vec<String>> {
    let Records(dependencies) = serde_json::from_str(receipt.get("runtime_dependencies")?.get()).ok()?;
    let mut names = Vec::new();
    for dependency in dependencies {
        let dependency = fields(dependency.get().as_bytes()).ok()?;
        let is_indirect = dependency.get("declared_directly").is_some_and(|value| value.get() == "false");
        if !is_indirect {
            names.push(text(&dependency, "full_name").ok()??);
        }
    }
    Some(names)
}

fn is_requested(receipt: &Fields<'_>) -> Option<bool> {
    let is = |key: &str| receipt.get(key).and_then(|value| serde_json::from_str::<bool>(value.get()).ok());
    match (is("installed_on_request"), is("installed_as_dependency")) {
        (Some(true), _) => Some(true),
        (Some(false), Some(true)) | (None, Some(true)) => Some(false),
        // Newer versions of Homebrew write the first alone.
        (Some(false), None) => Some(false),
        _ => None,
    }
}

fn is_tap(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let is_name = |name: &str| !name.is_empty() && name.bytes().all(is_part);
    text.split_once('/').is_some_and(|(owner, name)| is_name(owner) && is_name(name))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tap(text: &str) -> Option<String> {
        Receipt::read(text.as_bytes()).unwrap().tap
    }

    #[test]
    fn a_tap_has_two_names() {
        assert_eq!(tap(r#"{"source": {"tap": "homebrew/core"}}"#).as_deref(), Some("homebrew/core"));
        assert_eq!(tap(r#"{"source": {"tap": "Acme/Tap"}}"#).as_deref(), Some("acme/tap"));
        assert_eq!(tap(r#"{"tapped_from": "Homebrew/homebrew"}"#).as_deref(), Some("homebrew/core"));
        assert_eq!(tap(r#"{"tapped_from": "path or URL", "source": null}"#), None);
        assert_eq!(tap(r#"{"source": {"tap": null}}"#), None);
        assert_eq!(tap(r#"{"source": {"tap": "a/b/c"}}"#), None);
    }

    #[test]
    fn a_formula_needs_what_it_declares_itself_where_that_is_told() {
        let check = |dependencies: &str, expected: Option<&[&str]>| {
            let text = format!(r#"{{"runtime_dependencies": {dependencies}}}"#);
            let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
            assert_eq!(
                Receipt::read(text.as_bytes()).unwrap().requires,
                expected.map(names),
                "{dependencies}"
            );
        };
        let older = r#"[{"full_name": "openssl@3", "version": "3.2.0"}, {"full_name": "acme/tap/b", "version": "1"}]"#;
        check(older, Some(&["openssl@3", "acme/tap/b"]));
        let newer = r#"[{"full_name": "a", "declared_directly": true}, {"full_name": "b", "declared_directly": false}]"#;
        check(newer, Some(&["a"]));
        check("[]", Some(&[]));
        check("null", None);
        check(r#"[{"version": "1"}]"#, None);
        assert_eq!(Receipt::read(b"{}").unwrap().requires, None);
    }

    #[test]
    fn a_formula_is_requested_or_a_dependency() {
        let check = |fields: &str, expected: Option<bool>| {
            let found = Receipt::read(format!("{{{fields}}}").as_bytes()).unwrap().is_requested;
            assert_eq!(found, expected, "{fields}");
        };
        check(r#""installed_on_request": true, "installed_as_dependency": true"#, Some(true));
        check(r#""installed_on_request": false, "installed_as_dependency": true"#, Some(false));
        check(r#""installed_on_request": false"#, Some(false));
        check(r#""installed_on_request": false, "installed_as_dependency": false"#, None);
        check("", None);
    }

    #[test]
    fn a_receipt_of_another_shape_is_malformed() {
        for text in ["", "[]", r#"{"source": []}"#, r#"{"arch": 1}"#, r#"{"source": {"tap": 1}}"#] {
            assert!(matches!(Receipt::read(text.as_bytes()), Err(Error::Malformed(_))), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_json_is_too_odd_to_be_read(text in "(\\{|\\}|\\[|\\]|,|:|\"source\"|\"tap\"|\"a/b\"|true|\"arch\"){0,30}") {
            if let Ok(Receipt { tap: Some(tap), .. }) = Receipt::read(text.as_bytes()) {
                prop_assert!(is_tap(&tap));
            }
        }
    }
}
