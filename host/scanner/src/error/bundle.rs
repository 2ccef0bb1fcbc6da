use limpid_signature::KeyError;

/// Why a bundle is not ingested. Nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// It is something else, or was cut short, or changed.
    #[error("this is no bundle that can be used: {0}")]
    Unusable(String),
    /// It cannot be read further.
    #[error("the bundle cannot be read")]
    Damaged(#[source] std::io::Error),
    /// Nobody who is trusted vouches for it.
    #[error("nobody whom setting `bundles.trusted_keys` names vouches for this bundle: {0}")]
    Untrusted(String),
    /// Its manifest is too long.
    #[error("its manifest is longer than {limit} bytes, the limit of setting `bundles.manifest_bytes`")]
    ManifestTooLong {
        /// The limit.
        limit: u64,
    },
    /// A key of the settings is none.
    #[error("setting `bundles.trusted_keys`: `{entry}`: {why}")]
    Key {
        /// The key.
        entry: String,
        /// Why it is none.
        why: KeyError,
    },
}
