//! Finds machine learning models by the heads of their files.
//!
//! | File | What is read |
//! |---|---|
//! | begins with `GGUF` | the metadata of [GGUF](https://github.com/ggml-org/ggml/blob/master/docs/gguf.md) 1 to 3 |
//! | `*.safetensors` | `__metadata__` of the [header](https://github.com/huggingface/safetensors#format), where it follows the [model specification](https://github.com/Stability-AI/ModelSpec) |
//!
//! Models in Python's own serialisation (`*.pt`, `*.bin`) are programs that only Python could run; they are not read.
//!
//! # What is a package
//!
//! A model is one where something identifies it, best first:
//!
//! 1. the cache of Hugging Face's libraries, in which the path of a file says repository and commit:
//!    `models--ORG--NAME/snapshots/COMMIT`;
//! 2. a repository on Hugging Face that the file names as its own, or as what it was made from;
//! 3. a name, which is a package of type `generic`: nobody says that it is the only one of its name.
//!
//! The version is the commit, or the one that the file states, or [`UNKNOWN`]. Licences are stated; architecture and base
//! models are qualifiers. Packages are in the namespaces `huggingface` and `generic`, and their versions are ordered by
//! the scheme `generic`. No publisher states advisories in the former.
//!
//! Of a model in several files (`-00002-of-00003`) the first one states it. No more than the first [`HEAD`] bytes of any
//! file are looked at.

mod cursor;
mod gguf;
mod place;
mod safetensors;

use limpid_plugin_sdk::detector::{Claim, Detector, File, Package, Report};
use limpid_plugin_sdk::{Error, Purl, export_detector};

/// How much of a file is looked at, in bytes. Metadata that identifies a model stands before its vocabulary, which may
/// have some MB.
pub const HEAD: u32 = 4 << 20;

/// The version of a model that states none.
pub const UNKNOWN: &str = "unknown";

/// How many base models and licences are kept.
const MAX_LISTED: usize = 8;

/// The longest text that is believed to be a name, a version or a licence, in bytes.
const MAX_TEXT: usize = 512;

const HUGGING_FACE: &str = "huggingface";
const GENERIC: &str = "generic";

/// The detector `models`.
#[derive(Debug)]
pub struct Models;

impl Detector for Models {
    fn claims() -> Vec<Claim> {
        vec![Claim::magic_alone(gguf::MAGIC).head(HEAD), Claim::alone("**/*.safetensors").head(HEAD)]
    }

    fn detect(files: &[File]) -> Result<Report, Error> {
        Ok(Report::of_each(files, read))
    }
}

export_detector!(Models);

/// What the head of a file says of its model.
#[derive(Debug, Default, PartialEq, Eq)]
struct Model {
    name: Option<String>,
    version: Option<String>,
    /// Repositories as they are stated, best first: `ORG/NAME`, or an address.
    repositories: Vec<String>,
    architecture: Option<String>,
    licenses: Vec<String>,
    /// What it was made from: repositories or names.
    bases: Vec<String>,
    /// Whether it is a further file of a model whose first one says all of this.
    is_part: bool,
}

fn read(file: &File, report: &mut Report) -> Result<(), Error> {
    let head = file.read_at(0, HEAD);
    let is_whole = head.len() as u64 == file.size();
    let read = if head.starts_with(&gguf::MAGIC) { gguf::read } else { safetensors::read };
    if place::is_further_part(file.name()) {
        return Ok(());
    }
    let cached = place::in_cache(file.path());
    let (model, problem) = match read(&head, is_whole) {
        Ok((model, problem)) => (model, problem),
        // Where it lies is enough to identify it.
        Err(error) if cached.is_some() => (Model::default(), Some(error)),
        Err(error) => return Err(error),
    };
    if model.is_part {
        return Ok(());
    }
    match package(cached, model) {
        Some(package) => report.found(file.path(), package),
        None if problem.is_none() => {
            return Err(Error::unsupported("it does not say which model it holds"));
        }
        None => {}
    }
    problem.map_or(Ok(()), Err)
}

fn package(cached: Option<place::Cached>, model: Model) -> Option<Package> {
    let Model { name, version, repositories, architecture, licenses, bases, .. } = model;
    let stated = repositories.iter().find_map(|text| place::repository(text));
    let (repository, commit) = match cached {
        Some(place::Cached { repository, commit }) => (Some(repository), Some(commit)),
        None => (stated, None),
    };
    let version = commit.clone().or(version).unwrap_or_else(|| UNKNOWN.to_owned());
    let package = match (repository, name) {
        (Some(repository), _) => {
            let purl = match repository.split_once('/') {
                Some((owner, name)) => Purl::new(HUGGING_FACE, name).namespace(owner),
                None => Purl::new(HUGGING_FACE, &repository),
            };
            // Its version is a commit, and nothing else.
            let purl = purl.version(commit.unwrap_or_default());
            Package::new(repository, version, GENERIC).namespace(HUGGING_FACE).purl(purl)
        }
        (None, Some(name)) => {
            let purl = Purl::new(GENERIC, &name).version(if version == UNKNOWN { "" } else { &version });
            Package::new(name, version, GENERIC).namespace(GENERIC).purl(purl)
        }
        (None, None) => return None,
    };
    let package = licenses.into_iter().take(MAX_LISTED).fold(package, Package::license);
    let package = match architecture {
        Some(architecture) => package.qualifier("architecture", architecture),
        None => package,
    };
    Some(bases.into_iter().take(MAX_LISTED).fold(package, |package, base| {
        let base = place::repository(&base).unwrap_or(base);
        package.qualifier("base-model", base)
    }))
}

/// A text that may be a name, a version or a licence.
fn text(text: &str) -> Option<String> {
    let text = text.trim();
    let is_one = (1..=MAX_TEXT).contains(&text.len()) && !text.chars().any(char::is_control);
    is_one.then(|| text.to_owned())
}

#[cfg(test)]
mod tests;
