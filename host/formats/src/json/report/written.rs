//! Writes findings down from the model itself: their texts are copied once, into the answer.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::ops::Range;
use std::sync::Arc;

use limpid_model::report::{
    Enriched, Exploited, Finding, InstalledPackage, LayerOrigin, Publisher, RatedSeverity,
};
use limpid_model::{BaseImage, Digest, Provenance, Rating, Text};

/// Writes findings as [`super::Finding`] is read, with commas between them. What several share is written
/// once, and repeated from there.
pub(super) fn findings(
    findings: &[Finding],
    base: Option<&BaseImage>,
    out: &mut Vec<u8>,
) -> serde_json::Result<()> {
    let mut shared = Shared::default();
    for (number, finding) in findings.iter().enumerate() {
        if number > 0 {
            out.push(b',');
        }
        shared.finding(finding, base, out)?;
    }
    Ok(())
}

/// Where in what is written something stands that several findings share.
#[derive(Default)]
struct Shared {
    packages: HashMap<*const InstalledPackage, Range<usize>>,
    layers: HashMap<*const LayerOrigin, Range<usize>>,
    enrichments: HashMap<*const Vec<Enriched>, Range<usize>>,
}

impl Shared {
    fn finding(
        &mut self,
        finding: &Finding,
        base: Option<&BaseImage>,
        out: &mut Vec<u8>,
    ) -> serde_json::Result<()> {
        let summary = finding.summary.as_deref();
        field(out, "{\"fingerprint\":", &finding.fingerprint)?;
        field(out, ",\"vulnerability\":", &finding.vulnerability)?;
        field(out, ",\"aliases\":", &finding.aliases)?;
        field(out, ",\"title\":", summary.map_or("", |summary| &summary.title))?;
        field(out, ",\"status\":", finding.status.as_str())?;
        field(out, ",\"note\":", &finding.note)?;
        field(out, ",\"severity\":", &finding.severity)?;
        out.extend_from_slice(b",\"package\":");
        // All findings are there until all are written: what is at an address stays there.
        let layers = &mut self.layers;
        let write = |out: &mut Vec<u8>| package(&finding.package, layers, out);
        once(&mut self.packages, Arc::as_ptr(&finding.package), out, write)?;
        field(out, ",\"fixed_version\":", &finding.fixed_version)?;
        field(out, ",\"update_to\":", &finding.update_to)?;
        field(out, ",\"feed\":", &finding.origin.feed)?;
        field(out, ",\"source\":", &finding.origin.source)?;
        field(out, ",\"namespace\":", &finding.origin.namespace)?;
        field(out, ",\"references\":", summary.map_or(&[][..], |summary| &*summary.references))?;
        field(out, ",\"published\":", &summary.and_then(|summary| summary.published.as_ref()))?;
        field(out, ",\"advisory\":", &finding.advisory)?;
        field(out, ",\"publishers\":", &finding.publishers)?;
        field(out, ",\"exploited\":", &finding.exploited)?;
        field(out, ",\"exploit_probability\":", &finding.exploit_probability)?;
        out.extend_from_slice(b",\"enrichments\":");
        if finding.enrichments.is_empty() {
            out.extend_from_slice(b"[]");
        } else {
            let place = Arc::as_ptr(&finding.enrichments);
            once(&mut self.enrichments, place, out, |out| finding.enrichments.write(out))?;
        }
        field(out, ",\"origin\":", &super::provenance(base, finding).map(Provenance::as_str))?;
        out.push(b'}');
        Ok(())
    }
}

/// Writes something, or repeats what was written of it.
fn once<K: Eq + Hash>(
    known: &mut HashMap<K, Range<usize>>,
    key: K,
    out: &mut Vec<u8>,
    write: impl FnOnce(&mut Vec<u8>) -> serde_json::Result<()>,
) -> serde_json::Result<()> {
    if let Some(place) = known.get(&key) {
        out.extend_from_within(place.clone());
        return Ok(());
    }
    let start = out.len();
    write(out)?;
    known.insert(key, start..out.len());
    Ok(())
}

/// Writes the name of a field, with what stands before it, and its value.
fn field(out: &mut Vec<u8>, name: &str, value: &(impl Json + ?Sized)) -> serde_json::Result<()> {
    out.extend_from_slice(name.as_bytes());
    value.write(out)
}

