//! A running service, asked over HTTP.

mod events;

use std::fs::File;
use std::io::{self, Read, Write};
use std::thread;
use std::time::Duration;

use anyhow::{Context, bail};
use limpid_formats::json as api;
use limpid_model::{ImageReference, Platforms};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use ureq::config::{Config, ConfigBuilder};
use ureq::http::header::AUTHORIZATION;
use ureq::http::{HeaderValue, Request, Response, StatusCode};
use ureq::middleware::MiddlewareNext;
use ureq::typestate::AgentScope;
use ureq::{Agent, Body, SendBody};

use self::events::Events;
use crate::progress::{IndexingBar, Spinner};
use crate::settings::Shown;

/// How long a connection may take to be made. What is asked for may take long.
const CONNECTING: Duration = Duration::from_secs(15);

/// How long a request waits for what it asks for to be done, before another one does.
const WAITING: Duration = Duration::from_secs(5);

/// The same of a submission, of which it is shown how far it is.
const BRIEFLY: Duration = Duration::from_secs(1);

/// How often it is asked how a submission goes.
const EACH: Duration = Duration::from_millis(100);

/// The code by which a service says that it has not started.
const STARTING: &str = "starting";

/// The code by which a service says that no image is known by a name.
const NO_IMAGE: &str = "no-such-image";

/// How much is read of an answer that is no file, in bytes.
const ANSWER: u64 = 64 << 20;

/// How long it takes at most to say whether somebody answers.
const ANSWERING: Duration = Duration::from_secs(5);

/// A service, by the address at which it listens.
#[derive(Debug)]
pub(crate) struct Service {
    agent: Agent,
    base: String,
}

/// What the service says where it does not do what it was asked.
#[derive(Deserialize)]
struct Refusal {
    error: Reason,
}

#[derive(Deserialize)]
struct Reason {
    #[serde(default)]
    code: String,
    message: String,
}

/// What is read of a submission.
#[derive(Deserialize)]
struct Job {
    id: String,
    state: String,
    images: Vec<String>,
    error: Option<Reason>,
}

impl Service {
    /// The service at an address that somebody gave, and what is shown to it.
    pub(crate) fn at(url: &str, shown: &Shown) -> Self {
        Self::new(url, Self::config(shown).build())
    }

    /// A service on this machine: no proxy leads there.
    pub(crate) fn on_this_machine(url: &str, shown: &Shown) -> Self {
        Self::new(url, Self::config(shown).proxy(None).build())
    }

    fn config(shown: &Shown) -> ConfigBuilder<AgentScope> {
        let config = Agent::config_builder()
            .tls_config(limpid_outbound::tls())
            .timeout_connect(Some(CONNECTING))
            .http_status_as_error(false);
        let value = shown.token().and_then(|token| HeaderValue::from_str(&format!("Bearer {token}")).ok());
        let Some(mut value) = value else { return config };
        value.set_sensitive(true);
        // Where the service leads elsewhere, nobody there is shown it.
        config.middleware(move |mut request: Request<SendBody<'_>>, next: MiddlewareNext<'_>| {
            request.headers_mut().insert(AUTHORIZATION, value.clone());
            next.handle(request)
        })
    }

    fn new(url: &str, config: Config) -> Self {
        Self { agent: config.into(), base: url.trim_end_matches('/').to_owned() }
    }

    pub(crate) fn address(&self) -> &str {
        &self.base
    }

    /// Whether a service answers there that has started.
    pub(crate) fn answers(&self) -> bool {
        let request = self.agent.get(format!("{}/readyz", self.base));
        let answer = request.config().timeout_global(Some(ANSWERING)).build().call();
        let Ok(answer) = answer else { return false };
        if answer.status().is_success() {
            return true;
        }
        let mut text = Vec::new();
        let read = answer.into_body().into_reader().take(ANSWER).read_to_end(&mut text);
        let refusal = read.ok().and_then(|_| serde_json::from_slice::<Refusal>(&text).ok());
        // One that lacks something all the same says what, to whoever asks for it.
        refusal.is_some_and(|refusal| refusal.error.code != STARTING)
    }

