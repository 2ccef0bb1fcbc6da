//! [Lock files of Bundler](https://bundler.io/man/bundle-lock.1.html): sections that begin at a line's beginning, and
//! lines that belong to them by how far they are indented, as `Bundler::LockfileParser` reads them.

use std::collections::BTreeSet;
use std::io::BufRead;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::detector::Problems;
use limpid_plugin_sdk::text::Lines;

/// The longest line that is read, in bytes: longer ones are none of these.
const MAX_LINE: usize = 4096;

/// How many gems, and how many requests, are read of a file.
const MAX_GEMS: usize = 100_000;

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
}

/// What the lines of a section are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Section {
    /// `GEM`, `GIT`, `PATH` or `PLUGIN SOURCE`, of which `specs:` lists what is taken from there.
    Source,
    Dependencies,
    Other,
}

/// The gems that a lock file names, in its order. What is wrong with a line costs that line.
///
/// # Errors
///
/// Those of the reader, and [`Error::Malformed`] where two branches were merged into it and nobody chose: Bundler
/// refuses such a file.
pub fn read(reader: impl BufRead, problems: &mut Problems) -> Result<Vec<Locked>, Error> {
    let mut lines = Lines::new(reader, MAX_LINE);
    let (mut section, mut is_in_specs) = (Section::Other, false);
    let (mut gems, mut requested) = (Vec::new(), BTreeSet::new());
    while let Some(line) = lines.next()? {
        let text = line.text();
        if text.starts_with("<<<<<<<") || text.starts_with(">>>>>>>") {
            return Err(Error::malformed(format_args!(
                "line {}: a conflict that was not resolved",
                line.number
            )));
        }
        let indented = text.len() - text.trim_start_matches(' ').len();
        match indented {
            0 if text.is_empty() => {}
            0 => {
                section = match text.trim_end() {
                    "GEM" | "GIT" | "PATH" | "PLUGIN SOURCE" => Section::Source,
                    "DEPENDENCIES" => Section::Dependencies,
                    _ => Section::Other,
                };
                is_in_specs = false;
            }
            2 if section == Section::Source => is_in_specs = text.trim() == "specs:",
            2 if section == Section::Dependencies && requested.len() < MAX_GEMS => {
                let name = text.trim().split(' ').next().unwrap_or_default();
                requested.insert(name.trim_end_matches('!').to_owned());
            }
            4 if is_in_specs => {
                if gems.len() == MAX_GEMS {
                    problems.push(Error::unsupported(format_args!(
                        "line {}: more than {MAX_GEMS} gems",
                        line.number
                    )));
                    break;
                }
                match gem(text.trim(), line.cut) {
                    Some(gem) => gems.push(gem),
                    None => problems
                        .push(Error::malformed(format_args!("line {}: no gem and version", line.number))),
                }
            }
            _ => {}
        }
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
            format!("{} {}{platform}{}", gem.name, gem.version, if gem.is_requested { "!" } else { "" })
        };
        (gems.iter().map(word).collect(), problems)
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
            "rack 3.1.0.alpha!",
            "shop 0.1.0",
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
        assert_eq!(
            locked("GEM\n  remote: x\n    a (1)\nX\n  specs:\n    a (1)\n"),
            (vec![], Problems::default())
        );
    }

    #[test]
    fn a_conflict_refuses_the_file_as_bundler_does() {
        let text = "GEM\n  specs:\n<<<<<<< HEAD\n    a (1)\n=======\n    a (2)\n>>>>>>> b\n";
        let error = read(text.as_bytes(), &mut Problems::default()).unwrap_err();
        assert_eq!(error, Error::malformed("line 3: a conflict that was not resolved"));
    }

    #[test]
    fn gems_are_as_many_as_the_bound_and_no_more() {
        let text = format!("GEM\n  specs:\n{}", "    a (1)\n".repeat(MAX_GEMS + 5));
        let (gems, problems) = locked(&text);
        assert_eq!(gems.len(), MAX_GEMS);
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
