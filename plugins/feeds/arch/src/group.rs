use std::fmt;
use std::io::Read;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Advisory, Affected, Meter, Range, Rating, Sink, Status};
use serde::Deserialize;
use serde::de::{Deserializer as _, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// Bytes of one group; they have some hundreds.
const MAX_RECORD: u64 = 1 << 20;

/// Where a group is shown.
const PAGES: &str = "https://security.archlinux.org/";

#[derive(Deserialize)]
struct Group {
    name: String,
    packages: Vec<String>,
    status: String,
    severity: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    fixed: Option<String>,
    #[serde(default)]
    issues: Vec<String>,
    #[serde(default)]
    advisories: Vec<String>,
}

/// Reads all groups.
///
/// # Errors
///
/// [`Error::Malformed`] where the document is broken, or no group could be used.
pub(crate) fn read(document: impl Read, sink: &mut dyn Sink) -> Result<(), Error> {
    let (mut count, mut stated) = (0_u64, 0_u64);
    each(document, |json| {
        match serde_json::from_str(json.get()).map_err(Error::malformed).and_then(advisory) {
            Ok(advisory) => {
                stated += 1;
                sink.advisory(advisory);
            }
            Err(why) => sink.reject(&format!("[{count}]"), why),
        }
        count += 1;
    })?;
    match stated {
        0 => Err(Error::malformed(format_args!("none of the document's {count} groups could be used"))),
        _ => Ok(()),
    }
}

fn advisory(group: Group) -> Result<Advisory, Error> {
    let Group { name, packages, status, severity, kind, fixed, issues, advisories } = group;
    let words = [&name].into_iter().chain(&packages).chain(&fixed).chain(&issues).chain(&advisories);
    if let Some(odd) = words.into_iter().find(|word| !is_word(word)) {
        let odd = odd.get(..odd.floor_char_boundary(80)).unwrap_or(odd);
        return Err(Error::malformed(format_args!("`{odd}` is neither a name nor a version")));
    }
    let (status, range) = match (status.as_str(), fixed) {
        ("Not affected", _) => (Status::NotAffected, Range::all()),
        ("Fixed" | "Testing" | "Vulnerable", Some(fixed)) => (Status::Affected, Range::before(fixed)),
        ("Vulnerable", None) => (Status::Affected, Range::all()),
        ("Unknown", _) => (Status::UnderInvestigation, Range::all()),
        (other, _) => {
            let other = other.get(..other.floor_char_boundary(80)).unwrap_or(other);
            return Err(Error::malformed(format_args!(
                "status `{other}` is not known, or wants a fixed version"
            )));
        }
    };
    let rating =
        severity.filter(|word| is_word(word) && word != "Unknown").map(|word| Rating::word("arch", word));
    let affected = packages.into_iter().map(|package| Affected {
        namespace: "arch".to_owned(),
        name: package,
        scheme: "alpm".to_owned(),
        status,
        ranges: vec![range.clone()],
        ratings: rating.iter().cloned().collect(),
        ..Affected::default()
    });
    Ok(Advisory {
        title: kind.unwrap_or_default(),
        references: vec![format!("{PAGES}{name}")],
        aliases: issues.into_iter().chain(advisories).collect(),
        affected: affected.collect(),
        ..Advisory::new(name)
    })
}

fn is_word(text: &str) -> bool {
    (1..=256).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Reads an array, and gives its elements one after the other.
fn each(document: impl Read, mut element: impl FnMut(&RawValue)) -> Result<(), Error> {
    struct Elements<'a>(&'a Meter, &'a mut dyn FnMut(&RawValue));

    impl<'de> Visitor<'de> for Elements<'_> {
        type Value = ();

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("an array")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<(), A::Error> {
            while let Some(json) = array.next_element::<Box<RawValue>>()? {
                self.0.reset();
                (self.1)(&json);
            }
            Ok(())
        }
    }

    let meter = Meter::new(MAX_RECORD);
    let mut json = serde_json::Deserializer::from_reader(meter.measure(document));
    json.deserialize_seq(Elements(&meter, &mut element))
        .and_then(|()| json.end())
        .map_err(|error| Error::malformed(format_args!("the document is broken: {error}")))
}
