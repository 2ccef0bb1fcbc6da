//! The feed of Debian's lists of advisories: DSA of the security team, DLA of long-term support, and ELA, by which
//! Freexian extends that.
//!
//! The tracker's own document (the feed `debian`) says more of what is supported today. These lists go back to the
//! first advisories: they have releases that the tracker's document no longer has, and advisories that name no CVE.
//!
//! This crate owns how an entry of these lists becomes an advisory for the namespaces `debian:<codename>`, as the
//! entry names the releases. All of it is stated of source packages.
//!
//! | The list says | Advisory |
//! |---|---|
//! | `[12 Feb 2025] DSA-5864-1 pam-pkcs11 - security update` | identifier, title, date |
//! | `{CVE-2025-24032 CVE-2025-24531}` | aliases |
//! | `[bookworm] - pam-pkcs11 0.6.12-1+deb12u1` | affected before that version |
//! | the same with `<not-affected>` | not affected |
//! | `<unfixed>`, `<removed>` | affected, no end known |
//! | `<end-of-life>`, `<ignored>` | end of life, will not be fixed |
//! | `<no-dsa>`, `<postponed>` | fix deferred |
//! | `<undetermined>` | under investigation |
//! | `- pam-pkcs11 0.6.13-1`, without a release | of `sid` |
//! | `(bug #332424; medium)` behind it | note, and the urgency as a rating |
//! | an entry without packages; one that names no CVE and corrects another, or brings new time zones | nothing |
//!
//! ```
//! use limpid_feed_debian_advisories::Advisories;
//! use limpid_plugin_sdk::feed::{Feed, Range};
//! use limpid_plugin_sdk::testing::{Collected, InMemory};
//!
//! let list = "[12 Feb 2025] DSA-5864-1 pam-pkcs11 - security update\n\
//!             \t{CVE-2025-24032 CVE-2025-24531}\n\
//!             \t[bookworm] - pam-pkcs11 0.6.12-1+deb12u1\n";
//! let mut sink = Collected::default();
//! Advisories::parse("DSA", &mut InMemory::new([("list", list)]), &mut sink)?;
//! assert_eq!(sink.advisories[0].affected[0].ranges, [Range::before("0.6.12-1+deb12u1")]);
//! # Ok::<(), limpid_plugin_sdk::Error>(())
//! ```

mod entry;
mod list;

use limpid_plugin_sdk::feed::{Documents, Feed, Sink, Source};
use limpid_plugin_sdk::{Error, export_feed};

/// Lists, by the first part of the identifiers in them, which is what their sources are called; and where they are.
const LISTS: [(&str, &str); 3] = [
    ("DSA", "https://salsa.debian.org/security-tracker-team/security-tracker/-/raw/master/data/DSA/list"),
    ("DLA", "https://salsa.debian.org/security-tracker-team/security-tracker/-/raw/master/data/DLA/list"),
    (
        "ELA",
        "https://salsa.debian.org/freexian-team/extended-lts/security-tracker/-/raw/master/data/ELA/list",
    ),
];

/// The feed.
#[derive(Debug)]
pub struct Advisories;

impl Feed for Advisories {
    fn sources(_cursor: Option<String>) -> Vec<Source> {
        LISTS.map(|(name, address)| Source::whole(name, address)).to_vec()
    }

    fn parse(
        source: &str,
        documents: &mut dyn Documents,
        sink: &mut dyn Sink,
    ) -> Result<Option<String>, Error> {
        let document = documents.next().ok_or_else(|| Error::malformed("there is no document"))?;
        list::read(source, document, sink).map(|()| None)
    }
}

export_feed!(Advisories);

#[cfg(test)]
mod tests;
