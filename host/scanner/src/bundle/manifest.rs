use std::collections::BTreeMap;

use limpid_model::Digest;
use serde::{Deserialize, Serialize};

use crate::BundleError;

/// The form of bundles that this Limpid writes and reads.
const VERSION: u32 = 1;

/// What is in a bundle.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Manifest {
    /// Of the form.
    pub(super) version: u32,
    /// When it was made.
    #[serde(with = "moment")]
    pub(super) made: u64,
    /// By whom.
    pub(super) by: String,
    pub(super) feeds: Vec<Feed>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Feed {
    pub(super) name: String,
    /// Where it was made.
    pub(super) revision: u64,
    /// Up to where all is in it, as its plugin says.
    pub(super) cursor: Option<String>,
    /// When its publisher was last asked and all of it had come.
    #[serde(with = "moment::optional")]
    pub(super) complete: Option<u64>,
    pub(super) sources: Vec<Source>,
    /// Sources that are not in it, and why.
    pub(super) missing: Vec<Missing>,
}

/// A source and what it is read from: a whole document, and what has changed since.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Source {
    pub(super) name: String,
    /// Where it is published; empty where it was handed in.
    pub(super) address: String,
    pub(super) etag: Option<String>,
    pub(super) modified: Option<String>,
    /// When the document came.
    #[serde(with = "moment")]
    pub(super) fetched: u64,
    /// When its publisher last stated that it is still the same.
    #[serde(with = "moment")]
    pub(super) confirmed: u64,
    /// None where its publisher has only changes.
    pub(super) document: Option<Document>,
    pub(super) changes: Vec<Document>,
    /// How many of the changes are all that there was at the beginning.
    pub(super) initial: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Document {
    pub(super) name: String,
    pub(super) size: u64,
    #[serde(with = "digest")]
    pub(super) digest: Digest,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Missing {
    pub(super) source: String,
    pub(super) why: String,
}

impl Manifest {
    pub(super) fn new(made: u64, feeds: Vec<Feed>) -> Self {
        let by = format!("limpid {}", env!("CARGO_PKG_VERSION"));
        Self { version: VERSION, made, by, feeds }
    }

    /// Reads one.
    ///
    /// # Errors
    /// It is of a form that this Limpid does not know, or contradicts itself.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, BundleError> {
        let unusable = |why: String| BundleError::Unusable(format!("its manifest {why}"));
        let form: Form = serde_json::from_slice(bytes)
            .map_err(|error| unusable(format!("is not one of a bundle: {error}")))?;
        if form.version != VERSION {
            return Err(unusable(format!(
                "is of version {}, and this Limpid knows {VERSION}: take another Limpid to read it, or to make it",
                form.version
            )));
        }
        let manifest: Self =
            serde_json::from_slice(bytes).map_err(|error| unusable(format!("cannot be read: {error}")))?;
        manifest.sizes().map_err(unusable)?;
        Ok(manifest)
    }

    pub(super) fn sources(&self) -> impl Iterator<Item = &Source> {
        self.feeds.iter().flat_map(|feed| &feed.sources)
    }

    /// All documents that it names, and how long they are.
    ///
    /// # Errors
    /// One is named with two lengths.
    pub(super) fn sizes(&self) -> Result<BTreeMap<Digest, u64>, String> {
        let mut sizes = BTreeMap::new();
        for document in self.sources().flat_map(Source::documents) {
            if *sizes.entry(document.digest).or_insert(document.size) != document.size {
                return Err(format!("names document {} with two lengths", document.digest));
            }
        }
        Ok(sizes)
    }
}

/// What is read of every form.
#[derive(Deserialize)]
struct Form {
    version: u32,
}

impl Source {
    pub(super) fn documents(&self) -> impl Iterator<Item = &Document> {
        self.document.iter().chain(&self.changes)
    }
}

/// Milliseconds since 1970 as RFC 3339.
mod moment {
    use jiff::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(at: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&text(*at))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        read(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }

    fn text(at: u64) -> String {
        let time = i64::try_from(at).ok().and_then(|at| Timestamp::from_millisecond(at).ok());
        time.unwrap_or(Timestamp::MAX).to_string()
    }

    fn read(text: &str) -> Result<u64, String> {
        let time: Timestamp = text.parse().map_err(|_| format!("`{text}` is no time"))?;
        time.as_millisecond().try_into().map_err(|_| format!("`{text}` is before 1970"))
    }

    pub(super) mod optional {
        use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

        pub(in super::super) fn serialize<S: Serializer>(
            at: &Option<u64>,
            serializer: S,
        ) -> Result<S::Ok, S::Error> {
            at.map(super::text).serialize(serializer)
        }

        pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
            deserializer: D,
        ) -> Result<Option<u64>, D::Error> {
            let text = Option::<String>::deserialize(deserializer)?;
            text.map(|text| super::read(&text)).transpose().map_err(de::Error::custom)
        }
    }
}

/// `sha256:<64 hex digits>`.
mod digest {
    use limpid_model::Digest;
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(digest: &Digest, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(digest)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Digest, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}
