//! A bill of materials in a file, as an image of one layer.
//!
//! The document is packed as it came, but for its compression, into an archive as `docker save` writes them, in a file
//! without a name, so that whoever reads or is sent archives needs to know nothing of such documents. The layer has
//! one file, [`DOCUMENT`]. What the document says is for detectors to read: here it is only told from archives, and
//! looked at for what it calls itself. The same document gives the same image.

mod subject;

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use limpid_bytes::{Compression, Inflater, Limit, Part, unnamed};
use limpid_layers::Limits;
use limpid_model::{Digest, Image};
use memchr::memmem;
use serde_json::json;

use crate::Error;
use crate::directory::Tarball;
use crate::error::cut;

/// The path of the document in its layer, by which detectors know it.
const DOCUMENT: &str = ".limpid/bill-of-materials";

/// The name of the layer in the archive.
const LAYER: &str = "layer.tar";

/// What a report says in the place of a command.
const MADE_BY: &str = "a bill of materials";

/// What the names of such images begin with: they are not the images that they describe.
const PREFIX: &str = "sbom:";

/// How much of a file is looked at to tell what it is, in bytes.
const HEAD: usize = 4 << 10;

/// Texts of which each document holds one: CycloneDX in JSON and XML, SPDX 2 in JSON and in tags, SPDX 3, and what such
/// documents are wrapped in.
const MARKS: [&str; 8] = [
    "\"bomFormat\"",
    "http://cyclonedx.org/schema/bom",
    "\"spdxVersion\"",
    "SPDXVersion:",
    "spdx.org/rdf/3",
    "\"payloadType\"",
    "\"dsseEnvelope\"",
    "\"predicateType\"",
];

/// Whether these bytes hold what tells a bill of materials, or what it is wrapped in, from other documents.
pub fn is_bill(document: &[u8]) -> bool {
    MARKS.iter().any(|mark| memmem::find(document, mark.as_bytes()).is_some())
}

/// Packs a bill of materials into an archive that [`Archive`](crate::Archive) reads; none where the file begins as no
/// such document, in plain or compressed. The image's name is `sbom:` and what the document is about, or else
/// `file_name`.
///
/// # Errors
/// The document is another one, is over the limit, or `scratch` takes no more.
pub fn pack_bill(
    file: &File,
    file_name: Option<&str>,
    scratch: &Path,
    limits: &Limits,
) -> Result<Option<File>, Error> {
    let what = "the bill of materials";
    let file = file.try_clone().map_err(Error::io("reading the file"))?;
    let part = Part::whole(file).map_err(Error::io("reading the file"))?;
    let compression = Compression::of(&part.head(what)?);
    if !begins_as_document(&part, compression, limits)? {
        return Ok(None);
    }
    let document = read(&part, compression, what, limits)?;
    if !is_bill(&document) {
        let why = "it is a document, and no bill of materials in CycloneDX or SPDX";
        return Err(Error::NotAnImage(why.to_owned()));
    }
    let name = subject::of(&document);
    let name = name.as_deref().or(file_name).map(|name| format!("{PREFIX}{}", cut(name)));
    packed(&document, name, scratch).map(Some)
}

/// Whether a file begins as documents do, and no archive: its first character, or a tag of SPDX in its first lines.
fn begins_as_document(part: &Part, compression: Compression, limits: &Limits) -> Result<bool, Error> {
    let mut head = Vec::new();
    let decoding = limits.archive_decoding();
    let Ok(inflater) = Inflater::new(part, "the file", compression, &decoding) else { return Ok(false) };
    // What is damaged is told by whoever reads all of it.
    if inflater.take(HEAD as u64).read_to_end(&mut head).is_err() {
        return Ok(false);
    }
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&head).trim_ascii_start();
    let is_tagged = || head.split(|&byte| byte == b'\n').any(|line| line.starts_with(b"SPDXVersion:"));
    Ok(matches!(head.first(), Some(b'{' | b'<')) || is_tagged())
}

/// All of a document, inflated.
fn read(part: &Part, compression: Compression, what: &str, limits: &Limits) -> Result<Vec<u8>, Error> {
    let most = Limit::of("sbom_bytes", limits.sbom_bytes);
    if compression == Compression::None {
        return Ok(part.read_all(what, most)?);
    }
    let mut document = Vec::new();
    let inflater = Inflater::new(part, what, compression, &limits.archive_decoding())?;
    let read = inflater.take(most.value.saturating_add(1)).read_to_end(&mut document);
    read.map_err(|error| Error::damaged(what, document.len() as u64, error.to_string()))?;
    most.check(what, document.len() as u64)?;
    Ok(document)
}

fn packed(document: &[u8], name: Option<String>, scratch: &Path) -> Result<File, Error> {
    let mut archive = Tarball::new(unnamed(scratch)?);
    let layer = archive.begin(LAYER)?;
    archive.file(DOCUMENT, document)?;
    let diff_id = archive.end(layer, LAYER)?;
    let (label, kind) = Image::BILL_OF_MATERIALS;
    let configuration = json!({
        "config": {"Labels": {label: kind}},
        "rootfs": {"type": "layers", "diff_ids": [diff_id.to_string()]},
        "history": [{"created_by": MADE_BY}],
    });
    let configuration = configuration.to_string();
    let configuration_name = format!("{}.json", Digest::of(configuration.as_bytes()).hex());
    let names: Vec<_> = name.into_iter().collect();
    let manifest = json!([{"Config": configuration_name, "RepoTags": names, "Layers": [LAYER]}]);
    archive.file(&configuration_name, configuration.as_bytes())?;
    archive.file("manifest.json", manifest.to_string().as_bytes())?;
    archive.finish()
}

#[cfg(test)]
mod tests;
