//! Publishers that stop speaking: a namespace of which a document states nothing any more, or next to
//! nothing, while the rest goes on. Nobody has fixed anything then, so what was stated stays.

use std::collections::{BTreeMap, BTreeSet};

use limpid_model::Advisory;
use limpid_store::tables::sources::{self, Spoken};

use crate::Error;

/// Namespaces with fewer statements may lose most of them from one day to the next.
const COUNTED: u64 = 10;

/// How far what a document no longer states is taken for gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Guard {
    /// The publisher's document may be cut, or its publisher may have stopped speaking of a release.
    Checked,
    /// It is the document that was read before, by another version of the plugin: what it states no
    /// longer, the plugin reads otherwise.
    SameDocument,
    /// Somebody says that it is meant as it is.
    Forced,
}

/// How much is stated of a namespace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Count {
    pub(super) records: u64,
    pub(super) statements: u64,
}

/// How much advisories say of each namespace. What they take back they still speak of.
#[derive(Debug, Default)]
pub(super) struct Counts(BTreeMap<String, Count>);

impl Counts {
    /// Counts an advisory.
    pub(super) fn add(&mut self, advisory: &Advisory) {
        for (namespace, count) in counts(advisory) {
            match self.0.get_mut(namespace) {
                Some(known) => known.add(count),
                None => {
                    self.0.insert(namespace.to_owned(), count);
                }
            }
        }
    }

    /// Counts all that others have counted.
    pub(super) fn add_all(&mut self, others: Self) {
        for (namespace, count) in others.0 {
            self.0.entry(namespace).or_default().add(count);
        }
    }

    /// Counts an advisory no longer.
    pub(super) fn remove(&mut self, advisory: &Advisory) {
        for (namespace, count) in counts(advisory) {
            let Some(known) = self.0.get_mut(namespace) else { continue };
            known.records = known.records.saturating_sub(count.records);
            known.statements = known.statements.saturating_sub(count.statements);
            if known.records == 0 {
                self.0.remove(namespace);
            }
        }
    }

    pub(super) fn into_inner(self) -> BTreeMap<String, Count> {
        self.0
    }
}

impl Count {
    const fn add(&mut self, other: Self) {
        self.records += other.records;
        self.statements += other.statements;
    }
}

/// How much one advisory says of each namespace.
fn counts(advisory: &Advisory) -> BTreeMap<&str, Count> {
    let mut counts: BTreeMap<&str, Count> = BTreeMap::new();
    for affected in &advisory.affected {
        counts.entry(&affected.namespace).or_insert(Count { records: 1, statements: 0 }).statements += 1;
    }
    counts
}

/// What a whole document says of namespaces, compared with what its source stated before.
#[derive(Debug, Default)]
pub(super) struct Silence {
    /// Namespaces of which what was stated stays.
    pub(super) silent: BTreeSet<String>,
    /// Those of them of which the document before still spoke.
    pub(super) fell_silent: Vec<String>,
    /// Namespaces that were silent, and are no longer.
    pub(super) resumed: bool,
    pub(super) spoken: Vec<Spoken>,
}

