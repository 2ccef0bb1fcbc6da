//! Repositories of VEX documents, as they are stored.

use std::collections::BTreeSet;

use limpid_model::{VexRepository, VexRepositoryDocument, VexRepositoryState};
use limpid_policy::VexDocument;
use limpid_store::tables::vex_documents::{self, VexDocuments};
use limpid_store::tables::vex_repositories::VexRepositories;
use limpid_store::{Batch, View};

use super::{InForce, check};
use crate::writer::{Writer, Writers};
use crate::{Error, PolicyError, Settings};

/// Longest address of a repository, in bytes.
const URL_BYTES: usize = 2_048;

/// All repositories, by name.
pub(crate) fn all(view: &View<'_>) -> Result<Vec<VexRepository>, Error> {
    view.scan::<VexRepositories>(|_| ())
        .map(|row| row.map(|(name, row)| row.into_repository(name)).map_err(Error::from))
        .collect()
}

/// The repository of that name.
///
/// # Errors
/// [`PolicyError::None`] where there is none.
pub(crate) fn one(view: &View<'_>, name: &str) -> Result<VexRepository, Error> {
    let row = view.get::<VexRepositories>(&name.to_owned())?;
    row.map(|row| row.into_repository(name.to_owned())).ok_or_else(|| none(name))
}

fn none(name: &str) -> Error {
    Error::Policy(PolicyError::None { what: "VEX repository", name: name.to_owned() })
}

/// Adds a repository, or gives the one of that name another address. It is fetched as soon as possible, and keeps its
/// documents until then.
///
/// # Errors
/// [`Error::Policy`] where the name or the address makes no sense, or there are too many.
pub(crate) fn put(
    writers: &Writers,
    settings: &Settings,
    name: &str,
    url: &str,
) -> Result<VexRepository, Error> {
    check(name)?;
    check_url(name, url)?;
    let writer = writers.policies();
    let view = writer.view();
    let repository = match view.get::<VexRepositories>(&name.to_owned())? {
        Some(row) => {
            let known = row.into_repository(name.to_owned());
            if known.url == url {
                return Ok(known);
            }
            VexRepository {
                url: url.to_owned(),
                state: VexRepositoryState { next: None, archive: None, ..known.state },
                ..known
            }
        }
        None => {
            let most = settings.policies.repositories;
            if all(&view)?.len() >= most {
                return Err(Error::Policy(PolicyError::ManyRepositories(most)));
            }
            let (name, url) = (name.to_owned(), url.to_owned());
            VexRepository { name, url, added: settings.clock.now(), state: VexRepositoryState::default() }
        }
    };
    store(&writer, repository.clone())?;
    Ok(repository)
}

fn check_url(name: &str, url: &str) -> Result<(), Error> {
    let why = match limpid_fetch::origin(url) {
        Ok(_) if url.len() > URL_BYTES => format!("its address is over {URL_BYTES} bytes"),
        Ok(_) => return Ok(()),
        Err(error) => error.to_string(),
    };
    Err(Error::Policy(PolicyError::Document { name: name.to_owned(), why }))
}

fn store(writer: &Writer<'_>, repository: VexRepository) -> Result<(), Error> {
    let mut batch = Batch::default();
    batch.put::<VexRepositories>(&repository.name.clone(), &repository.into())?;
    writer.commit(batch)
}

/// Lets a repository be fetched as soon as possible.
///
/// # Errors
/// [`PolicyError::None`] where there is none of that name.
pub(crate) fn update_now(writers: &Writers, name: &str) -> Result<(), Error> {
    let writer = writers.policies();
    let mut repository = one(&writer.view(), name)?;
    repository.state.next = None;
    store(&writer, repository)
}

/// Removes a repository with its documents.
///
/// # Errors
/// [`PolicyError::None`] where there is none of that name.
pub(crate) fn remove((writers, decided): (&Writers, &InForce), name: &str) -> Result<(), Error> {
    let writer = writers.policies();
    let view = writer.view();
    one(&view, name)?;
    let mut batch = Batch::default();
    batch.delete::<VexRepositories>(&name.to_owned());
    for key in keys(&view, name)? {
        batch.delete::<VexDocuments>(&key);
    }
    writer.commit(batch)?;
    decided.repositories.lock().remove(name);
    decided.forget();
    Ok(())
}

fn keys(view: &View<'_>, name: &str) -> Result<BTreeSet<vex_documents::Key>, Error> {
    let keys = view.keys::<VexDocuments>(|key| {
        key.text(name);
    });
    keys.map(|key| Ok(key?)).collect()
}

/// What came of fetching a repository.
pub(crate) enum Fetched {
    /// It is as it was, or the update failed: its documents stay.
    AsBefore,
    /// Its documents.
    New(Vec<VexRepositoryDocument>),
}

/// Writes down what came of fetching a repository. Where that was removed meanwhile, or has another address, nothing
/// is written.
pub(crate) fn fetched(
    (writers, decided): (&Writers, &InForce),
    repository: VexRepository,
    fetched: Fetched,
) -> Result<(), Error> {
    let writer = writers.policies();
    let view = writer.view();
    match one(&view, &repository.name) {
        Ok(known) if known.url == repository.url => {}
        Ok(_) | Err(Error::Policy(PolicyError::None { .. })) => return Ok(()),
        Err(error) => return Err(error),
    }
    let mut batch = Batch::default();
    let is_new = matches!(fetched, Fetched::New(_));
    if let Fetched::New(documents) = fetched {
        let mut gone = keys(&view, &repository.name)?;
        for document in documents {
            let (repository, location) = (repository.name.clone(), document.location.clone());
            let key = vex_documents::Key { repository, location };
            gone.remove(&key);
            batch.put::<VexDocuments>(&key, &document.into())?;
        }
        gone.iter().for_each(|key| batch.delete::<VexDocuments>(key));
    }
    batch.put::<VexRepositories>(&repository.name.clone(), &repository.into())?;
    writer.commit(batch)?;
    if is_new {
        decided.forget();
    }
    Ok(())
}

/// What a document of a repository states of the packages that it is about.
///
/// # Errors
/// Why it cannot be used.
pub(crate) fn understood(repository: &str, document: &VexRepositoryDocument) -> Result<VexDocument, String> {
    let VexRepositoryDocument { location, packages, bytes } = document;
    let read = VexDocument::read(location, bytes).map_err(|error| error.to_string())?;
    let of_repository = read.of_repository(repository, packages);
    of_repository.ok_or_else(|| format!("it states nothing of {}", packages.join(", ")))
}

/// All documents of a repository that are in force.
pub(super) fn documents(view: &View<'_>, name: &str) -> Result<Vec<VexDocument>, Error> {
    let rows = view.scan::<VexDocuments>(|key| {
        key.text(name);
    });
    let mut documents = Vec::new();
    for row in rows {
        let (key, row) = row?;
        let document = row.into_document(key);
        match understood(name, &document) {
            Ok(understood) => documents.push(understood),
            // Another version of Limpid understood it. Without it, more findings count.
            Err(error) => {
                let location = document.location;
                tracing::error!(repository = name, location, "{error}: it decides nothing");
            }
        }
    }
    Ok(documents)
}
