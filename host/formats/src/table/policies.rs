use crate::json as api;

use super::{Page, count, rows};

/// Policies and VEX documents, and what they say in numbers.
pub fn policies(page: &mut Page, documents: &[api::PolicyDocument]) {
    let each = documents.iter().map(|document| {
        let (says, who) = match &document.content {
            Some(api::PolicyContent::Policy { rules, fail_on }) => {
                (count(*rules, "rule", "rules"), fail_on.join("; "))
            }
            Some(api::PolicyContent::Vex { statements, author, .. }) => {
                (count(*statements, "statement", "statements"), author.clone())
            }
            None => ("not understood".to_owned(), String::new()),
        };
        vec![document.name.clone(), document.form.to_string(), document.since.clone(), says, who]
    });
    rows(page, &["name", "form", "in force since", "says", "fails on, or author"], each);
}

/// Repositories of VEX documents, and how their updates go.
pub fn vex_repositories(page: &mut Page, repositories: &[api::VexRepository]) {
    let each = repositories.iter().map(|repository| {
        let unread = match repository.unread {
            0 => String::new(),
            unread => format!(", {unread} unread"),
        };
        let state = match (&repository.failure, &repository.since) {
            (Some(failure), _) => format!("failed: {failure}"),
            (None, None) => "to be fetched".to_owned(),
            (None, Some(_)) => "ok".to_owned(),
        };
        vec![
            repository.name.clone(),
            format!("{}{unread}", count(repository.documents, "document", "documents")),
            repository.since.clone().unwrap_or_else(|| "never".to_owned()),
            repository.confirmed.clone().unwrap_or_else(|| "never".to_owned()),
            repository.url.clone(),
            state,
        ]
    });
    rows(page, &["repository", "in force", "since", "seen", "address", "state"], each);
}
