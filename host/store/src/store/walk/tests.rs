use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use limpid_model::{Statement, Status};
use proptest::prelude::*;

use crate::tables::affects::{self, Affects};
use crate::{Batch, Settings, Store, View};

fn key(name: &str, id: &str) -> affects::Key {
    affects::Key {
        namespace: "n".to_owned(),
        name: name.to_owned(),
        feed: "f".to_owned(),
        id: id.to_owned(),
        source: "s".to_owned(),
    }
}

fn row(note: &str) -> affects::Row {
    let statement = Statement {
        of_source: false,
        scheme: "numbers".to_owned(),
        component: None,
        status: Status::Affected,
        ranges: Vec::new(),
        versions: Vec::new(),
        requires: Vec::new(),
        ratings: Vec::new(),
        note: Some(note.to_owned()),
    };
    affects::Row::new(vec![statement], Vec::new())
}

type Notes = Vec<(String, String)>;

fn noted((key, row): (affects::Key, affects::Row)) -> (String, String) {
    (key.id, row.into_statements().remove(0).note.unwrap())
}

fn walked(view: &View<'_>, name: &str) -> Notes {
    let mut walk = view.walk::<Affects>();
    let group = |key: &mut crate::key::Writer| {
        key.text("n").text(name);
    };
    let notes = walk.group(group, |rows| rows.into_iter().map(noted).collect::<Notes>()).unwrap();
    notes.map(|notes| notes.to_vec()).unwrap_or_default()
}

fn scanned(view: &View<'_>, name: &str) -> Notes {
    let rows = view.scan::<Affects>(|key| {
        key.text("n").text(name);
    });
    rows.map(|row| noted(row.unwrap())).collect()
}

const NAMES: [&str; 3] = ["a", "a2", "b"];

#[derive(Clone, Debug)]
enum Step {
    Put(usize, u8, u8),
    Delete(usize, u8),
    Learn,
    /// A view is taken, and looked at again after all later steps.
    Look,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..NAMES.len(), 0..2_u8, 0..3_u8).prop_map(|(name, id, note)| Step::Put(name, id, note)),
        (0..NAMES.len(), 0..2_u8).prop_map(|(name, id)| Step::Delete(name, id)),
        Just(Step::Learn),
        Just(Step::Look),
    ]
}

fn take(store: &Store, step: &Step) {
    let mut batch = Batch::default();
    match step {
        Step::Put(name, id, note) => {
            batch.put::<Affects>(&key(NAMES[*name], &id.to_string()), &row(&note.to_string())).unwrap();
        }
        Step::Delete(name, id) => batch.delete::<Affects>(&key(NAMES[*name], &id.to_string())),
        Step::Learn => store.learn_groups::<Affects>().unwrap(),
        Step::Look => {}
    }
    store.commit(batch).unwrap();
}

proptest! {
    #[test]
    fn a_walk_sees_what_a_scan_of_the_same_view_sees(steps in prop::collection::vec(step(), 0..24)) {
        let store = Store::in_memory();
        let mut views = vec![store.view()];
        for step in &steps {
            take(&store, step);
            if matches!(step, Step::Look) {
                views.push(store.view());
            }
            for (view, name) in views.iter().flat_map(|view| NAMES.map(|name| (view, name))) {
                prop_assert_eq!(walked(view, name), scanned(view, name));
            }
        }
    }
}

#[test]
fn walks_beside_writers_see_what_scans_see() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path(), &Settings::default()).unwrap();
    let ended = AtomicBool::new(false);
    thread::scope(|scope| {
        let writers: Vec<_> = (0..2)
            .map(|writer| {
                let store = &store;
                scope.spawn(move || {
                    for number in 0..200 {
                        let mut batch = Batch::default();
                        for name in NAMES {
                            let key = key(name, &writer.to_string());
                            match number % 5 {
                                4 => batch.delete::<Affects>(&key),
                                _ => batch.put::<Affects>(&key, &row(&number.to_string())).unwrap(),
                            }
                        }
                        store.commit(batch).unwrap();
                    }
                })
            })
            .collect();
        let readers: Vec<_> = (0..3)
            .map(|_| {
                scope.spawn(|| {
                    while !ended.load(Ordering::Relaxed) {
                        let view = store.view();
                        for name in NAMES {
                            let first = walked(&view, name);
                            assert_eq!(first, scanned(&view, name));
                            assert_eq!(first, walked(&view, name));
                        }
                    }
                })
            })
            .collect();
        store.learn_groups::<Affects>().unwrap();
        for writer in writers {
            writer.join().unwrap();
        }
        ended.store(true, Ordering::Relaxed);
        for reader in readers {
            reader.join().unwrap();
        }
    });
}

#[test]
fn what_was_made_of_a_group_serves_other_views_until_it_changes() {
    let store = Store::in_memory();
    let mut batch = Batch::default();
    batch.put::<Affects>(&key("a", "1"), &row("1")).unwrap();
    batch.put::<Affects>(&key("b", "1"), &row("1")).unwrap();
    store.commit(batch).unwrap();
    let mut made = 0;
    let mut walk = |view: &View<'_>, name: &str| {
        let group = |key: &mut crate::key::Writer| {
            key.text("n").text(name);
        };
        let rows = view.walk::<Affects>().group(group, |rows| {
            made += 1;
            rows.len()
        });
        (rows.unwrap().map(|rows| *rows), made)
    };
    let before = store.view();
    assert_eq!(walk(&before, "a"), (Some(1), 1));
    assert_eq!(walk(&store.view(), "a"), (Some(1), 1), "another view, the same state");
    assert_eq!(walk(&before, "b"), (Some(1), 2));
    let mut batch = Batch::default();
    batch.put::<Affects>(&key("a", "2"), &row("2")).unwrap();
    store.commit(batch).unwrap();
    assert_eq!(walk(&before, "a"), (Some(1), 3), "the old view does not see the new row");
    assert_eq!(walk(&store.view(), "a"), (Some(2), 4), "nor the new view the old state");
    assert_eq!(walk(&store.view(), "a"), (Some(2), 4));
    assert_eq!(walk(&before, "b"), (Some(1), 4), "other groups are not touched");
    store.learn_groups::<Affects>().unwrap();
    assert_eq!(walk(&store.view(), "c"), (None, 4), "what has no rows is not looked for");
    assert_eq!(walk(&before, "c"), (Some(0), 5), "but by a view from before it was learned");
}
