//! In what context layers lie in images. Images of one build line put a layer into the same
//! context, so that there are few of them, however many images there are.

use limpid_model::{Digest, Owner, Text};
use serde::{Deserialize, Serialize};

use super::values::{DigestBytes, each};
use crate::define::define_table;
use crate::{Error, table};

define_table! {
    /// The table.
    Contexts = 21 "contexts";

    /// A layer in some context.
    #[derive(Copy)]
    key {
        /// The layer.
        diff_id: Digest,
        /// Begins the digest of the row: the same context have the same.
        context: u64,
    }
}

/// What an image adds to what a layer states: all that decides how advisories affect its packages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Row {
    namespaces: Vec<String>,
    properties: Vec<(String, String)>,
    detectors: Vec<DigestBytes>,
    hidden: Vec<(String, u64)>,
    owned: Vec<(String, StoredOwner)>,
    /// Of files that are seen through links: the layer that has each.
    stands_for: Vec<(String, DigestBytes)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct StoredOwner {
    package: Text,
    source: Text,
    vendor: Option<String>,
}

/// Version 2.
#[derive(Deserialize)]
struct WithoutLinks {
    namespaces: Vec<String>,
    properties: Vec<(String, String)>,
    detectors: Vec<DigestBytes>,
    hidden: Vec<(String, u64)>,
    owned: Vec<(String, StoredOwner)>,
}

/// Version 1, in which the rows of the inventory stated who owns what, from one layer alone.
#[derive(Deserialize)]
struct WithoutOwned {
    namespaces: Vec<String>,
    properties: Vec<(String, String)>,
    detectors: Vec<DigestBytes>,
    hidden: Vec<(String, u64)>,
}

impl table::Row for Row {
    const VERSION: u8 = 3;

    fn upgrade(version: u8, fields: &[u8]) -> Option<Self> {
        let before = match version {
            1 => {
                let WithoutOwned { namespaces, properties, detectors, hidden } =
                    postcard::from_bytes(fields).ok()?;
                WithoutLinks { namespaces, properties, detectors, hidden, owned: Vec::new() }
            }
            2 => postcard::from_bytes(fields).ok()?,
            _ => return None,
        };
        let WithoutLinks { namespaces, properties, detectors, hidden, owned } = before;
        Some(Self { namespaces, properties, detectors, hidden, owned, stands_for: Vec::new() })
    }
}

impl Row {
    /// The context of one layer of an image: where advisories for the image's distribution are
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
        Self { namespaces, properties, detectors: each(detectors), hidden, owned, stands_for: Vec::new() }
    }

    /// The same of files that are seen through links, with the layer that has each.
    #[must_use]
    pub fn standing_for(self, files: Vec<(String, Digest)>) -> Self {
        let stands_for = files.into_iter().map(|(path, diff_id)| (path, diff_id.into())).collect();
        Self { stands_for, ..self }
    }

    /// The layer that has a file which is seen through links; none where the layer itself has it.
    pub fn real_layer(&self, path: &str) -> Option<Digest> {
        let place = self.stands_for.binary_search_by(|(known, _)| known.as_str().cmp(path)).ok()?;
        self.stands_for.get(place).map(|(_, diff_id)| (*diff_id).into())
    }

    /// Begins the digest of all that it says.
    ///
    /// # Errors
    /// It cannot be encoded.
    pub fn id(&self) -> Result<u64, Error> {
        // As version 2 had it, so that the same context stay the same.
        let Self { namespaces, properties, detectors, hidden, owned, stands_for } = self;
        let encode = |error: postcard::Error| Error::Encode { table: "contexts", source: error.into() };
        let before = (namespaces, properties, detectors, hidden, owned);
        let mut bytes = postcard::to_stdvec(&before).map_err(encode)?;
        if !stands_for.is_empty() {
            bytes = postcard::to_extend(stands_for, bytes).map_err(encode)?;
        }
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
