//! Moments and days, as policies and publishers write them.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// A moment, in milliseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub u64);

impl Moment {
    /// The moment that a text states: RFC 3339, or a date, which is its first moment in UTC.
    pub(crate) fn of(text: &str) -> Option<Self> {
        Self::timestamp(text).or_else(|| Some(day(text)?.0)).and_then(Self::from_timestamp)
    }

    /// The moment at which something ends that a text states: with the last moment of a date.
    pub(crate) fn end_of(text: &str) -> Option<Self> {
        Self::timestamp(text).or_else(|| Some(day(text)?.1)).and_then(Self::from_timestamp)
    }

    /// So many days later.
    pub(crate) fn after(self, days: u32) -> Self {
        Self(self.0.saturating_add(u64::from(days) * 24 * 60 * 60 * 1_000))
    }

    fn timestamp(text: &str) -> Option<Timestamp> {
        text.parse().ok()
    }

    fn from_timestamp(at: Timestamp) -> Option<Self> {
        at.as_millisecond().try_into().ok().map(Self)
    }
}

/// In RFC 3339, UTC.
impl std::fmt::Display for Moment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let at = i64::try_from(self.0).ok().and_then(|it| Timestamp::from_millisecond(it).ok());
        at.unwrap_or(Timestamp::MAX).fmt(f)
    }
}

/// First moments of a day and of the one after it, in UTC.
fn day(text: &str) -> Option<(Timestamp, Timestamp)> {
    let first = text.parse::<Date>().ok()?.to_zoned_datetime(TimeZone::UTC).ok()?.timestamp();
    Some((first, first.checked_add(SignedDuration::from_hours(24)).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_a_day_and_a_time_is_a_moment() {
        let of = |text: &str| Moment::of(text).map(|it| it.to_string());
        let end = |text: &str| Moment::end_of(text).map(|it| it.to_string());
        assert_eq!(of("2026-02-28").as_deref(), Some("2026-02-28T00:00:00Z"));
        assert_eq!(end("2026-02-28").as_deref(), Some("2026-03-01T00:00:00Z"));
        let time = "2026-02-28T12:00:00+02:00";
        assert_eq!((of(time).as_deref(), of(time)), (Some("2026-02-28T10:00:00Z"), end(time)));
        for bad in ["", "tomorrow", "2026-13-01", "1969-12-31"] {
            assert_eq!(of(bad), None, "{bad}");
        }
        assert_eq!(Moment::of("2026-02-28").unwrap().after(1), Moment::end_of("2026-02-28").unwrap());
    }
}
