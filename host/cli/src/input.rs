//! What a command is to look at, by the one grammar of sources (`docs/sources.md`).

mod by_name;

use std::fs::{File, Metadata};
use std::io::{self, Seek};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use limpid_images::{Choice, Chosen, Place, SourceName, pack_bill, pack_directory};
use limpid_model::{Platform, Platforms};
use limpid_scanner::{Archive, ClaimSet, ImageSource as _, Stop};

pub(crate) use by_name::ByName;

use crate::progress::Spinner;
use crate::settings::Settings;

/// All forms of sources, for whoever asks for help.
pub(crate) const FORMS: &str = "\
Forms of SOURCE, in the order in which a text without a prefix is tried:
  PATH                          archive (docker save, OCI; plain, gzip, zstd, xz, bzip2), OCI directory,
                                bill of materials
  -                             archive or bill of materials on standard input
  NAME                          image that was scanned before, else of Docker, of Podman, of its registry:
                                [registry/]repository[:tag][@digest], or the beginning of a digest
  docker-archive:PATH[:IMAGE]   archive of docker save; one of its images, by name, tag or digest
  oci-archive:PATH[:IMAGE]      the same of an OCI archive
  oci:PATH[:IMAGE]              the same of an OCI directory
  dir:PATH                      root file system
  sbom:PATH                     bill of materials (CycloneDX, SPDX) in the place of an image
  docker://NAME, podman://NAME  image of a daemon on this machine
  registry://NAME               image of a registry, and nothing else";

/// The source of a command.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct SourceArgs {
    /// Image: path of an archive or OCI directory, `-`, name or digest, or with a prefix; see `--help`
    #[arg(value_name = "SOURCE")]
    pub(crate) source: String,
    /// Only images for this platform, such as `linux/amd64`; can be repeated [default: all]
    #[arg(long = "platform", value_name = "OS/ARCH[/VARIANT]")]
    pub(crate) platforms: Vec<Platform>,
}

/// What is named on the command line.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "a command names one image")]
pub(crate) enum Named {
    /// What lies on this machine.
    Input(Input),
    /// An image by its name.
    Image(ByName),
}

/// What lies on this machine: an archive that was opened, or a root file system.
#[derive(Debug)]
pub(crate) struct Input {
    kept: Kept,
    choice: Choice,
}

#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "a command has one input")]
enum Kept {
    Archive(Archive, Bytes),
    RootFs(PathBuf),
}

#[derive(Debug)]
enum Bytes {
    File(File),
    Directory(PathBuf),
}

/// An input whose images can be read.
pub(crate) struct Opened {
    /// Those that are meant.
    pub(crate) images: Chosen<Archive>,
    bytes: Bytes,
}

impl SourceArgs {
    /// Opens what lies on this machine before anything else is done, so that a wrong argument is told at once.
    ///
    /// # Errors
    /// It names nothing, cannot be read, or is no image archive.
    pub(crate) fn named(&self, settings: &Settings) -> anyhow::Result<Named> {
        let platforms = match self.platforms.as_slice() {
            [] => Platforms::All,
            platforms => Platforms::Only(platforms.to_vec()),
        };
        let choice = |name| Choice { name, platforms: platforms.clone() };
        let input = match self.source.parse::<SourceName>()?.resolve()? {
            Place::StandardInput => Input::of_file(standard_input(settings)?, None, choice(None), settings)?,
            Place::Stored { path, name } => Input::open(&path, choice(name), settings)?,
            Place::Bill(path) => Input::open_bill(&path, choice(None), settings)?,
            Place::Directory(path) => Input { kept: Kept::RootFs(path), choice: choice(None) },
            Place::Daemon(daemon, name) => {
                return Ok(Named::Image(ByName::of_daemon(daemon, name, platforms)));
            }
            Place::Registry(name) => return Ok(Named::Image(ByName::of_registry(name, platforms))),
            Place::Image { name, tried } => return Ok(Named::Image(ByName::of_any(name, tried, platforms))),
        };
        Ok(Named::Input(input))
    }
}

