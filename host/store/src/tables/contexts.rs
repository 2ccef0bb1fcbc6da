//! In what surroundings layers lie in images. Images of one build line put a layer into the same
//! surroundings, so that there are few of them, however many images there are.

use limpid_model::{Digest, Owner, Text};
use serde::{Deserialize, Serialize};

use super::values::{DigestBytes, each};
use crate::key::{self, Reader, Writer};
use crate::{Error, table};

/// The table.
#[derive(Debug)]
pub struct Contexts;

impl table::Table for Contexts {
    const ID: u8 = 21;
    const NAME: &'static str = "contexts";
    type Key = Key;
    type Row = Row;
}

/// A layer in some surroundings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// The layer.
    pub diff_id: Digest,
    /// Begins the digest of the row: the same surroundings have the same.
    pub context: u64,
}

impl key::Key for Key {
    fn encode(&self, out: &mut Writer) {
        out.digest(&self.diff_id).number(self.context);
    }

    fn decode(from: &mut Reader<'_>) -> Option<Self> {
        Some(Self { diff_id: from.digest()?, context: from.number()? })
    }
}

/// What an image adds to what a layer states: all that decides how advisories concern its packages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Row {
    namespaces: Vec<String>,
    properties: Vec<(String, String)>,
    detectors: Vec<DigestBytes>,
    hidden: Vec<(String, u64)>,
    owned: Vec<(String, StoredOwner)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct StoredOwner {
    package: Text,
    source: Text,
    vendor: Option<String>,
}

/// Version 1, in which the rows of the inventory said who owns what, from one layer alone.
#[derive(Deserialize)]
struct WithoutOwned {
    namespaces: Vec<String>,
    properties: Vec<(String, String)>,
    detectors: Vec<DigestBytes>,
    hidden: Vec<(String, u64)>,
}

impl table::Row for Row {
    const VERSION: u8 = 2;

    fn upgrade(version: u8, fields: &[u8]) -> Option<Self> {
        let old: WithoutOwned = (version == 1).then(|| postcard::from_bytes(fields).ok()).flatten()?;
        let WithoutOwned { namespaces, properties, detectors, hidden } = old;
        Some(Self { namespaces, properties, detectors, hidden, owned: Vec::new() })
    }
}

impl Row {
    /// The surroundings of one layer of an image: where advisories for the image's distribution are
    /// published, facts of the image, the components of its detectors, which files of the layer
    /// are hidden, by the layer how many places above, and which packages of the distribution put
    /// files of the layer there from which detectors read other packages.
    pub fn new(
        namespaces: Vec<String>,
        properties: Vec<(String, String)>,
        detectors: Vec<Digest>,
        hidden: Vec<(String, u64)>,
        owned: Vec<(String, Owner)>,
    ) -> Self {
        let stored = |Owner { package, source, vendor }| StoredOwner { package, source, vendor };
        let owned = owned.into_iter().map(|(path, owner)| (path, stored(owner))).collect();
        Self { namespaces, properties, detectors: each(detectors), hidden, owned }
    }

    /// Begins the digest of all that it says.
    ///
    /// # Errors
    /// It cannot be encoded.
    pub fn id(&self) -> Result<u64, Error> {
        let bytes =
            postcard::to_stdvec(self).map_err(|source| Error::Encode { table: "contexts", source })?;
        let digest = Digest::of(&bytes);
        let (head, _) = digest.as_bytes().split_first_chunk().unwrap_or((&[0; 8], &[]));
        Ok(u64::from_be_bytes(*head))
    }

    /// Where advisories for the image's distribution are published, best first.
    pub fn namespaces(&self) -> &[String] {
        &self.namespaces
    }

    /// Facts of the image that advisories may require.
    pub fn properties(&self) -> &[(String, String)] {
        &self.properties
    }

    /// The components of the detectors whose findings count.
    pub fn detectors(&self) -> impl Iterator<Item = Digest> {
        self.detectors.iter().map(|&component| component.into())
    }

    /// Files of the layer that are hidden, and how many places above is the layer that hides them.
    pub fn hidden(&self) -> impl Iterator<Item = (&str, usize)> {
        self.hidden.iter().map(|(path, by)| (path.as_str(), usize::try_from(*by).unwrap_or(usize::MAX)))
    }

    /// Files of the layer from which a detector read packages, and the package of the distribution
    /// that put each there.
    pub fn owned(&self) -> impl Iterator<Item = (&str, Owner)> {
        self.owned.iter().map(|(path, StoredOwner { package, source, vendor })| {
            let (package, source, vendor) = (package.clone(), source.clone(), vendor.clone());
            (path.as_str(), Owner { package, source, vendor })
        })
    }
}
