//! A registry on loopback for tests: tags, catalogs in pages, multi-platform indexes, basic and bearer
//! authentication, and whatever a real one will not do: a connection cut in mid-layer, 503s, a digest that lies,
//! one that never answers, a redirect to where nobody should go, a list that loops.
//!
//! It knows no crate of the host, so that all of them can be tested with it.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "only tests call this, and are to fail here"
)]

mod answers;
mod http;
mod images;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

pub use http::Asked;
pub use images::{Platform, TestImage};
use sha2::{Digest, Sha256};

/// The media types of what is pushed.
pub mod media_types {
    /// An OCI index.
    pub const INDEX: &str = "application/vnd.oci.image.index.v1+json";
    /// An OCI manifest.
    pub const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
    /// A Docker manifest list.
    pub const LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
    /// A Docker manifest of schema 2.
    pub const SCHEMA_2: &str = "application/vnd.docker.distribution.manifest.v2+json";
    /// A Docker manifest of schema 1.
    pub const SCHEMA_1: &str = "application/vnd.docker.distribution.manifest.v1+prettyjws";
}

/// A registry that is served until the test ends.
#[derive(Clone, Debug)]
pub struct Registry {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

/// Who may read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    #[default]
    Anyone,
    /// Who shows a user and a password.
    Basic {
        /// The user.
        username: String,
        /// The password.
        password: String,
    },
    /// Who shows a token.
    Bearer(TokenService),
}

/// How tokens are given out, at `/token`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenService {
    /// The user and the password for whom there are tokens; none: for anybody.
    pub login: Option<(String, String)>,
    /// The identity token for which there are others.
    pub identity: Option<String>,
    /// How long a token is good.
    pub lifetime: Duration,
    /// How long it says that a token is good.
    pub stated: Duration,
    /// How tokens are asked for.
    pub flow: Flow,
}

/// How tokens are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// By `GET`, and by a form where there is an identity token.
    Both,
    /// By a form only.
    Form,
}

impl Default for TokenService {
    /// Tokens for anybody, good for a minute.
    fn default() -> Self {
        let minute = Duration::from_secs(60);
        Self { login: None, identity: None, lifetime: minute, stated: minute, flow: Flow::Both }
    }
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The connection is cut after so many bytes of the body.
    Cut(usize),
    /// Another status is answered, perhaps with `Retry-After`.
    Status(u16, Option<String>),
    /// Another body is answered.
    Lie(Vec<u8>),
    /// Nothing is answered, ever.
    Silent,
    /// So many bytes of the body are answered, and then nothing, ever.
    Stall(usize),
    /// So many bytes of the body are answered every ten milliseconds.
    Drip(usize),
    /// It sends on to another address.
    Redirect(String),
    /// Asks for a token of this address.
    Realm(String),
    /// Ranges are ignored: all of the body is answered.
    NoRanges,
    /// Another part of the body is answered than was asked for.
    WrongRange,
    /// Answers have no digest.
    NoDigest,
    /// Answers have this digest.
    Digest(String),
    /// A page of a list leads to this one.
    Link(String),
}

#[derive(Debug)]
struct Planned {
    part: String,
    left: usize,
    fault: Fault,
}

/// A repository, and a tag or digest in it.
type Named = (String, String);

/// A media type, and the document.
type Manifest = (String, Arc<Vec<u8>>);

#[derive(Debug, Default)]
struct State {
    blobs: BTreeMap<String, Arc<Vec<u8>>>,
    /// Media type and document, by repository and digest.
    manifests: BTreeMap<Named, Manifest>,
    /// Digest, by repository and tag.
    tags: BTreeMap<(String, String), String>,
    /// Repositories without a tag are listed, too.
    repositories: BTreeSet<String>,
    access: Access,
    tokens: BTreeMap<String, Instant>,
    /// Names of one page.
    page: Option<usize>,
    /// Whether there is the API of referrers.
    lists_referrers: bool,
    faults: Vec<Planned>,
    asked: Vec<Asked>,
    given: u64,
}

impl Registry {
    /// Starts an empty registry that anybody may read.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let registry = Self { address: listener.local_addr().unwrap(), state: Arc::default() };
        let served = registry.clone();
        thread::spawn(move || {
            for connection in listener.incoming().map_while(Result::ok) {
                let registry = served.clone();
                thread::spawn(move || http::serve(&registry, &connection));
            }
        });
        registry
    }

    /// `127.0.0.1:PORT`
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    /// An address of this registry.
    pub fn at(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// From now on these may read.
    pub fn admit(&self, access: Access) {
        self.state().access = access;
    }

    /// From now on lists come in pages of at most so many names.
    pub fn list_in_pages(&self, names: usize) {
        self.state().page = Some(names);
    }

    /// From now on it lists what refers to a manifest.
    pub fn list_referrers(&self) {
        self.state().lists_referrers = true;
    }

    /// Plans a fault of the next `times` requests whose path or query has this part.
    pub fn plan(&self, part: &str, times: usize, fault: Fault) {
        self.state().faults.push(Planned { part: part.to_owned(), left: times, fault });
    }

    /// Forgets all faults that have not come yet.
    pub fn heal(&self) {
        self.state().faults.clear();
    }

    /// What was asked, in order.
    pub fn asked(&self) -> Vec<Asked> {
        self.state().asked.clone()
    }

    /// What was asked since the last time that somebody asked this.
    pub fn take_asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.state().asked)
    }

    /// No token that was given is good any more.
    pub fn revoke_tokens(&self) {
        self.state().tokens.clear();
    }

    /// Adds a blob and returns its digest. It is to be had in every repository.
    pub fn push_blob(&self, bytes: &[u8]) -> String {
        let digest = digest(bytes);
        self.state().blobs.insert(digest.clone(), Arc::new(bytes.to_vec()));
        digest
    }

    /// Adds a manifest or an index and returns its digest.
    pub fn push_manifest(&self, repository: &str, media_type: &str, bytes: &[u8]) -> String {
        let digest = digest(bytes);
        let mut state = self.state();
        state.repositories.insert(repository.to_owned());
        let manifest = (media_type.to_owned(), Arc::new(bytes.to_vec()));
        state.manifests.insert((repository.to_owned(), digest.clone()), manifest);
        digest
    }

    /// Lets a tag lead to a digest.
    pub fn tag(&self, repository: &str, tag: &str, digest: &str) {
        let mut state = self.state();
        state.repositories.insert(repository.to_owned());
        state.tags.insert((repository.to_owned(), tag.to_owned()), digest.to_owned());
    }

    /// Removes a tag.
    pub fn untag(&self, repository: &str, tag: &str) {
        self.state().tags.remove(&(repository.to_owned(), tag.to_owned()));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Bytes in base64.
pub fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// `sha256:...`
pub fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(bytes)))
}
