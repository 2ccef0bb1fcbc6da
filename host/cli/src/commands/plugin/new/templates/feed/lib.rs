//! Reads advisories for the namespace `@NAMESPACE@`: a line `ID PACKAGE FIXED-VERSION` for each.

use limpid_plugin_sdk::feed::{Advisory, Affected, Document, Documents, Feed, Range, Sink, Source};
use limpid_plugin_sdk::text::Lines;
use limpid_plugin_sdk::{Error, export_feed};

struct Advisories;

impl Feed for Advisories {
    fn sources(_cursor: Option<String>) -> Vec<Source> {
        vec![Source::whole("advisories", "https://example.org/advisories.txt")]
    }

    fn parse(_: &str, documents: &mut dyn Documents, sink: &mut dyn Sink) -> Result<Option<String>, Error> {
        while let Some(document) = documents.next() {
            read(document, sink)?;
        }
        Ok(None)
    }
}

export_feed!(Advisories);

fn read(document: Document, sink: &mut dyn Sink) -> Result<(), Error> {
    let mut lines = Lines::new(document, 4096);
    while let Some(line) = lines.next()? {
        match line.text().split_whitespace().collect::<Vec<_>>()[..] {
            [id, name, fixed] => sink.advisory(advisory(id, name, fixed)),
            [] => {}
            [id, ..] => sink.reject(id, Error::malformed(format_args!("line {}", line.number))),
        }
    }
    Ok(())
}

fn advisory(id: &str, name: &str, fixed: &str) -> Advisory {
    // Whoever has an older version, as the scheme `dpkg` orders them, is affected.
    let affected = Affected {
        namespace: "@NAMESPACE@".to_owned(),
        name: name.to_owned(),
        scheme: "dpkg".to_owned(),
        ranges: vec![Range::before(fixed)],
        ..Affected::default()
    };
    Advisory { affected: vec![affected], ..Advisory::new(id) }
}
