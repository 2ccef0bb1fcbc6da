use std::sync::Arc;

use globset::{Candidate, GlobBuilder, GlobSet, GlobSetBuilder};
use limpid_model::{Claim, Grouping, Pattern};
use memchr::memmem::Finder;

use crate::kinds::{Search, Sought};
use crate::reach::Globs;
use crate::{Error, Kinds};

/// The longest bytes that a claim may look for. No beginning that is known is longer than 16 bytes.
const MAGIC_LENGTH: usize = 64;

/// The claims of all detectors, compiled: which of them wants a file is one look-up. Cheap to clone; compiling takes
/// milliseconds.
#[derive(Clone, Debug)]
pub struct ClaimSet {
    claims: Arc<[Stated]>,
    globs: Arc<GlobSet>,
    /// For each glob, whose claim it is: its place in `claims`.
    by_glob: Arc<[usize]>,
    /// The same globs, part by part.
    parts: Arc<Globs>,
    magics: Arc<[(Vec<u8>, usize)]>,
    longest_magic: usize,
    claimants: usize,
    kinds: Arc<Kinds>,
}

/// What one claim says besides its pattern.
#[derive(Debug)]
struct Stated {
    by: Claimant,
    /// Its place among the claims of its claimant.
    claim: u32,
    /// Some of these are in the file; none: whatever it holds.
    contains: Vec<Finder<'static>>,
    head: Option<u32>,
}

/// Who wants a file, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Claimant {
    pub(crate) index: usize,
    pub(crate) together: bool,
}

impl Claimant {
    pub(crate) const fn grouping(self) -> Grouping {
        if self.together { Grouping::Together } else { Grouping::Alone }
    }
}

/// What one claimant wants of a file, in one way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Want {
    pub(crate) by: Claimant,
    /// Which of its claims the file matches: their places, in order.
    pub claims: Vec<u32>,
    /// How many first bytes it wants; all of them where nothing is stated.
    pub(crate) head: Option<u32>,
}

impl Want {
    /// Its place among the claimants.
    pub const fn claimant(&self) -> usize {
        self.by.index
    }

    /// Whether it wants the file by itself.
    pub const fn grouping(&self) -> Grouping {
        self.by.grouping()
    }

    /// Adds what the same claimant wants in the same way.
    pub(crate) fn add(&mut self, other: &mut Self) {
        self.claims.append(&mut other.claims);
        self.claims.sort_unstable();
        self.claims.dedup();
        self.head = larger(self.head, other.head);
    }
}