/// What is written as JSON.
trait Json {
    fn write(&self, out: &mut Vec<u8>) -> serde_json::Result<()>;
}

impl Json for str {
    fn write(&self, out: &mut Vec<u8>) -> serde_json::Result<()> {
        if is_escaped(self.as_bytes()) {
            return serde_json::to_writer(out, self);
        }
        out.reserve(self.len() + 2);
        out.push(b'"');
        out.extend_from_slice(self.as_bytes());
        out.push(b'"');
        Ok(())
    }
}

/// Whether JSON escapes any of some bytes: quotes, backslashes and control characters. Looks at eight at a
/// time, as most texts need nothing.
fn is_escaped(bytes: &[u8]) -> bool {
    const WORD: usize = size_of::<u64>();
    const LOW: u64 = u64::MAX / 0xFF;
    const HIGH: u64 = LOW << 7;
    // The highest bit of the lowest byte that is below `least`, and maybe of others, is left where there is one.
    let below = |word: u64, least: u64| word.wrapping_sub(LOW * least) & !word;
    let is_in = |word: &[u8; WORD]| {
        let word = u64::from_le_bytes(*word);
        let (quote, backslash) = (word ^ (LOW * u64::from(b'"')), word ^ (LOW * u64::from(b'\\')));
        (below(word, 0x20) | below(quote, 1) | below(backslash, 1)) & HIGH != 0
    };
    let Some(last) = bytes.last_chunk() else {
        return bytes.iter().any(|byte| matches!(byte, 0..0x20 | b'"' | b'\\'));
    };
    // The last eight overlap those before.
    bytes.as_chunks().0.iter().any(is_in) || is_in(last)
}

impl Json for String {
    fn write(&self, out: &mut Vec<u8>) -> serde_json::Result<()> {
        self.as_str().write(out)
    }
}

impl Json for Text {
    fn write(&self, out: &mut Vec<u8>) -> serde_json::Result<()> {
        self.as_str().write(out)
    }
}

impl Json for f32 {
    fn write(&self, out: &mut Vec<u8>) -> serde_json::Result<()> {
        serde_json::to_writer(out, self)
    }
}

impl Json for Digest {
    fn write(&self, out: &mut Vec<u8>) -> serde_json::Result<()> {
        self.to_string().write(out)
    }
}

impl<T: Json> Json for Option<T> {
    fn write(&self, out: &mut Vec<u8>) -> serde_json::Result<()> {
        let Some(value) = self else {
            out.extend_from_slice(b"null");
            return Ok(());
        };
        value.write(out)
    }
}

impl<T: Json + ?Sized> Json for &T {
    fn write(&self, out: &mut Vec<u8>) -> serde_json::Result<()> {
        T::write(self, out)
    }
}

impl<T: Json> Json for [T] {
    fn write(&self, out: &mut Vec<u8>) -> serde_json::Result<()> {
        out.push(b'[');
        for (number, value) in self.iter().enumerate() {
            if number > 0 {
                out.push(b',');
            }
            value.write(out)?;
        }
        out.push(b']');
        Ok(())
    }
}

impl<T: Json> Json for Vec<T> {
    fn write(&self, out: &mut Vec<u8>) -> serde_json::Result<()> {
        self.as_slice().write(out)
    }
}

fn package(
    package: &InstalledPackage,
    layers: &mut HashMap<*const LayerOrigin, Range<usize>>,
    out: &mut Vec<u8>,
) -> serde_json::Result<()> {
    let source = package.source.as_ref();
    field(out, "{\"name\":", &package.name)?;
    field(out, ",\"version\":", &package.version)?;
    field(out, ",\"arch\":", &package.arch)?;
    field(out, ",\"purl\":", &package.purl)?;
    field(out, ",\"source_name\":", &source.map(|source| &source.name))?;
    field(out, ",\"source_version\":", &source.map(|source| &source.version))?;
    field(out, ",\"evidence\":", package.evidence.as_str())?;
    field(out, ",\"licenses\":", &package.licenses)?;
    field(out, ",\"path\":", &package.path)?;
    field(out, ",\"member\":", &package.member)?;
    out.extend_from_slice(b",\"layer\":");
    once(layers, Arc::as_ptr(&package.layer), out, |out| package.layer.write(out))?;
    field(out, ",\"detector\":", &package.detector.name)?;
    field(out, ",\"owner\":", &package.owner)?;
    if !package.qualifiers.is_empty() {
        out.extend_from_slice(b",\"qualifiers\":");
        let sorted: BTreeMap<_, _> = package.qualifiers.iter().map(|(key, value)| (key, value)).collect();
        serde_json::to_writer(&mut *out, &sorted)?;
    }
    out.push(b'}');
    Ok(())
}

