use std::time::Duration;

use limpid_model::Target;

/// Brings messages to where they are wanted. Whoever starts a [`Delivery`](super::Delivery) brings
/// one: how messages travel is nothing that this crate knows.
pub trait Transport: Send + Sync {
    /// Whether anything could be sent to a target, without asking anybody.
    ///
    /// # Errors
    /// The reason, as a sentence.
    fn check(&self, target: &Target) -> Result<(), String>;

    /// Sends a message once, and waits until its receiver has acknowledged it.
    ///
    /// # Errors
    /// It has not. It may have got the message all the same.
    fn deliver(&self, target: &Target, message: Message<'_>) -> Result<(), Undelivered>;
}

/// What is sent.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// Its identifier, the same at each attempt.
    pub id: &'a str,
    /// What it says, as JSON.
    pub body: &'a [u8],
}

/// A message that was not acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undelivered {
    /// Why, as a sentence.
    pub why: String,
    /// What is to be done about it.
    pub then: Then,
}

/// What is to be done about a message that was not acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// Try again, after a while.
    Retry,
    /// Try again, but not before this.
    RetryAfter(Duration),
    /// Send nothing more: the receiver says that it is gone for good.
    Disable,
}
