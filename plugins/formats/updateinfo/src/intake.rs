use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::Sink;

use crate::advisory::{self, Publisher};
use crate::text;
use crate::update::Update;

/// Of how many updates what became.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Advisories.
    pub advisories: u64,
    /// Updates that are about no vulnerability, or were taken back.
    pub passed_over: u64,
    /// Updates that could not be used.
    pub rejected: u64,
}

/// Where updates go, of whatever form the document is that has them.
pub struct Intake<'a> {
    publisher: &'a dyn Publisher,
    sink: &'a mut dyn Sink,
    summary: Summary,
    /// When the update was changed that was changed last.
    newest: Option<String>,
    /// Why the first that was rejected was.
    why: Option<Error>,
}

impl<'a> Intake<'a> {
    /// Nothing yet.
    pub fn new(publisher: &'a dyn Publisher, sink: &'a mut dyn Sink) -> Self {
        Self { publisher, sink, summary: Summary::default(), newest: None, why: None }
    }

    /// Gives what an update says to the sink, or rejects it.
    pub fn update(&mut self, update: &Update) {
        match advisory::of(self.publisher, update) {
            Ok((advisory::Read::PassedOver, _)) => self.summary.passed_over += 1,
            Ok((advisory::Read::Advisory(advisory), rejected)) => {
                let changed = advisory.modified.clone().max(advisory.published.clone());
                self.newest = self.newest.take().max(changed);
                self.summary.advisories += 1;
                self.sink.advisory(*advisory);
                rejected.into_iter().for_each(|(path, why)| self.sink.reject(&path, why));
            }
            Err(why) => self.reject(&update.id, why),
        }
    }

    /// Rejects a record that is no update.
    pub fn reject(&mut self, path: &str, why: Error) {
        self.summary.rejected += 1;
        self.sink.reject(text::shown(path), why.clone());
        self.why.get_or_insert(why);
    }

    /// What came of all.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] where there were updates, and none could be used.
    pub fn finish(self) -> Result<Summary, Error> {
        let Self { summary, why, newest, sink, .. } = self;
        match why {
            Some(why) if summary.advisories + summary.passed_over == 0 => Err(Error::malformed(
                format_args!("none of {} updates could be used, the first: {why}", summary.rejected),
            )),
            _ => {
                if let Some(newest) = newest {
                    sink.dated(&newest);
                }
                Ok(summary)
            }
        }
    }
}
