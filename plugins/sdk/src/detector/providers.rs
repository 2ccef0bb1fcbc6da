use std::collections::{BTreeMap, BTreeSet};

use super::{Package, Requirement};

/// The packages of one database, and what each provides to others: capabilities, libraries, virtual packages. It tells
/// which packages are meant where a package needs something by another name than a package's.
#[derive(Debug, Default)]
pub struct Providers {
    names: Vec<String>,
    packages: BTreeMap<String, usize>,
    provided: BTreeMap<String, Vec<usize>>,
    /// How much packages provide, all together.
    provisions: usize,
    /// How much they were told to need, all together.
    requirements: usize,
    /// Providers that were looked at for that, all together.
    looked_at: usize,
    /// Packages and what they need, a line for each; none where nobody says it, or there was no room for it.
    kept: Vec<(usize, Option<String>)>,
    kept_bytes: usize,
}

impl Providers {
    /// How much the packages of a database may provide, and how much they may need, all together. Where they provide
    /// more, nobody can tell what any of them needs; from what they need more on, it is not told of those that follow.
    pub const LIMIT: usize = 200_000;

    /// How many providers are looked at, all together. What packages need beyond that is not told.
    const MAX_LOOKED_AT: usize = 10 * Self::LIMIT;

    /// How many bytes are kept of what packages need, until all of them are known. What packages need beyond that is not
    /// told.
    pub const MAX_KEPT: usize = 24 << 20;

    /// A package that is there, what it provides beside its own name, and what it needs, where anybody says that: the
    /// answer is a number by which [`kept`](Self::kept) tells which packages these are, when all are there.
    pub fn keep<'p, 'n>(
        &mut self,
        package: &str,
        provides: impl IntoIterator<Item = &'p str>,
        needs: Option<impl IntoIterator<Item = &'n str>>,
    ) -> usize {
        let place = self.add(package, provides);
        let mut text = needs.is_some().then(String::new);
        for what in needs.into_iter().flatten() {
            let Some(kept) = &mut text else { break };
            self.kept_bytes += what.len() + 1;
            if self.kept_bytes > Self::MAX_KEPT {
                self.kept_bytes -= kept.len() + what.len() + 1;
                text = None;
                break;
            }
            kept.push_str(what);
            kept.push('\n');
        }
        self.kept.push((place, text));
        self.kept.len() - 1
    }

    /// The packages that a package needs which was kept, by the number that it got.
    pub fn kept(&mut self, number: usize) -> Option<Vec<Requirement>> {
        let (place, needs) = self.kept.get_mut(number)?;
        let (name, needs) = (self.names.get(*place)?.clone(), needs.take()?);
        self.kept_bytes -= needs.len();
        self.needed(&name, needs.lines().map(|what| [what]))
    }

    /// All that packages need which were kept.
    pub fn all_needs(&self) -> impl Iterator<Item = &str> {
        self.kept.iter().filter_map(|(_, needs)| needs.as_deref()).flat_map(str::lines)
    }

