//! The archives of `docker save` and of tools that write the same
//! ([format](https://github.com/moby/docker-image-spec/blob/main/v1.2.md#combined-image-json--filesystem-changeset-format)).

use std::collections::BTreeMap;
use std::path::Path;

use limpid_bytes::{Compression, Limit};
use limpid_layers::{Error as LayerError, compression};
use limpid_model::{Digest, ImageLayer};
use serde::Deserialize;

use super::Archive;
use crate::error::cut;
use crate::{Error, FoundImage, FoundLayer, Location, document, media_type};

const MANIFEST: &str = "manifest.json";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    config: String,
    repo_tags: Option<Vec<String>>,
    layers: Option<Vec<String>>,
    /// Layers that others distribute, by diff ID.
    layer_sources: Option<BTreeMap<String, serde::de::IgnoredAny>>,
}

/// The images of an archive without an index.
pub(super) fn images(archive: &Archive) -> Result<Vec<FoundImage>, Error> {
    let mut images: Vec<FoundImage> = Vec::new();
    for entry in entries(archive)? {
        let image = image(archive, entry)?;
        match images.iter_mut().find(|known| known.image.id == image.image.id) {
            Some(known) => known.image.names.extend(image.image.names),
            None => images.push(image),
        }
    }
    if images.is_empty() {
        return Err(Error::NotAnImage(format!("its `{MANIFEST}` names no image")));
    }
    Ok(images)
}

/// The names of images by digest of their configuration, where `manifest.json` is there: an archive
/// with an index has it too, for tools that know nothing of indexes.
pub(super) fn tags(archive: &Archive) -> Result<Vec<(Digest, Vec<String>)>, Error> {
    let named = |entry: Entry| Some((digest_in(&entry.config)?, entry.repo_tags?));
    Ok(entries(archive)?.into_iter().filter_map(named).collect())
}

fn entries(archive: &Archive) -> Result<Vec<Entry>, Error> {
    let what = format!("`{MANIFEST}`");
    let Some(place) = archive.locate(Path::new(MANIFEST))? else { return Ok(Vec::new()) };
    let entries: Vec<Entry> = document::parse(&what, &archive.document(&place, &what)?)?;
    let limit = archive.limits.images_per_archive;
    Limit::of("images_per_archive", limit)
        .check("the number of images of the archive", entries.len() as u64)?;
    Ok(entries)
}

fn image(archive: &Archive, entry: Entry) -> Result<FoundImage, Error> {
    let what = format!("configuration `{}`", cut(&entry.config));
    let place = archive.locate(Path::new(&entry.config))?;
    let place = place.ok_or_else(|| Error::missing(&what, format!("`{MANIFEST}` names it")))?;
    let bytes = archive.document(&place, &what)?;
    let names = entry.layers.unwrap_or_default();
    let mut image = document::image(&archive.limits, &what, &bytes, names.len())?;
    if let Some(expected) = digest_in(&entry.config).filter(|expected| *expected != image.id) {
        return Err(LayerError::WrongDigest { what, expected, found: image.id }.into());
    }
    let mut tags = entry.repo_tags.unwrap_or_default();
    image.names.append(&mut tags);
    let elsewhere = entry.layer_sources.unwrap_or_default();
    let layers = names.iter().zip(&image.layers).map(|(name, entry)| layer(archive, name, entry, &elsewhere));
    Ok(FoundImage { layers: layers.collect::<Result<_, _>>()?, image })
}

fn layer(
    archive: &Archive,
    name: &str,
    layer: &ImageLayer,
    elsewhere: &BTreeMap<String, serde::de::IgnoredAny>,
) -> Result<FoundLayer, Error> {
    let what = format!("layer `{}`, archive member `{}`,", layer.diff_id, cut(name));
    let unreadable = |why: String| FoundLayer {
        diff_id: layer.diff_id,
        digest: None,
        size: 0,
        media_type: media_type::of_layer(Compression::None).to_owned(),
        stored_as: None,
        location: Location::Unreadable(why),
    };
    let place = match archive.locate(Path::new(name)) {
        Ok(Some(place)) => place,
        Ok(None) if elsewhere.contains_key(&layer.diff_id.to_string()) => {
            return Ok(unreadable("it is not in the archive, only its publisher has it".to_owned()));
        }
        Ok(None) => return Err(Error::missing(&what, format!("`{MANIFEST}` names it"))),
        Err(Error::Content(LayerError::Unsupported { why, .. })) => return Ok(unreadable(why)),
        Err(error) => return Err(error),
    };
    let part = archive.part(&place, &what)?;
    let compression = match compression(&part.head(&what)?) {
        Ok(compression) => compression,
        Err(why) => return Ok(unreadable(why)),
    };
    let stored_as = (compression != Compression::None && name.ends_with(".tar")).then(|| {
        let found = compression.name();
        format!("its name is `{}`, by its first bytes it is {found}: read as that", cut(name))
    });
    // A blob is named by its digest; `<digest>.tar`, as podman has it, by that of its content.
    let digest = name.starts_with("blobs/").then(|| digest_in(name)).flatten();
    Ok(FoundLayer {
        diff_id: layer.diff_id,
        digest,
        size: part.len(),
        media_type: media_type::of_layer(compression).to_owned(),
        stored_as,
        location: place,
    })
}

/// The digest that a member is named by: `<hex>.json`, `blobs/sha256/<hex>`.
fn digest_in(name: &str) -> Option<Digest> {
    let file = name.rsplit_once('/').map_or(name, |(_, file)| file);
    let digits = file.strip_suffix(".json").unwrap_or(file);
    format!("sha256:{digits}").parse().ok()
}
