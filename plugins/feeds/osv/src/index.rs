//! `ecosystems.txt`: the ecosystems that are published, one a line.

use std::collections::BTreeSet;
use std::io::BufRead;

use limpid_osv::text;
use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Sink, Source};
use limpid_plugin_sdk::text::Lines;

use crate::bucket;

/// The source's name.
pub(crate) const SOURCE: &str = "ecosystems";

/// Bytes of a line.
const MAX_LINE: usize = 512;
/// Lines of the index. With a line for each release of a distribution there are some hundreds.
const MAX_LINES: u64 = 10_000;
/// Ecosystems that it may name; there are about fifty.
const MAX_ECOSYSTEMS: usize = 256;

/// Where the index is.
pub(crate) fn source() -> Source {
    Source::whole(SOURCE, bucket::address("ecosystems.txt"))
}

/// Asks for the archive of each ecosystem.
///
/// # Errors
///
/// [`Error::Malformed`] where it names none, as the page of a proxy or of an error does, or too many.
pub(crate) fn follow(index: impl BufRead, sink: &mut dyn Sink) -> Result<(), Error> {
    let mut ecosystems = BTreeSet::new();
    let mut lines = Lines::new(index, MAX_LINE);
    while let Some(line) = lines.next()? {
        let name = line.text();
        let name = name.trim();
        if name.starts_with('<') || line.cut || line.number > MAX_LINES {
            let shown = text::shown(name);
            return Err(Error::malformed(format!("line {} is no ecosystem: `{shown}`", line.number)));
        }
        ecosystems.extend(bucket::folder(name).map(str::to_owned));
    }
    if ecosystems.is_empty() {
        return Err(Error::malformed("the index names no ecosystem"));
    }
    if ecosystems.len() > MAX_ECOSYSTEMS {
        let count = ecosystems.len();
        return Err(Error::malformed(format!(
            "the index names {count} ecosystems, over the limit of {MAX_ECOSYSTEMS}"
        )));
    }
    ecosystems.iter().for_each(|ecosystem| sink.follow(bucket::archive(ecosystem)));
    Ok(())
}
