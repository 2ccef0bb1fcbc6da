//! Samples of what users decide.

use limpid_model::DecisionKind;

use super::super::{Sample, sample};
use crate::tables::policies::{Key, Policies, Row, part_of};

pub(super) fn all() -> Vec<Sample> {
    let of = |which: &str, kind: DecisionKind| {
        let key = Key { kind: part_of(kind), name: "shop".to_owned(), since: 7 };
        sample::<Policies>(which, &key, &Row::new(kind, b"text".to_vec()))
    };
    let removed = Key { kind: 0, name: "shop".to_owned(), since: 8 };
    vec![
        of("toml", DecisionKind::PolicyToml),
        of("json", DecisionKind::PolicyJson),
        of("vex", DecisionKind::Vex),
        sample::<Policies>("removed", &removed, &Row::REMOVED),
    ]
}
