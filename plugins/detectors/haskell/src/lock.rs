//! Lock files of [Cabal](https://cabal.readthedocs.io/en/stable/cabal-commands.html#cabal-freeze)
//! (`cabal.project.freeze`) and of [Stack](https://docs.haskellstack.org/en/stable/topics/lock_files/) (`stack.yaml.lock`), as
//! these write them.

use std::io::BufRead;

use limpid_lockfile::{MAX_PACKAGES, Origin};
use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::detector::Problems;
use limpid_plugin_sdk::text::Lines;

use crate::{is_name, is_version};

/// The longest line that is read, in bytes.
const MAX_LINE: usize = 4096;

/// What Cabal writes into such a file also where an application needs nothing.
const FIELDS: [&str; 3] = ["active-repositories", "constraints", "index-state"];

/// A package that a lock file names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locked {
    /// Words between hyphens.
    pub name: String,
    /// Numbers between dots.
    pub version: String,
    /// Where it is from.
    pub origin: Origin,
}

/// What was read of a package of Stack so far: keys are in the order of their letters, and `version` is the last.
#[derive(Debug, Default)]
struct Entry {
    name: String,
    commit: String,
    repository: String,
    archive: Option<Origin>,
}

/// The packages of a `cabal.project.freeze`: `constraints: any.aeson ==2.1.2.1, aeson -cffi, ...`. What is wrong with a
/// constraint costs that constraint.
///
/// # Errors
///
/// Those of the reader, and [`Error::Malformed`] where it has no field that Cabal writes.
pub fn cabal(reader: impl BufRead, problems: &mut Problems) -> Result<Vec<Locked>, Error> {
    let mut lines = Lines::new(reader, MAX_LINE);
    let mut packages = Vec::new();
    let (mut is_in_constraints, mut is_known, mut is_empty) = (false, false, true);
    while let Some(line) = lines.next()? {
        let text = line.text();
        // A comment, or nothing.
        if text.trim().is_empty() || text.trim_start().starts_with("--") {
            continue;
        }
        is_empty = false;
        let list = if text.starts_with([' ', '\t']) {
            &*text
        } else {
            let (field, value) = text.split_once(':').unwrap_or_default();
            is_in_constraints = field.trim() == "constraints";
            is_known |= FIELDS.contains(&field.trim());
            value
        };
        if !is_in_constraints {
            continue;
        }
        for constraint in list.split(',').map(str::trim) {
            // What remains says with which flags a package is built.
            let Some((name, version)) = constraint.split_once("==") else { continue };
            let name = name.trim();
            add(
                name.strip_prefix("any.").unwrap_or(name),
                version.trim(),
                Origin::Published,
                line.number,
                &mut packages,
                problems,
            );
        }
        if is_full(&packages, problems) {
            break;
        }
    }
    if is_known || is_empty {
        Ok(packages)
    } else {
        Err(Error::malformed("it has no field that Cabal writes"))
    }
}

