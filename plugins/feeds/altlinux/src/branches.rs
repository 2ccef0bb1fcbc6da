//! The branches of ALT Linux.

use std::collections::BTreeSet;
use std::io::Read;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Sink, Source};
use serde::Deserialize;

use crate::{BRANCHES, ORIGIN};

/// Bytes of the list.
const MAX_LIST: u64 = 1 << 20;

/// Branches that are followed; there are some ten.
const MAX_BRANCHES: usize = 1_000;

#[derive(Deserialize)]
struct List {
    branches: Vec<String>,
}

/// Asks for the archive of each branch in the list.
///
/// # Errors
///
/// [`Error::Malformed`] where the document is no such list, or names no branch or too many. What cannot be the name of
/// one is rejected.
pub(crate) fn follow(list: impl Read, sink: &mut dyn Sink) -> Result<(), Error> {
    let List { branches } = serde_json::from_reader(list.take(MAX_LIST))
        .map_err(|error| Error::malformed(format!("the document is no list of branches: {error}")))?;
    let (branches, others): (BTreeSet<_>, BTreeSet<_>) = branches.into_iter().partition(|it| is_branch(it));
    let count = branches.len();
    if count == 0 || count > MAX_BRANCHES {
        return Err(Error::malformed(format!("the list names {count} branches, not 1 to {MAX_BRANCHES}")));
    }
    for other in others.iter().take(MAX_BRANCHES) {
        sink.reject(&format!("{other:.100}"), Error::malformed("this cannot be the name of a branch"));
    }
    for branch in branches {
        sink.follow(Source::whole(branch.as_str(), format!("{ORIGIN}{branch}")));
    }
    sink.identify(BRANCHES);
    Ok(())
}

/// Whether `text` can be the name of a branch: `p10`, `c10f2`, `sisyphus`, `sisyphus_riscv64`, `p10_e2k`.
pub(crate) fn is_branch(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text != BRANCHES
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}