impl Silence {
    /// `least` is the percentage of what was stated of a namespace at or below which its publisher has
    /// stopped speaking of it.
    ///
    /// # Errors
    /// [`Error::Shrunk`] where that would be so of all namespaces.
    pub(super) fn new(
        source: &str,
        before: Option<&sources::Row>,
        counts: Counts,
        guard: Guard,
        (now, least): (u64, u64),
    ) -> Result<Self, Error> {
        let (mut this, mut counts) = (Self::default(), counts.into_inner());
        let Some(before) = before else {
            this.spoken =
                counts.into_iter().map(|(namespace, count)| spoken(namespace, count, now)).collect();
            return Ok(this);
        };
        for namespace in &before.namespaces {
            let count = counts.remove(namespace).unwrap_or_default();
            let known = before.spoken.iter().find(|known| known.namespace == *namespace);
            let was_silent = known.is_some_and(|known| known.silent_since.is_some());
            let is_silent = match guard {
                Guard::Forced => false,
                Guard::SameDocument => was_silent && has_stopped(known, count, least),
                Guard::Checked => has_stopped(known, count, least),
            };
            if is_silent {
                this.silent.insert(namespace.clone());
                let before = known.cloned().unwrap_or_else(|| Spoken {
                    last_stated: before.as_of(),
                    ..spoken(namespace.clone(), Count::default(), now)
                });
                if !was_silent {
                    this.fell_silent.push(namespace.clone());
                }
                this.spoken.push(Spoken { silent_since: before.silent_since.or(Some(now)), ..before });
            } else {
                this.resumed |= was_silent;
                if count.records > 0 {
                    this.spoken.push(spoken(namespace.clone(), count, now));
                }
            }
        }
        if guard == Guard::Checked && counts.is_empty() {
            this.refuse_if_all(source, before, least)?;
        }
        this.spoken.extend(counts.into_iter().map(|(namespace, count)| spoken(namespace, count, now)));
        this.spoken.sort_by(|a, b| a.namespace.cmp(&b.namespace));
        Ok(this)
    }

    /// A publisher who has stopped speaking of everything has sent something else than its document.
    fn refuse_if_all(&self, source: &str, before: &sources::Row, least: u64) -> Result<(), Error> {
        if self.fell_silent.is_empty() || self.silent.len() < before.namespaces.len() {
            return Ok(());
        }
        let counted = before.spoken.iter().map(|spoken| spoken.statements).sum();
        Err(Error::Shrunk {
            source_name: source.to_owned(),
            what: "statements",
            before: counted,
            now: 0,
            least,
        })
    }
}

fn spoken(namespace: String, count: Count, now: u64) -> Spoken {
    let Count { records, statements } = count;
    Spoken { namespace, records, statements, last_stated: now, silent_since: None }
}

/// Whether so little is next to nothing of what was there.
fn has_stopped(before: Option<&Spoken>, now: Count, least: u64) -> bool {
    let shrunk = |before: u64, now: u64| now.saturating_mul(100) <= before.saturating_mul(least);
    now.records == 0
        || before.is_some_and(|before| {
            before.statements >= COUNTED
                && (shrunk(before.statements, now.statements) || shrunk(before.records, now.records))
        })
}

#[cfg(test)]
mod tests {
    use limpid_model::{Affected, Status};

    use super::*;
    use crate::test_support::plugin;

    /// Records that each speak of so many packages of namespaces: `a2 b1 / a1`.
    fn advisories(text: &str) -> Vec<Advisory> {
        let affected = |namespace: &str, name: usize| Affected {
            namespace: namespace.to_owned(),
            name: name.to_string(),
            source: false,
            scheme: "number".to_owned(),
            status: Status::Affected,
            ranges: Vec::new(),
            versions: Vec::new(),
            requires: Vec::new(),
            ratings: Vec::new(),
            note: None,
        };
        let record = |(place, words): (usize, &str)| Advisory {
            id: place.to_string(),
            affected: words
                .split_whitespace()
                .flat_map(|word| {
                    let (namespace, count) = word.split_at(1);
                    (0..count.parse().unwrap()).map(move |name| affected(namespace, name))
                })
                .collect(),
            ..Advisory::default()
        };
        text.split('/').enumerate().map(record).collect()
    }

    fn counts(text: &str) -> Counts {
        let mut counts = Counts::default();
        advisories(text).iter().for_each(|advisory| counts.add(advisory));
        counts
    }

    fn speaking(mut row: sources::Row, spoken: Vec<Spoken>) -> sources::Row {
        row.spoken = spoken;
        row
    }

