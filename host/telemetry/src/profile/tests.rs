use std::collections::BTreeMap;
use std::hint::spin_loop;
use std::sync::mpsc;

use tracing_subscriber::layer::SubscriberExt as _;

use super::*;
use crate::protobuf::{Fields, Value};

const SECOND: Duration = Duration::from_secs(1);

/// A profile as another program reads it: the stacks, the innermost first, and their values.
fn read(bytes: &[u8]) -> BTreeMap<Vec<String>, Vec<u64>> {
    let all = |number: u64| {
        Fields(bytes).filter(move |(field, _)| *field == number).map(move |(_, value)| match value {
            Value::Bytes(bytes) => bytes,
            Value::Number(_) => panic!("field {number} is a number"),
        })
    };
    let number = |bytes: &[u8], number: u64| {
        let found = Fields(bytes).find(|(field, _)| *field == number);
        found.map_or(0, |(_, value)| match value {
            Value::Number(value) => value,
            Value::Bytes(_) => panic!("field {number} is no number"),
        })
    };
    let packed = |bytes: &[u8], number: u64| -> Vec<u64> {
        let found = Fields(bytes).find(|(field, _)| *field == number).unwrap();
        let Value::Bytes(mut bytes) = found.1 else { panic!("field {number} is not packed") };
        let mut values = Vec::new();
        while !bytes.is_empty() {
            let (mut value, mut shift) = (0, 0);
            loop {
                let (byte, rest) = bytes.split_first().unwrap();
                bytes = rest;
                value |= u64::from(byte & 0x7f) << shift;
                shift += 7;
                if byte & 0x80 == 0 {
                    break;
                }
            }
            values.push(value);
        }
        values
    };
    let strings: Vec<_> = all(6).map(|text| String::from_utf8(text.to_owned()).unwrap()).collect();
    assert_eq!(strings[0], "");
    let functions: BTreeMap<_, _> =
        all(5).map(|function| (number(function, 1), strings[number(function, 2) as usize].clone())).collect();
    let locations: BTreeMap<_, _> = all(4)
        .map(|location| {
            let (_, line) = Fields(location).find(|(field, _)| *field == 4).unwrap();
            let Value::Bytes(line) = line else { panic!("a line is no message") };
            (number(location, 1), functions[&number(line, 1)].clone())
        })
        .collect();
    let types: Vec<_> = all(1).map(|kind| strings[number(kind, 1) as usize].clone()).collect();
    assert_eq!(types, ["samples", "cpu", "wall"]);
    all(2)
        .map(|sample| {
            let stack = packed(sample, 1).iter().map(|location| locations[location].clone()).collect();
            (stack, packed(sample, 2))
        })
        .collect()
}

fn empty() -> Profile {
    Profile {
        began: SystemTime::UNIX_EPOCH + SECOND,
        took: SECOND,
        stacks: HashMap::new(),
        looks: 50,
        threads_left_out: 0,
    }
}

fn stack(thread: &str, spans: &[&str]) -> Stack {
    Stack { thread: thread.into(), spans: spans.iter().map(|&span| span.into()).collect() }
}

#[test]
fn what_is_written_is_what_was_seen() {
    let mut profile = empty();
    let (short, long) = (Duration::from_millis(3), Duration::from_millis(20));
    profile.add(stack("job", &["job", "plugin call dpkg detect"]), short, long);
    profile.add(stack("job", &["job", "plugin call dpkg detect"]), Duration::ZERO, long);
    profile.add(stack("job", &["job"]), Duration::ZERO, long);
    profile.add(stack("rocksdb:low", &[]), short, long);
    profile.add(stack("parked", &[]), Duration::ZERO, long);
    let text = |stack: &[&str]| stack.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
    let expected = BTreeMap::from([
        (text(&["plugin call dpkg detect", "job", "job"]), vec![2, 3_000_000, 40_000_000]),
        (text(&["job", "job"]), vec![1, 0, 20_000_000]),
        (text(&["rocksdb:low"]), vec![1, 3_000_000, 3_000_000]),
    ]);
    assert_eq!(read(&profile.to_pprof()), expected);
    assert_eq!(profile.cpu(), 2 * short);
}

#[test]
fn stacks_are_bounded_and_what_finds_no_place_is_counted_all_the_same() {
    let mut profile = empty();
    for number in 0..STACKS + 7 {
        profile.add(stack("x", &[&number.to_string()]), SECOND, SECOND);
    }
    assert_eq!(profile.stacks.len(), STACKS + 1);
    assert_eq!(profile.stacks[&stack(OTHERS, &[])].seen, 7);
    assert_eq!(profile.cpu(), SECOND * u32::try_from(STACKS + 7).unwrap());
}

#[test]
fn threads_are_seen_with_the_spans_that_they_are_in_and_for_how_long_they_ran() {
    let subscriber = Arc::new(tracing_subscriber::registry().with(spans_of_threads()));
    assert!(is_profiled());
    let stop = Arc::new(AtomicBool::new(false));
    let work = |name: &str, work: fn(&AtomicBool)| {
        let (subscriber, stop) = (Arc::clone(&subscriber), Arc::clone(&stop));
        let (begun, began) = mpsc::channel();
        let thread = thread::Builder::new().name(name.to_owned()).spawn(move || {
            tracing::subscriber::with_default(subscriber, || {
                let job = tracing::info_span!("job", job = 7).entered();
                let left = tracing::info_span!("left").entered();
                let call = tracing::info_span!("plugin call", plugin = %"dpkg", call = "detect").entered();
                drop(left);
                begun.send(()).unwrap();
                work(&stop);
                drop((call, job));
            });
        });
        began.recv().unwrap();
        thread.unwrap()
    };
    let threads = [
        work("busy", |stop| {
            while !stop.load(Ordering::Relaxed) {
                spin_loop();
            }
        }),
        work("waiting", |stop| {
            while !stop.load(Ordering::Relaxed) {
                thread::sleep(Duration::from_millis(1));
            }
        }),
    ];
    let profile = profile(Duration::from_millis(500), &AtomicBool::new(false)).unwrap();
    stop.store(true, Ordering::Relaxed);
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    let read = read(&profile.to_pprof());
    let of = |thread: &str| {
        let stack = ["plugin call dpkg detect", "job", thread].map(str::to_owned).to_vec();
        read.get(&stack).unwrap_or_else(|| panic!("{read:#?}")).clone()
    };
    let ([busy, waiting], wall) = (["busy", "waiting"].map(of), profile.took.as_nanos() as u64);
    // On a machine that is busy it runs less, but not much less than the one that nearly always waits.
    assert!(busy[1] > 0 && busy[1] > waiting[1], "{read:#?}");
    for of in [&busy, &waiting] {
        assert!(of[0] > 0 && of[2] > wall / 2 && of[2] <= wall + of[1], "{read:#?}");
    }
    // Whoever has left all spans is in none.
    assert!(spans::of_threads().values().flatten().all(|name| !name.contains("dpkg")));
}

#[test]
fn a_profile_ends_at_once_where_it_is_to_stop() {
    let began = Instant::now();
    let profile = profile(3_600 * SECOND, &AtomicBool::new(true)).unwrap();
    assert!(began.elapsed() < 60 * SECOND && profile.looks == 0);
}
