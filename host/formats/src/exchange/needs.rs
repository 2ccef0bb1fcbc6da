//! What packages need to run, as far as it is known.

use std::collections::{BTreeSet, HashMap};

use crate::json::{self as api, Requirement};

/// Packages of one name that are looked at for one that needs it. Among more of them, nobody knows which is meant.
const CANDIDATES: usize = 256;

/// What each package of an inventory needs, by its place.
///
/// A package needs the one of that name that the same detector found, of the same type of package URL, or where there is
/// none of that, of whatever type: what belongs to a language itself has another one than its packages. Where there are
/// several, those count that have the version that is asked for, then those of the package's own architecture, then
/// those that the same file states, then the one whose directory is nearest. Where that leaves several, nothing is
/// claimed. Packages may need each other in circles.
pub(super) struct Needs(Vec<Option<Needed>>);

/// What one package needs.
pub(super) struct Needed {
    /// Places of packages, in order.
    pub(super) places: Vec<usize>,
    pub(super) extent: Extent,
}

/// How much of what a package needs is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Extent {
    /// All that it says.
    All,
    /// All of that which is there. It names more, which may be of no use here, or be missing.
    Present,
    /// Less than that: it needs one of several packages, nobody knows which.
    Part,
}

/// By what a package is asked for: detector, type of its package URL and name; and for any type.
type Name<'a> = (&'a str, Option<&'a str>, &'a str);

impl Needs {
    pub(super) fn of(packages: &[api::Package]) -> Self {
        if packages.iter().all(|package| package.requires.is_none()) {
            return Self(Vec::new());
        }
        let mut by_name: HashMap<Name<'_>, Vec<usize>> = HashMap::new();
        for (place, package) in packages.iter().enumerate() {
            let own @ (detector, _, its_name) = name(package, &package.name);
            by_name.entry(own).or_default().push(place);
            by_name.entry((detector, None, its_name)).or_default().push(place);
        }
        let needed = packages.iter().enumerate().map(|(place, package)| {
            let requires = package.requires.as_deref()?;
            Some(Needed::of(packages, (place, package), requires, &by_name))
        });
        Self(needed.collect())
    }

    /// None where nobody says what the package at that place needs.
    pub(super) fn get(&self, place: usize) -> Option<&Needed> {
        self.0.get(place)?.as_ref()
    }

    /// Packages of which it is known, with what they need, in the order of the inventory.
    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, &Needed)> {
        self.0.iter().enumerate().filter_map(|(place, needed)| Some((place, needed.as_ref()?)))
    }

    /// The same, for a digest of a document.
    pub(super) fn places(&self) -> Vec<(usize, &[usize])> {
        self.iter().map(|(place, needed)| (place, needed.places.as_slice())).collect()
    }
}

impl Needed {
    fn of(
        packages: &[api::Package],
        (place, package): (usize, &api::Package),
        requires: &[Requirement],
        by_name: &HashMap<Name<'_>, Vec<usize>>,
    ) -> Self {
        let (mut places, mut extent) = (BTreeSet::new(), Extent::All);
        for requirement in requires {
            let own @ (detector, _, its_name) = name(package, &requirement.name);
            let known = by_name.get(&own).or_else(|| by_name.get(&(detector, None, its_name)));
            let known = known.map_or(&[][..], Vec::as_slice);
            if known.len() > CANDIDATES {
                extent = Extent::Part;
                continue;
            }
            let candidates =
                known.iter().filter_map(|&at| Some(Candidate { place: at, package: packages.get(at)? }));
            match meant(package, requirement, candidates.collect()).as_slice() {
                [] => extent = extent.max(Extent::Present),
                [one] if one.place == place => {}
                [one] => _ = places.insert(one.place),
                _ => extent = Extent::Part,
            }
        }
        Self { places: places.into_iter().collect(), extent }
    }
}

fn name<'a>(package: &'a api::Package, name: &'a str) -> Name<'a> {
    let kind = package.purl.split('/').next().unwrap_or_default();
    (&package.detector, Some(kind), name)
}

