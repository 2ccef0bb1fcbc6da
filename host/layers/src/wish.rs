use limpid_model::LayerEntries;

use crate::claims::ClaimSet;
use crate::kinds::{Matched, Search};
use crate::{Limits, links};

/// What is needed of a file system, so that a layer that is made of it tells as much as one that had all of
/// it: the content of files that somebody claims, and as much of others as tells their kind.
#[derive(Debug)]
pub struct Wish<'c> {
    claims: &'c ClaimSet,
    /// These are used again for every file.
    matched: Matched,
    globs: Vec<usize>,
    places: Vec<usize>,
}

/// How much of a file is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// That it is there.
    Nothing,
    /// So many of its first bytes, or all where it has fewer.
    First(u64),
    /// All of it: somebody claims it.
    Whole,
}

/// What only more of a file can tell.
#[derive(Debug)]
pub struct Looking<'c> {
    search: Search<'c>,
    head: Need,
}

impl<'c> Wish<'c> {
    /// What those want who have these claims.
    pub fn new(claims: &'c ClaimSet) -> Self {
        Self { claims, matched: Matched::default(), globs: Vec::new(), places: Vec::new() }
    }

    /// How many first bytes of a file [`of`](Self::of) wants to see.
    pub fn head(&self) -> usize {
        self.claims.longest_magic()
    }

    /// What is needed of a file, by its normalised path and its first bytes. Where more of it has to be
    /// looked at, [`Looking::feed`] takes what comes after those.
    pub fn of(&mut self, path: &str, head: &[u8]) -> Looking<'c> {
        self.places.clear();
        self.claims.by_path(path, &mut self.globs, &mut self.places);
        self.claims.by_content(head, &mut self.places);
        if self.places.iter().any(|&place| self.claims.is_certain(place)) {
            return Looking { search: Search::default(), head: Need::Whole };
        }
        let (is_told, mut search) = self.claims.kinds().look(path, head, &mut self.matched);
        self.claims.look_for(&self.places, &mut search);
        search.feed(head);
        let needed = if is_told { Need::First(self.head() as u64) } else { Need::Nothing };
        Looking { search, head: needed }
    }

    /// Files that are claimed because links lead to them, by the ordinals of their entries. `entries` are
    /// sorted by path.
    pub fn behind_links(&self, entries: &LayerEntries, limits: &Limits) -> Vec<u64> {
        let links = links(&[entries], &std::collections::BTreeSet::new(), self.claims, limits);
        links.files.iter().map(|file| file.ordinal).collect()
    }
}

impl Looking<'_> {
    /// Whether more of the file could tell more.
    pub fn goes_on(&self) -> bool {
        !self.search.has_found_claim() && self.search.goes_on()
    }

    /// Looks at the next bytes of the file.
    pub fn feed(&mut self, piece: &[u8]) {
        self.search.feed(piece);
    }

    /// What is needed of the file, by what was seen of it.
    pub fn need(&self) -> Need {
        match (self.head, self.search.found_within()) {
            (Need::Whole, _) => Need::Whole,
            _ if self.search.has_found_claim() => Need::Whole,
            (head, 0) => head,
            (Need::First(first), found) => Need::First(found.max(first)),
            (Need::Nothing, found) => Need::First(found),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use limpid_model::{Claim, Grouping, Pattern};

    use super::*;
    use crate::{Kind, Kinds, Rule};

    #[test]
    fn as_much_of_a_file_is_needed_as_somebody_reads() {
        let claim = |pattern| Claim::new(pattern, Grouping::Alone);
        let holding = |pattern| Claim { contains: vec![b"zig".to_vec()], ..claim(pattern) };
        let claimed = [
            claim(Pattern::Path("var/lib/x".to_owned())),
            claim(Pattern::Magic(b"MAGIC".to_vec())),
            holding(Pattern::Magic(b"ELF".to_vec())),
        ];
        let rule = |paths: &str, starts: &str, holds: &str| {
            let list = |text: &str| if text.is_empty() { vec![] } else { vec![text.to_owned()] };
            Rule { paths: list(paths), starts: list(starts), holds: list(holds), ..Rule::default() }
        };
        let kind = |code: &str, rule: Rule| Kind {
            code: code.to_owned(),
            one: String::new(),
            many: String::new(),
            rules: vec![rule],
        };
        // "ELF" and "Go", "ELF" and "Rust".
        let kinds = vec![
            kind("archive", rule("**/*.jar", "", "")),
            kind("go", rule("", "454c46", "476f")),
            kind("rust", rule("", "454c46", "52757374")),
        ];
        let claims = ClaimSet::new([claimed.as_slice()].into_iter()).unwrap();
        let claims = claims.with_kinds(Arc::new(Kinds::new(kinds).unwrap()));
        let mut wish = Wish::new(&claims);
        assert_eq!(wish.head(), 5);
        let mut check = |path: &str, content: &str, expected: Need| {
            let (head, rest) = content.split_at(content.len().min(5));
            let mut looking = wish.of(path, head.as_bytes());
            for piece in rest.as_bytes().chunks(8) {
                if looking.goes_on() {
                    looking.feed(piece);
                }
            }
            assert_eq!(looking.need(), expected, "{path}");
        };
        check("a", "text", Need::Nothing);
        check("var/lib/x", "text", Need::Whole);
        check("b", "MAGIC and more", Need::Whole);
        check("c.jar", "PK", Need::First(5));
        check("d", "ELF  nothing of the kind at all", Need::Nothing);
        check("z", "ELF  nothing but a zig at its end", Need::Whole);
        // The search for the other kind goes on to the end.
        check("e", "ELF  12345Go890123456789012345", Need::First(13));
        check("f", "ELF  12345Go8901234567890Rust5", Need::First(29));
    }
}
