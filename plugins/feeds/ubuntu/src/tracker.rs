//! Files of the CVE tracker: one for each vulnerability, of lines `Field: value` and of lines
//! `RELEASE_PACKAGE: status`, with indented lines that go on from the field before them.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Advisory, Document, Documents, Rating, Sink};

use crate::judgement::All;
use crate::release::{Name, Place, named};
use crate::said::Said;
use crate::text;

/// What the source of all files is called.
pub(crate) const SOURCE: &str = "tracker";

/// Bytes of a file. The largest are of kernels, and have some 200 KiB.
const MAX_FILE: u64 = 8 << 20;
/// Bytes of the description, and of the advisory's text therefore.
const MAX_DETAILS: usize = 64 << 10;
/// Addresses of one file.
const MAX_REFERENCES: usize = 256;
/// Series that are not known, and are reported.
const MAX_UNKNOWN: usize = 64;

/// Fields whose name is followed by a package: they say nothing of a release.
const OF_PACKAGES: [&str; 6] = ["Patches", "Tags", "Assigned-to", "Discovered-by", "Priority", "#Patches"];

/// The system of the team's priorities.
pub(crate) const RATER: &str = "ubuntu";

/// Reads all files: an archive of the tracker, or a single file.
///
/// # Errors
///
/// [`Error::Malformed`] where no document is a file of the tracker, or none could be used: taking that for an answer
/// would withdraw all that the source stated before.
pub(crate) fn read(
    source: &str,
    first: Document,
    documents: &mut dyn Documents,
    sink: &mut dyn Sink,
) -> Result<(), Error> {
    let mut reading = Reading { sink, read: 0, rejected: 0, why: None, only: None, unknown: BTreeSet::new() };
    let mut bytes = Vec::new();
    let mut next = Some(first);
    while let Some(document) = next {
        reading.document(document, &mut bytes)?;
        next = documents.next();
    }
    reading.finish(source)
}

struct Reading<'a> {
    sink: &'a mut dyn Sink,
    /// Files that could be used.
    read: u64,
    rejected: u64,
    /// Why the first that was rejected was.
    why: Option<Error>,
    /// The identifier of the first file.
    only: Option<String>,
    /// Series that are not known.
    unknown: BTreeSet<String>,
}

impl Reading<'_> {
    fn document(&mut self, document: Document, bytes: &mut Vec<u8>) -> Result<(), Error> {
        let path = document.name().to_owned();
        let name = path.rsplit('/').next().unwrap_or_default();
        // Beside the files there are templates, lists and programs. What is handed in by itself has any name.
        if !name.starts_with("CVE-") && path.contains('/') {
            return Ok(());
        }
        bytes.clear();
        document.take(MAX_FILE + 1).read_to_end(bytes)?;
        if u64::try_from(bytes.len()).is_ok_and(|length| length > MAX_FILE) {
            self.reject(&path, Error::malformed(format_args!("it is over the limit of {MAX_FILE} bytes")));
            return Ok(());
        }
        let file = String::from_utf8_lossy(bytes);
        match File::parse(&file) {
            Ok(file) => self.file(file),
            Err(why) => self.reject(&path, why),
        }
        Ok(())
    }

    fn file(&mut self, file: File) {
        self.read += 1;
        self.only.get_or_insert_with(|| file.advisory.id.clone());
        for series in file.unknown {
            if self.unknown.len() < MAX_UNKNOWN {
                self.unknown.insert(series);
            }
        }
        for (path, why) in file.rejected {
            self.sink.reject(&path, why);
        }
        let priorities = file.priorities;
        let affected = file.said.affected(|version, package| ratings(&priorities, version, package));
        if !affected.is_empty() {
            self.sink.advisory(Advisory { affected, ..file.advisory });
        }
    }

    fn reject(&mut self, path: &str, why: Error) {
        self.rejected += 1;
        self.why.get_or_insert_with(|| why.clone());
        self.sink.reject(text::shown(path), why);
    }

    fn finish(self, source: &str) -> Result<(), Error> {
        match (self.read, self.why) {
            (0, None) => return Err(Error::malformed("no document is a file of the CVE tracker")),
            (0, Some(why)) if self.rejected == 1 => return Err(why),
            (0, Some(why)) => {
                let count = self.rejected;
                return Err(Error::malformed(format_args!(
                    "none of {count} files could be used, the first: {why}"
                )));
            }
            _ => {}
        }
        for series in &self.unknown {
            let why = Error::unsupported("it is no release that is known: what is said of it is left out");
            self.sink.reject(series, why);
        }
        match &self.only {
            // One file does not stand for the tracker.
            Some(id) if self.read + self.rejected == 1 && source != SOURCE => self.sink.identify(id),
            _ => self.sink.identify(SOURCE),
        }
        Ok(())
    }
}

/// Priorities, by version of the release and package; each empty where it is of all.
type Priorities = BTreeMap<(String, String), String>;

fn ratings(priorities: &Priorities, version: &str, package: &str) -> Vec<Rating> {
    let of = |version: &str| priorities.get(&(version.to_owned(), package.to_owned()));
    of(version).or_else(|| of("")).map(|word| Rating::word(RATER, word)).into_iter().collect()
}

