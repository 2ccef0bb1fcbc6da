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