impl ClaimSet {
    /// Compiles the claims of each claimant; its place in the sequence stands for it from then on.
    pub fn new<'a>(claimants: impl Iterator<Item = &'a [Claim]>) -> Result<Self, Error> {
        let (mut globs, mut parts) = (GlobSetBuilder::new(), Globs::default());
        let (mut all, mut by_glob, mut magics, mut count) = (Vec::new(), Vec::new(), Vec::new(), 0);
        for (index, claims) in claimants.enumerate() {
            count = index + 1;
            for (number, claim) in (0..).zip(claims) {
                match &claim.pattern {
                    Pattern::Path(glob) => {
                        globs.add(compile(glob).map_err(|error| refused(index, glob, &error))?);
                        parts.add(index, glob);
                        by_glob.push(all.len());
                    }
                    Pattern::Magic(magic) => magics.push((checked(index, "magic", magic)?, all.len())),
                }
                let contains = claim.contains.iter().map(|bytes| checked(index, "text", bytes));
                all.push(Stated {
                    by: Claimant { index, together: claim.grouping == Grouping::Together },
                    claim: number,
                    contains: contains
                        .map(|bytes| bytes.map(|bytes| Finder::new(&bytes).into_owned()))
                        .collect::<Result<_, _>>()?,
                    head: claim.head,
                });
            }
        }
        let globs = globs.build().map_err(|error| refused(count, "all together", &error))?;
        let longest_magic = magics.iter().map(|(magic, _)| magic.len()).max().unwrap_or(0);
        Ok(Self {
            claims: all.into(),
            globs: Arc::new(globs),
            by_glob: by_glob.into(),
            parts: Arc::new(parts),
            magics: magics.into(),
            longest_magic,
            claimants: count,
            kinds: Arc::default(),
        })
    }

    /// The same, and files are told by these kinds, whoever claims them.
    #[must_use]
    pub fn with_kinds(self, kinds: Arc<Kinds>) -> Self {
        let longest_magic = self.longest_magic.max(kinds.longest_start());
        Self { kinds, longest_magic, ..self }
    }

    /// Who wants a file of this path, whatever it holds.
    pub fn wanted(&self, path: &str) -> Vec<Want> {
        let mut places = Vec::new();
        self.by_path(path, &mut Vec::new(), &mut places);
        self.settle(&places, |_| false)
    }

    /// Who may want a file of this path, by what it holds.
    pub fn may_be_wanted(&self, path: &str) -> impl Iterator<Item = usize> {
        self.of_path(path).into_iter().map(|claimant| claimant.index)
    }

    /// Who may want a file of this path of which nothing was read: those who want the path, and those who
    /// want files for what they hold.
    pub(crate) fn of_unread_file(&self, path: &str) -> Vec<Claimant> {
        once_each(self.of_path(path).into_iter().chain(self.of_content()))
    }

    /// Who may want a file below a directory of which nothing was read.
    pub(crate) fn of_unread_directory(&self, path: &str) -> Vec<Claimant> {
        let below = self.parts.claimants(&self.parts.at(path)).into_iter();
        once_each(below.map(|index| Claimant { index, together: false }).chain(self.of_content()))
    }

    fn of_content(&self) -> impl Iterator<Item = Claimant> {
        self.magics.iter().filter_map(|(_, place)| self.claimant(*place))
    }

    fn claimant(&self, place: usize) -> Option<Claimant> {
        self.claims.get(place).map(|claim| claim.by)
    }

    /// The globs, part by part.
    pub(crate) fn parts(&self) -> &Globs {
        &self.parts
    }

    /// Who claims this path, each once; what the file has to hold is not looked at.
    pub(crate) fn of_path(&self, path: &str) -> Vec<Claimant> {
        let mut places = Vec::new();
        self.by_path(path, &mut Vec::new(), &mut places);
        once_each(places.iter().filter_map(|&place| self.claimant(place)))
    }

    pub(crate) fn kinds(&self) -> &Kinds {
        &self.kinds
    }

    pub(crate) fn claimants(&self) -> usize {
        self.claimants
    }

    /// How many of a file's first bytes [`by_content`](Self::by_content) wants.
    pub(crate) fn longest_magic(&self) -> usize {
        self.longest_magic
    }

    /// Adds the claims that match this path: their places.
    pub(crate) fn by_path(&self, path: &str, matched: &mut Vec<usize>, into: &mut Vec<usize>) {
        self.globs.matches_candidate_into(&Candidate::new(path), matched);
        into.extend(matched.iter().filter_map(|&glob| self.by_glob.get(glob)));
    }

    /// Adds the claims that match a file that begins with these bytes.
    pub(crate) fn by_content(&self, head: &[u8], into: &mut Vec<usize>) {
        let matching = self.magics.iter().filter(|(magic, _)| head.starts_with(magic));
        into.extend(matching.map(|(_, place)| *place));
    }

    /// Looks for what some claims say that the file holds.
    pub(crate) fn look_for<'s>(&'s self, places: &[usize], search: &mut Search<'s>) {
        for &place in places {
            if let Some(claim) = self.claims.get(place).filter(|claim| !claim.contains.is_empty()) {
                let within = claim.head.map_or(u64::MAX, u64::from);
                search.add(Sought::Claim(place), &claim.contains, within);
            }
        }
    }

    /// Whether a claim holds whatever is in the file.
    pub(crate) fn is_certain(&self, place: usize) -> bool {
        self.claims.get(place).is_some_and(|claim| claim.contains.is_empty())
    }

    /// How many first bytes of a file some claims want at most; none: all of them.
    pub(crate) fn head(&self, places: &[usize]) -> Option<u64> {
        let heads = places.iter().filter_map(|&place| self.claims.get(place)).map(|claim| claim.head);
        heads.map(|head| head.map(u64::from)).reduce(larger).flatten()
    }

    /// Who wants a file that matches some claims; `is_found` says of those that want it to hold something whether
    /// it does.
    pub(crate) fn settle(&self, places: &[usize], is_found: impl Fn(usize) -> bool) -> Vec<Want> {
        let mut wants: Vec<Want> = Vec::new();
        for &place in places {
            let Some(claim) = self.claims.get(place) else { continue };
            if !claim.contains.is_empty() && !is_found(place) {
                continue;
            }
            match wants.iter_mut().find(|want| want.by == claim.by) {
                Some(want) => {
                    want.claims.push(claim.claim);
                    want.head = larger(want.head, claim.head);
                }
                None => wants.push(Want { by: claim.by, claims: vec![claim.claim], head: claim.head }),
            }
        }
        for want in &mut wants {
            want.claims.sort_unstable();
            want.claims.dedup();
        }
        wants.sort_unstable_by_key(|want| want.by);
        wants
    }
}

/// The larger of two heads, where none is all of a file.
fn larger<N: Ord>(a: Option<N>, b: Option<N>) -> Option<N> {
    a.zip(b).map(|(a, b)| a.max(b))
}

fn once_each(claimants: impl Iterator<Item = Claimant>) -> Vec<Claimant> {
    let mut claimants: Vec<_> = claimants.collect();
    claimants.sort_unstable();
    claimants.dedup();
    claimants
}

/// Bytes that a claim looks for.
fn checked(claimant: usize, what: &str, bytes: &[u8]) -> Result<Vec<u8>, Error> {
    if bytes.is_empty() || bytes.len() > MAGIC_LENGTH {
        let why = format!("a {what} has 1 to {MAGIC_LENGTH} bytes, not {}", bytes.len());
        return Err(refused(claimant, &bytes.escape_ascii().to_string(), &why));
    }
    Ok(bytes.to_vec())
}

pub(crate) fn compile(glob: &str) -> Result<globset::Glob, globset::Error> {
    builder(glob).build()
}

