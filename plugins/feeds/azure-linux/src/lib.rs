//! The feed of Azure Linux and its older self, CBL-Mariner: OVAL definitions in
//! [AzureLinuxVulnerabilityData](https://github.com/microsoft/AzureLinuxVulnerabilityData).
//!
//! This crate owns how these definitions become advisories for the namespaces `mariner:2.0` and `azurelinux:3.0`; what
//! OVAL means is read by [`limpid_oval`]. A definition is about one vulnerability in one package.
//!
//! | The definition says | Advisory |
//! |---|---|
//! | the version of a package ends in `.cm2`, `.azl3` | affected in `mariner:2.0`, `azurelinux:3.0`: criteria name no release |
//! | the name of a package | a source package: the generator lists those only |
//! | `patchable` is `true` | affected before the version that is named |
//! | `patchable` is `false` | affected through the version that is named, and a note that says so |
//! | `patchable` is `Not Applicable` | not affected, with the description as note |
//! | `severity` | a rating of the package |
//! | `0: 1.57.0-1.cm2` | the version `0:1.57.0-1.cm2` |
//!
//! By hand, documents of other releases come in as well, such as that of CBL-Mariner 1.0, which is published no
//! longer.

use std::cell::RefCell;
use std::collections::BTreeSet;

use limpid_oval::{Condition, Definition, Publisher, Statement};
use limpid_plugin_sdk::feed::{
    Advisory, Affected, Bound, Documents, Feed, Range, Rating, Sink, Source, Status,
};
use limpid_plugin_sdk::{Error, export_feed};

/// Where the documents are; a source is called as its document without `-oval.xml`.
const DATA: &str = "https://raw.githubusercontent.com/microsoft/AzureLinuxVulnerabilityData/main/";

/// Releases that are published. The repository has no list of them on this host.
const RELEASES: [Release<'static>; 2] =
    [Release { name: "cbl-mariner", number: "2" }, Release { name: "azurelinux", number: "3" }];

/// The system of the publisher's words for severities.
const RATER: &str = "microsoft";

/// The feed.
#[derive(Debug)]
pub struct AzureLinux;

impl Feed for AzureLinux {
    fn sources(_cursor: Option<String>) -> Vec<Source> {
        let source = |release: &Release<'_>| {
            let name = release.source();
            let url = format!("{DATA}{name}-oval.xml");
            Source::whole(name, url)
        };
        RELEASES.iter().map(source).collect()
    }

    fn parse(
        _source: &str,
        documents: &mut dyn Documents,
        sink: &mut dyn Sink,
    ) -> Result<Option<String>, Error> {
        let microsoft = Microsoft::default();
        let mut read = false;
        while let Some(document) = documents.next() {
            limpid_oval::read(&microsoft, document, sink)?;
            read = true;
        }
        if !read {
            return Err(Error::malformed("there is no document"));
        }
        // Of which release a document is shows in the versions of its packages only.
        let sources = microsoft.sources.into_inner();
        if let (Some(source), 1) = (sources.first(), sources.len()) {
            sink.identify(source);
        }
        Ok(None)
    }
}

export_feed!(AzureLinux);

/// A release, as versions and documents call it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Release<'a> {
    name: &'static str,
    number: &'a str,
}

impl<'a> Release<'a> {
    /// The release whose packages have such a version: `0:1.57.0-1.cm2`.
    fn of_version(version: &'a str) -> Option<Self> {
        let (_, tag) = version.rsplit_once('.')?;
        let (name, number) = match (tag.strip_prefix("cm"), tag.strip_prefix("azl")) {
            (Some(number), _) => ("cbl-mariner", number),
            (None, Some(number)) => ("azurelinux", number),
            (None, None) => return None,
        };
        let is_number = (1..=3).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then_some(Self { name, number })
    }

    fn source(&self) -> String {
        format!("{}-{}.0", self.name, self.number)
    }

    /// By the `ID` of its os-release.
    fn namespace(&self) -> String {
        let id = if self.name == "cbl-mariner" { "mariner" } else { self.name };
        format!("{id}:{}.0", self.number)
    }
}

/// The publisher, and which sources its document turned out to be.
#[derive(Debug, Default)]
struct Microsoft {
    sources: RefCell<BTreeSet<String>>,
}

impl Publisher for Microsoft {
    fn statement(&self, definition: &Definition) -> Result<Statement, Error> {
        let id = match definition.cve_ids().as_slice() {
            [id] => id.clone(),
            ids => {
                return Err(Error::unsupported(format_args!(
                    "it names {} vulnerabilities, not one",
                    ids.len()
                )));
            }
        };
        let (status, note) = match definition.fact("patchable") {
            Some("true") => (Status::Affected, None),
            Some("false") => (Status::Affected, Some("no patch is available".to_owned())),
            Some("Not Applicable") => (Status::NotAffected, Some(definition.description.clone())),
            other => {
                let other = other.unwrap_or_default();
                return Err(Error::unsupported(format_args!("it is patchable: `{other:.100}`")));
            }
        };
        let severity = Some(definition.severity.as_str()).filter(|word| !word.is_empty());
        let advisory = Advisory {
            references: definition.references.iter().map(|reference| reference.url.clone()).collect(),
            modified: definition.fact("advisory_date").map(str::to_owned),
            ..Advisory::new(id)
        };
        let every = Affected {
            source: true,
            scheme: "rpm".to_owned(),
            status,
            ratings: severity.iter().map(|word| Rating::word(RATER, *word)).collect(),
            note,
            ..Affected::default()
        };
        Ok(Statement { advisory, every })
    }

    fn is_release(&self, _package: &str) -> bool {
        false
    }

    fn namespaces(&self, package: &str, _version: Condition<'_>) -> Result<Vec<String>, Error> {
        Err(Error::unsupported(format_args!("package `{package:.200}` names no release")))
    }

    fn implied(&self, range: &Range) -> Vec<String> {
        let version = match &range.until {
            Some(Bound::Excluding(version) | Bound::Including(version) | Bound::Limit(version)) => version,
            None => return Vec::new(),
        };
        let release = Release::of_version(version);
        self.sources.borrow_mut().extend(release.map(|release| release.source()));
        release.iter().map(Release::namespace).collect()
    }
}

#[cfg(test)]
mod tests;
