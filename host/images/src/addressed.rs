//! An image of which only its layers' addresses are known.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use limpid_bytes::{
    Buffer, Compression, Error as BytesError, Job, Limit, Output, Part, Spool, Stop, inflate, unnamed,
};
use limpid_fetch::{Blob, Registries};
use limpid_layers::{Error as LayerError, Limits, compression};
use limpid_model::{Digest, Hasher, LayerAddress, LayerAddresses};
use serde_json::json;

use crate::error::cut;
use crate::{
    ArrivingLayer, Content, Error, FoundImage, FoundLayer, ImageSource, Location, document, media_type,
};

/// What fails where the disk takes no more.
const WRITING: &str = "writing a layer to a temporary file";

/// Read at a time, in bytes.
const BUFFER: usize = 256 << 10;

/// An image whose layers are at these addresses, as a registry hands it to a scanner.
///
/// Nothing is known of it but its manifest's digest and the layers' own: no diff IDs, so that all layers that
/// are not known are fetched and inflated before the image is, by whoever reads them anyway and says what they are, or
/// else by this; no platform and no history. It is identified by the digest of a configuration that is made of the diff
/// IDs, so that the same layers are one image.
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
    /// Layers that are fetched or were, by the digest of what is stored.
    fetched: Mutex<HashMap<Digest, Fetched>>,
    /// What those turned out to be that were read.
    names: Mutex<HashMap<Digest, KnownLayer>>,
    room: Box<HasRoom>,
}

