//! The feed of [Fedora](https://bodhi.fedoraproject.org/) and of EPEL, Extra Packages for Enterprise Linux: updateinfo
//! of their repositories.
//!
//! This crate owns where these are, and that their packages are in the namespaces `fedora:40` and `epel:9`; what an
//! update says is read by [`limpid_updateinfo`]. It must not know which releases there are: the publisher's lists of
//! all files name their repositories, those in the archive of old releases among them. Of these, those of stable
//! updates are followed, in all architectures; testing, sources and debug information are not.
//!
//! The source of a repository's updateinfo is called as its path at the publisher:
//! `fedora/linux/updates/40/Everything/x86_64`.
//!
//! ```
//! use limpid_feed_fedora::Fedora;
//! use limpid_plugin_sdk::feed::{Feed, Range};
//! use limpid_plugin_sdk::testing::{Collected, InMemory};
//!
//! let updateinfo = r#"<updates><update type="security"><id>FEDORA-2024-0123456789</id><release>Fedora 40</release>
//!     <pkglist><collection short="F40"><package name="xz" epoch="1" version="5.4.6" release="3.fc40" arch="x86_64"/>
//!     </collection></pkglist></update></updates>"#;
//! let mut sink = Collected::default();
//! let source = "fedora/linux/updates/40/Everything/x86_64";
//! Fedora::parse(source, &mut InMemory::new([("updateinfo.xml", updateinfo)]), &mut sink)?;
//! let [xz] = &sink.advisories[0].affected[..] else { unreachable!() };
//! assert_eq!((xz.namespace.as_str(), &xz.ranges[..]), ("fedora:40", &[Range::before("1:5.4.6-3.fc40")][..]));
//! # Ok::<(), limpid_plugin_sdk::Error>(())
//! ```

mod publisher;
mod tree;

use limpid_plugin_sdk::feed::{Documents, Feed, Sink, Source};
use limpid_plugin_sdk::{Error, export_feed};
use limpid_updateinfo::repository;

use publisher::Bodhi;

/// The feed.
#[derive(Debug)]
pub struct Fedora;

impl Feed for Fedora {
    fn sources(_cursor: Option<String>) -> Vec<Source> {
        tree::lists()
    }

    fn parse(
        source: &str,
        documents: &mut dyn Documents,
        sink: &mut dyn Sink,
    ) -> Result<Option<String>, Error> {
        let document = documents.next().ok_or_else(|| Error::malformed("there is no document"))?;
        match tree::of_list(source) {
            Some(part) => tree::follow(part, document, sink)?,
            None => drop(repository::read(source, document, tree::locate, &Bodhi { source }, sink)?),
        }
        Ok(None)
    }
}

export_feed!(Fedora);

#[cfg(test)]
mod tests;
