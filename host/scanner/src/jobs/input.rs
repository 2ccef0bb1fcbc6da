use std::collections::BTreeMap;
use std::fmt;

use limpid_fetch::Login;
use limpid_images::{Error, ImageSource, KnownLayer};
use limpid_model::{Digest, Submission};

/// Opens what submissions name that is elsewhere: registries, of which this crate knows nothing.
pub trait OpenSource: Send + Sync {
    /// Where the images of a submission come from that is no archive. Nothing is asked yet. `known` has the
    /// layers that are known, by the digests of their stored forms: these need not be fetched.
    ///
    /// # Errors
    /// It names nothing that can be asked.
    fn open(
        &self,
        submission: &Submission,
        secrets: &Secrets,
        known: BTreeMap<Digest, KnownLayer>,
    ) -> Result<Box<dyn ImageSource>, Error>;
}

/// What a submission needs and nobody else may know. It lives in memory as long as its job, and is never
/// shown.
#[derive(Clone, Default)]
pub struct Secrets {
    /// Who asks the registry, where that is not what the settings say.
    pub login: Option<Login>,
    /// Headers of requests for layers, for each layer, by name.
    pub headers: Vec<BTreeMap<String, String>>,
}

impl Secrets {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.login.is_none() && self.headers.iter().all(BTreeMap::is_empty)
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets")
    }
}
