use crate::json as api;

use super::{Page, rows};

/// The watches, and how their listings go.
pub fn watches(page: &mut Page, watches: &[api::Watch]) {
    let each = watches.iter().map(|watch| {
        let failure = watch.failure.clone().or_else(|| {
            let first = watch.failures.first()?;
            Some(format!("{}: {}", first.repository, first.reason))
        });
        vec![
            watch.name.clone(),
            watch.wanted.registry.clone(),
            watch.wanted.repositories.join(" "),
            if watch.wanted.enabled { watch.state.to_string() } else { "disabled".to_owned() },
            watch.followed_tags.to_string(),
            watch.last_listed.clone().unwrap_or_default(),
            failure.unwrap_or_default(),
        ]
    });
    rows(page, &["watch", "registry", "repositories", "state", "tags", "last listed", "last failure"], each);
}
