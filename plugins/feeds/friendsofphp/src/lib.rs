//! The feed of the [PHP Security Advisories Database](https://github.com/FriendsOfPHP/security-advisories): what its
//! maintainers say of vulnerabilities in packages of Composer, a document of YAML for each vulnerability of each package.
//!
//! GitHub serves them together in an archive of the repository; what else is in that is passed by. Single ones, and
//! archives of them, may be handed in: an archive stands for all of them, and a single one is a source of its own, by
//! package and identifier (`symfony/http-kernel/CVE-2022-24894`).
//!
//! This crate owns how a document becomes an advisory for the namespace `composer`, in the scheme `composer`, as
//! advisories of osv.dev for Packagist are.
//!
//! | A document says | Advisory |
//! |---|---|
//! | `cve`, or a CVE as the name of its file | its identifier |
//! | no CVE, and a `link` to a `GHSA-` | that is its identifier; where there is a CVE, an alias |
//! | none of these | package and name of the file: `symfony/symfony/2014-01-01`. The database numbers nothing itself |
//! | `reference: composer://symfony/symfony` | affected in `composer`; names have no capital letters |
//! | a branch with `versions: ['>=2.0.0', '<2.0.4']` | affected from the first development version of 2.0.0 on, before 2.0.4 |
//! | `<=1.2` | affected up to it |
//! | `>1.2` | affected from it on, and itself not |
//! | the earliest `time` of a branch | when it was published |
//! | `title`, `link` | title and reference |
//!
//! Versions mean what [constraints](https://getcomposer.org/doc/articles/versions.md) mean to Composer: `>=2.0.0` has
//! the pre-releases of 2.0.0. It takes none of those of 2.0.4 for less than 2.0.4, either; here they are affected, since
//! the fix is that version, and whoever has a candidate of it should go on. An end of a branch that is affected as a
//! whole (`<2.1.0`) reads like a fix; where the next branch is affected, the version is known to be none.
//!
//! ```
//! use limpid_feed_friendsofphp::FriendsOfPhp;
//! use limpid_plugin_sdk::feed::{Feed, Range};
//! use limpid_plugin_sdk::testing::{Collected, InMemory};
//!
//! let document = "title: Pads leak\nlink: https://example.org/pads\ncve: CVE-2024-0001\n\
//!     branches:\n  1.x:\n    time: 2024-05-01 08:00:00\n    versions: ['<1.3.1']\nreference: composer://pads/left-pad\n";
//! let mut sink = Collected::default();
//! FriendsOfPhp::parse("any", &mut InMemory::new([("CVE-2024-0001.yaml", document)]), &mut sink)?;
//! assert_eq!(sink.advisories[0].affected[0].name, "pads/left-pad");
//! assert_eq!(sink.advisories[0].affected[0].ranges, [Range::before("1.3.1")]);
//! # Ok::<(), limpid_plugin_sdk::Error>(())
//! ```

mod document;

use limpid_plugin_sdk::feed::{Documents, Feed, Sink, Source};
use limpid_plugin_sdk::{Error, export_feed};

/// What the one source is called.
const SOURCE: &str = "advisories";

/// Bytes of the name of a document that are shown.
const MAX_SHOWN: usize = 200;

/// The feed.
#[derive(Debug)]
pub struct FriendsOfPhp;

impl Feed for FriendsOfPhp {
    fn sources(_cursor: Option<String>) -> Vec<Source> {
        vec![Source::whole(
            SOURCE,
            "https://github.com/FriendsOfPHP/security-advisories/archive/refs/heads/master.tar.gz",
        )]
    }

    fn parse(
        source: &str,
        documents: &mut dyn Documents,
        sink: &mut dyn Sink,
    ) -> Result<Option<String>, Error> {
        let (mut read, mut rejected) = (0u64, 0u64);
        let (mut first, mut why) = (None, None);
        while let Some(document) = documents.next() {
            let name = document.name().to_owned();
            if !is_advisory(&name) {
                continue;
            }
            match document::read(stem(&name), document) {
                Ok((key, advisory)) => {
                    read += 1;
                    first.get_or_insert(key);
                    sink.advisory(advisory);
                }
                Err(error) => {
                    rejected += 1;
                    why.get_or_insert_with(|| error.clone());
                    sink.reject(name.get(..name.floor_char_boundary(MAX_SHOWN)).unwrap_or(&name), error);
                }
            }
        }
        match (first, why) {
            // An archive of something else must not withdraw what the source stated before.
            (None, None) => return Err(Error::malformed("no document is an advisory")),
            (None, Some(why)) if rejected == 1 => return Err(why),
            (None, Some(why)) => {
                let why = format!("none of {rejected} documents could be used, the first: {why}");
                return Err(Error::malformed(why));
            }
            // One document does not stand for all.
            (Some(key), _) if read + rejected == 1 && source != SOURCE => sink.identify(&key),
            _ => sink.identify(SOURCE),
        }
        Ok(None)
    }
}

export_feed!(FriendsOfPhp);

/// Whether a document is an advisory by its place: `symfony/http-kernel/CVE-2022-24894.yaml`, or any that has none.
fn is_advisory(path: &str) -> bool {
    let is_hidden = path.split('/').any(|part| part.starts_with('.') && part != ".");
    !path.contains('/') || !is_hidden && path.ends_with(".yaml")
}

/// The name of a file without what says its form.
fn stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.find(".yaml").and_then(|end| name.get(..end)).unwrap_or(name)
}

#[cfg(test)]
mod tests;
