//! Images by what people call them: by repository and tag, and by the beginning of a digest.

use std::collections::{BTreeMap, BTreeSet};

use limpid_model::{Digest, Image, ImageName, ImageSummary, Page, Platform};
use limpid_store::tables::images::Images;
use limpid_store::tables::manifests::Manifests;
use limpid_store::tables::names::{self, Names};
use limpid_store::tables::tags;
use limpid_store::{Batch, Store, View};

use crate::{Error, filling, images};

/// Hexadecimal digits of a digest that stand for it where no other begins with them.
const SHORTEST: usize = 12;

/// All of them.
const WHOLE: usize = 64;

/// Images that are named where a name may mean several.
const SHOWN: usize = 10;

/// The tag that is meant where none is named.
const LATEST: &str = "latest";

/// Says that images are found by their names.
const MARK: &str = "names";

/// Whether something can be called so that stands in addresses: letters, digits, `.`, `_` and `-`, the first a letter
/// or a digit.
pub(crate) fn can_be_called(name: &str, longest: usize) -> bool {
    let speakable = |byte| matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.');
    let begins = name.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
    begins && name.len() <= longest && name.bytes().all(speakable)
}

/// A repository, and a tag in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Name {
    /// Without the registry and the folder that clients leave out.
    pub(crate) repository: String,
    pub(crate) tag: Option<String>,
}

impl Name {
    pub(crate) fn of(text: &str) -> Self {
        let ImageName { repository, tag } = ImageName::read(text).familiar();
        Self { repository: repository.to_owned(), tag: tag.map(str::to_owned) }
    }

    pub(crate) fn key(&self, image: Digest) -> names::Key {
        names::Key { repository: self.repository.clone(), tag: self.tag.clone().unwrap_or_default(), image }
    }
}

impl Name {
    /// Under which it stands where the tag points since a moment.
    pub(crate) fn tag_key(&self, since: u64) -> tags::Key {
        let tag = self.tag.clone().unwrap_or_default();
        tags::Key { repository: self.repository.clone(), tag, since }
    }
}

/// Makes an image known by its names.
pub(crate) fn put(batch: &mut Batch, image: &Image) -> Result<(), Error> {
    for name in &image.names {
        batch.put::<Names>(&Name::of(name).key(image.id), &names::Row)?;
    }
    Ok(())
}

/// Forgets an image by its names.
pub(crate) fn delete(batch: &mut Batch, image: &Image) {
    for name in &image.names {
        batch.delete::<Names>(&Name::of(name).key(image.id));
    }
}

/// The image that is meant by a name: a digest of its configuration or of a manifest, the beginning of
/// one, or a repository with a tag or without. Where several images have had a name, the one that
/// was submitted last has it.
///
/// # Errors
/// [`Error::NoImage`] and [`Error::NoImageNamed`] where there is none, [`Error::AmbiguousImage`] where
/// there are several, [`Error::BadDigest`].
pub(crate) fn find_image(store: &Store, name: &str) -> Result<Digest, Error> {
    let view = store.view();
    let digest = name.split_once('@').map_or(name, |(_, digest)| digest);
    if let Some(digits) = digest.strip_prefix("sha256:") {
        return by_digits(&view, digest, digits)?.ok_or_else(|| no_image(name, digest));
    }
    if digest != name {
        return Err(Error::BadDigest(digest.to_owned()));
    }
    if is_digits(name)
        && name.len() >= SHORTEST
        && let Some(image) = by_digits(&view, name, name)?
    {
        return Ok(image);
    }
    by_name(&view, name)
}

/// Images of a repository, with a tag or without, by digest, from the one after `after` on, `limit` at
/// most.
///
/// # Errors
/// The store fails.
pub(crate) fn images_named(
    store: &Store,
    name: &str,
    after: Option<&Digest>,
    limit: usize,
) -> Result<Page<ImageSummary, Digest>, Error> {
    let view = store.view();
    let found: BTreeSet<Digest> = keys(&view, &Name::of(name))?.into_iter().map(|key| key.image).collect();
    let mut left = found.into_iter().filter(|image| after.is_none_or(|after| image > after));
    let mut items = Vec::new();
    for id in left.by_ref().take(limit) {
        let (image, indexing) = images::image(&view, &id)?;
        items.push(ImageSummary { image, indexed_at: indexing.indexed_at });
    }
    let next = items.last().map(|last: &ImageSummary| last.image.id).filter(|_| left.next().is_some());
    Ok(Page { items, next })
}

/// Images of the repository of a name, whatever their tags; an image as often as it has one.
pub(crate) fn images_of_repository<'v>(
    view: &'v View<'v>,
    name: &str,
) -> impl Iterator<Item = Result<Digest, Error>> + use<'v> {
    let repository = Name::of(name).repository;
    view.keys::<Names>(move |key| {
        key.text(&repository);
    })
    .map(|key| Ok(key?.image))
}

/// Makes images known by their names, where a Limpid wrote them that did not. Costs one look-up where
/// there is nothing to do.
pub(crate) fn index_names(store: &Store) -> Result<(), Error> {
    filling::once(store, MARK, |view, filling| {
        for row in view.scan::<Images>(|_| ()) {
            let (id, row) = row?;
            put(filling.batch()?, &row.into_parts(id).0)?;
        }
        Ok(())
    })
}

