//! A list, line by line.

use std::io::BufRead;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::Sink;
use limpid_plugin_sdk::text::{Line, Lines};

use crate::LISTS;
use crate::entry::{Entry, shown};

/// Bytes of a line. The longest name the CVEs of a kernel, and have some 10 KiB.
const MAX_LINE: usize = 256 << 10;

/// Reads a list.
///
/// # Errors
///
/// [`Error::Malformed`] where it has no entry that could be used, or is another list than its source.
pub(crate) fn read(source: &str, list: impl BufRead, sink: &mut dyn Sink) -> Result<(), Error> {
    let mut lines = Lines::new(list, MAX_LINE);
    let mut reading = Reading { sink, entry: None, family: None, newest: None, stated: 0 };
    while let Some(line) = lines.next()? {
        reading.line(line)?;
    }
    reading.end_entry();
    let Reading { sink, family, newest, stated, .. } = reading;
    let Some(family) = family.filter(|_| stated > 0) else {
        return Err(Error::malformed("the document is no list of advisories"));
    };
    if LISTS.iter().any(|(name, _)| *name == source) && family != source {
        return Err(Error::malformed(format_args!("the list is of {family}, and was asked for as {source}")));
    }
    sink.identify(family);
    if let Some(newest) = newest {
        sink.dated(&newest);
    }
    Ok(())
}

struct Reading<'a> {
    sink: &'a mut dyn Sink,
    /// That which is being read.
    entry: Option<Entry>,
    /// The first part of the first identifier.
    family: Option<&'static str>,
    newest: Option<String>,
    /// Advisories that came of entries.
    stated: u64,
}

impl Reading<'_> {
    fn line(&mut self, line: Line<'_>) -> Result<(), Error> {
        let text = line.text();
        if line.cut {
            return Err(Error::malformed(format_args!("line {} is over {MAX_LINE} bytes", line.number)));
        }
        if text.starts_with('[') {
            self.end_entry();
            match Entry::begin(&text) {
                Ok(entry) => {
                    let families = LISTS.iter().map(|(name, _)| *name);
                    let family = families.into_iter().find(|name| entry.is_of(name));
                    self.family = self.family.or(family);
                    self.newest = self.newest.take().max(entry.date().map(str::to_owned));
                    self.entry = Some(entry);
                }
                Err(why) => self.reject(line.number, &text, why),
            }
            return Ok(());
        }
        let text = text.trim();
        if self.family.is_none() && !text.is_empty() {
            return Err(Error::malformed(
                "the document is no list of advisories: it begins with another line",
            ));
        }
        if let Some(Err(why)) = self.entry.as_mut().map(|entry| entry.line(text)) {
            self.reject(line.number, text, why);
        }
        Ok(())
    }

    fn reject(&mut self, number: u64, text: &str, why: Error) {
        self.sink.reject(&format!("line {number}: {}", shown(text)), why);
    }

    fn end_entry(&mut self) {
        if let Some(advisory) = self.entry.take().and_then(Entry::end) {
            self.stated += 1;
            self.sink.advisory(advisory);
        }
    }
}
