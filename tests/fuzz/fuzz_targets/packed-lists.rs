//! Reads lists that are kept packed: paths of packages, entries of layers.

#![no_main]

use libfuzzer_sys::fuzz_target;
use limpid_model::Paths;
use serde_bytes::Bytes;

// The rows of entries themselves, without the engine of the store that their crate brings.
#[path = "../../../host/store/src/tables/entries.rs"]
#[allow(unused_imports, dead_code, reason = "a table is declared by the store alone")]
mod entries;

/// Stands for the module of the store of this name: what a table is, no target asks.
mod define {
    macro_rules! define_table {
        ($($table:tt)*) => {};
    }

    pub(crate) use define_table;
}

/// Stands for the module of the store of this name.
mod table {
    pub(crate) trait Row: Sized {
        const VERSION: u8;
        fn upgrade(version: u8, fields: &[u8]) -> Option<Self>;
    }
}

/// Stands for the store's error of this name, of which rows know these two.
#[derive(Debug)]
#[expect(dead_code, reason = "shown where a target fails")]
pub enum Error {
    Corrupt { table: &'static str, what: &'static str, why: String },
    Encode { table: &'static str, source: Box<dyn std::error::Error + Send + Sync> },
}

fuzz_target!(|data: &[u8]| {
    check_paths(data);
    if let Ok(row) = postcard::from_bytes(data) {
        check_row(&row);
    }
    let Some((&first, rest)) = data.split_first() else { return };
    let packed = zstd::bulk::compress(rest, 1).expect("memory is compressed");
    let length = rest.len() as u64;
    // The fields of a row in their order: all entries are the last of their paths, or all but none replaced.
    let fields = (length, Bytes::new(&packed), 0_u64, Bytes::new(b""), first & 1 == 1);
    check_row(&postcard::from_bytes(&postcard::to_stdvec(&fields).expect("a row")).expect("a row"));
});

/// Text, and behind the last zero where each path ends in it, in one byte each.
fn check_paths(data: &[u8]) {
    let at = data.iter().rposition(|&byte| byte == 0).unwrap_or(data.len());
    let (text, ends) = data.split_at(at);
    let Ok(text) = std::str::from_utf8(text) else { return };
    let ends: Vec<usize> = ends.iter().skip(1).map(|&end| usize::from(end)).collect();
    if let Some(paths) = Paths::from_parts(text.to_owned(), ends.clone()) {
        assert_eq!(paths.len(), ends.len());
        assert_eq!(paths.iter().collect::<String>(), text, "text that is of no path, or of two");
        assert_eq!(paths.iter().collect::<Paths>(), paths);
    }
}

fn check_row(row: &entries::Row) {
    let Ok(entries) = row.unpack() else { return };
    let again = entries::Row::pack(&entries).expect("what was unpacked can be packed");
    let mut again = again.unpack().expect("what was packed can be unpacked");
    let mut first = entries;
    // What was replaced is put in order when it is packed.
    first.replaced.sort();
    again.replaced.sort();
    assert_eq!(first, again);
}
