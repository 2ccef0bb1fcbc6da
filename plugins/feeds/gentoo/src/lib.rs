//! The feed of [Gentoo Linux Security Advisories](https://security.gentoo.org/glsa) (GLSA), an XML document for each.
//!
//! Gentoo serves them together in the snapshot of its tree, below `metadata/glsa`; what else is in that is passed by.
//! Single ones, and archives of them, may be handed in.
//!
//! This crate owns how a GLSA becomes an advisory for the namespace `gentoo`. Packages are named by their category,
//! `dev-java/snakeyaml`; how their versions compare is for the scheme `portage`.
//!
//! | A GLSA says | Advisory |
//! |---|---|
//! | `<vulnerable range="lt">1.33</vulnerable>` | affected before that version; `le`: up to it; `eq`: that one |
//! | `range="rlt"`, `rle`, `rgt`, `rge` | the same of the revisions of that version |
//! | `<unaffected range="ge">` | where `vulnerable` versions end, if it does not say so itself: a fix on a branch, `rge`, is the fix of that version's revisions |
//! | `<unaffected range="eq">`, `rge` and others below the end | not affected |
//! | `arch`, unless it is `*` | required of the package |
//! | `slot`, unless it is `*` | required of the package, of what is stated with it |
//! | `<vulnerable range="ge">0` or `<vulnerable range="lt">` without `<unaffected>` | affected, no end known |
//! | CVEs in `references` | aliases |
//! | `<impact type="high">` | a rating |
//!
//! ```
//! use limpid_feed_gentoo::Gentoo;
//! use limpid_plugin_sdk::feed::{Feed, Range};
//! use limpid_plugin_sdk::testing::{Collected, InMemory};
//!
//! let glsa = r#"<glsa id="202305-28"><affected><package name="dev-java/snakeyaml" auto="yes" arch="*">
//!     <unaffected range="ge">1.33</unaffected><vulnerable range="lt">1.33</vulnerable></package></affected></glsa>"#;
//! let mut sink = Collected::default();
//! Gentoo::parse("glsa", &mut InMemory::new([("glsa-202305-28.xml", glsa)]), &mut sink)?;
//! assert_eq!(sink.advisories[0].affected[0].ranges, [Range::before("1.33")]);
//! # Ok::<(), limpid_plugin_sdk::Error>(())
//! ```

mod glsa;
mod versions;

use limpid_plugin_sdk::feed::{Documents, Feed, Sink, Source};
use limpid_plugin_sdk::{Error, export_feed};

/// What the one source is called.
const SOURCE: &str = "glsa";

/// The feed.
#[derive(Debug)]
pub struct Gentoo;

impl Feed for Gentoo {
    fn sources(_cursor: Option<String>) -> Vec<Source> {
        vec![Source::whole(SOURCE, "https://distfiles.gentoo.org/snapshots/portage-latest.tar.xz")]
    }

    /// An archive stands for all GLSAs, whatever it is called; a single one that is handed in for itself.
    fn parse(
        source: &str,
        documents: &mut dyn Documents,
        sink: &mut dyn Sink,
    ) -> Result<Option<String>, Error> {
        let (mut read, mut rejected) = (Vec::new(), 0_u64);
        while let Some(document) = documents.next() {
            let name = document.name().to_owned();
            if !is_glsa(&name) && source == SOURCE || name.contains('/') && !is_glsa(&name) {
                continue;
            }
            match glsa::read(document) {
                Ok(advisory) => {
                    if read.len() < 2 {
                        read.push(advisory.id.clone());
                    }
                    sink.advisory(advisory);
                }
                Err(why) => {
                    rejected += 1;
                    sink.reject(name.get(..name.floor_char_boundary(120)).unwrap_or(&name), why);
                }
            }
        }
        match read.as_slice() {
            [] => Err(Error::malformed(format_args!(
                "no document is a GLSA that could be used; {rejected} were none"
            ))),
            [id] if source != SOURCE => {
                sink.identify(id);
                Ok(None)
            }
            _ => {
                sink.identify(SOURCE);
                Ok(None)
            }
        }
    }
}

/// Whether it is what a GLSA is called: `glsa-202305-28.xml`.
fn is_glsa(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.strip_prefix("glsa-").and_then(|name| name.strip_suffix(".xml")).is_some_and(|id| !id.is_empty())
}

export_feed!(Gentoo);

#[cfg(test)]
mod tests;
