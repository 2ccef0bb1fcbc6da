//! Reading what a publisher of advisories publishes.

mod advisory;
mod changed;
mod exported;
mod intake;
mod list;
mod meter;

pub use advisory::{Advisory, Affected, Bound, Enrichment, Range, Rating, Status};
pub use changed::Changed;
pub use exported::Exported;
pub use intake::{Document, Documents, Mode, Sink, Source};
pub use list::Intake;
pub use meter::{Measured, Meter};

use crate::Error;

/// Reads what one publisher of advisories publishes.
///
/// A publisher that writes a line `ID PACKAGE FIXED-VERSION` for each advisory:
///
/// ```
/// use limpid_plugin_sdk::feed::{Advisory, Affected, Documents, Feed, Range, Sink, Source};
/// use limpid_plugin_sdk::testing::{Collected, InMemory};
/// use limpid_plugin_sdk::text::Lines;
/// use limpid_plugin_sdk::{Error, export_feed};
///
/// struct Pins;
///
/// impl Feed for Pins {
///     fn sources(_cursor: Option<String>) -> Vec<Source> {
///         vec![Source::whole("advisories", "https://example.org/advisories.txt")]
///     }
///
///     fn parse(
///         _source: &str,
///         documents: &mut dyn Documents,
///         sink: &mut dyn Sink,
///     ) -> Result<Option<String>, Error> {
///         while let Some(document) = documents.next() {
///             let mut lines = Lines::new(document, 4096);
///             while let Some(line) = lines.next()? {
///                 let text = line.text();
///                 let words: Vec<&str> = text.split_whitespace().collect();
///                 let [id, name, fixed] = words[..] else {
///                     sink.reject(&format!("line {}", line.number), Error::malformed("not three words"));
///                     continue;
///                 };
///                 let affected = Affected {
///                     namespace: "pins".to_owned(),
///                     name: name.to_owned(),
///                     scheme: "dpkg".to_owned(),
///                     ranges: vec![Range::before(fixed)],
///                     ..Affected::default()
///                 };
///                 sink.advisory(Advisory { affected: vec![affected], ..Advisory::new(id) });
///             }
///         }
///         Ok(None)
///     }
/// }
///
/// export_feed!(Pins);
///
/// let mut sink = Collected::default();
/// let mut documents = InMemory::new([("advisories.txt", "EX-1 left-pad 1.3.1\nEX-2 zlib\n")]);
/// Pins::parse("advisories", &mut documents, &mut sink)?;
/// assert_eq!((sink.advisories.len(), sink.rejected.len()), (1, 1));
/// # Ok::<(), Error>(())
/// ```
pub trait Feed {
    /// Where a run starts, given the cursor that the last complete run left.
    fn sources(cursor: Option<String>) -> Vec<Source>;

    /// Reads one source: its documents go in, what they say goes into the sink. A cursor that it
    /// returns takes effect when the run, all that was followed included, is complete.
    ///
    /// # Errors
    ///
    /// Where a document as a whole cannot be used. A record that cannot be used is
    /// [rejected](Sink::reject), and costs that record.
    fn parse(
        source: &str,
        documents: &mut dyn Documents,
        sink: &mut dyn Sink,
    ) -> Result<Option<String>, Error>;
}

/// Exports a type that implements [`Feed`] as this plugin's feed. It does so only where the target
/// is WebAssembly; elsewhere it checks the type.
#[macro_export]
macro_rules! export_feed {
    ($type:ty) => {
        const _: () = {
            type Exported = $crate::feed::Exported<$type>;
            const fn is_feed<T: $crate::feed::Feed>() {}
            is_feed::<$type>();
            #[cfg(target_arch = "wasm32")]
    $crate::bindings::feed::export!(Exported with_types_in $crate::bindings::feed);
        };
    };
}
