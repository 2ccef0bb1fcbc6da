use limpid_model::Digest;

use super::*;
use crate::{Fault, FoundImage, Location};

/// A source far away: it streams, and what it streams may be anything.
struct Far(fn() -> Box<dyn Read + Send>);

impl ImageSource for Far {
    fn images(&self, _: &Stop) -> Result<Vec<FoundImage>, Error> {
        Ok(Vec::new())
    }

    fn open(&self, layer: &FoundLayer, _: &Stop) -> Result<Content, Error> {
        Ok(match &layer.location {
            Location::Unreadable(why) => Content::Unreadable(why.clone()),
            _ => Content::Stream((self.0)()),
        })
    }
}

fn layer(location: Location) -> FoundLayer {
    FoundLayer {
        diff_id: Digest::of(b"tar"),
        digest: Some(Digest::of(b"12345")),
        size: 5,
        media_type: String::new(),
        stored_as: None,
        location,
    }
}

fn open(bytes: fn() -> Box<dyn Read + Send>, stop: &Stop) -> Result<StoredLayer, Error> {
    stored(&Far(bytes), &layer(Location::Digest), &std::env::temp_dir(), stop)
}

/// Gives two bytes, and then what a connection gives that is cut.
struct Broken(bool);

impl Read for Broken {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if std::mem::replace(&mut self.0, true) {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        let mut bytes = &b"12"[..];
        bytes.read(buffer)
    }
}

/// Fails of what a registry says.
struct Refused;

impl Read for Refused {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        let (what, setting) = ("layer".to_owned(), "registries.layer_bytes");
        Err(io::Error::other(limpid_fetch::Error::TooLarge { what, size: None, limit: 1, setting }))
    }
}

#[test]
fn what_is_streamed_can_be_read_by_position_and_more_than_once() {
    let layer = open(|| Box::new(&b"12345"[..]), &Stop::default()).unwrap();
    let part = layer.bytes.unwrap();
    assert_eq!(part.len(), 5);
    for _ in 0..2 {
        assert_eq!(part.digest("x").unwrap(), Digest::of(b"12345"));
    }
}

#[test]
fn an_error_says_whose_fault_it_is() {
    let check = |bytes, stop: &Stop, fault, expected: &str| {
        let error = open(bytes, stop).unwrap_err();
        assert_eq!(error.fault(), fault, "{error}");
        assert!(format!("{error} {error:?}").contains(expected), "{error}");
    };
    let going = Stop::default();
    check(|| Box::new(&b"123456"[..]), &going, Fault::Input, "more than the 5 bytes");
    check(|| Box::new(&b"1234"[..]), &going, Fault::Source, "ends after 4 of 5 bytes");
    check(|| Box::new(Broken(false)), &going, Fault::Source, "ConnectionReset");
    check(|| Box::new(Refused), &going, Fault::Input, "of setting `registries.layer_bytes`");
    let stopped = Stop::default();
    stopped.stop();
    // It would never end by itself.
    check(|| Box::new(io::repeat(0)), &stopped, Fault::Host, "was not waited for");
    let unwritable = stored(
        &Far(|| Box::new(&b"12345"[..])),
        &layer(Location::Digest),
        Path::new("/nowhere/at/all"),
        &going,
    );
    assert_eq!(unwritable.unwrap_err().fault(), Fault::Host);
}

/// What following a stream read of it, or why it did not.
fn follow(bytes: fn() -> Box<dyn Read + Send>, stop: &Stop) -> Result<Vec<u8>, Error> {
    let layer = layer(Location::Digest);
    read_stored(&Far(bytes), &layer, &std::env::temp_dir(), stop, |stored| {
        let mut read = Vec::new();
        for _ in 0..2 {
            read.clear();
            let mut reader = stored.bytes.as_ref().unwrap().reader();
            reader.read_to_end(&mut read).map_err(Error::io("reading"))?;
        }
        Ok(read)
    })
}

/// Gives a byte at a time.
struct Slow(&'static [u8]);

impl Read for Slow {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let some = buffer.len().min(1);
        self.0.read(&mut buffer[..some])
    }
}

#[test]
fn a_stream_is_read_while_it_comes_and_again() {
    assert_eq!(follow(|| Box::new(Slow(b"12345")), &Stop::default()).unwrap(), b"12345");
}

#[test]
fn what_ends_a_stream_ends_who_reads_it_with_that_error() {
    let check = |bytes, stop: &Stop, fault, expected: &str| {
        let error = follow(bytes, stop).unwrap_err();
        assert_eq!(error.fault(), fault, "{error}");
        assert!(format!("{error} {error:?}").contains(expected), "{error}");
    };
    let going = Stop::default();
    check(|| Box::new(Slow(b"123456")), &going, Fault::Input, "more than the 5 bytes");
    check(|| Box::new(Slow(b"1234")), &going, Fault::Source, "ends after 4 of 5 bytes");
    check(|| Box::new(Broken(false)), &going, Fault::Source, "ConnectionReset");
    check(|| Box::new(Refused), &going, Fault::Input, "of setting `registries.layer_bytes`");
    let stopped = Stop::default();
    stopped.stop();
    check(|| Box::new(io::repeat(0)), &stopped, Fault::Host, "was not waited for");
}

#[test]
fn a_reader_that_fails_ends_the_stream() {
    let layer = FoundLayer { size: u64::MAX, ..layer(Location::Digest) };
    // It would never end by itself.
    let endless = Far(|| Box::new(io::repeat(0)));
    let read = read_stored(&endless, &layer, &std::env::temp_dir(), &Stop::default(), |stored| {
        stored.bytes.as_ref().unwrap().head("x")?;
        Err::<(), _>(Error::NotAnImage("enough".to_owned()))
    });
    assert_eq!(read.unwrap_err().to_string(), "not an image archive: enough");
}

#[test]
fn a_layer_that_cannot_be_read_costs_only_itself() {
    let far = Far(|| Box::new(io::empty()));
    let location = Location::Unreadable("it is encrypted".to_owned());
    let found = stored(&far, &layer(location), &std::env::temp_dir(), &Stop::default()).unwrap();
    assert_eq!(found.bytes.unwrap_err(), "it is encrypted");
}