/// A glob that matches in letters of any case.
pub(crate) fn compile_for_any_case(glob: &str) -> Result<globset::Glob, globset::Error> {
    builder(glob).case_insensitive(true).build()
}

fn builder(glob: &str) -> GlobBuilder<'_> {
    let mut builder = GlobBuilder::new(glob);
    builder.literal_separator(true).empty_alternates(true).backslash_escape(true);
    builder
}

fn refused(claimant: usize, pattern: &str, why: &dyn ToString) -> Error {
    let pattern = pattern.chars().take(200).collect();
    Error::Claim { claimant, pattern, why: why.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(pattern: Pattern, grouping: Grouping) -> Claim {
        Claim::new(pattern, grouping)
    }

    fn path(glob: &str) -> Vec<Claim> {
        vec![claim(Pattern::Path(glob.into()), Grouping::Alone)]
    }

    #[test]
    fn a_star_stays_within_a_directory() {
        let check = |glob: &str, file: &str, expected: bool| {
            let claims = path(glob);
            let set = ClaimSet::new([claims.as_slice()].into_iter()).unwrap();
            let mut found = Vec::new();
            set.by_path(file, &mut Vec::new(), &mut found);
            assert_eq!(!found.is_empty(), expected, "{glob} {file}");
        };
        check("var/lib/dpkg/info/*.list", "var/lib/dpkg/info/libc6:amd64.list", true);
        check("var/lib/dpkg/info/*.list", "var/lib/dpkg/info/x/a.list", false);
        check("**/package.json", "package.json", true);
        check("**/package.json", "app/node_modules/x/package.json", true);
        check("{usr/,}lib/apk/db/installed", "usr/lib/apk/db/installed", true);
        check("{usr/,}lib/apk/db/installed", "lib/apk/db/installed", true);
    }

    #[test]
    fn who_wants_a_path_is_told_once() {
        let alone = [
            claim(Pattern::Path("a/*".into()), Grouping::Alone),
            claim(Pattern::Path("a/b".into()), Grouping::Alone),
        ];
        let together = [claim(Pattern::Path("**/b".into()), Grouping::Together)];
        let claims = ClaimSet::new([&alone[..], &together[..]].into_iter()).unwrap();
        let told = |path: &str| -> Vec<_> {
            let wants = claims.wanted(path).into_iter();
            wants.map(|want| (want.claimant(), want.grouping(), want.claims)).collect()
        };
        assert_eq!(told("a/b"), [(0, Grouping::Alone, vec![0, 1]), (1, Grouping::Together, vec![0])]);
        assert_eq!(told("c"), []);
    }

    #[test]
    fn several_claimants_may_want_one_file() {
        let first = path("etc/os-release");
        let second = vec![
            claim(Pattern::Magic(b"NAME".to_vec()), Grouping::Together),
            claim(Pattern::Path("etc/*".into()), Grouping::Alone),
        ];
        let set = ClaimSet::new([first.as_slice(), second.as_slice()].into_iter()).unwrap();
        let mut found = Vec::new();
        set.by_path("etc/os-release", &mut Vec::new(), &mut found);
        set.by_content(b"NAME=x", &mut found);
        let wants = set.settle(&found, |_| false);
        let expected = [(0, false), (1, false), (1, true)];
        assert_eq!(
            wants.iter().map(|want| want.by).collect::<Vec<_>>(),
            expected.map(|(index, together)| Claimant { index, together })
        );
    }

    #[test]
    fn as_much_of_a_file_is_wanted_as_the_claims_that_hold_want() {
        let head = |head| Claim { head, ..claim(Pattern::Path("a".into()), Grouping::Alone) };
        let whole = Claim { contains: vec![b"x".to_vec()], ..head(None) };
        let claims = [head(Some(4)), head(Some(8)), whole];
        let set = ClaimSet::new([claims.as_slice()].into_iter()).unwrap();
        let places = [0, 1, 2];
        assert_eq!(set.head(&places), None);
        let wants = |is_found: bool| {
            let wants = set.settle(&places, |_| is_found);
            wants.into_iter().map(|want| (want.claims, want.head)).collect::<Vec<_>>()
        };
        assert_eq!(wants(false), [(vec![0, 1], Some(8))]);
        assert_eq!(wants(true), [(vec![0, 1, 2], None)]);
        assert_eq!(set.wanted("a"), set.settle(&places, |_| false));
        assert_eq!(set.head(&places[..2]), Some(8));
    }

    #[test]
    fn a_claim_that_cannot_be_compiled_names_its_claimant() {
        let check = |pattern: Pattern, expected: &str| {
            let bad = [claim(pattern, Grouping::Alone)];
            let error = ClaimSet::new([[].as_slice(), bad.as_slice()].into_iter()).unwrap_err();
            let text = error.to_string();
            assert!(text.contains(expected) && text.contains("claimant 1"), "{text}");
        };
        check(Pattern::Path("a/[".into()), "`a/[`");
        check(Pattern::Magic(Vec::new()), "not 0");
        check(Pattern::Magic(vec![7; 65]), "not 65");
    }
}
