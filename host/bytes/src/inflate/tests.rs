use proptest::prelude::*;

use limpid_test_archives::{bzip2, file, gzip, xz, zstd};

use super::*;

type Compress = fn(&[u8]) -> Vec<u8>;

const ALL: [(Compression, Compress); 5] = [
    (Compression::None, <[u8]>::to_vec),
    (Compression::Gzip, gzip),
    (Compression::Bzip2, bzip2),
    (Compression::Xz, xz),
    (Compression::Zstd, zstd),
];

fn part(bytes: &[u8]) -> Part {
    Part::whole(file(bytes)).unwrap()
}

fn decoding(trailing: Trailing) -> Decoding {
    Decoding { window: Limit::of("window", 32 << 20), trailing }
}

const FAR: Inflation =
    Inflation { bytes: Limit::of("bytes", 1 << 30), ratio: Limit::of("ratio", 1_000), ratio_from: 1 << 30 };

#[derive(Default)]
struct Kept {
    bytes: Vec<u8>,
    /// After how many buffers nobody wants more.
    enough: Option<usize>,
}

impl Output for Kept {
    fn next(&mut self, filled: Buffer) -> Result<Option<Buffer>, Error> {
        assert!(!filled.filled().is_empty(), "an empty buffer was passed on");
        self.bytes.extend_from_slice(filled.filled());
        self.enough = self.enough.map(|left| left - 1);
        Ok((self.enough != Some(0)).then_some(filled))
    }
}

/// Pulls and pushes, which must give the same.
fn both(stored: &[u8], compression: Compression, trailing: Trailing) -> Result<Vec<u8>, Error> {
    let part = part(stored);
    let decoding = decoding(trailing);
    let mut pulled = Vec::new();
    let mut inflater = Inflater::new(&part, "x", compression, &decoding)?;
    let read = inflater.read_to_end(&mut pulled);
    let mut kept = Kept::default();
    let job = Job { what: "x", part: &part, compression, decoding, inflation: FAR };
    let pushed = inflate(&job, &mut kept);
    assert_eq!(read.is_ok(), pushed.is_ok(), "{compression:?}");
    match pushed? {
        Ended::Whole(digest) => {
            let hashed = (compression != Compression::None).then(|| Digest::of(stored));
            assert_eq!(digest, hashed, "{compression:?}");
        }
        Ended::Unwanted => panic!("all was wanted"),
    }
    assert!(kept.bytes == pulled);
    Ok(pulled)
}

#[test]
fn every_compression_is_told_by_its_first_bytes_and_inflated() {
    let text: Vec<u8> = (0..700_000_u32).flat_map(u32::to_le_bytes).collect();
    for (compression, compress) in ALL {
        for text in [&b"text"[..], &text] {
            let stored = compress(text);
            assert_eq!(Compression::of(&stored), compression);
            assert!(both(&stored, compression, Trailing::Refused).unwrap() == text, "{compression:?}");
        }
    }
}

#[test]
fn streams_may_follow_each_other() {
    for (compression, compress) in ALL {
        let stored = [compress(b"one "), compress(b""), compress(b"two")].concat();
        assert_eq!(both(&stored, compression, Trailing::Refused).unwrap(), b"one two");
    }
}

#[test]
fn what_follows_a_gzip_is_left_alone_or_refused() {
    for rest in [&[0; 600][..], b"x", b"\x1f"] {
        let stored = [&gzip(b"text"), rest].concat();
        assert_eq!(both(&stored, Compression::Gzip, Trailing::Ignored).unwrap(), b"text");
        let error = both(&stored, Compression::Gzip, Trailing::Refused).unwrap_err().to_string();
        assert!(error.ends_with("what follows the gzip stream is none"), "{error}");
    }
}

/// A gzip with all that a header may have, and a checksum of the header that is off by so much.
fn with_header(text: &[u8], wrong: u16) -> Vec<u8> {
    let mut stored = vec![0x1f, 0x8b, 8, 0b1_1110, 0, 0, 0, 0, 0, 3];
    stored.extend([3, 0, b'e', b'x', b't']);
    stored.extend(b"name\0comment\0");
    let mut crc = flate2::Crc::new();
    crc.update(&stored);
    stored.extend((crc.sum() as u16 ^ wrong).to_le_bytes());
    stored.extend(&gzip(text)[10..]);
    stored
}

