//! The one grammar of sources: what a text means that somebody gives for an image, on the command line or
//! over HTTP. `docs/sources.md` has the table of all forms.

mod resolve;

use std::fmt;
use std::path::{Component, Path, PathBuf};
use std::str::FromStr;

pub use resolve::{NoSource, Place, Tried};

/// What somebody names a source by. Parsing looks at the text alone; where only the disk can tell what is
/// meant, [`resolve`](Self::resolve) looks there.
///
/// ```
/// use limpid_images::SourceName;
///
/// # fn main() -> Result<(), limpid_images::NoSource> {
/// assert_eq!("-".parse::<SourceName>()?, SourceName::StandardInput);
/// assert_eq!("docker:27-cli".parse::<SourceName>()?, SourceName::Text("docker:27-cli".to_owned()));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceName {
    /// `-`: an archive on standard input.
    StandardInput,
    /// A text that can be nothing but a path: it begins with `/`, `./` or `../`.
    Path(PathBuf),
    /// `docker-archive:PATH[:NAME]` and the like.
    Stored {
        /// What is at the path.
        form: Form,
        /// `PATH[:NAME]`. Either may hold colons, so that only the disk tells where the path ends.
        text: String,
    },
    /// `dir:PATH`: a root file system.
    Directory(PathBuf),
    /// `sbom:PATH`: a bill of materials in the place of an image.
    Bill(PathBuf),
    /// `docker://NAME`, `podman://NAME`: an image of a daemon on this machine.
    Daemon(DaemonKind, String),
    /// `registry://NAME`: an image of a registry, and nothing else.
    Registry(String),
    /// Any other text: a path where something is there, and otherwise the name of an image.
    Text(String),
}

/// What is at the path of a [`SourceName::Stored`], in the words of
/// [containers-transports(5)](https://github.com/containers/image/blob/main/docs/containers-transports.5.md).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// An archive as `docker save` writes it.
    DockerArchive,
    /// An OCI image layout as a tar.
    OciArchive,
    /// An OCI image layout as a directory.
    Oci,
}

/// Whose images are asked for by a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DaemonKind {
    /// Docker Engine.
    Docker,
    /// Podman's service, which speaks the API of Docker Engine too.
    Podman,
}

impl Form {
    const ALL: [Self; 3] = [Self::DockerArchive, Self::OciArchive, Self::Oci];

    /// What a name of this form begins with.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::DockerArchive => "docker-archive:",
            Self::OciArchive => "oci-archive:",
            Self::Oci => "oci:",
        }
    }
}

impl DaemonKind {
    /// Both, in the order in which they are asked for a bare name.
    pub const ALL: [Self; 2] = [Self::Docker, Self::Podman];

    /// What a name of this form begins with.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Docker => "docker://",
            Self::Podman => "podman://",
        }
    }
}

impl fmt::Display for DaemonKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Docker => "Docker",
            Self::Podman => "Podman",
        })
    }
}

const DIRECTORY: &str = "dir:";
const BILL: &str = "sbom:";
const REGISTRY: &str = "registry://";

impl FromStr for SourceName {
    type Err = NoSource;

    /// # Errors
    /// The text is empty, or begins as a form does and then has nothing, or no name of an image.
    fn from_str(text: &str) -> Result<Self, NoSource> {
        if text == "-" {
            return Ok(Self::StandardInput);
        }
        if text.is_empty() {
            return Err(NoSource::of(text, "any form", "it is empty"));
        }
        for form in Form::ALL {
            if let Some(rest) = text.strip_prefix(form.prefix()) {
                let rest = some(text, form.prefix(), "a path", rest)?;
                return Ok(Self::Stored { form, text: rest.to_owned() });
            }
        }
        if let Some(rest) = text.strip_prefix(DIRECTORY) {
            return Ok(Self::Directory(some(text, DIRECTORY, "a path", rest)?.into()));
        }
        if let Some(rest) = text.strip_prefix(BILL) {
            return Ok(Self::Bill(some(text, BILL, "a path", rest)?.into()));
        }
        for daemon in DaemonKind::ALL {
            if let Some(rest) = text.strip_prefix(daemon.prefix()) {
                return Ok(Self::Daemon(daemon, image_name(text, daemon.prefix(), rest)?));
            }
        }
        if let Some(rest) = text.strip_prefix(REGISTRY) {
            return Ok(Self::Registry(image_name(text, REGISTRY, rest)?));
        }
        let first = Path::new(text).components().next();
        if matches!(first, Some(Component::RootDir | Component::CurDir | Component::ParentDir)) {
            return Ok(Self::Path(text.into()));
        }
        Ok(Self::Text(text.to_owned()))
    }
}

/// What follows a prefix, which must be something.
fn some<'t>(text: &str, prefix: &'static str, wanted: &str, rest: &'t str) -> Result<&'t str, NoSource> {
    if rest.is_empty() {
        return Err(NoSource::of(text, prefix, format!("{wanted} is missing after `{prefix}`")));
    }
    Ok(rest)
}

fn image_name(text: &str, prefix: &'static str, rest: &str) -> Result<String, NoSource> {
    let name = some(text, prefix, "the name of an image", rest)?;
    match why_no_image(name) {
        Some(why) => Err(NoSource::of(text, prefix, why)),
        None => Ok(name.to_owned()),
    }
}

/// The longest name of an image: the longest repository and tag
/// ([reference grammar](https://pkg.go.dev/github.com/distribution/reference)), and a digest.
const LONGEST: usize = 512;

/// Why a text cannot be the name of an image, `[registry/]repository[:tag][@digest]` or a digest or the
/// beginning of one. Whoever is asked for it may know better; this keeps out what can be none, so that it
/// can be put into an address.
fn why_no_image(text: &str) -> Option<String> {
    if text.len() > LONGEST {
        return Some(format!("names of images have {LONGEST} letters at most, it has {}", text.len()));
    }
    if let Some((scheme, _)) = text.split_once("://") {
        return Some(format!("no form begins with `{scheme}://`"));
    }
    let is_of_name = |letter: char| letter.is_ascii_alphanumeric() || "._:/@-+[]".contains(letter);
    if let Some(letter) = text.chars().find(|&letter| !is_of_name(letter)) {
        let letter =
            if letter.is_control() { letter.escape_default().to_string() } else { letter.to_string() };
        return Some(format!("it holds `{letter}`, which no name of an image does"));
    }
    let (name, digest) = text.split_once('@').map_or((text, None), |(name, digest)| (name, Some(digest)));
    if digest.is_some_and(|digest| !digest.contains(':') || digest.contains(['/', '@'])) {
        return Some("what follows its `@` is no digest".to_owned());
    }
    let is_part = |part: &str| part.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[');
    if !name.split('/').all(is_part) {
        return Some("each part of an image's name begins with a letter or digit".to_owned());
    }
    let last = name.rsplit_once('/').map_or(name, |(_, last)| last);
    let tag = last.split_once(':').map(|(_, tag)| tag);
    if tag.is_some_and(|tag| tag.is_empty() || tag.contains(':')) {
        return Some("a tag is one word after one `:`".to_owned());
    }
    None
}

#[cfg(test)]
mod tests;
