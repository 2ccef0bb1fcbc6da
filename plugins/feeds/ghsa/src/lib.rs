//! The feed of the [GitHub Advisory Database](https://github.com/github/advisory-database): records in the OSV schema, in
//! two folders, of what GitHub reviewed and of what it has of the NVD without a review.
//!
//! osv.dev passes on what is reviewed, under the same identifiers and in the same namespaces, so that a finding of both is
//! one; of the rest it has nothing. An archive of the repository has some 300 000 records. Hence this feed fetches nothing
//! by itself: who wants what is not reviewed adds an archive, or single records, by hand.
//!
//! What a record says of packages is read by [`limpid_osv`]. This crate owns where records are, and what GitHub says of a
//! vulnerability whoever is affected: an enrichment of kind `ghsa` of the CVE that a record names, or else of its own
//! identifier. That is all that is stated of a record without packages, which no unreviewed one has.
//!
//! | A record says | Enrichment |
//! |---|---|
//! | `severity`, `database_specific.severity` | ratings: vectors of CVSS, and GitHub's word (`github`) |
//! | `id` | fact `id` |
//! | `database_specific.github_reviewed`, `github_reviewed_at` | fact `reviewed`: when, or `no` |
//! | `database_specific.nvd_published_at` | fact `nvd-published` |
//! | `database_specific.cwe_ids` | facts `weakness`, one for each |
//! | `published`, `modified` | facts of the same names |
//! | `references`, `details` of a record without packages | facts `reference`, one for each, and `description` |
//! | `withdrawn` | fact `withdrawn`, and no ratings |
//!
//! ```
//! use limpid_feed_ghsa::Ghsa;
//! use limpid_plugin_sdk::feed::{Feed, Rating};
//! use limpid_plugin_sdk::testing::{Collected, InMemory};
//!
//! let record = r#"{"id": "GHSA-0000-0000-0001", "modified": "2024-05-01T00:00:00Z", "aliases": ["CVE-2024-1"],
//!     "affected": [], "database_specific": {"severity": "HIGH", "github_reviewed": false}}"#;
//! let mut sink = Collected::default();
//! Ghsa::parse("any", &mut InMemory::new([("GHSA-0000-0000-0001.json", record)]), &mut sink)?;
//! assert_eq!(sink.enrichments[0].id, "CVE-2024-1");
//! assert_eq!(sink.enrichments[0].ratings, [Rating::word("github", "HIGH")]);
//! # Ok::<(), limpid_plugin_sdk::Error>(())
//! ```

mod kept;
mod record;

use limpid_osv::{Ecosystem, Publisher, Sources, Stated};
use limpid_plugin_sdk::feed::{Documents, Feed, Sink, Source};
use limpid_plugin_sdk::{Error, export_feed};

use kept::{Enriching, Keeping, Kept};

/// What an archive of the repository is called.
const SOURCE: &str = "advisories";

/// Where records are in the repository.
const FOLDERS: [&str; 2] = ["advisories/github-reviewed", "advisories/unreviewed"];

/// Whose words rate: as the feed of osv.dev calls it.
const RATER: &str = "github";

/// The feed.
#[derive(Debug)]
pub struct Ghsa;

impl Feed for Ghsa {
    /// None: the feed of osv.dev fetches what is reviewed.
    fn sources(_cursor: Option<String>) -> Vec<Source> {
        Vec::new()
    }

    fn parse(
        source: &str,
        documents: &mut dyn Documents,
        sink: &mut dyn Sink,
    ) -> Result<Option<String>, Error> {
        let sources = Sources { whole: SOURCE, named: source };
        let kept = Kept::default();
        let mut documents = Keeping::new(documents, kept.clone());
        let mut sink = Enriching::new(sink, kept);
        limpid_osv::read_folders(&Advisories, &FOLDERS, sources, &mut documents, &mut sink)?;
        Ok(None)
    }
}

export_feed!(Ghsa);

/// Whose advisories they are.
struct Advisories;

impl Publisher for Advisories {
    fn ecosystem(&self, stated: &Stated<'_>) -> Ecosystem {
        Ecosystem::defined(stated.ecosystem, stated.versions)
    }

    fn rater(&self, _id: &str) -> String {
        RATER.to_owned()
    }
}

#[cfg(test)]
mod tests;
