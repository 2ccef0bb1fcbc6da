use std::io::Read;

use crate::api::Job;
use crate::events::Events;
use crate::{Client, Error, encoded};

impl Client {
    /// A submission, and what came of it.
    ///
    /// # Errors
    /// There is none of that number, or it ended too long ago.
    pub fn job(&self, id: &str) -> Result<Job, Error> {
        self.get(&format!("/v1/jobs/{}", encoded(id)))
    }

    /// How far a submission is, as it goes on: events `progress`, and `job` at its end.
    ///
    /// # Errors
    /// There is none of that number.
    pub fn job_events(&self, id: &str) -> Result<Events<impl Read + use<>>, Error> {
        let answer = self.open(&format!("/v1/jobs/{}/events", encoded(id)))?;
        Ok(Events::new(answer.into_body().into_reader()))
    }
}
