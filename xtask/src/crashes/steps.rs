//! What is fed to the service: every document and image follows from its number.

use std::io;

use serde_json::{Map, Value, json};

use crate::sample::{Compression, Image, Layer, advisories, debian};

/// Images that are there before anything changes; notices are of these.
const BASES: u64 = 2;

/// Images that come later. More submissions are of these again.
const LATER: u64 = 100;

/// Bytes of a layer that takes a moment to be read.
const NOISE: usize = 1 << 20;

/// Vulnerabilities that the tracker names and does not name by turns.
const CHANGING: u64 = 8;

/// Those of them that are exploited and are not by turns.
const EXPLOITED: u64 = 3;

/// Every so many documents one is of another feed.
const OTHER_FEED: u64 = 5;

/// A document that changes what its feed states.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) feed: &'static str,
    /// The revision to which it brings the feed.
    pub(super) revision: u64,
}

impl Step {
    /// The document of a number, from 1 on; before these each feed has one.
    pub(super) const fn of(number: u64) -> Self {
        if number.is_multiple_of(OTHER_FEED) {
            Self { feed: "kev", revision: revision_of_kev(number) }
        } else {
            Self { feed: "debian", revision: revision_of_debian(number) }
        }
    }

    pub(super) fn document(&self, sample: &Sample) -> String {
        match self.feed {
            "kev" => kev(self.revision),
            _ => sample.tracker(self.revision),
        }
    }
}

/// The revisions of all feeds after a document.
pub(super) const fn revisions(number: u64) -> [(&'static str, u64); 2] {
    [("debian", revision_of_debian(number)), ("kev", revision_of_kev(number))]
}

const fn revision_of_kev(number: u64) -> u64 {
    number / OTHER_FEED + 1
}

const fn revision_of_debian(number: u64) -> u64 {
    number - number / OTHER_FEED + 1
}

/// Images, and what the documents have in common.
pub(super) struct Sample {
    tracker: Value,
}

impl Sample {
    pub(super) fn new() -> anyhow::Result<Self> {
        Ok(Self { tracker: serde_json::from_str(&advisories::debian_tracker())? })
    }

    /// The first documents.
    pub(super) fn first(&self) -> [(&'static str, String); 2] {
        [("debian", self.tracker(1)), ("kev", kev(1))]
    }

    /// The tracker's document that makes a revision: each has one vulnerability more or less than the
    /// one before.
    fn tracker(&self, revision: u64) -> String {
        let open = json!({ "releases": { "bookworm": {
            "status": "open",
            "repositories": { "bookworm": "7.88.1-10+deb12u12" },
            "urgency": "medium",
        } } });
        let changing = (0..CHANGING).filter(|number| is_there(*number, CHANGING, revision));
        let mut document = self.tracker.clone();
        if let Some(curl) = document.get_mut("curl").and_then(Value::as_object_mut) {
            curl.extend(changing.map(|number| (identifier(number), open.clone())).collect::<Map<_, _>>());
        }
        document.to_string()
    }

    #[allow(clippy::unused_self, reason = "images are of a sample as documents are")]
    pub(super) fn bases(&self) -> impl Iterator<Item = Image> {
        (0..BASES).map(|number| {
            of_debian(&format!("base/{number}:1"), Layer::new("COPY base").file("base", number.to_string()))
        })
    }

    /// An image that comes later.
    pub(super) fn later(number: u64) -> Image {
        let number = number % LATER;
        let mut random = fastrand::Rng::with_seed(number);
        let noise: Vec<u8> = std::iter::repeat_with(|| random.u8(..)).take(NOISE).collect();
        of_debian(&format!("later/{number}:1"), Layer::new("COPY noise").file("noise", noise))
    }
}

/// An image as it is submitted.
pub(super) fn archive(image: &Image) -> io::Result<Vec<u8>> {
    image.docker_archive(Compression::Gzip)
}

fn of_debian(name: &str, own: Layer) -> Image {
    let layers = debian().layers().to_vec();
    layers.into_iter().chain([own]).fold(Image::new(name), Image::with)
}

/// Whether one of `count` is there that turn up and vanish one after the other, one a revision.
const fn is_there(number: u64, count: u64, revision: u64) -> bool {
    let changes = (revision + count - 1 - number) / count;
    !changes.is_multiple_of(2)
}

fn identifier(number: u64) -> String {
    format!("CVE-2026-1{number:04}")
}

fn kev(revision: u64) -> String {
    let exploited = (0..EXPLOITED).filter(|number| is_there(*number, EXPLOITED, revision)).map(identifier);
    let all = std::iter::once("CVE-2026-20000".to_owned()).chain(exploited);
    let entries: Vec<_> = all.map(|id| json!({ "cveID": id, "dateAdded": "2026-11-26" })).collect();
    json!({ "catalogVersion": "1", "count": entries.len(), "vulnerabilities": entries }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_document_makes_the_next_revision_of_its_feed() {
        let mut before: std::collections::BTreeMap<_, _> = revisions(0).into_iter().collect();
        assert!(before.values().all(|revision| *revision == 1));
        for number in 1..50 {
            let step = Step::of(number);
            *before.get_mut(step.feed).unwrap() += 1;
            assert_eq!(before[step.feed], step.revision, "{number}");
            assert_eq!(before, revisions(number).into_iter().collect());
        }
    }

    #[test]
    fn every_document_says_something_else_than_the_one_before() {
        let sample = Sample::new().unwrap();
        for revision in 1..50 {
            assert_ne!(sample.tracker(revision), sample.tracker(revision + 1), "{revision}");
            assert_ne!(kev(revision), kev(revision + 1), "{revision}");
        }
    }
}
