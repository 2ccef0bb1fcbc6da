use std::fmt;
use std::io::Read;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Advisory, Affected, Meter, Range, Rating, Sink, Status};
use serde::Deserialize;
use serde::de::{Deserializer as _, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::releases;

/// Bytes of one record; they have some hundreds.
const MAX_RECORD: u64 = 1 << 20;

/// What stands where a version is not known, or none is.
const NONE: [&str; 2] = ["NA", ""];

/// What an identifier begins with that is none.
const UNKNOWN: &str = "UNK";

#[derive(Deserialize)]
struct Record {
    cve_id: String,
    pkg: String,
    cve_score: Option<Score>,
    res_ver: Option<String>,
    status: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Score {
    Number(f32),
    Text(String),
}

/// Reads all records of a release.
///
/// # Errors
///
/// [`Error::Malformed`] where the document is broken, it is not known of which release it is, or no record could be
/// used.
pub(crate) fn read(named: Option<String>, document: impl Read, sink: &mut dyn Sink) -> Result<(), Error> {
    let mut release = named;
    let (mut count, mut stated) = (0_u64, 0_u64);
    each(document, |json| {
        let record = serde_json::from_str::<Record>(json.get()).map_err(Error::malformed);
        let record = record.and_then(|record| {
            if release.is_none() {
                release = record.res_ver.as_deref().and_then(of_version);
            }
            let release =
                release.as_deref().ok_or_else(|| Error::malformed("it is not known of which release it is"));
            advisory(release?, record)
        });
        match record {
            Ok(advisory) => {
                stated += 1;
                sink.advisory(advisory);
            }
            Err(why) => sink.reject(&format!("[{count}]"), why),
        }
        count += 1;
    })?;
    match release {
        Some(release) if stated > 0 => {
            sink.identify(&release);
            Ok(())
        }
        _ => Err(Error::malformed(format_args!("none of the document's {count} records could be used"))),
    }
}

/// `5.0` of `2.14.12-1.ph5`.
fn of_version(version: &str) -> Option<String> {
    let release = format!("{}.0", version.rsplit_once(".ph")?.1);
    releases::release(&release).map(str::to_owned)
}

fn advisory(release: &str, record: Record) -> Result<Advisory, Error> {
    let Record { cve_id, pkg, cve_score, res_ver, status } = record;
    if !is_word(&cve_id) || !is_word(&pkg) {
        return Err(Error::malformed("it has no identifier or no package"));
    }
    if cve_id.starts_with(UNKNOWN) {
        return Err(Error::malformed(format_args!(
            "`{cve_id:.80}` of `{pkg:.80}` identifies no vulnerability"
        )));
    }
    let fixed = res_ver.as_deref().map(str::trim).filter(|version| !NONE.contains(version));
    let (status, range) = match (status.as_deref(), fixed) {
        (Some("Not Affected"), _) => (Status::NotAffected, Range::all()),
        (_, Some(fixed)) if is_word(fixed) => (Status::Affected, Range::before(fixed)),
        (_, Some(_)) => return Err(Error::malformed("its `res_ver` is no version")),
        (_, None) => (Status::Affected, Range::all()),
    };
    let score = match cve_score {
        Some(Score::Number(score)) => Some(score),
        Some(Score::Text(text)) => text.trim().parse().ok(),
        None => None,
    };
    let rating = score.filter(|score| *score > 0.0 && *score <= 10.0).map(|score| Rating {
        system: "photon".to_owned(),
        value: score.to_string(),
        score: Some(score),
    });
    let affected = [false, true].map(|source| Affected {
        namespace: format!("photon:{release}"),
        name: pkg.clone(),
        source,
        scheme: "rpm".to_owned(),
        status,
        ranges: vec![range.clone()],
        ratings: rating.iter().cloned().collect(),
        ..Affected::default()
    });
    Ok(Advisory { affected: affected.to_vec(), ..Advisory::new(cve_id) })
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
