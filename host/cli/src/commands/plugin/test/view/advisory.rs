use limpid_model as model;
use limpid_scanner::runtime::{Mode, Source};
use serde::Serialize;

#[derive(Serialize)]
pub(super) struct Advisory<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    aliases: &'a [String],
    #[serde(skip_serializing_if = "str::is_empty")]
    title: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    details: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ratings: Vec<Rating<'a>>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    weaknesses: &'a [String],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    references: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    published: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    modified: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    withdrawn: Option<&'a str>,
    affected: Vec<Affected<'a>>,
}

#[derive(Serialize)]
struct Affected<'a> {
    namespace: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "is_false")]
    source: bool,
    scheme: &'a str,
    status: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ranges: Vec<Range<'a>>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    versions: &'a [String],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    requires: &'a [(String, Vec<String>)],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ratings: Vec<Rating<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'a str>,
}

/// `{}` is every version.
#[derive(Default, Serialize)]
struct Range<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    introduced: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    excluding: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    including: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<&'a str>,
}

#[derive(Serialize)]
struct Rating<'a> {
    system: &'a str,
    value: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<f32>,
}

#[derive(Serialize)]
pub(super) struct Enrichment<'a> {
    id: &'a str,
    kind: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ratings: Vec<Rating<'a>>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    facts: &'a [(String, String)],
}

/// What is to be fetched next.
#[derive(Serialize)]
pub(super) struct Followed<'a> {
    name: &'a str,
    url: &'a str,
    mode: &'static str,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
const fn is_false(value: &bool) -> bool {
    !*value
}

impl<'a> From<&'a model::Advisory> for Advisory<'a> {
    fn from(advisory: &'a model::Advisory) -> Self {
        Self {
            id: &advisory.id,
            aliases: &advisory.aliases,
            title: &advisory.title,
            details: &advisory.details,
            ratings: ratings(&advisory.ratings),
            weaknesses: &advisory.weaknesses,
            references: &advisory.references,
            published: advisory.published.as_deref(),
            modified: advisory.modified.as_deref(),
            withdrawn: advisory.withdrawn.as_deref(),
            affected: advisory.affected.iter().map(Affected::from).collect(),
        }
    }
}

impl<'a> From<&'a model::Affected> for Affected<'a> {
    fn from(affected: &'a model::Affected) -> Self {
        Self {
            namespace: &affected.namespace,
            name: &affected.name,
            source: affected.source,
            scheme: &affected.scheme,
            status: affected.status.as_str(),
            ranges: affected.ranges.iter().map(Range::from).collect(),
            versions: &affected.versions,
            requires: &affected.requires,
            ratings: ratings(&affected.ratings),
            note: affected.note.as_deref(),
        }
    }
}

impl<'a> From<&'a model::Range> for Range<'a> {
    fn from(range: &'a model::Range) -> Self {
        let mut ends = Self { introduced: range.introduced.as_deref(), ..Self::default() };
        match &range.until {
            None => {}
            Some(model::Bound::Excluding(version)) => ends.excluding = Some(version),
            Some(model::Bound::Including(version)) => ends.including = Some(version),
            Some(model::Bound::Limit(version)) => ends.limit = Some(version),
        }
        ends
    }
}

impl<'a> From<&'a model::Enrichment> for Enrichment<'a> {
    fn from(enrichment: &'a model::Enrichment) -> Self {
        Self {
            id: &enrichment.id,
            kind: &enrichment.kind,
            ratings: ratings(&enrichment.ratings),
            facts: &enrichment.facts,
        }
    }
}

impl<'a> From<&'a Source> for Followed<'a> {
    fn from(source: &'a Source) -> Self {
        let mode = match source.mode {
            Mode::Whole => "whole",
            Mode::Delta => "delta",
        };
        Self { name: &source.name, url: &source.url, mode }
    }
}

fn ratings(ratings: &[model::Rating]) -> Vec<Rating<'_>> {
    ratings
        .iter()
        .map(|rating| Rating { system: &rating.system, value: &rating.value, score: rating.score })
        .collect()
}
