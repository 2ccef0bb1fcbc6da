use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// By how much the system's clock is behind before that is said.
const SAID: Duration = Duration::from_secs(2);

/// By how much the system's clock is behind what an earlier process was told where that is made up for. By more, one of
/// both is quite wrong, and what waits for the other would wait for days.
const MADE_UP: Duration = Duration::from_secs(24 * 60 * 60);

/// The system's clock, as what is due needs it: it never goes back. Where the system's is set back, it goes at half the
/// speed until the other is where it is, so that what is due in a minute is not due in an hour and a minute.
#[derive(Default)]
pub(super) struct Steady(Mutex<Option<Anchor>>);

/// When the system's clock was right last.
struct Anchor {
    /// What was told then, in milliseconds since 1970.
    told: u64,
    at: Instant,
    is_said: bool,
}

impl Steady {
    /// Goes on from what was told to an earlier process, in milliseconds since 1970, where the system's clock tells less.
    pub(super) fn go_on_from(&self, told: u64, wall: u64, at: Instant) {
        let behind = Duration::from_millis(told.saturating_sub(wall));
        if behind > MADE_UP {
            tracing::warn!(
                "the clock of this machine stands {} s before what the store was written at last, which is more than is \
                 made up for ({} s): times are those of the clock, and what is due by the other waits until then",
                behind.as_secs(),
                MADE_UP.as_secs()
            );
            return;
        }
        let is_said = behind >= SAID;
        if is_said {
            tracing::warn!(
                "the clock of this machine was set back: it stands {} s before what the store was written at last. Times \
                 go at half the speed until it is where they are",
                behind.as_secs()
            );
        }
        if !behind.is_zero() {
            *self.0.lock() = Some(Anchor { told, at, is_said });
        }
    }

    /// What to tell, where the system's clock tells `wall`, in milliseconds since 1970.
    pub(super) fn now(&self, wall: u64, at: Instant) -> u64 {
        let mut anchor = self.0.lock();
        if let Some(anchor) = &mut *anchor {
            let half = at.saturating_duration_since(anchor.at).as_millis() / 2;
            let least = anchor.told.saturating_add(u64::try_from(half).unwrap_or(u64::MAX));
            if wall < least {
                let behind = Duration::from_millis(least - wall);
                if behind >= SAID && !anchor.is_said {
                    anchor.is_said = true;
                    tracing::warn!(
                        "the clock of this machine was set back by {} s: times go at half the speed until it is where \
                         they are",
                        behind.as_secs()
                    );
                }
                return least;
            }
        }
        *anchor = Some(Anchor { told: wall, at, is_said: false });
        wall
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_set_back_goes_on_until_the_other_is_there() {
        let (steady, began) = (Steady::default(), Instant::now());
        let now =
            |wall: u64, seconds: u64| steady.now(wall * 1_000, began + Duration::from_secs(seconds)) / 1_000;
        assert_eq!(now(10_000, 0), 10_000);
        assert_eq!(now(10_010, 10), 10_010);
        // An hour back: an hour and so much more later by the system's clock it is right again.
        assert_eq!(now(6_410, 10), 10_010);
        assert_eq!(now(6_510, 110), 10_060);
        assert_eq!(now(10_010, 3_610), 11_810);
        assert_eq!(now(13_610, 7_210), 13_610);
        assert_eq!(now(13_620, 7_220), 13_620);
        // Ahead it is followed at once.
        assert_eq!(now(99_000, 7_221), 99_000);
    }

    #[test]
    fn a_process_goes_on_from_what_an_earlier_one_was_told() {
        let began = Instant::now();
        let after = |told: u64, wall: u64| {
            let steady = Steady::default();
            steady.go_on_from(told * 1_000, wall * 1_000, began);
            move |wall: u64, seconds: u64| {
                steady.now(wall * 1_000, began + Duration::from_secs(seconds)) / 1_000
            }
        };
        let now = after(10_000, 6_400);
        assert_eq!(now(6_400, 0), 10_000);
        assert_eq!(now(6_500, 100), 10_050);
        assert_eq!(now(13_600, 7_200), 13_600);
        // Nothing is made up for where it was not set back, or by more than clocks are wrong.
        assert_eq!(after(10_000, 10_001)(10_001, 0), 10_001);
        let day = 24 * 60 * 60;
        assert_eq!(after(10_000 + day, 10_000)(10_000, 0), 10_000 + day);
        assert_eq!(after(10_001 + day, 10_000)(10_000, 0), 10_000);
    }
}
