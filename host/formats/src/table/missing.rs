//! What is missing for a full answer, and where: shown wherever something is listed of an image.

use super::look::Tone;
use super::page::{Page, Piece};
use crate::json as api;

/// How many places are named of what is missing.
const NAMED: usize = 5;

/// What is missing for a full answer.
pub(super) struct Missing<'a> {
    gaps: &'a [api::Gap],
    failures: &'a [api::PluginFailure],
    unread: &'a [api::UnreadFile],
    unexamined: &'a [api::UnexaminedFiles],
    unordered: &'a [api::UnorderedVersion],
    unjudged: &'a [api::UnjudgedAdvisory],
}

impl<'a> From<&'a api::Coverage> for Missing<'a> {
    fn from(coverage: &'a api::Coverage) -> Self {
        Self {
            gaps: &coverage.gaps,
            failures: &coverage.plugin_failures,
            unread: &coverage.unread_files,
            unexamined: &coverage.unexamined,
            unordered: &coverage.unordered_versions,
            unjudged: &coverage.unjudged_advisories,
        }
    }
}

impl<'a> From<&'a api::Examination> for Missing<'a> {
    fn from(examination: &'a api::Examination) -> Self {
        Self {
            gaps: &examination.gaps,
            failures: &examination.plugin_failures,
            unread: &examination.unread_files,
            unexamined: &examination.unexamined,
            unordered: &[],
            unjudged: &[],
        }
    }
}

impl<'a> Missing<'a> {
    /// Gaps alone, without the places of which they speak.
    pub(super) const fn of_gaps(gaps: &'a [api::Gap]) -> Self {
        Self { gaps, failures: &[], unread: &[], unexamined: &[], unordered: &[], unjudged: &[] }
    }

    /// Shows it below what says that something is missing; nothing where nothing is.
    pub(super) fn show(&self, page: &mut Page, title: &str) {
        let (blocking, others): (Vec<_>, Vec<_>) = self.gaps.iter().partition(|gap| gap.blocking);
        self.list(page, title, &blocking);
        self.list(page, "What nobody can judge:", &others);
    }

    fn list(&self, page: &mut Page, title: &str, gaps: &[&api::Gap]) {
        if gaps.is_empty() {
            return;
        }
        page.blank();
        page.line(&[Piece::new(Tone::Strong, title)]);
        for gap in gaps {
            page.sentence("  - ", Tone::Plain, &gap.message);
            match gap.code.as_ref() {
                "plugin-failures" => places(page, self.failures, |failure| {
                    format!("{} {}, {}: {}", failure.plugin, failure.version, failure.call, failure.reason)
                }),
                "unread-files" => places(page, self.unread, |file| {
                    format!("{}: {} ({})", file.path, file.reason, file.detectors.join(", "))
                }),
                "unexamined-files" => {
                    let examples: Vec<_> = self.unexamined.iter().flat_map(|kind| &kind.examples).collect();
                    let counted = self.unexamined.iter().map(|kind| kind.files).sum::<u64>();
                    let count = usize::try_from(counted).unwrap_or(usize::MAX);
                    named(page, examples.into_iter().cloned(), count, "");
                }
                "unordered-versions" => places(page, self.unordered, |version| {
                    format!("{} {}: {}", version.package, version.version, version.reason)
                }),
                "unjudged-advisories" => places(page, self.unjudged, |advisory| {
                    format!("{} of {}: {}", advisory.vulnerability, advisory.package, advisory.reason)
                }),
                _ => {}
            }
        }
    }
}

fn places<T>(page: &mut Page, all: &[T], name: impl Fn(&T) -> String) {
    named(page, all.iter().map(name), all.len(), ": `--format json` names all");
}

/// Shows some of so many places.
fn named(page: &mut Page, places: impl Iterator<Item = String>, count: usize, hint: &str) {
    let mut shown = 0;
    for place in places.take(NAMED) {
        page.sentence("      ", Tone::Faint, &place);
        shown += 1;
    }
    let more = count.saturating_sub(shown);
    if more > 0 {
        page.sentence("      ", Tone::Faint, &format!("and {more} more{hint}"));
    }
}
