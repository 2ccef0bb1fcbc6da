//! Why a vulnerability affects an image, or why it does not, or why that is unknown.

mod answer;

use limpid_matching::{Authority, fold};
use limpid_model::explanation::{Explanation, Outcome, Reason};
use limpid_model::report::Suppressed;
use limpid_model::{Advisory, BaseImage, Digest};
use limpid_store::View;
use limpid_store::tables::advisories;
use limpid_store::tables::feeds::Feeds;

use crate::inventory::{self, Vulnerability};
use crate::refreshing::Moment;
use crate::report::Reporter;
use crate::stated::All;
use crate::{Error, facts, identifiers, images};
use answer::Seen;

/// Says why a vulnerability, by any of its identifiers, affects an image, or why not, or why that
/// is unknown. What it comes to is what a report has, because the same judge says so.
///
/// # Errors
/// [`Error::NoImage`] where there is no such image.
pub(crate) fn explain(
    reporter: Reporter<'_>,
    image: &Digest,
    vulnerability: &str,
) -> Result<Explanation, Error> {
    identifiers::check(vulnerability)?;
    let begun = reporter.refreshing.moment();
    let view = reporter.store.view();
    let (image, indexing) = images::image(&view, image)?;
    let linked = indexing.linked.as_ref().map(|linked| (linked.diff_id, linked.files.as_slice()));
    let facts = facts::facts(&view, &image, linked, &indexing.detectors)?;
    let hidden = inventory::hidden_of(&view, &image, &indexing)?;
    let contents = fold::fold(facts, &hidden, |_, _| ());
    let feeds = feeds(&view)?;
    let known = Vulnerability::find(&view, vulnerability)?;
    let advisories = known.package_advisories(&view)?;
    let mut authority = Authority::new(All::new(&view), reporter.settings.owned_packages());
    let considered = limpid_matching::explain(&contents, &advisories, &mut authority)?;
    let mut reasons = considered.reasons;
    if reasons.is_empty() {
        reasons.extend(known.advisories.iter().filter_map(withdrawn));
    }
    if reasons.is_empty() {
        reasons.push(unknown(vulnerability, &feeds));
    }
    reasons.sort();
    reasons.dedup();
    let seen = Seen::new(reporter.plugins, &view, &contents, &indexing)?;
    let (answer, because) = answer::answer(&reasons, considered.is_affected, &seen)?;
    let decided = match considered.is_affected {
        true => decided(reporter, (&view, begun), &image.id, &known)?,
        false => Decided::default(),
    };
    let vulnerability = vulnerability.to_owned();
    Ok(Explanation {
        image: image.id,
        vulnerability,
        answer,
        because,
        reasons,
        suppressed: decided.suppressed,
        counts: decided.counts,
        base: decided.base,
        feeds,
    })
}

/// What becomes of the findings of a vulnerability.
#[derive(Default)]
struct Decided {
    suppressed: Vec<Suppressed>,
    counts: bool,
    base: Option<BaseImage>,
}

/// The same as in the report. Where nobody decides on anything, all findings count.
fn decided(
    reporter: Reporter<'_>,
    (view, begun): (&View<'_>, Moment),
    image: &Digest,
    known: &Vulnerability,
) -> Result<Decided, Error> {
    if reporter.decided.is_empty(reporter.store, view)? {
        return Ok(Decided { counts: true, ..Decided::default() });
    }
    let report = reporter.report_in(view, begun, image, None)?;
    let is_meant = |called: &str| known.names.iter().any(|name| name.eq_ignore_ascii_case(called));
    let counts = report.findings.iter().any(|finding| is_meant(&finding.vulnerability));
    let mut suppressed = report.suppressed;
    suppressed.retain(|it| is_meant(&it.finding.vulnerability));
    Ok(Decided { suppressed, counts, base: report.base })
}

fn feeds(view: &View<'_>) -> Result<Vec<String>, Error> {
    view.keys::<Feeds>(|_| ()).map(|key| Ok(key?)).collect()
}

/// What an advisory says that its publisher took back.
fn withdrawn((key, advisory): (&advisories::Key, &Advisory)) -> Option<Reason> {
    let when = advisory.withdrawn.as_ref()?;
    Some(Reason {
        outcome: Outcome::Withdrawn,
        package: None,
        advisory: key.id.clone(),
        feed: key.feed.clone(),
        namespace: advisory.affected.first().map(|affected| affected.namespace.clone()).unwrap_or_default(),
        why: format!("`{}` was withdrawn by its publisher on {when}", key.id),
    })
}

fn unknown(vulnerability: &str, feeds: &[String]) -> Reason {
    let known = if feeds.is_empty() { "none was ingested".to_owned() } else { feeds.join(", ") };
    Reason {
        outcome: Outcome::NotInFeeds,
        package: None,
        advisory: vulnerability.to_owned(),
        feed: String::new(),
        namespace: String::new(),
        why: format!("no advisory of a feed that was ingested names a package for it ({known})"),
    }
}
