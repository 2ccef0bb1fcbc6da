use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Documents, Sink, Source};

use crate::{Head, Publisher, read};

/// A distribution without releases, all of whose advisories are in one document.
#[derive(Clone, Copy, Debug)]
pub struct Rolling {
    /// Of its packages, as `os-release` has its `ID`: `wolfi`.
    pub namespace: &'static str,
    /// What the source is called.
    pub source: &'static str,
    /// Where the document is published.
    pub address: &'static str,
    /// Below which address packages are fetched: what the document has as `urlprefix`.
    pub prefix: &'static str,
}

impl Rolling {
    /// Where a run starts, and ends.
    pub fn sources(&self) -> Vec<Source> {
        vec![Source::whole(self.source, self.address)]
    }

    /// Reads the document, whatever its source is called: an operator may hand it in under any name.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] where there is no document, or it is no secdb of this distribution.
    pub fn parse(&self, documents: &mut dyn Documents, sink: &mut dyn Sink) -> Result<(), Error> {
        let mut document = documents.next().ok_or_else(|| Error::malformed("there is no document"))?;
        read(self, &mut document, sink)?;
        sink.identify(self.source);
        Ok(())
    }
}

impl Publisher for Rolling {
    fn namespace(&self, head: &Head) -> Result<String, Error> {
        match &head.prefix {
            Some(prefix) if prefix.trim_end_matches('/') != self.prefix => {
                let shown = crate::package::shown(prefix);
                Err(Error::malformed(format!("the document is of `{shown}`, not of `{}`", self.prefix)))
            }
            _ => Ok(self.namespace.to_owned()),
        }
    }
}
