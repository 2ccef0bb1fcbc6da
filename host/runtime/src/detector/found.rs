use std::collections::HashSet;

use limpid_model::Unread;

use super::{Detected, LayerFile};
use crate::contract::{self, types};
use crate::convert::{self, Fields};
use crate::failure::Stop;

/// What a detector has found so far in one call, in however many parts it came.
pub(crate) struct Found {
    shown: HashSet<String>,
    detected: Detected,
    bytes: u64,
    limit: u64,
}

impl Found {
    /// Nothing yet, in these files.
    pub(crate) fn new(files: &[Box<dyn LayerFile>], limit: u64) -> Self {
        let shown = files.iter().map(|file| file.path().to_owned()).collect();
        Self { shown, detected: Detected::default(), bytes: 0, limit }
    }

    /// One more part. A fact that cannot be used costs that fact.
    pub(super) fn take<F: Into<contract::Finding<contract::Package>>>(
        &mut self,
        part: impl IntoIterator<Item = F>,
    ) -> Result<(), Stop> {
        for finding in part {
            let finding: contract::Finding<_> = finding.into();
            self.check(&finding.path)?;
            let mut fields = Fields::default();
            match convert::finding(&mut fields, finding) {
                Ok(finding) => self.detected.findings.push(finding),
                Err(unread) => self.detected.unread.push(unread),
            }
            self.bytes = self.bytes.saturating_add(fields.bytes());
            if self.bytes > self.limit {
                return Err(Stop::Found { bytes: self.bytes, limit: self.limit });
            }
        }
        Ok(())
    }

    /// All of it, and what could not be read.
    pub(super) fn finish(mut self, unread: Vec<(String, types::Error)>) -> Result<Detected, Stop> {
        for (path, error) in unread {
            self.check(&path)?;
            self.detected.unread.push(Unread { path, error: convert::input_error(error) });
        }
        Ok(self.detected)
    }

    fn check(&self, path: &str) -> Result<(), Stop> {
        if self.shown.contains(path) {
            return Ok(());
        }
        Err(Stop::Contract(format!("speaks of `{path}`, which it was not shown")))
    }
}
