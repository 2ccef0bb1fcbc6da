use std::thread;

use limpid_runtime::Documents as _;
use limpid_test_archives::{Form, tar, zip};

use super::*;

fn file(name: &str, bytes: &[u8]) -> Document {
    Document::new(name, limpid_test_archives::file(bytes)).unwrap()
}

/// Uses a stream while it is read ahead.
fn with(files: &[Document], limits: &Limits, use_it: impl FnOnce(&mut Stream)) {
    let (ahead, mut stream) = Ahead::of(files, limits);
    thread::scope(|scope| {
        scope.spawn(|| ahead.run());
        use_it(&mut stream);
        stream.close();
    });
}

fn read_all(document: &mut dyn runtime::Document, len: usize) -> io::Result<Vec<u8>> {
    let mut all = Vec::new();
    loop {
        match document.read(len)? {
            bytes if bytes.is_empty() => return Ok(all),
            bytes => {
                assert!(bytes.len() <= len, "{} > {len}", bytes.len());
                all.extend(bytes);
            }
        }
    }
}

fn members(count: usize, size: usize) -> Vec<(String, Vec<u8>)> {
    let byte = |member: usize, at: usize| u8::try_from((member * 31 + at) % 251).unwrap();
    (0..count).map(|n| (format!("{n}.json"), (0..size).map(|at| byte(n, at)).collect())).collect()
}

#[test]
fn documents_come_in_their_order_whole_however_much_is_asked_for() {
    for (count, size) in [(3 * MOST, 10), (3, 2 * LONGEST + 1), (5, LONGEST), (4, 0)] {
        let members = members(count, size);
        let files = [file("a.zip", &zip(&members, Form::Deflated)), file("plain", b"x")];
        for len in [1 << 20, 100_000, 1_000] {
            with(&files, &Limits::default(), |stream| {
                for (name, bytes) in &members {
                    let mut document = stream.next().unwrap().unwrap();
                    assert_eq!(document.name(), name);
                    assert!(read_all(&mut *document, len).unwrap() == *bytes, "{name} of {count}");
                    assert!(document.read(len).unwrap().is_empty(), "its end stays its end");
                }
                let mut last = stream.next().unwrap().unwrap();
                assert_eq!(read_all(&mut *last, len).unwrap(), b"x");
                assert_eq!(last.name(), "plain");
                assert!(stream.next().unwrap().is_none() && stream.next().unwrap().is_none());
                stream.finish().unwrap();
            });
        }
    }
}

#[test]
fn what_is_not_read_of_a_document_is_passed_by_and_gone() {
    let members = members(3, LONGEST + 7);
    let files = [file("a.zip", &zip(&members, Form::Deflated))];
    with(&files, &Limits::default(), |stream| {
        let mut first = stream.next().unwrap().unwrap();
        assert!(first.read(0).unwrap().is_empty());
        assert_eq!(first.read(5).unwrap(), members[0].1[..5]);
        let mut second = stream.next().unwrap().unwrap();
        let why = first.read(5).unwrap_err().to_string();
        assert!(why.contains("gone on to the next document"), "{why}");
        assert!(read_all(&mut *second, LONGEST).unwrap() == members[1].1);
        assert_eq!(stream.next().unwrap().unwrap().name(), "2.json");
    });
}

#[test]
fn nobody_need_read_to_the_end() {
    let members = members(64, LONGEST);
    let files = [file("a.zip", &zip(&members, Form::Deflated))];
    with(&files, &Limits::default(), |_| {});
    with(&files, &Limits::default(), |stream| drop(stream.next().unwrap()));
}

#[test]
fn damage_is_told_to_whom_reads_it() {
    let members = members(3, 2 * LONGEST);
    let mut bytes = zip(&members, Form::Stored);
    // Stored: one byte of the second member, which its checksum tells.
    let at = 3 * LONGEST;
    bytes[at] ^= 1;
    let files = [file("a.zip", &bytes)];
    with(&files, &Limits::default(), |stream| {
        read_all(&mut *stream.next().unwrap().unwrap(), LONGEST).unwrap();
        read_all(&mut *stream.next().unwrap().unwrap(), LONGEST).unwrap_err();
    });
    with(&files, &Limits::default(), |stream| {
        read_all(&mut *stream.next().unwrap().unwrap(), LONGEST).unwrap();
        assert_eq!(stream.next().unwrap().unwrap().read(10).unwrap().len(), 10);
        stream.finish().unwrap_err();
    });
    with(&files, &Limits::default(), |stream| {
        read_all(&mut *stream.next().unwrap().unwrap(), LONGEST).unwrap();
        assert_eq!(stream.next().unwrap().unwrap().read(10).unwrap().len(), 10);
        assert!(stream.next().is_err(), "what is passed by is read to its end");
    });
    with(&[file("cut.zip", &bytes[..bytes.len() - 40])], &Limits::default(), |stream| {
        assert!(stream.next().is_err());
        assert!(stream.next().unwrap().is_none(), "nothing follows what cannot be read");
    });
}

#[test]
fn more_than_may_be_is_refused_where_it_is_read() {
    let limits = Limits { members: 2, ..Limits::default() };
    let files = [file("a.tar", &tar(&members(3, 10)))];
    with(&files, &limits, |stream| {
        for _ in 0..2 {
            assert_eq!(read_all(&mut *stream.next().unwrap().unwrap(), 100).unwrap().len(), 10);
        }
        let why = stream.next().map(|_| ()).unwrap_err().to_string();
        assert!(why.contains("documents.members"), "{why}");
    });
}
