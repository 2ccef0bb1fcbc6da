//! How an update becomes an advisory.

use std::collections::{BTreeMap, BTreeSet};

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Advisory, Affected, Range, Rating};

use crate::text;
use crate::update::{Collection, Package, Update};

/// References of one advisory that are kept.
const MAX_REFERENCES: usize = 200;
/// Bytes of a reference or a title that are kept.
const MAX_TEXT: usize = 4096;

/// What a feed knows of its publisher and a document does not say.
pub trait Publisher {
    /// The namespace of a collection's packages; none where they are not to be judged by what is read here.
    ///
    /// # Errors
    ///
    /// Where it cannot be told: the update is rejected.
    fn namespace(&self, update: &Update, collection: &Collection) -> Result<Option<String>, Error>;

    /// The system of the words by which updates are rated: it stands beside `CVSS:3.1` in [`Rating::system`].
    fn rater(&self) -> &str;

    /// Where the publisher shows an update, where references do not say so.
    fn page(&self, _id: &str) -> Option<String> {
        None
    }

    /// The first version of which an update speaks, where packages of the same name exist that it says nothing of.
    fn first(&self, _collection: &Collection, _package: &Package) -> Option<String> {
        None
    }

    /// The identifier of an update's advisory, where it is not the update's own.
    fn id(&self, update: &Update) -> String {
        update.id.clone()
    }
}

/// What came of an update.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Read {
    Advisory(Box<Advisory>),
    /// It is about no vulnerability, or was taken back.
    PassedOver,
}

/// What packages have in common that one statement can be made of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    namespace: String,
    name: String,
    first: Option<String>,
    evr: String,
    modules: Vec<String>,
}

/// The advisory that an update is; and what of it could not be used, by its path in the update.
pub(crate) fn of(publisher: &dyn Publisher, update: &Update) -> Result<(Read, Vec<(String, Error)>), Error> {
    let id = publisher.id(update);
    if !text::is_word(&id) {
        return Err(Error::malformed("it has no identifier"));
    }
    let is_security = update.kind.eq_ignore_ascii_case("security");
    let aliases = aliases(update, &id, is_security);
    if !is_security && aliases.is_empty() || update.status.eq_ignore_ascii_case("retracted") {
        return Ok((Read::PassedOver, Vec::new()));
    }
    let (affected, rejected) = affected(publisher, update)?;
    let severity = update.severity.trim();
    let is_rated = text::is_word(severity) && !severity.eq_ignore_ascii_case("none");
    let described = if update.description.is_empty() { &update.summary } else { &update.description };
    let advisory = Advisory {
        title: cut(&update.title).to_owned(),
        details: described.clone(),
        ratings: is_rated.then(|| Rating::word(publisher.rater(), severity)).into_iter().collect(),
        references: references(publisher, update),
        published: text::time(&update.issued),
        modified: text::time(&update.updated),
        aliases,
        affected,
        ..Advisory::new(id)
    };
    Ok((Read::Advisory(Box::new(advisory)), rejected))
}

/// CVEs that the update names.
fn aliases(update: &Update, id: &str, is_security: bool) -> Vec<String> {
    let mut found: BTreeSet<&str> = BTreeSet::new();
    for reference in &update.references {
        found.extend(text::cves(&reference.id));
        found.extend(text::cves(&reference.title));
    }
    for described in [&update.title, &update.summary, &update.description] {
        if found.is_empty() && is_security {
            found.extend(text::cves(described));
        }
    }
    found.into_iter().filter(|found| *found != id).map(str::to_owned).collect()
}

fn references(publisher: &dyn Publisher, update: &Update) -> Vec<String> {
    let stated = update.references.iter().map(|reference| reference.href.as_str());
    let is_address = |href: &str| {
        (href.starts_with("https://") || href.starts_with("http://"))
            && href.len() <= MAX_TEXT
            && href.bytes().all(|byte| byte.is_ascii_graphic())
    };
    let mut references: Vec<String> = publisher.page(&update.id).into_iter().collect();
    for href in stated.filter(|href| is_address(href)).take(MAX_REFERENCES) {
        if !references.iter().any(|known| known == href) {
            references.push(href.to_owned());
        }
    }
    references
}

