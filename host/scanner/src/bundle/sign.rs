use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use limpid_documents::{Documents, Limits, Part};
use limpid_signature::PrivateKey;

use super::write::append;
use super::{MANIFEST, SIGNATURE};
use crate::{BundleError, BundleSettings};

/// Writes a bundle once more, with a signature in the place of the one that it had. Whoever makes
/// bundles needs no key for it, and whoever has the key need not make them. `scratch` is a directory for
/// files on their way.
///
/// # Errors
/// The bundle cannot be read, or the other one not be written.
pub fn sign(
    bundle: File,
    key: &PrivateKey,
    settings: &BundleSettings,
    limits: &Limits,
    scratch: &Path,
    to: &mut impl Write,
) -> Result<(), BundleError> {
    let file = Part::whole(bundle).map_err(BundleError::Damaged)?;
    let mut members = Documents::open("bundle", file, limits).map_err(BundleError::Damaged)?;
    let mut signed = tar::Builder::new(zstd::Encoder::new(to, 3).map_err(BundleError::Damaged)?);
    let mut is_first = true;
    while let Some(mut member) = members.next().map_err(BundleError::Damaged)? {
        let name = member.name().to_owned();
        if std::mem::take(&mut is_first) {
            if name != MANIFEST {
                return Err(BundleError::Unusable(format!("it begins with `{name}`, not with `{MANIFEST}`")));
            }
            let manifest = super::read::manifest(&mut member, settings)?;
            let signature = key.sign(&manifest);
            append(&mut signed, MANIFEST, manifest.len() as u64, manifest.as_slice())
                .and_then(|()| append(&mut signed, SIGNATURE, signature.len() as u64, signature.as_bytes()))
                .map_err(BundleError::Damaged)?;
        } else if name != SIGNATURE {
            copy(&mut signed, &name, &mut member, scratch).map_err(BundleError::Damaged)?;
        }
    }
    let encoder = signed.into_inner().map_err(BundleError::Damaged)?;
    encoder.finish().and_then(Write::flush).map_err(BundleError::Damaged)
}

/// Copies a member whose length stands only in its header, which its reader does not tell.
fn copy(
    bundle: &mut tar::Builder<impl Write>,
    name: &str,
    member: &mut impl Read,
    scratch: &Path,
) -> io::Result<()> {
    let mut file = tempfile::tempfile_in(scratch)?;
    let size = io::copy(member, &mut file)?;
    io::Seek::rewind(&mut file)?;
    append(bundle, name, size, file)
}
