//! What is asked of the API, and what it leads to.

use jiff::civil::DateTime;
use jiff::{Span, ToSpan};
use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Sink, Source};

use crate::page::Page;

/// The source to which all pages belong.
pub(crate) const SOURCE: &str = "cves";

const API: &str = "https://services.nvd.nist.gov/rest/json/cves/2.0";
/// Results of a page: the most that the API gives.
const PAGE: u64 = 2000;
/// Days of a window: one less than the most that the API takes.
const WINDOW: i32 = 119;
/// Days that are asked for again: what changes while a run lasts, or where the API's clock and the zone
/// of its times are not what they seem, is not missed. Saying something twice changes nothing.
const OVERLAP: i32 = 1;
/// Windows between a cursor and the time of a page, before that time is taken for nonsense.
const MAX_WINDOWS: i32 = 120;

/// What was modified between two times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Window {
    from: DateTime,
    to: DateTime,
}

/// A request for a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    /// None: whenever it was modified.
    window: Option<Window>,
    /// How many results come before the page.
    start: u64,
}

impl Request {
    /// The one that begins a run.
    pub(crate) fn first(cursor: Option<&str>) -> Self {
        let since = cursor.and_then(time).and_then(|since| since.checked_sub(days(OVERLAP)).ok());
        Self { window: since.and_then(Window::since), start: 0 }
    }

    /// The one that a source's name stands for; none where it is of no request.
    pub(crate) fn of_source(name: &str) -> Option<Self> {
        let rest = name.strip_prefix(SOURCE)?;
        let (rest, start) = match rest.split_once(" from ") {
            Some((rest, start)) => (rest, start.parse().ok()?),
            None => (rest, 0),
        };
        let window = match rest.strip_prefix(" modified ") {
            Some(window) => {
                let (from, to) = window.split_once(" to ")?;
                Some(Window { from: time(from)?, to: time(to)? })
            }
            None if rest.is_empty() => None,
            None => return None,
        };
        Some(Self { window, start })
    }

    pub(crate) fn source(&self) -> Source {
        let mut name = SOURCE.to_owned();
        let mut url = format!("{API}?resultsPerPage={PAGE}&startIndex={}", self.start);
        if let Some(Window { from, to }) = self.window {
            name += &format!(" modified {from} to {to}");
            url += &format!("&lastModStartDate={from}.000&lastModEndDate={to}.000");
        }
        if self.start > 0 {
            name += &format!(" from {}", self.start);
        }
        Source::delta(name, url)
    }

    /// Asks for what comes after a page: the next page, and the next window where this one ends before
    /// the page's time. The first page of the last window gives the cursor.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] where the page is not the one that was asked for, or says that there is
    /// more and has nothing.
    pub(crate) fn follow(&self, page: &Page, sink: &mut dyn Sink) -> Result<Option<String>, Error> {
        if page.start != self.start {
            return Err(Error::malformed(format!(
                "the page begins at result {}, not at {} as asked for",
                page.start, self.start
            )));
        }
        let end = self.start.saturating_add(page.results);
        if end < page.total {
            if page.results == 0 {
                return Err(Error::malformed(format!(
                    "the page has no results, but there are {} from {end} on",
                    page.total - end
                )));
            }
            sink.follow(Self { start: end, ..*self }.source());
        }
        if self.start > 0 {
            return Ok(None);
        }
        let now = page.time.as_deref().and_then(time);
        let now = now.ok_or_else(|| Error::malformed("the page has no usable `timestamp`"))?;
        match self.window {
            Some(window) if window.to < now => {
                let next = window.after(now)?;
                sink.follow(Self { window: Some(next), start: 0 }.source());
                Ok(None)
            }
            _ => Ok(Some(now.to_string())),
        }
    }
}

impl Window {
    fn since(from: DateTime) -> Option<Self> {
        Some(Self { from, to: from.checked_add(days(WINDOW)).ok()? })
    }

    /// The window that follows this one on the way to `now`.
    fn after(&self, now: DateTime) -> Result<Self, Error> {
        let is_near = self.to.checked_add(days(WINDOW * MAX_WINDOWS)).is_ok_and(|limit| now < limit);
        Self::since(self.to)
            .filter(|_| is_near)
            .ok_or_else(|| Error::malformed(format!("the page's time is {now}, years after {}", self.to)))
    }
}

fn days(count: i32) -> Span {
    count.days()
}

/// A time as the API writes it, `2024-05-01T12:00:00.123`, to the second. It is of no zone.
pub(crate) fn time(text: &str) -> Option<DateTime> {
    let seconds = text.get(.."2024-05-01T12:00:00".len())?;
    let plain = text.len() <= 32 && seconds.bytes().all(|b| b.is_ascii_digit() || b"-:T".contains(&b));
    seconds.parse().ok().filter(|_| plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_goes_along_in_the_name_of_its_source() {
        let check = |cursor: Option<&str>, start: u64, name: &str| {
            let request = Request { start, ..Request::first(cursor) };
            assert_eq!(request.source().name, name);
            assert_eq!(Request::of_source(name), Some(request), "{name}");
        };
        let cursor = Some("2024-05-02T00:00:00");
        check(None, 0, "cves");
        check(None, 2000, "cves from 2000");
        check(cursor, 0, "cves modified 2024-05-01T00:00:00 to 2024-08-28T00:00:00");
        check(cursor, 2000, "cves modified 2024-05-01T00:00:00 to 2024-08-28T00:00:00 from 2000");
        check(Some("yesterday"), 0, "cves");
    }

    #[test]
    fn other_names_are_of_no_request() {
        for name in ["nvdcve-2.0-2024.json", "cves.json", "cves from x", "cves modified x to y", ""] {
            assert_eq!(Request::of_source(name), None, "{name}");
        }
    }
}
