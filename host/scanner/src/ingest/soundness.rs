//! Whether a document can be meant: publishers' machines answer with empty files, error pages and
//! halves of documents, and what a source no longer names is gone.

use limpid_store::tables::{fetches, sources};

use super::Collector;
use crate::Error;

/// Holds how many records a whole document has against how many its source had before: one with a
/// tenth of them is no document of its publisher. `least` is the percentage of them, at or below which
/// it is refused. What it says of single namespaces is compared with what was stated of them by
/// [`silence`](super::silence).
pub(super) fn check(
    source: &str,
    stated: Option<&sources::Row>,
    named: &fetches::Row,
    collected: &Collector,
    least: u64,
) -> Result<(), Error> {
    let what = |what, before, now| (what, before, now as u64);
    let counts = [
        what("advisories", stated.map_or(0, |row| row.advisories), collected.stated()),
        what("documents to follow", named.follow.len() as u64, collected.follow.len()),
    ];
    for (what, before, now) in counts {
        let is_empty = now == 0 && before > 0;
        if is_empty || (before > 0 && now.saturating_mul(100) <= before.saturating_mul(least)) {
            return Err(Error::Shrunk { source_name: source.to_owned(), what, before, now, least });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use limpid_model::Advisory;

    use super::*;

    #[test]
    fn what_states_next_to_nothing_of_what_was_there_is_refused() {
        let check = |before: u64, now: usize, least: u64, expected: bool| {
            let mut row = sources::Row::new(crate::test_support::plugin("feed"), 0, Vec::new());
            row.advisories = before;
            let mut collected = Collector::new(1_000, 1_000);
            for id in (0..now).map(|id| id.to_string()) {
                collected.records.state(Advisory { id, ..Advisory::default() }).unwrap();
            }
            let is_sound = check("s", Some(&row), &fetches::Row::default(), &collected, least).is_ok();
            assert_eq!(is_sound, expected, "{before} -> {now} with {least}");
        };
        check(0, 0, 10, true);
        check(0, 5, 10, true);
        check(1, 0, 10, false);
        check(1, 0, 0, false);
        check(100, 11, 10, true);
        check(100, 10, 10, false);
        check(60, 6, 10, false);
        check(100, 9, 10, false);
        check(100, 9, 0, true);
        check(11, 1, 10, false);
        check(5, 1, 10, true);
    }

    #[test]
    fn an_index_that_names_next_to_nothing_is_refused() {
        let followed =
            |name: usize| fetches::Followed { name: name.to_string(), url: String::new(), is_whole: true };
        let named = fetches::Row { follow: (0..40).map(followed).collect(), ..fetches::Row::default() };
        let error = check("index", None, &named, &Collector::new(1, 1), 10).unwrap_err().to_string();
        assert!(error.contains("`index`") && error.contains("0 documents to follow"), "{error}");
    }
}