/// What is stored of a layer, in a file without a name. Whoever reads it holds it against its digest.
#[derive(Clone)]
enum Fetched {
    /// Who reads it waits for what has not come.
    Coming(Part),
    /// All of it.
    Here(Part),
}

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
        let (known, room) = (Box::new(|_: &Digest| None), Box::new(|| Ok(())));
        let (fetched, names, side_by_side) = (Mutex::default(), Mutex::default(), 1);
        Ok(Self {
            registries,
            addresses,
            headers,
            scratch,
            limits,
            known,
            side_by_side,
            fetched,
            names,
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

    /// Those of which it is not known what they are.
    fn nameless(&self) -> Vec<&LayerAddress> {
        let mut different = self.different();
        let names = self.names();
        different
            .retain(|address| !names.contains_key(&address.hash) && (self.known)(&address.hash).is_none());
        different
    }

    /// Those of them that are neither here nor on their way.
    fn missing(&self) -> Vec<&LayerAddress> {
        let mut nameless = self.nameless();
        let fetched = self.fetched();
        nameless.retain(|address| !fetched.contains_key(&address.hash));
        nameless
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
        let part = self.here(address, stop)?;
        let compression = || compression(&part.head(&what)?).map_err(|why| Error::unsupported(&what, why));
        let named = self.names().get(&address.hash).copied();
        let diff_id = match named {
            Some(named) => named.diff_id,
            None => self.read(address, &part, &what, compression, stop)?,
        };
        Ok(found(diff_id, part.len(), media_type::of_layer(compression()?)))
    }

    /// Reads a layer for nothing but its diff ID: nobody else has, or it is not what it should be.
    fn read(
        &self,
        address: &LayerAddress,
        part: &Part,
        what: &str,
        compression: impl Fn() -> Result<Compression, Error>,
        stop: &Stop,
    ) -> Result<Digest, Error> {
        let found = part.digest(what)?;
        if found != address.hash {
            self.fetched().remove(&address.hash);
            let what = what.to_owned();
            return Err(LayerError::WrongDigest { what, expected: address.hash, found }.into());
        }
        let bytes = Limit::of("layer_inflated_bytes", self.limits.layer_inflated_bytes);
        let (decoding, inflation) = (self.limits.decoding(), self.limits.inflation(bytes));
        let mut hashing = Hashing { hasher: Hasher::default(), stop };
        inflate(&Job { what, part, compression: compression()?, decoding, inflation }, &mut hashing)?;
        if stop.is_stopped() {
            return Err(Error::Interrupted { what: what.to_owned() });
        }
        let diff_id = hashing.hasher.finish();
        self.name(&address.hash, KnownLayer { diff_id, size: part.len() });
        Ok(diff_id)
    }

    fn fetched(&self) -> MutexGuard<'_, HashMap<Digest, Fetched>> {
        self.fetched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn names(&self) -> MutexGuard<'_, HashMap<Digest, KnownLayer>> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All that is stored of a layer, fetched where it is not, and waited for where it is on its way.
    fn here(&self, address: &LayerAddress, stop: &Stop) -> Result<Part, Error> {
        let fetched = self.fetched().get(&address.hash).cloned();
        match fetched {
            Some(Fetched::Here(part)) => Ok(part),
            Some(Fetched::Coming(part)) if part.wait().is_ok() => Ok(part),
            // Whoever fetched it could not.
            Some(Fetched::Coming(_)) | None => self.fetch(address, stop, &|_| ()),
        }
    }

    /// Fetches what is stored of a layer; `begun` hears of it as it begins to come.
    fn fetch(&self, address: &LayerAddress, stop: &Stop, begun: &dyn Fn(&Part)) -> Result<Part, Error> {
        let what = format!("layer `{}`", address.hash);
        let mut layers = self.addresses.layers.iter().zip(&self.headers);
        let headers = layers.find(|(layer, _)| *layer == address).map(|(_, headers)| headers.clone());
        let mut blob = self.registries.address(&address.uri, &headers.unwrap_or_default(), stop)?;
        let file = unnamed(&self.scratch)?;
        let Some(size) = blob.size() else {
            // Nobody can follow what is of any length.
            let (spool, part) = Spool::open_ended(file);
            let written = self.write(&mut blob, spool, &what)?;
            let part = part.section(0, written).ok_or_else(|| Error::missing(&what, "it has no end"))?;
            self.fetched().insert(address.hash, Fetched::Here(part.clone()));
            begun(&part);
            return Ok(part);
        };
        let (spool, part) = Spool::new(file, size);
        self.fetched().insert(address.hash, Fetched::Coming(part.clone()));
        begun(&part);
        let written = self.write(&mut blob, spool, &what).and_then(|written| {
            let why = || format!("it has {written} bytes in place of {size}");
            if written == size { Ok(()) } else { Err(Error::damaged(&what, written, why())) }
        });
        let mut fetched = self.fetched();
        match written {
            Ok(()) => {
                fetched.insert(address.hash, Fetched::Here(part.clone()));
                Ok(part)
            }
            Err(error) => {
                fetched.remove(&address.hash);
                Err(error)
            }
        }
    }

    /// Writes all that comes. Returns how many bytes that are.
    fn write(&self, blob: &mut Blob, mut spool: Spool, what: &str) -> Result<u64, Error> {
        let mut buffer = vec![0; BUFFER];
        loop {
            let read = blob.read(&mut buffer).map_err(|source| Error::of_stream(what.to_owned(), source))?;
            let bytes = buffer.get(..read).unwrap_or_default();
            if bytes.is_empty() {
                return Ok(spool.written());
            }
            (self.room)().and_then(|()| spool.write(bytes)).map_err(Error::io(WRITING))?;
        }
    }
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

    fn fetch_ahead(&self, side_by_side: usize, stop: &Stop, tell: &(dyn Fn(ArrivingLayer) + Sync)) {
        let arriving = |address: &LayerAddress, part: &Part| ArrivingLayer {
            location: Location::Digest,
            part: part.clone(),
            named: Some(address.hash),
        };
        let missing = self.missing();
        for address in self.nameless() {
            let here = self.fetched().get(&address.hash).cloned();
            if let Some(Fetched::Coming(part) | Fetched::Here(part)) = here {
                tell(arriving(address, &part));
            }
        }
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
                        let begun = |part: &Part| tell(arriving(address, part));
                        if let Err(error) = self.fetch(address, stop, &begun) {
                            tracing::debug!("layer `{}` is not fetched ahead: {error}", address.hash);
                        }
                    }
                });
            }
        });
    }

    fn unnamed(&self) -> usize {
        self.nameless().len()
    }

    fn name(&self, stored: &Digest, known: KnownLayer) {
        self.names().insert(*stored, known);
    }

    fn open(&self, layer: &FoundLayer, stop: &Stop) -> Result<Content, Error> {
        let mut addresses = self.addresses.layers.iter();
        match addresses.find(|address| layer.digest == Some(address.hash)) {
            Some(address) => Ok(Content::Part(self.here(address, stop)?)),
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
