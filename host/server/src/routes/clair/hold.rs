//! Requests that are held: Quay counts each refusal that is not for good as one of five attempts to scan an image.

use std::time::Duration;

use tokio::time::Instant;

use crate::Settings;
use crate::error::{Code, Failure};

/// Between two looks whether what stood in the way is gone: the same for all, or who has waited for longest would look
/// least often.
const LOOK: Duration = Duration::from_millis(100);

/// Until when a request is held.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hold {
    end: Instant,
    time: Duration,
}

impl Hold {
    /// From now on.
    pub(crate) fn begin(settings: &Settings) -> Self {
        let time = settings.clair.hold_time;
        Self { end: Instant::now() + time, time }
    }

    /// Does something again and again that is only put off.
    ///
    /// # Errors
    /// It fails for another reason, or is put off for longer than the request is held.
    pub(crate) async fn until<T, F>(self, mut attempt: impl FnMut() -> F) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        loop {
            let failure = match attempt().await {
                Err(failure) if failure.retry_after.is_some() => failure,
                ended => return ended,
            };
            if Instant::now() + LOOK >= self.end {
                return Err(self.over(&failure.message));
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Waits for something.
    ///
    /// # Errors
    /// It takes longer than the request is held; `why` says what was waited for.
    pub(crate) async fn wait<T>(self, what: impl Future<Output = T>, why: &str) -> Result<T, Failure> {
        tokio::time::timeout_at(self.end, what).await.map_err(|_| self.over(why))
    }

    /// Waits until the request is held no more.
    pub(super) async fn over_time(self) {
        tokio::time::sleep_until(self.end).await;
    }

    fn over(self, why: &str) -> Failure {
        let seconds = self.time.as_secs();
        Failure::new(
            Code::OutOfTime,
            format!("{why}; the request was held for {seconds} s, the limit of setting `clair.hold_time`"),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Clair;

    fn hold(time: Duration) -> Hold {
        let clair = Clair { hold_time: time, ..Clair::default() };
        Hold::begin(&Settings { clair, ..Settings::default() })
    }

    #[tokio::test]
    async fn what_is_put_off_is_done_when_it_can_be() {
        let mut left = 3;
        let done = hold(Duration::from_secs(60)).until(|| {
            left -= 1;
            let put_off = left > 0;
            async move { if put_off { Err(Failure::busy("full")) } else { Ok(7) } }
        });
        assert_eq!(done.await.unwrap(), 7);
    }

    #[tokio::test]
    async fn what_stays_put_off_names_the_setting() {
        let never = hold(Duration::from_secs(1)).until(|| async { Err::<(), _>(Failure::busy("full")) });
        let message = never.await.unwrap_err().message;
        assert!(message.contains("full") && message.contains("1 s") && message.contains("`clair.hold_time`"));
    }

    #[tokio::test]
    async fn what_fails_for_good_is_told_at_once() {
        let began = Instant::now();
        let failed =
            hold(Duration::from_secs(60)).until(|| async { Err::<(), _>(Failure::bad_request("x")) });
        assert_eq!(failed.await.unwrap_err().message, "x");
        assert!(began.elapsed() < Duration::from_secs(30));
    }
}
