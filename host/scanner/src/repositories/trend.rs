//! How counts were day by day.

use std::collections::HashMap;
use std::sync::Arc;

use limpid_bytes::Stop;
use limpid_model::{Digest, Image, Text, Trend, TrendDay};
use limpid_store::key::Writer;
use limpid_store::tables::images::Indexing;
use limpid_store::{Store, View};

use super::pointing;
use crate::history::first_document;
use crate::settings::DAY;
use crate::spans::{Exploits, PackageSpans, Reach, Spans, go_on, places};
use crate::{Error, Settings};

/// Days that are counted at most.
pub(crate) const DAYS: usize = 366;

/// Some of the days.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Days([u64; DAYS.div_ceil(64)]);

impl Days {
    /// From one on until another, excluding it.
    fn between(from: usize, until: usize) -> Self {
        let mut days = Self::default();
        for day in from..until {
            if let Some(bits) = days.0.get_mut(day / 64) {
                *bits |= 1 << (day % 64);
            }
        }
        days
    }

    const fn is_empty(&self) -> bool {
        let mut place = 0;
        while place < self.0.len() {
            #[expect(clippy::indexing_slicing, reason = "it is below the length")]
            if self.0[place] != 0 {
                return false;
            }
            place += 1;
        }
        true
    }

    fn with(mut self, others: &Self) -> Self {
        self.0.iter_mut().zip(others.0).for_each(|(own, other)| *own |= other);
        self
    }

    fn within(mut self, others: &Self) -> Self {
        self.0.iter_mut().zip(others.0).for_each(|(own, other)| *own &= other);
        self
    }

    fn iter(&self) -> impl Iterator<Item = usize> {
        let words = self.0.iter().enumerate();
        words.flat_map(|(place, bits)| {
            (0..64).filter(move |bit| bits >> bit & 1 == 1).map(move |bit| place * 64 + bit)
        })
    }
}

/// The ends of days, the oldest first.
struct Calendar(Vec<u64>);

impl Calendar {
    /// Of so many days until now, those that end at a time or later.
    fn new(now: u64, days: usize, since: u64) -> Self {
        let today = now - now % DAY;
        let ends = (0..days as u64).rev().filter_map(|ago| today.checked_sub(ago * DAY));
        let ends = ends.map(|begin| if begin == today { now } else { begin + DAY - 1 });
        Self(ends.filter(|end| *end >= since).collect())
    }

    /// Those whose ends lie between two times, excluding the second.
    fn between(&self, from: u64, until: u64) -> Days {
        let place = |time: u64| self.0.partition_point(|end| *end < time);
        Days::between(place(from), place(until))
    }
}

/// Counts over the images at which the tags pointed whose keys begin with a prefix.
pub(super) struct Counting<'v> {
    view: &'v View<'v>,
    spans: Spans<'v>,
    exploits: Exploits<'v>,
    calendar: Calendar,
    days: Vec<TrendDay>,
    /// How often a package was there, on which days.
    packages: HashMap<(*const PackageSpans, Days), (Arc<PackageSpans>, u64)>,
}

/// The trend over the tags whose keys begin with a prefix.
///
/// # Errors
/// [`Error::TooManyImages`] where tags pointed at more than `ages.images` on these days, and where it is stopped.
pub(crate) fn trend(
    (store, settings): (&Store, &Settings),
    prefix: impl FnOnce(&mut Writer),
    days: usize,
    stop: &Stop,
) -> Result<Trend, Error> {
    let (view, now) = (store.view(), settings.clock.now());
    let spans = Spans::new(&view, settings, Reach::History)?.until(stop);
    let mut tags = Vec::new();
    for tag in pointing::tags(&view, prefix) {
        go_on(stop)?;
        tags.push(tag?);
    }
    let Some(first) = tags.iter().filter_map(|tag| Some(tag.targets.first()?.since)).min() else {
        return Ok(Trend::default());
    };
    let since = first.max(spans.oldest).max(first_document(&view)?.unwrap_or_default());
    let calendar = Calendar::new(now, days.clamp(1, DAYS), since);
    let mut images: HashMap<Digest, Days> = HashMap::new();
    for target in tags.iter().flat_map(|tag| &tag.targets) {
        let days = calendar.between(target.since, target.until);
        if days.is_empty() {
            continue;
        }
        for image in &target.images {
            let known = images.entry(*image).or_default();
            *known = known.with(&days);
        }
        if images.len() > settings.ages.images {
            return Err(Error::TooManyImages { limit: settings.ages.images });
        }
    }
    drop(tags);
    let exploits = Exploits::beside(&spans);
    let days = calendar.0.iter().map(|at| TrendDay { at: *at, ..TrendDay::default() }).collect();
    let mut counting = Counting { view: &view, spans, exploits, calendar, days, packages: HashMap::new() };
    pointing::known(counting.view, images.keys().copied(), |image, indexing| {
        go_on(stop)?;
        images.get(&image.id).map_or(Ok(()), |days| counting.add(&image, &indexing, days))
    })?;
    Ok(Trend { since: Some(since), days: counting.finish()? })
}