impl Json for LayerOrigin {
    fn write(&self, out: &mut Vec<u8>) -> serde_json::Result<()> {
        out.extend_from_slice(b"{\"index\":");
        serde_json::to_writer(&mut *out, &self.index)?;
        field(out, ",\"diff_id\":", &self.diff_id)?;
        field(out, ",\"created_by\":", &self.created_by)?;
        out.push(b'}');
        Ok(())
    }
}

impl Json for RatedSeverity {
    fn write(&self, out: &mut Vec<u8>) -> serde_json::Result<()> {
        let of = if self.of_package { "package" } else { "vulnerability" };
        let rating = self.rating.as_ref().map(|rating| RatingOf { rating, of, feed: self.feed.as_deref() });
        field(out, "{\"level\":", self.severity.as_str())?;
        field(out, ",\"rating\":", &rating)?;
        out.push(b'}');
        Ok(())
    }
}

/// A rating, of what it is, and who gives it.
struct RatingOf<'r> {
    rating: &'r Rating,
    of: &'static str,
    feed: Option<&'r str>,
}

impl Json for RatingOf<'_> {
    fn write(&self, out: &mut Vec<u8>) -> serde_json::Result<()> {
        field(out, "{\"system\":", &self.rating.system)?;
        field(out, ",\"value\":", &self.rating.value)?;
        field(out, ",\"score\":", &self.rating.score)?;
        field(out, ",\"of\":", self.of)?;
        field(out, ",\"feed\":", &self.feed)?;
        out.push(b'}');
        Ok(())
    }
}

impl Json for Publisher {
    fn write(&self, out: &mut Vec<u8>) -> serde_json::Result<()> {
        field(out, "{\"advisory\":", &self.advisory)?;
        field(out, ",\"feed\":", &self.origin.feed)?;
        field(out, ",\"source\":", &self.origin.source)?;
        field(out, ",\"namespace\":", &self.origin.namespace)?;
        field(out, ",\"status\":", &self.status.map(|status| status.as_str()))?;
        field(out, ",\"fixed_version\":", &self.fixed_version)?;
        out.push(b'}');
        Ok(())
    }
}

impl Json for Exploited {
    fn write(&self, out: &mut Vec<u8>) -> serde_json::Result<()> {
        field(out, "{\"since\":", &self.since)?;
        field(out, ",\"feed\":", &self.feed)?;
        out.push(b'}');
        Ok(())
    }
}

impl Json for Enriched {
    fn write(&self, out: &mut Vec<u8>) -> serde_json::Result<()> {
        let known = &self.enrichment;
        let feed = Some(self.feed.as_str());
        let rating = |rating| RatingOf { rating, of: "vulnerability", feed };
        let facts: BTreeMap<&String, &String> =
            known.facts.iter().map(|(name, value)| (name, value)).collect();
        field(out, "{\"feed\":", &self.feed)?;
        field(out, ",\"kind\":", &known.kind)?;
        field(out, ",\"ratings\":", &known.ratings.iter().map(rating).collect::<Vec<_>>())?;
        out.extend_from_slice(b",\"facts\":");
        serde_json::to_writer(&mut *out, &facts)?;
        out.push(b'}');
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn texts_are_written_as_serde_writes_them(text in "[ -~\\n\\x00\\x1f\\x7f\u{e9}\u{ff}\"\\\\]{0,40}") {
            let mut out = Vec::new();
            text.write(&mut out).unwrap();
            prop_assert_eq!(String::from_utf8(out).unwrap(), serde_json::to_string(&text).unwrap());
        }
    }
}
