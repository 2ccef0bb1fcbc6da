//! Kinds of files that hold packages, whether or not a detector reads them: what nobody reads is counted,
//! so that it is never taken for nothing. Which kinds there are, and how their files are told, is data.

mod search;

use std::collections::HashMap;
use std::sync::Arc;

use globset::{Candidate, GlobSet, GlobSetBuilder};
use limpid_model::Digest;
use memchr::memmem::Finder;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::claims::compile_for_any_case;
pub(crate) use search::{Search, Sought};

/// The longest beginning or text that a rule may state, in bytes.
const LONGEST: usize = 64;

/// A kind of files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kind {
    /// For programs.
    pub code: String,
    /// What people call one of them.
    pub one: String,
    /// What people call several.
    pub many: String,
    /// A file that one of these describes is of the kind.
    pub rules: Vec<Rule>,
}

/// How files are told: by all that is stated.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rule {
    /// Globs, of which its path matches one.
    pub paths: Vec<String>,
    /// Globs, of which its path matches none.
    pub except: Vec<String>,
    /// Bytes in hexadecimal, with some of which it begins.
    pub starts: Vec<String>,
    /// Bytes in hexadecimal, some of which it holds.
    pub holds: Vec<String>,
    /// Within how many of its first bytes those must be; all of them where nothing is stated.
    pub within: Option<u64>,
}

/// Files of one kind in a layer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FilesOfKind {
    /// The kind's code.
    pub code: String,
    /// Their paths, sorted, up to the limit `files_of_kind`.
    pub paths: Vec<String>,
    /// How many more there are.
    pub more: u64,
}

/// Kinds, compiled: which of them a file is of is one look-up, and a search where they say so.
#[derive(Clone, Debug)]
pub struct Kinds {
    kinds: Vec<Kind>,
    rules: Vec<Compiled>,
    globs: GlobSet,
    by_glob: Vec<usize>,
    except: GlobSet,
    by_except: Vec<usize>,
    longest_start: usize,
    digest: Digest,
}

#[derive(Clone, Debug)]
struct Compiled {
    kind: usize,
    has_paths: bool,
    starts: Vec<Vec<u8>>,
    finders: Vec<Finder<'static>>,
    within: u64,
}

impl Default for Kinds {
    fn default() -> Self {
        Self {
            kinds: Vec::new(),
            rules: Vec::new(),
            globs: GlobSet::empty(),
            by_glob: Vec::new(),
            except: GlobSet::empty(),
            by_except: Vec::new(),
            longest_start: 0,
            digest: Digest::of(b""),
        }
    }
}

impl Kinds {
    /// Compiles kinds.
    ///
    /// # Errors
    /// [`Error::Kind`] where a rule cannot be used, or where one would describe every file.
    pub fn new(kinds: Vec<Kind>) -> Result<Self, Error> {
        let (mut globs, mut except) = (GlobSetBuilder::new(), GlobSetBuilder::new());
        let (mut rules, mut by_glob, mut by_except) = (Vec::new(), Vec::new(), Vec::new());
        for (place, kind) in kinds.iter().enumerate() {
            let refused = |why: String| Error::Kind { code: kind.code.clone(), why };
            if kinds.iter().filter(|other| other.code == kind.code).count() > 1 {
                return Err(refused("there are two of this code".to_owned()));
            }
            for rule in &kind.rules {
                if rule.paths.is_empty() && rule.starts.is_empty() {
                    return Err(refused("a rule states neither `paths` nor `starts`".to_owned()));
                }
                let add = |to: &mut GlobSetBuilder, by: &mut Vec<usize>, glob: &str| {
                    to.add(
                        compile_for_any_case(glob).map_err(|error| refused(format!("`{glob}`: {error}")))?,
                    );
                    by.push(rules.len());
                    Ok::<(), Error>(())
                };
                rule.paths.iter().try_for_each(|glob| add(&mut globs, &mut by_glob, glob))?;
                rule.except.iter().try_for_each(|glob| add(&mut except, &mut by_except, glob))?;
                let bytes = |texts: &[String]| -> Result<Vec<Vec<u8>>, Error> {
                    texts.iter().map(|text| bytes(text).map_err(refused)).collect()
                };
                let finders = bytes(&rule.holds)?;
                rules.push(Compiled {
                    kind: place,
                    has_paths: !rule.paths.is_empty(),
                    starts: bytes(&rule.starts)?,
                    finders: finders.iter().map(|needle| Finder::new(needle).into_owned()).collect(),
                    within: rule.within.unwrap_or(u64::MAX),
                });
            }
        }
        let build = |globs: GlobSetBuilder| {
            let refused = |error: globset::Error| Error::Kind { code: String::new(), why: error.to_string() };
            globs.build().map_err(refused)
        };
        let starts = rules.iter().flat_map(|rule| &rule.starts).map(Vec::len);
        let told: Vec<_> = kinds.iter().map(|kind| (&kind.code, &kind.rules)).collect();
        Ok(Self {
            longest_start: starts.max().unwrap_or(0),
            digest: Digest::of(serde_json::to_string(&told).unwrap_or_default().as_bytes()),
            globs: build(globs)?,
            except: build(except)?,
            by_glob,
            by_except,
            rules,
            kinds,
        })
    }

