//! `cpanfile.snapshot` of [Carton](https://metacpan.org/pod/Carton): distributions in lines that are indented by two, what is
//! stated of each in lines by four.

use std::io::BufRead;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::detector::{Package, Problems, Providers};
use limpid_plugin_sdk::text::Lines;

use crate::distribution::Distribution;

/// The longest line that is read, in bytes.
const MAX_LINE: usize = 4096;

/// How many distributions are read of a file.
const MAX_DISTRIBUTIONS: usize = 100_000;

/// The versions of the form begin so.
const FORM: &str = "# carton snapshot format: version ";

/// A distribution, and what a snapshot says of it.
#[derive(Debug)]
pub struct Listed {
    /// The distribution itself.
    pub distribution: Distribution,
    /// By what number it is known what it needs.
    pub needs: usize,
}

/// The distributions of a snapshot, and among `providers` what they provide and need. What is wrong with one costs that one.
///
/// # Errors
///
/// Those of the reader, and [`Error::Unsupported`] where the snapshot is in another version of the form than 1.
pub fn distributions(
    reader: impl BufRead,
    providers: &mut Providers,
    problems: &mut Problems,
) -> Result<Vec<Listed>, Error> {
    let mut lines = Lines::new(reader, MAX_LINE);
    let mut distributions = Vec::new();
    let mut open: Option<Open> = None;
    let mut is_in_list = false;
    while let Some(line) = lines.next()? {
        let text = line.text();
        if let Some(form) = text.strip_prefix(FORM) {
            if form.split('.').next() != Some("1") {
                return Err(Error::unsupported(format_args!("version `{form:.20}` of snapshots")));
            }
            continue;
        }
        match text.len() - text.trim_start_matches(' ').len() {
            0 if !text.is_empty() => is_in_list = text == "DISTRIBUTIONS",
            2 if is_in_list => {
                add(open.take(), &mut distributions, providers, problems);
                if distributions.len() == MAX_DISTRIBUTIONS {
                    let why = format_args!("not more than {MAX_DISTRIBUTIONS} distributions are read");
                    problems.push(Error::unsupported(why));
                    return Ok(distributions);
                }
                let (file, line) = (text.trim().to_owned(), line.number);
                open = Some(Open { file, line, needed: Some(Vec::new()), ..Open::default() });
            }
            4 => {
                if let Some(open) = &mut open {
                    if let Some(place) = text.trim().strip_prefix("pathname: ") {
                        open.place = Some(place.to_owned());
                    }
                    open.list = match text.trim() {
                        "provides:" => List::Provided,
                        "requirements:" => List::Needed,
                        _ => List::Other,
                    };
                }
            }
            6 => {
                if let Some(open) = &mut open {
                    open.take(text.trim(), line.cut);
                }
            }
            _ => {}
        }
    }
    add(open, &mut distributions, providers, problems);
    Ok(distributions)
}

/// A distribution of which more lines may follow.
#[derive(Default)]
struct Open {
    file: String,
    place: Option<String>,
    line: u64,
    list: List,
    /// Modules.
    provided: Vec<String>,
    /// Modules; none where they are not known whole.
    needed: Option<Vec<String>>,
}

/// What a list of modules is of.
#[derive(Clone, Copy, Default)]
enum List {
    Provided,
    Needed,
    #[default]
    Other,
}

impl Open {
    /// A line of a list: a module, and a version.
    fn take(&mut self, line: &str, is_cut: bool) {
        let Some(module) = line.split(' ').next().filter(|module| *module != "perl") else { return };
        let is_too_much = |known: &Vec<String>| is_cut || known.len() == Package::MAX_REQUIREMENTS;
        match self.list {
            List::Provided if !is_too_much(&self.provided) => self.provided.push(module.to_owned()),
            List::Needed => {
                self.needed = self.needed.take().filter(|known| !is_too_much(known));
                self.needed.iter_mut().for_each(|known| known.push(module.to_owned()));
            }
            List::Provided | List::Other => {}
        }
    }
}

fn add(
    open: Option<Open>,
    distributions: &mut Vec<Listed>,
    providers: &mut Providers,
    problems: &mut Problems,
) {
    fn texts(modules: &[String]) -> impl Iterator<Item = &str> {
        modules.iter().map(String::as_str)
    }
    let Some(Open { file, place, line, provided, needed, .. }) = open else { return };
    match Distribution::parse(&file, place.as_deref()) {
        Some(distribution) => {
            let needs = providers.keep(&distribution.name, texts(&provided), needed.as_deref().map(texts));
            distributions.push(Listed { distribution, needs });
        }
        None => problems.push(Error::malformed(format_args!("line {line}: no distribution and version"))),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(text: &str) -> (Vec<String>, Problems) {
        let mut problems = Problems::default();
        let distributions = distributions(text.as_bytes(), &mut Providers::default(), &mut problems).unwrap();
        let word = |Listed { distribution: it, .. }: &Listed| {
            format!("{} {} {}", it.name, it.version, it.author.as_deref().unwrap_or("-"))
        };
        (distributions.iter().map(word).collect(), problems)
    }

    #[test]
    fn a_snapshot_names_distributions() {
        let text = "\
# carton snapshot format: version 1.0
DISTRIBUTIONS
  HTTP-Date-6.06
    pathname: O/OA/OALDERS/HTTP-Date-6.06.tar.gz
    provides:
      HTTP::Date 6.06
    requirements:
      ExtUtils::MakeMaker 0
      perl 5.006002
  Perl-Critic-v1.156.0
    provides:
      Perl::Critic v1.156.0
";
        let expected = ["HTTP-Date 6.06 OALDERS", "Perl-Critic v1.156.0 -"];
        assert_eq!(words(text), (expected.map(str::to_owned).to_vec(), Problems::default()));
        assert_eq!(words(&text.replace('\n', "\r\n")).0, expected);
        assert_eq!(words("DISTRIBUTIONS\n"), (vec![], Problems::default()));
    }

    #[test]
    fn what_is_wrong_with_a_distribution_costs_that_one() {
        let text = "DISTRIBUTIONS\n  A\n    pathname: x\n  B-1\nOTHER\n  C-1\n";
        let mut expected = Problems::default();
        expected.push(Error::malformed("line 2: no distribution and version"));
        assert_eq!(words(text), (vec!["B 1 -".to_owned()], expected));
    }

    #[test]
    fn another_form_is_not_supported() {
        let text = "# carton snapshot format: version 2.0\nDISTRIBUTIONS\n  A-1\n";
        let why =
            distributions(text.as_bytes(), &mut Providers::default(), &mut Problems::default()).unwrap_err();
        assert_eq!(why, Error::unsupported("version `2.0` of snapshots"));
    }

    #[test]
    fn distributions_are_as_many_as_the_bound() {
        let text = format!("DISTRIBUTIONS\n{}", "  A-1\n".repeat(MAX_DISTRIBUTIONS + 2));
        let (distributions, problems) = words(&text);
        assert_eq!(distributions.len(), MAX_DISTRIBUTIONS);
        assert_ne!(problems, Problems::default());
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd_to_be_read(text in "(DISTRIBUTIONS\n|  A-|    pathname: |A/AB/|1|\n|  |é){0,40}") {
            let distributions =
                distributions(text.as_bytes(), &mut Providers::default(), &mut Problems::default()).unwrap();
            let is_named = |it: &Distribution| !it.name.is_empty() && !it.version.is_empty();
            prop_assert!(distributions.iter().all(|it| is_named(&it.distribution)));
        }
    }
}
