//! The feed of the [RustSec Advisory Database](https://github.com/rustsec/advisory-db): what its maintainers say of
//! crates, and of Rust itself, a document of Markdown for each vulnerability of each of them.
//!
//! GitHub serves them together in an archive of the repository; what else is in that is passed by. Single ones, and
//! archives of them, may be handed in: an archive stands for all of them, and a single one is a source of its own, by
//! package and identifier (`time/RUSTSEC-2020-0071`).
//!
//! This crate owns how a document becomes an advisory. Crates are in the namespace `cargo`, in the scheme `crates`, under
//! the same identifiers as those that osv.dev has of RustSec: a finding of both is one. What comes with Rust is of the
//! program `rust-lang:rust` of the namespace `nvd`, in the scheme `generic`; osv.dev has nothing of it.
//!
//! | A document says | Advisory |
//! |---|---|
//! | `id`, `aliases` | the same; `related` is something else |
//! | `crates/NAME` | affected in `cargo`, whatever is neither patched nor unaffected |
//! | `rust/std`, `rust/cargo`, `rust/rustdoc` | the same of `rust-lang:rust` in `nvd` |
//! | `versions.patched` | where affected versions end with the first of these, it is their fix |
//! | `versions.unaffected` | where affected versions end with the first of these, nobody says that it is a fix |
//! | all versions are one or the other | rejected, since nobody would notice, unless it is withdrawn |
//! | `affected.functions` | symbols of the versions of which they are functions, if some are of all that lie up to a fix |
//! | `affected.arch`, `affected.os` | a note, since no crate states for which of them it is built |
//! | `informational` | a note: `informational: unmaintained` |
//! | `cvss` | a rating, which is a vector |
//! | `date`, `withdrawn` | when it was published and withdrawn; the last `date` is that of all documents |
//! | `url`, `references` | references |
//! | `categories`, `keywords`, `license` | nothing |
//!
//! Requirements mean what they mean to [Cargo](https://doc.rust-lang.org/cargo/reference/specifying-dependencies.html), but
//! for pre-releases, of which Cargo takes none that is not named: here they lie where they are in order, and `^1.2.3` ends
//! before the first pre-release of 2.0.0, as RustSec's own records in the OSV schema have it.
//!
//! ```
//! use limpid_feed_rustsec::RustSec;
//! use limpid_plugin_sdk::feed::{Feed, Range};
//! use limpid_plugin_sdk::testing::{Collected, InMemory};
//!
//! let document = "```toml\n[advisory]\nid = \"RUSTSEC-2024-0001\"\npackage = \"left-pad\"\n\n\
//!     [versions]\npatched = [\">= 1.3.1\"]\n```\n\n# Pads leak\n";
//! let mut sink = Collected::default();
//! RustSec::parse("any", &mut InMemory::new([("RUSTSEC-2024-0001.md", document)]), &mut sink)?;
//! assert_eq!(sink.advisories[0].title, "Pads leak");
//! assert_eq!(sink.advisories[0].affected[0].ranges, [Range::before("1.3.1")]);
//! # Ok::<(), limpid_plugin_sdk::Error>(())
//! ```

mod document;
mod versions;

use limpid_plugin_sdk::feed::{Documents, Feed, Sink, Source};
use limpid_plugin_sdk::{Error, export_feed};

use document::Of;

/// What the one source is called.
const SOURCE: &str = "advisories";

/// Bytes of the name of a document that are shown.
const MAX_SHOWN: usize = 200;

/// The feed.
#[derive(Debug)]
pub struct RustSec;

impl Feed for RustSec {
    fn sources(_cursor: Option<String>) -> Vec<Source> {
        vec![Source::whole(SOURCE, "https://github.com/rustsec/advisory-db/archive/refs/heads/main.tar.gz")]
    }

    fn parse(
        source: &str,
        documents: &mut dyn Documents,
        sink: &mut dyn Sink,
    ) -> Result<Option<String>, Error> {
        let (mut read, mut rejected) = (0u64, 0u64);
        let (mut first, mut why, mut newest) = (None, None, None);
        while let Some(document) = documents.next() {
            let name = document.name().to_owned();
            let Some(of) = of(&name) else { continue };
            match document::read(of, document) {
                Ok((key, advisory)) => {
                    read += 1;
                    first.get_or_insert(key);
                    newest = newest.max(advisory.published.clone());
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
        if let Some(newest) = newest {
            sink.dated(&newest);
        }
        Ok(None)
    }
}

export_feed!(RustSec);

/// Of what a document is an advisory by its place: `crates/time/RUSTSEC-2020-0071.md`, `rust/std/CVE-2022-21658.md`, or any
/// that has none; then its content tells. None where it is no advisory.
fn of(path: &str) -> Option<Of> {
    let mut parts = path.rsplit('/');
    let (name, _, folder) = (parts.next().unwrap_or(path), parts.next(), parts.next());
    let is_document = name.ends_with(".md") && !name.starts_with('.');
    match folder {
        Some("crates") if is_document => Some(Of::Crate),
        Some("rust") if is_document => Some(Of::Rust),
        _ if path.contains('/') => None,
        _ => Some(Of::Unknown),
    }
}

#[cfg(test)]
mod tests;
