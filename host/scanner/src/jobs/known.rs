//! Submissions of what is known already: there is nothing to be asked of anybody.

use limpid_model::{Digest, Image, ImageReference, Job, JobState, Submission};
use limpid_store::tables::images::{Images, Indexing, Row};
use limpid_store::tables::jobs;
use limpid_store::{Batch, View};

use super::{Jobs, REMEMBERED};
use crate::{Error, Scanner, detectors, images};

impl Jobs {
    /// Acknowledges a submission of an image by the digest of its manifest of which everything is known: a job that has
    /// ended, for which nothing was fetched. None where the image is not known by just this reference, so that its
    /// registry must say whether whoever asks may have it; where detectors were loaded since; and where documents that
    /// are attached to it count, of which there may be new ones.
    ///
    /// # Errors
    /// The store fails.
    pub fn submit_known(&self, wanted: &ImageReference, digest: &Digest) -> Result<Option<Job>, Error> {
        let scanner = &self.parts.scanner;
        let writer = scanner.writers().images();
        let Some((image, indexing)) = known(scanner, &writer.view(), &wanted.reference, digest)? else {
            return Ok(None);
        };
        let now = scanner.settings().clock.now();
        let job = Job {
            id: self.next_id(),
            state: JobState::Done,
            created: now,
            updated: now,
            submission: Submission::Reference(wanted.clone()),
            with_secrets: false,
            images: vec![image.id],
            layers_read: 0,
            layers_known: image.layers.len() as u64,
        };
        let mut batch = Batch::default();
        // What is submitted again does not expire.
        batch.put::<Images>(&image.id.clone(), &Row::new(image, Indexing { indexed_at: now, ..indexing }))?;
        batch.put::<jobs::Jobs>(&job.id, &(&job).into())?;
        writer.commit(batch)?;
        self.parts.forget(job.id.checked_sub(REMEMBERED));
        tracing::info!(job = job.id, "submission {} of `{}` is known already", job.id, wanted.reference);
        Ok(Some(job))
    }
}

fn known(
    scanner: &Scanner,
    view: &View<'_>,
    reference: &str,
    digest: &Digest,
) -> Result<Option<(Image, Indexing)>, Error> {
    if scanner.settings().attached.asks() {
        return Ok(None);
    }
    let (image, indexing) = match images::image(view, digest) {
        Ok(known) => known,
        Err(Error::NoImage(_)) => return Ok(None),
        Err(error) => return Err(error),
    };
    let loaded = detectors::components(&detectors::loaded(&scanner.plugins()));
    let is_known = image.manifests.contains(digest)
        && image.names.iter().any(|name| name == reference)
        && indexing.detectors == loaded;
    Ok(is_known.then_some((image, indexing)))
}