    /// Stands for how files are told: what was told by other rules is to be told anew.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }

    /// The kind of a code.
    pub fn get(&self, code: &str) -> Option<&Kind> {
        self.kinds.iter().find(|kind| kind.code == code)
    }

    /// Whether whoever is shown all files that begin with these bytes is shown those of a kind for what
    /// they are. What is told by more than how it begins is not: that somebody looks at all executables
    /// says nothing of those of one language.
    pub fn is_told_by(&self, code: &str, magic: &[u8]) -> bool {
        let Some(place) = self.kinds.iter().position(|kind| kind.code == code) else { return false };
        let mut rules = self.rules.iter().filter(|rule| rule.kind == place).peekable();
        rules.peek().is_some()
            && rules.all(|rule| {
                let covers = |start: &Vec<u8>| start.starts_with(magic) || magic.starts_with(start);
                rule.finders.is_empty() && !rule.starts.is_empty() && rule.starts.iter().all(covers)
            })
    }

    /// How many of a file's first bytes are needed to tell it.
    pub(crate) fn longest_start(&self) -> usize {
        self.longest_start
    }

    /// Rules that may describe a file with such a path and beginning, those that want more of it included.
    fn rules(&self, path: &str, head: &[u8], matched: &mut Matched) {
        matched.rules.clear();
        if self.rules.is_empty() {
            return;
        }
        let candidate = Candidate::new(path);
        self.globs.matches_candidate_into(&candidate, &mut matched.globs);
        let of_path = |rule: usize| matched.globs.iter().any(|&glob| self.by_glob.get(glob) == Some(&rule));
        for (place, rule) in self.rules.iter().enumerate() {
            let begins = rule.starts.is_empty() || rule.starts.iter().any(|start| head.starts_with(start));
            if begins && (!rule.has_paths || of_path(place)) {
                matched.rules.push(place);
            }
        }
        if !matched.rules.is_empty() && !self.by_except.is_empty() {
            self.except.matches_candidate_into(&candidate, &mut matched.globs);
            let globs = &matched.globs;
            let is_except = |rule: &usize| globs.iter().any(|&glob| self.by_except.get(glob) == Some(rule));
            matched.rules.retain(|rule| !is_except(rule));
        }
    }
}

impl Kinds {
    /// Whether a file is of some kind by its path and first bytes, and what is to be looked for in the whole
    /// of it, these bytes included, to tell others.
    pub(crate) fn look(&self, path: &str, head: &[u8], matched: &mut Matched) -> (bool, Search<'_>) {
        self.rules(path, head, matched);
        let (mut is_told, mut search) = (false, Search::default());
        for rule in matched.rules.iter().filter_map(|&place| self.rules.get(place)) {
            if rule.finders.is_empty() {
                is_told = true;
            } else {
                search.add(Sought::Kind(rule.kind), &rule.finders, rule.within);
            }
        }
        (is_told, search)
    }
}

