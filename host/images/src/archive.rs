mod arriving;
mod artifacts;
mod docker;
mod members;
mod oci;

use std::collections::HashSet;
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use limpid_bytes::{
    Buffer, Compression, Error as BytesError, Job, Limit, Output, Part, Stop, inflate, unnamed,
};
use limpid_layers::Limits;
use limpid_model::Digest;

pub use self::arriving::{ArrivingLayer, arriving};
use self::artifacts::Listed;
use self::members::Members;
use crate::{Attaching, Content, Error, FoundAttachment, FoundImage, FoundLayer, ImageSource, Location};

/// An image archive that is open: a tar as `docker save` writes it, or an OCI image layout
/// ([specification](https://github.com/opencontainers/image-spec/blob/main/image-layout.md)) as a
/// tar or as a directory. Nothing of it is extracted; layers are read where they lie.
#[derive(Debug)]
pub struct Archive {
    kept: Kept,
    limits: Limits,
    /// What an OCI layout has beside images, once somebody has asked.
    listed: OnceLock<Listed>,
}

#[derive(Debug)]
enum Kept {
    Tar(Members),
    Directory(PathBuf),
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
            let kept = Kept::Directory(path.to_owned());
            return Ok(Self { kept, limits: limits.clone(), listed: OnceLock::new() });
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
        let compression = outer_compression(&part.head(what)?)?;
        if compression != Compression::None {
            part = inflated(&part, compression, what, scratch, limits)?;
        }
        let members = Members::of(part, what, limits)?;
        Ok(Self { kept: Kept::Tar(members), limits: limits.clone(), listed: OnceLock::new() })
    }

    fn described(&self) -> Result<Vec<FoundImage>, Error> {
        if self.locate(Path::new("index.json"))?.is_some() {
            return oci::images(self);
        }
        match &self.kept {
            Kept::Tar(members) if members.find("manifest.json")?.is_some() => docker::images(self),
            Kept::Tar(_) => {
                let why = "the tar holds neither `index.json` nor `manifest.json`";
                Err(Error::NotAnImage(why.to_owned()))
            }
            Kept::Directory(root) => {
                let why = format!("the directory `{}` holds no `index.json`", root.display());
                Err(Error::NotAnImage(why))
            }
        }
    }

    /// Opens a part; `what` is for errors.
    pub(crate) fn part(&self, place: &Location, what: &str) -> Result<Part, Error> {
        match (place, &self.kept) {
            (Location::Member { offset, size }, Kept::Tar(members)) => members.part(*offset, *size, what),
            (Location::File(name), Kept::Directory(root)) => {
                let opening = format_args!("opening {what}");
                let file = File::open(root.join(name)).map_err(Error::io(opening))?;
                Part::whole(file).map_err(Error::io(opening))
            }
            (Location::Unreadable(why), _) => Err(Error::unsupported(what, why)),
            _ => Err(Error::missing(what, "it is a layer of another archive")),
        }
    }

    /// Where a part is, by a name that this crate made: other than a member's, which means nothing
    /// but another member, one that the archive states could lead anywhere in a directory.
    fn locate(&self, name: &Path) -> Result<Option<Location>, Error> {
        match &self.kept {
            Kept::Tar(members) => members.find(&name.to_string_lossy()),
            Kept::Directory(root) => {
                // Not a regular file: a pipe would block for ever, a device never end.
                let is_file = fs::metadata(root.join(name)).is_ok_and(|metadata| metadata.is_file());
                Ok(is_file.then(|| Location::File(name.to_owned())))
            }
        }
    }

    /// Where a blob of an OCI layout is.
    fn blob(&self, digest: &Digest) -> Result<Option<Location>, Error> {
        self.locate(&Path::new("blobs/sha256").join(digest.hex()))
    }

    /// Reads a document whole.
    fn document(&self, place: &Location, what: &str) -> Result<Vec<u8>, Error> {
        let most = Limit::of("json_document_bytes", self.limits.json_document_bytes);
        Ok(self.part(place, what)?.read_all(what, most)?)
    }
}

impl ImageSource for Archive {
    /// That every layer is there in the size that its manifest states is checked, its content is not yet. Of
    /// an index that is nested in the archive's own, images whose parts are not in the archive are left out,
    /// as tools save an index whole and of its images only one. Signatures, attestations, bills of materials
    /// and other artifacts are no images, wherever they stand; an archive of nothing else is an error. A
    /// layer that cannot be read (encrypted, only with its publisher) costs only itself.
    fn images(&self, _: &Stop) -> Result<Vec<FoundImage>, Error> {
        let mut images = self.described()?;
        for found in &mut images {
            let mut known = HashSet::new();
            found.image.names.retain(|name| known.insert(name.clone()));
            let subject = format_args!("the number of names of image `{}`", found.image.id);
            let most = Limit::of("names_per_image", self.limits.names_per_image);
            most.check(subject, known.len() as u64)?;
        }
        Ok(images)
    }

    /// What an OCI layout has beside its images.
    fn attached(
        &self,
        image: &FoundImage,
        attaching: &Attaching,
        stop: &Stop,
    ) -> Result<Option<Vec<FoundAttachment>>, Error> {
        self.attached_to(image, attaching, stop)
    }

    /// What it has lies on this machine, so that nothing waits.
    fn open(&self, layer: &FoundLayer, _: &Stop) -> Result<Content, Error> {
        let what = format!("layer `{}`", layer.diff_id);
        match &layer.location {
            Location::Unreadable(why) => Ok(Content::Unreadable(why.clone())),
            Location::Digest => {
                let place = layer.digest.as_ref().map(|digest| self.blob(digest)).transpose()?.flatten();
                let place = place.ok_or_else(|| Error::missing(&what, "the archive has no such blob"))?;
                Ok(Content::Part(self.part(&place, &what)?))
            }
            location => Ok(Content::Part(self.part(location, &what)?)),
        }
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
    let decoding = limits.archive_decoding();
    let mut output = ToFile { file: unnamed(scratch)?, written: 0 };
    inflate(&Job { what, part, compression, decoding, inflation }, &mut output)?;
    Ok(Part::of(Arc::new(output.file), 0, output.written))
}

/// How a whole archive is compressed, by its first bytes. People compress what they exported as they like,
/// so that more is read here than of layers.
fn outer_compression(head: &[u8]) -> Result<Compression, Error> {
    if head.starts_with(b"\x04\x22\x4d\x18") {
        let why = "it is compressed by lz4, of which only gzip, zstd, xz and bzip2 are read";
        return Err(Error::unsupported("the archive", why));
    }
    Ok(Compression::of(head))
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
mod corpus;
#[cfg(test)]
mod test_support;
#[cfg(test)]
mod tests;
