//! The feed of the [Ruby Advisory Database](https://github.com/rubysec/ruby-advisory-db): what its maintainers say of
//! vulnerabilities in gems, and in implementations of Ruby, a document of YAML for each vulnerability of each of them.
//!
//! GitHub serves them together in an archive of the repository; what else is in that is passed by. Single ones, and
//! archives of them, may be handed in: an archive stands for all of them, and a single one is a source of its own, by
//! gem and identifier (`rack/CVE-2022-44570`).
//!
//! This crate owns how a document becomes an advisory. Gems are in the namespace `rubygems`, in the scheme `gem`, as
//! those of osv.dev are. Implementations are programs of the namespace `nvd`, as the NVD calls them
//! (`ruby-lang:ruby`), in the scheme `generic`.
//!
//! | A document says | Advisory |
//! |---|---|
//! | `cve`, `ghsa`, `osvdb` | the first is its identifier, the others are aliases |
//! | `gem` | affected in `rubygems`, whatever is neither patched nor unaffected |
//! | `engine` | the same in `nvd`: `ruby` is `ruby-lang:ruby`, `jruby` is `jruby:jruby` |
//! | `patched_versions` | where affected versions end with the first of these, it is their fix |
//! | `unaffected_versions` | where affected versions end with the first of these, nobody says that it is a fix |
//! | neither | affected, no end known |
//! | all versions are one or the other | rejected: some say so by mistake, and nobody would notice |
//! | `<= 1.2`, `= 1.2`, and what is behind that is affected | affected from `1.2` on, and `1.2` itself is not affected |
//! | `platform` | a note, since no gem states on which implementation it runs |
//! | `cvss_v2`, `cvss_v3`, `cvss_v4` | ratings, which are scores without vectors |
//! | `date` | when it was published |
//! | `url`, `related.url` | references |
//! | `related.cve`, `related.ghsa` | nothing: these are other vulnerabilities |
//!
//! Requirements mean what they mean to [RubyGems](https://docs.ruby-lang.org/en/master/Gem/Requirement.html): `~> 5.2.6`
//! is from 5.2.6 up to 5.3, and without pre-releases of that. Where versions of a gem are affected again behind it, they
//! begin with the first pre-release that there could be, `5.3.A`.
//!
//! ```
//! use limpid_feed_ruby_advisory_db::RubyAdvisoryDb;
//! use limpid_plugin_sdk::feed::{Feed, Range};
//! use limpid_plugin_sdk::testing::{Collected, InMemory};
//!
//! let document = "gem: left-pad\ncve: 2024-0001\ntitle: Pads leak\npatched_versions:\n  - '>= 1.3.1'\n";
//! let mut sink = Collected::default();
//! RubyAdvisoryDb::parse("any", &mut InMemory::new([("CVE-2024-0001.yml", document)]), &mut sink)?;
//! assert_eq!(sink.advisories[0].id, "CVE-2024-0001");
//! assert_eq!(sink.advisories[0].affected[0].ranges, [Range::before("1.3.1")]);
//! # Ok::<(), limpid_plugin_sdk::Error>(())
//! ```

mod document;
mod versions;

use limpid_plugin_sdk::feed::{Documents, Feed, Sink, Source};
use limpid_plugin_sdk::{Error, export_feed};

/// What the one source is called.
const SOURCE: &str = "advisories";

/// Bytes of the name of a document that are shown.
const MAX_SHOWN: usize = 200;

/// The feed.
#[derive(Debug)]
pub struct RubyAdvisoryDb;

impl Feed for RubyAdvisoryDb {
    fn sources(_cursor: Option<String>) -> Vec<Source> {
        vec![Source::whole(
            SOURCE,
            "https://github.com/rubysec/ruby-advisory-db/archive/refs/heads/master.tar.gz",
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
            match document::read(document) {
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

export_feed!(RubyAdvisoryDb);

/// Whether a document is an advisory by its place: `gems/rack/CVE-2022-44570.yml`, or any that has none.
fn is_advisory(path: &str) -> bool {
    let mut parts = path.rsplit('/');
    let (name, _, folder) = (parts.next().unwrap_or(path), parts.next(), parts.next());
    match folder {
        Some(folder) => {
            matches!(folder, "gems" | "rubies") && name.ends_with(".yml") && !name.starts_with('.')
        }
        None => !path.contains('/'),
    }
}

#[cfg(test)]
mod tests;
