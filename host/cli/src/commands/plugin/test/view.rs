//! What a plugin stated, as `expected.json` writes it: what is not stated is left out.

mod advisory;
mod finding;

use limpid_model::InputError;
use serde::Serialize;

use super::{detector, feed};
use advisory::{Advisory, Enrichment, Followed};
use finding::Finding;

/// What a detector stated.
#[derive(Serialize)]
pub(super) struct Detected<'a> {
    findings: Vec<Finding<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unread: Vec<Unread<'a>>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    refused: &'a [String],
}

#[derive(Serialize)]
struct Unread<'a> {
    path: &'a str,
    reason: String,
}

/// What a feed stated.
#[derive(Serialize)]
pub(super) struct Parsed<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    identified: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dated: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<&'a str>,
    advisories: Vec<Advisory<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    enrichments: Vec<Enrichment<'a>>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    withdrawn: &'a [String],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rejected: Vec<Rejected<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    followed: Vec<Followed<'a>>,
}

#[derive(Serialize)]
struct Rejected<'a> {
    id: &'a str,
    reason: String,
}

impl<'a> From<&'a limpid_model::Unread> for Unread<'a> {
    fn from(unread: &'a limpid_model::Unread) -> Self {
        Self { path: &unread.path, reason: unread.error.to_string() }
    }
}

impl<'a> From<&'a (String, InputError)> for Rejected<'a> {
    fn from((id, why): &'a (String, InputError)) -> Self {
        Self { id, reason: why.to_string() }
    }
}

impl detector::Output {
    pub(super) fn view(&self) -> Detected<'_> {
        Detected {
            findings: self.findings.iter().map(Finding::from).collect(),
            unread: self.unread.iter().map(Unread::from).collect(),
            refused: &self.refused,
        }
    }
}

impl feed::Output {
    pub(super) fn view(&self) -> Parsed<'_> {
        Parsed {
            refused: self.refused.as_deref(),
            identified: self.identified.as_deref(),
            dated: self.dated.as_deref(),
            cursor: self.cursor.as_deref(),
            advisories: self.advisories.iter().map(Advisory::from).collect(),
            enrichments: self.enrichments.iter().map(Enrichment::from).collect(),
            withdrawn: &self.withdrawn,
            rejected: self.rejected.iter().map(Rejected::from).collect(),
            followed: self.followed.iter().map(Followed::from).collect(),
        }
    }
}
