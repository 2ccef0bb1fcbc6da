//! Documents that are attached to images in registries: what is known of them, and which of them count.

use std::collections::BTreeMap;
use std::sync::Arc;

use limpid_images::{Attaching, FoundAttachment};
use limpid_model::{AttachmentKind, Digest};
use limpid_policy::VexDocument;
use limpid_store::tables::attached::{Attached, Document, Key, Row};
use limpid_store::{Batch, View};

use crate::{Error, Settings};

/// The folder in which detectors are shown bills of materials that are attached to an image. No layer has it.
pub(crate) const FOLDER: &str = ".limpid/attached/";

/// What is attached to an image that is being indexed.
#[derive(Clone, Debug, Default)]
pub(crate) struct ImageAttached {
    /// What its source says; none where it can say nothing, so that what is known stays.
    found: Option<Vec<Document>>,
    /// Bills of materials that count, by the path at which detectors are shown them.
    pub(crate) bills: BTreeMap<String, Arc<[u8]>>,
}

impl ImageAttached {
    /// What counts of that which a source has found, or else of that which is known. A registry says all that there is;
    /// an archive has what somebody put there, which comes beside what is known.
    pub(crate) fn new(
        view: &View<'_>,
        attaching: &Attaching,
        image: &Digest,
        (found, says_all): (Option<Vec<FoundAttachment>>, bool),
    ) -> Result<Self, Error> {
        let mut found: Option<Vec<Document>> = found.map(|all| all.into_iter().map(understood).collect());
        if let Some(found) = found.as_mut().filter(|_| !says_all) {
            let known = stored(view, image, None)?;
            *found = beside(known, std::mem::take(found), attaching.documents());
        }
        let (found, documents) = match found {
            Some(found) => (Some(found.clone()), found),
            None => {
                let known = of(view, attaching, image, None)?;
                let counting: Vec<_> = known.iter().map(|bill| counting_bill(attaching, bill)).collect();
                ((counting != known).then(|| counting.clone()), counting)
            }
        };
        Ok(Self { found, bills: bills_of(documents) })
    }

    /// Writes what the source says, where it says something new.
    pub(crate) fn put(
        &self,
        view: &View<'_>,
        batch: &mut Batch,
        settings: &Settings,
        image: &Digest,
    ) -> Result<(), Error> {
        let Some(found) = &self.found else { return Ok(()) };
        let keys = keys(view, image)?;
        let known = keys.last().map(|key| view.get::<Attached>(key)).transpose()?.flatten();
        let row = Row::pack(found)?;
        if known.unwrap_or_default() == row {
            return Ok(());
        }
        let now = settings.clock.now();
        let since = keys.last().map_or(now, |last| now.max(last.since + 1));
        let kept = now.saturating_sub(settings.history);
        for pair in keys.windows(2) {
            // Of the time before history is kept, nothing is reported.
            if let [old, next] = pair
                && next.since <= kept
            {
                batch.delete::<Attached>(old);
            }
        }
        Ok(batch.put::<Attached>(&Key { image: *image, since }, &row)?)
    }
}

/// A document that was found; nothing is concluded from VEX that nobody understands.
fn understood(found: FoundAttachment) -> Document {
    let FoundAttachment { mut attachment, extension, mut bytes } = found;
    if attachment.kind == AttachmentKind::Vex
        && attachment.unused.is_none()
        && let Err(error) = VexDocument::read(&attachment.from, &bytes)
    {
        attachment.unused = Some(error.to_string());
        bytes = Vec::new();
    }
    Document { attachment, extension: extension.to_owned(), bytes }
}

/// The same, where it is a bill of materials in which the settings no longer believe without what it says.
fn counting_bill(attaching: &Attaching, document: &Document) -> Document {
    let mut document = document.clone();
    if counts_as(&document, AttachmentKind::Sbom)
        && let Some(why) = attaching.why_unused(&document.attachment)
    {
        document.attachment.unused = Some(why);
        document.bytes = Vec::new();
    }
    document
}

/// What was attached to an image before a time, or is now. VEX counts by what the settings say now of whom to believe,
/// bills of materials as they did when the image was indexed with them.
pub(crate) fn of(
    view: &View<'_>,
    attaching: &Attaching,
    image: &Digest,
    before: Option<u64>,
) -> Result<Vec<Document>, Error> {
    let mut documents = stored(view, image, before)?;
    for Document { attachment, .. } in &mut documents {
        if attachment.unused.is_none() && attachment.kind == AttachmentKind::Vex {
            attachment.unused = attaching.why_unused(attachment);
        }
    }
    Ok(documents)
}

/// The same as it was stored.
fn stored(view: &View<'_>, image: &Digest, before: Option<u64>) -> Result<Vec<Document>, Error> {
    let keys = keys(view, image)?;
    let mut in_time = keys.iter().rev().filter(|key| before.is_none_or(|before| key.since < before));
    let row = in_time.next().map(|key| view.get::<Attached>(key)).transpose()?.flatten();
    row.map_or_else(|| Ok(Vec::new()), |row| Ok(row.unpack()?))
}

/// What is known, and what of that which was found is not, as long as there is room for it: half of it for what does not
/// count.
fn beside(mut known: Vec<Document>, found: Vec<Document>, most: u64) -> Vec<Document> {
    for document in found {
        let is_same = |other: &Document| {
            let (a, b) = (&document.attachment, &other.attachment);
            (a.kind, a.about, &a.from) == (b.kind, b.about, &b.from)
                || !document.bytes.is_empty() && document.bytes == other.bytes && a.signer == b.signer
        };
        let most = if document.attachment.unused.is_none() { most } else { most / 2 };
        if (known.len() as u64) < most && !known.iter().any(is_same) {
            known.push(document);
        }
    }
    known
}

/// The bills of materials with which an image was indexed, by the path at which detectors are shown them.
pub(crate) fn bills(
    view: &View<'_>,
    attaching: &Attaching,
    image: &Digest,
) -> Result<BTreeMap<String, Arc<[u8]>>, Error> {
    Ok(bills_of(of(view, attaching, image, None)?))
}

fn bills_of(documents: Vec<Document>) -> BTreeMap<String, Arc<[u8]>> {
    let bills = documents.into_iter().filter(|document| counts_as(document, AttachmentKind::Sbom));
    bills.map(|bill| (path(&bill), bill.bytes.into())).collect()
}

/// Whether a document counts as one of a kind.
pub(crate) fn counts_as(document: &Document, kind: AttachmentKind) -> bool {
    document.attachment.kind == kind && document.attachment.unused.is_none()
}

/// Whether anything is attached to any image that is known.
pub(crate) fn is_any(view: &View<'_>) -> Result<bool, Error> {
    Ok(view.keys::<Attached>(|_| ()).next().transpose()?.is_some())
}

/// Forgets what is attached to an image.
pub(crate) fn delete(view: &View<'_>, batch: &mut Batch, image: &Digest) -> Result<(), Error> {
    for key in keys(view, image)? {
        batch.delete::<Attached>(&key);
    }
    Ok(())
}

fn keys(view: &View<'_>, image: &Digest) -> Result<Vec<Key>, Error> {
    let keys = view.keys::<Attached>(|key| {
        key.fixed(image.as_bytes());
    });
    Ok(keys.collect::<Result<_, _>>()?)
}

/// The path at which detectors are shown a bill of materials: the same for the same document.
fn path(document: &Document) -> String {
    format!("{FOLDER}{}.{}", Digest::of(&document.bytes).hex(), document.extension)
}

#[cfg(test)]
mod tests;
