//! The feed of Ubuntu: what its security team states of vulnerabilities in source packages.
//!
//! This crate owns how the team's words become advisories for the namespaces `ubuntu:22.04`, and in which form they
//! are published. There are three, which come from the same files:
//!
//! - [OVAL definitions](https://security-metadata.canonical.com/oval/), one document for each release and for each
//!   pocket of Ubuntu Pro that has packages of its own. The page that lists them says which there are.
//! - Files of the [CVE tracker](https://git.launchpad.net/ubuntu-cve-tracker), from which those are made. It is
//!   published as a git repository only, so archives of it come in by hand. It also has releases that are long gone.
//! - [OpenVEX](https://security-metadata.canonical.com/vex/), some gigabytes in an archive, which comes in by hand as
//!   well. It alone says of what OVAL leaves out that it is not affected, and why. It names no priorities, and in the
//!   documents of vulnerabilities no versions of fixes: the version beside `fixed` is that which the release has now.
//!
//! What OVAL tests is which packages a machine has, by the names of binary packages. What is read here is the comment
//! beside each test: it names the source package, the release or pocket, and the team's status with its note, as the
//! tracker does. Versions are therefore those of source packages.
//!
//! | The team says of a package in a release | Advisory |
//! |---|---|
//! | `released (1.2-3ubuntu1)` | affected before that version |
//! | `released`, without a version | under investigation, and a note |
//! | `not-affected (code not present)` | not affected; the reason as note |
//! | `DNE` | nothing: the release does not have the package |
//! | `needed`, `active` | affected, no end known |
//! | `needs-triage` | under investigation |
//! | `pending (1.2-3ubuntu2)` | affected below that version, which is no fix yet; a note |
//! | `deferred (2024-05-01)` | fix deferred; what stands in parentheses as note |
//! | `ignored (end of standard support)`, `ignored (end of life)` | end of life; the same |
//! | `ignored (not worth the risk)` | will not be fixed; the same |
//! | `Priority`, also of one package | a rating of system `ubuntu`, of the advisory or of the package |
//!
//! | OpenVEX says of a source package in a place | Advisory |
//! |---|---|
//! | `fixed`, in a document of a vulnerability | fixed from the version that is named on |
//! | `fixed`, in a notice | affected before the version that is named |
//! | `affected`, "needs fixing" | affected, no end known |
//! | `affected`, "decided to not fix it", "no longer supported" | will not be fixed, end of life |
//! | `not_affected` | not affected; the justification as note |
//! | `not_affected`, `component_not_present` | nothing: the release does not have the package |
//! | `under_investigation` | under investigation |
//!
//! **Pockets.** What is stated of a pocket of Ubuntu Pro is in a namespace of its own: `ubuntu:16.04:esm-infra`,
//! `ubuntu:22.04:fips-updates`. Whoever has no subscription is judged by the plain release, `ubuntu:16.04`. Where a fix
//! is in an ESM pocket only, the plain release is affected below that version, which counts as no fix, and the note
//! says `fixed in Ubuntu Pro (esm-infra): 1.2-3ubuntu1+esm1`; a package of that version or a later one is fixed,
//! since the package is from there. Where standard support has ended, the pocket also says that the package of the release
//! is not affected: it begins with the same version. Other pockets have builds of their own, and say nothing of the
//! plain release. `security`, `updates` and `proposed` are places of one release and share its namespace.
//!
//! Kernels are source packages as others are; that OVAL asks which one runs is no matter for an image.
//!
//! ```
//! use limpid_feed_ubuntu::Ubuntu;
//! use limpid_plugin_sdk::feed::{Feed, Range};
//! use limpid_plugin_sdk::testing::{Collected, InMemory};
//!
//! let file = "Candidate: CVE-2024-0001\nPriority: low\n\nPatches_left-pad:\n\
//!             upstream_left-pad: released (1.3.1)\n\
//!             jammy_left-pad: released (1.3.0-1ubuntu0.1)\n";
//! let mut sink = Collected::default();
//! Ubuntu::parse("tracker", &mut InMemory::new([("CVE-2024-0001", file)]), &mut sink)?;
//! assert_eq!(sink.advisories[0].affected[0].namespace, "ubuntu:22.04");
//! assert_eq!(sink.advisories[0].affected[0].ranges, [Range::before("1.3.0-1ubuntu0.1")]);
//! # Ok::<(), limpid_plugin_sdk::Error>(())
//! ```

mod index;
mod judgement;
mod oval;
mod release;
mod said;
mod text;
mod tracker;
mod vex;

use std::io::BufRead as _;

use limpid_plugin_sdk::feed::{Document, Documents, Feed, Sink, Source};
use limpid_plugin_sdk::{Error, export_feed};

/// The feed.
#[derive(Debug)]
pub struct Ubuntu;

impl Feed for Ubuntu {
    fn sources(_cursor: Option<String>) -> Vec<Source> {
        vec![index::source()]
    }

    fn parse(
        source: &str,
        documents: &mut dyn Documents,
        sink: &mut dyn Sink,
    ) -> Result<Option<String>, Error> {
        let mut first = documents.next().ok_or_else(|| Error::malformed("there is no document"))?;
        if source == index::SOURCE {
            return index::follow(first, sink).map(|()| None);
        }
        match start(&mut first)? {
            Some(b'<') => {
                oval::read(source, first, sink)?;
                match documents.next() {
                    None => Ok(None),
                    Some(_) => Err(Error::unsupported("several documents of OVAL at once")),
                }
            }
            Some(b'{') => vex::read(source, first, documents, sink).map(|()| None),
            _ => tracker::read(source, first, documents, sink).map(|()| None),
        }
    }
}

export_feed!(Ubuntu);

/// Passes white space by, and gives the first byte behind it: what a document is.
fn start(document: &mut Document) -> Result<Option<u8>, Error> {
    loop {
        let buffer = document.fill_buf()?;
        let first = buffer.iter().copied().find(|byte| !byte.is_ascii_whitespace());
        let blanks = buffer.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        if first.is_some() || blanks == 0 {
            document.consume(blanks);
            return Ok(first);
        }
        document.consume(blanks);
    }
}

#[cfg(test)]
mod tests;
