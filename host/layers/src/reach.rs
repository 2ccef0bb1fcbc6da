//! Which claims a path may still meet: globs, read part by part as a path is walked.
//!
//! A link from one directory to another makes a claim match where it did not only if something of the
//! glob was met on the way to the link that is not met on the way to where it leads. So most links
//! need not be looked behind: below `lib`, a link to `usr/lib`, `**/package.json` meets what it meets
//! there anyway.

use std::collections::HashMap;

use globset::{GlobBuilder, GlobMatcher};

/// How many globs the alternatives of one are.
const ALTERNATIVES: usize = 256;

/// The globs of all claims.
#[derive(Debug, Default)]
pub(crate) struct Globs(Vec<Glob>);

#[derive(Debug)]
struct Glob {
    claimant: usize,
    parts: Vec<Part>,
}

/// What one part of a path must be.
#[derive(Debug)]
enum Part {
    /// Any number of parts.
    Depth,
    Any,
    Literal(String),
    Glob(GlobMatcher),
}

/// How far globs have got on the way to a path: which glob, and how many of its parts were met.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct States(Vec<(u32, u32)>);

impl Globs {
    /// Adds a glob that was compiled, so that it is right.
    pub(crate) fn add(&mut self, claimant: usize, glob: &str) {
        let mut all = Vec::new();
        if !expand(glob, &mut all) {
            // Nothing is known of its parts: it may match anything.
            self.0.push(Glob { claimant, parts: vec![Part::Any, Part::Depth] });
            self.0.push(Glob { claimant, parts: vec![Part::Any] });
            return;
        }
        all.sort_unstable();
        all.dedup();
        // Without a name between two slashes it matches no path.
        all.retain(|glob| glob.split('/').all(|name| !name.is_empty()));
        self.0.extend(all.iter().map(|glob| Glob { claimant, parts: parts(glob) }));
    }

    /// At the root.
    pub(crate) fn start(&self) -> States {
        let mut states = Vec::new();
        for (glob, _) in (0..).zip(&self.0) {
            self.enter(glob, 0, &mut states);
        }
        States(states)
    }

    /// One part of a path further.
    pub(crate) fn step(&self, from: &States, name: &str) -> States {
        let mut states = Vec::new();
        for &(glob, met) in &from.0 {
            let Some(part) = self.part(glob, met) else { continue };
            let is_met = match part {
                Part::Depth => {
                    self.enter(glob, met, &mut states);
                    // At the end of a glob, it stands for one part at least.
                    self.part(glob, met + 1).is_none()
                }
                Part::Any => true,
                Part::Literal(literal) => literal == name,
                Part::Glob(matcher) => matcher.is_match(name),
            };
            if is_met {
                self.enter(glob, met + 1, &mut states);
            }
        }
        states.sort_unstable();
        states.dedup();
        States(states)
    }

    /// At a path.
    pub(crate) fn at(&self, path: &str) -> States {
        let names = path.split('/').filter(|name| !name.is_empty());
        names.fold(self.start(), |states, name| self.step(&states, name))
    }

    /// Who claims the path that has led here.
    pub(crate) fn met(&self, states: &States) -> Vec<usize> {
        let met = |&&(glob, met): &&(u32, u32)| self.part(glob, met).is_none();
        self.claimants(&States(states.0.iter().filter(met).copied().collect()))
    }

    /// Who claims the path that has led here, or may claim one below it.
    pub(crate) fn claimants(&self, states: &States) -> Vec<usize> {
        let glob = |&(glob, _): &(u32, u32)| self.0.get(glob as usize).map(|glob| glob.claimant);
        let mut claimants: Vec<_> = states.0.iter().filter_map(glob).collect();
        claimants.sort_unstable();
        claimants.dedup();
        claimants
    }

    /// For each glob that may be met below: the next parts of a path, as far as it can be only those.
    pub(crate) fn beginnings(&self, states: &States) -> Vec<String> {
        let mut beginnings = Vec::new();
        for &(glob, met) in &states.0 {
            let parts = self.0.get(glob as usize).and_then(|glob| glob.parts.get(met as usize..));
            let Some(parts) = parts.filter(|parts| !parts.is_empty()) else { continue };
            let literals = parts.iter().map_while(|part| match part {
                Part::Literal(literal) => Some(literal.as_str()),
                _ => None,
            });
            beginnings.push(literals.collect::<Vec<_>>().join("/"));
        }
        beginnings
    }

    fn part(&self, glob: u32, place: u32) -> Option<&Part> {
        self.0.get(glob as usize)?.parts.get(place as usize)
    }

    /// A glob with so many parts met; any number of parts may be none, except at its end.
    fn enter(&self, glob: u32, met: u32, states: &mut Vec<(u32, u32)>) {
        states.push((glob, met));
        if matches!(self.part(glob, met), Some(Part::Depth)) && self.part(glob, met + 1).is_some() {
            self.enter(glob, met + 1, states);
        }
    }
}

impl States {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Without those that are in others, too.
    pub(crate) fn without(&self, others: &Self) -> Self {
        let is_new = |state: &&(u32, u32)| others.0.binary_search(state).is_err();
        Self(self.0.iter().filter(is_new).copied().collect())
    }
}

