//! The feed of the Debian security tracker: its [`data/json`](https://security-tracker.debian.org/tracker/data/json).
//!
//! This crate owns where the document is; what it says is read by [`limpid_tracker`], and becomes advisories for the
//! namespaces `debian:<codename>`, as the document names the releases.
//!
//! | The tracker says | Advisory |
//! |---|---|
//! | `resolved`, fixed in version 0 | not affected |
//! | `resolved`, fixed in a version | affected before that version |
//! | `open` | affected, no end known |
//! | `open`, no DSA: `ignored` | will not be fixed; the team's words as note |
//! | `open`, no DSA: `postponed` or no reason | fix deferred; the same |
//! | `open`, urgency `end-of-life` | end of life |
//! | `undetermined` | under investigation |
//! | of `sid`, fixed in a version | in every release that takes it for vulnerable: fixed from that version on |
//! | of any release, fixed in a version that is named or in its archives | in all others: that version is fixed |
//!
//! What a release says is about its own versions; the last two lines are what Debian's own `debsecan` makes of the
//! versions of others. The note in `judgement.rs` of that crate has all of it.
//!
//! All of it is stated of source packages. A vulnerability comes once for each package that it
//! affects, which is how the document is sorted; the host joins them.
//!
//! ```
//! use limpid_feed_debian::Debian;
//! use limpid_plugin_sdk::feed::{Feed, Range};
//! use limpid_plugin_sdk::testing::{Collected, InMemory};
//!
//! let tracker = r#"{"shadow": {"CVE-2023-29383": {"releases": {
//!     "sid": {"status": "resolved", "fixed_version": "1:4.13+dfsg1-2"}}}}}"#;
//! let mut sink = Collected::default();
//! Debian::parse("tracker", &mut InMemory::new([("json", tracker)]), &mut sink)?;
//! assert_eq!(sink.advisories[0].affected[0].ranges, [Range::before("1:4.13+dfsg1-2")]);
//! # Ok::<(), limpid_plugin_sdk::Error>(())
//! ```

use limpid_plugin_sdk::feed::{Documents, Feed, Sink, Source};
use limpid_plugin_sdk::{Error, export_feed};
use limpid_tracker::Tracker;

/// Name of the one source.
const TRACKER: &str = "tracker";

/// Debian's tracker.
const DEBIAN: Tracker = Tracker { pages: "https://security-tracker.debian.org/tracker", releases: None };

/// The feed.
#[derive(Debug)]
pub struct Debian;

impl Feed for Debian {
    fn sources(_cursor: Option<String>) -> Vec<Source> {
        vec![Source::whole(TRACKER, "https://security-tracker.debian.org/tracker/data/json")]
    }

    /// Takes any document for a copy of the tracker's, whatever the source is called: one that is
    /// handed in by an operator goes by the name of its file.
    fn parse(
        _source: &str,
        documents: &mut dyn Documents,
        sink: &mut dyn Sink,
    ) -> Result<Option<String>, Error> {
        let mut read = false;
        while let Some(document) = documents.next() {
            limpid_tracker::read(&DEBIAN, document, sink)?;
            read = true;
        }
        if !read {
            return Err(Error::malformed("there is no document"));
        }
        sink.identify(TRACKER);
        Ok(None)
    }
}

export_feed!(Debian);

#[cfg(test)]
mod tests {
    use limpid_plugin_sdk::testing::{Collected, InMemory};

    use super::*;

    #[test]
    fn a_run_fetches_one_document() {
        let expected = Source::whole("tracker", "https://security-tracker.debian.org/tracker/data/json");
        assert_eq!(Debian::sources(None), [expected]);
    }

    #[test]
    fn a_document_is_the_trackers_whatever_it_is_called() {
        let document = r#"{"tar": {"CVE-2005-2541": {"releases": {"bookworm": {"status": "open"}}}}}"#;
        let mut sink = Collected::default();
        let read = Debian::parse("other.json", &mut InMemory::new([("other.json", document)]), &mut sink);
        assert_eq!((read, sink.identified.as_deref()), (Ok(None), Some("tracker")));
        assert_eq!(
            sink.advisories[0].references,
            ["https://security-tracker.debian.org/tracker/CVE-2005-2541"]
        );
        let none = Debian::parse("tracker", &mut InMemory::default(), &mut Collected::default());
        assert_eq!(none, Err(Error::malformed("there is no document")));
    }
}
