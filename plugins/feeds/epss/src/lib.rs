//! The feed of [EPSS](https://www.first.org/epss/data_stats): how likely a vulnerability is to be
//! exploited within the next 30 days, for every CVE, each day anew.
//!
//! This crate owns how a line becomes an enrichment of kind `epss`: a rating of system `EPSS`, whose
//! value and score are the probability from 0 to 1, and the fact `percentile`, the part of all CVEs
//! whose score is as high or lower. The day of the scores is not stated of each CVE: all records would
//! change every day, where most scores stay. It is what the document says of its age instead, and the cursor,
//! which no run needs.
//!
//! ```
//! use limpid_feed_epss::Epss;
//! use limpid_plugin_sdk::feed::Feed;
//! use limpid_plugin_sdk::testing::{Collected, InMemory};
//!
//! let scores = "#model_version:v2025.03.14,score_date:2026-08-16T00:00:00+0000\n\
//!               cve,epss,percentile\nCVE-2024-1,0.03351,0.87650\n";
//! let mut sink = Collected::default();
//! let cursor = Epss::parse("scores", &mut InMemory::new([("scores.csv", scores)]), &mut sink)?;
//! assert_eq!(cursor.as_deref(), Some("2026-08-16T00:00:00+0000"));
//! assert_eq!(sink.enrichments[0].ratings[0].score, Some(0.03351));
//! # Ok::<(), limpid_plugin_sdk::Error>(())
//! ```

mod scores;

use limpid_plugin_sdk::feed::{Documents, Feed, Sink, Source};
use limpid_plugin_sdk::{Error, export_feed};

/// Name of the one source.
const SCORES: &str = "scores";

/// The feed.
#[derive(Debug)]
pub struct Epss;

impl Feed for Epss {
    fn sources(_cursor: Option<String>) -> Vec<Source> {
        vec![Source::whole(SCORES, "https://epss.empiricalsecurity.com/epss_scores-current.csv.gz")]
    }

    /// Takes any document for a list of scores, whatever the source is called: one that is handed in
    /// by an operator goes by the name of its file.
    fn parse(
        _source: &str,
        documents: &mut dyn Documents,
        sink: &mut dyn Sink,
    ) -> Result<Option<String>, Error> {
        let document = documents.next().ok_or_else(|| Error::malformed("there is no document"))?;
        let date = scores::read(document, sink)?;
        sink.identify(SCORES);
        if let Some(time) = date.as_deref().and_then(scores::rfc_3339) {
            sink.dated(&time);
        }
        Ok(date)
    }
}

export_feed!(Epss);

#[cfg(test)]
mod tests;
