//! [Lock files of Bundler](https://bundler.io/man/bundle-lock.1.html): sections that begin at a line's beginning, and
//! lines that belong to them by how far they are indented, as `Bundler::LockfileParser` reads them.

use std::collections::BTreeSet;
use std::io::BufRead;

use limpid_lockfile::{MAX_PACKAGES, Origin};
use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::detector::{Needs, Package, Problems, Requirement};
use limpid_plugin_sdk::text::Lines;

/// The longest line that is read, in bytes: longer ones are none of these.
const MAX_LINE: usize = 4096;

/// A gem that a lock file names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locked {
    /// As it is written there.
    pub name: String,
    /// Without the platform.
    pub version: String,
    /// What it was compiled for; none where it is for any.
    pub platform: Option<String>,
    /// Whether the application asks for it itself.
    pub is_requested: bool,
    /// Where it is taken from.
    pub origin: Origin,
    /// The gems that it needs to run; none where they are not known whole.
    pub requires: Option<Vec<Requirement>>,
}

/// What the lines of a section are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Section {
    /// Of a source, of which `specs:` lists what is taken from there.
    Source(Kind),
    Dependencies,
    /// `PLATFORMS`, `CHECKSUMS`, `RUBY VERSION`, `BUNDLED WITH`.
    Other,
    /// None that Bundler writes.
    Unknown,
}

/// The kinds of sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// `GEM`: RubyGems, or what may be a mirror.
    Registry,
    /// `GIT`
    Repository,
    /// `PATH`: a folder, which is the application's own where it is a gem itself.
    Folder,
    /// `PLUGIN SOURCE`: what a plugin of Bundler knows.
    Plugin,
}

/// What a section says of its source before it lists anything.
#[derive(Debug, Default)]
struct Source {
    remote: String,
    revision: String,
    kind: String,
}

impl Section {
    fn of(line: &str) -> Self {
        match line {
            "GEM" => Self::Source(Kind::Registry),
            "GIT" => Self::Source(Kind::Repository),
            "PATH" => Self::Source(Kind::Folder),
            "PLUGIN SOURCE" => Self::Source(Kind::Plugin),
            "DEPENDENCIES" => Self::Dependencies,
            "PLATFORMS" | "CHECKSUMS" | "RUBY VERSION" | "BUNDLED WITH" => Self::Other,
            _ => Self::Unknown,
        }
    }
}

impl Source {
    fn set(&mut self, line: &str) {
        let (key, value) = line.split_once(": ").unwrap_or_default();
        let place = match key {
            // A registry may have several, the best one last.
            "remote" => &mut self.remote,
            "revision" => &mut self.revision,
            "type" => &mut self.kind,
            _ => return,
        };
        value.trim().clone_into(place);
    }

    /// Where its gems are from; none where they are the application itself.
    fn origin(&self, kind: Kind) -> Option<Origin> {
        match kind {
            Kind::Registry => Some(Origin::Published),
            Kind::Repository => Some(Origin::commit("git", &self.remote, &self.revision)),
            Kind::Folder => (!matches!(self.remote.as_str(), "." | "./")).then_some(Origin::Local),
            Kind::Plugin if self.kind.is_empty() => Some(Origin::Other("plugin".to_owned())),
            Kind::Plugin => Some(Origin::Other(self.kind.clone())),
        }
    }
}

