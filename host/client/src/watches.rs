use crate::api::{Notices, Replayed, Subscription, Subscriptions, Watch, WatchWanted, WatchedTags, Watches};
use crate::images::page;
use crate::{Client, Error, encoded};

impl Client {
    /// The watches, and how their listings go.
    ///
    /// # Errors
    /// The service refuses.
    pub fn watches(&self) -> Result<Watches, Error> {
        self.get("/v1/watches")
    }

    /// One watch.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn watch(&self, name: &str) -> Result<Watch, Error> {
        self.get(&watch(name))
    }

    /// Makes a watch, or changes the one of that name. Its registry is listed at once.
    ///
    /// # Errors
    /// It makes no sense.
    pub fn put_watch(&self, name: &str, wanted: &WatchWanted) -> Result<Watch, Error> {
        self.put(&watch(name), wanted)
    }

    /// Deletes a watch; images that it brought stay.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn remove_watch(&self, name: &str) -> Result<(), Error> {
        self.remove(&watch(name))
    }

    /// Has the registry of a watch listed at once.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn list_watch(&self, name: &str) -> Result<(), Error> {
        self.ask(&format!("{}/list", watch(name)))
    }

    /// A page of the tags that a watch follows.
    ///
    /// # Errors
    /// There is no watch of that name.
    pub fn watched_tags(&self, name: &str, after: Option<&str>, limit: usize) -> Result<WatchedTags, Error> {
        self.get(&format!("{}/tags?limit={limit}{}", watch(name), page(after)))
    }

    /// The subscriptions, and how their deliveries go.
    ///
    /// # Errors
    /// The service refuses.
    pub fn subscriptions(&self) -> Result<Subscriptions, Error> {
        self.get("/v1/subscriptions")
    }

    /// One subscription.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn subscription(&self, name: &str) -> Result<Subscription, Error> {
        self.get(&subscription(name))
    }

    /// Deletes a subscription and its notices.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn remove_subscription(&self, name: &str) -> Result<(), Error> {
        self.remove(&subscription(name))
    }

    /// A page of notices, of one subscription where it is named.
    ///
    /// # Errors
    /// The service refuses.
    pub fn notices(
        &self,
        subscription: Option<&str>,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Notices, Error> {
        let of = subscription.map(|name| format!("&subscription={}", encoded(name))).unwrap_or_default();
        self.get(&format!("/v1/notices?limit={limit}{of}{}", page(after)))
    }

    /// Sends all notices of a subscription again, from a number on.
    ///
    /// # Errors
    /// There is no subscription of that name.
    pub fn replay_from(&self, subscription: &str, number: u64) -> Result<Replayed, Error> {
        let path = format!("/v1/notices/{}/replay?from={number}", encoded(subscription));
        self.act(&path)
    }
}

fn watch(name: &str) -> String {
    format!("/v1/watches/{}", encoded(name))
}

fn subscription(name: &str) -> String {
    format!("/v1/subscriptions/{}", encoded(name))
}
