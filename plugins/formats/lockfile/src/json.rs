//! JSON of which each record is read by itself.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use limpid_plugin_sdk::Error;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// How many records of a list or an object are read.
pub const MAX_RECORDS: usize = 100_000;

/// How many licences of a package are kept.
const MAX_LICENSES: usize = 20;

/// The longest licence that is kept, in bytes: longer ones are no names, but texts.
const MAX_LICENSE: usize = 200;

/// The fields of an object as they are written, by their names. Where a name stands twice, the last one counts.
pub type Fields<'a> = BTreeMap<Cow<'a, str>, &'a RawValue>;

/// The records of a list, as they are written.
#[derive(Debug)]
pub struct Records<'a>(pub Vec<&'a RawValue>);

/// The records of an object, with their names, in the order of the document.
#[derive(Debug)]
pub struct Entries<'a>(pub Vec<(Cow<'a, str>, &'a RawValue)>);

/// The fields of the object that a document is, after a byte order mark.
///
/// # Errors
///
/// [`Error::Malformed`] where it is not the JSON of an object in UTF-8.
pub fn fields(bytes: &[u8]) -> Result<Fields<'_>, Error> {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let Entries(entries) = serde_json::from_slice(bytes).map_err(Error::malformed)?;
    Ok(entries.into_iter().collect())
}

/// A field that is a text, without spaces at its ends; none where it is missing, null or empty.
///
/// # Errors
///
/// [`Error::Malformed`] where it is anything else.
pub fn text(fields: &Fields<'_>, key: &str) -> Result<Option<String>, Error> {
    let Some(value) = fields.get(key) else { return Ok(None) };
    let text: Option<String> = serde_json::from_str(value.get())
        .map_err(|_| Error::malformed(format_args!("field `{key}` is not a string")))?;
    Ok(text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()))
}

/// The licences that a field names: one, or a list. What is no text is none, and texts of licences are not kept.
pub fn licenses(fields: &Fields<'_>, key: &str) -> Vec<String> {
    let Some(value) = fields.get(key) else { return Vec::new() };
    let values = match serde_json::from_str(value.get()) {
        Ok(Records(list)) => list,
        Err(_) => vec![*value],
    };
    let texts = values.iter().filter_map(|value| serde_json::from_str::<String>(value.get()).ok());
    texts.filter(|text| (1..=MAX_LICENSE).contains(&text.len())).take(MAX_LICENSES).collect()
}

impl<'de> Deserialize<'de> for Records<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List;
        impl<'de> Visitor<'de> for List {
            type Value = Records<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Records<'de>, A::Error> {
                let mut records = Vec::new();
                while let Some(record) = list.next_element()? {
                    if records.len() == MAX_RECORDS {
                        return Err(A::Error::custom(format_args!("more than {MAX_RECORDS} records")));
                    }
                    records.push(record);
                }
                Ok(Records(records))
            }
        }
        deserializer.deserialize_seq(List)
    }
}

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Map<'de>(PhantomData<&'de ()>);
        impl<'de> Visitor<'de> for Map<'de> {
            type Value = Entries<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries<'de>, A::Error> {
                let mut entries = Vec::new();
                while let Some((Key(key), value)) = map.next_entry()? {
                    if entries.len() == MAX_RECORDS {
                        return Err(A::Error::custom(format_args!("more than {MAX_RECORDS} entries")));
                    }
                    entries.push((key, value));
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(Map(PhantomData))
    }
}

/// The name of a field, borrowed where nothing in it is escaped.
#[derive(Deserialize)]
#[serde(transparent)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn fields_are_texts_or_nothing() {
        let check = |json: &str, expected: Result<Option<&str>, &str>| {
            let found = text(&fields(json.as_bytes()).unwrap(), "a");
            let expected = match expected {
                Ok(text) => Ok(text.map(str::to_owned)),
                Err(why) => Err(Error::malformed(why)),
            };
            assert_eq!(found, expected, "{json}");
        };
        check(r#"{"a": " x "}"#, Ok(Some("x")));
        check(r#"{"\u0061": "\u0062"}"#, Ok(Some("b")));
        check("\u{feff}{\"a\": \"1\", \"a\": \"2\"}", Ok(Some("2")));
        check(r#"{"a": ""}"#, Ok(None));
        check(r#"{"a": null}"#, Ok(None));
        check("{}", Ok(None));
        check(r#"{"a": 1}"#, Err("field `a` is not a string"));
    }

    #[test]
    fn a_document_that_is_no_object_is_malformed() {
        let check = |json: &str, expected: &str| {
            let why = fields(json.as_bytes()).unwrap_err().to_string();
            assert!(why.starts_with("malformed: ") && why.contains(expected), "{json}: {why}");
        };
        check("", "EOF while parsing");
        check("[]", "expected an object");
        check("{\"a\":1", "EOF while parsing");
        check("{} x", "trailing characters");
    }

    #[test]
    fn licenses_are_a_text_or_a_list_of_texts() {
        let check = |value: &str, expected: &[&str]| {
            let document = format!("{{\"l\": {value}}}");
            assert_eq!(licenses(&fields(document.as_bytes()).unwrap(), "l"), expected, "{value:.60}");
        };
        check(r#""MIT""#, &["MIT"]);
        check(r#"["MIT", 1, null, "", "Apache-2.0"]"#, &["MIT", "Apache-2.0"]);
        check("{}", &[]);
        check("null", &[]);
        check(&format!("\"{}\"", "x".repeat(MAX_LICENSE + 1)), &[]);
        check(&format!("[{}\"MIT\"]", "\"MIT\", ".repeat(50)), &["MIT"; MAX_LICENSES]);
    }

    #[test]
    fn records_are_as_many_as_the_bound_and_no_more() {
        let list = |count: usize| format!("[{}1]", "1,".repeat(count - 1));
        let read = |text: &str| serde_json::from_str::<Records<'_>>(text).map(|records| records.0.len());
        assert_eq!(read(&list(MAX_RECORDS)).unwrap(), MAX_RECORDS);
        let why = read(&list(MAX_RECORDS + 1)).unwrap_err().to_string();
        assert!(why.starts_with("more than 100000 records"), "{why}");
        let object = format!("{{{}\"a\":1}}", "\"a\":1,".repeat(MAX_RECORDS));
        let why = fields(object.as_bytes()).unwrap_err().to_string();
        assert!(why.starts_with("malformed: more than 100000 entries"), "{why}");
    }

    #[test]
    fn depth_costs_nothing() {
        let (open, close) = ("[".repeat(100_000), "]".repeat(100_000));
        let text = format!("{{\"x\": {open}{close}, \"a\": 1}}");
        assert_eq!(fields(text.as_bytes()).unwrap().len(), 2);
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_odd_to_be_read(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            let _outcome = fields(&bytes);
        }

        #[test]
        fn what_was_written_is_read(value in "\\PC{0,9}") {
            let document = serde_json::json!({ "a": value }).to_string();
            let found = text(&fields(document.as_bytes()).unwrap(), "a").unwrap();
            prop_assert_eq!(found.unwrap_or_default(), value.trim());
        }
    }
}
