//! Lock files of [Cabal](https://cabal.readthedocs.io/en/stable/cabal-commands.html#cabal-freeze)
//! (`cabal.project.freeze`) and of [Stack](https://docs.haskellstack.org/en/stable/topics/lock_files/) (`stack.yaml.lock`), as
//! these write them.

use std::io::BufRead;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::detector::Problems;
use limpid_plugin_sdk::text::Lines;

use crate::{is_name, is_version};

/// The longest line that is read, in bytes.
const MAX_LINE: usize = 4096;

/// How many packages are read of a file.
const MAX_PACKAGES: usize = 100_000;

/// Names and versions.
type Packages = Vec<(String, String)>;

/// The packages of a `cabal.project.freeze`: `constraints: any.aeson ==2.1.2.1, aeson -cffi, ...`. What is wrong with a
/// constraint costs that constraint.
///
/// # Errors
///
/// Those of the reader.
pub fn cabal(reader: impl BufRead, problems: &mut Problems) -> Result<Packages, Error> {
    let mut lines = Lines::new(reader, MAX_LINE);
    let mut packages = Vec::new();
    let mut is_in_constraints = false;
    while let Some(line) = lines.next()? {
        let text = line.text();
        let list = if text.starts_with([' ', '\t']) {
            &*text
        } else {
            let (field, value) = text.split_once(':').unwrap_or_default();
            is_in_constraints = field.trim() == "constraints";
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
                line.number,
                &mut packages,
                problems,
            );
        }
        if is_full(&packages, problems) {
            break;
        }
    }
    Ok(packages)
}

/// The packages of a `stack.yaml.lock`: under `completed`, `hackage: NAME-VERSION@HASH`, or `name` and `version` of what is of
/// an archive or a repository. What is wrong with a package costs that package.
///
/// # Errors
///
/// Those of the reader.
pub fn stack(reader: impl BufRead, problems: &mut Problems) -> Result<Packages, Error> {
    let mut lines = Lines::new(reader, MAX_LINE);
    let mut packages = Vec::new();
    let (mut is_in_packages, mut is_completed) = (false, false);
    let mut name = None;
    while let Some(line) = lines.next()? {
        let text = line.text();
        let indented = text.len() - text.trim_start_matches(' ').len();
        let (key, value) = text.trim().trim_start_matches("- ").split_once(':').unwrap_or_default();
        let value = value.trim().trim_matches(['"', '\'']);
        match indented {
            0 if !text.starts_with('-') => is_in_packages = key == "packages",
            0 | 2 => {
                is_completed = key == "completed";
                name = None;
            }
            4 if is_in_packages && is_completed => match key {
                "hackage" => {
                    let (name, version) =
                        value.split('@').next().unwrap_or_default().rsplit_once('-').unwrap_or_default();
                    add(name, version, line.number, &mut packages, problems);
                }
                "name" => name = Some(value.to_owned()),
                // Keys are in the order of their letters.
                "version" => {
                    let name = name.take().unwrap_or_default();
                    add(&name, value, line.number, &mut packages, problems);
                }
                _ => {}
            },
            _ => {}
        }
        if is_full(&packages, problems) {
            break;
        }
    }
    Ok(packages)
}

fn add(name: &str, version: &str, line: u64, packages: &mut Packages, problems: &mut Problems) {
    if is_name(name) && is_version(version) {
        packages.push((name.to_owned(), version.to_owned()));
    } else {
        problems.push(Error::malformed(format_args!("line {line}: no package and version")));
    }
}

fn is_full(packages: &Packages, problems: &mut Problems) -> bool {
    let is_full = packages.len() >= MAX_PACKAGES;
    if is_full {
        problems.push(Error::unsupported(format_args!("not more than {MAX_PACKAGES} packages are read")));
    }
    is_full
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Error, MAX_PACKAGES, Packages, Problems};

    type Read = fn(&[u8], &mut Problems) -> Result<Packages, Error>;

    fn cabal(text: &[u8], problems: &mut Problems) -> Result<Packages, Error> {
        super::cabal(text, problems)
    }

    fn stack(text: &[u8], problems: &mut Problems) -> Result<Packages, Error> {
        super::stack(text, problems)
    }

    fn words(read: Read, text: &str) -> (Vec<String>, Problems) {
        let mut problems = Problems::default();
        let packages = read(text.as_bytes(), &mut problems).unwrap();
        (packages.iter().map(|(name, version)| format!("{name} {version}")).collect(), problems)
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
snapshots:
- completed:
    sha256: 00
    url: https://example.org/lts-21.yaml
  original: lts-21.0
";
        let expected = ["acme-missiles 0.3", "mine 1.2.3"];
        assert_eq!(words(stack, text), (expected.map(str::to_owned).to_vec(), Problems::default()));
        assert_eq!(words(stack, &text.replace('\n', "\r\n")).0, expected);
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
                let packages = read(text.as_bytes(), &mut Problems::default()).unwrap();
                prop_assert!(packages.iter().all(|(name, version)| !name.is_empty() && !version.is_empty()));
            }
        }
    }
}