/// A package that may be the one that is needed.
#[derive(Clone, Copy)]
struct Candidate<'a> {
    place: usize,
    package: &'a api::Package,
}

/// Those of candidates that are meant.
fn meant<'a>(
    by: &api::Package,
    requirement: &Requirement,
    mut candidates: Vec<Candidate<'a>>,
) -> Vec<Candidate<'a>> {
    if let Some(version) = &requirement.version {
        candidates.retain(|it| it.package.version == *version);
    }
    prefer(&mut candidates, |it| it.arch == by.arch);
    prefer(&mut candidates, |it| it.path == by.path);
    if candidates.len() > 1 {
        let nearest = candidates.iter().filter_map(|it| distance(&by.path, it.package)).max();
        if nearest.is_some() {
            prefer(&mut candidates, |it| distance(&by.path, it) == nearest);
        }
    }
    candidates
}

/// Keeps only those for which something holds, where it holds for any.
fn prefer(candidates: &mut Vec<Candidate<'_>>, holds: impl Fn(&api::Package) -> bool) {
    if candidates.len() > 1 && candidates.iter().any(|it| holds(it.package)) {
        candidates.retain(|it| holds(it.package));
    }
}

/// How near the directory in which a package lies is to whoever is stated by the file at `path`: the longer, the
/// nearer. None where it is no directory in which that one looks: such are those that it lies in itself, and one beside
/// its file.
fn distance(path: &str, package: &api::Package) -> Option<usize> {
    let directory = home(&package.path, &package.name)?;
    let own = parent(path).unwrap_or_default();
    let holds = directory.is_empty() || own.strip_prefix(directory).is_some_and(|rest| rest.starts_with('/'));
    let is_beside = parent(directory).unwrap_or_default() == own;
    (holds || is_beside).then_some(directory.len())
}

/// The directory that has a package in a directory of its own, in which is the file at `path`.
fn home<'a>(path: &'a str, name: &str) -> Option<&'a str> {
    let own = parent(path)?;
    match own.strip_suffix(name) {
        Some("") => Some(""),
        Some(rest) if rest.ends_with('/') => rest.strip_suffix('/'),
        _ => Some(parent(own).unwrap_or_default()),
    }
}