/// Used again for every file.
#[derive(Debug, Default)]
pub(crate) struct Matched {
    globs: Vec<usize>,
    rules: Vec<usize>,
}

/// What was recognised in a layer.
#[derive(Debug)]
pub(crate) struct Recognised<'a> {
    kinds: &'a Kinds,
    most: usize,
    matched: Matched,
    /// By kind.
    files: Vec<Files>,
    /// Kinds of the entries whose paths are kept, for hard links to them.
    by_ordinal: HashMap<u64, Vec<usize>>,
}

#[derive(Debug, Default)]
struct Files {
    kept: Vec<(Arc<str>, u64)>,
    more: u64,
}

impl<'a> Recognised<'a> {
    /// Keeps up to `most` paths of a kind.
    pub(crate) fn new(kinds: &'a Kinds, most: usize) -> Self {
        let files = kinds.kinds.iter().map(|_| Files::default()).collect();
        Self { kinds, most, matched: Matched::default(), files, by_ordinal: HashMap::new() }
    }

    /// Looks at a file's path and its first bytes. Returns what is to be looked for in it, from its beginning.
    pub(crate) fn look(&mut self, path: &Arc<str>, ordinal: u64, head: &[u8]) -> Search<'a> {
        let mut matched = std::mem::take(&mut self.matched);
        self.kinds.rules(path, head, &mut matched);
        let mut search = Search::default();
        for rule in matched.rules.iter().filter_map(|&place| self.kinds.rules.get(place)) {
            if rule.finders.is_empty() {
                self.add(rule.kind, path, ordinal);
            } else {
                search.add(Sought::Kind(rule.kind), &rule.finders, rule.within);
            }
        }
        self.matched = matched;
        search
    }

    /// Notes what a search has found.
    pub(crate) fn found(&mut self, path: &Arc<str>, ordinal: u64, search: &Search<'_>) {
        for found in search.found() {
            if let Sought::Kind(kind) = found {
                self.add(kind, path, ordinal);
            }
        }
    }

    /// Notes another name of an entry.
    pub(crate) fn link(&mut self, origin: u64, path: &Arc<str>, ordinal: u64) {
        for kind in self.by_ordinal.get(&origin).cloned().unwrap_or_default() {
            self.add(kind, path, ordinal);
        }
    }

    fn add(&mut self, kind: usize, path: &Arc<str>, ordinal: u64) {
        let Some(files) = self.files.get_mut(kind) else { return };
        // Several rules of a kind may describe one file.
        if files.kept.last().is_some_and(|(_, last)| *last == ordinal) {
            return;
        }
        if files.kept.len() < self.most {
            files.kept.push((path.clone(), ordinal));
            self.by_ordinal.entry(ordinal).or_default().push(kind);
        } else {
            files.more += 1;
        }
    }

    /// What is there in the end; `holds` says whether an entry is the layer's last word on its path.
    pub(crate) fn finish(self, holds: impl Fn(&str, u64) -> bool) -> Vec<FilesOfKind> {
        let kinds = self.kinds.kinds.iter().zip(self.files);
        let files = kinds.map(|(kind, files)| {
            let kept = files.kept.into_iter().filter(|(path, ordinal)| holds(path, *ordinal));
            let mut paths: Vec<_> = kept.map(|(path, _)| path.to_string()).collect();
            paths.sort_unstable();
            FilesOfKind { code: kind.code.clone(), paths, more: files.more }
        });
        files.filter(|files| !files.paths.is_empty() || files.more > 0).collect()
    }
}

/// Bytes that are stated in hexadecimal.
fn bytes(text: &str) -> Result<Vec<u8>, String> {
    let refused = || format!("`{text}` is not 1 to {LONGEST} bytes in hexadecimal");
    let digits: Vec<u8> = text.bytes().filter(|byte| *byte != b' ').collect();
    let digit = |digit: u8| char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let bytes = digits.chunks(2).map(|pair| match pair {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    });
    let bytes: Vec<u8> = bytes.collect::<Option<_>>().ok_or_else(refused)?;
    if bytes.is_empty() || bytes.len() > LONGEST { Err(refused()) } else { Ok(bytes) }
}

#[cfg(test)]
mod tests;
