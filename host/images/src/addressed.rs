//! An image of which only its layers' addresses are known.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use limpid_bytes::{
    Buffer, Compression, Error as BytesError, Job, Limit, Output, Part, Stop, inflate, unnamed,
};
use limpid_fetch::Registries;
use limpid_layers::{Error as LayerError, Limits, compression};
use limpid_model::{Digest, Hasher, LayerAddress, LayerAddresses};
use serde_json::json;

use crate::error::cut;
use crate::{Content, Error, FoundImage, FoundLayer, ImageSource, Location, document, media_type};

/// What fails where the disk takes no more.
const WRITING: &str = "writing a layer to a temporary file";

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
    /// How many layers are fetched and inflated at a time.
    side_by_side: usize,
    /// Layers that were fetched, by the digest of what is stored.
    fetched: Mutex<HashMap<Digest, Fetched>>,
    /// How much of these is kept inflated, in bytes.
    inflated: AtomicU64,
    room: Box<HasRoom>,
}

/// A layer that was fetched, in a file without a name.
#[derive(Clone)]
enum Fetched {
    /// As it is stored, and not looked at yet.
    Stored(Part),
    /// It was inflated once: another try needs neither a request nor that again.
    Read(FoundLayer, Readable),
}

/// What is kept of a layer that was inflated.
#[derive(Clone)]
enum Readable {
    /// What is stored.
    Stored(Part),
    /// The tar that came out of it.
    Tar(Part),
}

/// How much of one image is kept inflated until it is read, in bytes. More of it is inflated a second time, so that a
/// small manifest does not fill a disk.
const INFLATED: u64 = 4 << 30;

/// Who has read layers before, and knows them by the digest of what is stored.
type Known = dyn Fn(&Digest) -> Option<KnownLayer> + Send + Sync;

/// Fails where nothing more is to be written to the disk.
type HasRoom = dyn Fn() -> io::Result<()> + Send + Sync;

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
        let (side_by_side, inflated) = (1, AtomicU64::new(0));
        let room = Box::new(|| Ok(()));
        Ok(Self {
            registries,
            addresses,
            headers,
            scratch,
            limits,
            known,
            side_by_side,
            fetched,
            inflated,
            room,
        })
    }

    /// Asks somebody who has read layers before. Those that are known are fetched only when they are opened.
    #[must_use]
    pub fn with_known(self, known: impl Fn(&Digest) -> Option<KnownLayer> + Send + Sync + 'static) -> Self {
        Self { known: Box::new(known), ..self }
    }

    /// Asks somebody before anything is written whether there is room for it.
    #[must_use]
    pub fn with_room(self, room: impl Fn() -> io::Result<()> + Send + Sync + 'static) -> Self {
        Self { room: Box::new(room), ..self }
    }

    /// Fetches and inflates so many layers at a time.
    #[must_use]
    pub fn side_by_side(self, layers: usize) -> Self {
        Self { side_by_side: layers.max(1), ..self }
    }

    /// The layers, each once.
    fn different(&self) -> Vec<&LayerAddress> {
        let mut seen = HashSet::new();
        self.addresses.layers.iter().filter(|address| seen.insert(address.hash)).collect()
    }

    /// Those of them that are neither known nor here.
    fn missing(&self) -> Vec<&LayerAddress> {
        let mut different = self.different();
        let fetched = self.fetched();
        different
            .retain(|address| !fetched.contains_key(&address.hash) && (self.known)(&address.hash).is_none());
        different
    }

    /// All layers, by the digest of what is stored. The first that fails ends it.
    fn layers(&self, stop: &Stop) -> Result<HashMap<Digest, FoundLayer>, Error> {
        let different = self.different();
        let threads = self.side_by_side.min(different.len());
        let waiting = Mutex::new(different.into_iter());
        let outcome = Mutex::new(Ok(HashMap::new()));
        let lock = || outcome.lock().unwrap_or_else(PoisonError::into_inner);
        let span = tracing::Span::current();
        thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    let _span = span.enter();
                    while lock().is_ok() {
                        let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
                        let Some(address) = next else { break };
                        let layer = self.layer(address, stop);
                        let mut outcome = lock();
                        match (outcome.as_mut(), layer) {
                            (Ok(layers), Ok(layer)) => _ = layers.insert(address.hash, layer),
                            (Ok(_), Err(error)) => *outcome = Err(error),
                            (Err(_), _) => {}
                        }
                    }
                });
            }
        });
        outcome.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn layer(&self, address: &LayerAddress, stop: &Stop) -> Result<FoundLayer, Error> {
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
        let here = self.fetched().get(&address.hash).cloned();
        let part = match here {
            Some(Fetched::Read(layer, _)) => return Ok(layer),
            Some(Fetched::Stored(part)) => part,
            None => self.fetch(address, stop)?,
        };
        let compression = compression(&part.head(&what)?).map_err(|why| Error::unsupported(&what, why))?;
        let bytes = Limit::of("layer_inflated_bytes", self.limits.layer_inflated_bytes);
        let (decoding, inflation) = (self.limits.decoding(), self.limits.inflation(bytes));
        let kept = if compression == Compression::None { None } else { Some(unnamed(&self.scratch)?) };
        let (hasher, all, room) = (Hasher::default(), &self.inflated, &*self.room);
        let mut hashing = Hashing { hasher, kept, written: 0, all, room, stop };
        inflate(&Job { what: &what, part: &part, compression, decoding, inflation }, &mut hashing)?;
        if stop.is_stopped() {
            return Err(Error::Interrupted { what });
        }
        let layer = found(hashing.hasher.finish(), part.len(), media_type::of_layer(compression));
        let content = match hashing.kept {
            Some(file) => Readable::Tar(Part::of(Arc::new(file), 0, hashing.written)),
            None => Readable::Stored(part),
        };
        self.fetched().insert(address.hash, Fetched::Read(layer.clone(), content));
        Ok(layer)
    }

    fn fetched(&self) -> MutexGuard<'_, HashMap<Digest, Fetched>> {
        self.fetched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is stored of a layer, verified.
    fn fetch(&self, address: &LayerAddress, stop: &Stop) -> Result<Part, Error> {
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
            (self.room)().and_then(|()| write(&file, bytes, written)).map_err(Error::io(WRITING))?;
            written += read as u64;
        }
        let found = hasher.finish();
        if found != address.hash {
            return Err(LayerError::WrongDigest { what, expected: address.hash, found }.into());
        }
        let part = Part::of(Arc::new(file), 0, written);
        self.fetched().insert(address.hash, Fetched::Stored(part.clone()));
        Ok(part)
    }
}

