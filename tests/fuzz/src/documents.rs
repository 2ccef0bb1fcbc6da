//! Reads what a fetched file holds, under limits that small inputs reach.

use std::io::{ErrorKind, Read as _};

use limpid_documents::{Documents, Error, Limits, Part};

use crate::images;

/// How many bytes are asked for at a time: few, so that a reader is left in the middle of everything.
const PIECE: usize = 7;

fn limits() -> Limits {
    Limits {
        members: 16,
        member_bytes: 16 << 10,
        inflated_bytes: 48 << 10,
        ratio: 50,
        ratio_from: 24 << 10,
        window_bytes: 1 << 20,
    }
}

/// What was read, and how it ended.
struct Reading {
    documents: Vec<(String, Vec<u8>)>,
    failure: Option<String>,
}

/// Reads all documents of a file at once and in pieces, and checks what came.
///
/// # Panics
/// Where a rule is broken.
pub fn check(bytes: &[u8]) {
    let (whole, in_pieces) = (read(bytes, 64 << 10), read(bytes, PIECE));
    assert_eq!(whole.documents, in_pieces.documents, "read at once, and in pieces of {PIECE} bytes");
    // Where a file is over a limit and damaged further on, what is told is what was met first.
    let (first, second) = (&whole.failure, &in_pieces.failure);
    assert_eq!(first.is_some(), second.is_some(), "{first:?}, and in pieces of {PIECE} bytes {second:?}");
    let limits = limits();
    let lengths = whole.documents.iter().map(|(_, bytes)| bytes.len() as u64);
    let is_archive = whole.documents.len() > 1;
    assert!(!is_archive || lengths.clone().all(|length| length <= limits.member_bytes));
    assert!(lengths.sum::<u64>() <= limits.inflated_bytes, "more than `inflated_bytes`");
    assert!(whole.documents.len() as u64 <= limits.members, "more than `members`");
}

fn read(bytes: &[u8], piece: usize) -> Reading {
    let mut reading = Reading { documents: Vec::new(), failure: None };
    if let Err(error) = read_into(bytes, piece, &mut reading.documents) {
        // Nothing is wrong with this machine.
        assert_eq!(error.kind(), ErrorKind::InvalidData, "{error}");
        assert!(error.get_ref().is_some_and(|inner| inner.is::<Error>()), "{error} says not what is wrong");
        reading.failure = Some(error.to_string());
    }
    reading
}

fn read_into(bytes: &[u8], piece: usize, read: &mut Vec<(String, Vec<u8>)>) -> std::io::Result<()> {
    let file = Part::whole(images::unnamed(bytes))?;
    let mut documents = Documents::open("file", file, &limits())?;
    let mut buffer = vec![0; piece];
    while let Some(mut document) = documents.next()? {
        let mut content = Vec::new();
        loop {
            match document.read(&mut buffer)? {
                0 => break,
                count => content.extend_from_slice(&buffer[..count]),
            }
        }
        read.push((document.name().to_owned(), content));
    }
    Ok(())
}
