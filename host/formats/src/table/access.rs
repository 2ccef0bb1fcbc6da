use crate::json as api;

use super::{Page, rows};

/// Tokens, and what their holders may.
pub fn tokens(page: &mut Page, tokens: &[api::Token]) {
    let or = |time: &Option<String>| time.clone().unwrap_or_else(|| "never".to_owned());
    let each = tokens.iter().map(|token| {
        let repositories = match token.repositories.is_empty() {
            true => "all".to_owned(),
            false => token.repositories.join(", "),
        };
        let (role, id) = (token.role.to_string(), token.id.clone());
        vec![token.name.clone(), role, repositories, or(&token.last_used), or(&token.expires), id]
    });
    rows(page, &["name", "role", "repositories", "last used", "expires", "identifier"], each);
}

/// What was changed, and by whom.
pub fn audit(page: &mut Page, records: &[api::AuditRecord]) {
    let each = records.iter().map(|record| {
        let api::AuditRecord { time, who, address, method, path, detail, status, .. } = record;
        let [address, detail] = [address, detail].map(|text| text.clone().unwrap_or_default());
        vec![time.clone(), who.clone(), address, format!("{method} {path}"), detail, status.to_string()]
    });
    rows(page, &["time", "who", "from", "what", "detail", "status"], each);
}
