//! The feed of [Rocky Linux](https://errata.rockylinux.org/): updateinfo of its repositories.
//!
//! This crate owns where these are, and that their packages are in the namespaces `rocky:8`, `rocky:9` and so on; what
//! an update says is read by [`limpid_updateinfo`]. It must not know which releases there are: the publisher's list of
//! all files names their repositories. Of these, those of packages for installed systems are followed, in all
//! architectures: what holds installers, sources and debug information states nothing else.
//!
//! The source of a repository's updateinfo is called as the repository is: `9.6/BaseOS/x86_64/os`.
//!
//! ```
//! use limpid_feed_rocky::Rocky;
//! use limpid_plugin_sdk::feed::{Feed, Range};
//! use limpid_plugin_sdk::testing::{Collected, InMemory};
//!
//! let updateinfo = r#"<updates><update type="security"><id>RLSA-2022:7513</id><release>Rocky Linux 9</release>
//!     <pkglist><collection><package name="xz" epoch="0" version="5.2.5" release="8.el9_0" arch="x86_64"/>
//!     </collection></pkglist></update></updates>"#;
//! let mut sink = Collected::default();
//! Rocky::parse("9.6/BaseOS/x86_64/os", &mut InMemory::new([("updateinfo.xml", updateinfo)]), &mut sink)?;
//! let [xz] = &sink.advisories[0].affected[..] else { unreachable!() };
//! assert_eq!((xz.namespace.as_str(), &xz.ranges[..]), ("rocky:9", &[Range::before("5.2.5-8.el9_0")][..]));
//! # Ok::<(), limpid_plugin_sdk::Error>(())
//! ```

mod publisher;
mod tree;

use limpid_plugin_sdk::feed::{Documents, Feed, Sink, Source};
use limpid_plugin_sdk::{Error, export_feed};
use limpid_updateinfo::repository;

use publisher::Rlsa;

/// The feed.
#[derive(Debug)]
pub struct Rocky;

impl Feed for Rocky {
    fn sources(_cursor: Option<String>) -> Vec<Source> {
        vec![Source::whole(tree::LIST, tree::address("fullfiletimelist"))]
    }

    fn parse(
        source: &str,
        documents: &mut dyn Documents,
        sink: &mut dyn Sink,
    ) -> Result<Option<String>, Error> {
        let document = documents.next().ok_or_else(|| Error::malformed("there is no document"))?;
        if source == tree::LIST {
            tree::follow(document, sink)?;
        } else {
            repository::read(source, document, tree::locate, &Rlsa { source }, sink)?;
        }
        Ok(None)
    }
}

export_feed!(Rocky);

#[cfg(test)]
mod tests;