/// The packages of a `stack.yaml.lock`: under `completed`, `hackage: NAME-VERSION@HASH`, or `name` and `version` of what is of
/// an archive or a repository. What is wrong with a package costs that package.
///
/// # Errors
///
/// Those of the reader, and [`Error::Malformed`] where it has no list `packages`.
pub fn stack(reader: impl BufRead, problems: &mut Problems) -> Result<Vec<Locked>, Error> {
    let mut lines = Lines::new(reader, MAX_LINE);
    let mut packages = Vec::new();
    let (mut is_in_packages, mut is_completed, mut is_list, mut is_empty) = (false, false, false, true);
    let mut has_items = false;
    let mut entry = Entry::default();
    while let Some(line) = lines.next()? {
        let text = line.text();
        if text.trim().is_empty() || text.starts_with('#') {
            continue;
        }
        is_empty = false;
        let indented = text.len() - text.trim_start_matches(' ').len();
        let (key, value) = text.trim().trim_start_matches("- ").split_once(':').unwrap_or_default();
        let value = value.trim().trim_matches(['"', '\'']);
        match indented {
            0 if !text.starts_with('-') => {
                is_in_packages = key == "packages";
                has_items = false;
                is_list |= is_in_packages && matches!(value, "" | "[]");
            }
            // Nothing but a list belongs to it.
            2 if is_in_packages && !has_items && !text.trim().starts_with('-') => is_list = false,
            0 | 2 => {
                has_items = true;
                is_completed = key == "completed";
                entry = Entry::default();
                if is_in_packages && !matches!(key, "completed" | "original") {
                    problems
                        .push(Error::malformed(format_args!("line {}: it begins no package", line.number)));
                }
            }
            4 if is_in_packages && is_completed => match key {
                "hackage" => {
                    let (name, version) =
                        value.split('@').next().unwrap_or_default().rsplit_once('-').unwrap_or_default();
                    add(name, version, Origin::Published, line.number, &mut packages, problems);
                }
                "version" => {
                    let Entry { name, commit, repository, archive } = std::mem::take(&mut entry);
                    let origin = match archive {
                        Some(archive) => archive,
                        None => Origin::commit("git", &repository, &commit),
                    };
                    add(&name, value, origin, line.number, &mut packages, problems);
                }
                _ => entry.set(key, value),
            },
            _ => {}
        }
        if is_full(&packages, problems) {
            break;
        }
    }
    if is_list || is_empty { Ok(packages) } else { Err(Error::malformed("it has no list `packages`")) }
}

impl Entry {
    fn set(&mut self, key: &str, value: &str) {
        match key {
            "name" => value.clone_into(&mut self.name),
            "commit" => value.clone_into(&mut self.commit),
            "git" => value.clone_into(&mut self.repository),
            "url" => self.archive = Some(Origin::archive(value)),
            "filepath" => self.archive = Some(Origin::Local),
            _ => {}
        }
    }
}

fn add(
    name: &str,
    version: &str,
    origin: Origin,
    line: u64,
    packages: &mut Vec<Locked>,
    problems: &mut Problems,
) {
    if is_name(name) && is_version(version) {
        packages.push(Locked { name: name.to_owned(), version: version.to_owned(), origin });
    } else {
        problems.push(Error::malformed(format_args!("line {line}: no package and version")));
    }
}

