use std::fmt;

use super::{Advisory, Meter, Sink};
use crate::Error;

/// Where the records of a list go, and how many went where: a list of which none could be used is refused, since to take
/// it for an answer would withdraw all that the source stated before.
///
/// ```
/// use limpid_plugin_sdk::Error;
/// use limpid_plugin_sdk::feed::{Advisory, Intake, Meter};
/// use limpid_plugin_sdk::testing::Collected;
///
/// let mut sink = Collected::default();
/// let mut intake = Intake::new(&mut sink, &Meter::new(1 << 20));
/// intake.reject("zlib/CVE-", "this cannot be an identifier");
/// assert!(matches!(intake.finish(), Err(Error::Malformed(_))));
///
/// let mut intake = Intake::new(&mut sink, &Meter::new(1 << 20));
/// intake.reject("zlib/CVE-", "this cannot be an identifier");
/// intake.accept(Advisory::new("CVE-2024-0001"));
/// assert_eq!(intake.finish(), Ok(()));
/// ```
pub struct Intake<'a> {
    sink: &'a mut dyn Sink,
    meter: Meter,
    accepted: u64,
    rejected: u64,
}

impl<'a> Intake<'a> {
    /// Puts records into `sink`. The list is read under `meter`.
    pub fn new(sink: &'a mut dyn Sink, meter: &Meter) -> Self {
        Self { sink, meter: meter.clone(), accepted: 0, rejected: 0 }
    }

    /// Says that a part of the list is read: the next one may take as much again.
    pub fn read(&self) {
        self.meter.reset();
    }

    /// A record that could be used.
    pub fn accept(&mut self, advisory: Advisory) {
        self.accepted += 1;
        self.sink.advisory(advisory);
    }

    /// A record that could not, by where it stands in the list, and why.
    pub fn reject(&mut self, path: &str, why: impl ToString) {
        self.rejected += 1;
        self.sink.reject(path, Error::malformed(why));
    }

    /// Ends the list.
    ///
    /// # Errors
    /// [`Error::Malformed`] where it held no record that could be used.
    pub fn finish(self) -> Result<(), Error> {
        match (self.accepted, self.rejected) {
            (0, 0) => Err(Error::malformed("the document names no vulnerability")),
            (0, rejected) => {
                Err(Error::malformed(format_args!("none of the document's {rejected} records could be used")))
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for Intake<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Intake")
            .field("accepted", &self.accepted)
            .field("rejected", &self.rejected)
            .finish_non_exhaustive()
    }
}
