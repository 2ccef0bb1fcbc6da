use std::io::Read;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Enrichment, Sink};
use serde::Deserialize;
use serde_json::value::RawValue;

/// Bytes of the catalog, which has 1.5 MB.
const MAX_DOCUMENT: u64 = 64 << 20;
/// Bytes of a text; a required action has some hundred.
const MAX_TEXT: usize = 16 << 10;

/// The catalog, by its [schema](https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities_schema.json).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Catalog<'a> {
    /// Left as text: where it is odd, it costs only itself.
    #[serde(borrow)]
    date_released: Option<&'a RawValue>,
    count: Option<usize>,
    /// Left as text: an entry that cannot be read must not cost the others.
    #[serde(borrow)]
    vulnerabilities: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    #[serde(rename = "cveID")]
    id: String,
    vulnerability_name: Option<String>,
    date_added: Option<String>,
    due_date: Option<String>,
    required_action: Option<String>,
    known_ransomware_campaign_use: Option<String>,
}

/// Reads the catalog, and gives what it says to `sink`. It is the whole of what CISA knows: a document
/// that says less than it announces is an error, since taking it for an answer would take the mark
/// from what is exploited.
///
/// # Errors
///
/// [`Error::Malformed`] where it is no catalog, ends early, is larger than 64 MiB, has another
/// number of entries than it says, or none that can be used. An entry that cannot be used is none:
/// it is rejected by its place.
pub(crate) fn read(input: impl Read, sink: &mut dyn Sink) -> Result<(), Error> {
    let mut bytes = Vec::new();
    input.take(MAX_DOCUMENT + 1).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > MAX_DOCUMENT) {
        return Err(Error::malformed(format!("the document is over the limit of {MAX_DOCUMENT} bytes")));
    }
    match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
        None => return Err(Error::malformed("the document is empty")),
        Some(b'<') => return Err(Error::malformed("the document is HTML or XML, not CISA's JSON")),
        Some(_) => {}
    }
    let catalog: Catalog<'_> = serde_json::from_slice(&bytes)
        .map_err(|error| Error::malformed(format!("the document is no catalog: {error}")))?;
    let found = catalog.vulnerabilities.len();
    if let Some(count) = catalog.count.filter(|count| *count != found) {
        return Err(Error::malformed(format!("the catalog says it has {count} entries, but has {found}")));
    }
    let mut accepted = 0;
    for (position, json) in catalog.vulnerabilities.iter().enumerate() {
        match entry(json) {
            Ok(enrichment) => {
                accepted += 1;
                sink.enrichment(enrichment);
            }
            Err(why) => sink.reject(&format!("vulnerabilities[{position}]"), why),
        }
    }
    if accepted == 0 {
        return Err(Error::malformed(format!("none of the catalog's {found} entries could be used")));
    }
    let released = catalog.date_released.and_then(|json| serde_json::from_str::<String>(json.get()).ok());
    if let Some(released) = released.filter(|released| is_time(released)) {
        sink.dated(&released);
    }
    Ok(())
}

/// Whether this is a date or a time in UTC: `2026-05-01T14:00:08.1234Z`.
fn is_time(text: &str) -> bool {
    let has_form = |text: &str, form: &[u8]| {
        text.bytes().zip(form).all(|(byte, form)| match form {
            b'd' => byte.is_ascii_digit(),
            other => byte == *other,
        })
    };
    let Some((date, rest)) = text.split_at_checked("2026-05-01".len()) else { return false };
    let is_date = has_form(date, b"dddd-dd-dd");
    let Some((time, rest)) = rest.split_at_checked("T14:00:08".len()) else {
        return is_date && rest.is_empty();
    };
    let fraction = rest.strip_suffix('Z').map(|rest| rest.strip_prefix('.').unwrap_or(rest));
    let is_fraction = |text: &str| text.len() <= 9 && text.bytes().all(|byte| byte.is_ascii_digit());
    is_date && has_form(time, b"Tdd:dd:dd") && fraction.is_some_and(is_fraction)
}

fn entry(json: &RawValue) -> Result<Enrichment, Error> {
    let entry: Entry = serde_json::from_str(json.get()).map_err(Error::malformed)?;
    let id = entry.id.trim();
    let is_identifier = |text: &str| {
        (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    if !is_identifier(id) {
        return Err(Error::malformed("its `cveID` is no identifier"));
    }
    let facts = [
        ("name", entry.vulnerability_name),
        ("exploited", Some(entry.date_added.unwrap_or_else(|| "yes".to_owned()))),
        ("due-date", entry.due_date),
        ("required-action", entry.required_action),
        ("ransomware", entry.known_ransomware_campaign_use),
    ];
    let mut message = Vec::new();
    for (name, text) in facts {
        let text = text.unwrap_or_default();
        let text = text.trim();
        if text.len() > MAX_TEXT {
            return Err(Error::malformed(format!(
                "its {name} has {} bytes, over the limit of {MAX_TEXT}",
                text.len()
            )));
        }
        if !text.is_empty() {
            message.push((name.to_owned(), text.to_owned()));
        }
    }
    Ok(Enrichment { id: id.to_owned(), kind: "kev".to_owned(), ratings: Vec::new(), facts: message })
}
