//! Where notices go is kept encrypted where the operator supplies a key: addresses and secrets let others in.
//!
//! What only a key opens that is not there stays as it is, and its notices wait.

use std::io;

use limpid_model::{HarborTarget, SealedTarget, Subscription, Target};
use limpid_seal::{Keys, SealError, Sealed};
use limpid_store::tables::marks::{self, Marks};
use limpid_store::tables::subscriptions::{Row, Subscriptions};
use limpid_store::{Batch, Store};
use serde::{Deserialize, Serialize};

use super::Notifying;
use super::subscriptions::all;
use crate::Error;

/// That something was encrypted, or anew, and what stood there before may still be in files of the store.
const MARK: &str = "secrets-left-over";

/// What is encrypted, as JSON. It is stored: fields are added, never changed.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Plain {
    Webhook { url: String, secret: String },
    Amqp { url: String, exchange: String, routing_key: String },
    Harbor { url: String, registry: String, username: String, password: String, rate: u32 },
    Clair { url: String, callback: String, key: String },
}

/// The secrets of subscriptions, as they are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SecretsAtRest {
    /// Subscriptions whose secrets are kept as they are, because there is no key.
    pub plain: Vec<String>,
    /// Subscriptions of which nobody knows where their notices go, and why: they wait.
    pub locked: Vec<(String, String)>,
}

fn place(subscription: &str) -> String {
    format!("limpid/1/subscriptions/{subscription}/target")
}

/// A target as it is stored: encrypted where there is a key.
///
/// # Errors
/// The system has no random bytes.
pub(super) fn sealed(keys: &Keys, subscription: &str, target: Target) -> Result<Target, Error> {
    let plain = match &target {
        Target::Sealed(_) => return Ok(target),
        Target::Webhook { url, secret } => Plain::Webhook { url: url.clone(), secret: secret.clone() },
        Target::Amqp { url, exchange, routing_key } => {
            Plain::Amqp { url: url.clone(), exchange: exchange.clone(), routing_key: routing_key.clone() }
        }
        Target::Harbor(target) => {
            let HarborTarget { url, registry, username, password, rate } = target.clone();
            Plain::Harbor { url, registry, username, password, rate }
        }
        Target::Clair { url, callback, key } => {
            Plain::Clair { url: url.clone(), callback: callback.clone(), key: key.clone() }
        }
    };
    let failed = |source| Error::Host {
        what: format!("where notices of subscription `{subscription}` go cannot be encrypted"),
        source,
    };
    let plain = serde_json::to_vec(&plain).map_err(|error| failed(error.into()))?;
    let sealed = keys.seal(&place(subscription), &plain).map_err(|error| failed(io::Error::other(error)))?;
    Ok(match sealed {
        Some(Sealed { key, bytes }) => Target::Sealed(SealedTarget { key, bytes }),
        None => target,
    })
}

/// A target that was stored.
///
/// # Errors
/// Why nobody knows what it is, as a sentence.
pub(super) fn opened(keys: &Keys, subscription: &str, target: Target) -> Result<Target, String> {
    let Target::Sealed(SealedTarget { key, bytes }) = target else { return Ok(target) };
    let plain = keys.open(&place(subscription), &Sealed { key, bytes }).map_err(|error| locked(&error))?;
    match serde_json::from_slice(&plain) {
        Ok(Plain::Webhook { url, secret }) => Ok(Target::Webhook { url, secret }),
        Ok(Plain::Amqp { url, exchange, routing_key }) => Ok(Target::Amqp { url, exchange, routing_key }),
        Ok(Plain::Harbor { url, registry, username, password, rate }) => {
            Ok(Target::Harbor(HarborTarget { url, registry, username, password, rate }))
        }
        Ok(Plain::Clair { url, callback, key }) => Ok(Target::Clair { url, callback, key }),
        // Its text is not told: it is secret.
        Err(_) => Err("where its notices go was written by a later version of Limpid".to_owned()),
    }
}

fn locked(error: &SealError) -> String {
    format!(
        "nobody knows where its notices go, which wait: {error}. Add that key to the file of setting `secrets.key_file` \
         and start the service anew, or make the subscription again with its address and secret"
    )
}

impl Notifying<'_> {
    /// A subscription whose target is opened, as far as there is a key.
    pub(super) fn readable(&self, mut subscription: Subscription) -> Subscription {
        let target = opened(&self.settings.secrets, &subscription.name, subscription.spec.target.clone());
        if let Ok(target) = target {
            subscription.spec.target = target;
        }
        subscription
    }

    /// Why nobody knows where the notices of a subscription go; none where that is known.
    pub(super) fn why_locked(&self, subscription: &Subscription) -> Option<String> {
        opened(&self.settings.secrets, &subscription.name, subscription.spec.target.clone()).err()
    }

    /// Encrypts what is not under the newest key, and has nothing of what stood there before left in files of the
    /// store.
    ///
    /// # Errors
    /// The store fails.
    pub(crate) fn seal_secrets(&self) -> Result<(), Error> {
        let keys = &*self.settings.secrets;
        let mark = MARK.to_owned();
        let mut batch = Batch::default();
        let writer = self.writers.notices();
        if let Some(newest) = keys.newest() {
            for mut subscription in all(&writer.view())? {
                let name = subscription.name.clone();
                let is_newest = |sealed: &SealedTarget| sealed.key == newest;
                if matches!(&subscription.spec.target, Target::Sealed(sealed) if is_newest(sealed)) {
                    continue;
                }
                let Ok(target) = opened(keys, &name, subscription.spec.target) else { continue };
                subscription.spec.target = sealed(keys, &name, target)?;
                batch.put::<Subscriptions>(&name, &Row::from(&subscription))?;
            }
        }
        let count = batch.len();
        if count > 0 {
            batch.put::<Marks>(&mark, &marks::Row::default())?;
            writer.commit(batch)?;
            tracing::info!(count, "the secrets of {count} subscriptions were encrypted");
        }
        drop(writer);
        if self.store.view().get::<Marks>(&mark)?.is_some() {
            scrub(self.store)?;
            let mut batch = Batch::default();
            batch.delete::<Marks>(&mark);
            self.writers.notices().commit(batch)?;
        }
        Ok(())
    }

    /// How the secrets of subscriptions are kept.
    ///
    /// # Errors
    /// The store fails.
    pub(crate) fn secrets_at_rest(&self) -> Result<SecretsAtRest, Error> {
        let mut secrets = SecretsAtRest::default();
        for subscription in all(&self.store.view())? {
            match (&subscription.spec.target, self.why_locked(&subscription)) {
                (_, Some(why)) => secrets.locked.push((subscription.name, why)),
                (Target::Sealed(_), None) => {}
                (_, None) => secrets.plain.push(subscription.name),
            }
        }
        Ok(secrets)
    }
}

fn scrub(store: &Store) -> Result<(), Error> {
    Ok(store.rewrite::<Subscriptions>()?)
}

#[cfg(test)]
mod tests;