impl Counting<'_> {
    fn add(&mut self, image: &Image, indexing: &Indexing, days: &Days) -> Result<(), Error> {
        let mut judged = Days::default();
        for place in places(image, indexing) {
            for package in self.spans.of(place)?.iter() {
                let key = (Arc::as_ptr(package), *days);
                self.packages.entry(key).or_insert_with(|| (Arc::clone(package), 0)).1 += 1;
                let since = package.judged_since.map(|since| self.calendar.between(since, u64::MAX));
                judged = judged.with(&since.unwrap_or_default());
                for span in &package.spans {
                    judged = judged.with(&self.calendar.between(span.from, span.until));
                }
            }
        }
        for (place, day) in self.days.iter_mut().enumerate() {
            let is = |days: &Days| !days.within(&Days::between(place, place + 1)).is_empty();
            if is(days) {
                day.images += 1;
                day.not_judged += u64::from(!is(&judged));
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Vec<TrendDay>, Error> {
        let mut vulnerabilities: HashMap<Text, Days> = HashMap::new();
        let mut exploited: HashMap<Text, Days> = HashMap::new();
        for ((_, days), (package, times)) in std::mem::take(&mut self.packages) {
            for span in &package.spans {
                let then = self.calendar.between(span.from, span.until).within(&days);
                if then.is_empty() {
                    continue;
                }
                if !exploited.contains_key(&span.vulnerability) {
                    let mut days = Days::default();
                    for (from, until) in self.exploits.of(&span.vulnerability)?.iter() {
                        days = days.with(&self.calendar.between(*from, *until));
                    }
                    exploited.insert(span.vulnerability.clone(), days);
                }
                let exploited = exploited.get(&span.vulnerability).copied().unwrap_or_default().within(&then);
                self.count(&then, |day| day.findings += times);
                self.count(&exploited, |day| day.exploited += times);
                let known = vulnerabilities.entry(span.vulnerability.clone()).or_default();
                *known = known.with(&then);
            }
        }
        vulnerabilities.values().for_each(|days| self.count(days, |day| day.vulnerabilities += 1));
        Ok(self.days)
    }

    fn count(&mut self, days: &Days, mut each: impl FnMut(&mut TrendDay)) {
        for place in days.iter() {
            if let Some(day) = self.days.get_mut(place) {
                each(day);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_end_with_their_last_moment_and_today_with_now() {
        let now = 100 * DAY + 5;
        let calendar = |days, since| Calendar::new(now, days, since).0;
        assert_eq!(calendar(1, 0), [now]);
        assert_eq!(calendar(3, 0), [99 * DAY - 1, 100 * DAY - 1, now]);
        // A day of which the end is known is.
        assert_eq!(calendar(3, 99 * DAY - 1), [99 * DAY - 1, 100 * DAY - 1, now]);
        assert_eq!(calendar(3, 99 * DAY), [100 * DAY - 1, now]);
        assert_eq!(calendar(366, 0).len(), 101);
        assert_eq!(calendar(3, now + 1), [0; 0]);
    }

    #[test]
    fn something_is_of_a_day_where_it_is_so_at_its_end() {
        let calendar = Calendar(vec![9, 19, 29]);
        let check = |from, until, expected: &[usize]| {
            assert_eq!(calendar.between(from, until).iter().collect::<Vec<_>>(), expected, "{from}..{until}");
        };
        check(0, u64::MAX, &[0, 1, 2]);
        check(9, 10, &[0]);
        check(9, 9, &[]);
        check(10, 19, &[]);
        check(10, 20, &[1]);
        check(29, 30, &[2]);
        check(30, u64::MAX, &[]);
        let all = Days::between(0, DAYS);
        assert_eq!(all.iter().collect::<Vec<_>>(), (0..DAYS).collect::<Vec<_>>());
        assert_eq!(all.within(&Days::between(63, 65)).iter().collect::<Vec<_>>(), [63, 64]);
    }
}
