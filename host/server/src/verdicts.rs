//! Whether images pass, as pipelines and clusters ask: again and again, of few images.

use std::sync::Arc;

use limpid_formats::gate::Bar;
use limpid_formats::json::{Report, Verdict};
use limpid_model::Digest;
use limpid_scanner::Scanner;
use quick_cache::sync::Cache;

use crate::answers::{Tag, Tags};
use crate::error::Failure;

/// Verdicts that are kept.
const KEPT: usize = 10_000;

/// Verdicts that were given lately, by what they depend on.
#[derive(Debug)]
pub(crate) struct Verdicts(Cache<Tag, Arc<Verdict>>);

/// What an image is held against.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Against {
    /// The bars of this policy; none: those of all policies that are for the image.
    pub(crate) policy: Option<String>,
    /// More bars: `critical,fixable`.
    pub(crate) bars: Vec<String>,
}

impl Default for Verdicts {
    fn default() -> Self {
        Self(Cache::new(KEPT))
    }
}

impl Verdicts {
    /// Whether the image of a digest passes; none where there is no bar for it.
    ///
    /// # Errors
    /// There is no such image or policy, or a bar is none.
    pub(crate) fn of(
        &self,
        (scanner, tags): (&Scanner, &Tags),
        image: &Digest,
        against: &Against,
    ) -> Result<Option<Arc<Verdict>>, Failure> {
        // Before anything is read: what is read may be newer than its tag, and never older.
        let tag = scanner.revision().map(|revision| tags.of(&(revision, "verdict", image, against)));
        if let Some(known) = tag.as_ref().and_then(|tag| self.0.get(tag)) {
            return Ok(Some(known));
        }
        let bars = bars(scanner, image, against)?;
        if bars.is_empty() {
            return Ok(None);
        }
        let report =
            Report::of(scanner.report(image)?).map_err(|error| Failure::internal(error.to_string()))?;
        let verdict = Arc::new(Verdict::of(&report, &bars));
        if let Some(tag) = tag {
            self.0.insert(tag, Arc::clone(&verdict));
        }
        Ok(Some(verdict))
    }
}

/// What the image may not have, as it is written and as it is understood.
fn bars(scanner: &Scanner, image: &Digest, against: &Against) -> Result<Vec<(String, Bar)>, Failure> {
    let mut texts = scanner.bars(against.policy.as_deref(), image)?;
    texts.extend_from_slice(&against.bars);
    texts.sort_unstable();
    texts.dedup();
    let bar = |text: String| match text.parse::<Bar>() {
        Ok(bar) => Ok((text, bar)),
        Err(why) => Err(Failure::bad_request(format!("`fail-on`: {why}"))),
    };
    texts.into_iter().map(bar).collect()
}
