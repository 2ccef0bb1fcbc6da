//! Samples of what users decide.

use limpid_model::{DecisionKind, VexArchive, VexRepository, VexRepositoryDocument, VexRepositoryState};

use super::super::{Sample, sample};
use crate::tables::policies::{Key, Policies, Row, part_of};
use crate::tables::vex_documents::{self, VexDocuments};
use crate::tables::vex_repositories::VexRepositories;

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
        repository("added", VexRepositoryState::default()),
        repository("fetched", fetched()),
        document(),
    ]
}

fn repository(which: &str, state: VexRepositoryState) -> Sample {
    let (name, url) = ("hub".to_owned(), "https://vex.example".to_owned());
    let repository = VexRepository { name: name.clone(), url, added: 7, state };
    sample::<VexRepositories>(which, &name, &repository.into())
}

fn fetched() -> VexRepositoryState {
    VexRepositoryState {
        title: "Hub".to_owned(),
        since: Some(8),
        confirmed: Some(9),
        next: Some(10),
        failures: 1,
        failure: Some("why".to_owned()),
        documents: 2,
        unread: 3,
        first_unread: Some("which".to_owned()),
        archive: Some(VexArchive {
            location: "https://vex.example/a.tar.gz//a".to_owned(),
            address: "https://vex.example/a.tar.gz".to_owned(),
            etag: Some("\"1\"".to_owned()),
            modified: Some("then".to_owned()),
        }),
    }
}

fn document() -> Sample {
    let (repository, location) = ("hub".to_owned(), "pkg/npm/a/vex.json".to_owned());
    let key = vex_documents::Key { repository, location: location.clone() };
    let packages = vec!["pkg:npm/a".to_owned()];
    let document = VexRepositoryDocument { location, packages, bytes: b"text".to_vec() };
    sample::<VexDocuments>("one", &key, &document.into())
}
