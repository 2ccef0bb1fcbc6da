use crate::json as api;

use super::{Page, rows};

/// The subscriptions, and how their deliveries go.
pub fn subscriptions(page: &mut Page, subscriptions: &[api::Subscription]) {
    let each = subscriptions.iter().map(|subscription| {
        let wanted = &subscription.wanted;
        let target = wanted.webhook.as_ref().map(|webhook| &webhook.url);
        let target = target.or(wanted.amqp.as_ref().map(|amqp| &amqp.url));
        let target = target.or(wanted.harbor.as_ref().map(|harbor| &harbor.url));
        let target = target.or(wanted.clair.as_ref().map(|clair| &clair.url));
        vec![
            subscription.name.clone(),
            target.map(|url| api::without_credentials(url)).unwrap_or_default(),
            if wanted.enabled { "enabled" } else { "disabled" }.to_owned(),
            subscription.pending.to_string(),
            subscription.oldest_pending.clone().unwrap_or_default(),
            subscription.failure.clone().unwrap_or_default(),
        ]
    });
    rows(page, &["subscription", "target", "state", "pending", "oldest", "last failure"], each);
}