fn is_full(packages: &[Locked], problems: &mut Problems) -> bool {
    let is_full = packages.len() >= MAX_PACKAGES;
    if is_full {
        problems.push(Error::unsupported(format_args!("not more than {MAX_PACKAGES} packages are read")));
    }
    is_full
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Error, Locked, MAX_PACKAGES, Origin, Problems};

    type Read = fn(&[u8], &mut Problems) -> Result<Vec<Locked>, Error>;

    fn cabal(text: &[u8], problems: &mut Problems) -> Result<Vec<Locked>, Error> {
        super::cabal(text, problems)
    }

    fn stack(text: &[u8], problems: &mut Problems) -> Result<Vec<Locked>, Error> {
        super::stack(text, problems)
    }

    fn words(read: Read, text: &str) -> (Vec<String>, Problems) {
        let mut problems = Problems::default();
        let packages = read(text.as_bytes(), &mut problems).unwrap();
        let word = |it: &Locked| {
            let origin = match &it.origin {
                Origin::Published => String::new(),
                origin => format!(" {origin:?}"),
            };
            format!("{} {}{origin}", it.name, it.version)
        };
        (packages.iter().map(word).collect(), problems)
    }

    #[test]
    fn a_freeze_file_names_packages_among_flags() {
        let text = "\
active-repositories: hackage.haskell.org:merge
constraints: any.aeson ==2.1.2.1,
             aeson -cffi +ordered-keymap,
             any.base-orphans ==0.9.0, bytestring ==0.11
index-state: hackage.haskell.org 2023-10-01T00:00:00Z
with-compiler: a ==1
";
        let expected = ["aeson 2.1.2.1", "base-orphans 0.9.0", "bytestring 0.11"];
        assert_eq!(words(cabal, text), (expected.map(str::to_owned).to_vec(), Problems::default()));
    }

    #[test]
    fn a_lock_file_of_stack_names_what_was_completed() {
        let text = "\
# This file was autogenerated by Stack.
packages:
- completed:
    hackage: acme-missiles-0.3@sha256:2ba6,613
    pantry-tree:
      sha256: 61
      size: 226
  original:
    hackage: acme-missiles-0.3
- completed:
    commit: 0a1b
    git: https://example.org/mine.git
    name: mine
    pantry-tree:
      size: 1
    version: 1.2.3
  original:
    commit: 0a1b
- completed:
    name: fetched
    pantry-tree:
      size: 1
    sha256: 00
    url: https://example.org/fetched.tar.gz
    version: 2.0
  original:
    url: https://example.org/fetched.tar.gz
snapshots:
- completed:
    sha256: 00
    url: https://example.org/lts-21.yaml
  original: lts-21.0
";
        let expected = [
            "acme-missiles 0.3",
            "mine 1.2.3 Repository { kind: \"git\", url: Some(\"git+https://example.org/mine.git@0a1b\") }",
            "fetched 2.0 Archive(\"https://example.org/fetched.tar.gz\")",
        ];
        assert_eq!(words(stack, text), (expected.map(str::to_owned).to_vec(), Problems::default()));
        assert_eq!(words(stack, &text.replace('\n', "\r\n")).0, expected);
    }

    #[test]
    fn a_file_of_an_unknown_form_is_malformed_and_one_without_packages_is_not() {
        let why = |read: Read, text: &str| read(text.as_bytes(), &mut Problems::default()).unwrap_err();
        for text in ["with-compiler: ghc ==1\n", "this is none\n", "{}", "  any.a ==1\n"] {
            let expected = Error::malformed("it has no field that Cabal writes");
            assert_eq!(why(cabal, text), expected, "{text}");
        }
        for text in ["snapshots:\n- completed:\n    size: 1\n", "this is none\n", "packages: 1\n", "- a\n"] {
            assert_eq!(why(stack, text), Error::malformed("it has no list `packages`"), "{text}");
        }
        assert_eq!(
            why(stack, "packages:\n  completed:\n    hackage: a-1\n"),
            Error::malformed("it has no list `packages`")
        );
        let (packages, problems) = words(stack, "packages:\n- hackage: a-1\n");
        let mut expected = Problems::default();
        expected.push(Error::malformed("line 2: it begins no package"));
        assert_eq!((packages, problems), (vec![], expected));
        for text in ["", "-- nothing\n", "active-repositories: hackage.haskell.org:merge\nindex-state: x\n"] {
            assert_eq!(words(cabal, text), (vec![], Problems::default()), "{text}");
        }
        for text in
            ["", "# nothing\n", "packages: []\nsnapshots:\n- completed:\n    size: 1\n  original: x\n"]
        {
            assert_eq!(words(stack, text), (vec![], Problems::default()), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_package_costs_that_package() {
        let mut expected = Problems::default();
        expected.push(Error::malformed("line 2: no package and version"));
        let text = "constraints: any.a ==1,\n  any.b ==x, any.c ==2\n";
        assert_eq!(words(cabal, text), (vec!["a 1".to_owned(), "c 2".to_owned()], expected));
        let mut expected = Problems::default();
        expected.push(Error::malformed("line 3: no package and version"));
        expected.push(Error::malformed("line 5: no package and version"));
        let text = "packages:\n- completed:\n    hackage: a\n- completed:\n    version: 1\n- completed:\n    hackage: b-1\n";
        assert_eq!(words(stack, text), (vec!["b 1".to_owned()], expected));
    }

    #[test]
    fn packages_are_as_many_as_the_bound() {
        let text = format!("constraints:\n{}", "  a ==1,\n".repeat(MAX_PACKAGES + 2));
        let (packages, problems) = words(cabal, &text);
        assert_eq!(packages.len(), MAX_PACKAGES);
        assert_ne!(problems, Problems::default());
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd_to_be_read(text in "(constraints:|packages:|- completed:|    hackage: |  |==|a-|1|,|\n|é){0,40}") {
            for read in [cabal as Read, stack] {
                if let Ok(packages) = read(text.as_bytes(), &mut Problems::default()) {
                    prop_assert!(packages.iter().all(|it| !it.name.is_empty() && !it.version.is_empty()));
                }
            }
        }
    }
}
