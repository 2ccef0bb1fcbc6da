use std::time::Duration;

use super::transport::Then;
use crate::NoticeSettings;

/// The longest that a receiver may ask to be left alone, in milliseconds.
const LONGEST_ASKED: u64 = 86_400_000;

/// How long to wait after a number of failures in a row, in milliseconds: between half of the backoff
/// and all of it, so that what failed together does not come back together.
pub(crate) fn doubled(backoff: u64, longest: u64, failures: u32, random: u64) -> u64 {
    let doublings = failures.saturating_sub(1).min(32);
    let longest = backoff.saturating_mul(1 << doublings).min(longest);
    let half = longest / 2;
    half + random % (longest - half).saturating_add(1)
}

/// The same, and as long as the receiver asks for.
pub(super) fn wait(settings: &NoticeSettings, failures: u32, then: Then, random: u64) -> u64 {
    let wait = doubled(settings.backoff, settings.longest_backoff, failures, random);
    match then {
        Then::RetryAfter(after) => wait.max(milliseconds(after).min(LONGEST_ASKED)),
        Then::Retry | Then::Disable => wait,
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn settings() -> NoticeSettings {
        NoticeSettings { backoff: 1_000, longest_backoff: 60_000, ..NoticeSettings::default() }
    }

    #[test]
    fn waits_double_up_to_the_longest() {
        let check = |failures, expected: (u64, u64)| {
            let wait = |random| wait(&settings(), failures, Then::Retry, random);
            assert_eq!((wait(0), wait(expected.1 - expected.0)), expected, "{failures}");
        };
        check(1, (500, 1_000));
        check(2, (1_000, 2_000));
        check(3, (2_000, 4_000));
        check(7, (30_000, 60_000));
        check(1_000, (30_000, 60_000));
    }

    #[test]
    fn what_a_receiver_asks_for_is_honoured_within_reason() {
        let check = |after: u64, expected: u64| {
            let then = Then::RetryAfter(Duration::from_secs(after));
            assert_eq!(wait(&settings(), 1, then, 0), expected);
        };
        check(0, 500);
        check(120, 120_000);
        check(u64::MAX, LONGEST_ASKED);
    }

    proptest! {
        #[test]
        fn a_wait_is_never_longer_than_the_longest(failures: u32, random: u64, backoff: u64, longest: u64) {
            let settings = NoticeSettings { backoff, longest_backoff: longest, ..NoticeSettings::default() };
            let wait = wait(&settings, failures, Then::Retry, random);
            prop_assert!(wait <= longest);
            prop_assert!(wait >= backoff.min(longest) / 2);
        }
    }
}
