//! The errata of one branch.

use std::cell::OnceCell;

use limpid_oval::{Condition, Definition, Publisher, Statement, day};
use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Advisory, Affected, Documents, Enrichment, Rating, Sink, Source};

use crate::branches::is_branch;

/// What the folder of an archive is called, before the branch.
const FOLDER: &str = "oval_definitions_";

/// What a platform is called, before the branch.
const PLATFORM: &str = "ALT Linux branch ";

/// The file that names a release.
const RELEASE: &str = "/etc/os-release";

/// Reads the documents of an archive, or one that was handed in.
///
/// # Errors
///
/// Where there is none, none could be read, or an archive is of another branch than its source is called. A document
/// that cannot be read is no erratum: it is rejected by its name.
pub(crate) fn read(source: &str, documents: &mut dyn Documents, sink: &mut dyn Sink) -> Result<(), Error> {
    let mut newest = Newest { sink, dated: None };
    let mut archive = None;
    let (mut accepted, mut rejected) = (0_usize, 0_usize);
    while let Some(document) = documents.next() {
        let name = document.name().to_owned();
        let branch = folder(&name);
        if let Some(branch) = branch {
            let first = archive.get_or_insert_with(|| branch.to_owned());
            if first.as_str() != branch || (is_branch(source) && source != branch) {
                return Err(Error::malformed(format!(
                    "the archive of branch `{:.100}` has errata of `{branch}`",
                    if is_branch(source) { source } else { first }
                )));
            }
        }
        let errata = Errata { branch: branch.map_or_else(OnceCell::new, |branch| branch.to_owned().into()) };
        match limpid_oval::read(&errata, document, &mut newest) {
            Ok(_) => accepted += 1,
            Err(Error::Other(why)) => return Err(Error::Other(why)),
            Err(why) => {
                rejected += 1;
                newest.reject(&name, why);
            }
        }
    }
    match (accepted, rejected) {
        (0, 0) => return Err(Error::malformed("there is no document")),
        (0, rejected) => {
            return Err(Error::malformed(format!("none of the {rejected} documents could be read")));
        }
        _ => {}
    }
    let Newest { sink, dated } = newest;
    if let Some(when) = dated {
        sink.dated(&when);
    }
    if let Some(branch) = archive {
        sink.identify(&branch);
    }
    Ok(())
}

/// The branch whose folder a document lies in.
fn folder(path: &str) -> Option<&str> {
    let (folders, _) = path.rsplit_once('/')?;
    folders.split('/').filter_map(|folder| folder.strip_prefix(FOLDER)).find(|branch| is_branch(branch))
}

/// ALT Linux, of one branch, once it is known which.
struct Errata {
    branch: OnceCell<String>,
}

impl Publisher for Errata {
    fn statement(&self, definition: &Definition) -> Result<Statement, Error> {
        let mut platforms = definition.platforms.iter().filter_map(|name| name.strip_prefix(PLATFORM));
        if let Some(platform) = platforms.find(|name| is_branch(name)) {
            let branch = self.branch.get_or_init(|| platform.to_owned());
            if branch != platform {
                return Err(Error::malformed(format!("it is of branch `{platform}`, not of `{branch}`")));
            }
        }
        let named = |source: &'static str| {
            let references = definition.references.iter().filter(move |it| it.source == source);
            references.map(|it| it.id.clone()).filter(|id| !id.is_empty())
        };
        let id = named("ALTPU").next().ok_or_else(|| Error::malformed("it names no erratum"))?;
        let title = definition.title.strip_prefix(id.as_str()).unwrap_or(&definition.title);
        let mut aliases = definition.cve_ids();
        aliases.extend(named("BDU"));
        let advisory = Advisory {
            aliases,
            title: title.trim_start_matches([':', ' ']).to_owned(),
            details: definition.description.clone(),
            ratings: ratings(definition),
            references: definition.references.iter().map(|reference| reference.url.clone()).collect(),
            published: day(&definition.issued),
            modified: day(&definition.updated),
            ..Advisory::new(id)
        };
        Ok(Statement { advisory, every: Affected { scheme: "rpm".to_owned(), ..Affected::default() } })
    }

    fn is_release(&self, package: &str) -> bool {
        package == RELEASE
    }

    /// All of a document is of the branch; what is asked of the file is part of the name of several.
    fn namespaces(&self, _package: &str, _text: Condition<'_>) -> Result<Vec<String>, Error> {
        let branch = self.branch.get().ok_or_else(|| Error::malformed("it names no branch"))?;
        Ok(vec![format!("altlinux:{branch}")])
    }
}

/// The word of the erratum, and the vector of its vulnerability where it is of one only.
fn ratings(definition: &Definition) -> Vec<Rating> {
    let word = Some(definition.severity.as_str()).filter(|word| !word.is_empty());
    let mut ratings: Vec<_> = word.map(|word| Rating::word("altlinux", word)).into_iter().collect();
    if let [cve] = definition.cves.as_slice() {
        let vectors = cve.scores.iter().map(|(_, vector)| vector).filter(|it| it.starts_with("CVSS:"));
        ratings.extend(vectors.filter_map(|vector| {
            let (system, _) = vector.split_once('/')?;
            Some(Rating::word(system, vector.as_str()))
        }));
    }
    ratings
}

/// A sink to which each document says when it was written; of the archive, the newest tells.
struct Newest<'a> {
    sink: &'a mut dyn Sink,
    dated: Option<String>,
}

impl Sink for Newest<'_> {
    fn dated(&mut self, when: &str) {
        if self.dated.as_deref() < Some(when) {
            self.dated = Some(when.to_owned());
        }
    }

    fn identify(&mut self, source: &str) {
        self.sink.identify(source);
    }

    fn advisory(&mut self, advisory: Advisory) {
        self.sink.advisory(advisory);
    }

    fn enrichment(&mut self, enrichment: Enrichment) {
        self.sink.enrichment(enrichment);
    }

    fn withdraw(&mut self, id: &str) {
        self.sink.withdraw(id);
    }

    fn reject(&mut self, id: &str, why: Error) {
        self.sink.reject(id, why);
    }

    fn follow(&mut self, source: Source) {
        self.sink.follow(source);
    }
}
