//! Samples of every table that this and every later version of Limpid must read.
//!
//! `frozen.txt` holds a line for each: name, version of the row, key and row as hex. A line is
//! never changed and never removed. `LIMPID_UPDATE_FROZEN=1 cargo test -p limpid-store` adds those of
//! a new table, sample or row version, for review as a diff.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use crate::table::{self, Row as _, Table};

mod samples;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/tables/frozen.txt");

/// A sample as this version of Limpid writes it, and how to read what earlier ones wrote.
struct Sample {
    /// `table/which`.
    name: String,
    version: u8,
    key: Vec<u8>,
    row: Vec<u8>,
    /// Whether another release of the compressor may write other bytes.
    is_compressed: bool,
    /// Reads such a key and row of any version, and says what they mean.
    read: fn(&[u8], &[u8]) -> String,
}

fn sample<T: Table<Key: Debug, Row: Debug>>(which: &str, key: &T::Key, row: &T::Row) -> Sample {
    Sample {
        name: format!("{}/{which}", T::NAME),
        version: T::Row::VERSION,
        key: table::encode_key::<T>(key),
        row: table::encode_row::<T>(row).unwrap(),
        is_compressed: false,
        read: |key, row| {
            let (key, row) = (table::decode_key::<T>(key).unwrap(), table::decode_row::<T>(row).unwrap());
            format!("{key:?} {row:?}")
        },
    }
}

/// A sample of a table whose rows are compressed: what counts is what they unpack to, not how this
/// zstd packs them.
fn packed<T: Table<Key: Debug>>(
    which: &str,
    key: &T::Key,
    row: &T::Row,
    read: fn(&[u8], &[u8]) -> String,
) -> Sample {
    Sample {
        name: format!("{}/{which}", T::NAME),
        version: T::Row::VERSION,
        key: table::encode_key::<T>(key),
        row: table::encode_row::<T>(row).unwrap(),
        is_compressed: true,
        read,
    }
}

type Frozen = BTreeMap<(String, u8), (Vec<u8>, Vec<u8>)>;

fn frozen() -> Frozen {
    let text = std::fs::read_to_string(FILE).unwrap_or_default();
    let line = |line: &str| {
        let [name, version, key, row] = line.split(' ').collect::<Vec<_>>()[..] else {
            panic!("`{line}` is no sample");
        };
        ((name.to_owned(), version.parse().unwrap()), (from_hex(key), from_hex(row)))
    };
    text.lines().map(line).collect()
}

fn from_hex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks(2);
    digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn add_missing(samples: &[Sample]) {
    let mut frozen = frozen();
    for sample in samples {
        let place = (sample.name.clone(), sample.version);
        frozen.entry(place).or_insert_with(|| (sample.key.clone(), sample.row.clone()));
    }
    let lines = frozen
        .iter()
        .map(|((name, version), (key, row))| format!("{name} {version} {} {}\n", to_hex(key), to_hex(row)));
    std::fs::write(FILE, lines.collect::<String>()).unwrap();
}

#[test]
fn what_was_ever_written_is_read_and_means_the_same() {
    let samples = samples::all();
    if std::env::var_os("LIMPID_UPDATE_FROZEN").is_some() {
        add_missing(&samples);
    }
    let frozen = frozen();
    for sample in &samples {
        let place = (sample.name.clone(), sample.version);
        assert!(
            frozen.contains_key(&place),
            "`{}` has no frozen sample of version {}: run the tests with LIMPID_UPDATE_FROZEN=1",
            sample.name,
            sample.version
        );
    }
    for ((name, version), (key, row)) in &frozen {
        let sample = samples.iter().find(|sample| sample.name == *name);
        let sample = sample.unwrap_or_else(|| panic!("nothing reads `{name}` any more"));
        let meaning = (sample.read)(&sample.key, &sample.row);
        assert_eq!((sample.read)(key, row), meaning, "`{name}` of version {version}");
        if *version == sample.version {
            assert_eq!(to_hex(key), to_hex(&sample.key), "key of `{name}`");
            assert!(sample.is_compressed || *row == sample.row, "row of `{name}`: {}", to_hex(&sample.row));
        }
    }
}

#[test]
fn every_table_has_a_number_of_its_own_and_a_sample() {
    // The list of tables is the one in the documentation of their module.
    let rows = include_str!("../tables.rs").lines().filter_map(|line| line.strip_prefix("//! | "));
    let listed = rows.filter_map(|row| {
        let mut cells = row.split(" | ");
        let number: u8 = cells.next()?.parse().ok()?;
        Some((number, cells.next()?.trim_matches(['[', ']', '`']).to_owned()))
    });
    let listed: BTreeSet<_> = listed.collect();
    let sampled: BTreeSet<_> = samples::all()
        .iter()
        .map(|sample| (sample.key[0], sample.name.split('/').next().unwrap_or_default().to_owned()))
        .collect();
    assert_eq!(sampled, listed);
    let numbers: BTreeSet<_> = listed.iter().map(|(number, _)| number).collect();
    assert_eq!(numbers.len(), listed.len());
}

#[test]
fn a_glance_at_an_image_of_any_version_sees_what_its_row_says() {
    let images = frozen().into_iter().filter(|((name, _), _)| name.starts_with("images/"));
    let mut versions = BTreeSet::new();
    for ((name, version), (_, row)) in images {
        let called: super::images::Called = table::decode_glance(&row).unwrap();
        let labelled: super::images::Labelled = table::decode_glance(&row).unwrap();
        let (image, _) = table::decode_row::<super::images::Images>(&row)
            .unwrap()
            .into_parts(limpid_model::Digest::from_bytes([0; 32]));
        assert_eq!(called, labelled.called);
        assert_eq!((called.names, labelled.labels), (image.names, image.labels), "{name} {version}");
        versions.insert(version);
    }
    assert_eq!(versions.len(), usize::from(super::images::Row::VERSION));
}

#[test]
fn what_was_found_is_read_without_what_packages_need_from_rows_of_any_version() {
    use super::findings::{Findings, Found, Row};

    let rows = frozen().into_iter().filter(|((name, _), _)| name.starts_with("findings/"));
    let (mut versions, mut needs) = (BTreeSet::new(), 0);
    for ((name, version), (_, row)) in rows {
        let (plugin, mut found, keys) = table::decode_row::<Findings>(&row).unwrap().into_parts();
        for finding in &mut found.findings {
            if let limpid_model::Fact::Package(package) = &mut finding.fact {
                needs += usize::from(package.requires.take().is_some());
            }
        }
        let glance: Found = table::decode_glance(&row).unwrap();
        assert_eq!(glance.into_parts(), (plugin, found, keys), "{name} {version}");
        versions.insert(version);
    }
    assert_eq!(versions.len(), usize::from(Row::VERSION));
    assert!(needs > 0, "a sample states what packages need");
}
