//! Lists of repositories and tags, which come in pages
//! ([tags](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-tags),
//! [catalog](https://distribution.github.io/distribution/spec/api/#listing-repositories)).

use std::collections::HashSet;

use limpid_bytes::Stop;
use serde::Deserialize;
use serde_json::error::Category;
use ureq::http::header::LINK;

use super::endpoint::{Endpoint, expect};
use super::link;
use crate::Error;
use crate::address::Address;
use crate::reference::{is_repository, is_tag};
use crate::transport::Request;

/// Names of one page that are asked for. Registries may give fewer; those that refuse so many (400) are asked
/// for as many as they like.
const PAGE: u64 = 1000;

/// What a registry lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// The names, in the order in which the registry lists them, each once.
    pub names: Vec<String>,
    /// How many names can be none, and are left out.
    pub unusable: u64,
}

#[derive(Deserialize)]
struct Page {
    /// `null` where there are none.
    #[serde(alias = "repositories")]
    tags: Option<Vec<String>>,
}

/// All repositories of a registry.
pub(super) fn repositories(endpoint: &Endpoint, stop: &Stop) -> Result<Listing, Error> {
    list(endpoint, "_catalog", is_repository, stop)
}

/// All tags of a repository.
pub(super) fn tags(endpoint: &Endpoint, stop: &Stop) -> Result<Listing, Error> {
    list(endpoint, "tags/list", is_tag, stop)
}

fn list(endpoint: &Endpoint, first: &str, is_name: fn(&str) -> bool, stop: &Stop) -> Result<Listing, Error> {
    let settings = endpoint.registries.settings();
    let plain = endpoint.base.join(first)?;
    let first = endpoint.base.join(&format!("{first}?n={PAGE}"))?;
    let too_long =
        |what, limit, setting| Error::LongList { address: first.to_string(), what, limit, setting };
    let (mut listing, mut names, mut seen) = (Listing::default(), HashSet::new(), HashSet::new());
    let mut at = first.clone();
    loop {
        if !seen.insert(at.uri().to_string()) {
            let (address, page, limit) = (first.to_string(), seen.len() as u64, settings.pages);
            return Err(Error::LoopingList { address, page, limit });
        }
        if seen.len() as u64 > settings.pages {
            return Err(too_long("pages", settings.pages, "registries.pages"));
        }
        let (page, next) = match endpoint.persist(stop, || page(endpoint, &at, stop)) {
            Err(Error::Status { status: 400, .. }) if at.uri() == first.uri() => {
                at = plain.clone();
                continue;
            }
            page => page?,
        };
        for name in page.tags.unwrap_or_default() {
            if !is_name(&name) {
                listing.unusable += 1;
            } else if names.insert(name.clone()) {
                listing.names.push(name);
            }
        }
        if listing.names.len() as u64 + listing.unusable > settings.names {
            return Err(too_long("names", settings.names, "registries.names"));
        }
        match next {
            Some(next) => at = next,
            None => return Ok(listing),
        }
    }
}

/// One page, and where the next one is.
fn page(endpoint: &Endpoint, at: &Address, stop: &Stop) -> Result<(Page, Option<Address>), Error> {
    let request = Request { accept: "application/json", ..Request::default() };
    let answer = expect(endpoint.ask(at, request, stop)?)?;
    let next = answer.header(&LINK).and_then(link::next).map(|next| next_page(at, next)).transpose()?;
    let address = answer.address.to_string();
    let bytes = answer.read(endpoint.registries.document_bound(), stop)?;
    let page =
        serde_json::from_slice(&bytes).map_err(|error| Error::Malformed { address, why: wrong(&error) })?;
    Ok((page, next))
}

/// The address of the next page: registries behind others often name a host that nobody else can reach, and
/// the page is to be had where the one before it was. So the host that a link names does not count.
pub(super) fn next_page(at: &Address, next: &str) -> Result<Address, Error> {
    let path = match next.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("/", |slash| &rest[slash..]),
        None => next,
    };
    if path.starts_with('?') {
        let own = at.uri().path();
        return at.join(&format!("{own}{path}"));
    }
    // A beginning of two slashes would name a host.
    match path.starts_with("//") {
        true => at.join(&format!("/{}", path.trim_start_matches('/'))),
        false => at.join(path),
    }
}

/// What is wrong with a page, without quoting what is foreign and of any length.
fn wrong(error: &serde_json::Error) -> String {
    let what = match error.classify() {
        Category::Data => "it is no list of names",
        Category::Eof => "it is cut off",
        _ => "it is no JSON",
    };
    format!("{what} at line {}, column {}", error.line(), error.column())
}
