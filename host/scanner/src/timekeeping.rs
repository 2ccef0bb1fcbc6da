//! What time it was last is remembered: a process that starts where the clock of the machine was set back in between
//! goes on from there, so that what is due is due, what has expired stays so, and histories keep their order.

use std::time::Duration;

use limpid_bytes::Stop;
use limpid_model::chain;
use limpid_store::tables::clock::{self, Clock as ToldLast};
use limpid_store::{Batch, View};

use crate::settings::Clock;
use crate::workers::Beside;
use crate::{Error, Scanner};

/// How often it is noted: what passes between the last note and a crash is not made up for.
const EVERY: Duration = Duration::from_secs(30);

/// Notes what time it is, from time to time and at the end, until it is dropped.
#[derive(Debug)]
pub struct Timekeeping {
    _thread: Beside,
}

impl Timekeeping {
    /// Starts the thread.
    ///
    /// # Errors
    /// It cannot be had.
    pub fn start(scanner: Scanner) -> Result<Self, Error> {
        Ok(Self { _thread: Beside::start("clock", move |stop| work(&scanner, stop))? })
    }
}

fn work(scanner: &Scanner, stop: &Stop) {
    let mut is_over = false;
    loop {
        if let Err(error) = note(scanner) {
            tracing::warn!("it cannot be noted what time it is: {}", chain(&error));
        }
        if is_over {
            return;
        }
        is_over = stop.wait(EVERY);
    }
}

/// Notes what time it is.
fn note(scanner: &Scanner) -> Result<(), Error> {
    let mut batch = Batch::default();
    batch.put::<ToldLast>(&clock::TOLD.to_owned(), &clock::Row(scanner.settings().clock.now()))?;
    Ok(scanner.store().commit(batch)?)
}

/// Has the clock go on where it was noted last.
pub(crate) fn go_on(view: &View<'_>, clock: &Clock) -> Result<(), Error> {
    if let Some(clock::Row(told)) = view.get::<ToldLast>(&clock::TOLD.to_owned())? {
        clock.go_on_from(told);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use limpid_store::Store;

    use super::*;
    use crate::test_support::scanner_with;

    #[test]
    fn what_time_it_was_is_noted_at_the_beginning_and_at_the_end_and_gone_on_from() {
        let store = Store::in_memory();
        let noted = || store.view().get::<ToldLast>(&clock::TOLD.to_owned()).unwrap().map(|row| row.0);
        let hours_ahead = |hours: u64| {
            let ahead = Clock::system().now() + hours * 60 * 60 * 1_000;
            let (scanner, _scratch) =
                scanner_with(store.clone(), |settings| settings.clock = Clock::new(move || ahead));
            drop(Timekeeping::start(scanner).unwrap());
            ahead
        };
        let ahead = hours_ahead(1);
        assert_eq!(noted(), Some(ahead));
        let (scanner, _scratch) = scanner_with(store.clone(), |settings| settings.clock = Clock::system());
        assert!((ahead..ahead + 600_000).contains(&scanner.settings().clock.now()));
        // By days no clock is wrong that was right before.
        let ahead = hours_ahead(72);
        let (scanner, _scratch) = scanner_with(store.clone(), |settings| settings.clock = Clock::system());
        assert!(scanner.settings().clock.now() < ahead - 24 * 60 * 60 * 1_000);
    }
}
