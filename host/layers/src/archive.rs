mod docker;
mod document;
mod media_type;
mod members;
mod oci;

use std::collections::HashSet;
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use limpid_bytes::{Buffer, Compression, Error as BytesError, Job, Limit, Output, Part, inflate, unnamed};
use limpid_model::{Digest, Image};

use self::members::Members;
use crate::{Error, Limits};

/// An image archive that is open: a tar as `docker save` writes it, or an OCI image layout
/// ([specification](https://github.com/opencontainers/image-spec/blob/main/image-layout.md)) as a
/// tar or as a directory. Nothing of it is extracted; layers are read where they lie.
#[derive(Debug)]
pub struct Archive {
    content: Content,
    limits: Limits,
}

#[derive(Debug)]
enum Content {
    Tar(Members),
    Directory(PathBuf),
}

/// An image of an archive and where its layers are, lowest first.
#[derive(Clone, Debug)]
pub struct ImageSource {
    /// What the image is. Manifest and configuration are verified, layers are not yet.
    pub image: Image,
    /// As many as `image.layers`, in the same order.
    pub layers: Vec<LayerSource>,
}

/// Where a layer is, and what is said of it.
#[derive(Clone, Debug)]
pub struct LayerSource {
    /// Digest of its tar, as the image's configuration says.
    pub diff_id: Digest,
    /// Digest of what is stored, where a manifest names it.
    pub digest: Option<Digest>,
    /// Its stored size in bytes.
    pub size: u64,
    /// What is stored; for an archive without manifests, as its first bytes say.
    pub media_type: String,
    /// What its first bytes say where they contradict its media type or its name; the bytes decide.
    pub stored_as: Option<String>,
    pub(crate) compression: Compression,
    pub(crate) place: Place,
}

/// Where a part of an archive is.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    Member {
        offset: u64,
        size: u64,
    },
    /// In a directory, by a name that this crate made.
    File(PathBuf),
    /// It cannot be read, for this reason.
    Unreadable(String),
}

impl Place {
    fn is_unreadable(&self) -> bool {
        matches!(self, Self::Unreadable(_))
    }
}

impl Archive {
    /// Opens a file or a directory. `scratch` is a directory for temporary files without names: a
    /// compressed archive is inflated there, because layers are read at their positions.
    ///
    /// In a directory, symbolic links are followed to regular files, as some layouts share their
    /// blobs by them; what is read must have the digest that it is named by.
    pub fn open(path: &Path, scratch: &Path, limits: &Limits) -> Result<Self, Error> {
        let opening = format_args!("opening `{}`", path.display());
        let metadata = fs::metadata(path).map_err(Error::io(opening))?;
        if metadata.is_dir() {
            let content = Content::Directory(path.to_owned());
            return Ok(Self { content, limits: limits.clone() });
        }
        if !metadata.is_file() {
            let why = format!("`{}` is neither a file nor a directory", path.display());
            return Err(Error::NotAnImage(why));
        }
        Self::open_file(File::open(path).map_err(Error::io(opening))?, scratch, limits)
    }

    /// Opens an archive that is a file, such as an upload that was written to a temporary one.
    pub fn open_file(file: File, scratch: &Path, limits: &Limits) -> Result<Self, Error> {
        let what = "the archive";
        let mut part = Part::whole(file).map_err(Error::io("reading the archive"))?;
        let compression = media_type::compression(&part.head(what)?);
        let compression = compression.map_err(|why| Error::unsupported(what, why))?;
        if compression != Compression::None {
            part = inflated(&part, compression, what, scratch, limits)?;
        }
        let members = Members::of(part, what, limits)?;
        Ok(Self { content: Content::Tar(members), limits: limits.clone() })
    }

