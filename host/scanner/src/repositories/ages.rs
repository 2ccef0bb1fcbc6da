//! How old the findings of an image are.

use std::collections::{BTreeSet, HashMap};

use limpid_model::{Age, Ages, Digest, Seen};
use limpid_store::View;

use super::pointing::{self, Pointing, Target};
use crate::names::Name;
use crate::report::Reporter;
use crate::settings::DAY;
use crate::spans::{Print, Reach, STILL, Spans, places};
use crate::{Error, images};

/// How old the findings of an image are, in the history of the tag by which it was asked for, or else of all tags that
/// it is known by.
///
/// # Errors
/// [`Error::NoImage`] where there is no such image, [`Error::TooManyImages`] where these tags have pointed at more than
/// `ages.images`.
pub(crate) fn ages(reporter: Reporter<'_>, digest: &Digest, asked: &str) -> Result<Ages, Error> {
    let settings = reporter.settings;
    let begun = reporter.refreshing.moment();
    let (view, now) = (reporter.store.view(), settings.clock.now());
    let (image, indexing) = images::image(&view, digest)?;
    let mut names: BTreeSet<Name> = image.names.iter().map(|name| Name::of(name)).collect();
    names.retain(|name| name.tag.is_some());
    let asked = Name::of(asked);
    if names.contains(&asked) {
        names.retain(|name| *name == asked);
    }
    let mut tags = Vec::new();
    for Name { repository, tag } in &names {
        let of_tag = pointing::tags(&view, |key| {
            key.text(repository).text(tag.as_deref().unwrap_or_default());
        });
        for tag in of_tag {
            tags.push(tag?);
        }
    }
    let known = tags.iter().flat_map(|tag| &tag.targets).flat_map(|target| &target.images);
    if known.collect::<BTreeSet<_>>().len() > settings.ages.images {
        return Err(Error::TooManyImages { limit: settings.ages.images });
    }
    let names = tags.iter().map(|tag| format!("{}:{}", tag.repository, tag.tag)).collect();
    // One without a tag is as old as it is known.
    let target = Target { since: indexing.indexed_at, until: STILL, images: vec![image.id] };
    let by_itself = Pointing { repository: String::new(), tag: String::new(), targets: vec![target] };
    if tags.is_empty() {
        tags.push(by_itself);
    }
    let mut spans = Spans::new(&view, settings, Reach::History)?;
    let mut first_seen = HashMap::new();
    for tag in &tags {
        see(&view, &mut spans, &tag.targets, &mut first_seen)?;
    }
    let mut fix_known: HashMap<Print, Seen> = HashMap::new();
    for place in places(&image, &indexing) {
        for span in spans.of(place)?.iter().flat_map(|package| package.now()) {
            if let Some(since) = span.fixed_since {
                let seen = Seen { at: since.max(spans.oldest), or_earlier: since == 0 };
                fix_known.entry(span.print).and_modify(|known| *known = (*known).min(seen)).or_insert(seen);
            }
        }
    }
    let limits = settings.ages.limits;
    let findings = reporter.report_in(&view, begun, digest, None)?.findings.into_iter().map(|finding| {
        let print = Print::of_finding(&finding);
        let severity = finding.severity.severity;
        let (first_seen, limit_days) = (first_seen.get(&print).copied(), limits.days(severity));
        let is_overdue = first_seen.zip(limit_days).map(|(seen, days)| is_overdue(seen.at, days, now));
        Age {
            fingerprint: finding.fingerprint,
            vulnerability: finding.vulnerability.to_string(),
            package: finding.package.name.to_string(),
            severity,
            first_seen,
            fix_known: fix_known.get(&print).copied(),
            limit_days,
            is_overdue,
        }
    });
    Ok(Ages { image: image.id, tags: names, since: spans.oldest, now, findings: findings.collect() })
}

/// Whether more than so many days have passed since a finding was first seen.
pub(super) fn is_overdue(first_seen: u64, days: u64, now: u64) -> bool {
    first_seen.saturating_add(days.saturating_mul(DAY)) < now
}

/// Notes when each finding was first there in the images at which a tag pointed. Returns the layers of these.
pub(super) fn see(
    view: &View<'_>,
    spans: &mut Spans<'_>,
    targets: &[Target],
    first_seen: &mut HashMap<Print, Seen>,
) -> Result<BTreeSet<Digest>, Error> {
    let mut layers = BTreeSet::new();
    for target in targets {
        let mut all = Vec::new();
        pointing::known(view, target.images.iter().copied(), |image, indexing| {
            all.extend(places(&image, &indexing));
            Ok(())
        })?;
        for place in all {
            layers.insert(place.0);
            let packages = spans.of(place)?;
            for span in packages.iter().flat_map(|package| &package.spans) {
                let at = spans.began(span).max(target.since);
                if at < span.until.min(target.until) {
                    let seen = Seen { at, or_earlier: span.from == 0 && target.since < spans.oldest };
                    first_seen
                        .entry(span.print)
                        .and_modify(|known| *known = (*known).min(seen))
                        .or_insert(seen);
                }
            }
        }
    }
    Ok(layers)
}
