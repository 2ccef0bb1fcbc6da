//! How long findings lasted in the images of a tag.

use std::collections::HashSet;
use std::time::Duration;

use limpid_bytes::Stop;
use limpid_model::Repairs;
use limpid_store::{Store, View};

use super::pointing::{self, Pointing};
use crate::settings::DAY;
use crate::spans::{Print, Reach, STILL, Spans, go_on, places};
use crate::{Error, Settings};

/// A finding in an image of a tag, from when until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Lasting {
    print: Print,
    from: u64,
    until: u64,
    /// Whether it ended because the tag came to point elsewhere.
    is_moved: bool,
    /// Whether it may have begun earlier.
    is_older: bool,
}

/// How long findings lasted that ended in these days.
///
/// # Errors
/// [`Error::NoRepository`] where no image is known by a name of it, [`Error::TooManyImages`] where its tags have
/// pointed at more than `ages.images`, and where it is stopped.
pub(crate) fn repairs(
    (store, settings): (&Store, &Settings),
    name: &str,
    days: u64,
    stop: &Stop,
) -> Result<Repairs, Error> {
    let view = store.view();
    let repository = super::existing(&view, name)?;
    let tags = pointing::of_repository(&view, &repository)?.into_iter().map(Ok);
    of_tags((&view, settings), tags, days, stop)
}

/// The same of all repositories of an owner. A finding counts in each of them.
///
/// # Errors
/// [`Error::NoOwner`] where the settings name none so, [`Error::TooManyImages`], and where it is stopped.
pub(crate) fn repairs_of_owner(
    (store, settings): (&Store, &Settings),
    name: &str,
    days: u64,
    stop: &Stop,
) -> Result<Repairs, Error> {
    if !settings.owners.has(name) {
        return Err(Error::NoOwner(name.to_owned()));
    }
    let view = store.view();
    let tags = pointing::tags(&view, |_| ());
    let theirs = tags.filter(|tag| match tag {
        Ok(tag) => settings.owners.of(&tag.repository) == Some(name),
        Err(_) => true,
    });
    of_tags((&view, settings), theirs, days, stop)
}

fn of_tags(
    (view, settings): (&View<'_>, &Settings),
    tags: impl Iterator<Item = Result<Pointing, Error>>,
    days: u64,
    stop: &Stop,
) -> Result<Repairs, Error> {
    let now = settings.clock.now();
    let (mut images, mut all) = (HashSet::new(), Vec::new());
    for tag in tags {
        go_on(stop)?;
        let tag = tag?;
        images.extend(tag.targets.iter().flat_map(|target| target.images.iter().copied()));
        if images.len() > settings.ages.images {
            return Err(Error::TooManyImages { limit: settings.ages.images });
        }
        all.push(tag);
    }
    drop(images);
    let mut spans = Spans::new(view, settings, Reach::History)?.until(stop);
    let since = now.saturating_sub(days.saturating_mul(DAY)).max(spans.oldest);
    let mut repairs = Repairs { since, ..Repairs::default() };
    for tag in &all {
        go_on(stop)?;
        for lasting in joined(of_tag(view, &mut spans, tag)?) {
            let Lasting { from, until, is_moved, is_older, .. } = lasting;
            match until {
                STILL => repairs.open += 1,
                until if until < since || until > now => {}
                _ if !is_moved => repairs.withdrawn += 1,
                _ if is_older => repairs.begun_before += 1,
                until => repairs.repaired.push(Duration::from_millis(until - from)),
            }
        }
    }
    repairs.repaired.sort_unstable();
    Ok(repairs)
}

/// All findings in what a tag has pointed at.
fn of_tag(view: &View<'_>, spans: &mut Spans<'_>, tag: &Pointing) -> Result<Vec<Lasting>, Error> {
    let mut all = Vec::new();
    for target in &tag.targets {
        let mut of_target = Vec::new();
        pointing::known(view, target.images.iter().copied(), |image, indexing| {
            of_target.extend(places(&image, &indexing));
            Ok(())
        })?;
        for place in of_target {
            let packages = spans.of(place)?;
            for span in packages.iter().flat_map(|package| &package.spans) {
                let from = spans.began(span).max(target.since);
                let until = span.until.min(target.until);
                if from < until {
                    let is_older = span.from == 0 && target.since < spans.oldest;
                    let is_moved = target.until <= span.until && target.until != STILL;
                    all.push(Lasting { print: span.print, from, until, is_moved, is_older });
                }
            }
        }
    }
    Ok(all)
}

/// The same without breaks: a finding lasts as long as any image has it.
fn joined(mut all: Vec<Lasting>) -> Vec<Lasting> {
    all.sort_unstable();
    let mut joined: Vec<Lasting> = Vec::new();
    for next in all {
        match joined.last_mut().filter(|last| last.print == next.print && next.from <= last.until) {
            None => joined.push(next),
            Some(last) => {
                last.is_older |= next.is_older && next.from == last.from;
                last.is_moved = match next.until.cmp(&last.until) {
                    std::cmp::Ordering::Less => last.is_moved,
                    std::cmp::Ordering::Equal => last.is_moved || next.is_moved,
                    std::cmp::Ordering::Greater => next.is_moved,
                };
                last.until = last.until.max(next.until);
            }
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lasting(from: u64, until: u64, is_moved: bool) -> Lasting {
        Lasting { print: Print::default(), from, until, is_moved, is_older: false }
    }

    #[test]
    fn a_finding_lasts_over_images_until_the_last_of_them_does_not_have_it() {
        let check = |all: &[(u64, u64, bool)], expected: &[(u64, u64, bool)]| {
            let of = |all: &[(u64, u64, bool)]| -> Vec<_> {
                all.iter().map(|&(from, until, is_moved)| lasting(from, until, is_moved)).collect()
            };
            assert_eq!(joined(of(all)), of(expected));
        };
        check(&[], &[]);
        // From one image to the next, and then repaired.
        check(&[(1, 5, true), (5, 9, true)], &[(1, 9, true)]);
        check(&[(5, STILL, false), (1, 5, true)], &[(1, STILL, false)]);
        // It came again.
        check(&[(1, 5, true), (7, 9, false)], &[(1, 5, true), (7, 9, false)]);
        // In images of two platforms, of which one has it longer.
        check(&[(1, 9, true), (1, 5, false)], &[(1, 9, true)]);
        check(&[(1, 9, false), (3, 9, true)], &[(1, 9, true)]);
    }
}