    /// All images of the archive, each once, however many names it has.
    ///
    /// Manifests and configurations are verified against their digests; that every layer is there
    /// in the size that its manifest states is checked, its content is not yet. Of an index that is
    /// nested in the archive's own, images whose parts are not in the archive are left out, as tools
    /// save an index whole and of its images only one. Signatures, attestations, bills of materials and
    /// other artifacts are no images, wherever they stand; an archive of nothing else is an error. A
    /// layer that cannot be read (encrypted, only with its publisher) costs only itself: [`read_layer`](
    /// crate::read_layer) says so.
    pub fn images(&self) -> Result<Vec<ImageSource>, Error> {
        let mut images = self.described()?;
        for source in &mut images {
            let mut known = HashSet::new();
            source.image.names.retain(|name| known.insert(name.clone()));
            let subject = format_args!("the number of names of image `{}`", source.image.id);
            Error::check(subject, "names_per_image", self.limits.names_per_image, known.len() as u64)?;
        }
        Ok(images)
    }

    fn described(&self) -> Result<Vec<ImageSource>, Error> {
        if self.locate(Path::new("index.json"))?.is_some() {
            return oci::images(self);
        }
        match &self.content {
            Content::Tar(members) if members.find("manifest.json")?.is_some() => docker::images(self),
            Content::Tar(_) => {
                let why = "the tar holds neither `index.json` nor `manifest.json`";
                Err(Error::NotAnImage(why.to_owned()))
            }
            Content::Directory(root) => {
                let why = format!("the directory `{}` holds no `index.json`", root.display());
                Err(Error::NotAnImage(why))
            }
        }
    }

    /// Opens a part; `what` is for errors.
    pub(crate) fn part(&self, place: &Place, what: &str) -> Result<Part, Error> {
        match (place, &self.content) {
            (Place::Member { offset, size }, Content::Tar(members)) => members.part(*offset, *size, what),
            (Place::File(name), Content::Directory(root)) => {
                let opening = format_args!("opening {what}");
                let file = File::open(root.join(name)).map_err(Error::io(opening))?;
                Part::whole(file).map_err(Error::io(opening))
            }
            (Place::Unreadable(why), _) => Err(Error::unsupported(what, why)),
            _ => Err(Error::missing(what, "it is a layer of another archive")),
        }
    }

    /// Where a part is, by a name that this crate made: other than a member's, which means nothing
    /// but another member, one that the archive states could lead anywhere in a directory.
    fn locate(&self, name: &Path) -> Result<Option<Place>, Error> {
        match &self.content {
            Content::Tar(members) => members.find(&name.to_string_lossy()),
            Content::Directory(root) => {
                // Not a regular file: a pipe would block for ever, a device never end.
                let is_file = fs::metadata(root.join(name)).is_ok_and(|metadata| metadata.is_file());
                Ok(is_file.then(|| Place::File(name.to_owned())))
            }
        }
    }

    /// Where a blob of an OCI layout is.
    fn blob(&self, digest: &Digest) -> Result<Option<Place>, Error> {
        self.locate(&Path::new("blobs/sha256").join(digest.hex()))
    }

    /// Reads a document whole.
    fn document(&self, place: &Place, what: &str) -> Result<Vec<u8>, Error> {
        let most = Limit::of("json_document_bytes", self.limits.json_document_bytes);
        Ok(self.part(place, what)?.read_all(what, most)?)
    }
}

/// Inflates an archive into a temporary file.
fn inflated(
    part: &Part,
    compression: Compression,
    what: &str,
    scratch: &Path,
    limits: &Limits,
) -> Result<Part, Error> {
    let inflation = limits.inflation(Limit::of("archive_inflated_bytes", limits.archive_inflated_bytes));
    let decoding = limits.decoding();
    let mut output = ToFile { file: unnamed(scratch)?, written: 0 };
    inflate(&Job { what, part, compression, decoding, inflation }, &mut output)?;
    Ok(Part::of(Arc::new(output.file), 0, output.written))
}

struct ToFile {
    file: File,
    written: u64,
}

impl Output for ToFile {
    fn next(&mut self, filled: Buffer) -> Result<Option<Buffer>, BytesError> {
        let bytes = filled.filled();
        self.file
            .write_all_at(bytes, self.written)
            .map_err(BytesError::io("inflating the archive into a temporary file"))?;
        self.written += bytes.len() as u64;
        Ok(Some(filled))
    }
}

#[cfg(test)]
mod tests;
