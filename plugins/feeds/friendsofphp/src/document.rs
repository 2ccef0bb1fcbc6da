//! A document, in the [form](https://github.com/FriendsOfPHP/security-advisories#contributing) of the database.

use std::collections::BTreeMap;
use std::io::Read;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Advisory, Affected, Bound, Range, Status};
use serde::Deserialize;

/// Bytes of one document. The largest has some thousand. How deep it may lie in itself, and what its aliases may repeat,
/// is bounded by the reader of YAML.
const MAX_DOCUMENT: u64 = 1 << 20;

/// Branches of one document.
const MAX_BRANCHES: usize = 1000;

/// Bytes of the name of a package, of an identifier and of a version.
const MAX_NAME: usize = 200;

/// What a reference to a package begins with.
const COMPOSER: &str = "composer://";

#[derive(Deserialize)]
struct Document {
    title: Option<String>,
    link: Option<String>,
    cve: Option<String>,
    reference: String,
    branches: BTreeMap<String, Branch>,
}

#[derive(Deserialize)]
struct Branch {
    time: Option<String>,
    versions: Vec<String>,
}

/// What a document says, and by what it is told from all others: `symfony/http-kernel/CVE-2022-24894`.
///
/// # Errors
///
/// Where it names no package of Composer, or asks for versions in a way that is not understood.
pub(crate) fn read(stem: &str, input: impl Read) -> Result<(String, Advisory), Error> {
    let mut bytes = Vec::new();
    input.take(MAX_DOCUMENT + 1).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > MAX_DOCUMENT) {
        return Err(Error::malformed(format_args!("it is over the limit of {MAX_DOCUMENT} bytes")));
    }
    let document: Document = serde_saphyr::from_slice(&bytes).map_err(Error::malformed)?;
    document.advisory(stem)
}

impl Document {
    fn advisory(self, stem: &str) -> Result<(String, Advisory), Error> {
        let package = self.reference.trim().strip_prefix(COMPOSER).map(str::to_ascii_lowercase);
        let package = package.filter(|package| is_package(package)).ok_or_else(|| {
            Error::unsupported(format_args!("`{:.200}` refers to no package of Composer", self.reference))
        })?;
        if self.branches.is_empty() || self.branches.len() > MAX_BRANCHES {
            return Err(Error::malformed(format_args!(
                "it has {} branches, not 1 to {MAX_BRANCHES}",
                self.branches.len()
            )));
        }
        let stated = self.cve.as_deref().map(str::trim).filter(|cve| !cve.is_empty());
        if let Some(broken) = stated.filter(|cve| !is_cve(cve)) {
            return Err(Error::malformed(format_args!("`{broken:.200}` is no CVE")));
        }
        let cve = stated.or(Some(stem).filter(|stem| is_cve(stem)));
        let ghsa = self.link.as_deref().and_then(ghsa);
        let mut ids = cve.map(str::to_owned).into_iter().chain(ghsa);
        let id = match ids.next() {
            Some(id) => id,
            None if is_name(stem) => format!("{package}/{stem}"),
            None => {
                return Err(Error::malformed(format_args!(
                    "it has no CVE, and `{stem:.200}` is no name for it"
                )));
            }
        };
        let (mut ranges, mut spared) = (Vec::new(), Vec::new());
        for branch in self.branches.values() {
            let (range, first) = range(&branch.versions)?;
            if !ranges.contains(&range) {
                ranges.push(range);
            }
            spared.extend(first);
        }
        let of = Affected {
            namespace: "composer".to_owned(),
            name: package.clone(),
            scheme: "composer".to_owned(),
            ..Affected::default()
        };
        let mut affected = vec![Affected { ranges, ..of.clone() }];
        if !spared.is_empty() {
            affected.push(Affected { status: Status::NotAffected, versions: spared, ..of });
        }
        let times = self.branches.values().filter_map(|branch| day(branch.time.as_deref()?));
        let key = if id.starts_with(&package) { id.clone() } else { format!("{package}/{id}") };
        Ok((
            key,
            Advisory {
                aliases: ids.collect(),
                title: one_line(self.title.as_deref().unwrap_or_default()),
                references: self
                    .link
                    .iter()
                    .map(|link| link.trim().to_owned())
                    .filter(|link| !link.is_empty())
                    .collect(),
                published: times.min(),
                affected,
                ..Advisory::new(id)
            },
        ))
    }
}