type Statements = (Vec<Affected>, Vec<(String, Error)>);

/// What the update says of packages: one statement of those that differ in nothing but their architecture.
fn affected(publisher: &dyn Publisher, update: &Update) -> Result<Statements, Error> {
    let of_title: Vec<String> =
        update.is_modular().then(|| module(&update.title)).flatten().into_iter().collect();
    let mut architectures: BTreeMap<Key, BTreeSet<&str>> = BTreeMap::new();
    let mut rejected = Vec::new();
    for collection in &update.collections {
        let Some(namespace) = publisher.namespace(update, collection)? else { continue };
        for package in &collection.packages {
            if matches!(package.arch.as_str(), "src" | "nosrc") {
                continue;
            }
            if let Err(why) = check(package) {
                let name = text::shown(&package.name);
                rejected.push((format!("{}/{name}", text::shown(&update.id)), why));
                continue;
            }
            let modules = match collection.modules.as_slice() {
                [] if package.is_modular() => &of_title[..],
                stated => stated,
            };
            let key = Key {
                namespace: namespace.clone(),
                name: package.name.clone(),
                first: publisher.first(collection, package),
                evr: package.evr(),
                modules: modules.to_vec(),
            };
            architectures.entry(key).or_default().insert(&package.arch);
        }
    }
    let affected = architectures.into_iter().map(|(key, architectures)| statement(key, &architectures));
    Ok((affected.collect(), rejected))
}

fn check(package: &Package) -> Result<(), Error> {
    if !text::is_word(&package.name) || !text::is_word(&package.version) {
        return Err(Error::malformed("a package has no name or no version"));
    }
    if !package.epoch.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Error::malformed(format_args!("`{}` is no epoch", text::shown(&package.epoch))));
    }
    if !package.release.is_empty() && !text::is_word(&package.release) {
        return Err(Error::malformed(format_args!("`{}` is no release", text::shown(&package.release))));
    }
    Ok(())
}

fn statement(key: Key, architectures: &BTreeSet<&str>) -> Affected {
    let Key { namespace, name, first, evr, modules } = key;
    let mut requires = Vec::new();
    if !architectures.contains("") {
        requires.push(("arch".to_owned(), architectures.iter().map(|arch| (*arch).to_owned()).collect()));
    }
    if !modules.is_empty() {
        requires.push(("module".to_owned(), modules));
    }
    Affected {
        namespace,
        name,
        scheme: "rpm".to_owned(),
        ranges: vec![Range { introduced: first, ..Range::before(evr) }],
        requires,
        ..Affected::default()
    }
}

/// The module that a title names: `nodejs:18` of `Moderate: nodejs:18 security update`.
fn module(title: &str) -> Option<String> {
    title.split_whitespace().find_map(|word| {
        let (name, stream) = word.trim_end_matches([',', ';']).split_once(':')?;
        let is_name = |text: &str| {
            text.starts_with(|first: char| first.is_ascii_alphanumeric())
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._+-".contains(&byte))
        };
        (is_name(name) && is_name(stream)).then(|| format!("{name}:{stream}"))
    })
}

fn cut(title: &str) -> &str {
    title.get(..title.floor_char_boundary(MAX_TEXT)).unwrap_or(title)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_names_a_module() {
        let check =
            |title: &str, expected: Option<&str>| assert_eq!(module(title).as_deref(), expected, "{title}");
        check("Moderate: nodejs:18 security update", Some("nodejs:18"));
        check("Important: container-tools:rhel8 security, bug fix", Some("container-tools:rhel8"));
        check("Important: php:7.4, and more", Some("php:7.4"));
        check("Moderate: mariadb security update", None);
        check("", None);
    }
}