    /// A package that is there, and what it provides beside its own name. The answer is its place among the names of all.
    pub fn add<'p>(&mut self, package: &str, provides: impl IntoIterator<Item = &'p str>) -> usize {
        let next = self.names.len();
        let place = match self.packages.get(package) {
            Some(place) => *place,
            None => {
                self.names.push(package.to_owned());
                self.packages.insert(package.to_owned(), next);
                next
            }
        };
        for what in provides {
            if self.provisions == Self::LIMIT {
                self.provisions += 1;
            }
            if self.provisions > Self::LIMIT {
                break;
            }
            let by = match self.provided.get_mut(what) {
                Some(by) => by,
                None => self.provided.entry(what.to_owned()).or_default(),
            };
            if by.last() != Some(&place) {
                by.push(place);
                self.provisions += 1;
            }
        }
        place
    }

    /// The packages that `of` needs, where each of `needs` is a list of alternatives: the first of them that is there
    /// counts. What nobody provides is left out, and so is what `of` provides itself. None where that cannot be told.
    pub fn needed<'n, A: IntoIterator<Item = &'n str>>(
        &mut self,
        of: &str,
        needs: impl IntoIterator<Item = A>,
    ) -> Option<Vec<Requirement>> {
        if self.provisions > Self::LIMIT || self.requirements > Self::LIMIT {
            return None;
        }
        let own = self.packages.get(of).copied();
        let mut looked_at = self.looked_at;
        let mut needed = BTreeSet::new();
        for alternatives in needs {
            let found = alternatives.into_iter().map(|what| self.of(what)).find(|found| !found.is_empty());
            let found = found.unwrap_or_default();
            looked_at += 1 + found.len();
            if looked_at > Self::MAX_LOOKED_AT {
                self.looked_at = looked_at;
                return None;
            }
            if own.is_none_or(|own| !found.contains(&own)) {
                needed.extend(found);
            }
            if needed.len() > Package::MAX_REQUIREMENTS {
                return None;
            }
        }
        self.looked_at = looked_at;
        self.requirements += needed.len();
        if self.requirements > Self::LIMIT {
            return None;
        }
        let name = |place: &usize| self.names.get(*place).map(|name| Requirement::from(name.as_str()));
        Some(needed.iter().filter_map(name).collect())
    }

    /// Whether a package has that name, or provides it.
    pub fn provides(&self, package: &str, what: &str) -> bool {
        self.packages.get(package).is_some_and(|place| self.of(what).contains(place))
    }

    /// The package of that name, or those that provide it.
    fn of(&self, what: &str) -> &[usize] {
        match self.packages.get(what) {
            Some(place) => std::slice::from_ref(place),
            None => self.provided.get(what).map_or(&[], Vec::as_slice),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needed(providers: &mut Providers, of: &str, needs: &[&[&str]]) -> Option<Vec<String>> {
        let needs = needs.iter().map(|alternatives| alternatives.iter().copied());
        Some(providers.needed(of, needs)?.into_iter().map(|it| it.name).collect())
    }

    fn names(names: &[&str]) -> Option<Vec<String>> {
        Some(names.iter().map(|&name| name.to_owned()).collect())
    }

    #[test]
    fn what_is_needed_is_the_package_that_is_there() {
        let mut providers = Providers::default();
        providers.add("mawk", ["awk"]);
        providers.add("gawk", ["awk"]);
        providers.add("libc6", ["so:libc.so.6"]);
        providers.add("libc6", ["libc6-i386-is-there-twice", "so:libc.so.6"]);
        let mut check = |of: &str, needs: &[&[&str]], expected: &[&str]| {
            assert_eq!(needed(&mut providers, of, needs), names(expected), "{of} {needs:?}");
        };
        check("bash", &[&["libc6"], &["so:libc.so.6"]], &["libc6"]);
        // Alternatives: the first that is there.
        check("bash", &[&["original-awk", "libc6", "mawk"]], &["libc6"]);
        // Each of several providers may be meant.
        check("bash", &[&["awk"]], &["mawk", "gawk"]);
        check("bash", &[&["nobody"], &[]], &[]);
        // What a package provides itself is no other package.
        check("mawk", &[&["awk"]], &[]);
        check("mawk", &[], &[]);
    }

    #[test]
    fn what_is_needed_is_told_when_all_packages_are_there() {
        let mut providers = Providers::default();
        let first = providers.keep("a", [], Some(["so:b", "c"]));
        let second = providers.keep("b", ["so:b"], Some(["so:b"]));
        let third = providers.keep("c", [], None::<[&str; 0]>);
        assert_eq!(providers.all_needs().collect::<Vec<_>>(), ["so:b", "c", "so:b"]);
        let mut kept = |number| -> Option<Vec<String>> {
            Some(providers.kept(number)?.into_iter().map(|it| it.name).collect())
        };
        assert_eq!([first, second, third, 7].map(&mut kept), [names(&["b", "c"]), names(&[]), None, None]);
        let long = "x".repeat(Providers::MAX_KEPT / 2);
        assert_eq!(providers.keep("d", [], Some([long.as_str(), &long, "a"])), 3);
        let after = providers.keep("e", [], Some(["a"]));
        assert_eq!((providers.kept(3), providers.kept(after).map(|it| it.len())), (None, Some(1)));
    }

    #[test]
    fn where_too_much_is_provided_nothing_is_told() {
        let mut providers = Providers::default();
        let provided: Vec<_> = (0..Providers::LIMIT).map(|number| number.to_string()).collect();
        providers.add("a", provided.iter().map(String::as_str));
        assert_eq!(needed(&mut providers, "b", &[&["1"]]), names(&["a"]));
        providers.add("b", ["one more"]);
        assert_eq!(needed(&mut providers, "b", &[&["1"]]), None);
    }

    #[test]
    fn what_packages_need_is_bounded_for_each_and_for_all() {
        let mut providers = Providers::default();
        let packages: Vec<_> = (0..=Package::MAX_REQUIREMENTS).map(|number| number.to_string()).collect();
        packages.iter().for_each(|package| _ = providers.add(package, []));
        let all: Vec<_> = packages.iter().map(|package| [package.as_str()]).collect();
        assert_eq!(providers.needed("a", all.iter().copied()), None);
        let most = &all[1..];
        for _ in 0..Providers::LIMIT / most.len() {
            let needed = providers.needed("a", most.iter().copied()).unwrap();
            assert_eq!(needed.len(), Package::MAX_REQUIREMENTS);
        }
        assert_eq!(providers.needed("a", [["1"]]), None);
    }
}