impl Input {
    fn open(source: &Path, choice: Choice, settings: &Settings) -> anyhow::Result<Self> {
        let shown = source.display();
        let metadata: Metadata = source.metadata().with_context(|| format!("`{shown}` cannot be read"))?;
        if metadata.is_dir() {
            let archive = Archive::open(source, &scratch(settings)?, &settings.layers)?;
            return Self::of_archive(archive, Bytes::Directory(source.to_owned()), choice);
        }
        let file = File::open(source).with_context(|| format!("`{shown}` cannot be opened"))?;
        if metadata.is_file() {
            return Self::of_file(file, file_name(source), choice, settings);
        }
        // A pipe, as the shell makes one of `<(docker save IMAGE)`.
        let spooled = spooled(file, settings).with_context(|| format!("`{shown}` cannot be read"))?;
        Self::of_file(spooled, None, choice, settings)
    }

    /// A bill of materials, and nothing else.
    fn open_bill(source: &Path, choice: Choice, settings: &Settings) -> anyhow::Result<Self> {
        let shown = source.display();
        let mut file = File::open(source).with_context(|| format!("`{shown}` cannot be opened"))?;
        if !file.metadata()?.is_file() {
            file = spooled(file, settings).with_context(|| format!("`{shown}` cannot be read"))?;
        }
        let packed = packed(&file, file_name(source), settings)?;
        let packed =
            packed.with_context(|| format!("`{shown}` is no bill of materials: it begins as none"))?;
        Self::of_file(packed, None, choice, settings)
    }

    /// An archive that is a file, or a bill of materials, which is called `name` where it does not say what it is about.
    ///
    /// # Errors
    /// It cannot be read, or holds no image that is meant.
    pub(crate) fn of_file(
        file: File,
        name: Option<String>,
        choice: Choice,
        settings: &Settings,
    ) -> anyhow::Result<Self> {
        let _spinner = Spinner::start("opening the archive");
        let file = packed(&file, name, settings)?.unwrap_or(file);
        let archive = Archive::open_file(file.try_clone()?, &scratch(settings)?, &settings.layers)?;
        Self::of_archive(archive, Bytes::File(file), choice)
    }

    fn of_archive(archive: Archive, bytes: Bytes, choice: Choice) -> anyhow::Result<Self> {
        let chosen = Chosen::new(archive, choice.clone());
        chosen.images(&Stop::default())?;
        Ok(Self { kept: Kept::Archive(chosen.into_source(), bytes), choice })
    }

    /// Opens it for detectors that claim so much, of which it is asked only where it is a root file system.
    ///
    /// # Errors
    /// A root file system cannot be read.
    pub(crate) fn opened(
        self,
        claims: impl FnOnce() -> anyhow::Result<ClaimSet>,
        settings: &Settings,
    ) -> anyhow::Result<Opened> {
        let (archive, bytes) = match self.kept {
            Kept::Archive(archive, bytes) => (archive, bytes),
            Kept::RootFs(path) => {
                let claims = claims()?;
                let _spinner = Spinner::start("reading the directory");
                let scratch = scratch(settings)?;
                let file = pack_directory(&path, &claims, &scratch, &settings.layers, &Stop::default())?;
                (Archive::open_file(file.try_clone()?, &scratch, &settings.layers)?, Bytes::File(file))
            }
        };
        Ok(Opened { images: Chosen::new(archive, self.choice), bytes })
    }
}

impl Opened {
    /// All of it as one file, for whoever is to be sent it.
    ///
    /// # Errors
    /// A directory cannot be packed.
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

/// A bill of materials as an archive; none where the file is none.
fn packed(file: &File, name: Option<String>, settings: &Settings) -> anyhow::Result<Option<File>> {
    Ok(pack_bill(file, name.as_deref(), &scratch(settings)?, &settings.layers)?)
}

fn file_name(path: &Path) -> Option<String> {
    path.file_name().map(|name| name.to_string_lossy().into_owned())
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
