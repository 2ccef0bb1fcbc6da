//! Archives of records in the form of OSV.

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

/// A compressed tar of records, each a file named by its number.
pub(super) fn archive(records: impl Iterator<Item = Value>, level: Compression) -> Vec<u8> {
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), level));
    for (number, record) in records.enumerate() {
        let record = record.to_string();
        let mut header = tar::Header::new_gnu();
        header.set_size(record.len() as u64);
        header.set_mode(0o644);
        // Writing to memory does not fail.
        let _ = tar.append_data(&mut header, format!("{number}.json"), record.as_bytes());
    }
    tar.into_inner().and_then(GzEncoder::finish).unwrap_or_default()
}
