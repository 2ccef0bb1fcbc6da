//! What an image holds: packages, where each is from, and which layer brought it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use limpid_model::report::InstalledPackage;
use limpid_purl::{Canonical, Purl};
use serde::Serialize;

use super::{Id, Subject};

/// The CPE name of anything: Quay requires one of a distribution, and Clair's schema that it is one.
const ANY_CPE: &str = "cpe:2.3:*:*:*:*:*:*:*:*:*:*:*";

/// The one distribution of an image.
const DISTRIBUTION: Id = Id(1);

/// A package. Of which kind it is, binary or source, its place says: the word differs between Clair and its schemas.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct Package {
    id: String,
    name: String,
    version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<Box<Self>>,
    normalized_version: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    arch: Option<String>,
}

impl Package {
    /// One that nothing in the report refers to.
    pub(super) fn named(name: &str) -> Self {
        Self {
            id: String::new(),
            name: name.to_owned(),
            version: String::new(),
            source: None,
            normalized_version: "",
            arch: None,
        }
    }

    pub(super) fn of_version(self, version: &str) -> Self {
        Self { version: version.to_owned(), ..self }
    }

    pub(super) fn for_arch(self, arch: Option<&str>) -> Self {
        Self { arch: arch.map(str::to_owned), ..self }
    }
}

/// A distribution.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct Distribution {
    id: String,
    did: String,
    name: String,
    version: String,
    version_code_name: String,
    version_id: String,
    arch: String,
    cpe: String,
    pretty_name: String,
}

impl Distribution {
    /// Its name, version and code name stand in what people call it (`Debian GNU/Linux 12 (bookworm)`): that is all
    /// that is kept of them.
    pub(super) fn of(known: &limpid_model::Distribution, arch: &str) -> Self {
        let pretty = known.pretty_name.as_str();
        let begins_version =
            |word: &str| word.trim_start_matches('v').starts_with(|c: char| c.is_ascii_digit());
        let at = pretty.split(' ').scan(0, |at, word| {
            let here = *at;
            *at += word.len() + 1;
            Some((here, word))
        });
        let at = at.into_iter().find(|(_, word)| begins_version(word)).map(|(at, _)| at);
        let (name, version) = at.and_then(|at| pretty.split_at_checked(at)).unwrap_or((pretty, ""));
        let code_name = version.split_once('(').and_then(|(_, rest)| rest.split_once(')'));
        Self {
            id: DISTRIBUTION.to_string(),
            did: known.id.clone(),
            name: name.trim().to_owned(),
            version: version.trim_start_matches('v').trim().to_owned(),
            version_code_name: code_name.map(|(name, _)| name.to_lowercase()).unwrap_or_default(),
            version_id: known.version_id.clone(),
            arch: arch.to_owned(),
            cpe: known.cpe.clone().unwrap_or_else(|| ANY_CPE.to_owned()),
            pretty_name: pretty.to_owned(),
        }
    }
}

/// Where packages are from that are of no distribution.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct Repository {
    id: String,
    name: String,
}

/// Where a package was found.
#[derive(Clone, Debug, Serialize)]
struct Environment {
    package_db: String,
    introduced_in: String,
    distribution_id: String,
    repository_ids: Vec<String>,
}

/// What an image holds.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Contents {
    packages: BTreeMap<Id, Package>,
    distributions: BTreeMap<Id, Distribution>,
    repository: BTreeMap<Id, Repository>,
    environments: BTreeMap<Id, Vec<Environment>>,
}

/// Which package it is: each in its place is one of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Place<'a> {
    name: &'a str,
    version: &'a str,
    arch: Option<&'a str>,
    path: &'a str,
    member: Option<&'a str>,
    layer: usize,
    purl: &'a str,
}

impl<'a> Place<'a> {
    fn of(package: &'a InstalledPackage) -> Self {
        Self {
            name: &package.name,
            version: &package.version,
            arch: package.arch.as_deref(),
            path: &package.path,
            member: package.member.as_deref(),
            layer: package.layer.index,
            purl: &package.purl,
        }
    }
}

/// Where the packages of a report stand in it.
pub(super) struct Places<'a> {
    ids: HashMap<Place<'a>, Id>,
    /// Where each is from, in the order of their numbers.
    origins: Vec<Origin>,
    repositories: BTreeMap<String, Id>,
}

impl Places<'_> {
    pub(super) fn id(&self, package: &InstalledPackage) -> Option<Id> {
        self.ids.get(&Place::of(package)).copied()
    }

    fn origin(&self, package: &InstalledPackage) -> Option<&Origin> {
        let Id(number) = self.id(package)?;
        self.origins.get(usize::try_from(number.checked_sub(1)?).ok()?)
    }
}

