//! A document, in the [form](https://github.com/rustsec/advisory-db#advisory-format) of the database: TOML between lines of
//! backticks, and Markdown behind it.

use std::collections::BTreeMap;
use std::io::Read;

use limpid_osv::text;
use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Advisory, Affected, Range, Rating};
use serde::Deserialize;

use crate::versions::{self, Interval, Versions};

/// Bytes of one document. The largest has some ten thousand.
const MAX_DOCUMENT: u64 = 1 << 20;

/// Addresses of further reading that are stated, and other identifiers.
const MAX_STATED: usize = 100;

/// Functions of one document. The most that is known is some thirty.
const MAX_FUNCTIONS: usize = 10_000;

/// Systems and processors that a note names.
const MAX_NAMED: usize = 20;

/// The line before the TOML.
const BEGINS: &str = "```toml";

/// The line behind it.
const ENDS: &str = "```";

/// What comes with Rust, and has its versions.
const TOOLCHAIN: [&str; 3] = ["cargo", "rustdoc", "std"];

/// Of what a document is, by where it lies in the repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Of {
    Crate,
    Rust,
    /// It lies nowhere. Those of Rust itself have no identifiers of RustSec.
    Unknown,
}

#[derive(Deserialize)]
struct Document {
    advisory: Stated,
    #[serde(default)]
    affected: Limits,
    versions: Requirements,
}

#[derive(Deserialize)]
struct Stated {
    id: String,
    package: String,
    #[serde(default)]
    aliases: Vec<String>,
    cvss: Option<String>,
    date: Option<String>,
    withdrawn: Option<String>,
    informational: Option<String>,
    url: Option<String>,
    #[serde(default)]
    references: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Limits {
    arch: Vec<String>,
    os: Vec<String>,
    /// Functions, and the versions of which they are.
    functions: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize)]
struct Requirements {
    #[serde(default)]
    patched: Vec<String>,
    #[serde(default)]
    unaffected: Vec<String>,
}

/// What a document says, and by what it is told from all others: `time/RUSTSEC-2020-0071`.
///
/// # Errors
///
/// Where it is not of this form, has no identifier or package, or asks for versions in a way that is not understood.
pub(crate) fn read(of: Of, input: impl Read) -> Result<(String, Advisory), Error> {
    let mut bytes = Vec::new();
    input.take(MAX_DOCUMENT + 1).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > MAX_DOCUMENT) {
        return Err(Error::malformed(format_args!("it is over the limit of {MAX_DOCUMENT} bytes")));
    }
    let text = str::from_utf8(&bytes).map_err(Error::malformed)?;
    let (front, markdown) = parts(text)?;
    let document: Document = toml::from_str(front).map_err(|error| Error::malformed(error.message()))?;
    document.advisory(of, markdown)
}

/// The TOML and what is behind it.
fn parts(text: &str) -> Result<(&str, &str), Error> {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let rest = text.strip_prefix(BEGINS).filter(|rest| rest.starts_with(['\n', '\r']));
    let rest = rest.ok_or_else(|| Error::malformed(format_args!("it does not begin with `{BEGINS}`")))?;
    let mut end = 0;
    for line in rest.split_inclusive('\n') {
        if line.trim_end() == ENDS {
            let (front, behind) = rest.split_at_checked(end).unwrap_or((rest, ""));
            return Ok((front, behind.get(line.len()..).unwrap_or_default()));
        }
        end += line.len();
    }
    Err(Error::malformed(format_args!("no line `{ENDS}` ends its TOML")))
}

impl Document {
    fn advisory(self, of: Of, markdown: &str) -> Result<(String, Advisory), Error> {
        let Stated { id, package, .. } = &self.advisory;
        if let Some(broken) =
            [id].into_iter().chain(&self.advisory.aliases).find(|id| !text::is_identifier(id))
        {
            return Err(Error::malformed(format_args!("`{broken:.200}` is no identifier")));
        }
        if !is_crate(package) {
            return Err(Error::malformed(format_args!("`{package:.200}` is no name of a crate")));
        }
        let is_crate = match of {
            Of::Crate => true,
            Of::Rust => false,
            Of::Unknown => id.starts_with("RUSTSEC-") || !TOOLCHAIN.contains(&package.as_str()),
        };
        if !is_crate && !TOOLCHAIN.contains(&package.as_str()) {
            return Err(Error::unsupported(format_args!("nothing of Rust is known as `{package:.200}`")));
        }
        let Requirements { patched, unaffected } = &self.versions;
        let versions = Versions::of(patched, unaffected)?;
        // Some that were withdrawn say as well that nothing is affected.
        if versions.vulnerable.is_empty() && self.advisory.withdrawn.is_none() {
            return Err(Error::malformed(
                "all versions are patched or unaffected, so that none is vulnerable",
            ));
        }
        let stated = match is_crate {
            true => of_scheme("cargo", package, "crates"),
            false => of_scheme("nvd", "rust-lang:rust", "generic"),
        };
        let stated = Affected { note: self.note(is_crate), ..stated };
        let functions = self.affected.functions(&versions)?;
        let affected = functions.into_iter().map(|Reached { symbols, intervals }| {
            let ranges = intervals.into_iter().map(|one| range(&versions, one, is_crate)).collect();
            Affected { symbols, ranges, ..stated.clone() }
        });
        let affected = affected.collect();
        let (title, details) = described(markdown);
        let key = format!("{package}/{id}");
        let advisory = Advisory {
            aliases: self.aliases(),
            title,
            details,
            ratings: self.advisory.cvss.as_deref().and_then(rating).into_iter().collect(),
            references: self.references(),
            published: self.advisory.date.as_deref().and_then(day),
            withdrawn: self.advisory.withdrawn.as_deref().and_then(day),
            affected,
            ..Advisory::new(self.advisory.id)
        };
        Ok((key, advisory))
    }