#[test]
fn all_of_a_gzip_s_header_is_read_wherever_the_input_is_split() {
    let gunzipped = |stored: &[u8]| both(stored, Compression::Gzip, Trailing::Refused);
    let second = with_header(b"two", 0);
    for before in 0..40 {
        // A member of bytes as they are, so long that the next header lies across the end of a buffer.
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
        io::Write::write_all(&mut encoder, &vec![b'1'; (256 << 10) - 53 - before]).unwrap();
        let first = encoder.finish().unwrap();
        assert!((256 << 10) - 60 < first.len() && first.len() <= 256 << 10, "{}", first.len());
        assert!(gunzipped(&[&first[..], &second].concat()).unwrap().ends_with(b"1two"), "{before}");
    }
    for end in 1..second.len() {
        assert!(gunzipped(&second[..end]).is_err(), "{end}");
    }
    assert!(gunzipped(&with_header(b"two", 1)).is_err());
    for (at, value) in [(0, 0), (1, 0), (2, 7), (3, 1 << 5), (3, 1 << 7)] {
        let mut stored = gzip(b"text");
        stored[at] = value;
        assert!(gunzipped(&stored).is_err(), "{at}");
    }
}

#[test]
fn a_stream_that_ends_early_is_damaged() {
    let text = "text ".repeat(100_000);
    for (compression, compress) in ALL.into_iter().skip(1) {
        let stored = compress(text.as_bytes());
        for end in [stored.len() - 3, stored.len() / 2] {
            let error = both(&stored[..end], compression, Trailing::Ignored).unwrap_err();
            let expected = format!("the {} stream ends early", compression.name());
            assert!(error.to_string().ends_with(&expected), "{error}");
            assert!(matches!(error, Error::Damaged { .. }));
        }
    }
}

#[test]
fn a_decoder_that_wants_too_much_memory_is_refused_by_the_setting() {
    let text = vec![7; 3 << 20];
    let mut encoder = ::zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
    encoder.window_log(22).unwrap();
    io::Write::write_all(&mut encoder, &text).unwrap();
    let decoding = Decoding { window: Limit::of("window", 64 << 10), trailing: Trailing::Ignored };
    for (compression, stored) in
        [(Compression::Zstd, encoder.finish().unwrap()), (Compression::Xz, xz(&text))]
    {
        let mut inflater = Inflater::new(&part(&stored), "x", compression, &decoding).unwrap();
        let error = inflater.next(&mut [0; 100]).unwrap_err();
        let name = compression.name();
        assert_eq!(error.to_string(), format!("x needs a window of {name} over the limit `window` of 65536"));
    }
}

#[test]
fn inflating_stops_at_its_limits_and_where_nobody_wants_more() {
    let (text, part) = (vec![0; 4 << 20], part(&gzip(&vec![0; 4 << 20])));
    let run = |inflation: Inflation, kept: &mut Kept| {
        let decoding = decoding(Trailing::Ignored);
        inflate(&Job { what: "x", part: &part, compression: Compression::Gzip, decoding, inflation }, kept)
    };
    let mut kept = Kept::default();
    assert!(run(FAR, &mut kept).is_ok() && kept.bytes == text);
    let bytes = Inflation { bytes: Limit::of("bytes", 1 << 20), ..FAR };
    let error = run(bytes, &mut Kept::default()).err().unwrap().to_string();
    assert!(error.starts_with("the inflated size of x is over the limit `bytes` of 1048576"), "{error}");
    let ratio = Inflation { ratio: Limit::of("ratio", 10), ratio_from: 1 << 20, ..FAR };
    let error = run(ratio, &mut Kept::default()).err().unwrap().to_string();
    assert!(
        error.starts_with("the inflated size of x to its stored size is over the limit `ratio` of 10"),
        "{error}"
    );
    let mut kept = Kept { enough: Some(2), ..Kept::default() };
    assert!(matches!(run(FAR, &mut kept), Ok(Ended::Unwanted)));
    assert_eq!(kept.bytes.len(), 512 << 10);
}

proptest! {
    #[test]
    fn a_changed_byte_makes_no_decoder_panic_or_hang(at in 0usize..10_000, value in any::<u8>()) {
        for (compression, compress) in ALL {
            let mut stored = compress("some text, more than once ".repeat(50).as_bytes());
            let at = at % stored.len();
            stored[at] = value;
            let _ = both(&stored, compression, Trailing::Ignored);
        }
    }
}
