//! Why a vulnerability affects an image, or why it does not, or why that is unknown.

mod answer;

use std::collections::BTreeMap;

use limpid_matching::{Authority, fold};
use limpid_model::explanation::{Explanation, Outcome, Reason};
use limpid_model::{Advisory, Digest};
use limpid_runtime::Snapshot;
use limpid_store::tables::advisories;
use limpid_store::tables::feeds::Feeds;
use limpid_store::{Store, View};

use crate::inventory::{self, Vulnerability};
use crate::stated::All;
use crate::{Error, Settings, facts, identifiers, images};
use answer::Seen;

/// Says why a vulnerability, by any of its identifiers, affects an image, or why not, or why that
/// is unknown. What it comes to is what a report has, because the same judge says so.
///
/// # Errors
/// [`Error::NoImage`] where there is no such image.
pub(crate) fn explain(
    store: &Store,
    settings: &Settings,
    plugins: &Snapshot,
    image: &Digest,
    vulnerability: &str,
) -> Result<Explanation, Error> {
    identifiers::check(vulnerability)?;
    let view = store.view();
    let (image, indexing) = images::image(&view, image)?;
    let linked = indexing.linked.as_ref().map(|linked| (linked.diff_id, linked.files.as_slice()));
    let facts = facts::facts(&view, &image, linked, &indexing.detectors, &BTreeMap::new())?;
    let hidden = inventory::hidden_of(&view, &image, &indexing)?;
    let contents = fold::fold(facts, &hidden, |_, _| ());
    let feeds = feeds(&view)?;
    let known = Vulnerability::find(&view, vulnerability)?;
    let advisories = known.package_advisories(&view)?;
    let mut authority = Authority::new(All::new(&view), settings.owned_packages());
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
    let seen = Seen::new(plugins, &view, &contents, &indexing)?;
    let (answer, because) = answer::answer(&reasons, considered.is_affected, &seen)?;
    let vulnerability = vulnerability.to_owned();
    Ok(Explanation { image: image.id, vulnerability, answer, because, reasons, feeds })
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
