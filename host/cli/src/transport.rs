//! How the scanner's notices travel: by the crate that knows webhooks and brokers.

use limpid_deliver::{Failure, Sender, Settings};
use limpid_model::Target;
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
        let target = of(target).ok_or(LOCKED)?;
        self.0.check(&target).map_err(|failure| failure.to_string())
    }

    fn deliver(&self, target: &Target, message: Message<'_>) -> Result<(), Undelivered> {
        let message = limpid_deliver::Message { id: message.id, body: message.body };
        let locked = || Undelivered { why: LOCKED.to_owned(), then: Then::Retry };
        self.0.send(&of(target).ok_or_else(locked)?, message).map_err(undelivered)
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
        Target::Sealed(_) => return None,
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
