//! Lists and maps of JSON, element by element, for detectors whose input is foreign.
//!
//! Each element is shown as it is written, so that one that is not what was expected costs itself and not the
//! document, that no more is in memory than the text, and that values which nobody looks at may be of any depth. [`lax`]
//! makes JSON of what also has comments and trailing commas.
//!
//! ```
//! use limpid_plugin_sdk::Error;
//! use serde_json::value::RawValue;
//!
//! let document: &RawValue = serde_json::from_str(r#"{"a": {"version": "1"}, "b": 2}"#).unwrap();
//! let mut keys = Vec::new();
//! limpid_json::entries(document, |key, value| {
//!     keys.push((key, value.get().to_owned()));
//!     Ok(())
//! })?;
//! assert_eq!(keys, [("a".to_owned(), r#"{"version": "1"}"#.to_owned()), ("b".to_owned(), "2".to_owned())]);
//! # Ok::<(), Error>(())
//! ```

mod lax;

use std::fmt;

use limpid_plugin_sdk::Error;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

pub use lax::lax;

/// Calls `each` for every element of the list that a value is, in order, until it fails. Null is an empty list.
///
/// # Errors
///
/// Those of `each`; [`Error::Malformed`] where the value is no list.
pub fn elements<'a>(
    list: &'a RawValue,
    each: impl FnMut(&'a RawValue) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut failed = None;
    let read = serde_json::Deserializer::from_str(list.get()).deserialize_option(Elements(each, &mut failed));
    failed.map_or(read.map_err(Error::malformed), Err)
}

/// Calls `each` for every key of the map that a value is, in order, until it fails; a key that stands twice is shown
/// twice. Null is an empty map.
///
/// # Errors
///
/// Those of `each`; [`Error::Malformed`] where the value is no map.
pub fn entries<'a>(
    map: &'a RawValue,
    each: impl FnMut(String, &'a RawValue) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut failed = None;
    let read = serde_json::Deserializer::from_str(map.get()).deserialize_option(Entries(each, &mut failed));
    failed.map_or(read.map_err(Error::malformed), Err)
}

/// What is called, and why it failed, which is of another type than errors of JSON.
struct Elements<'f, F>(F, &'f mut Option<Error>);

struct Entries<'f, F>(F, &'f mut Option<Error>);

impl<'a, F: FnMut(&'a RawValue) -> Result<(), Error>> Visitor<'a> for Elements<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_none<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_some<D: Deserializer<'a>>(self, value: D) -> Result<(), D::Error> {
        value.deserialize_seq(self)
    }

    fn visit_seq<A: SeqAccess<'a>>(mut self, mut list: A) -> Result<(), A::Error> {
        while let Some(element) = list.next_element::<&'a RawValue>()? {
            keep(self.1, (self.0)(element))?;
        }
        Ok(())
    }
}

impl<'a, F: FnMut(String, &'a RawValue) -> Result<(), Error>> Visitor<'a> for Entries<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_none<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_some<D: Deserializer<'a>>(self, value: D) -> Result<(), D::Error> {
        value.deserialize_map(self)
    }

    fn visit_map<A: MapAccess<'a>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some((key, value)) = map.next_entry::<String, &'a RawValue>()? {
            keep(self.1, (self.0)(key, value))?;
        }
        Ok(())
    }
}

/// Keeps a failure where it is found again, and ends the reading.
fn keep<E: serde::de::Error>(failed: &mut Option<Error>, outcome: Result<(), Error>) -> Result<(), E> {
    outcome.map_err(|error| {
        *failed = Some(error);
        E::custom("ended")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(text: &str) -> &RawValue {
        serde_json::from_str(text).unwrap()
    }

    fn all(text: &str) -> Result<Vec<String>, Error> {
        let mut all = Vec::new();
        elements(raw(text), |element| {
            all.push(element.get().to_owned());
            Ok(())
        })
        .map(|()| all)
    }

    fn keys(text: &str) -> Result<Vec<String>, Error> {
        let mut keys = Vec::new();
        entries(raw(text), |key, value| {
            keys.push(format!("{key}={}", value.get()));
            Ok(())
        })
        .map(|()| keys)
    }

    #[test]
    fn elements_and_entries_are_shown_as_they_are_written() {
        assert_eq!(all(r#"[1, {"a": 1}, "x"]"#).unwrap(), ["1", r#"{"a": 1}"#, r#""x""#]);
        assert_eq!(keys(r#"{"a": 1, "a\u0062": [2], "a": null}"#).unwrap(), ["a=1", "ab=[2]", "a=null"]);
        assert_eq!((all("null"), keys("null")), (Ok(Vec::new()), Ok(Vec::new())));
        assert!(matches!(all("{}"), Err(Error::Malformed(_))));
        assert!(matches!(keys("[]"), Err(Error::Malformed(_))));
    }

    #[test]
    fn the_first_failure_ends_it() {
        let mut seen = 0;
        let failed = elements(raw("[1, 2, 3]"), |_| {
            seen += 1;
            if seen == 2 { Err(Error::unsupported("two")) } else { Ok(()) }
        });
        assert_eq!((failed, seen), (Err(Error::unsupported("two")), 2));
        let failed = entries(raw(r#"{"a": 1}"#), |key, _| Err(Error::other(key)));
        assert_eq!(failed, Err(Error::other("a")));
    }

    #[test]
    fn depth_costs_nothing_where_nobody_looks() {
        let text = format!("[{}{}]", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(all(&text).unwrap().len(), 1);
    }
}
