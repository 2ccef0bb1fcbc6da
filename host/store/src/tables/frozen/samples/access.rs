//! Samples of who may do what, of what was done, and of when that was.

use limpid_model::{AccessRole, AuditRecord, Digest, TokenSpec};

use super::super::{Sample, sample};
use crate::tables::{audit, clock, token_uses, tokens};

pub(super) fn all() -> Vec<Sample> {
    let token = |which: &str, role: AccessRole, repositories: &[&str], expires: Option<u64>| {
        let repositories = repositories.iter().map(|&glob| glob.to_owned()).collect();
        let spec = TokenSpec { name: "build".to_owned(), role, repositories, expires };
        let row = tokens::Row::new(spec, 7, Digest::of(b"secret"));
        sample::<tokens::Tokens>(which, &"4f9a1c2b".to_owned(), &row)
    };
    let (key, row) = audit::Row::of(AuditRecord {
        time: 7,
        number: 1,
        who: "token:build".to_owned(),
        token: Some("4f9a1c2b".to_owned()),
        address: Some("192.0.2.1".to_owned()),
        method: "POST".to_owned(),
        path: "/v1/images".to_owned(),
        detail: Some("shop/web:1".to_owned()),
        status: 202,
        request: "1-1".to_owned(),
    });
    vec![
        token("read", AccessRole::Read, &[], None),
        token("submit", AccessRole::Submit, &["shop/*"], Some(8)),
        token("operate", AccessRole::Operate, &[], None),
        token("admin", AccessRole::Admin, &[], None),
        sample::<token_uses::TokenUses>("used", &"4f9a1c2b".to_owned(), &token_uses::Row(7)),
        sample::<audit::Audit>("change", &key, &row),
        sample::<clock::Clock>("told", &clock::TOLD.to_owned(), &clock::Row(7)),
    ]
}