    /// Submits an image archive, waits until it is indexed, and says which images it kept.
    pub(crate) fn index(&self, file: File) -> anyhow::Result<Vec<String>> {
        let spinner = Spinner::start(&format!("sending the archive to the service at {}", self.base));
        let job = self.send("/v1/images", file, BRIEFLY)?;
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
        let request = self.agent.post(format!("{}/v1/images", self.base));
        let request = request.header("prefer", format!("wait={}", BRIEFLY.as_secs()));
        let job = self.read(self.answered(request.send_json(&wanted))?)?;
        self.indexed(job)
    }

    /// Waits until a submission has ended, and shows how far it is.
    fn indexed(&self, mut job: Job) -> anyhow::Result<Vec<String>> {
        let mut bar = IndexingBar::start();
        loop {
            match (job.state.as_str(), job.error) {
                ("done", _) => return Ok(job.images),
                ("failed", error) => {
                    bail!("{}", error.map_or("the submission failed".to_owned(), |it| it.message))
                }
                _ => self.watch(&job.id, &mut bar)?,
            }
            // Where the service ends meanwhile, so do the events, and not the submission.
            job = self.get(&format!("/v1/jobs/{}", job.id))?;
            thread::sleep(EACH);
        }
    }

    /// Shows how far a submission is, until that can be seen no more.
    fn watch(&self, job: &str, bar: &mut IndexingBar) -> anyhow::Result<()> {
        let answer = self.agent.get(format!("{}/v1/jobs/{job}/events", self.base)).call();
        let body = self.answered(answer)?.into_body();
        for event in Events::new(body.into_reader()).map_while(Result::ok) {
            match event.name.as_str() {
                "progress" => bar.show(&serde_json::from_str(&event.data)?),
                _ => break,
            }
        }
        Ok(())
    }

    /// What there is to know of an image, by any of its names.
    pub(crate) fn of_image<T: DeserializeOwned>(&self, image: &str, what: &str) -> anyhow::Result<T> {
        self.get(&format!("/v1/images/{}/{what}", encoded(image)))
    }

    /// What each layer of an image did, whatever the number of its layers.
    pub(crate) fn layers(&self, image: &str) -> anyhow::Result<api::ImageLayers> {
        let mut all: api::ImageLayers = self.of_image(image, "layers?limit=1000")?;
        while let Some(after) = all.next.take() {
            // What the name led to may have changed.
            let path = format!("layers?limit=1000&after={}", encoded(&after));
            let page: api::ImageLayers = self.of_image(&all.image.digest, &path)?;
            all.layers.extend(page.layers);
            all.next = page.next;
        }
        Ok(all)
    }

    /// Why a vulnerability affects an image, or does not.
    pub(crate) fn explain(&self, image: &str, vulnerability: &str) -> anyhow::Result<api::Explanation> {
        self.of_image(image, &format!("explain?vulnerability={}", encoded(vulnerability)))
    }

    /// Writes what is at a path into a file.
    pub(crate) fn download(&self, path: &str, file: &mut impl Write) -> anyhow::Result<()> {
        let url = format!("{}{path}", self.base);
        let answer = self.agent.get(&url).call();
        let mut body = self.answered(answer)?.into_body();
        io::copy(&mut body.as_reader(), file)
            .with_context(|| format!("`{url}` cannot be read to its end"))?;
        Ok(())
    }

    /// Reads what is at a path.
    pub(crate) fn get<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<T> {
        let answer = self.agent.get(format!("{}{path}", self.base)).call();
        self.read(self.answered(answer)?)
    }

    /// The image that is at a path; none where no image is.
    pub(crate) fn find<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<Option<T>> {
        let answer = self.agent.get(format!("{}{path}", self.base)).call();
        match answer {
            Ok(answer) if answer.status() == StatusCode::NOT_FOUND => {
                let (head, body) = answer.into_parts();
                let mut text = Vec::new();
                body.into_reader().take(ANSWER).read_to_end(&mut text)?;
                match serde_json::from_slice::<Refusal>(&text) {
                    Ok(refusal) if refusal.error.code == NO_IMAGE => Ok(None),
                    Ok(refusal) => bail!("the service says: {}", refusal.error.message),
                    Err(_) => bail!("`{}` is no service of Limpid: it answers {}", self.base, head.status),
                }
            }
            answer => self.read(self.answered(answer)?).map(Some),
        }
    }

