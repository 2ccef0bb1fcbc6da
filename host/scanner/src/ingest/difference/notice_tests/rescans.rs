//! A Harbor is asked to scan again exactly the artifacts that a change affects, each once, of however many it has.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use limpid_formats::harbor::Rescan;
use limpid_model::{HarborTarget, NoticeFilter, SubscriptionSpec, Target};

use super::*;
use crate::{Clock, Delivery, Message, Transport, Undelivered};

const ALL: usize = 22_000;

const AFFECTED: usize = 40;

/// Images of one batch.
const A_BATCH: usize = 1_000;

/// The scans that were asked for, as `repository@digest`.
#[derive(Default)]
struct Harbor(Mutex<Vec<String>>);

impl Transport for Harbor {
    fn check(&self, _: &Target) -> Result<(), String> {
        Ok(())
    }

    fn deliver(&self, _: &Target, message: Message<'_>) -> Result<(), Undelivered> {
        let Rescan { artifacts } = serde_json::from_slice(message.body).unwrap();
        let asked = artifacts.iter().map(|it| format!("{}@{}", it.repository, it.digests[0]));
        self.0.lock().unwrap().extend(asked);
        Ok(())
    }
}

impl Harbor {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

fn name(number: usize) -> (String, Digest) {
    let digest = Digest::of(format!("manifest {number}").as_bytes());
    (format!("shop/image-{number}@{digest}"), digest)
}

/// Images of a Harbor, of which the first have package `a`, and all have package `c`.
fn world() -> World {
    let states = |name| Layer { steps: vec![Step::States(vec![(name, 1, true)]), Step::Leaves], owns: None };
    let scanner = scanner_with(Store::in_memory(), |settings| {
        settings.flap_window = 0;
        settings.clock = Clock::system();
    });
    let moved = Layer { steps: vec![Step::Leaves, Step::States(vec![(0, 1, true)])], owns: None };
    let world = World::of(scanner, &[states(2), moved], &[]);
    let image = |number: usize| {
        let layers: &[usize] = if number < AFFECTED { &[0, 1] } else { &[0] };
        let (name, manifest) = name(number);
        Image {
            id: image_id(number),
            manifests: vec![manifest],
            names: vec![format!("harbor.example/{name}")],
            platform: Platform::default(),
            created: None,
            labels: Vec::new(),
            layers: layers.iter().map(|&it| ImageLayer { diff_id: layer_id(it), created_by: None }).collect(),
        }
    };
    let put = |numbers: std::ops::Range<usize>| {
        world.commit(|view, batch| {
            for number in numbers {
                let (before, rows) = (Indexing::default(), BTreeMap::new());
                let detectors = DETECTORS.map(|name| plugin(name).digest).to_vec();
                let indexer = world.scanner.indexer();
                indexer.put_refreshed(view, batch, (image(number), &before), detectors, &rows).unwrap();
            }
        });
    };
    // What lies upon what is known after the first of each.
    put(0..1);
    put(AFFECTED..AFFECTED + 1);
    put(1..AFFECTED);
    (AFFECTED + 1..ALL).step_by(A_BATCH).for_each(|first| put(first..(first + A_BATCH).min(ALL)));
    world
}

fn affects(vulnerability: usize, name: usize, word: usize) -> AboutVulnerability {
    let affects = vec![(name, 0, None, true)];
    AboutVulnerability { vulnerability, is_alias: false, word: Some(word), affects }
}

#[test]
fn of_22_000_artifacts_exactly_the_40_that_a_change_affects_are_scanned_again() {
    let world = world();
    let harbor = Arc::new(Harbor::default());
    let delivery = Delivery::start(world.scanner.clone(), Arc::<Harbor>::clone(&harbor)).unwrap();
    world.ingest(&Document::Advisories(0, vec![affects(0, 1, 0)]), 1).unwrap();
    let target = HarborTarget {
        url: "https://harbor.example".to_owned(),
        registry: "harbor.example".to_owned(),
        username: "robot$limpid".to_owned(),
        password: "secret".to_owned(),
        rate: 60_000,
    };
    let (filter, period) = (NoticeFilter::default(), None);
    let spec = SubscriptionSpec { target: Target::Harbor(target), filter, period, enabled: true };
    delivery.subscribe("harbor", spec).unwrap();
    let settled = |delivered: u64| {
        let began = Instant::now();
        loop {
            let state = world.scanner.subscription_state("harbor").unwrap();
            if (state.pending, state.delivered) == (0, delivered) {
                return;
            }
            assert!(began.elapsed() < Duration::from_secs(120), "{state:?}");
            std::thread::sleep(Duration::from_millis(5));
        }
    };
    let expected: BTreeSet<_> = (0..AFFECTED).map(|number| name(number).0).collect();
    let check = |what: &str| {
        let asked = harbor.take();
        assert_eq!(asked.len(), AFFECTED, "{what}: {asked:#?}");
        assert_eq!(asked.into_iter().collect::<BTreeSet<_>>(), expected, "{what}");
    };
    // Two vulnerabilities are one change.
    let two = vec![affects(0, 1, 0), affects(1, 0, 0), affects(2, 0, 0)];
    world.ingest(&Document::Advisories(0, two), 2).unwrap();
    settled(2 * AFFECTED as u64);
    check("newly affected");
    let worse = vec![affects(0, 1, 0), affects(1, 0, 2), affects(2, 0, 0)];
    world.ingest(&Document::Advisories(0, worse), 3).unwrap();
    settled(3 * AFFECTED as u64);
    check("worse");
}
