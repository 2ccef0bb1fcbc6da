//! Delivers messages: to webhooks and to AMQP brokers; and asks Harbors to scan what they are about.
//!
//! This crate owns the sender's side of both: how a message is signed, what counts as acknowledged,
//! how long anything may take, and whither nothing is sent. It knows nothing of images, advisories or
//! subscriptions, keeps nothing, and tries once: when to try again is for the caller to say.
//!
//! Whoever may name a target must not be able to reach with it what only this machine reaches. So
//! addresses go through one guard, which sees the numbers that names resolve to, and connections are
//! made to those numbers and to no others; redirects are not followed; and of an answer only its
//! status is told.
//!
//! ```no_run
//! use limpid_deliver::{Message, Sender, Settings, Target};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let sender = Sender::new(Settings::default())?;
//! let target = Target::Webhook {
//!     url: "https://receiver.example/hook",
//!     secret: "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
//! };
//! sender.check(&target)?;
//! sender.send(&target, Message { id: "msg_1", body: br#"{"type": "test"}"# })?;
//! # Ok(())
//! # }
//! ```

mod address;
mod amqp;
mod bearer;
mod failure;
mod guard;
mod harbor;
mod signature;
mod webhook;

use std::time::Duration;

pub use failure::Failure;
pub use harbor::{Harbor, Scanned};

/// Whither messages may go, and how long that may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Whether messages may go to other machines without encryption.
    pub unencrypted: bool,
    /// Whether messages may go to addresses that are not public.
    pub private_addresses: bool,
    /// How long a connection may take to be made.
    pub connect_time: Duration,
    /// How long all of it may take, until the receiver has acknowledged.
    pub answer_time: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            unencrypted: false,
            private_addresses: false,
            connect_time: Duration::from_secs(10),
            answer_time: Duration::from_secs(30),
        }
    }
}

/// Where a message goes.
#[derive(Clone, Copy, Debug)]
pub enum Target<'a> {
    /// To an address, in the form of [Standard Webhooks](https://www.standardwebhooks.com).
    Webhook {
        /// The address.
        url: &'a str,
        /// `whsec_` and 24 to 64 bytes in base64.
        secret: &'a str,
    },
    /// To an exchange of an AMQP 0.9.1 broker.
    Amqp {
        /// `amqp://` or `amqps://`, with credentials.
        url: &'a str,
        /// The exchange; empty: the default one.
        exchange: &'a str,
        /// The routing key.
        routing_key: &'a str,
    },
    /// To an address that receives Clair's notifications.
    Clair {
        /// The address.
        url: &'a str,
        /// The key with which requests are signed, in base64.
        key: &'a str,
    },
}

/// A message.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// Its identifier, by which a receiver knows it when it comes twice.
    pub id: &'a str,
    /// JSON.
    pub body: &'a [u8],
}

/// Sends messages. Connections that can be used again are kept for a while.
#[derive(Debug)]
pub struct Sender {
    guard: guard::Guard,
    webhooks: webhook::Webhooks,
    brokers: amqp::Brokers,
}

impl Sender {
    /// A sender that has sent nothing yet.
    ///
    /// # Errors
    /// The system has no threads to give.
    pub fn new(settings: Settings) -> std::io::Result<Self> {
        let guard = guard::Guard::new(&settings);
        Ok(Self {
            webhooks: webhook::Webhooks::new(&guard, &settings),
            brokers: amqp::Brokers::new(guard.clone(), settings)?,
            guard,
        })
    }

    /// Whether anything could be sent to a target, as far as can be told without asking anybody.
    ///
    /// # Errors
    /// [`Failure::Never`] with the reason.
    pub fn check(&self, target: &Target<'_>) -> Result<(), Failure> {
        match *target {
            Target::Webhook { url, secret } => {
                self.guard.admit(&address::Address::webhook(url)?)?;
                signature::Secret::parse(secret).map(|_| ())
            }
            Target::Amqp { url, exchange, routing_key } => {
                self.guard.admit(&address::Address::broker(url)?)?;
                amqp::check_names(exchange, routing_key)
            }
            Target::Clair { url, key } => {
                self.guard.admit(&address::Address::webhook(url)?)?;
                bearer::Key::parse(key).map(|_| ())
            }
        }
    }

    /// Whether a Harbor could be asked, as far as can be told without asking anybody.
    ///
    /// # Errors
    /// [`Failure::Never`] with the reason.
    pub fn check_harbor(&self, url: &str) -> Result<(), Failure> {
        self.guard.admit(&address::Address::harbor(url)?)
    }

    /// Asks a Harbor to scan an artifact. The repository is `project/name`.
    ///
    /// # Errors
    /// It does not begin, or it is not known whether it does.
    pub fn scan(&self, harbor: &Harbor<'_>, repository: &str, digest: &str) -> Result<Scanned, Failure> {
        self.check_harbor(harbor.url)?;
        harbor::scan(self.webhooks.agent(), harbor, repository, digest)
    }

    /// Asks a Harbor whether it knows who asks.
    ///
    /// # Errors
    /// It does not, or does not answer.
    pub fn try_harbor(&self, harbor: &Harbor<'_>) -> Result<(), Failure> {
        self.check_harbor(harbor.url)?;
        harbor::check(self.webhooks.agent(), harbor)
    }

    /// Sends a message, and waits until its receiver has acknowledged it.
    ///
    /// # Errors
    /// It has not, or not in time. It may have got the message all the same.
    pub fn send(&self, target: &Target<'_>, message: Message<'_>) -> Result<(), Failure> {
        self.check(target)?;
        match *target {
            Target::Webhook { url, secret } => self.webhooks.post(url, secret, message),
            Target::Clair { url, key } => self.webhooks.post_to_clair(url, key, message),
            Target::Amqp { url, exchange, routing_key } => {
                self.brokers.publish(&amqp::Place::new(url, exchange, routing_key), message)
            }
        }
    }
}
