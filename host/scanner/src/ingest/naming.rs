//! Which source a document is. What a source states stays until a later document of it takes its place,
//! so that a name with a slip in it would stand for good.

use std::collections::BTreeSet;

use limpid_runtime::{Mode, Source};
use limpid_store::View;
use limpid_store::tables::fetches::Fetches;
use limpid_store::tables::sources::Sources;

use super::{Collector, Handed};
use crate::Error;

/// Longest name of a source, in bytes.
const LONGEST: usize = 200;

/// Whether a text may be the name of a source.
///
/// # Errors
/// [`Error::BadSource`].
pub(super) fn check(name: &str) -> Result<(), Error> {
    let why = if name.trim().is_empty() {
        "it is empty"
    } else if name.len() > LONGEST {
        "it is over 200 bytes"
    } else if name.trim() != name {
        "it begins or ends with a space"
    } else if name.chars().any(is_unprintable) {
        "it has a character that cannot be printed"
    } else {
        return Ok(());
    };
    Err(Error::BadSource { name: shown(name), why })
}

/// Whether it is nothing to see, or would turn around what stands beside it.
fn is_unprintable(character: char) -> bool {
    let directs = matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    character.is_control() || directs
}

fn shown(name: &str) -> String {
    let mut shown: String = name.chars().take(LONGEST).flat_map(char::escape_debug).collect();
    if name.chars().count() > LONGEST {
        shown.push('…');
    }
    shown
}

/// The sources of a feed of which something is stored, or that documents of it have named.
pub(crate) fn sources_of(view: &View<'_>, feed: &str) -> Result<BTreeSet<String>, Error> {
    let mut known = BTreeSet::new();
    for key in view.keys::<Sources>(|key| {
        key.text(feed);
    }) {
        known.insert(key?.source);
    }
    for row in view.scan::<Fetches>(|key| {
        key.text(feed);
    }) {
        let (key, row) = row?;
        known.insert(key.source);
        known.extend(row.follow.into_iter().map(|followed| followed.name));
    }
    Ok(known)
}

/// Which source a document is, and whether it states all of it.
///
/// # Errors
/// [`Error::UnknownSource`] where one is named that the feed does not know, [`Error::OtherSource`] where
/// the document says of itself that it is another, [`Error::BadSource`].
pub(super) fn resolve(
    feed: &str,
    handed: Handed<'_>,
    collected: &Collector,
    (starts, mut known): (&[Source], BTreeSet<String>),
) -> Result<Source, Error> {
    let identified = collected.identified.as_deref();
    let is_start = |name: &str| starts.iter().any(|source| source.name == name);
    if let Some(asked) = handed.source.filter(|asked| identified != Some(asked) && !is_start(asked)) {
        if let Some(identified) = identified {
            let [feed, name, identified] = [feed, asked, identified].map(str::to_owned);
            return Err(Error::OtherSource { feed, name, identified });
        }
        if !known.contains(asked) {
            known.extend(starts.iter().map(|source| source.name.clone()));
            let (feed, name, known) = (feed.to_owned(), asked.to_owned(), known.into_iter().collect());
            return Err(Error::UnknownSource { feed, name, known });
        }
    }
    let only = || match starts {
        [only] if collected.follow.is_empty() => Some(only.name.as_str()),
        _ => None,
    };
    let resolved = handed.source.or(identified).or_else(only).unwrap_or(handed.name);
    check(resolved)?;
    let start = starts.iter().find(|source| source.name == resolved);
    Ok(start.cloned().unwrap_or_else(|| Source {
        name: resolved.to_owned(),
        url: String::new(),
        mode: Mode::Whole,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::Trust;

    /// `asked` or nothing, what the document says of itself or nothing; starts and what is stored.
    #[track_caller]
    fn check_named(given: (&str, &str), starts: &[&str], stored: &[&str], expected: Result<&str, &str>) {
        let (asked, identified) = given;
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let starts: Vec<_> = starts
            .iter()
            .map(|name| Source { name: (*name).to_owned(), url: "x".to_owned(), mode: Mode::Delta })
            .collect();
        let mut collected = Collector::new(1, 1);
        collected.identified = some(identified);
        let asked = some(asked);
        let handed = Handed { source: asked.as_deref(), name: "file.json", trust: Trust::Checked };
        let stored = stored.iter().map(|name| (*name).to_owned()).collect();
        match (resolve("feed", handed, &collected, (&starts, stored)), expected) {
            (Ok(source), Ok(name)) => {
                assert_eq!(source.name, name);
                assert_eq!(source.mode == Mode::Delta, starts.contains(&source), "{name}");
            }
            (Err(error), Err(stated)) => assert!(error.to_string().contains(stated), "{error}"),
            (found, expected) => panic!("{found:?}, and not {expected:?}"),
        }
    }

    #[test]
    fn a_document_names_a_source_that_its_feed_knows() {
        check_named(("", "tracker"), &["tracker"], &[], Ok("tracker"));
        check_named(("tracker", "tracker"), &["tracker"], &[], Ok("tracker"));
        check_named(("tracker", ""), &["tracker"], &[], Ok("tracker"));
        check_named(("", ""), &["tracker"], &[], Ok("tracker"));
        check_named(("", ""), &["a", "b"], &[], Ok("file.json"));
        check_named(("v3/main", "v3/main"), &["index"], &[], Ok("v3/main"));
        check_named(("npm", ""), &["changes"], &["npm"], Ok("npm"));
        check_named(("changes", "changes since then"), &["changes"], &[], Ok("changes"));
        check_named(
            ("trakcer", "tracker"),
            &["tracker"],
            &[],
            Err("of source `tracker` of feed `feed`, and not of `trakcer`"),
        );
        check_named(("v3/main", "v4/main"), &["index"], &["v3/main"], Err("of source `v4/main`"));
        check_named(("nmp", ""), &["changes"], &["npm", "pypi"], Err("knows no source `nmp`"));
        check_named(("nmp", ""), &["changes"], &["npm", "pypi"], Err("it knows changes, npm, pypi"));
        check_named(("x", ""), &[], &[], Err("it knows none"));
    }

    #[test]
    fn an_index_that_names_others_is_not_the_only_source() {
        let index = Source { name: "index".to_owned(), url: String::new(), mode: Mode::Whole };
        let mut collected = Collector::new(1, 1);
        collected.follow.push(index.clone());
        let handed = Handed { source: None, name: "file.json", trust: Trust::Checked };
        let resolved = resolve("feed", handed, &collected, (&[index], BTreeSet::new())).unwrap();
        assert_eq!(resolved.name, "file.json");
    }

    #[test]
    fn names_of_sources_are_bounded_and_printable() {
        for good in ["tracker", "v3.20/main.json", "Debian:12", "with space", "größe", &"x".repeat(200)] {
            check(good).unwrap();
        }
        let long = "x".repeat(201);
        for bad in
            ["", " ", "a\0b", "a\nb", "\u{1b}[2J", "a\u{202e}b", " a", "a ", "a\u{7f}", "\u{feff}a", &long]
        {
            let why = check(bad).unwrap_err().to_string();
            assert!(!why.chars().any(char::is_control) && why.len() < 1_500, "{why}");
        }
    }
}
