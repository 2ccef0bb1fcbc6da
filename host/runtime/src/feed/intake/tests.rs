use std::io;

use intake::{HostDocument, HostDocuments, HostSink};
use limpid_model::{Advisory, Enrichment, InputError};

use super::*;
use crate::bounds::Bounds;
use crate::call::Borrowed;
use crate::{Document, Settings, Source};

/// Writes down what it is told.
#[derive(Default)]
struct Log(Vec<String>);

impl Sink for Log {
    fn identify(&mut self, source: String) {
        self.0.push(format!("identify {source}"));
    }

    fn dated(&mut self, when: String) {
        self.0.push(format!("dated {when}"));
    }

    fn advisories(&mut self, batch: Vec<Advisory>) {
        self.0.extend(batch.into_iter().map(|advisory| format!("advisory {}", advisory.id)));
    }

    fn enrichments(&mut self, batch: Vec<Enrichment>) {
        self.0.extend(batch.into_iter().map(|enrichment| format!("enrichment {}", enrichment.id)));
    }

    fn withdraw(&mut self, id: String) {
        self.0.push(format!("withdraw {id}"));
    }

    fn reject(&mut self, id: String, why: InputError) {
        self.0.push(format!("reject {id}: {why}"));
    }

    fn follow(&mut self, source: Source) {
        self.0.push(format!("follow {}", source.url));
    }
}

/// Documents without end, each of one endless line.
struct Endless;

impl Documents for Endless {
    fn next(&mut self) -> io::Result<Option<Box<dyn Document>>> {
        Ok(Some(Box::new(Self)))
    }
}

impl Document for Endless {
    fn name(&self) -> &str {
        "endless.json"
    }

    fn read(&mut self, len: usize) -> io::Result<Vec<u8>> {
        if len == 13 { Err(io::Error::other("a bad sector")) } else { Ok(vec![b' '; len]) }
    }
}

fn parse(limit: u64) -> (State, Arc<Mutex<Log>>) {
    let log = Arc::new(Mutex::new(Log::default()));
    let intake = Intake::new(Box::new(Endless), log.clone(), limit);
    let borrowed = Borrowed { intake: Some(intake), ..Borrowed::default() };
    (State::new(&Bounds::of(&Settings::default(), "test"), borrowed), log)
}

fn handle<T: 'static>() -> Resource<T> {
    Resource::new_own(0)
}

fn source(name: &str) -> intake::Source {
    let url = "https://example.org/index.json".into();
    intake::Source { name: name.into(), url, mode: intake::Mode::Whole }
}

fn enrichment(id: &str) -> intake::Enrichment {
    intake::Enrichment { id: id.into(), kind: "kev".into(), ratings: Vec::new(), facts: Vec::new() }
}

#[test]
fn a_record_that_cannot_be_used_is_rejected_and_the_others_are_passed_on() {
    let (mut state, log) = parse(1 << 20);
    HostSink::identify(&mut state, handle(), "main".into()).unwrap();
    HostSink::enrichments(&mut state, handle(), vec![enrichment(""), enrichment("CVE-1")]).unwrap();
    HostSink::withdraw(&mut state, handle(), "CVE-2".into()).unwrap();
    let why = types::Error::Malformed("no version".into());
    HostSink::reject(&mut state, handle(), String::new(), why).unwrap();
    HostSink::follow(&mut state, handle(), source("")).unwrap();
    HostSink::follow(&mut state, handle(), source("index")).unwrap();
    assert_eq!(
        log.lock().unwrap().0,
        [
            "identify main",
            "enrichment CVE-1",
            "reject : `enrichment.id` is empty",
            "withdraw CVE-2",
            "reject : malformed: no version",
            "reject : `source.name` is empty",
            "follow https://example.org/index.json",
        ],
    );
}

#[test]
fn a_source_is_identified_once() {
    let (mut state, _) = parse(1 << 20);
    HostSink::identify(&mut state, handle(), "main".into()).unwrap();
    let error = HostSink::identify(&mut state, handle(), "community".into()).unwrap_err();
    assert_eq!(error.to_string(), "says twice which source it reads");
}

#[test]
fn a_document_says_of_when_it_is() {
    let (mut state, log) = parse(1 << 20);
    HostSink::dated(&mut state, handle(), "2026-08-31".into()).unwrap();
    HostSink::dated(&mut state, handle(), "2026-08-31T10:00:00.5Z".into()).unwrap();
    HostSink::dated(&mut state, handle(), "yesterday".into()).unwrap();
    assert_eq!(
        log.lock().unwrap().0,
        [
            "dated 2026-08-31",
            "dated 2026-08-31T10:00:00.5Z",
            "reject date of the document: malformed: `yesterday` is no date as in RFC 3339",
        ]
    );
}

#[test]
fn what_goes_into_the_sink_of_one_call_is_bounded_in_total() {
    let (mut state, log) = parse(100);
    let mut withdraw = || HostSink::withdraw(&mut state, handle(), "C".repeat(50));
    withdraw().unwrap();
    let error = withdraw().unwrap_err();
    assert!(matches!(error.downcast_ref(), Some(Stop::Output { limit: 100, .. })), "{error}");
    assert_eq!(log.lock().unwrap().0.len(), 1);
}

#[test]
fn documents_are_read_in_bounded_pieces() {
    let (mut state, _) = parse(0);
    let document = HostDocuments::next(&mut state, handle()).unwrap().unwrap();
    let borrowed = || Resource::new_borrow(document.rep());
    assert_eq!(HostDocument::name(&mut state, borrowed()).unwrap(), "endless.json");
    assert_eq!(HostDocument::read(&mut state, borrowed(), 10).unwrap().len(), 10);
    assert_eq!(HostDocument::read(&mut state, borrowed(), u32::MAX).unwrap().len(), 4 << 20);
    let error = HostDocument::read(&mut state, borrowed(), 13).unwrap_err();
    assert_eq!(error.to_string(), "cannot read `endless.json`: a bad sector");
}

#[test]
fn open_documents_are_bounded_and_closed_ones_make_room() {
    let (mut state, _) = parse(0);
    let mut last = None;
    for _ in 0..64 {
        last = HostDocuments::next(&mut state, handle()).unwrap();
    }
    let error = HostDocuments::next(&mut state, handle()).unwrap_err();
    assert_eq!(error.to_string(), "has more than 64 documents open at a time");
    HostDocument::drop(&mut state, last.unwrap()).unwrap();
    assert!(HostDocuments::next(&mut state, handle()).is_ok());
}

#[test]
fn a_sink_that_was_not_borrowed_is_not_there() {
    let mut state = State::new(&Bounds::of(&Settings::default(), "test"), Borrowed::default());
    let error = HostSink::withdraw(&mut state, handle(), "CVE-1".into()).unwrap_err();
    assert_eq!(error.to_string(), "used a sink that it was not borrowed");
}
