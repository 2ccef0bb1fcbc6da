//! `database_specific` and `ecosystem_specific`: objects whose content each database makes up for
//! itself. The few members that several agree on are taken where they are what is expected;
//! whatever else stands there costs nothing.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use crate::imports::Imports;
use crate::record::Text;
use crate::text;

/// What is known of such an object.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Specific<'a> {
    /// A word: GitHub's `HIGH`.
    pub(crate) severity: Option<Text<'a>>,
    /// A word of the Debian security team.
    pub(crate) urgency: Option<Text<'a>>,
    /// What a RustSec advisory is where it is no vulnerability: `unmaintained`, `notice`.
    pub(crate) informational: Option<Text<'a>>,
    /// Where GitHub knows an end of what is affected, but no fix: `<= 1.2`.
    pub(crate) last_known: Option<Text<'a>>,
    /// RustSec's vector.
    pub(crate) cvss: Option<Text<'a>>,
    /// `cwe_ids`, or the `cweId` of each of `cwes`.
    pub(crate) weaknesses: Vec<Text<'a>>,
    /// Functions through which a package is vulnerable: the `imports` of Go's database, the `affects.functions` of
    /// RustSec's. Empty where it is vulnerable whatever is used of it.
    pub(crate) imports: Imports,
}

/// How many functions a record may name; one that names more is taken to name none.
const MAX_SYMBOLS: usize = 10_000;

/// RustSec's functions. Empty where something else stands there.
fn of_functions(affects: &Value) -> Option<Imports> {
    let functions =
        affects.get("functions")?.as_array().filter(|functions| functions.len() <= MAX_SYMBOLS)?;
    let name = |name: &Value| name.as_str().filter(|name| text::is_name(name)).map(str::to_owned);
    let symbols = functions.iter().map(name).collect::<Option<_>>()?;
    Some(Imports { symbols, ..Imports::default() })
}

impl<'de: 'a, 'a> Deserialize<'de> for Specific<'a> {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_any(SpecificVisitor)
    }
}

struct SpecificVisitor;

impl<'de> Visitor<'de> for SpecificVisitor {
    type Value = Specific<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("anything")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut specific = Specific::default();
        while let Some(key) = members.next_key::<Text<'de>>()? {
            match key.as_str() {
                "severity" => specific.severity = members.next_value::<Loose<'de>>()?.text(),
                "urgency" => specific.urgency = members.next_value::<Loose<'de>>()?.text(),
                "informational" => specific.informational = members.next_value::<Loose<'de>>()?.text(),
                "last_known_affected_version_range" => {
                    specific.last_known = members.next_value::<Loose<'de>>()?.text();
                }
                "cvss" => specific.cvss = members.next_value::<Loose<'de>>()?.text(),
                "cwe_ids" | "cwes" => specific.weaknesses = members.next_value::<Loose<'de>>()?.texts(),
                "imports" => specific.imports = Imports::read(&members.next_value()?),
                "affects" => specific.imports = of_functions(&members.next_value()?).unwrap_or_default(),
                _ => {
                    members.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(specific)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Specific::default())
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(Specific::default())
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Specific::default())
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Specific::default())
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Specific::default())
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Specific::default())
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Specific::default())
    }
}

/// Any value, of which only text is kept: a string, those of an array, the `cweId` of an object.
enum Loose<'a> {
    Text(Text<'a>),
    Texts(Vec<Text<'a>>),
    Other,
}

impl<'a> Loose<'a> {
    fn text(self) -> Option<Text<'a>> {
        match self {
            Self::Text(text) => Some(text),
            Self::Texts(_) | Self::Other => None,
        }
    }

    fn texts(self) -> Vec<Text<'a>> {
        match self {
            Self::Text(text) => vec![text],
            Self::Texts(texts) => texts,
            Self::Other => Vec::new(),
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Loose<'a> {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_any(LooseVisitor)
    }
}

struct LooseVisitor;

impl<'de> Visitor<'de> for LooseVisitor {
    type Value = Loose<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("anything")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Loose::Text(Text(text.into())))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Loose::Text(Text(text.to_owned().into())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut texts = Vec::new();
        while let Some(item) = items.next_element::<Loose<'de>>()? {
            texts.extend(item.text());
        }
        Ok(Loose::Texts(texts))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut found = Loose::Other;
        while let Some(key) = members.next_key::<Text<'de>>()? {
            if key.as_str() == "cweId" {
                found = members.next_value()?;
            } else {
                members.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Loose::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Loose::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Loose::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Loose::Other)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Loose::Other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weaknesses(json: &str) -> Vec<String> {
        let specific: Specific<'_> = serde_json::from_str(json).unwrap();
        specific.weaknesses.iter().map(|text| text.as_str().to_owned()).collect()
    }

    #[test]
    fn weaknesses_are_found_in_either_form() {
        assert_eq!(weaknesses(r#"{"cwe_ids": ["CWE-1", 2, "CWE-3"]}"#), ["CWE-1", "CWE-3"]);
        assert_eq!(
            weaknesses(r#"{"cwes": [{"name": "x", "cweId": "CWE-506"}, {"name": "y"}]}"#),
            ["CWE-506"]
        );
        assert_eq!(weaknesses(r#"{"cwe_ids": {"a": [1, {"b": null}]}, "x": [[]]}"#), [""; 0]);
    }

    #[test]
    fn functions_are_those_of_go_and_of_rust() {
        let symbols = |json: &str| serde_json::from_str::<Specific<'_>>(json).unwrap().imports.symbols;
        let go = r#"{"imports": [{"path": "a.b/c", "symbols": ["F", "T.M"]}, {"path": "a.b/d"}]}"#;
        assert_eq!(symbols(go), ["a.b/c.F", "a.b/c.T.M", "a.b/d"]);
        assert_eq!(symbols(r#"{"affects": {"arch": [], "functions": ["a::b"], "os": []}}"#), ["a::b"]);
        let many = vec!["\"F\""; MAX_SYMBOLS + 1].join(",");
        for odd in [
            r#"{"imports": 1}"#,
            r#"{"affects": {"functions": [1]}}"#,
            &format!(r#"{{"affects": {{"functions": [{many}]}}}}"#),
        ] {
            assert_eq!(symbols(odd), [""; 0], "{odd:.60}");
        }
    }

    #[test]
    fn whatever_else_stands_there_costs_nothing() {
        for json in ["null", "[1, {\"severity\": 2}]", "\"text\"", "7", "-7", "1.5", "true", "{}"] {
            let specific: Specific<'_> = serde_json::from_str(json).unwrap();
            assert_eq!(specific, Specific::default(), "{json}");
        }
        let specific: Specific<'_> =
            serde_json::from_str(r#"{"severity": {"a": 1}, "cvss": null, "urgency": 1}"#).unwrap();
        assert_eq!(specific, Specific::default());
    }
}
