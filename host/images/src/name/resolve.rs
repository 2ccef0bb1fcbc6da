use std::fmt;
use std::fs::Metadata;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::{DaemonKind, Form, REGISTRY, SourceName, why_no_image};
use crate::error::cut;

/// Where a source is, once the disk was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// An archive on standard input.
    StandardInput,
    /// Something is there: an archive, or a directory that is an OCI image layout.
    Stored {
        /// Where.
        path: PathBuf,
        /// Which of its images is meant, by name, tag or digest; all where none is named.
        name: Option<String>,
    },
    /// A root file system.
    Directory(PathBuf),
    /// A bill of materials.
    Bill(PathBuf),
    /// An image of a daemon on this machine.
    Daemon(DaemonKind, String),
    /// An image of a registry.
    Registry(String),
    /// An image by its name. Who has it is for those to say who are asked one after the other: the store,
    /// the daemons that are there, the registry.
    Image {
        /// Its name.
        name: String,
        /// What it was taken for before.
        tried: Tried,
    },
}

/// What a text was taken for, and why it was not that.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tried(Vec<(String, String)>);

/// A text that names no source. Says each form that it was taken for, and why it did not fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{}` leads to no image: {tried}{}", cut(.text), hint(.text))]
pub struct NoSource {
    text: String,
    tried: Tried,
}

impl Tried {
    /// Adds a form and why it did not fit.
    pub fn add(&mut self, form: impl Into<String>, why: impl Into<String>) {
        self.0.push((form.into(), why.into()));
    }

    /// The error of a text for which nothing is left.
    pub fn into_error(self, text: &str) -> NoSource {
        NoSource { text: text.to_owned(), tried: self }
    }
}

impl fmt::Display for Tried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (form, why)) in self.0.iter().enumerate() {
            let separator = if place == 0 { "" } else { "; " };
            write!(f, "{separator}as {form}, {why}")?;
        }
        Ok(())
    }
}

impl NoSource {
    pub(super) fn of(text: &str, form: &str, why: impl Into<String>) -> Self {
        let mut tried = Tried::default();
        tried.add(if form.ends_with([':', '/']) { format!("`{form}…`") } else { form.to_owned() }, why);
        tried.into_error(text)
    }
}

/// What other tools begin sources with, and the form of ours for the same.
const FOREIGN: [(&str, &str); 13] = [
    ("docker-daemon:", "`docker://NAME` (an image of Docker)"),
    ("docker:", "`docker://NAME` (an image of Docker)"),
    ("podman:", "`podman://NAME` (an image of Podman)"),
    ("containers-storage:", "`podman://NAME` (an image of Podman, whose service has that storage)"),
    ("containerd:", "`oci-archive:PATH` (what `ctr images export` writes)"),
    ("registry:", "`registry://NAME` (an image of a registry)"),
    ("image:", "`NAME` alone"),
    ("oci-dir:", "`oci:PATH` (a directory that is an OCI image layout)"),
    ("rootfs:", "`dir:PATH` (a root file system)"),
    ("file:", "`PATH` alone"),
    ("oci://", "`registry://NAME` (an image of a registry)"),
    ("https://", "`registry://NAME` (an image of a registry)"),
    ("http://", "`registry://NAME` (an image of a registry)"),
];

/// Which form is meant by a text that begins as sources of another tool do; empty where it does not.
fn hint(text: &str) -> String {
    let is_own =
        DaemonKind::ALL.iter().any(|daemon| text.starts_with(daemon.prefix())) || text.starts_with(REGISTRY);
    let found = FOREIGN.iter().find(|(prefix, _)| !is_own && text.starts_with(prefix));
    found.map_or_else(String::new, |(prefix, form)| format!("; in place of `{prefix}…`, write {form}"))
}

/// What a path is called in errors.
const PATH: &str = "a path";

/// What the name of an image is called in errors.
const IMAGE: &str = "the name of an image";

/// Names of files end so that are archives, or bills of materials.
const ENDS: [&str; 14] =
    ["tar", "tgz", "txz", "tbz2", "tzst", "gz", "xz", "bz2", "zst", "oci", "json", "xml", "cdx", "spdx"];