    /// Removes what is at a path, and reads what came of it.
    pub(crate) fn delete<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<T> {
        let answer = self.agent.delete(format!("{}{path}", self.base)).call();
        self.read(self.answered(answer)?)
    }

    /// Posts something to a path, and reads what came of it.
    pub(crate) fn post<T: DeserializeOwned>(&self, path: &str, what: &impl Serialize) -> anyhow::Result<T> {
        let request = self.agent.post(format!("{}{path}", self.base));
        self.read(self.answered(request.send_json(what))?)
    }

    /// Puts something at a path, and reads what came of it.
    pub(crate) fn put<T: DeserializeOwned>(&self, path: &str, what: &impl Serialize) -> anyhow::Result<T> {
        self.put_bytes(path, "application/json", &serde_json::to_vec(what)?)
    }

    /// Puts bytes of some type at a path, and reads the answer.
    pub(crate) fn put_bytes<T: DeserializeOwned>(
        &self,
        path: &str,
        content_type: &str,
        bytes: &[u8],
    ) -> anyhow::Result<T> {
        let request = self.agent.put(format!("{}{path}", self.base)).content_type(content_type);
        self.read(self.answered(request.send(bytes))?)
    }

    /// Removes what is at a path, of which nothing comes.
    pub(crate) fn remove(&self, path: &str) -> anyhow::Result<()> {
        let answer = self.agent.delete(format!("{}{path}", self.base)).call();
        self.answered(answer).map(|_| ())
    }

    /// Asks for something to be done, of which nothing comes at once.
    pub(crate) fn ask(&self, path: &str) -> anyhow::Result<()> {
        let answer = self.agent.post(format!("{}{path}", self.base)).send_empty();
        self.answered(answer).map(|_| ())
    }

    /// Sends a file, and reads the answer.
    pub(crate) fn upload<T: DeserializeOwned>(&self, path: &str, file: File) -> anyhow::Result<T> {
        self.send(path, file, WAITING)
    }

    fn send<T: DeserializeOwned>(&self, path: &str, mut file: File, wait: Duration) -> anyhow::Result<T> {
        let length = file.metadata()?.len();
        let request = self.agent.post(format!("{}{path}", self.base));
        let request = request.header("content-length", length.to_string());
        let request = request.header("prefer", format!("wait={}", wait.as_secs()));
        let answer = request.send(SendBody::from_reader(&mut file));
        self.read(self.answered(answer)?)
    }

    /// Asks for something to be done, however long it takes, and reads what came of it. `still` is called
    /// every few seconds until then.
    pub(crate) fn done<T: DeserializeOwned>(&self, path: &str, mut still: impl FnMut()) -> anyhow::Result<T> {
        let wait = format!("wait={}", WAITING.as_secs());
        loop {
            let request = self.agent.post(format!("{}{path}", self.base)).header("prefer", &wait);
            let answer = self.answered(request.send_empty())?;
            if answer.status() != StatusCode::ACCEPTED {
                return self.read(answer);
            }
            still();
        }
    }

    fn read<T: DeserializeOwned>(&self, answer: Response<Body>) -> anyhow::Result<T> {
        let mut text = Vec::new();
        answer.into_body().into_reader().take(ANSWER).read_to_end(&mut text)?;
        serde_json::from_slice(&text).with_context(|| format!("`{}` is no service of Limpid", self.base))
    }

    /// An answer that is what was asked for.
    fn answered(&self, answer: Result<Response<Body>, ureq::Error>) -> anyhow::Result<Response<Body>> {
        let (head, mut body) =
            answer.with_context(|| format!("the service at `{}` does not answer", self.base))?.into_parts();
        if head.status.is_success() {
            return Ok(Response::from_parts(head, body));
        }
        let mut text = Vec::new();
        body.as_reader().take(ANSWER).read_to_end(&mut text)?;
        match serde_json::from_slice::<Refusal>(&text) {
            Ok(refusal) => bail!("the service says: {}", refusal.error.message),
            Err(_) => bail!("`{}` is no service of Limpid: it answers {}", self.base, head.status),
        }
    }
}

/// A text as part of an address.
pub(crate) fn encoded(text: &str) -> percent_encoding::PercentEncode<'_> {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC)
}
