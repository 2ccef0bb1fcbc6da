//! The feed of [Amazon Linux](https://alas.aws.amazon.com/): updateinfo of its repositories.
//!
//! This crate owns where these are and in which of the namespaces `amzn:1`, `amzn:2` and `amzn:2023` their packages
//! are; what an update says is read by [`limpid_updateinfo`].
//!
//! **Sources.** A run starts at the mirror lists of Amazon Linux 2 and 2023, each of which names where a repository is
//! today, and at the catalog of extras of Amazon Linux 2, each topic of which is a repository. The repository's index
//! then leads to its updateinfo. Its source is called `2/core/x86_64`, `2/extras/docker/x86_64`,
//! `2023/kernel-livepatch/aarch64`. Amazon Linux 1 has been out of support since 2023, and is served without
//! encryption only: its updateinfo is read where somebody hands it in.
//!
//! **Extras.** A topic has other versions of packages that the core has, too: `kernel` 5.15, `postgresql` 14. Which
//! topic an installed package is of is recorded nowhere. So where a fixed version begins as the name of the topic
//! ends, as that of `kernel-5.15` does, versions before that are not spoken of.
//!
//! ```
//! use limpid_feed_amazon::Amazon;
//! use limpid_plugin_sdk::feed::{Feed, Range};
//! use limpid_plugin_sdk::testing::{Collected, InMemory};
//!
//! let updateinfo = r#"<updates><update type="security"><id>ALAS2023-2023-001</id><pkglist>
//!     <collection short="amazon-linux-2023"><package name="rsyslog" epoch="0" version="8.2204.0"
//!     release="3.amzn2023.0.2" arch="x86_64"/></collection></pkglist></update></updates>"#;
//! let mut sink = Collected::default();
//! Amazon::parse("2023/core/x86_64", &mut InMemory::new([("updateinfo.xml", updateinfo)]), &mut sink)?;
//! let [rsyslog] = &sink.advisories[0].affected[..] else { unreachable!() };
//! assert_eq!(rsyslog.namespace, "amzn:2023");
//! assert_eq!(rsyslog.ranges, [Range::before("8.2204.0-3.amzn2023.0.2")]);
//! # Ok::<(), limpid_plugin_sdk::Error>(())
//! ```

mod lists;
mod publisher;

use limpid_plugin_sdk::feed::{Documents, Feed, Sink, Source};
use limpid_plugin_sdk::{Error, export_feed};
use limpid_updateinfo::repository;

use publisher::Alas;

/// The feed.
#[derive(Debug)]
pub struct Amazon;

impl Feed for Amazon {
    fn sources(_cursor: Option<String>) -> Vec<Source> {
        lists::sources()
    }

    /// What is no list of mirrors or topics, by the name of its source, is metadata of a repository: it says itself of
    /// which release it speaks, under whatever name it is handed in.
    fn parse(
        source: &str,
        documents: &mut dyn Documents,
        sink: &mut dyn Sink,
    ) -> Result<Option<String>, Error> {
        let document = documents.next().ok_or_else(|| Error::malformed("there is no document"))?;
        if source == lists::CATALOG {
            lists::follow_topics(document, sink)?;
        } else if let Some(repository) = lists::of_mirrors(source) {
            lists::follow_mirror(repository, document, sink)?;
        } else {
            repository::read(source, document, lists::locate, &Alas, sink)?;
        }
        Ok(None)
    }
}

export_feed!(Amazon);

#[cfg(test)]
mod tests;
