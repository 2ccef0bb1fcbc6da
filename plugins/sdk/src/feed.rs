//! Reading what a publisher of advisories publishes.

mod advisory;
mod exported;
mod intake;

pub use advisory::{Advisory, Affected, Bound, Enrichment, Range, Rating, Status};
pub use exported::Exported;
pub use intake::{Document, Documents, Mode, Sink, Source};

use crate::Error;

/// Reads what one publisher of advisories publishes.
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
