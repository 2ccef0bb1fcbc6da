//! How the scanner's notices travel: by the crate that knows webhooks and brokers.

use limpid_deliver::{Failure, Harbor, Scanned, Sender, Settings};
use limpid_formats::harbor::{Rescan, RescannedArtifact};
use limpid_model::{HarborTarget, Target};
use limpid_scanner::{Message, Then, Transport, Undelivered};

/// Brings notices by way of [`limpid_deliver`].
#[derive(Debug)]
pub(crate) struct Post(Sender);

impl Post {
    /// # Errors
    /// The system has no threads to give.
    pub(crate) fn new(settings: Settings) -> std::io::Result<Self> {
        Sender::new(settings).map(Self)
    }
}

impl Transport for Post {
    fn check(&self, target: &Target) -> Result<(), String> {
        if let Target::Harbor(target) = target {
            return self.0.check_harbor(&target.url).map_err(|failure| failure.to_string());
        }
        let target = of(target).ok_or(LOCKED)?;
        self.0.check(&target).map_err(|failure| failure.to_string())
    }

    fn deliver(&self, target: &Target, message: Message<'_>) -> Result<(), Undelivered> {
        if let Target::Harbor(target) = target {
            return self.ask_harbor(target, message.body).map_err(undelivered);
        }
        let message = limpid_deliver::Message { id: message.id, body: message.body };
        let locked = || Undelivered { why: LOCKED.to_owned(), then: Then::Retry };
        self.0.send(&of(target).ok_or_else(locked)?, message).map_err(undelivered)
    }
}

impl Post {
    /// Asks a Harbor for the scans of a message, or, where it is a test, whether it knows who asks.
    fn ask_harbor(&self, target: &HarborTarget, body: &[u8]) -> Result<(), Failure> {
        let HarborTarget { url, username, password, .. } = target;
        let harbor = Harbor { url, username, password };
        let Ok(Rescan { artifacts }) = serde_json::from_slice(body) else {
            return self.0.try_harbor(&harbor);
        };
        artifacts.iter().try_for_each(|artifact| self.scan(&harbor, artifact))
    }

    /// Asks for a scan of the first digest of an artifact that is there.
    fn scan(&self, harbor: &Harbor<'_>, artifact: &RescannedArtifact) -> Result<(), Failure> {
        let RescannedArtifact { repository, digests } = artifact;
        for digest in digests {
            match self.0.scan(harbor, repository, &digest.to_string())? {
                Scanned::Begun => return Ok(()),
                Scanned::Absent => {}
                Scanned::Unscannable => {
                    tracing::warn!(repository, %digest, "Harbor does not scan `{repository}@{digest}`");
                    return Ok(());
                }
            }
        }
        tracing::info!(
            repository,
            "Harbor has `{repository}` no longer, or does not show it: it is not scanned"
        );
        Ok(())
    }
}

/// Of what nobody can read.
const LOCKED: &str = "it is encrypted under a key that is not there";

fn of(target: &Target) -> Option<limpid_deliver::Target<'_>> {
    Some(match target {
        Target::Webhook { url, secret } => limpid_deliver::Target::Webhook { url, secret },
        Target::Amqp { url, exchange, routing_key } => {
            limpid_deliver::Target::Amqp { url, exchange, routing_key }
        }
        Target::Clair { url, key, .. } => limpid_deliver::Target::Clair { url, key },
        Target::Harbor(_) | Target::Sealed(_) => return None,
    })
}

fn undelivered(failure: Failure) -> Undelivered {
    let then = match failure {
        Failure::Gone => Then::Disable,
        Failure::Later { after, .. } => Then::RetryAfter(after),
        // What a setting forbids today, another may allow tomorrow.
        Failure::Never(_) | Failure::Failed(_) => Then::Retry,
    };
    Undelivered { why: failure.to_string(), then }
}
