//! A document, in the [form](https://github.com/rubysec/ruby-advisory-db#schema) of the database.

use std::io::Read;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Advisory, Affected, Rating, Status};
use serde::Deserialize;

use crate::versions::{self, Order};

/// Bytes of one document. The largest has some ten thousand. How deep it may lie in itself, and what its aliases may
/// repeat, is bounded by the reader of YAML.
const MAX_DOCUMENT: u64 = 1 << 20;

/// Addresses of further reading that are stated.
const MAX_REFERENCES: usize = 100;

/// Bytes of the name of a gem, and of an identifier.
const MAX_NAME: usize = 200;

/// What the NVD calls implementations of Ruby, which are programs.
const ENGINES: [(&str, &str); 5] = [
    ("jruby", "jruby:jruby"),
    ("mruby", "mruby:mruby"),
    ("mrubyc", "mrubyc:mrubyc"),
    ("rbx", "rubinius:rubinius"),
    ("ruby", "ruby-lang:ruby"),
];

#[derive(Deserialize)]
struct Document {
    gem: Option<String>,
    engine: Option<String>,
    platform: Option<String>,
    cve: Option<String>,
    ghsa: Option<String>,
    osvdb: Option<u64>,
    url: Option<String>,
    title: Option<String>,
    date: Option<String>,
    description: Option<String>,
    cvss_v2: Option<f32>,
    cvss_v3: Option<f32>,
    cvss_v4: Option<f32>,
    patched_versions: Option<Vec<String>>,
    unaffected_versions: Option<Vec<String>>,
    related: Option<Related>,
}

#[derive(Deserialize)]
struct Related {
    url: Option<Vec<String>>,
}

/// What a document says, and by what it is told from all others: `rack/CVE-2022-44570`.
///
/// # Errors
///
/// Where it names no gem and no implementation, has no identifier, or asks for versions in a way that is not
/// understood.
pub(crate) fn read(input: impl Read) -> Result<(String, Advisory), Error> {
    let mut bytes = Vec::new();
    input.take(MAX_DOCUMENT + 1).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > MAX_DOCUMENT) {
        return Err(Error::malformed(format_args!("it is over the limit of {MAX_DOCUMENT} bytes")));
    }
    let document: Document = serde_saphyr::from_slice(&bytes).map_err(Error::malformed)?;
    document.advisory()
}

impl Document {
    fn advisory(self) -> Result<(String, Advisory), Error> {
        let (name, of, order) = match (&self.gem, &self.engine) {
            (Some(gem), _) => (
                gem,
                Affected { namespace: "rubygems".to_owned(), name: gem.clone(), ..of("gem") },
                Order::Gem,
            ),
            (None, Some(engine)) => {
                let known = ENGINES.iter().find(|(known, _)| known == engine).map(|(_, name)| *name);
                let program = known.ok_or_else(|| {
                    Error::unsupported(format_args!("no implementation of Ruby is known as `{engine:.100}`"))
                })?;
                (
                    engine,
                    Affected { namespace: "nvd".to_owned(), name: program.to_owned(), ..of("generic") },
                    Order::Program,
                )
            }
            (None, None) => return Err(Error::malformed("it names no gem and no implementation of Ruby")),
        };
        if !is_name(name) {
            return Err(Error::malformed(format_args!("`{name:.200}` is no name of a gem")));
        }
        let numbered = [
            ("CVE", self.cve.clone()),
            ("GHSA", self.ghsa.clone()),
            ("OSVDB", self.osvdb.map(|number| number.to_string())),
        ];
        let mut ids = numbered.into_iter().filter_map(|(database, id)| Some(format!("{database}-{}", id?)));
        let id = ids.next().ok_or_else(|| Error::malformed("it has no identifier"))?;
        let aliases: Vec<String> = ids.collect();
        if let Some(broken) = aliases.iter().chain([&id]).find(|id| !is_name(id)) {
            return Err(Error::malformed(format_args!("`{broken:.200}` is no identifier")));
        }
        let listed = |versions: &Option<Vec<String>>| versions.clone().unwrap_or_default();
        let (patched, unaffected) = (listed(&self.patched_versions), listed(&self.unaffected_versions));
        let vulnerable = versions::vulnerable(order, &patched, &unaffected)?;
        let note = self.platform.as_ref().map(|platform| format!("on the platform {platform:.100}"));
        // Some mean the one or the other of two requirements, where both together leave nothing.
        if vulnerable.ranges.is_empty() {
            return Err(Error::malformed(
                "all versions are patched or unaffected, so that none is vulnerable",
            ));
        }
        let mut affected = vec![Affected { ranges: vulnerable.ranges, note, ..of.clone() }];
        if !vulnerable.spared.is_empty() {
            affected.push(Affected { status: Status::NotAffected, versions: vulnerable.spared, ..of });
        }
        let key = format!("{name}/{id}");
        let references = self.references();
        Ok((
            key,
            Advisory {
                aliases,
                ratings: self.ratings(),
                title: one_line(self.title.as_deref().unwrap_or_default()),
                details: self.description.as_deref().unwrap_or_default().trim().to_owned(),
                references,
                published: self.date.as_deref().and_then(day),
                affected,
                ..Advisory::new(id)
            },
        ))
    }

    /// Scores. Of CVSS 3 it is not said which one: 3.0 and 3.1 have one scale.
    fn ratings(&self) -> Vec<Rating> {
        let scores = [("CVSS:4.0", self.cvss_v4), ("CVSS:3.1", self.cvss_v3), ("CVSS:2.0", self.cvss_v2)];
        let is_score = |score: &f32| (0.0..=10.0).contains(score);
        let of = |system: &str, score| Rating { score: Some(score), ..Rating::word(system, "") };
        scores.into_iter().filter_map(|(system, score)| Some(of(system, score.filter(is_score)?))).collect()
    }

    fn references(&self) -> Vec<String> {
        let related = self.related.iter().filter_map(|related| related.url.as_ref()).flatten();
        let mut references: Vec<String> = Vec::new();
        for url in self.url.iter().chain(related).map(|url| url.trim()).filter(|url| !url.is_empty()) {
            if references.len() < MAX_REFERENCES && !references.iter().any(|known| known == url) {
                references.push(url.to_owned());
            }
        }
        references
    }
}

fn of(scheme: &str) -> Affected {
    Affected { scheme: scheme.to_owned(), ..Affected::default() }
}

fn is_name(text: &str) -> bool {
    (1..=MAX_NAME).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `2022-02-11` as a time.
fn day(text: &str) -> Option<String> {
    let day = text.trim();
    let form = b"0000-00-00";
    let is_day = day.len() == form.len()
        && day.bytes().zip(form).all(|(byte, form)| match form {
            b'0' => byte.is_ascii_digit(),
            _ => byte == *form,
        });
    is_day.then(|| format!("{day}T00:00:00Z"))
}
