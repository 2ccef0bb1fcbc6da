//! A record as the [schema](https://ossf.github.io/osv-schema/) has it, as far as it is used here.
//! JSON is borrowed from. What the schema wants may be missing or null, as it is in many records;
//! what is there must be of its kind.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Visitor};

use crate::specific::Specific;

/// A record.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Record<'a> {
    #[serde(borrow)]
    pub(crate) id: Option<Text<'a>>,
    #[serde(borrow)]
    pub(crate) modified: Option<Text<'a>>,
    #[serde(borrow)]
    pub(crate) published: Option<Text<'a>>,
    #[serde(borrow)]
    pub(crate) withdrawn: Option<Text<'a>>,
    #[serde(borrow, deserialize_with = "nullable")]
    pub(crate) aliases: Vec<Text<'a>>,
    /// What a distribution's record passes on: the vulnerabilities that it fixes.
    #[serde(borrow, deserialize_with = "nullable")]
    pub(crate) upstream: Vec<Text<'a>>,
    #[serde(borrow, deserialize_with = "nullable")]
    pub(crate) related: Vec<Text<'a>>,
    #[serde(borrow)]
    pub(crate) summary: Option<Text<'a>>,
    #[serde(borrow)]
    pub(crate) details: Option<Text<'a>>,
    #[serde(borrow, deserialize_with = "nullable")]
    pub(crate) severity: Vec<Severity<'a>>,
    #[serde(borrow)]
    pub(crate) affected: Option<Vec<Affected<'a>>>,
    #[serde(borrow, deserialize_with = "nullable")]
    pub(crate) references: Vec<Reference<'a>>,
    #[serde(borrow)]
    pub(crate) database_specific: Specific<'a>,
}

/// How severe it is.
#[derive(Deserialize)]
pub(crate) struct Severity<'a> {
    /// `CVSS_V3`, or a publisher's name: `Ubuntu`.
    #[serde(borrow, rename = "type")]
    pub(crate) kind: Text<'a>,
    /// The vector, or the word.
    #[serde(borrow)]
    pub(crate) score: Text<'a>,
}

/// Further reading.
#[derive(Deserialize)]
pub(crate) struct Reference<'a> {
    #[serde(borrow)]
    pub(crate) url: Option<Text<'a>>,
}

/// A package that is affected, and in which versions.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Affected<'a> {
    /// None where only commits are known.
    #[serde(borrow)]
    pub(crate) package: Option<Package<'a>>,
    #[serde(borrow, deserialize_with = "nullable")]
    pub(crate) severity: Vec<Severity<'a>>,
    #[serde(borrow, deserialize_with = "nullable")]
    pub(crate) ranges: Vec<Range<'a>>,
    #[serde(borrow, deserialize_with = "nullable")]
    pub(crate) versions: Vec<Text<'a>>,
    #[serde(borrow)]
    pub(crate) ecosystem_specific: Specific<'a>,
    #[serde(borrow)]
    pub(crate) database_specific: Specific<'a>,
}

/// A package.
#[derive(Deserialize)]
pub(crate) struct Package<'a> {
    /// With a release behind a colon, where it has any: `Debian:12`.
    #[serde(borrow)]
    pub(crate) ecosystem: Text<'a>,
    #[serde(borrow)]
    pub(crate) name: Text<'a>,
    #[serde(borrow)]
    pub(crate) purl: Option<Text<'a>>,
}

/// Versions between events.
#[derive(Deserialize)]
pub(crate) struct Range<'a> {
    /// `SEMVER`, `ECOSYSTEM` or `GIT`.
    #[serde(borrow, rename = "type")]
    pub(crate) kind: Text<'a>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    pub(crate) events: Vec<Event<'a>>,
}

/// What happened in a version. One of these is there; older records have several in one object.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Event<'a> {
    #[serde(borrow)]
    pub(crate) introduced: Option<Text<'a>>,
    #[serde(borrow)]
    pub(crate) fixed: Option<Text<'a>>,
    #[serde(borrow)]
    pub(crate) last_affected: Option<Text<'a>>,
    #[serde(borrow)]
    pub(crate) limit: Option<Text<'a>>,
}

/// A string, borrowed wherever it has no escapes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Text<'a>(pub(crate) Cow<'a, str>);

impl Text<'_> {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_str(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a string")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Owned(text.to_owned())))
    }
}

/// A value, or its default in the place of null.
fn nullable<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(input: D) -> Result<T, D::Error> {
    Option::deserialize(input).map(Option::unwrap_or_default)
}
