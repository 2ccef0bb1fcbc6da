//! What GitHub says of a vulnerability whoever is affected.

use limpid_osv::text;
use limpid_plugin_sdk::feed::{Enrichment, Rating};
use serde::Deserialize;
use serde_json::Value;

use crate::RATER;

/// What kind of knowledge it is.
const KIND: &str = "ghsa";

/// References and weaknesses that are stated, of each.
const MAX_STATED: usize = 100;

/// Bytes of a description.
const MAX_DESCRIPTION: usize = 64 << 10;

/// Bytes of an address.
const MAX_ADDRESS: usize = 2048;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Record {
    id: Option<String>,
    aliases: Option<Vec<String>>,
    published: Option<String>,
    modified: Option<String>,
    withdrawn: Option<String>,
    details: Option<String>,
    severity: Option<Vec<Severity>>,
    affected: Option<Vec<Value>>,
    references: Option<Vec<Reference>>,
    database_specific: Option<Specific>,
}

#[derive(Deserialize)]
struct Severity {
    score: Option<String>,
}

#[derive(Deserialize)]
struct Reference {
    url: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Specific {
    cwe_ids: Option<Vec<String>>,
    severity: Option<String>,
    github_reviewed: Option<bool>,
    github_reviewed_at: Option<String>,
    nvd_published_at: Option<String>,
}

/// What a record says; none where it is none, or says nothing of this.
pub(crate) fn read(json: &[u8]) -> Option<Enrichment> {
    let record: Record = serde_json::from_slice(json).ok()?;
    let id = record.id.as_deref().filter(|id| text::is_identifier(id))?;
    let aliases = record.aliases.iter().flatten().filter(|alias| text::is_identifier(alias));
    let cve = aliases.map(|alias| text::canonical(alias)).find(|alias| alias.starts_with("CVE-"));
    let specific = record.database_specific.as_ref()?;
    let facts = record.facts(id, specific);
    let ratings = if record.withdrawn.is_some() { Vec::new() } else { record.ratings(specific) };
    let of = cve.unwrap_or_else(|| text::canonical(id)).into_owned();
    Some(Enrichment { id: of, kind: KIND.to_owned(), ratings, facts })
}

impl Record {
    fn ratings(&self, specific: &Specific) -> Vec<Rating> {
        let vectors = self.severity.iter().flatten().filter_map(|severity| severity.score.as_deref());
        let word = specific.severity.as_deref().filter(|word| is_word(word));
        let word = word.map(|word| Rating::word(RATER, word));
        vectors.take(MAX_STATED).filter_map(|vector| rating(vector.trim())).chain(word).collect()
    }

    fn facts(&self, id: &str, specific: &Specific) -> Vec<(String, String)> {
        let time = |time: &Option<String>| time.clone().filter(|time| text::is_time(time));
        let reviewed = match specific.github_reviewed {
            Some(true) => time(&specific.github_reviewed_at).or_else(|| Some("yes".to_owned())),
            Some(false) => Some("no".to_owned()),
            None => None,
        };
        let mut facts = Vec::new();
        let mut state = |name: &str, value: Option<String>| {
            facts.extend(value.map(|value| (name.to_owned(), value)));
        };
        state("id", Some(id.to_owned()));
        state("reviewed", reviewed);
        state("published", time(&self.published));
        state("modified", time(&self.modified));
        state("withdrawn", time(&self.withdrawn));
        state("nvd-published", time(&specific.nvd_published_at));
        let weaknesses = specific.cwe_ids.iter().flatten();
        for weakness in
            weaknesses.filter(|text| text.starts_with("CWE-") && text::is_identifier(text)).take(MAX_STATED)
        {
            state("weakness", Some(weakness.clone()));
        }
        // The advisory says it where there is one.
        if self.affected.as_ref().is_none_or(Vec::is_empty) {
            let addresses = self.references.iter().flatten().filter_map(|reference| reference.url.as_deref());
            for address in addresses.filter(|address| is_address(address)).take(MAX_STATED) {
                state("reference", Some(address.to_owned()));
            }
            let details = self.details.as_deref().unwrap_or_default().trim();
            let details = details.get(..details.floor_char_boundary(MAX_DESCRIPTION)).unwrap_or_default();
            state("description", (!details.is_empty()).then(|| details.to_owned()));
        }
        facts
    }
}

fn is_word(word: &str) -> bool {
    let is_known = !["unknown", "none"].iter().any(|none| word.eq_ignore_ascii_case(none));
    is_known && (1..=32).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_alphabetic())
}

fn is_address(text: &str) -> bool {
    (1..=MAX_ADDRESS).contains(&text.len()) && !text.chars().any(|c| c.is_control() || c.is_whitespace())
}

/// A vector, which says of which version of CVSS it is: `CVSS:3.1/AV:N/...`.
fn rating(vector: &str) -> Option<Rating> {
    let (system, _) = vector.split_once('/').filter(|_| text::is_identifier(vector))?;
    let is_version = system.starts_with("CVSS:") && system.len() == "CVSS:3.1".len();
    is_version.then(|| Rating::word(system, vector))
}
