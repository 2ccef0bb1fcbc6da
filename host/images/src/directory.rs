//! A root file system in a directory, as an image of one layer.
//!
//! It is packed into an archive as `docker save` writes them, in a file without a name, so that whoever reads
//! or is sent archives needs to know nothing of directories. What is packed: every directory, link and file
//! by its path, the content of files that detectors claim, and as much of others as tells their kind
//! ([`Wish`](limpid_layers::Wish)). Times, owners and all of modes but the right to execute are left out, and
//! entries are sorted: the same content gives the same archive. What cannot be read is noted in the layer
//! ([`UNREAD`](limpid_bytes::tar::UNREAD)), so that a report says so.
//!
//! The directory may change meanwhile, and whoever can write there may be hostile: every part of a path is
//! opened by itself and no symbolic link is followed, nothing but regular files is ever opened for reading,
//! and what was opened is looked at once more. Pseudo file systems (`/proc`, `/sys`, `/dev`) are not entered.

mod layers;
mod machine;
mod open;
mod tarball;
mod walk;

use std::fs::File;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use limpid_bytes::{Stop, unnamed};
use limpid_layers::{ClaimSet, Limits};
use limpid_model::Digest;
use serde_json::json;

pub(crate) use self::tarball::Tarball;
use self::walk::Found;
use crate::Error;

/// The name of the first layer in the archive.
const LAYER: &str = "layer.tar";

/// What a report says in the place of a command.
const MADE_BY: &str = "a directory, as far as detectors read it";

/// Packs a root file system for detectors with these claims into an archive that
/// [`Archive`](crate::Archive) reads. The image's name is `dir:` and the path; its platform, that of the
/// programs in it. It has one layer, unless that would be over the limits of layers: then files of which nothing
/// is needed but that they are there are in further layers above.
///
/// # Errors
/// The directory itself cannot be read, holds more than the limits allow, or `scratch` takes no more.
pub fn pack_directory(
    path: &Path,
    claims: &ClaimSet,
    scratch: &Path,
    limits: &Limits,
    stop: &Stop,
) -> Result<File, Error> {
    let what = format!("directory `{}`", path.display());
    let doing = format_args!("opening {what}");
    let path = path.canonicalize().map_err(Error::io(doing))?;
    let root = open::root(&path).map_err(Error::io(doing))?;
    let Found { entries, architecture } = walk::walk(&root, &what, claims, limits, stop)?;
    let mut archive = Tarball::new(unnamed(scratch)?);
    let (mut layers, mut diff_ids) = (Vec::new(), Vec::new());
    for entries in layers::split(entries, &what, limits)? {
        let name = match layers.len() {
            0 => LAYER.to_owned(),
            place => format!("layer-{}.tar", place + 1),
        };
        let layer = archive.begin(&name)?;
        tarball::write(&mut archive, &root, &what, entries, limits, stop)?;
        diff_ids.push(archive.end(layer, &name)?.to_string());
        layers.push(name);
    }
    let configuration = configuration(&diff_ids, architecture);
    let id = Digest::of(configuration.as_bytes());
    let configuration_name = format!("{}.json", id.hex());
    let name = format!("dir:{}", String::from_utf8_lossy(path.as_os_str().as_bytes()));
    let manifest = json!([{"Config": configuration_name, "RepoTags": [name], "Layers": layers}]);
    archive.file(&configuration_name, configuration.as_bytes())?;
    archive.file("manifest.json", manifest.to_string().as_bytes())?;
    archive.finish()
}

fn configuration(diff_ids: &[String], architecture: Option<&str>) -> String {
    let history = vec![json!({"created_by": MADE_BY}); diff_ids.len()];
    let mut configuration = json!({
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
        "history": history,
    });
    if let (Some(architecture), Some(fields)) = (architecture, configuration.as_object_mut()) {
        fields.insert("os".to_owned(), "linux".into());
        fields.insert("architecture".to_owned(), architecture.into());
    }
    configuration.to_string()
}

#[cfg(test)]
mod tests;
