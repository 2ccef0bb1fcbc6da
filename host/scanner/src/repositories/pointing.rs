//! Where tags pointed, through time.

use std::collections::BTreeMap;

use limpid_model::{Digest, Image};
use limpid_store::View;
use limpid_store::key::Writer;
use limpid_store::tables::images::{Images, Indexing};
use limpid_store::tables::tags::Tags;

use crate::Error;
use crate::spans::STILL;

/// Images that are read at a time.
const AT_A_TIME: usize = 500;

/// A tag, and where it has pointed: the oldest that is remembered first, last where it points now.
#[derive(Debug)]
pub(super) struct Pointing {
    pub(super) repository: String,
    pub(super) tag: String,
    pub(super) targets: Vec<Target>,
}

/// What a tag pointed at. Times are milliseconds since 1970.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) since: u64,
    /// Excluding it.
    pub(super) until: u64,
    pub(super) images: Vec<Digest>,
}

impl Pointing {
    /// Where it points now.
    pub(super) fn now(&self) -> Option<&Target> {
        self.targets.last()
    }

    /// Where it pointed before.
    pub(super) fn before(&self) -> &[Target] {
        self.targets.split_last().map_or(&[], |(_, before)| before)
    }
}

/// Tags whose keys begin with a prefix, one after the other.
pub(super) fn tags(
    view: &View<'_>,
    prefix: impl FnOnce(&mut Writer),
) -> impl Iterator<Item = Result<Pointing, Error>> {
    let mut rows = view.scan::<Tags>(prefix).peekable();
    std::iter::from_fn(move || {
        let (key, row) = match rows.next()? {
            Ok(first) => first,
            Err(error) => return Some(Err(error.into())),
        };
        let target = Target { since: key.since, until: STILL, images: row.images().collect() };
        let mut pointing = Pointing { repository: key.repository, tag: key.tag, targets: vec![target] };
        while let Some(Ok((key, row))) = rows.next_if(|row| {
            let is_same = |key: &limpid_store::tables::tags::Key| {
                (&key.repository, &key.tag) == (&pointing.repository, &pointing.tag)
            };
            row.as_ref().is_ok_and(|(key, _)| is_same(key))
        }) {
            if let Some(before) = pointing.targets.last_mut() {
                before.until = key.since;
            }
            let images = row.images().collect();
            pointing.targets.push(Target { since: key.since, until: STILL, images });
        }
        Some(Ok(pointing))
    })
}

/// The tags of a repository.
pub(super) fn of_repository(view: &View<'_>, repository: &str) -> Result<Vec<Pointing>, Error> {
    let all = tags(view, |key| {
        key.text(repository);
    });
    all.collect()
}

/// Images that are known still, in the order of their digests.
pub(super) fn known(
    view: &View<'_>,
    wanted: impl IntoIterator<Item = Digest>,
    mut each: impl FnMut(Image, Indexing) -> Result<(), Error>,
) -> Result<(), Error> {
    let wanted: BTreeMap<Digest, ()> = wanted.into_iter().map(|image| (image, ())).collect();
    let wanted: Vec<Digest> = wanted.into_keys().collect();
    for some in wanted.chunks(AT_A_TIME) {
        for (id, row) in some.iter().zip(view.multi_get::<Images>(some)?) {
            if let Some(row) = row {
                let (image, indexing) = row.into_parts(*id);
                each(image, indexing)?;
            }
        }
    }
    Ok(())
}