impl SourceName {
    /// Looks at the disk, as far as it has a say in what is meant.
    ///
    /// # Errors
    /// Nothing is where it says, and it can be nothing else.
    pub fn resolve(self) -> Result<Place, NoSource> {
        match self {
            Self::StandardInput => Ok(Place::StandardInput),
            Self::Path(path) => stored_at(path),
            Self::Stored { form, text } => stored_as(form, &text),
            Self::Directory(path) => directory(path),
            Self::Bill(path) => bill(path),
            Self::Daemon(daemon, name) => Ok(Place::Daemon(daemon, name)),
            Self::Registry(name) => Ok(Place::Registry(name)),
            Self::Text(text) => resolve_text(text),
        }
    }
}

fn stored_at(path: PathBuf) -> Result<Place, NoSource> {
    match path.metadata() {
        Ok(metadata) if metadata.is_dir() && !is_layout(&path) => {
            Err(NoSource::of(&path.to_string_lossy(), PATH, no_layout(&path)))
        }
        Ok(_) => Ok(Place::Stored { path, name: None }),
        Err(error) => Err(NoSource::of(&path.to_string_lossy(), PATH, why_not(&error))),
    }
}

fn directory(path: PathBuf) -> Result<Place, NoSource> {
    let why = match path.metadata() {
        Ok(metadata) if metadata.is_dir() => return Ok(Place::Directory(path)),
        Ok(_) => "what is there is no directory".to_owned(),
        Err(error) => why_not(&error),
    };
    Err(NoSource::of(&path.to_string_lossy(), "a root file system", why))
}

fn bill(path: PathBuf) -> Result<Place, NoSource> {
    let why = match path.metadata() {
        Ok(metadata) if metadata.is_dir() => "what is there is a directory".to_owned(),
        Ok(_) => return Ok(Place::Bill(path)),
        Err(error) => why_not(&error),
    };
    Err(NoSource::of(&path.to_string_lossy(), "a bill of materials", why))
}

/// The longest path counts at which something of the form is.
fn stored_as(form: Form, text: &str) -> Result<Place, NoSource> {
    let colons = text.rmatch_indices(':').map(|(at, _)| at);
    let ends = std::iter::once(text.len()).chain(colons);
    let mut tried = Tried::default();
    for end in ends {
        let (path, rest) = text.split_at_checked(end).unwrap_or((text, ""));
        let name = rest.strip_prefix(':').filter(|name| !name.is_empty());
        if path.is_empty() {
            continue;
        }
        let why = match Path::new(path).metadata() {
            Ok(metadata) => match why_not_of(form, &metadata) {
                None => return Ok(Place::Stored { path: path.into(), name: name.map(str::to_owned) }),
                Some(why) => why.to_owned(),
            },
            Err(error) => why_not(&error),
        };
        let of = name.map(|name| format!(" with the image `{}`", cut(name))).unwrap_or_default();
        tried.add(format!("the path `{}`{of}", cut(path)), why);
    }
    Err(tried.into_error(&format!("{}{text}", form.prefix())))
}

fn why_not_of(form: Form, metadata: &Metadata) -> Option<&'static str> {
    match form {
        Form::Oci if !metadata.is_dir() => {
            Some("what is there is no directory; an OCI archive is `oci-archive:PATH`")
        }
        Form::OciArchive if metadata.is_dir() => Some("a directory is there; an OCI layout is `oci:PATH`"),
        Form::DockerArchive if metadata.is_dir() => Some("a directory is there, and no archive"),
        _ => None,
    }
}

fn resolve_text(text: String) -> Result<Place, NoSource> {
    let path = Path::new(&text);
    let mut tried = Tried::default();
    match path.metadata() {
        // A folder that happens to be called as the image is no reason not to find the image.
        Ok(metadata) if metadata.is_dir() && !is_layout(path) => tried.add(PATH, no_layout(path)),
        Ok(_) => return Ok(Place::Stored { path: text.into(), name: None }),
        Err(error) => tried.add(PATH, why_not(&error)),
    }
    if path.extension().is_some_and(|it| ENDS.iter().any(|end| it == *end)) {
        return Err(tried.into_error(&text));
    }
    if let Some(why) = why_no_image(&text) {
        tried.add(IMAGE, why);
        return Err(tried.into_error(&text));
    }
    Ok(Place::Image { name: text, tried })
}

fn is_layout(directory: &Path) -> bool {
    ["index.json", "oci-layout", "manifest.json"].iter().any(|name| directory.join(name).exists())
}

fn no_layout(directory: &Path) -> String {
    format!(
        "it is a directory and no OCI image layout, it holds no `index.json` (a root file system is `dir:{}`)",
        directory.display()
    )
}

fn why_not(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => "nothing is there".to_owned(),
        _ => format!("it cannot be looked at: {error}"),
    }
}