    fn row(text: &str) -> sources::Row {
        let counts = counts(text);
        let namespaces = counts.0.keys().cloned().collect();
        let silence = Silence::new("s", None, counts, Guard::Checked, (1, 10)).unwrap();
        speaking(sources::Row::new(plugin("feed"), 1, namespaces), silence.spoken)
    }

    /// The namespaces that are silent, or `refused`.
    fn silent(before: &sources::Row, now: &str, guard: Guard, least: u64) -> String {
        match Silence::new("s", Some(before), counts(now), guard, (2, least)) {
            Ok(silence) => silence.silent.into_iter().collect(),
            Err(error) => {
                assert!(matches!(error, Error::Shrunk { .. }), "{error}");
                "refused".to_owned()
            }
        }
    }

    #[test]
    fn a_publisher_that_stops_speaking_of_a_namespace_is_not_a_healer() {
        let check = |before: &str, now: &str, expected: &str| {
            assert_eq!(silent(&row(before), now, Guard::Checked, 10), expected, "{before} -> {now}");
            assert_eq!(silent(&row(before), now, Guard::Forced, 10), "", "{before} -> {now}");
            assert_eq!(silent(&row(before), now, Guard::SameDocument, 10), "", "{before} -> {now}");
        };
        check("a1 b1", "a1 b1", "");
        check("a1 b1", "a1", "b");
        check("a1 b1 / a1 b1", "a1 b1", "");
        check("a20 b1", "a2 b1", "a");
        check("a20 b1", "a3 b1", "");
        check("a9 b1", "a1 b1", "");
        check("a1/a1/a1/a1/a1/a1/a1/a1/a1/a1 b1", "a1 b1", "a");
        check("a1/a1/a1/a1/a1/a1/a1/a1/a1/a1 b1", "a9 b1", "a");
        check("a1 b1", "c1", "ab");
    }

    #[test]
    fn a_document_that_stops_speaking_of_everything_is_refused() {
        assert_eq!(silent(&row("a20 b20"), "a1 b1", Guard::Checked, 10), "refused");
        assert_eq!(silent(&row("a20"), "a1", Guard::Checked, 10), "refused");
        assert_eq!(silent(&row("a20"), "a1", Guard::Forced, 10), "");
        assert_eq!(silent(&row("a20"), "a1", Guard::Checked, 0), "");
    }

    #[test]
    fn what_is_silent_stays_so_until_somebody_speaks_again_and_is_dated() {
        let before = row("a20 b20");
        let first = Silence::new("s", Some(&before), counts("a20"), Guard::Checked, (5, 10)).unwrap();
        let b = first.spoken.iter().find(|spoken| spoken.namespace == "b").unwrap();
        assert_eq!((b.last_stated, b.silent_since, b.statements), (1, Some(5), 20));
        assert_eq!(first.fell_silent, ["b"]);
        let before = speaking(before, first.spoken);
        for guard in [Guard::Checked, Guard::SameDocument] {
            let second = Silence::new("s", Some(&before), counts("a20"), guard, (6, 10)).unwrap();
            assert_eq!(second.silent, BTreeSet::from(["b".to_owned()]));
            assert!(second.fell_silent.is_empty() && !second.resumed);
            assert_eq!(
                second.spoken,
                before
                    .spoken
                    .iter()
                    .map(|s| match &*s.namespace {
                        "a" => Spoken { last_stated: 6, ..s.clone() },
                        _ => s.clone(),
                    })
                    .collect::<Vec<_>>()
            );
            let third = Silence::new("s", Some(&before), counts("a20 b20"), guard, (7, 10)).unwrap();
            assert!(third.silent.is_empty() && third.resumed);
            assert!(third.spoken.iter().all(|spoken| spoken.silent_since.is_none()));
        }
    }

    #[test]
    fn what_was_never_counted_is_silent_where_nothing_is_left() {
        let before = speaking(row("a20 b20"), Vec::new());
        assert_eq!(silent(&before, "a1", Guard::Checked, 10), "b");
    }
}