fn no_image(name: &str, digest: &str) -> Error {
    digest.parse().map_or_else(|_| Error::NoImageNamed(name.to_owned()), Error::NoImage)
}

fn is_digits(text: &str) -> bool {
    text.len() <= WHOLE && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The image of which a digest begins with these hexadecimal digits.
fn by_digits(view: &View<'_>, given: &str, digits: &str) -> Result<Option<Digest>, Error> {
    if !is_digits(digits) || digits.len() < SHORTEST {
        return Err(Error::BadDigest(given.to_owned()));
    }
    let digits = digits.to_ascii_lowercase();
    let whole: Vec<u8> = digits
        .as_bytes()
        .chunks_exact(2)
        .filter_map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect();
    let begins = |digest: &Digest| {
        digest.to_string().strip_prefix("sha256:").is_some_and(|all| all.starts_with(&digits))
    };
    let mut images = BTreeSet::new();
    for key in view.keys::<Images>(|key| {
        key.fixed(&whole);
    }) {
        images.extend(Some(key?).filter(&begins));
        if images.len() > SHOWN {
            break;
        }
    }
    for row in view.scan::<Manifests>(|key| {
        key.fixed(&whole);
    }) {
        let (manifest, row) = row?;
        images.extend(Some(Digest::from(row.image)).filter(|_| begins(&manifest)));
        if images.len() > SHOWN {
            break;
        }
    }
    only(given, images.into_iter().map(|image| (image, image.to_string())).collect())
}

/// The only one; none where there is none.
fn only(name: &str, found: Vec<(Digest, String)>) -> Result<Option<Digest>, Error> {
    match found.as_slice() {
        [] => Ok(None),
        [(only, _)] => Ok(Some(*only)),
        several => Err(Error::AmbiguousImage {
            name: name.to_owned(),
            images: several.iter().take(SHOWN).map(|(_, shown)| shown.clone()).collect(),
        }),
    }
}

fn keys(view: &View<'_>, name: &Name) -> Result<Vec<names::Key>, Error> {
    let keys = view.keys::<Names>(|key| {
        key.text(&name.repository);
        if let Some(tag) = &name.tag {
            key.text(tag);
        }
    });
    keys.map(|key| Ok(key?)).collect()
}

fn by_name(view: &View<'_>, text: &str) -> Result<Digest, Error> {
    newest(view, &of_tag(view, text)?)?.ok_or_else(|| Error::NoImageNamed(text.to_owned()))
}

/// All images of the tag that a name means: the one that it names, the only one, or the usual one.
fn of_tag(view: &View<'_>, text: &str) -> Result<Vec<Digest>, Error> {
    let name = Name::of(text);
    let mut by_tag: BTreeMap<String, Vec<Digest>> = BTreeMap::new();
    for key in keys(view, &name)? {
        by_tag.entry(key.tag).or_default().push(key.image);
    }
    let is_one = by_tag.len() == 1;
    let tag = by_tag.keys().find(|tag| is_one || *tag == LATEST).cloned();
    if let Some(images) = tag.and_then(|tag| by_tag.remove(&tag)) {
        return Ok(images);
    }
    let mut found = Vec::new();
    for (tag, images) in &by_tag {
        let shown =
            if tag.is_empty() { name.repository.clone() } else { format!("{}:{tag}", name.repository) };
        found.extend(images.first().map(|image| (*image, shown)));
    }
    let found = only(text, found)?;
    found.map(|image| vec![image]).ok_or_else(|| Error::NoImageNamed(text.to_owned()))
}

/// The images that a reference means, one for each platform: of one that names no digest, those of its tag that were
/// submitted last. Nothing else is meant by it: the beginning of a digest may be a name, too.
///
/// # Errors
/// [`Error::NoImage`] and [`Error::NoImageNamed`] where there is none, [`Error::AmbiguousImage`] where it names no tag and
/// there are several, [`Error::BadDigest`].
pub(crate) fn find_images(store: &Store, reference: &str) -> Result<Vec<Digest>, Error> {
    if reference.contains('@') {
        return find_image(store, reference).map(|image| vec![image]);
    }
    let view = store.view();
    let mut by_platform: BTreeMap<(String, String, Option<String>), (u64, Digest)> = BTreeMap::new();
    for id in of_tag(&view, reference)? {
        let (image, indexing) = images::image(&view, &id)?;
        let Platform { os, architecture, variant } = image.platform;
        let found = (indexing.indexed_at, image.id);
        let newest = by_platform.entry((os, architecture, variant)).or_insert(found);
        *newest = found.max(*newest);
    }
    Ok(by_platform.into_values().map(|(_, image)| image).collect())
}

/// The one that was submitted last.
fn newest(view: &View<'_>, images: &[Digest]) -> Result<Option<Digest>, Error> {
    if let [only] = images {
        return Ok(Some(*only));
    }
    let mut newest = None;
    for id in images {
        let (_, indexing) = images::image(view, id)?;
        newest = newest.max(Some((indexing.indexed_at, *id)));
    }
    Ok(newest.map(|(_, image)| image))
}

#[cfg(test)]
mod tests;