impl Contents {
    /// What an image holds. `others` are packages that a report speaks of besides.
    pub(super) fn of<'a>(
        subject: Subject<'a>,
        others: impl Iterator<Item = &'a InstalledPackage>,
    ) -> (Self, Places<'a>) {
        let inventory = subject.inventory;
        let mut known: BTreeMap<Place<'a>, &'a InstalledPackage> = BTreeMap::new();
        for package in inventory.packages.iter().chain(others) {
            known.entry(Place::of(package)).or_insert(package);
        }
        let sources: BTreeSet<(&str, &str)> = known
            .values()
            .filter_map(|package| package.source.as_ref())
            .map(|it| (&*it.name, &*it.version))
            .collect();
        let numbered = |from: usize, number: usize| Id((from + number) as u64 + 1);
        let sources: BTreeMap<_, _> =
            sources.into_iter().enumerate().map(|(n, source)| (source, numbered(known.len(), n))).collect();
        let origins: Vec<Origin> =
            known.values().map(|package| Origin::of(package, inventory.distribution.is_some())).collect();
        let kinds: BTreeSet<&str> = origins.iter().filter_map(Origin::repository).collect();
        let repositories: BTreeMap<String, Id> =
            kinds.into_iter().enumerate().map(|(n, kind)| (kind.to_owned(), numbered(0, n))).collect();

        let mut contents = Self::default();
        if let Some(distribution) = &inventory.distribution {
            let arch = &inventory.image.platform.architecture;
            contents.distributions.insert(DISTRIBUTION, Distribution::of(distribution, arch));
        }
        for (name, id) in &repositories {
            contents.repository.insert(*id, Repository { id: id.to_string(), name: name.clone() });
        }
        let mut ids = HashMap::with_capacity(known.len());
        for (number, ((place, package), origin)) in known.into_iter().zip(&origins).enumerate() {
            let id = numbered(0, number);
            ids.insert(place, id);
            let source = package.source.as_ref().map(|it| {
                let id = sources.get(&(&*it.name, &*it.version)).map(Id::to_string).unwrap_or_default();
                Box::new(Package { id, ..Package::named(&it.name).of_version(&it.version) })
            });
            let form =
                Package::named(&package.name).of_version(&package.version).for_arch(package.arch.as_deref());
            contents.packages.insert(id, Package { id: id.to_string(), source, ..form });
            let repository = origin.repository().and_then(|kind| repositories.get(kind));
            let layer = subject.layers.get(package.layer.index).or_else(|| subject.layers.last());
            let environment = Environment {
                package_db: origin.database(package),
                introduced_in: layer.unwrap_or(&package.layer.diff_id).to_string(),
                distribution_id: match origin {
                    Origin::Distribution => DISTRIBUTION.to_string(),
                    Origin::Repository(_) | Origin::Unknown => String::new(),
                },
                repository_ids: repository.map(Id::to_string).into_iter().collect(),
            };
            contents.environments.insert(id, vec![environment]);
        }
        (contents, Places { ids, origins, repositories })
    }

    /// The distribution or the repository of a package, where it is of one.
    pub(super) fn source(
        &self,
        package: &InstalledPackage,
        places: &Places<'_>,
    ) -> (Option<&Distribution>, Option<&Repository>) {
        match places.origin(package) {
            Some(Origin::Distribution) => (self.distributions.get(&DISTRIBUTION), None),
            Some(Origin::Repository(kind)) => {
                let id = places.repositories.get(kind);
                (None, id.and_then(|id| self.repository.get(id)))
            }
            Some(Origin::Unknown) | None => (None, None),
        }
    }
}

/// Where a package is from, as its package URL says it.
enum Origin {
    /// The distribution.
    Distribution,
    /// Whatever has packages of this type.
    Repository(String),
    Unknown,
}

impl Origin {
    fn of(package: &InstalledPackage, has_distribution: bool) -> Self {
        let (kind, has_distro) = match Canonical::of(&package.purl) {
            Some(purl) => (purl.kind().to_owned(), purl.qualifiers().any(|(key, _)| key == "distro")),
            None => match package.purl.parse::<Purl>() {
                Ok(purl) => {
                    let has_distro = purl.qualifiers.iter().any(|(key, _)| key == "distro");
                    (purl.kind, has_distro)
                }
                Err(_) => return Self::Unknown,
            },
        };
        if has_distribution && has_distro { Self::Distribution } else { Self::Repository(kind) }
    }

    fn repository(&self) -> Option<&str> {
        match self {
            Self::Repository(kind) => Some(kind),
            Self::Distribution | Self::Unknown => None,
        }
    }

    /// What states a package: the file, and of packages that are of no distribution, what the file is read as.
    fn database(&self, package: &InstalledPackage) -> String {
        let member = package.member.as_ref().map(|member| format!(":{member}")).unwrap_or_default();
        match self {
            Self::Repository(kind) => format!("{kind}:{}{member}", package.path),
            Self::Distribution | Self::Unknown => format!("{}{member}", package.path),
        }
    }
}
