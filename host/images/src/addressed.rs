//! An image of which only its layers' addresses are known.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use limpid_bytes::{Buffer, Error as BytesError, Job, Limit, Output, Part, Stop, inflate, unnamed};
use limpid_fetch::Registries;
use limpid_layers::{Error as LayerError, Limits, compression};
use limpid_model::{Digest, Hasher, LayerAddress, LayerAddresses};
use serde_json::json;

use crate::error::cut;
use crate::{Content, Error, FoundImage, FoundLayer, ImageSource, Location, document, media_type};

/// Read at a time, in bytes.
const BUFFER: usize = 256 << 10;

/// An image whose layers are at these addresses, as a registry hands it to a scanner.
///
/// Nothing is known of it but its manifest's digest and the layers' own: no diff IDs, so that all layers that
/// are not known are fetched and inflated before the image is; no platform and no history. It is identified by
/// the digest of a configuration that is made of the diff IDs, so that the same layers are one image.
pub struct AddressedImage {
    registries: Registries,
    addresses: LayerAddresses,
    /// What each layer is asked with, a secret.
    headers: Vec<BTreeMap<String, String>>,
    scratch: PathBuf,
    limits: Limits,
    known: Box<Known>,
    /// Layers that were fetched, by the digest of what is stored.
    fetched: Mutex<HashMap<Digest, Part>>,
}

/// Who has read layers before, and knows them by the digest of what is stored.
type Known = dyn Fn(&Digest) -> Option<KnownLayer> + Send + Sync;

/// What is known of a layer that was read before, by the digest of what is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownLayer {
    /// Digest of its tar.
    pub diff_id: Digest,
    /// Its stored size in bytes.
    pub size: u64,
}

impl AddressedImage {
    /// An image of these layers; `headers` are those of each, in the same order, and `scratch` is a directory
    /// for temporary files without names. Nothing is asked yet.
    ///
    /// # Errors
    /// There are not as many headers as layers, there are too many of these, or one is where nothing may be asked.
    pub fn new(
        registries: &Registries,
        addresses: LayerAddresses,
        headers: Vec<BTreeMap<String, String>>,
        scratch: &Path,
        limits: &Limits,
    ) -> Result<Self, Error> {
        let what = format!("manifest `{}`", addresses.hash);
        let count = addresses.layers.len() as u64;
        let most = Limit::of("layers_per_image", limits.layers_per_image);
        most.check(format_args!("the number of layers of {what}"), count)?;
        if headers.len() as u64 != count {
            let why = format!("there are headers for {} layers, and it has {count}", headers.len());
            return Err(Error::damaged(&what, 0, why));
        }
        for layer in &addresses.layers {
            registries.admit(&layer.uri)?;
        }
        let (registries, scratch, limits) = (registries.clone(), scratch.to_owned(), limits.clone());
        let (known, fetched) = (Box::new(|_: &Digest| None), Mutex::default());
        Ok(Self { registries, addresses, headers, scratch, limits, known, fetched })
    }

    /// Asks somebody who has read layers before. Those that are known are fetched only when they are opened.
    #[must_use]
    pub fn with_known(self, known: impl Fn(&Digest) -> Option<KnownLayer> + Send + Sync + 'static) -> Self {
        Self { known: Box::new(known), ..self }
    }

    fn layer(&self, index: usize, stop: &Stop) -> Result<FoundLayer, Error> {
        let none = || Error::missing("a layer", "the manifest has fewer");
        let address = self.addresses.layers.get(index).ok_or_else(none)?;
        let found = |diff_id, size, media_type: &str| FoundLayer {
            diff_id,
            digest: Some(address.hash),
            size,
            media_type: media_type.to_owned(),
            stored_as: None,
            location: Location::Digest,
        };
        if let Some(known) = (self.known)(&address.hash) {
            return Ok(found(known.diff_id, known.size, ""));
        }
        let what = format!("layer `{}`", address.hash);
        let part = self.fetch(address, stop)?;
        let compression = compression(&part.head(&what)?).map_err(|why| Error::unsupported(&what, why))?;
        let bytes = Limit::of("layer_inflated_bytes", self.limits.layer_inflated_bytes);
        let (decoding, inflation) = (self.limits.decoding(), self.limits.inflation(bytes));
        let mut hashing = Hashing { hasher: Hasher::default(), stop };
        inflate(&Job { what: &what, part: &part, compression, decoding, inflation }, &mut hashing)?;
        if stop.is_stopped() {
            return Err(Error::Interrupted { what });
        }
        Ok(found(hashing.hasher.finish(), part.len(), media_type::of_layer(compression)))
    }

