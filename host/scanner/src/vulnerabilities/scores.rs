//! How likely it was at times that a vulnerability is exploited: what is known now, and what was known before each
//! change that history holds.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use limpid_model::{ScoreChange, VulnerabilityScores};
use limpid_store::tables::enrichments::{self, Enrichments};
use limpid_store::tables::history::{History, Row};
use limpid_store::tables::history_subjects::HistorySubjects;
use limpid_store::{Store, View};

use super::{find, identifiers_of};
use crate::history::oldest_moment;
use crate::settings::DAY;
use crate::{Error, Settings};

/// Changes of what one source says of one identifier that are looked at: the last. One a day is usual, and history
/// holds some months.
const CHANGES: usize = 5_000;

/// Who says something of which identifier: kind, feed and source.
type Track = (String, String, String);

/// A time, and what is said since then; none: before what is kept.
type State = (Option<u64>, Option<f32>);

/// Changes of the score of a vulnerability, the last first, before a time, `limit` at most.
///
/// # Errors
/// [`Error::NoVulnerability`] where no feed knows this identifier.
pub(crate) fn scores(
    store: &Store,
    settings: &Settings,
    id: &str,
    before: Option<u64>,
    limit: usize,
) -> Result<VulnerabilityScores, Error> {
    let view = store.view();
    let (id, known) = find(&view, id)?;
    let since = oldest_moment(settings);
    let mut changes = Vec::new();
    for identifier in identifiers_of(&id, &known) {
        for ((_, feed, _), states) in tracks(&view, &identifier, since)? {
            changes.extend(states.into_iter().map(|(at, score)| ScoreChange {
                at,
                vulnerability: identifier.clone(),
                feed: feed.clone(),
                score,
            }));
        }
    }
    changes.sort_by(|a, b| b.at.cmp(&a.at).then_with(|| a.vulnerability.cmp(&b.vulnerability)));
    changes.retain(|change| before.is_none_or(|before| change.at.is_none_or(|at| at < before)));
    // Those of one moment stay together: the next page begins before it.
    let last = changes.get(limit.saturating_sub(1)).filter(|_| changes.len() > limit).map(|last| last.at);
    let mut next = None;
    if let Some(Some(last)) = last {
        changes.retain(|change| change.at >= Some(last));
        next = Some(last);
    }
    Ok(VulnerabilityScores { id, since, changes, next })
}

/// What each source says of an identifier, and has said, the earliest first.
fn tracks(view: &View<'_>, identifier: &str, since: u64) -> Result<BTreeMap<Track, Vec<State>>, Error> {
    let mut before: BTreeMap<Track, VecDeque<(u64, Option<f32>)>> = BTreeMap::new();
    for key in view.keys::<HistorySubjects>(|key| {
        key.text(identifier);
    }) {
        let key = key?;
        // An advisory may go by the same identifier.
        if key.kind.is_empty() || key.at < since {
            continue;
        }
        let (track, at) = ((key.kind.clone(), key.feed.clone(), key.source.clone()), key.at);
        let was = match view.get::<History>(&key.clone().into())? {
            Some(Row::Enrichment(row)) => probability(row, key.id, key.kind),
            _ => None,
        };
        let states = before.entry(track).or_default();
        if states.len() >= CHANGES {
            states.pop_front();
        }
        states.push_back((at, was));
    }
    let mut now: BTreeMap<Track, Option<f32>> = BTreeMap::new();
    for row in view.scan::<Enrichments>(|key| {
        key.text(identifier);
    }) {
        let (key, row) = row?;
        let track = (key.kind.clone(), key.feed, key.source);
        now.insert(track, probability(row, key.id, key.kind));
    }
    let all: BTreeSet<Track> = before.keys().chain(now.keys()).cloned().collect();
    let mut tracks = BTreeMap::new();
    for track in all {
        let changes = before.remove(&track).unwrap_or_default();
        let first = first_known(view, &track)?;
        let states = states(first, changes, now.get(&track).copied().flatten());
        if !states.is_empty() {
            tracks.insert(track, states);
        }
    }
    Ok(tracks)
}

/// States out of what was so before each change, from the first time on that is known, and what is so now: one a day,
/// and none that says what the one before it says.
fn states(
    first: Option<u64>,
    changes: impl IntoIterator<Item = (u64, Option<f32>)>,
    now: Option<f32>,
) -> Vec<State> {
    let (mut states, mut since): (Vec<State>, _) = (Vec::new(), first);
    let mut add = |since: Option<u64>, score: Option<f32>| {
        let day = |at: Option<u64>| at.map(|at| at / DAY);
        if states.last().is_some_and(|(at, _)| at.is_some() && day(*at) == day(since)) {
            states.pop();
        }
        // Before the first score, there is nothing to be said.
        if states.last().map_or(score.is_some(), |(_, before)| *before != score) {
            states.push((since, score));
        }
    };
    for (at, was) in changes {
        add(since, was);
        since = Some(at);
    }
    add(since, now);
    states
}

/// When a source came to be known, as far as that is kept.
fn first_known(view: &View<'_>, (_, feed, source): &Track) -> Result<Option<u64>, Error> {
    let mut changes = view.keys::<HistorySubjects>(|key| {
        key.text("").text("").text(feed).text(source);
    });
    let Some(key) = changes.next().transpose()? else { return Ok(None) };
    let at = key.at;
    Ok(matches!(view.get::<History>(&key.into())?, Some(Row::Nothing)).then_some(at))
}

fn probability(row: enrichments::Row, id: String, kind: String) -> Option<f32> {
    row.into_enrichment(id, kind).probability()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_lasts_until_the_next_change_and_the_last_of_a_day_counts() {
        let check = |changes: &[(u64, Option<f32>)], now: Option<f32>, expected: &[State]| {
            assert_eq!(states(None, changes.iter().copied(), now), expected, "{changes:?}");
        };
        let of_a_day = states(Some(5 * DAY), [(5 * DAY + 9, Some(0.1))], Some(0.2));
        assert_eq!(of_a_day, [(Some(5 * DAY + 9), Some(0.2))]);
        check(&[], None, &[]);
        check(&[], Some(0.1), &[(None, Some(0.1))]);
        check(&[(5 * DAY, None)], Some(0.1), &[(Some(5 * DAY), Some(0.1))]);
        check(
            &[(5 * DAY, Some(0.1)), (6 * DAY, Some(0.2)), (6 * DAY + 5, Some(0.3))],
            Some(0.4),
            &[(None, Some(0.1)), (Some(5 * DAY), Some(0.2)), (Some(6 * DAY + 5), Some(0.4))],
        );
        // Something else of it changed.
        check(&[(5 * DAY, Some(0.1)), (6 * DAY, Some(0.1))], Some(0.1), &[(None, Some(0.1))]);
        check(&[(5 * DAY, Some(0.1))], None, &[(None, Some(0.1)), (Some(5 * DAY), None)]);
    }
}