/// What a file says.
#[derive(Debug, Default)]
struct File {
    advisory: Advisory,
    said: All,
    priorities: Priorities,
    /// Lines that could not be used.
    rejected: Vec<(String, Error)>,
    unknown: BTreeSet<String>,
    description: String,
    /// What Ubuntu says in the place of the description, where it does.
    own_description: String,
}

impl File {
    fn parse(text: &str) -> Result<Self, Error> {
        let mut file = Self::default();
        let mut field = "";
        for line in text.lines() {
            if line.starts_with('#') {
                continue;
            }
            if line.starts_with([' ', '\t']) {
                file.goes_on(field, line.trim());
                continue;
            }
            let Some((name, value)) = line.split_once(':') else {
                field = "";
                continue;
            };
            field = name;
            file.field(name, value.trim());
        }
        if file.advisory.id.is_empty() {
            return Err(Error::malformed("it has no `Candidate`"));
        }
        let page = format!("https://ubuntu.com/security/{}", file.advisory.id);
        file.advisory.references.retain(|known| *known != page);
        file.advisory.references.insert(0, page);
        let description =
            if file.own_description.is_empty() { &file.description } else { &file.own_description };
        file.advisory.details = description.trim().to_owned();
        Ok(file)
    }

    /// A line that is not indented.
    fn field(&mut self, name: &str, value: &str) {
        match name {
            "Candidate" if text::is_identifier(value) => value.clone_into(&mut self.advisory.id),
            "PublicDate" => self.advisory.published = text::time(value),
            "Priority" => {
                let word = priority(value).map(|word| Rating::word(RATER, word));
                self.advisory.ratings.splice(0..0, word);
            }
            "References" | "Bugs" | "Description" | "Ubuntu-Description" => self.goes_on(name, value),
            _ => match name.split_once('_') {
                Some(("Priority", of)) => self.priority(of, value),
                Some((other, _)) if OF_PACKAGES.contains(&other) => {}
                Some((release, package)) if !release.contains(char::is_whitespace) => {
                    self.line(release, package, value);
                }
                _ => {}
            },
        }
    }

    /// A line that goes on from a field.
    fn goes_on(&mut self, field: &str, line: &str) {
        match field {
            "References" | "Bugs" => {
                let references = &mut self.advisory.references;
                let is_new = references.len() < MAX_REFERENCES && !references.iter().any(|it| it == line);
                if is_new && text::is_address(line) {
                    references.push(line.to_owned());
                }
            }
            "Description" => add(&mut self.description, line),
            "Ubuntu-Description" => add(&mut self.own_description, line),
            // `nvd: CVSS:3.1/AV:N/... [5.5 MEDIUM]`
            "CVSS" => {
                let vector = line.split_whitespace().find(|word| word.starts_with("CVSS:"));
                let rating = vector.and_then(|vector| Some(Rating::word(text::system(vector)?, vector)));
                let is_new = |rating: &Rating| !self.advisory.ratings.contains(rating);
                if let Some(rating) = rating.filter(is_new) {
                    self.advisory.ratings.push(rating);
                }
            }
            _ => {}
        }
    }

    /// `Priority_PACKAGE` or `Priority_PACKAGE_RELEASE`.
    fn priority(&mut self, of: &str, value: &str) {
        let (package, series) = of.split_once('_').unwrap_or((of, ""));
        let Some(word) = priority(value).filter(|_| text::is_word(package)) else { return };
        let version = match named(series, None) {
            Name::Place(Place { version, pocket: None }) => version,
            _ if series.is_empty() => String::new(),
            _ => return,
        };
        self.priorities.insert((version, package.to_owned()), word.to_owned());
    }

    /// What is said of a package in a release.
    fn line(&mut self, release: &str, package: &str, value: &str) {
        let place = match named(release, None) {
            Name::Place(place) => place,
            Name::Other => return,
            Name::Unknown => {
                if self.unknown.len() < MAX_UNKNOWN {
                    self.unknown.insert(text::shown(release).to_owned());
                }
                return;
            }
        };
        let why = match Said::parse(value) {
            Ok(said) if text::is_word(package) => return self.said.add(place, package, said),
            Ok(_) => "the package's name is empty, too long or has blanks".to_owned(),
            Err(word) => format!("`{}` is no status", text::shown(word)),
        };
        let path = format!("{}/{}_{}", self.advisory.id, text::shown(release), text::shown(package));
        self.rejected.push((path, Error::malformed(why)));
    }
}

/// A priority: a word, behind which there may be a reason. One that is not given yet is none.
fn priority(value: &str) -> Option<&str> {
    let word = value.split_whitespace().next()?;
    let is_word = word.len() <= 32 && word.bytes().all(|byte| byte.is_ascii_lowercase());
    (is_word && word != "untriaged").then_some(word)
}

/// Adds a line to a text, up to its limit.
fn add(text: &mut String, line: &str) {
    if line.is_empty() || text.len() >= MAX_DETAILS {
        return;
    }
    if !text.is_empty() {
        text.push('\n');
    }
    let left = MAX_DETAILS.saturating_sub(text.len());
    text.push_str(line.get(..line.floor_char_boundary(left)).unwrap_or_default());
}