    /// What is stored of a layer, verified. It is fetched once.
    fn fetch(&self, address: &LayerAddress, stop: &Stop) -> Result<Part, Error> {
        let kept = self.fetched.lock().unwrap_or_else(PoisonError::into_inner).get(&address.hash).cloned();
        if let Some(part) = kept {
            return Ok(part);
        }
        let what = format!("layer `{}`", address.hash);
        let mut layers = self.addresses.layers.iter().zip(&self.headers);
        let headers = layers.find(|(layer, _)| *layer == address).map(|(_, headers)| headers.clone());
        let mut blob = self.registries.address(&address.uri, &headers.unwrap_or_default(), stop)?;
        let (file, mut hasher, mut written) = (unnamed(&self.scratch)?, Hasher::default(), 0);
        let mut buffer = vec![0; BUFFER];
        loop {
            let read = blob.read(&mut buffer).map_err(|source| Error::of_stream(what.clone(), source))?;
            let bytes = buffer.get(..read).unwrap_or_default();
            if bytes.is_empty() {
                break;
            }
            hasher.update(bytes);
            let writing = "writing a layer to a temporary file";
            write(&file, bytes, written).map_err(Error::io(writing))?;
            written += read as u64;
        }
        let found = hasher.finish();
        if found != address.hash {
            return Err(LayerError::WrongDigest { what, expected: address.hash, found }.into());
        }
        let part = Part::of(Arc::new(file), 0, written);
        let mut fetched = self.fetched.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(fetched.entry(address.hash).or_insert(part).clone())
    }
}

fn write(file: &File, bytes: &[u8], at: u64) -> std::io::Result<()> {
    file.write_all_at(bytes, at)
}

impl ImageSource for AddressedImage {
    fn images(&self, stop: &Stop) -> Result<Vec<FoundImage>, Error> {
        let layers = (0..self.addresses.layers.len()).map(|index| self.layer(index, stop));
        let layers = layers.collect::<Result<Vec<_>, _>>()?;
        let diff_ids: Vec<String> = layers.iter().map(|layer| layer.diff_id.to_string()).collect();
        // Whoever changes this changes what images are called: it is what they are identified by.
        let configuration =
            json!({"architecture": "", "os": "", "rootfs": {"diff_ids": diff_ids, "type": "layers"}});
        let what = format!("manifest `{}`", self.addresses.hash);
        let bytes = configuration.to_string().into_bytes();
        let mut image = document::image(&self.limits, &what, &bytes, layers.len())?;
        image.manifests = vec![self.addresses.hash];
        Ok(vec![FoundImage { image, layers }])
    }

    fn open(&self, layer: &FoundLayer, stop: &Stop) -> Result<Content, Error> {
        let mut addresses = self.addresses.layers.iter();
        match addresses.find(|address| layer.digest == Some(address.hash)) {
            Some(address) => Ok(Content::Part(self.fetch(address, stop)?)),
            None => {
                let what = format!("layer `{}`", layer.diff_id);
                Err(Error::missing(what, "it is a layer of another source"))
            }
        }
    }
}

impl fmt::Debug for AddressedImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Addresses may have keys in their queries.
        f.debug_tuple("AddressedImage").field(&cut(&self.addresses.hash.to_string())).finish()
    }
}

/// Hashes what is inflated, until it is stopped.
struct Hashing<'a> {
    hasher: Hasher,
    stop: &'a Stop,
}

impl Output for Hashing<'_> {
    fn next(&mut self, filled: Buffer) -> Result<Option<Buffer>, BytesError> {
        self.hasher.update(filled.filled());
        Ok((!self.stop.is_stopped()).then_some(filled))
    }
}

#[cfg(test)]
mod tests;
