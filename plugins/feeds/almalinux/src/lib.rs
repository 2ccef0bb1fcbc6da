//! The feed of [AlmaLinux](https://errata.almalinux.org/): `errata.full.json`, one for each release.
//!
//! Of the forms in which AlmaLinux publishes its errata this one says most: OSV has neither architectures nor modules
//! nor severities, and updateinfo is that of the packages which a repository has today. What it says is what
//! updateinfo says, so that it is read by [`limpid_updateinfo`].
//!
//! This crate owns where these documents are, how they are written and that their packages are in the namespaces
//! `almalinux:8`, `almalinux:9` and `almalinux:10`. The publisher has no list of releases. Of which release a document
//! is shows in the pages of its errata, `https://errata.almalinux.org/9/ALSA-2022-4940.html`.
//!
//! An erratum lists its packages without saying which is of which of its modules: one that is of a module, by its
//! release, is taken to be of any of them.
//!
//! ```
//! use limpid_feed_almalinux::AlmaLinux;
//! use limpid_plugin_sdk::feed::{Feed, Range};
//! use limpid_plugin_sdk::testing::{Collected, InMemory};
//!
//! let errata = r#"{"data": [{"id": "ALSA-2022:4940", "type": "security", "severity": "Important", "packages":
//!     [{"name": "xz", "epoch": "0", "version": "5.2.5", "release": "8.el9_0", "arch": "x86_64"}], "references":
//!     [{"id": "ALSA-2022:4940", "type": "self", "href": "https://errata.almalinux.org/9/ALSA-2022-4940.html"}]}]}"#;
//! let mut sink = Collected::default();
//! AlmaLinux::parse("9", &mut InMemory::new([("errata.full.json", errata)]), &mut sink)?;
//! let [xz] = &sink.advisories[0].affected[..] else { unreachable!() };
//! assert_eq!((xz.namespace.as_str(), &xz.ranges[..]), ("almalinux:9", &[Range::before("5.2.5-8.el9_0")][..]));
//! # Ok::<(), limpid_plugin_sdk::Error>(())
//! ```

mod errata;
mod publisher;

use limpid_plugin_sdk::feed::{Documents, Feed, Sink, Source};
use limpid_plugin_sdk::{Error, export_feed};

/// Releases, each of which is a source.
const RELEASES: [&str; 3] = ["8", "9", "10"];

/// The feed.
#[derive(Debug)]
pub struct AlmaLinux;

impl Feed for AlmaLinux {
    fn sources(_cursor: Option<String>) -> Vec<Source> {
        let source = |release| {
            Source::whole(release, format!("https://errata.almalinux.org/{release}/errata.full.json"))
        };
        RELEASES.map(source).to_vec()
    }

    fn parse(
        source: &str,
        documents: &mut dyn Documents,
        sink: &mut dyn Sink,
    ) -> Result<Option<String>, Error> {
        let document = documents.next().ok_or_else(|| Error::malformed("there is no document"))?;
        errata::read(source, document, sink).map(|()| None)
    }
}

export_feed!(AlmaLinux);

#[cfg(test)]
mod tests;
