//! The page that lists the documents of OVAL. What it looks like is no matter: names of documents stand in it.

use std::collections::BTreeSet;
use std::io::Read;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Sink, Source};

/// What the page is called.
pub(crate) const SOURCE: &str = "releases";

/// Where all documents are.
const FOLDER: &str = "https://security-metadata.canonical.com/oval/";

/// What the names of documents begin and end with. There are also those of notices (`usn`), of packages (`pkg`), and
/// others for manifests of images (`oci.`), which say the same.
const PREFIX: &str = "com.ubuntu.";
const SUFFIX: &str = ".cve.oval.xml.bz2";

/// Bytes of the page.
const MAX_PAGE: u64 = 4 << 20;
/// Documents that it may name.
const MAX_DOCUMENTS: usize = 256;
/// Bytes of what is between prefix and suffix.
const MAX_NAME: usize = 64;

pub(crate) fn source() -> Source {
    Source::whole(SOURCE, FOLDER)
}

/// The source of the document that is called so: `jammy`, `fips-updates_jammy`.
pub(crate) fn source_of(name: &str) -> String {
    format!("oval/{name}")
}

/// Asks for every document that the page names.
///
/// # Errors
///
/// [`Error::Malformed`] where it names none, as the page of a proxy.
pub(crate) fn follow(page: impl Read, sink: &mut dyn Sink) -> Result<(), Error> {
    let mut bytes = Vec::new();
    page.take(MAX_PAGE).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let names: BTreeSet<&str> = names(&text).collect();
    if names.is_empty() {
        return Err(Error::malformed(format_args!("the page names no document `{PREFIX}*{SUFFIX}`")));
    }
    if names.len() > MAX_DOCUMENTS {
        return Err(Error::malformed(format_args!(
            "the page names {} documents, over the limit of {MAX_DOCUMENTS}",
            names.len()
        )));
    }
    sink.identify(SOURCE);
    for name in names {
        sink.follow(Source::whole(source_of(name), format!("{FOLDER}{PREFIX}{name}{SUFFIX}")));
    }
    Ok(())
}

fn names(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices(PREFIX).filter_map(move |(at, _)| {
        let is_whole = !text.get(..at)?.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '.');
        let rest = text.get(at + PREFIX.len()..)?;
        let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_".contains(byte);
        let end = rest.bytes().take(MAX_NAME + 1).position(|byte| !is_plain(&byte))?;
        let (name, rest) = rest.split_at_checked(end)?;
        (is_whole && !name.is_empty() && rest.starts_with(SUFFIX)).then_some(name)
    })
}
