//! Which fields findings and images have, of which kind each is, and which words it may hold: the fields by the schema
//! of reports, which is made from the types that are shown.

use std::sync::LazyLock;

use limpid_model::{Evidence, Image, Provenance, Severity, Status};
use serde_json::Value;

use super::Of;
use crate::schemas;

static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
    let text = schemas::ALL.iter().find(|schema| schema.name == "report-1.json").map(|schema| schema.text);
    // A test reads it.
    text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
});

/// The fields of a finding of which a notice knows nothing: they are facts of the whole image, or facts of packages that
/// advisories do not ask for.
const UNKNOWN_OF_NOTICES: [&str; 10] = [
    "finding.origin",
    "finding.update_to",
    "finding.package.detector",
    "finding.package.evidence",
    "finding.package.layer.created_by",
    "finding.package.layer.index",
    "finding.package.licenses",
    "finding.package.member",
    "finding.package.owner",
    "finding.package.purl",
];

/// Removes from a finding what is not known where a notice tells of it.
pub(super) fn forget_unknown(finding: &mut Value) {
    for place in UNKNOWN_OF_NOTICES {
        let mut at = &mut *finding;
        let mut parts = place.split('.').skip(1).peekable();
        while let (Some(part), Some(fields)) = (parts.next(), at.as_object_mut()) {
            if parts.peek().is_none() {
                fields.remove(part);
                break;
            }
            let Some(next) = fields.get_mut(part) else { break };
            at = next;
        }
    }
}

/// What is known of a value before there is one.
#[derive(Clone, Debug)]
pub(super) struct Known {
    /// Its part of the schema.
    node: &'static Value,
    /// How one writes it, with `[]` for any element: `finding.publishers[].status`.
    pub(super) place: String,
    may_be_null: bool,
}

/// Kinds of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Number,
    Bool,
    List,
    /// Values by names that anybody gives.
    Map,
    /// Fields.
    Object,
}

impl Kind {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Number => "a number",
            Self::Bool => "`true` or `false`",
            Self::List => "a list",
            Self::Map => "a map",
            Self::Object => "an object",
        }
    }
}

impl Known {
    /// What an expression may speak of; none where there is nothing of that name.
    pub(super) fn variable(name: &str) -> Option<Self> {
        let definition = match name {
            "finding" => "/$defs/Finding",
            "image" => "/$defs/Image",
            _ => return None,
        };
        Some(Self { node: SCHEMA.pointer(definition)?, place: name.to_owned(), may_be_null: false })
    }

    fn of(node: &'static Value, place: String) -> Option<Self> {
        let null = Value::from("null");
        let alternatives = node.get("anyOf").and_then(Value::as_array);
        let may_be_null = match alternatives {
            Some(alternatives) => alternatives.iter().any(|it| it.get("type") == Some(&null)),
            None => node.get("type").and_then(Value::as_array).is_some_and(|types| types.contains(&null)),
        };
        let mut node = match alternatives {
            Some(alternatives) => alternatives.iter().find(|it| it.get("type") != Some(&null))?,
            None => node,
        };
        if let Some(of) = node.get("$ref").and_then(Value::as_str) {
            node = SCHEMA.pointer(of.strip_prefix('#')?)?;
        }
        Some(Self { node, place, may_be_null })
    }

    pub(super) fn kind(&self) -> Option<Kind> {
        let types = self.node.get("type")?;
        let named = types
            .as_str()
            .or_else(|| types.as_array()?.iter().filter_map(Value::as_str).find(|name| *name != "null"));
        match named? {
            "string" => Some(Kind::Text),
            "number" | "integer" => Some(Kind::Number),
            "boolean" => Some(Kind::Bool),
            "array" => Some(Kind::List),
            "object" if self.node.get("additionalProperties").is_some_and(Value::is_object) => {
                Some(Kind::Map)
            }
            "object" => Some(Kind::Object),
            _ => None,
        }
    }

    pub(super) const fn may_be_null(&self) -> bool {
        self.may_be_null
    }

