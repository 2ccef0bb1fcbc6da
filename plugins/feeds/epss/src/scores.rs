use std::io::{BufRead, Read};

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Enrichment, Rating, Sink};

/// Bytes of a line; they have some 30, the first some 70.
const MAX_LINE: u64 = 512;
/// What the columns are.
const HEADER: &str = "cve,epss,percentile";

/// Reads a list of scores, gives them to `sink`, and says of which day they are where the list does.
/// It is the whole: one that ends early is an error, since taking it for an answer would take the
/// scores from what is missing.
///
/// # Errors
///
/// [`Error::Malformed`] where it is no list of scores, names none, or does not end with the end of a
/// line. A line that cannot be used is none: it is rejected by its number.
pub(crate) fn read(input: impl BufRead, sink: &mut dyn Sink) -> Result<Option<String>, Error> {
    let mut lines = Lines { input, line: Vec::new(), number: 0 };
    let mut first = lines.next()?.ok_or_else(|| Error::malformed("the document is empty"))?;
    let mut date = None;
    if let Some(comment) = first.strip_prefix('#') {
        date = comment.split(',').find_map(|part| part.strip_prefix("score_date:")).map(str::to_owned);
        first = lines.next()?.ok_or_else(|| Error::malformed("the document ends after its first line"))?;
    }
    if first != HEADER {
        let shown = first.get(..first.floor_char_boundary(80)).unwrap_or(first);
        return Err(Error::malformed(format!("instead of `{HEADER}` the document has `{shown}`")));
    }
    let (mut accepted, mut rejected) = (0_u64, 0_u64);
    while let Some(line) = lines.next()? {
        match score(line) {
            Ok(enrichment) => {
                accepted += 1;
                sink.enrichment(enrichment);
            }
            Err(why) => {
                rejected += 1;
                sink.reject(&format!("line {}", lines.number), Error::malformed(why));
            }
        }
    }
    match (accepted, rejected) {
        (0, 0) => Err(Error::malformed("the document names no score")),
        (0, rejected) => Err(Error::malformed(format!("none of {rejected} lines could be used"))),
        _ => Ok(date),
    }
}

/// The time of a list of scores as [RFC 3339](https://www.rfc-editor.org/rfc/rfc3339#section-5.6) has it: a colon is
/// missing in its offset (`2026-08-16T00:00:00+0000`). Before 2021 it was a date alone. None where it is neither.
pub(crate) fn rfc_3339(date: &str) -> Option<String> {
    let has_form = |text: &str, form: &str| {
        text.len() == form.len()
            && text.bytes().zip(form.bytes()).all(|(byte, form)| match form {
                b'd' => byte.is_ascii_digit(),
                other => byte == other,
            })
    };
    if has_form(date, "dddd-dd-dd") {
        return Some(date.to_owned());
    }
    let (time, offset) = date.split_at_checked("2026-08-16T00:00:00".len())?;
    if !has_form(time, "dddd-dd-ddTdd:dd:dd") {
        return None;
    }
    let offset = match offset.split_at_checked(3) {
        Some((hours, minutes)) if has_form(minutes, "dd") => format!("{hours}:{minutes}"),
        _ => offset.to_owned(),
    };
    let is_offset = ["+dd:dd", "-dd:dd", "Z"].iter().any(|form| has_form(&offset, form));
    is_offset.then(|| format!("{time}{offset}"))
}

/// A CVE, its score and its percentile.
fn score(line: &str) -> Result<Enrichment, &'static str> {
    let (id, numbers) = line.split_once(',').ok_or("not three columns")?;
    let (score, percentile) = numbers.split_once(',').ok_or("not three columns")?;
    let is_identifier = id.len() <= 64 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if !is_identifier || !id.starts_with("CVE-") {
        return Err("its first column is no CVE");
    }
    let value = probability(score).ok_or("its score is no number from 0 to 1")?;
    probability(percentile).ok_or("its percentile is no number from 0 to 1")?;
    Ok(Enrichment {
        id: id.to_owned(),
        kind: "epss".to_owned(),
        ratings: vec![Rating { score: Some(value), ..Rating::word("EPSS", score) }],
        facts: vec![("percentile".to_owned(), percentile.to_owned())],
    })
}

/// A number from 0 to 1. Small ones are written `4e-05` at times.
fn probability(text: &str) -> Option<f32> {
    let is_short = text.len() <= 24 && text.starts_with(|first: char| first.is_ascii_digit());
    let value: f32 = text.parse().ok().filter(|_| is_short)?;
    (0.0..=1.0).contains(&value).then_some(value)
}

/// Lines that are sure to be whole, as those of [`limpid_plugin_sdk::text::Lines`] are not: of a number
/// that was cut, the rest is a number too.
struct Lines<R> {
    input: R,
    line: Vec<u8>,
    number: u64,
}

impl<R: BufRead> Lines<R> {
    fn next(&mut self) -> Result<Option<&str>, Error> {
        self.line.clear();
        self.number += 1;
        let read = (&mut self.input).take(MAX_LINE).read_until(b'\n', &mut self.line)?;
        if read == 0 {
            return Ok(None);
        }
        let line = self.line.strip_suffix(b"\n").ok_or_else(|| {
            let number = self.number;
            Error::malformed(format!("line {number} does not end, or not within {MAX_LINE} bytes"))
        })?;
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let number = self.number;
        std::str::from_utf8(line).map(Some).map_err(|_| Error::malformed(format!("line {number} is no text")))
    }
}
