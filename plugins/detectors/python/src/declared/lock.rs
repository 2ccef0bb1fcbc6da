//! Lock files in TOML: `poetry.lock`, `uv.lock` and `pdm.lock`, and `pylock.toml`
//! ([PEP 751](https://packaging.python.org/en/latest/specifications/pylock-toml/)).
//!
//! Each has a table for each package. They are read one at a time, so that no more than one is in memory and a
//! damaged one costs itself. What stands before the first is a record as well, and says of which version the form is.

use limpid_lockfile::Declarations;
use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::detector::{File, Requirement};
use limpid_plugin_sdk::text::Lines;
use serde::Deserialize;

use super::{is_project, push};
use crate::origin::Origin;
use crate::{normalised, required};

/// Tables that these files also have, by how their names begin.
const OTHERS: [&str; 6] = ["metadata", "manifest", "options", "extras", "conflicts", "tool"];

/// The longest line that is read, in bytes: all files of a package may be on one.
const MAX_LINE: usize = 512 << 10;

/// The longest record of one package that is read, in bytes.
pub(super) const MAX_RECORD: usize = 1 << 20;

#[derive(Deserialize)]
struct Record {
    #[serde(alias = "packages")]
    package: Option<Vec<Package>>,
    /// Of uv.
    version: Option<toml::Value>,
    /// Of PEP 751.
    #[serde(rename = "lock-version")]
    lock_version: Option<toml::Value>,
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
    /// Of Poetry a table by names, of the others a list.
    dependencies: Option<toml::Value>,
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
    /// A folder in uv's words, or whether it is one that is edited.
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

/// What was seen of a file.
#[derive(Default)]
struct Seen {
    /// Whether its form may leave out what packages need: PEP 751 leaves it to whoever writes such a file.
    may_leave_out_needs: bool,
    /// Something that such a file has.
    known: bool,
    /// The line of the first table that no such file has.
    unknown: Option<u64>,
    /// Anything at all but comments.
    anything: bool,
}

pub(super) fn read(file: &File, declarations: &mut Declarations<'_>) -> Result<(), Error> {
    let mut lines = Lines::new(file.reader(), MAX_LINE);
    let (mut record, mut first, mut broken) = (String::new(), 1, None);
    let (mut wanted, mut has_packages, mut seen) = (true, false, Seen::of(file.name()));
    while let Some(line) = lines.next()? {
        let text = line.text();
        let text = if line.number == 1 { text.strip_prefix('\u{feff}').unwrap_or(&text) } else { &*text };
        seen.anything |= !text.trim().is_empty() && !text.starts_with('#');
        if text.starts_with('[') {
            let begins = text.starts_with("[[package]]") || text.starts_with("[[packages]]");
            let belongs = ["[package.", "[[package.", "[packages.", "[[packages."];
            if begins || !belongs.iter().any(|table| text.starts_with(table)) {
                finish(&record, first, broken.take(), &mut seen, &mut *declarations)?;
                record.clear();
                (first, wanted) = (line.number, begins);
            }
            let table = text.trim_start_matches('[').trim_start_matches('"');
            let is_other = OTHERS.iter().any(|other| table.starts_with(other));
            has_packages |= begins;
            seen.known |= is_other;
            if !begins && !is_other && !belongs.iter().any(|table| text.starts_with(table)) {
                seen.unknown.get_or_insert(line.number);
            }
        }
        if wanted && broken.is_none() {
            if line.cut || record.len() + text.len() > MAX_RECORD {
                broken = Some(Error::unsupported(format_args!(
                    "the record at line {first} is longer than this plugin's limit of {MAX_RECORD}"
                )));
                record.clear();
            } else {
                record.push_str(text);
                record.push('\n');
            }
        }
    }
    finish(&record, first, broken, &mut seen, declarations)?;
    match seen {
        _ if has_packages => Ok(()),
        Seen { unknown: Some(line), .. } => Err(Error::malformed(format_args!(
            "it has no packages, and line {line} begins what no such file has"
        ))),
        // A file with nothing in it is none.
        Seen { known: false, anything: true, .. } => {
            Err(Error::malformed("it has no packages, and nothing else that such a file has"))
        }
        Seen { .. } => Ok(()),
    }
}

impl Seen {
    /// Nothing yet.
    fn of(name: &str) -> Self {
        Self { may_leave_out_needs: name.ends_with(".toml"), ..Self::default() }
    }
}

/// States the packages of a record.
fn finish(
    record: &str,
    first: u64,
    broken: Option<Error>,
    seen: &mut Seen,
    declarations: &mut Declarations<'_>,
) -> Result<(), Error> {
    if let Some(error) = broken {
        seen.known = true;
        declarations.problem(error);
        return Ok(());
    }
    match toml::from_str::<Record>(record) {
        Ok(Record { package, version, lock_version }) => {
            // uv refuses all others, and what follows the first number is compatible for PEP 751.
            if let Some(version) = version.as_ref().filter(|version| version.as_integer() != Some(1)) {
                return Err(unknown_version(version));
            }
            let is_known = |version: &&toml::Value| {
                version.as_str().is_some_and(|text| text.split('.').next() == Some("1"))
            };
            if let Some(version) = lock_version.as_ref().filter(|version| !is_known(version)) {
                return Err(unknown_version(version));
            }
            seen.known |= version.is_some() || lock_version.is_some() || package.is_some();
            package.into_iter().flatten().try_for_each(|mut package| {
                if !seen.may_leave_out_needs {
                    package.dependencies.get_or_insert_with(|| toml::Value::Array(Vec::new()));
                }
                take(package, &mut *declarations)
            })
        }
        Err(error) => {
            seen.known = true;
            let why = error.message();
            declarations.problem(Error::malformed(format_args!("the record at line {first}: {why:.200}")));
            Ok(())
        }
    }
}

fn unknown_version(version: &toml::Value) -> Error {
    let version = version.to_string();
    Error::unsupported(format_args!("the lock file is of version {version:.20}; version 1 is read"))
}

fn take(package: Package, declarations: &mut Declarations<'_>) -> Result<(), Error> {
    let name = package.name.clone();
    let needed = package.dependencies.as_ref().and_then(needed);
    let version = package.version.clone().filter(|version| !version.is_empty());
    let (origin, version) = match (from(package), version) {
        (From::Nothing, _) | (From::Folder(_), None) => return Ok(()),
        (From::Archive(origin) | From::Commit(origin, _) | From::Folder(origin), Some(version)) => {
            (origin, version)
        }
        (From::Commit(origin, commit), None) => (origin, commit),
        (From::Archive(_), None) => {
            declarations.versionless(&name);
            return Ok(());
        }
    };
    let requires = needed.and_then(|needed| declarations.needs().of(needed));
    push(&name, version, &origin, requires, declarations)
}

/// What a package needs, but for what only extras of it do: `{a = ">=1", b = {version = "*", optional = true}}` of Poetry,
/// `[{name = "a", version = "1.0"}]` of uv and PEP 751, `["a>=1"]` of PDM.
fn needed(dependencies: &toml::Value) -> Option<Vec<Requirement>> {
    let is_optional =
        |wanted: &toml::Value| wanted.get("optional").and_then(toml::Value::as_bool) == Some(true);
    match dependencies {
        toml::Value::Table(table) => {
            let wanted = table.iter().filter(|(_, wanted)| match wanted {
                // One for each of several environments.
                toml::Value::Array(wanted) => !wanted.iter().all(is_optional),
                wanted => !is_optional(wanted),
            });
            Some(wanted.map(|(name, _)| Requirement::from(normalised(name))).collect())
        }
        toml::Value::Array(list) => {
            let requirement = |wanted: &toml::Value| match wanted {
                toml::Value::String(wanted) => Some(Requirement::from(normalised(required(wanted)?))),
                wanted => {
                    let name = normalised(wanted.get("name")?.as_str()?);
                    let version = wanted.get("version").and_then(toml::Value::as_str).map(str::to_owned);
                    Some(Requirement { name, version })
                }
            };
            list.iter().map(requirement).collect()
        }
        _ => None,
    }
}

fn from(package: Package) -> From {
    if let (Some(url), Some(commit)) = (&package.git, &package.revision) {
        return From::Commit(Origin::of_commit("git", url, commit), commit.clone());
    }
    if let Some(vcs) = package.vcs {
        let commit = vcs.commit.unwrap_or_default();
        let url = vcs.url.or(vcs.path).unwrap_or_default();
        let kind = vcs.r#type.as_deref().unwrap_or("git");
        return From::Commit(Origin::of_commit(kind, &url, &commit), commit);
    }
    if let Some(directory) = package.directory {
        let editable = directory.editable.and_then(|it| it.as_bool()) == Some(true);
        return folder(directory.path.as_deref(), editable);
    }
    if package.url.is_none() && (package.editable || package.path.is_some()) {
        return match package.path.as_deref().filter(|path| is_archive(path)) {
            Some(_) => From::Archive(Origin::local()),
            None => folder(package.path.as_deref(), package.editable),
        };
    }
    if let Some(archive) = package.archive {
        return From::Archive(archive.url.map_or_else(Origin::local, |url| Origin::of_archive(&url)));
    }
    if let Some(url) = package.url {
        return From::Archive(Origin::of_archive(&url));
    }
    package.source.map_or_else(|| From::Archive(Origin::default()), from_source)
}

/// Where Poetry and uv say that a package is from.
fn from_source(source: Source) -> From {
    if source.r#virtual.is_some() {
        return From::Nothing;
    }
    if let Some(path) = &source.editable {
        return folder(path.as_str(), true);
    }
    if let Some(path) = &source.directory {
        return folder(Some(path), false);
    }
    if let Some(git) = &source.git {
        let (url, commit) = git.split_once('#').unwrap_or((git, ""));
        return From::Commit(Origin::of_commit("git", url, commit), commit.to_owned());
    }
    let url = source.url.unwrap_or_default();
    match source.r#type.as_deref() {
        Some("git") => {
            let commit = source.resolved_reference.unwrap_or_default();
            From::Commit(Origin::of_commit("git", &url, &commit), commit)
        }
        Some("directory") => folder(Some(&url), false),
        Some("file") => From::Archive(Origin::local()),
        Some("url") => From::Archive(Origin::of_archive(&url)),
        // Another index, which may be a mirror.
        Some(_) => From::Archive(Origin::default()),
        // Of uv's sources only archives have an address or a path.
        None if !url.is_empty() => From::Archive(Origin::of_archive(&url)),
        None if source.path.is_some() => From::Archive(Origin::local()),
        None => From::Archive(Origin::default()),
    }
}

fn folder(path: Option<&str>, editable: bool) -> From {
    if path.is_some_and(is_project) {
        return From::Nothing;
    }
    From::Folder(if editable { Origin::local().edited() } else { Origin::local() })
}

/// Whether a path of PDM is that of an archive, and not of a folder.
fn is_archive(path: &str) -> bool {
    [".whl", ".tar.gz", ".zip", ".tar.bz2"].iter().any(|end| path.ends_with(end))
}
