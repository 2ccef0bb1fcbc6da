use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};

use limpid_documents::{Documents, Part};
use limpid_model::Digest;
use limpid_signature::SIGNATURE_BYTES;

use super::manifest::Manifest;
use super::{DOCUMENTS, MANIFEST, SIGNATURE};
use crate::Error;
use crate::ingest::Ingest;
use crate::ingest::{Document, Spool};
use crate::room::scratch_file;
use crate::{BundleError, BundleSettings};

/// A bundle that was compared with its manifest.
pub(super) struct Bundle {
    pub(super) manifest: Manifest,
    pub(super) documents: BTreeMap<Digest, Document>,
}

impl Ingest<'_> {
    /// Reads a bundle, and checks all of it.
    pub(super) fn read_bundle(&self, file: File) -> Result<Bundle, Error> {
        let settings = self.settings;
        let file = Part::whole(file).map_err(BundleError::Damaged)?;
        let mut members =
            Documents::open("bundle", file, &settings.documents).map_err(BundleError::Damaged)?;
        let Some(mut first) = members.next().map_err(BundleError::Damaged)? else {
            return Err(unusable("it is empty".to_owned()));
        };
        if first.name() != MANIFEST {
            return Err(unusable(format!("it begins with `{}`, not with `{MANIFEST}`", first.name())));
        }
        let text = manifest(&mut first, &settings.bundles)?;
        let mut next = members.next().map_err(BundleError::Damaged)?;
        let signature = match &mut next {
            Some(member) if member.name() == SIGNATURE => {
                let signature = signature(member)?;
                next = members.next().map_err(BundleError::Damaged)?;
                Some(signature)
            }
            _ => None,
        };
        check_signature(&settings.bundles, &text, signature.as_deref())?;
        let manifest = Manifest::parse(&text)?;
        let mut left = manifest.sizes().map_err(unusable)?;
        let mut spool = Spool::new(scratch_file(self.settings)?);
        let mut documents = BTreeMap::new();
        while let Some(mut member) = next {
            let name = member.name().to_owned();
            let digest = named(&name).filter(|digest| left.contains_key(digest)).ok_or_else(|| {
                unusable(format!("`{name}` is in it, which its manifest does not name, or only once"))
            })?;
            let size = left.remove(&digest).unwrap_or_default();
            // One byte more shows that it is longer.
            io::copy(&mut Read::by_ref(&mut member).take(size.saturating_add(1)), &mut spool)
                .map_err(BundleError::Damaged)?;
            let document = spool.end(&name)?;
            if document.file.len() != size || document.digest != digest {
                return Err(unusable(format!("`{name}` is not what its name and the manifest say it is")));
            }
            documents.insert(digest, document);
            next = members.next().map_err(BundleError::Damaged)?;
        }
        if let Some((digest, _)) = left.first_key_value() {
            let more = left.len();
            return Err(unusable(format!(
                "{more} documents of its manifest are not in it, {digest} among them"
            )));
        }
        Ok(Bundle { manifest, documents })
    }
}

fn unusable(why: String) -> Error {
    BundleError::Unusable(why).into()
}

/// The document for which a member stands.
fn named(name: &str) -> Option<Digest> {
    format!("sha256:{}", name.strip_prefix(DOCUMENTS)?).parse().ok()
}

/// The bytes of the manifest.
pub(super) fn manifest(member: &mut impl Read, settings: &BundleSettings) -> Result<Vec<u8>, BundleError> {
    let limit = settings.manifest_bytes;
    let mut bytes = Vec::new();
    member.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(BundleError::Damaged)?;
    if bytes.len() as u64 > limit { Err(BundleError::ManifestTooLong { limit }) } else { Ok(bytes) }
}

fn signature(member: &mut impl Read) -> Result<String, BundleError> {
    let mut bytes = Vec::new();
    member.take(SIGNATURE_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(BundleError::Damaged)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn check_signature(
    settings: &BundleSettings,
    manifest: &[u8],
    signature: Option<&str>,
) -> Result<(), BundleError> {
    let keys = settings.keys().map_err(|(entry, why)| BundleError::Key { entry, why })?;
    if keys.is_empty() {
        return Ok(());
    }
    let Some(signature) = signature else {
        return Err(BundleError::Untrusted("it is not signed".to_owned()));
    };
    keys.verify(manifest, signature).map_err(|why| BundleError::Untrusted(why.to_string()))
}
