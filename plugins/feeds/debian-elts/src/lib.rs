//! The feed of the security tracker of Debian's [Extended LTS](https://www.freexian.com/lts/extended/), which Freexian
//! maintains: its [`data/json`](https://deb.freexian.com/extended-lts/tracker/data/json), in the form of Debian's.
//!
//! This crate owns where the document is, and of which releases it is the one that is asked; what it says is read by
//! [`limpid_tracker`]. Debian's own tracker no longer names a release whose long-term support has ended. The fixes are in
//! an archive of Freexian's, which is open to all, but an image has them only where it names that archive; a version
//! without a fix is affected whether or not anybody there would install it. The tracker knows of all packages, but
//! fixes only what its customers use: of others it says `end-of-life`, or that it will not be fixed.
//!
//! What the document says of other releases is not stated: those are Debian's to judge.
//!
//! ```
//! use limpid_feed_debian_elts::ExtendedLts;
//! use limpid_plugin_sdk::feed::{Feed, Range};
//! use limpid_plugin_sdk::testing::{Collected, InMemory};
//!
//! let tracker = r#"{"curl": {"CVE-2023-38545": {"releases": {
//!     "buster": {"status": "resolved", "fixed_version": "7.64.0-4+deb10u7"}}}}}"#;
//! let mut sink = Collected::default();
//! ExtendedLts::parse("tracker", &mut InMemory::new([("json", tracker)]), &mut sink)?;
//! assert_eq!(sink.advisories[0].affected[0].namespace, "debian:buster");
//! assert_eq!(sink.advisories[0].affected[0].ranges, [Range::before("7.64.0-4+deb10u7")]);
//! # Ok::<(), limpid_plugin_sdk::Error>(())
//! ```

use limpid_plugin_sdk::feed::{Documents, Feed, Sink, Source};
use limpid_plugin_sdk::{Error, export_feed};
use limpid_tracker::Tracker;

/// Name of the one source.
const SOURCE: &str = "tracker";

/// The tracker, and the releases that it has taken over from Debian.
const EXTENDED: Tracker = Tracker {
    pages: "https://deb.freexian.com/extended-lts/tracker",
    releases: Some(&["wheezy", "jessie", "stretch", "buster", "bullseye"]),
};

/// The feed.
#[derive(Debug)]
pub struct ExtendedLts;

impl Feed for ExtendedLts {
    fn sources(_cursor: Option<String>) -> Vec<Source> {
        vec![Source::whole(SOURCE, "https://deb.freexian.com/extended-lts/tracker/data/json")]
    }

    /// Takes any document for a copy of the tracker's, whatever the source is called.
    fn parse(
        _source: &str,
        documents: &mut dyn Documents,
        sink: &mut dyn Sink,
    ) -> Result<Option<String>, Error> {
        let document = documents.next().ok_or_else(|| Error::malformed("there is no document"))?;
        limpid_tracker::read(&EXTENDED, document, sink)?;
        sink.identify(SOURCE);
        Ok(None)
    }
}

export_feed!(ExtendedLts);

#[cfg(test)]
mod tests {
    use limpid_plugin_sdk::testing::{Collected, InMemory};

    use super::*;

    #[test]
    fn a_run_fetches_one_document() {
        let expected = Source::whole("tracker", "https://deb.freexian.com/extended-lts/tracker/data/json");
        assert_eq!(ExtendedLts::sources(None), [expected]);
    }

    #[test]
    fn only_what_the_tracker_has_taken_over_is_stated() {
        let document = r#"{"tar": {"CVE-2005-2541": {"releases": {
            "stretch": {"status": "open", "nodsa": "Not supported", "urgency": "end-of-life"},
            "bookworm": {"status": "open"}, "sid": {"status": "open"}}}}}"#;
        let mut sink = Collected::default();
        let read = ExtendedLts::parse("json", &mut InMemory::new([("json", document)]), &mut sink);
        assert_eq!((read, sink.identified.as_deref()), (Ok(None), Some("tracker")));
        let [advisory] = sink.advisories.as_slice() else { panic!("{sink:?}") };
        assert_eq!(advisory.references, ["https://deb.freexian.com/extended-lts/tracker/CVE-2005-2541"]);
        let stated: Vec<_> = advisory.affected.iter().map(|one| one.namespace.as_str()).collect();
        assert_eq!(stated, ["debian:stretch"]);
    }

    #[test]
    fn no_document_and_another_trackers_are_refused() {
        let none = ExtendedLts::parse("tracker", &mut InMemory::default(), &mut Collected::default());
        assert_eq!(none, Err(Error::malformed("there is no document")));
        let document = r#"{"tar": {"CVE-2005-2541": {"releases": {"sid": {"status": "open"}}}}}"#;
        let mut documents = InMemory::new([("json", document)]);
        let other = ExtendedLts::parse("tracker", &mut documents, &mut Collected::default());
        assert!(matches!(other, Err(Error::Malformed(_))), "{other:?}");
    }
}
