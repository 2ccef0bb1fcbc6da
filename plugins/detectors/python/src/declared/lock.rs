//! Lock files in TOML: `poetry.lock`, `uv.lock` and `pdm.lock`, and `pylock.toml`
//! ([PEP 751](https://packaging.python.org/en/latest/specifications/pylock-toml/)).
//!
//! Each has a table for each package. They are read one at a time, so that no more than one is in memory and a
//! damaged one costs itself.

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::text::Lines;
use serde::Deserialize;

use super::{Declared, Sink};
use crate::origin::Origin;

/// The longest line that is read, in bytes: all files of a package may be on one.
const MAX_LINE: usize = 512 << 10;

/// The longest record of one package that is read, in bytes.
pub(super) const MAX_RECORD: usize = 1 << 20;

#[derive(Deserialize)]
struct Record {
    #[serde(default, alias = "packages")]
    package: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: Option<String>,
    /// Of Poetry and uv.
    source: Option<Source>,
    /// Of PEP 751.
    vcs: Option<Source>,
    archive: Option<Source>,
    directory: Option<Source>,
    /// Of PDM.
    git: Option<String>,
    revision: Option<String>,
    url: Option<String>,
    path: Option<String>,
    #[serde(default)]
    editable: bool,
}

/// Where a package is from, in the words of all formats.
#[derive(Default, Deserialize)]
struct Source {
    r#type: Option<String>,
    url: Option<String>,
    /// What Poetry and PDM resolved.
    resolved_reference: Option<String>,
    #[serde(rename = "commit-id")]
    commit: Option<String>,
    /// uv's: `https://example.org/a.git?rev=main#0123`.
    git: Option<String>,
    path: Option<String>,
    directory: Option<String>,
    editable: Option<toml::Value>,
    r#virtual: Option<String>,
}

/// What a package is from, which says how it is stated where it has no version.
enum From {
    /// An index, or an archive.
    Archive(Origin),
    /// A commit, by which it is known where it has no version.
    Commit(Origin, String),
    /// A folder of the project: its own version may be made when it is built.
    Folder(Origin),
    /// The project itself, which is not installed.
    Nothing,
}

pub(super) fn read(sink: &mut Sink<'_>) -> Result<(), Error> {
    let mut lines = Lines::new(sink.file.reader(), MAX_LINE);
    let (mut record, mut first, mut broken) = (String::new(), 1, None);
    let mut wanted = true;
    while let Some(line) = lines.next()? {
        let text = line.text();
        if text.starts_with('[') {
            let begins = text.starts_with("[[package]]") || text.starts_with("[[packages]]");
            let belongs = ["[package.", "[[package.", "[packages.", "[[packages."];
            if begins || !belongs.iter().any(|table| text.starts_with(table)) {
                finish(&record, first, broken.take(), &mut *sink)?;
                record.clear();
                (first, wanted) = (line.number, begins);
            }
        }
        if wanted && broken.is_none() {
            if line.cut || record.len() + text.len() > MAX_RECORD {
                broken = Some(Error::unsupported(format_args!(
                    "the record at line {first} is longer than this plugin's limit of {MAX_RECORD}"
                )));
                record.clear();
            } else {
                record.push_str(&text);
                record.push('\n');
            }
        }
    }
    finish(&record, first, broken, sink)
}

/// States the packages of a record.
fn finish(record: &str, first: u64, broken: Option<Error>, sink: &mut Sink<'_>) -> Result<(), Error> {
    if let Some(error) = broken {
        sink.problems.push(error);
        return Ok(());
    }
    match toml::from_str::<Record>(record) {
        Ok(Record { package }) => package.into_iter().try_for_each(|package| take(package, &mut *sink)),
        Err(error) => {
            let why = error.message();
            sink.problems.push(Error::malformed(format_args!("the record at line {first}: {why:.200}")));
            Ok(())
        }
    }
}

fn take(package: Package, sink: &mut Sink<'_>) -> Result<(), Error> {
    let name = package.name.clone();
    let version = package.version.clone().filter(|version| !version.is_empty());
    let (origin, version) = match (from(package), version) {
        (From::Nothing, _) | (From::Folder(_), None) => return Ok(()),
        (From::Archive(origin) | From::Commit(origin, _) | From::Folder(origin), Some(version)) => {
            (origin, version)
        }
        (From::Commit(origin, commit), None) => (origin, commit),
        (From::Archive(_), None) => {
            let why = format_args!("package `{name:.100}` has no version");
            sink.problems.push(Error::malformed(why));
            return Ok(());
        }
    };
    sink.push(Declared { name, version, origin })
}

fn from(package: Package) -> From {
    let folder = |editable| From::Folder(Origin { editable, ..Origin::default() });
    if let (Some(url), Some(commit)) = (&package.git, &package.revision) {
        return From::Commit(Origin::of_commit("git", url, commit), commit.clone());
    }
    if let Some(vcs) = package.vcs {
        let commit = vcs.commit.unwrap_or_default();
        let url = vcs.url.or(vcs.path).unwrap_or_default();
        return From::Commit(
            Origin::of_commit(vcs.r#type.as_deref().unwrap_or("git"), &url, &commit),
            commit,
        );
    }
    if let Some(directory) = package.directory {
        return folder(directory.editable.and_then(|it| it.as_bool()) == Some(true));
    }
    if package.editable || (package.path.is_some() && package.url.is_none()) {
        return folder(package.editable);
    }
    let url = package.archive.and_then(|archive| archive.url).or(package.url);
    let Some(source) = package.source else {
        return From::Archive(url.map_or_else(Origin::default, |url| Origin::of_url(&url)));
    };
    if source.r#virtual.is_some() {
        return From::Nothing;
    }
    if source.editable.is_some() || source.directory.is_some() {
        return folder(source.editable.is_some());
    }
    if let Some(git) = &source.git {
        let (url, commit) = git.split_once('#').unwrap_or((git, ""));
        let url = url.split('?').next().unwrap_or(url);
        return From::Commit(Origin::of_commit("git", url, commit), commit.to_owned());
    }
    let url = source.url.unwrap_or_default();
    match source.r#type.as_deref() {
        Some("git") => {
            let commit = source.resolved_reference.unwrap_or_default();
            From::Commit(Origin::of_commit("git", &url, &commit), commit)
        }
        Some("directory") => folder(false),
        // Of uv's sources only archives have an address, and of Poetry's also indexes.
        None | Some("url") => From::Archive(Origin::of_url(&url)),
        Some(_) => From::Archive(Origin::default()),
    }
}