    /// A field of an object, or what a map has under a name; none where there is no such field.
    pub(super) fn field(&self, name: &str) -> Option<Self> {
        let node = match self.kind()? {
            Kind::Map => self.node.get("additionalProperties")?,
            _ => self.node.get("properties")?.get(name)?,
        };
        Self::of(node, format!("{}.{name}", self.place))
    }

    /// The fields of an object.
    pub(super) fn fields(&self) -> impl Iterator<Item = &'static str> {
        let fields = self.node.get("properties").and_then(Value::as_object);
        fields.into_iter().flat_map(|fields| fields.keys().map(String::as_str))
    }

    /// What a list holds.
    pub(super) fn element(&self) -> Option<Self> {
        Self::of(self.node.get("items")?, format!("{}[]", self.place))
    }

    /// Whether it is there, and those that it is part of.
    pub(super) fn is_known_of(&self, of: Of) -> bool {
        of == Of::Reports || !UNKNOWN_OF_NOTICES.contains(&self.place.as_str())
    }

    /// All that it may hold where that is known.
    pub(super) fn words(&self) -> Option<Vec<&'static str>> {
        let words = match self.place.as_str() {
            "finding.severity.level" => Severity::WORST_FIRST.map(Severity::as_str).to_vec(),
            "finding.status" => {
                Status::ALL.into_iter().filter(|status| status.affects()).map(Status::as_str).collect()
            }
            "finding.publishers[].status" => Status::ALL.map(Status::as_str).to_vec(),
            "finding.package.evidence" => Evidence::ALL.map(Evidence::as_str).to_vec(),
            "finding.origin" => Provenance::ALL.map(Provenance::as_str).to_vec(),
            "finding.severity.rating.of" | "finding.enrichments[].ratings[].of" => {
                vec!["package", "vulnerability"]
            }
            "image.kind" => vec![Image::BILL_OF_MATERIALS.1],
            _ => return None,
        };
        Some(words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(place: &str) -> Option<Known> {
        let mut parts = place.split('.');
        let mut known = Known::variable(parts.next().unwrap())?;
        for part in parts {
            known = match part.strip_suffix("[]") {
                Some(list) => known.field(list)?.element()?,
                None => known.field(part)?,
            };
        }
        Some(known)
    }

    #[test]
    fn fields_are_those_of_the_schema() {
        let kind = |place: &str| at(place).unwrap().kind().unwrap();
        assert_eq!(kind("finding"), Kind::Object);
        assert_eq!(kind("finding.severity.level"), Kind::Text);
        assert_eq!(kind("finding.severity.rating.score"), Kind::Number);
        assert_eq!(kind("finding.exploited"), Kind::Object);
        assert_eq!(kind("finding.aliases"), Kind::List);
        assert_eq!(kind("finding.publishers[].status"), Kind::Text);
        assert_eq!(kind("finding.package.qualifiers"), Kind::Map);
        assert_eq!(kind("finding.package.qualifiers.module"), Kind::Text);
        assert_eq!(kind("image.layers[].index"), Kind::Number);
        assert!(at("finding.nothing").is_none());
        assert!(at("finding.exploited").unwrap().may_be_null());
        assert!(at("finding.fixed_version").unwrap().may_be_null());
        assert!(!at("finding.vulnerability").unwrap().may_be_null());
    }

    #[test]
    fn what_notices_do_not_know_and_what_has_words_is_there() {
        for place in UNKNOWN_OF_NOTICES {
            assert!(at(place).is_some(), "{place}");
        }
        let with_words = [
            "finding.severity.level",
            "finding.status",
            "finding.publishers[].status",
            "finding.package.evidence",
            "finding.origin",
            "finding.severity.rating.of",
            "finding.enrichments[].ratings[].of",
            "image.kind",
        ];
        for place in with_words {
            assert_eq!(at(place).unwrap().kind(), Some(Kind::Text), "{place}");
            assert!(!at(place).unwrap().words().unwrap().is_empty(), "{place}");
        }
    }
}