fn write(file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
    file.write_all_at(bytes, at)
}

impl ImageSource for AddressedImage {
    fn images(&self, stop: &Stop) -> Result<Vec<FoundImage>, Error> {
        let found = self.layers(stop)?;
        let none = || Error::missing("a layer", "it was not looked at");
        let layers =
            self.addresses.layers.iter().map(|layer| found.get(&layer.hash).cloned().ok_or_else(none));
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

    fn to_fetch(&self) -> usize {
        self.missing().len()
    }

    fn fetch_ahead(&self, side_by_side: usize, stop: &Stop) {
        let missing = self.missing();
        let threads = side_by_side.clamp(1, missing.len().max(1));
        let waiting = Mutex::new(missing.into_iter());
        let span = tracing::Span::current();
        thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    let _span = span.enter();
                    while !stop.is_stopped() {
                        let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
                        let Some(address) = next else { break };
                        // Whoever needs it asks again, and says why it cannot be had.
                        if let Err(error) = self.fetch(address, stop) {
                            tracing::debug!("layer `{}` is not fetched ahead: {error}", address.hash);
                        }
                    }
                });
            }
        });
    }

    fn open(&self, layer: &FoundLayer, stop: &Stop) -> Result<Content, Error> {
        let mut addresses = self.addresses.layers.iter();
        match addresses.find(|address| layer.digest == Some(address.hash)) {
            Some(address) => {
                let kept = self.fetched().get(&address.hash).cloned();
                Ok(match kept {
                    Some(Fetched::Read(_, Readable::Tar(tar))) => Content::Inflated(tar),
                    Some(Fetched::Read(_, Readable::Stored(part)) | Fetched::Stored(part)) => {
                        Content::Part(part)
                    }
                    None => Content::Part(self.fetch(address, stop)?),
                })
            }
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

/// Hashes what is inflated, until it is stopped, and keeps it, as long as there is not too much.
struct Hashing<'a> {
    hasher: Hasher,
    kept: Option<File>,
    written: u64,
    /// What is kept of all layers, in bytes.
    all: &'a AtomicU64,
    room: &'a HasRoom,
    stop: &'a Stop,
}

impl Output for Hashing<'_> {
    fn next(&mut self, filled: Buffer) -> Result<Option<Buffer>, BytesError> {
        let bytes = filled.filled();
        self.hasher.update(bytes);
        if let Some(file) = &self.kept {
            let length = bytes.len() as u64;
            let is_enough = self.all.fetch_add(length, Ordering::Relaxed) + length > INFLATED;
            // What is kept only saves inflating it once more.
            if is_enough || (self.room)().is_err() {
                self.all.fetch_sub(self.written + length, Ordering::Relaxed);
                self.kept = None;
            } else {
                write(file, bytes, self.written).map_err(BytesError::io(WRITING))?;
                self.written += length;
            }
        }
        Ok((!self.stop.is_stopped()).then_some(filled))
    }
}

#[cfg(test)]
mod tests;
