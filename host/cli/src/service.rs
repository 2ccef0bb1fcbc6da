//! A running service, asked over HTTP, and what is shown meanwhile.

use std::fs::File;
use std::thread;
use std::time::Duration;

use anyhow::bail;
use limpid_client::{Client, Options, Readiness, Submit};
use limpid_formats::json as api;
use limpid_model::{ImageReference, Platforms};

use crate::progress::{IndexingBar, Spinner};
use crate::settings::Shown;

/// How long a request waits for what it asks for to be done, before another one does.
const WAITING: Duration = Duration::from_secs(5);

/// The same of a submission, of which it is shown how far it is.
const BRIEFLY: Duration = Duration::from_secs(1);

/// How often it is asked how a submission goes.
const EACH: Duration = Duration::from_millis(100);

/// How long it takes at most to say whether somebody answers.
const ANSWERING: Duration = Duration::from_secs(5);

/// A service, by the address at which it listens.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) client: Client,
}

impl Service {
    pub(crate) const fn new(client: Client) -> Self {
        Self { client }
    }

    /// A service on this machine, and what is shown to it: no proxy leads there.
    ///
    /// # Errors
    /// No header carries what is shown.
    pub(crate) fn on_this_machine(url: &str, shown: &Shown) -> anyhow::Result<Self> {
        let options = Options::new(url).directly();
        let options = match shown.token() {
            Some(token) => options.token(token),
            None => options,
        };
        Ok(Self::new(options.client()?))
    }

    pub(crate) fn address(&self) -> &str {
        self.client.address()
    }

    /// Whether a service answers there that has started. One that lacks something all the same says what, to
    /// whoever asks for it.
    pub(crate) fn answers(&self) -> bool {
        matches!(self.client.readiness(ANSWERING), Ok(Readiness::Ready | Readiness::NotReady(_)))
    }

    /// Submits an image archive, waits until it is indexed, and says which images it kept.
    pub(crate) fn index(&self, file: File) -> anyhow::Result<Vec<String>> {
        let spinner = Spinner::start(&format!("sending the archive to the service at {}", self.address()));
        let job = self.client.submit(Submit::Archive(file), BRIEFLY)?;
        drop(spinner);
        self.indexed(job)
    }

    /// Has the service get an image from its registry, as [`index`](Self::index) has it read an archive.
    pub(crate) fn index_reference(&self, reference: &ImageReference) -> anyhow::Result<Vec<String>> {
        let platforms = match &reference.platforms {
            Platforms::All => Vec::new(),
            Platforms::Only(platforms) => platforms.iter().map(ToString::to_string).collect(),
        };
        let reference = reference.reference.clone();
        let wanted = api::SubmissionWanted::Reference(api::WantedReference {
            reference,
            platforms,
            credentials: None,
        });
        self.indexed(self.client.submit(Submit::Elsewhere(&wanted), BRIEFLY)?)
    }

    /// Waits until a submission has ended, and shows how far it is.
    fn indexed(&self, mut job: api::Job) -> anyhow::Result<Vec<String>> {
        let mut bar = IndexingBar::start();
        loop {
            match (&*job.state, job.error) {
                ("done", _) => return Ok(job.images),
                ("failed", error) => {
                    bail!("{}", error.map_or("the submission failed".to_owned(), |it| it.message))
                }
                _ => self.watch(&job.id, &mut bar)?,
            }
            // Where the service ends meanwhile, so do the events, and not the submission.
            job = self.client.job(&job.id)?;
            thread::sleep(EACH);
        }
    }

    /// Shows how far a submission is, until that can be seen no more.
    fn watch(&self, job: &str, bar: &mut IndexingBar) -> anyhow::Result<()> {
        for event in self.client.job_events(job)?.map_while(Result::ok) {
            match event.name.as_str() {
                "progress" => bar.show(&serde_json::from_str(&event.data)?),
                _ => break,
            }
        }
        Ok(())
    }

    /// Has a feed fetched, however long it takes, and reads what came of it. `still` is called every few seconds
    /// until then.
    pub(crate) fn updated(
        &self,
        feed: &str,
        force: bool,
        mut still: impl FnMut(),
    ) -> anyhow::Result<api::Run> {
        loop {
            if let Some(run) = self.client.update_feed(feed, force, WAITING)? {
                return Ok(run);
            }
            still();
        }
    }
}