/// The gems that a lock file names, in its order. What is wrong with a line costs that line.
///
/// # Errors
///
/// Those of the reader, and [`Error::Malformed`] where it has no section that Bundler writes, or where two branches were
/// merged into it and nobody chose: Bundler refuses such a file.
pub fn read(reader: impl BufRead, problems: &mut Problems) -> Result<Vec<Locked>, Error> {
    let mut lines = Lines::new(reader, MAX_LINE);
    let (mut section, mut source, mut is_in_specs) = (Section::Unknown, Source::default(), false);
    let (mut is_empty, mut is_known, mut is_gem) = (true, false, false);
    let (mut gems, mut requested): (Vec<Locked>, _) = (Vec::new(), BTreeSet::new());
    let (mut needed, mut needs) = (Vec::new(), Needs::default());
    while let Some(line) = lines.next()? {
        let text = line.text();
        if text.starts_with("<<<<<<<") || text.starts_with(">>>>>>>") {
            return Err(Error::malformed(format_args!(
                "line {}: a conflict that was not resolved",
                line.number
            )));
        }
        let indented = text.len() - text.trim_start_matches(' ').len();
        // What a gem needs stands behind it.
        if indented < 6 && !needed.is_empty() {
            let needed = std::mem::take(&mut needed);
            if let Some(gem) = gems.last_mut().filter(|gem| gem.requires.is_some()) {
                gem.requires = needs.of(needed);
            }
        }
        is_empty &= text.trim().is_empty();
        match (indented, section) {
            (0, _) if text.is_empty() => {}
            (0, _) => {
                section = Section::of(text.trim_end());
                is_known |= section != Section::Unknown;
                if section == Section::Unknown {
                    problems.push(Error::malformed(format_args!(
                        "line {}: `{text:.100}` begins no section",
                        line.number
                    )));
                }
                (source, is_in_specs) = (Source::default(), false);
            }
            (2, Section::Source(_)) => {
                is_in_specs = text.trim() == "specs:";
                source.set(text.trim());
            }
            (2, Section::Dependencies) if requested.len() < MAX_PACKAGES => {
                let name = text.trim().split(' ').next().unwrap_or_default();
                requested.insert(name.trim_end_matches('!').to_owned());
            }
            (4, Section::Source(kind)) if is_in_specs => {
                if gems.len() == MAX_PACKAGES {
                    problems.push(Error::unsupported(format_args!(
                        "line {}: more than {MAX_PACKAGES} gems",
                        line.number
                    )));
                    break;
                }
                match (gem(text.trim(), line.cut), source.origin(kind)) {
                    (Some(gem), Some(origin)) => {
                        gems.push(Locked { origin, ..gem });
                        is_gem = true;
                        continue;
                    }
                    (Some(_), None) => {}
                    (None, _) => problems
                        .push(Error::malformed(format_args!("line {}: no gem and version", line.number))),
                }
                is_gem = false;
            }
            (6, Section::Source(_)) if is_in_specs && is_gem => {
                let name = text.trim().split(' ').next().unwrap_or_default();
                // One that is too many is enough to tell that there are.
                if line.cut {
                    gems.iter_mut().next_back().into_iter().for_each(|gem| gem.requires = None);
                } else if needed.len() <= Package::MAX_REQUIREMENTS {
                    needed.push(Requirement::from(name.trim_end_matches('!')));
                }
            }
            _ => {}
        }
    }
    if let Some(gem) = gems.last_mut().filter(|gem| !needed.is_empty() && gem.requires.is_some()) {
        gem.requires = needs.of(needed);
    }
    // A file with nothing in it is none.
    if !is_known && !is_empty {
        return Err(Error::malformed("it has no section that Bundler writes"));
    }
    for gem in &mut gems {
        gem.is_requested = requested.contains(&gem.name);
    }
    Ok(gems)
}

