//! The feed of Oracle Linux: its [OVAL definitions](https://linux.oracle.com/security/oval/), one for each erratum
//! that fixes vulnerabilities.
//!
//! This crate owns how these definitions become advisories for the namespaces `ol:8`; what OVAL means is read by
//! [`limpid_oval`].
//!
//! | The definition says | Advisory |
//! |---|---|
//! | a reference of source `elsa` | its identifier; references of source `CVE` are aliases |
//! | `oraclelinux-release` is of version `^8` | affected in `ol:8` |
//! | the architecture of `oraclelinux-release` | required of the package, with all that such a system can install |
//! | the key that signed a package | required of it: packages of others are not meant |
//! | a stream of a module | required of the package |
//! | `severity` | a rating in Oracle's words |
//! | `cvss2`, `cvss3` of its vulnerabilities | a rating of each system: that of the worst vulnerability |
//! | a fixed version of Ksplice or FIPS | affected from the first version of the same epoch on |
//!
//! The last line is a quirk of Oracle's. Builds of Ksplice and those that are validated for FIPS have an epoch of
//! their own, such as `2:2.17-157.ksplice1.el7_3.4`, which is higher than that of what everybody else has. So an
//! erratum of such a build says, taken literally, that every other build is affected.

use limpid_oval::{Condition, Definition, Publisher, Statement, day, worst};
use limpid_plugin_sdk::feed::{Advisory, Affected, Bound, Documents, Feed, Range, Rating, Sink, Source};
use limpid_plugin_sdk::{Error, export_feed};

/// Name of the one source.
const SOURCE: &str = "elsa-all";

const URL: &str = "https://linux.oracle.com/security/oval/com.oracle.elsa-all.xml.bz2";

/// The packages that name a release, by being there; the second up to Oracle Linux 5.
const RELEASES: [&str; 2] = ["oraclelinux-release", "enterprise-release"];

/// Parts of versions of builds that have an epoch of their own.
const BUILDS_APART: [&str; 2] = ["ksplice", "fips"];

/// The feed.
#[derive(Debug)]
pub struct Oracle;

impl Feed for Oracle {
    fn sources(_cursor: Option<String>) -> Vec<Source> {
        vec![Source::whole(SOURCE, URL)]
    }

    /// Takes any document for a copy of the one that has all errata, whatever the source is called.
    fn parse(
        _source: &str,
        documents: &mut dyn Documents,
        sink: &mut dyn Sink,
    ) -> Result<Option<String>, Error> {
        let mut read = false;
        while let Some(document) = documents.next() {
            limpid_oval::read(&Oracle, document, sink)?;
            read = true;
        }
        if !read {
            return Err(Error::malformed("there is no document"));
        }
        sink.identify(SOURCE);
        Ok(None)
    }
}

export_feed!(Oracle);

impl Publisher for Oracle {
    fn statement(&self, definition: &Definition) -> Result<Statement, Error> {
        let reference = definition.references.iter().find(|it| it.source.eq_ignore_ascii_case("elsa"));
        let id = reference
            .map(|reference| reference.id.clone())
            .filter(|id| !id.is_empty())
            .ok_or_else(|| Error::malformed("it names no erratum"))?;
        let title = definition.title.strip_prefix(id.as_str()).unwrap_or(&definition.title);
        let mut ratings = Vec::new();
        if !definition.severity.is_empty() {
            ratings.push(Rating::word("oracle", definition.severity.clone()));
        }
        ratings.extend(worst(&definition.cves));
        let advisory = Advisory {
            aliases: definition.cve_ids(),
            title: title.trim_start_matches([':', ' ']).to_owned(),
            details: definition.description.clone(),
            ratings,
            references: definition.references.iter().map(|reference| reference.url.clone()).collect(),
            published: day(&definition.issued),
            ..Advisory::new(id)
        };
        Ok(Statement { advisory, every: Affected { scheme: "rpm".to_owned(), ..Affected::default() } })
    }

    fn is_release(&self, package: &str) -> bool {
        RELEASES.contains(&package)
    }

    fn namespaces(&self, package: &str, version: Condition<'_>) -> Result<Vec<String>, Error> {
        match version.version() {
            Some(release) if release.bytes().all(|byte| byte.is_ascii_digit()) => {
                Ok(vec![format!("ol:{release}")])
            }
            _ => Err(Error::unsupported(format_args!(
                "no release is named by `{package:.100}` of version `{:.100}`",
                version.value
            ))),
        }
    }

    fn range(&self, range: Range) -> Range {
        let (Some(Bound::Excluding(fix)), None) = (&range.until, &range.introduced) else { return range };
        let Some((epoch, version)) = fix.split_once(':') else { return range };
        let is_apart = BUILDS_APART.iter().any(|build| version.contains(build));
        if !is_apart || epoch == "0" {
            return range;
        }
        let first = format!("{epoch}:0");
        range.from(first)
    }
}

#[cfg(test)]
mod tests;
