use crate::json as api;

use super::{Page, rows};

/// The subscriptions, and how their deliveries go.
pub fn subscriptions(page: &mut Page, subscriptions: &[api::Subscription]) {
    let each = subscriptions.iter().map(|subscription| {
        let wanted = &subscription.wanted;
        vec![
            subscription.name.clone(),
            wanted.url().map(api::without_credentials).unwrap_or_default(),
            if wanted.enabled { "enabled" } else { "disabled" }.to_owned(),
            subscription.pending.to_string(),
            subscription.oldest_pending.clone().unwrap_or_default(),
            subscription.failure.clone().unwrap_or_default(),
        ]
    });
    rows(page, &["subscription", "target", "state", "pending", "oldest", "last failure"], each);
}
