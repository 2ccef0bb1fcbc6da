//! By which job each manifest was submitted last: whoever asks for its image learns why there is none.

use std::collections::HashMap;
use std::sync::{MutexGuard, PoisonError};

use limpid_model::{Digest, Job, Submission};

use super::{Jobs, Parts};
use crate::Error;

impl Jobs {
    /// The latest job by which a manifest was submitted with the addresses of its layers, as far as jobs are remembered.
    ///
    /// # Errors
    /// The store fails.
    pub fn of_manifest(&self, manifest: &Digest) -> Result<Option<Job>, Error> {
        let Some(id) = self.parts.manifests().get(manifest).copied() else { return Ok(None) };
        match self.parts.job(id) {
            Ok(job) => Ok(Some(job)),
            Err(Error::NoJob(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Forgets by which job a manifest was submitted, where that has ended.
    ///
    /// # Errors
    /// The store fails.
    pub fn forget_manifest(&self, manifest: &Digest) -> Result<(), Error> {
        let Some(job) = self.of_manifest(manifest)?.filter(|job| job.state.is_final()) else { return Ok(()) };
        self.parts.delete(job.id)?;
        self.parts.forget_job_of(&job);
        Ok(())
    }
}

impl Parts {
    pub(super) fn manifests(&self) -> MutexGuard<'_, HashMap<Digest, u64>> {
        self.manifests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Its manifest was submitted by no job, unless by a later one.
    pub(super) fn forget_job_of(&self, job: &Job) {
        let Submission::Addresses(manifest) = &job.submission else { return };
        let mut manifests = self.manifests();
        if manifests.get(&manifest.hash) == Some(&job.id) {
            manifests.remove(&manifest.hash);
        }
    }
}