/// `nokogiri (1.15.4-x86_64-linux)`: no version has a hyphen.
fn gem(text: &str, is_cut: bool) -> Option<Locked> {
    let (name, version) = text.strip_suffix(')')?.split_once(" (")?;
    let (version, platform) = match version.split_once('-') {
        Some((version, platform)) => {
            (version, Some(platform.to_owned()).filter(|it| !it.is_empty() && it != "ruby"))
        }
        None => (version, None),
    };
    let is_word = |text: &str| !text.is_empty() && !text.contains([' ', '(', ')']);
    let is_whole = !is_cut && is_word(name) && is_word(version);
    is_whole.then(|| Locked {
        name: name.to_owned(),
        version: version.to_owned(),
        platform,
        is_requested: false,
        origin: Origin::Published,
        requires: Some(Vec::new()),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn locked(text: &str) -> (Vec<String>, Problems) {
        let mut problems = Problems::default();
        let gems = read(text.as_bytes(), &mut problems).unwrap();
        let word = |gem: &Locked| {
            let platform = gem.platform.as_deref().map_or(String::new(), |it| format!(" on {it}"));
            let requested = if gem.is_requested { "!" } else { "" };
            let origin = match &gem.origin {
                Origin::Published => String::new(),
                origin => format!(" {origin:?}"),
            };
            format!("{} {}{platform}{requested}{origin}", gem.name, gem.version)
        };
        (gems.iter().map(word).collect(), problems)
    }

    #[test]
    fn a_gem_needs_those_that_are_listed_below_it() {
        let text = "PATH\n  remote: .\n  specs:\n    shop (0.1.0)\n      rack (~> 3)\n\nGEM\n  remote: https://rubygems.org/\n  \
                    specs:\n    a (1.0)\n      rack (>= 2, < 4)\n      own!\n    b (1.0-java)\n    odd\n      rack\n    rack (3.0)\n      \
                    b\n\nDEPENDENCIES\n  a\n      c\n";
        let gems = read(text.as_bytes(), &mut Problems::default()).unwrap();
        let words = gems.iter().map(|gem| {
            let needed: Vec<_> = gem.requires.iter().flatten().map(|needed| needed.name.as_str()).collect();
            format!("{} {}", gem.name, needed.join(" "))
        });
        assert_eq!(words.collect::<Vec<_>>(), ["a rack own", "b ", "rack b"]);
        let long = format!("GEM\n  specs:\n    a (1.0)\n      b\n      {}\n", "c".repeat(MAX_LINE));
        assert_eq!(read(long.as_bytes(), &mut Problems::default()).unwrap()[0].requires, None);
        let last = "GEM\n  specs:\n    a (1.0)\n      b\n";
        let gems = read(last.as_bytes(), &mut Problems::default()).unwrap();
        assert_eq!(gems[0].requires.as_ref().map(Vec::len), Some(1));
    }

    #[test]
    fn gems_of_all_sources_are_named() {
        let text = "\
GIT
  remote: https://example.org/rack.git
  revision: 0123456789abcdef
  specs:
    rack (3.1.0.alpha)

PATH
  remote: .
  specs:
    shop (0.1.0)
      rack (~> 3)

PATH
  remote: engines/pay
  specs:
    pay (0.2.0)

GIT
  remote: ../local
  revision: 0123456789abcdef
  specs:
    local (0.3.0)

PLUGIN SOURCE
  remote: https://example.org/s3
  type: s3
  specs:
    kept (0.4.0)

GEM
  remote: https://rubygems.org/
  specs:
    nokogiri (1.15.4)
      racc (~> 1.4)
    nokogiri (1.15.4-x86_64-linux)
      racc (~> 1.4)
    racc (1.7.1-java)

PLATFORMS
  ruby
  x86_64-linux

DEPENDENCIES
  nokogiri (>= 1.0)
  rack!

CHECKSUMS
  racc (1.7.1-java) sha256=00

RUBY VERSION
   ruby 3.2.2p53

BUNDLED WITH
   2.4.19
";
        let expected = [
            "rack 3.1.0.alpha! Repository { kind: \"git\", url: Some(\"git+https://example.org/rack.git@0123456789abcdef\") }",
            "pay 0.2.0 Local",
            "local 0.3.0 Repository { kind: \"git\", url: None }",
            "kept 0.4.0 Other(\"s3\")",
            "nokogiri 1.15.4!",
            "nokogiri 1.15.4 on x86_64-linux!",
            "racc 1.7.1 on java",
        ];
        assert_eq!(locked(text), (expected.map(str::to_owned).to_vec(), Problems::default()));
        assert_eq!(locked(&text.replace('\n', "\r\n")).0, expected);
    }

    #[test]
    fn a_line_that_names_no_version_costs_that_line() {
        let long = "x".repeat(MAX_LINE);
        let text = format!(
            "GEM\n  specs:\n    a\n    b (1\n    c (1)\n    d ()\n    (1)\n    {long} (1)\n    e f (1)\n"
        );
        let mut expected = Problems::default();
        for line in [3, 4, 6, 7, 8, 9] {
            expected.push(Error::malformed(format_args!("line {line}: no gem and version")));
        }
        assert_eq!(locked(&text), (vec!["c 1".to_owned()], expected));
        let mut expected = Problems::default();
        expected.push(Error::malformed("line 4: `X` begins no section"));
        assert_eq!(locked("GEM\n  remote: x\n    a (1)\nX\n  specs:\n    a (1)\n"), (vec![], expected));
    }

    #[test]
    fn a_file_without_a_section_is_none_of_bundlers() {
        for text in ["x", "gem \"rails\"\n", "{}", "  specs:\n    a (1)\n", "\u{1}\u{2}"] {
            let error = read(text.as_bytes(), &mut Problems::default()).unwrap_err();
            assert_eq!(error, Error::malformed("it has no section that Bundler writes"), "{text:?}");
        }
        // Nothing is asked for.
        for text in
            ["", "\n", "GEM\n  specs:\n\nPLATFORMS\n  ruby\n\nDEPENDENCIES\n\nBUNDLED WITH\n   2.4.19\n"]
        {
            assert_eq!(locked(text), (vec![], Problems::default()), "{text:?}");
        }
    }

    #[test]
    fn a_conflict_refuses_the_file_as_bundler_does() {
        let text = "GEM\n  specs:\n<<<<<<< HEAD\n    a (1)\n=======\n    a (2)\n>>>>>>> b\n";
        let error = read(text.as_bytes(), &mut Problems::default()).unwrap_err();
        assert_eq!(error, Error::malformed("line 3: a conflict that was not resolved"));
    }

    #[test]
    fn gems_are_as_many_as_the_bound_and_no_more() {
        let text = format!("GEM\n  specs:\n{}", "    a (1)\n".repeat(MAX_PACKAGES + 5));
        let (gems, problems) = locked(&text);
        assert_eq!(gems.len(), MAX_PACKAGES);
        let mut expected = Problems::default();
        expected.push(Error::unsupported("line 100003: more than 100000 gems"));
        assert_eq!(problems, expected);
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd_to_be_read(text in "(GEM|DEPENDENCIES|  specs:|    |  |a| \\(|1|-|\\)|\n){0,40}") {
            if let Ok(gems) = read(text.as_bytes(), &mut Problems::default()) {
                prop_assert!(gems.iter().all(|gem| !gem.name.is_empty() && !gem.version.is_empty()));
            }
        }

        #[test]
        fn what_was_written_is_read(name in "[a-zA-Z0-9._-]{1,9}", version in "[0-9]{1,2}(\\.[0-9a-z]{1,3}){0,3}") {
            let (gems, _) = locked(&format!("GEM\n  specs:\n    {name} ({version})\n"));
            prop_assert_eq!(gems, [format!("{name} {version}")]);
        }
    }
}
