use std::sync::Arc;

use globset::{Candidate, GlobBuilder, GlobSet, GlobSetBuilder};
use limpid_model::{Claim, Grouping, Pattern};

use crate::reach::Globs;
use crate::{Error, Kinds};

/// The longest magic that a claim may state. None that is known is longer than 16 bytes.
const MAGIC_LENGTH: usize = 64;

/// The claims of all detectors, compiled: which of them wants a file is one look-up.
#[derive(Debug)]
pub struct ClaimSet {
    globs: GlobSet,
    /// For each glob, who states it.
    by_glob: Vec<Claimant>,
    /// The same globs, part by part.
    parts: Globs,
    magics: Vec<(Vec<u8>, Claimant)>,
    longest_magic: usize,
    claimants: usize,
    kinds: Arc<Kinds>,
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

impl ClaimSet {
    /// Compiles the claims of each claimant; its place in the sequence stands for it from then on.
    pub fn new<'a>(claimants: impl Iterator<Item = &'a [Claim]>) -> Result<Self, Error> {
        let (mut globs, mut parts) = (GlobSetBuilder::new(), Globs::default());
        let (mut by_glob, mut magics, mut count) = (Vec::new(), Vec::new(), 0);
        for (index, claims) in claimants.enumerate() {
            count = index + 1;
            for claim in claims {
                let claimant = Claimant { index, together: claim.grouping == Grouping::Together };
                match &claim.pattern {
                    Pattern::Path(glob) => {
                        globs.add(compile(glob).map_err(|error| refused(index, glob, &error))?);
                        parts.add(index, glob);
                        by_glob.push(claimant);
                    }
                    Pattern::Magic(magic) if magic.is_empty() || magic.len() > MAGIC_LENGTH => {
                        let why = format!("a magic has 1 to {MAGIC_LENGTH} bytes, not {}", magic.len());
                        return Err(refused(index, &magic.escape_ascii().to_string(), &why));
                    }
                    Pattern::Magic(magic) => magics.push((magic.clone(), claimant)),
                }
            }
        }
        let globs = globs.build().map_err(|error| refused(count, "all together", &error))?;
        let longest_magic = magics.iter().map(|(magic, _)| magic.len()).max().unwrap_or(0);
        Ok(Self { globs, by_glob, parts, magics, longest_magic, claimants: count, kinds: Arc::default() })
    }

    /// The same, and files are told by these kinds, whoever claims them.
    #[must_use]
    pub fn with_kinds(self, kinds: Arc<Kinds>) -> Self {
        let longest_magic = self.longest_magic.max(kinds.longest_start());
        Self { kinds, longest_magic, ..self }
    }

    /// Which claimants want a file of this path, whatever it holds, and how.
    pub fn wanted(&self, path: &str) -> Vec<(usize, Grouping)> {
        self.of_path(path).into_iter().map(|claimant| (claimant.index, claimant.grouping())).collect()
    }

    /// Who may want a file of this path of which nothing was read: those who want the path, and those who
    /// want files for what they hold.
    pub(crate) fn of_unread_file(&self, path: &str) -> Vec<Claimant> {
        let by_content = self.magics.iter().map(|(_, claimant)| *claimant);
        let mut claimants: Vec<_> = self.of_path(path).into_iter().chain(by_content).collect();
        claimants.sort_unstable();
        claimants.dedup();
        claimants
    }

    /// Who may want a file below a directory of which nothing was read.
    pub(crate) fn of_unread_directory(&self, path: &str) -> Vec<Claimant> {
        let below = self.parts.claimants(&self.parts.at(path)).into_iter();
        let below = below.map(|index| Claimant { index, together: false });
        let by_content = self.magics.iter().map(|(_, claimant)| *claimant);
        let mut claimants: Vec<_> = below.chain(by_content).collect();
        claimants.sort_unstable();
        claimants.dedup();
        claimants
    }

    /// The globs, part by part.
    pub(crate) fn parts(&self) -> &Globs {
        &self.parts
    }

    /// Who wants a file of this path, each claim once.
    pub(crate) fn of_path(&self, path: &str) -> Vec<Claimant> {
        let (mut matched, mut claimants) = (Vec::new(), Vec::new());
        self.by_path(path, &mut matched, &mut claimants);
        claimants.sort_unstable();
        claimants.dedup();
        claimants
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

    /// Adds who wants a file of this path.
    pub(crate) fn by_path(&self, path: &str, matched: &mut Vec<usize>, into: &mut Vec<Claimant>) {
        self.globs.matches_candidate_into(&Candidate::new(path), matched);
        into.extend(matched.iter().filter_map(|&glob| self.by_glob.get(glob)));
    }

    /// Adds who wants a file that begins with these bytes.
    pub(crate) fn by_content(&self, head: &[u8], into: &mut Vec<Claimant>) {
        let matching = self.magics.iter().filter(|(magic, _)| head.starts_with(magic));
        into.extend(matching.map(|(_, claimant)| *claimant));
    }
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
        Claim { pattern, grouping }
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
        assert_eq!(claims.wanted("a/b"), [(0, Grouping::Alone), (1, Grouping::Together)]);
        assert_eq!(claims.wanted("c"), []);
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
        found.sort();
        let expected = [(0, false), (1, false), (1, true)];
        assert_eq!(found, expected.map(|(index, together)| Claimant { index, together }));
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