/// None where a path has no directory.
fn parent(path: &str) -> Option<&str> {
    path.rsplit_once('/').map(|(parent, _)| parent)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, version: &str, path: &str, requires: Option<&[&str]>) -> api::Package {
        let requirement = |text: &&str| {
            let (name, version) =
                text.split_once('=').map_or((*text, None), |(name, version)| (name, Some(version)));
            Requirement { name: name.to_owned(), version: version.map(str::to_owned) }
        };
        api::Package {
            name: name.to_owned(),
            version: version.to_owned(),
            arch: None,
            purl: format!("pkg:npm/{name}@{version}"),
            source_name: None,
            source_version: None,
            evidence: "installed".into(),
            licenses: Vec::new(),
            path: path.to_owned(),
            member: None,
            layer: api::LayerRef { index: 0, diff_id: String::new(), created_by: None },
            detector: "node".to_owned(),
            owner: None,
            qualifiers: std::collections::BTreeMap::new(),
            requires: requires.map(|requires| requires.iter().map(requirement).collect()),
        }
    }

    fn check(packages: Vec<api::Package>, expected: &[(usize, &[usize], Extent)]) {
        let needs = Needs::of(&packages);
        let found: Vec<_> = needs.iter().map(|(at, needed)| (at, &*needed.places, needed.extent)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_package_needs_those_of_its_kind_that_are_there() {
        let other_kind = api::Package { purl: "pkg:pypi/b@1".to_owned(), ..package("b", "1", "b", None) };
        let other_detector = api::Package { detector: "x".to_owned(), ..package("b", "1", "b", None) };
        let packages = vec![
            package("a", "1", "db", Some(&["b", "c", "a"])),
            other_kind,
            other_detector,
            package("b", "1", "db", Some(&["a"])),
            package("c", "1", "db", Some(&[])),
            package("d", "1", "db", Some(&["nobody"])),
        ];
        check(
            packages,
            &[
                (0, &[3, 4], Extent::All),
                (3, &[0], Extent::All),
                (4, &[], Extent::All),
                (5, &[], Extent::Present),
            ],
        );
    }

    #[test]
    fn what_belongs_to_the_language_itself_has_another_type() {
        let of =
            |kind: &str, package: api::Package| api::Package { purl: format!("pkg:{kind}/x@1"), ..package };
        let packages = vec![
            of("hex", package("plug", "1", "a", Some(&["ssl", "mime"]))),
            of("otp", package("ssl", "1", "b", Some(&["mime"]))),
            of("hex", package("mime", "1", "c", None)),
            of("otp", package("mime", "1", "d", None)),
        ];
        check(packages, &[(0, &[1, 2], Extent::All), (1, &[3], Extent::All)]);
    }

    #[test]
    fn of_several_packages_the_one_is_needed_that_is_clearly_meant() {
        let of = |arch: &str, package: api::Package| api::Package { arch: Some(arch.to_owned()), ..package };
        // By version.
        let packages = vec![
            package("a", "1", "l", Some(&["b=2"])),
            package("b", "1", "l", None),
            package("b", "2", "l", None),
        ];
        check(packages, &[(0, &[2], Extent::All)]);
        // By architecture.
        let packages = vec![
            of("amd64", package("a", "1", "db", Some(&["b"]))),
            of("i386", package("b", "1", "db", None)),
            of("amd64", package("b", "1", "db", None)),
            of("all", package("c", "1", "db", Some(&["b"]))),
        ];
        check(packages, &[(0, &[2], Extent::All), (3, &[], Extent::Part)]);
        // By file.
        let packages = vec![
            package("a", "1", "x/lock", Some(&["b"])),
            package("b", "1", "y/lock", None),
            package("b", "2", "x/lock", None),
        ];
        check(packages, &[(0, &[2], Extent::All)]);
    }

    #[test]
    fn of_packages_in_directories_of_their_own_the_nearest_is_needed() {
        let at = |name: &str, version: &str, path: &str, requires| {
            package(name, version, &format!("{path}/package.json"), requires)
        };
        let packages = vec![
            at("app", "1", "app", Some(&["b", "@s/c"])),
            at("a", "1", "app/m/a", Some(&["b", "@s/c"])),
            at("b", "1", "app/m/b", None),
            at("b", "2", "app/m/a/m/b", Some(&["@s/c"])),
            at("@s/c", "1", "app/m/@s/c", None),
            at("@s/c", "2", "app/m/a/m/@s/c", Some(&["b"])),
            at("b", "3", "other/m/b", Some(&["@s/c"])),
        ];
        check(
            packages,
            &[
                (0, &[2, 4], Extent::All),
                (1, &[3, 5], Extent::All),
                (3, &[5], Extent::All),
                (5, &[3], Extent::All),
                // It sees neither.
                (6, &[], Extent::Part),
            ],
        );
        let python = |name: &str, path: &str, requires| package(name, "1", path, requires);
        let packages = vec![
            python("a", "v1/site/a-1.dist/METADATA", Some(&["b"])),
            python("b", "v1/site/b-1.dist/METADATA", None),
            python("b", "v2/site/b-1.dist/METADATA", None),
        ];
        check(packages, &[(0, &[1], Extent::All)]);
    }

    #[test]
    fn among_too_many_packages_of_a_name_nobody_looks() {
        let mut packages: Vec<_> =
            (0..CANDIDATES).map(|number| package("b", &number.to_string(), "l", None)).collect();
        packages.push(package("a", "1", "l", Some(&["b=3"])));
        let last = packages.len() - 1;
        check(packages.clone(), &[(last, &[3], Extent::All)]);
        packages.insert(0, package("b", "one more", "l", None));
        check(packages, &[(last + 1, &[], Extent::Part)]);
    }
}
