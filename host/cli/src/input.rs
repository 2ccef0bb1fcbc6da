//! What a command is to look at: an archive, a directory, standard input, or an image that is known.

use std::fs::{File, Metadata};
use std::io::{self, Seek};
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, bail};
use limpid_scanner::{Archive, ImageSource as _, Stop};

use crate::progress::Spinner;
use crate::settings::Settings;

/// Stands for standard input.
const STANDARD: &str = "-";

/// What is named on the command line.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "a command names one image")]
pub(crate) enum Named {
    /// An archive that was opened.
    Archive(Input),
    /// An image that is known, by whatever name: where nothing of that name is on disk.
    Known(String),
}

/// An archive that can be opened and says which images it holds.
#[derive(Debug)]
pub(crate) struct Input {
    pub(crate) archive: Archive,
    bytes: Bytes,
}

#[derive(Debug)]
enum Bytes {
    File(File),
    Directory(PathBuf),
}

impl Named {
    /// Opens an archive before anything else is done, so that a wrong argument is told at once.
    ///
    /// # Errors
    /// It is a path where nothing is, cannot be read, or is no image archive.
    pub(crate) fn of(text: &str, settings: &Settings) -> anyhow::Result<Self> {
        let path = Path::new(text);
        if text == STANDARD {
            return Ok(Self::Archive(Input::of_file(standard_input(settings)?, settings)?));
        }
        match path.metadata() {
            Ok(metadata) => Ok(Self::Archive(Input::open(path, &metadata, settings)?)),
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(error).with_context(|| format!("`{text}` cannot be read"))
            }
            Err(_) if is_path(path) => bail!(
                "`{text}` is not there: give an image archive (`docker save`, OCI), an OCI directory, `-` for \
                 an archive on standard input, or the name of an image that was scanned before"
            ),
            Err(_) => Ok(Self::Known(text.to_owned())),
        }
    }
}

/// Whether a text that names nothing on disk can be meant for nothing else: no name of an image begins
/// so, and none ends as archives do.
fn is_path(path: &Path) -> bool {
    let first = path.components().next();
    let is_file = path.extension().is_some_and(|it| ["tar", "gz", "tgz", "zst"].iter().any(|end| it == *end));
    matches!(first, Some(Component::RootDir | Component::CurDir | Component::ParentDir) | None) || is_file
}

impl Input {
    fn open(source: &Path, metadata: &Metadata, settings: &Settings) -> anyhow::Result<Self> {
        let shown = source.display();
        if metadata.is_dir() {
            let archive = Archive::open(source, &scratch(settings)?, &settings.layers)?;
            archive.images(&Stop::default())?;
            return Ok(Self { archive, bytes: Bytes::Directory(source.to_owned()) });
        }
        let file = File::open(source).with_context(|| format!("`{shown}` cannot be opened"))?;
        if metadata.is_file() {
            return Self::of_file(file, settings);
        }
        // A pipe, as the shell makes one of `<(docker save IMAGE)`.
        let spooled = spooled(file, settings).with_context(|| format!("`{shown}` cannot be read"))?;
        Self::of_file(spooled, settings)
    }

    fn of_file(file: File, settings: &Settings) -> anyhow::Result<Self> {
        let _spinner = Spinner::start("opening the archive");
        let archive = Archive::open_file(file.try_clone()?, &scratch(settings)?, &settings.layers)?;
        archive.images(&Stop::default())?;
        Ok(Self { archive, bytes: Bytes::File(file) })
    }

    /// The archive as one file, for whoever is to be sent it.
    pub(crate) fn into_file(self, settings: &Settings) -> anyhow::Result<File> {
        let directory = match self.bytes {
            Bytes::File(mut file) => {
                file.rewind()?;
                return Ok(file);
            }
            Bytes::Directory(directory) => directory,
        };
        let what = || format!("`{}` cannot be packed", directory.display());
        let mut tar = tar::Builder::new(tempfile::tempfile_in(scratch(settings)?)?);
        // Layouts may share their blobs by links.
        tar.follow_symlinks(true);
        tar.append_dir_all("", &directory).with_context(what)?;
        let mut file = tar.into_inner().with_context(what)?;
        file.rewind()?;
        Ok(file)
    }
}

fn standard_input(settings: &Settings) -> anyhow::Result<File> {
    let input = io::stdin();
    if io::IsTerminal::is_terminal(&input) {
        bail!("standard input is a terminal: give it an archive, as in `docker save IMAGE | limpid scan -`");
    }
    spooled(input.lock(), settings).context("standard input cannot be read")
}

fn spooled(from: impl io::Read, settings: &Settings) -> anyhow::Result<File> {
    let _spinner = Spinner::start("reading the archive");
    let longest = settings.http.archive_bytes;
    let mut file = tempfile::tempfile_in(scratch(settings)?)?;
    match io::copy(&mut from.take(longest.saturating_add(1)), &mut file)? {
        0 => bail!("nothing came, where an image archive was expected"),
        bytes if bytes > longest => bail!("it is longer than {longest} bytes (setting `http.archive_bytes`)"),
        _ => {}
    }
    file.rewind()?;
    Ok(file)
}

/// A directory for files on their way.
pub(crate) fn scratch(settings: &Settings) -> anyhow::Result<PathBuf> {
    let scratch = settings.data_dir.join("scratch");
    std::fs::create_dir_all(&scratch)
        .with_context(|| format!("directory `{}` cannot be made", scratch.display()))?;
    Ok(scratch)
}
