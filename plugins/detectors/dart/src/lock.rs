//! `pubspec.lock`: YAML as pub writes it, of which each level is indented by two spaces, and each value is on the line of its
//! key.

use std::io::BufRead;

use limpid_lockfile::{MAX_PACKAGES, Origin};
use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::detector::Problems;
use limpid_plugin_sdk::text::Lines;

/// The longest line that is read, in bytes.
const MAX_LINE: usize = 4096;

/// A package that a lock file names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locked {
    /// In lower case, as pub asks for.
    pub name: String,
    /// A semantic version.
    pub version: String,
    /// Why it is named.
    pub dependency: Dependency,
    /// Where it is from.
    pub origin: Origin,
}

/// Why a lock file names a package.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dependency {
    /// The application asks for it.
    Direct,
    /// Who works on the application asks for it.
    Development,
    /// Another package asks for it.
    #[default]
    Transitive,
}

/// What was read of a package so far.
#[derive(Debug, Default)]
struct Entry {
    line: u64,
    name: String,
    version: String,
    dependency: Dependency,
    source: String,
    /// Of a repository.
    url: String,
    commit: String,
}

/// The packages that a lock file names, in its order. What is wrong with one costs that one.
///
/// # Errors
///
/// Those of the reader, and [`Error::Malformed`] where it has no `packages`, or they are a list.
pub fn read(reader: impl BufRead, problems: &mut Problems) -> Result<Vec<Locked>, Error> {
    let mut lines = Lines::new(reader, MAX_LINE);
    let (mut packages, mut has_packages, mut is_in_packages) = (Vec::new(), false, false);
    let mut entry: Option<Entry> = None;
    let mut count = 0;
    while let Some(line) = lines.next()? {
        let text = line.text();
        let value = text.trim_start_matches(' ');
        if value.is_empty() || value.starts_with('#') {
            continue;
        }
        match text.len() - value.len() {
            0 if is_in_packages && value.starts_with('-') => {
                return Err(Error::malformed("`packages` is no map"));
            }
            0 => {
                close(entry.take(), &mut packages, problems);
                is_in_packages = value.trim_end() == "packages:" || value.trim_end() == "packages: {}";
                has_packages |= is_in_packages;
            }
            2 if is_in_packages => {
                close(entry.take(), &mut packages, problems);
                if count == MAX_PACKAGES {
                    problems.push(Error::unsupported(format_args!("more than {MAX_PACKAGES} packages")));
                    break;
                }
                count += 1;
                let name = value.trim_end().strip_suffix(':').map(scalar).unwrap_or_default();
                entry = Some(Entry { line: line.number, name: name.to_owned(), ..Entry::default() });
            }
            4 => {
                if let (Some(entry), Some((key, value))) = (&mut entry, value.split_once(':')) {
                    entry.set(key, scalar(value));
                }
            }
            // Of the description.
            6 => {
                if let (Some(entry), Some((key, value))) = (&mut entry, value.split_once(':')) {
                    match key {
                        "url" => scalar(value).clone_into(&mut entry.url),
                        "resolved-ref" => scalar(value).clone_into(&mut entry.commit),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    close(entry, &mut packages, problems);
    if has_packages { Ok(packages) } else { Err(Error::malformed("it has no `packages`")) }
}

impl Entry {
    fn set(&mut self, key: &str, value: &str) {
        match (key, value) {
            ("version", version) => version.clone_into(&mut self.version),
            ("source", source) => source.clone_into(&mut self.source),
            ("dependency", "direct dev") => self.dependency = Dependency::Development,
            ("dependency", dependency) if dependency.starts_with("direct") => {
                self.dependency = Dependency::Direct
            }
            _ => {}
        }
    }
}

/// A package ends where the next begins.
fn close(entry: Option<Entry>, packages: &mut Vec<Locked>, problems: &mut Problems) {
    let Some(Entry { line, name, version, dependency, source, url, commit }) = entry else { return };
    let is_word = |text: &str| !text.is_empty() && !text.contains(char::is_whitespace);
    if !is_word(&name) || !is_word(&version) {
        problems.push(Error::malformed(format_args!("line {line}: no package and version")));
        return;
    }
    let origin = match source.as_str() {
        // A part of what it is worked with.
        "sdk" => return,
        "git" => Origin::commit("git", &url, &commit),
        "path" => Origin::Local,
        "hosted" | "" => Origin::Published,
        other => Origin::Other(other.to_owned()),
    };
    packages.push(Locked { name, version, dependency, origin });
}

/// A value without quotes.
fn scalar(text: &str) -> &str {
    let text = text.trim();
    let quoted = |quote| text.strip_prefix(quote).and_then(|text| text.strip_suffix(quote));
    quoted('"').or_else(|| quoted('\'')).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(text: &str) -> (Vec<String>, Problems) {
        let mut problems = Problems::default();
        let packages = read(text.as_bytes(), &mut problems).unwrap();
        let word = |it: &Locked| {
            let origin = if it.origin.is_published() { String::new() } else { format!(" {:?}", it.origin) };
            format!("{} {} {:?}{origin}", it.name, it.version, it.dependency)
        };
        (packages.iter().map(word).collect(), problems)
    }

    #[test]
    fn packages_are_named_with_why_they_are() {
        let text = "\
# Generated by pub
packages:
  async:
    dependency: transitive
    description:
      name: async
      sha256: \"00\"
      url: \"https://pub.dev\"
      version: \"9.9.9\"
    source: hosted
    version: \"2.11.0\"
  flutter:
    dependency: \"direct main\"
    description: flutter
    source: sdk
    version: \"0.0.0\"
  http:
    dependency: \"direct main\"
    description:
      path: \".\"
      ref: main
      resolved-ref: \"0123abc\"
      url: \"https://example.org/http.git\"
    source: git
    version: 0.13.2
  other:
    source: vault
    version: \"1.0.0\"
  lints:
    dependency: \"direct dev\"
    source: hosted
    version: '2.1.0'
  mine:
    dependency: \"direct overridden\"
    source: path
    version: \"1.0.0\"
sdks:
  dart: \">=3.0.0 <4.0.0\"
";
        let expected = [
            "async 2.11.0 Transitive",
            "http 0.13.2 Direct Repository { kind: \"git\", url: Some(\"git+https://example.org/http.git@0123abc\") }",
            "other 1.0.0 Transitive Other(\"vault\")",
            "lints 2.1.0 Development",
            "mine 1.0.0 Direct Local",
        ];
        assert_eq!(words(text), (expected.map(str::to_owned).to_vec(), Problems::default()));
        assert_eq!(words(&text.replace('\n', "\r\n")).0, expected);
        assert_eq!(words("packages: {}\n"), (Vec::new(), Problems::default()));
    }

    #[test]
    fn a_file_of_an_unknown_form_is_malformed() {
        let check = |text: &str, why: &str| {
            let error = read(text.as_bytes(), &mut Problems::default()).unwrap_err();
            assert_eq!(error, Error::malformed(why), "{text}");
        };
        check("packages:\n- a\n- b\n", "`packages` is no map");
        check("packages: [a]\n", "it has no `packages`");
        check("packages: a\n", "it has no `packages`");
        check("this is no lock file\n", "it has no `packages`");
    }

    #[test]
    fn a_package_without_a_version_costs_itself() {
        let text = "packages:\n  a:\n    source: hosted\n  b\n  c:\n    version: \"1 2\"\n  d:\n    version: \"1.0.0\"\n";
        let mut expected = Problems::default();
        for line in [2, 4, 5] {
            expected.push(Error::malformed(format_args!("line {line}: no package and version")));
        }
        assert_eq!(words(text), (vec!["d 1.0.0 Transitive".to_owned()], expected));
    }

    #[test]
    fn packages_are_as_many_as_the_bound_and_no_more() {
        let text = format!("packages:\n{}", "  a:\n    version: 1.0.0\n".repeat(MAX_PACKAGES + 2));
        let (packages, problems) = words(&text);
        assert_eq!(packages.len(), MAX_PACKAGES);
        let mut expected = Problems::default();
        expected.push(Error::unsupported("more than 100000 packages"));
        assert_eq!(problems, expected);
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd_to_be_read(text in "(packages:|version:|  |    |a|:|1|\"|'|\n){0,40}") {
            if let Ok(packages) = read(text.as_bytes(), &mut Problems::default()) {
                prop_assert!(packages.iter().all(|it| !it.name.is_empty() && !it.version.is_empty()));
            }
        }
    }
}
