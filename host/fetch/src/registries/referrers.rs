//! What refers to a manifest: signatures, bills of materials and statements that are attached to it
//! ([API](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-referrers)).

use std::collections::{BTreeMap, HashSet};

use limpid_bytes::Stop;
use limpid_model::Digest;
use serde::Deserialize;
use ureq::http::header::{CONTENT_TYPE, LINK};

use super::endpoint::{Endpoint, expect};
use super::listing::next_page;
use super::{Repository, link};
use crate::address::Address;
use crate::error::quoted;
use crate::transport::Request;
use crate::{Error, Version};

/// The media type of the list.
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// A manifest that refers to another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Referrer {
    /// Its digest.
    pub digest: Digest,
    /// What it says that it is; empty where it says nothing.
    pub artifact_type: String,
    /// What else it says of itself.
    pub annotations: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Page {
    manifests: Option<Vec<Descriptor>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    digest: String,
    artifact_type: Option<String>,
    annotations: Option<BTreeMap<String, String>>,
}

impl Repository {
    /// All manifests that refer to one, at most so many, which is what `setting` says. Registries without the API
    /// are asked for the tag under which clients keep the list there. Mirrors, which know only what they were asked
    /// for, are not asked.
    ///
    /// # Errors
    /// The registry shows none to whoever asks, or more than is allowed.
    pub fn referrers(
        &self,
        digest: &Digest,
        most: u64,
        setting: &'static str,
        stop: &Stop,
    ) -> Result<Vec<Referrer>, Error> {
        if let Some(found) = self.referrers_by_api(digest, (most, setting), stop)? {
            return Ok(found);
        }
        let endpoint = self.endpoints.last().ok_or(Error::Stopped)?;
        let address = endpoint.base.join(&format!("referrers/{digest}"))?.to_string();
        let list = List { address, most, setting, found: Vec::new(), seen: HashSet::new() };
        self.under_tag(list, digest, stop)
    }

    /// The same of registries that have the API; none of others, which are asked nothing more.
    ///
    /// # Errors
    /// Those of [`Self::referrers`].
    pub fn referrers_by_api(
        &self,
        digest: &Digest,
        (most, setting): (u64, &'static str),
        stop: &Stop,
    ) -> Result<Option<Vec<Referrer>>, Error> {
        let endpoint = self.endpoints.last().ok_or(Error::Stopped)?;
        let first = endpoint.base.join(&format!("referrers/{digest}"))?;
        let mut list =
            List { address: first.to_string(), most, setting, found: Vec::new(), seen: HashSet::new() };
        let pages = endpoint.registries.settings().pages;
        let (mut at, mut seen) = (first.clone(), HashSet::new());
        loop {
            let count = seen.len() as u64 + 1;
            if !seen.insert(at.uri().to_string()) {
                return Err(Error::LoopingList { address: first.to_string(), page: count, limit: pages });
            }
            if count > pages {
                let (what, setting) = ("pages", "registries.pages");
                return Err(Error::LongList { address: first.to_string(), what, limit: pages, setting });
            }
            let (page, next) = match endpoint.persist(stop, || page(endpoint, &at, stop)) {
                // Registries from before there was the API answer it in several ways.
                Err(Error::Status { status: 400 | 404 | 405 | 501, .. }) if count == 1 => return Ok(None),
                page => page?,
            };
            list.add(page)?;
            match next {
                Some(next) => at = next,
                None => return Ok(Some(list.found)),
            }
        }
    }

    /// The list that clients keep under a tag
    /// ([schema](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#referrers-tag-schema)).
    fn under_tag(&self, mut list: List, digest: &Digest, stop: &Stop) -> Result<Vec<Referrer>, Error> {
        let Some(tag) = Version::tag(&format!("sha256-{}", digest.hex())) else { return Ok(Vec::new()) };
        let index = match self.manifest(&tag, stop) {
            Err(error) if error.is_absent() => return Ok(Vec::new()),
            index => index?,
        };
        list.add(parse(&index.bytes, &list.address)?)?;
        Ok(list.found)
    }

    /// A blob that is read whole and is of at most so many bytes, which is what `setting` says; verified.
    ///
    /// # Errors
    /// Nobody who has the repository gives it, or it is not what its digest and size say.
    pub fn attachment(
        &self,
        digest: &Digest,
        size: u64,
        (most, setting): (u64, &'static str),
        stop: &Stop,
    ) -> Result<Vec<u8>, Error> {
        self.whole(digest, size, crate::transport::Bound { bytes: most, setting }, stop)
    }
}

/// A list as it is read.
struct List {
    address: String,
    most: u64,
    setting: &'static str,
    found: Vec<Referrer>,
    seen: HashSet<Digest>,
}

impl List {
    fn add(&mut self, page: Page) -> Result<(), Error> {
        for descriptor in page.manifests.unwrap_or_default() {
            // Of another algorithm, or none: no such manifest is read.
            let Ok(digest) = descriptor.digest.parse() else { continue };
            if !self.seen.insert(digest) {
                continue;
            }
            if self.found.len() as u64 >= self.most {
                let (address, limit, setting) = (self.address.clone(), self.most, self.setting);
                return Err(Error::LongList { address, what: "referrers", limit, setting });
            }
            self.found.push(Referrer {
                digest,
                artifact_type: quoted(&descriptor.artifact_type.unwrap_or_default()),
                annotations: descriptor.annotations.unwrap_or_default(),
            });
        }
        Ok(())
    }
}

fn page(endpoint: &Endpoint, at: &Address, stop: &Stop) -> Result<(Page, Option<Address>), Error> {
    let request = Request { accept: INDEX, ..Request::default() };
    let answer = expect(endpoint.ask(at, request, stop)?)?;
    let (address, status) = (answer.address.to_string(), 404);
    // Some send every path that they do not know to a page for people.
    let is_page = answer.header(&CONTENT_TYPE).is_some_and(|kind| kind.starts_with("text/html"));
    if is_page {
        return Err(Error::Status { address, status, message: String::new() });
    }
    let next = answer.header(&LINK).and_then(link::next).map(|next| next_page(at, next)).transpose()?;
    let bytes = answer.read(endpoint.registries.document_bound(), stop)?;
    Ok((parse(&bytes, &address)?, next))
}

fn parse(bytes: &[u8], address: &str) -> Result<Page, Error> {
    serde_json::from_slice(bytes).map_err(|error| {
        let why = format!("it is no index at line {}, column {}", error.line(), error.column());
        Error::Malformed { address: address.to_owned(), why }
    })
}
