//! The feed of [Bottlerocket](https://advisories.bottlerocket.aws/): one updateinfo for all releases and variants.
//!
//! This crate owns where it is, and that its packages are in the namespace `bottlerocket`; what an update says is read
//! by [`limpid_updateinfo`].
//!
//! ```
//! use limpid_feed_bottlerocket::Bottlerocket;
//! use limpid_plugin_sdk::feed::Feed;
//! use limpid_plugin_sdk::testing::{Collected, InMemory};
//!
//! let updateinfo = r#"<updates><update type="security"><id>GHSA-mgxf-pj6m-9494</id><title>kernel CVE-2020-10711</title>
//!     <pkglist><collection short="bottlerocket"><package name="kernel" epoch="0" version="0.3.3" release="b7d91846"
//!     arch="x86_64"/></collection></pkglist></update></updates>"#;
//! let mut sink = Collected::default();
//! Bottlerocket::parse("updateinfo", &mut InMemory::new([("updateinfo.xml", updateinfo)]), &mut sink)?;
//! assert_eq!(sink.advisories[0].aliases, ["CVE-2020-10711"]);
//! # Ok::<(), limpid_plugin_sdk::Error>(())
//! ```

use limpid_plugin_sdk::feed::{Documents, Feed, Sink, Source};
use limpid_plugin_sdk::{Error, export_feed};
use limpid_updateinfo::{Collection, Publisher, Update, repository};

/// What the one source is called.
const SOURCE: &str = "updateinfo";

/// The feed.
#[derive(Debug)]
pub struct Bottlerocket;

impl Feed for Bottlerocket {
    fn sources(_cursor: Option<String>) -> Vec<Source> {
        vec![Source::whole(SOURCE, "https://advisories.bottlerocket.aws/updateinfo.xml.gz")]
    }

    fn parse(
        _source: &str,
        documents: &mut dyn Documents,
        sink: &mut dyn Sink,
    ) -> Result<Option<String>, Error> {
        let document = documents.next().ok_or_else(|| Error::malformed("there is no document"))?;
        repository::read(SOURCE, document, |_| None, &Security, sink)?;
        sink.identify(SOURCE);
        Ok(None)
    }
}

export_feed!(Bottlerocket);

/// Who publishes it.
struct Security;

impl Publisher for Security {
    fn namespace(&self, _update: &Update, collection: &Collection) -> Result<Option<String>, Error> {
        match collection.short.as_str() {
            "" | "bottlerocket" => Ok(Some("bottlerocket".to_owned())),
            other => {
                Err(Error::malformed(format_args!("collection `{other:.80}` is not one of Bottlerocket")))
            }
        }
    }

    fn rater(&self) -> &str {
        "bottlerocket"
    }
}

#[cfg(test)]
mod tests {
    mod corpus;

    use limpid_plugin_sdk::testing::{Collected, InMemory};

    use super::*;

    fn parse(document: impl Into<Vec<u8>>) -> Result<Collected, Error> {
        let mut sink = Collected::default();
        let mut documents = InMemory::new([("document", document.into())]);
        Bottlerocket::parse("handed-in.xml", &mut documents, &mut sink).map(|_| sink)
    }

    #[test]
    fn a_run_fetches_one_document() {
        let expected = Source::whole("updateinfo", "https://advisories.bottlerocket.aws/updateinfo.xml.gz");
        assert_eq!(Bottlerocket::sources(None), [expected]);
        assert_eq!(parse("<updates/>").unwrap().identified.as_deref(), Some("updateinfo"));
    }

    #[test]
    fn an_update_of_somebody_else_is_refused() {
        let other = "<updates><update type=\"security\"><id>ALAS-2011-1</id><pkglist>\
                     <collection short=\"amazon-linux-ami\"/></pkglist></update></updates>";
        assert!(
            parse(other).unwrap_err().to_string().contains("`amazon-linux-ami` is not one of Bottlerocket")
        );
    }
}