/// How far globs have got at directories, each looked at once.
#[derive(Debug)]
pub(crate) struct Known<'g> {
    globs: &'g Globs,
    by_directory: HashMap<String, States>,
}

impl<'g> Known<'g> {
    pub(crate) fn new(globs: &'g Globs) -> Self {
        Self { globs, by_directory: HashMap::from([(String::new(), globs.start())]) }
    }

    pub(crate) fn at(&mut self, path: &str) -> States {
        match path.rsplit_once('/') {
            Some((directory, name)) => self.globs.step(&self.directory(directory), name),
            None if path.is_empty() => self.globs.start(),
            None => self.globs.step(&self.globs.start(), path),
        }
    }

    fn directory(&mut self, path: &str) -> States {
        if let Some(known) = self.by_directory.get(path) {
            return known.clone();
        }
        let states = self.globs.at(path);
        self.by_directory.insert(path.to_owned(), states.clone());
        states
    }
}

/// Writes out the alternatives of a glob (`{a,b/c}`). False where they are too many.
fn expand(glob: &str, into: &mut Vec<String>) -> bool {
    let Some((before, alternatives, after)) = first_alternatives(glob) else {
        into.push(glob.to_owned());
        return into.len() <= ALTERNATIVES;
    };
    alternatives.iter().all(|alternative| expand(&format!("{before}{alternative}{after}"), into))
}

/// What stands before, in and after the first braces of a glob.
fn first_alternatives(glob: &str) -> Option<(&str, Vec<&str>, &str)> {
    let (mut open, mut start, mut deep) = (None, 0, 0_u32);
    let mut alternatives = Vec::new();
    let (mut escaped, mut in_class) = (false, false);
    for (at, letter) in glob.char_indices() {
        if std::mem::take(&mut escaped) {
            continue;
        }
        match letter {
            '\\' => escaped = true,
            '[' => in_class = true,
            ']' => in_class = false,
            _ if in_class => {}
            '{' => {
                if open.is_none() {
                    (open, start) = (Some(at), at + 1);
                }
                deep += 1;
            }
            ',' if deep == 1 => {
                alternatives.push(glob.get(start..at)?);
                start = at + 1;
            }
            '}' if deep == 1 => {
                alternatives.push(glob.get(start..at)?);
                return Some((glob.get(..open?)?, alternatives, glob.get(at + 1..)?));
            }
            '}' => deep = deep.saturating_sub(1),
            _ => {}
        }
    }
    None
}

fn parts(glob: &str) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for text in glob.split('/') {
        match text {
            "**" if matches!(parts.last(), Some(Part::Depth)) => {}
            "**" => parts.push(Part::Depth),
            "*" => parts.push(Part::Any),
            _ if !text.contains(['*', '?', '[', ']', '{', '}', '\\']) => {
                parts.push(Part::Literal(text.to_owned()));
            }
            _ => {
                let mut builder = GlobBuilder::new(text);
                let glob = builder.literal_separator(true).empty_alternates(true).backslash_escape(true);
                // What is no glob by itself, such as half of a class with a slash, may be anything.
                parts.push(glob.build().map_or(Part::Any, |glob| Part::Glob(glob.compile_matcher())));
            }
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use limpid_model::{Claim, Grouping, Pattern};
    use proptest::prelude::*;

    use super::*;
    use crate::ClaimSet;

    const GLOBS: [&str; 12] = [
        "a/b",
        "**/b",
        "**/a/*/b",
        "a/**/b",
        "a/**",
        "**/*.b",
        "{a/,}b/c",
        "{a,b}/{c,}",
        "a/[ab]*",
        "**",
        "a?/b",
        "**/@*/*/c",
    ];

    proptest! {
        #[test]
        fn a_glob_that_is_read_part_by_part_matches_what_it_matches_as_a_whole(
            path in "(a|b|c|@a|a\\.b|ab)(/(a|b|c|@a|a\\.b|ab)){0,4}",
        ) {
            for glob in GLOBS {
                let claim = [Claim::new(Pattern::Path(glob.to_owned()), Grouping::Alone)];
                let set = ClaimSet::new([claim.as_slice()].into_iter()).unwrap();
                let mut globs = Globs::default();
                globs.add(0, glob);
                let met = !globs.met(&globs.at(&path)).is_empty();
                prop_assert_eq!(met, !set.wanted(&path).is_empty(), "{} {}", glob, path);
            }
        }
    }

    #[test]
    fn a_link_between_directories_matters_only_where_it_brings_a_glob_further() {
        let further = |glob: &str, link: &str, target: &str| {
            let mut globs = Globs::default();
            globs.add(0, glob);
            !globs.at(link).without(&globs.at(target)).is_empty()
        };
        assert!(!further("**/package.json", "lib", "usr/lib"));
        assert!(!further("**/node_modules/*/package.json", "app/current", "app/1"));
        assert!(further("**/node_modules/*/package.json", "app/node_modules/x", "app/x"));
        assert!(!further("**/node_modules/*/package.json", "app/node_modules/x", "lib/node_modules/y"));
        assert!(further("var/db/*", "var", "x"));
        assert!(!further("var/db/*", "usr/lib64", "usr/lib"));
    }
}