/// The versions of a branch, of which all must hold, and its first one where that is not affected.
fn range(versions: &[String]) -> Result<(Range, Option<String>), Error> {
    let (mut range, mut spared) = (Range::all(), None);
    if versions.is_empty() {
        return Err(Error::malformed("a branch has no versions"));
    }
    for text in versions {
        let text = text.trim();
        let end = text.find(|c: char| !"<>=!".contains(c)).unwrap_or(text.len());
        let (operator, version) = text.split_at_checked(end).unwrap_or((text, ""));
        let version = version.trim();
        if !is_version(version) {
            return Err(Error::malformed(format_args!("`{text:.200}` asks for no version")));
        }
        let is_twice = match operator {
            ">=" => range.introduced.replace(first(version)).is_some(),
            ">" => {
                spared = Some(version.to_owned());
                range.introduced.replace(version.to_owned()).is_some()
            }
            "<" => range.until.replace(Bound::Excluding(version.to_owned())).is_some(),
            "<=" => range.until.replace(Bound::Including(version.to_owned())).is_some(),
            "=" | "==" => {
                let until = range.until.replace(Bound::Including(version.to_owned()));
                range.introduced.replace(version.to_owned()).is_some() || until.is_some()
            }
            _ => return Err(Error::unsupported(format_args!("the constraint `{text:.200}`"))),
        };
        if is_twice {
            return Err(Error::unsupported(format_args!(
                "a branch with two starts or ends, the second of them `{text:.200}`"
            )));
        }
    }
    Ok((range, spared))
}

/// The first version that Composer takes for one of `>=`: a development version, unless it names a stability itself.
fn first(version: &str) -> String {
    let is_plain = version.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if is_plain { format!("{version}-dev") } else { version.to_owned() }
}

fn is_version(text: &str) -> bool {
    (1..=MAX_NAME).contains(&text.len())
        && text.starts_with(|first: char| first.is_ascii_digit() || first == 'v')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-+_".contains(&byte))
}

/// `symfony/http-kernel`
fn is_package(text: &str) -> bool {
    text.len() <= MAX_NAME
        && text.split_once('/').is_some_and(|(vendor, name)| is_name(vendor) && is_name(name))
}

fn is_name(text: &str) -> bool {
    (1..=MAX_NAME).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

/// `CVE-2022-24894`
fn is_cve(text: &str) -> bool {
    let is_number = |text: &str| text.len() >= 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.strip_prefix("CVE-").and_then(|rest| rest.split_once('-'));
    number.is_some_and(|(year, number)| year.len() == 4 && is_number(year) && is_number(number))
        && text.len() <= MAX_NAME
}

/// The identifier that an address of GitHub ends with.
fn ghsa(link: &str) -> Option<String> {
    let (_, id) = link.split_once("/GHSA-")?;
    let id = id.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).next()?;
    let is_part = |part: &str| part.len() == 4 && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let is_id = id.split('-').count() == 3 && id.split('-').all(is_part);
    is_id.then(|| format!("GHSA-{}", id.to_ascii_lowercase()))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The day of `2023-02-01 08:00:00` as a time.
fn day(text: &str) -> Option<String> {
    let day = text.trim().get(..10)?;
    let form = b"0000-00-00";
    let is_day = day.bytes().zip(form).all(|(byte, form)| match form {
        b'0' => byte.is_ascii_digit(),
        _ => byte == *form,
    });
    is_day.then(|| format!("{day}T00:00:00Z"))
}