    fn aliases(&self) -> Vec<String> {
        let aliases = self.advisory.aliases.iter().take(MAX_STATED);
        aliases.map(|alias| text::canonical(alias).into_owned()).collect()
    }

    fn references(&self) -> Vec<String> {
        let all = self.advisory.url.iter().chain(&self.advisory.references);
        let mut references: Vec<String> = Vec::new();
        for url in all.map(|url| url.trim()).filter(|url| !url.is_empty()) {
            if references.len() < MAX_STATED && !references.iter().any(|known| known == url) {
                references.push(url.to_owned());
            }
        }
        references
    }

    /// What else is known of those that are affected.
    fn note(&self, is_crate: bool) -> Option<String> {
        let mut parts = Vec::new();
        if let Some(kind) = self.advisory.informational.as_deref() {
            parts.push(format!("informational: {kind:.100}"));
        }
        if !is_crate && self.advisory.package != "std" {
            parts.push(format!("in {:.100}", self.advisory.package));
        }
        for names in [&self.affected.os, &self.affected.arch] {
            let named: Vec<String> = names.iter().take(MAX_NAMED).map(|name| format!("{name:.50}")).collect();
            if !named.is_empty() {
                parts.push(format!("on {}", named.join(", ")));
            }
        }
        (!parts.is_empty()).then(|| parts.join("; "))
    }
}

/// Versions, and the functions through which they are vulnerable; none where it is not known.
struct Reached {
    symbols: Vec<String>,
    intervals: Vec<Interval>,
}

impl Limits {
    /// The functions through which versions are vulnerable, and these: those of a run of versions count where they are
    /// functions of some of it, and none do where they are not of all of it. A part of a run would end without its fix.
    ///
    /// # Errors
    ///
    /// Where the versions of a function cannot be understood, or there are too many.
    fn functions(&self, versions: &Versions) -> Result<Vec<Reached>, Error> {
        if self.functions.len() > MAX_FUNCTIONS {
            return Err(Error::malformed(format_args!("it names more than {MAX_FUNCTIONS} functions")));
        }
        let mut of_functions = Vec::new();
        for (name, requirements) in &self.functions {
            if !text::is_name(name) {
                return Err(Error::malformed(format_args!("`{name:.200}` is no name of a function")));
            }
            let intervals = versions::intervals(requirements)?.into_iter();
            of_functions.push((name, versions::union(intervals.map(Interval::with_pre_releases).collect())));
        }
        let mut stated: Vec<Reached> = Vec::new();
        for interval in &versions.vulnerable {
            let (mut symbols, mut covered) = (Vec::new(), Vec::new());
            for (name, intervals) in &of_functions {
                if intervals.iter().any(|one| one.meets(interval)) {
                    symbols.push((*name).clone());
                    covered.extend(intervals.iter().cloned());
                }
            }
            if !versions::union(covered).iter().any(|one| one.covers(interval)) {
                symbols.clear();
            }
            match stated.iter_mut().find(|known| known.symbols == symbols) {
                Some(known) => known.intervals.push(interval.clone()),
                None => stated.push(Reached { symbols, intervals: vec![interval.clone()] }),
            }
        }
        Ok(stated)
    }
}

/// An interval as a range. The scheme `generic` does not know what is before all pre-releases.
fn range(versions: &Versions, interval: Interval, is_crate: bool) -> Range {
    let mut range = versions.range(&interval);
    if !is_crate && let Some(first) = &mut range.introduced {
        *first = first.strip_suffix("-0").unwrap_or(first).to_owned();
    }
    range
}

fn of_scheme(namespace: &str, name: &str, scheme: &str) -> Affected {
    Affected {
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        scheme: scheme.to_owned(),
        ..Affected::default()
    }
}

/// Whether a text may be the [name of a crate](https://doc.rust-lang.org/cargo/reference/manifest.html#the-name-field).
fn is_crate(name: &str) -> bool {
    text::is_name(name) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// The heading, which is the title, and what is behind it.
fn described(markdown: &str) -> (String, String) {
    let text = markdown.trim();
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    match first.strip_prefix("# ") {
        Some(title) => (title.split_whitespace().collect::<Vec<_>>().join(" "), rest.trim().to_owned()),
        None => (String::new(), text.to_owned()),
    }
}

/// A vector, which says of which version of CVSS it is: `CVSS:3.1/AV:N/...`.
fn rating(vector: &str) -> Option<Rating> {
    let (system, _) = vector.split_once('/').filter(|_| text::is_identifier(vector))?;
    let is_version = system.starts_with("CVSS:") && system.len() == "CVSS:3.1".len();
    is_version.then(|| Rating::word(system, vector))
}

/// `2022-02-11` as a time.
fn day(day: &str) -> Option<String> {
    let time = format!("{}T00:00:00Z", day.trim());
    text::is_time(&time).then_some(time)
}
