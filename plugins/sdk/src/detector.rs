//! Finding what is installed in a layer.

mod exported;
mod file;
mod needs;
mod package;
mod paths;
mod problems;
mod providers;
mod report;
mod upgrade;

pub use exported::Exported;
pub use file::{File, FileReader};
pub use needs::Needs;
pub use package::{Evidence, Package, Reason, Requirement, Scope, SourcePackage};
pub use paths::Paths;
pub use problems::Problems;
pub use providers::Providers;
pub use report::{Distribution, Fact, Finding, Ownership, Report, Unread};
pub use upgrade::{Advice, Place, Step, System, Wish, is_plain, plain_names};

use crate::Error;

/// Finds what is installed in a layer.
pub trait Detector {
    /// Which files of a layer it wants to see.
    fn claims() -> Vec<Claim>;

    /// What the claimed files state.
    ///
    /// `files` are some or all of a layer's files that match one of the claims: all of those that
    /// belong together, any number of those that stand alone. They are in the order of their paths.
    ///
    /// # Errors
    ///
    /// Only where nothing at all can be stated. A file that cannot be read is an
    /// [`unread`](Report::unread) entry of the report, and costs that file.
    fn detect(files: &[File]) -> Result<Report, Error>;

    /// How packages that it found are updated, in the words of their package manager, for an image of this
    /// distribution; nothing where it does not know.
    ///
    /// Names and versions may be anything that a file of the image says. What is not [plain](is_plain), or what the
    /// package manager would take for plain, belongs in no command.
    fn upgrade(_system: Option<&System>, _wishes: &[Wish]) -> Advice {
        Advice::default()
    }
}

/// Exports a type that implements [`Detector`] as this plugin's detector. It does so only where the
/// target is WebAssembly; elsewhere it checks the type.
#[macro_export]
macro_rules! export_detector {
    ($type:ty) => {
        const _: () = {
            type Exported = $crate::detector::Exported<$type>;
            const fn is_detector<T: $crate::detector::Detector>() {}
            is_detector::<$type>();
            #[cfg(target_arch = "wasm32")]
    $crate::bindings::detector::export!(Exported with_types_in $crate::bindings::detector);
        };
    };
}

/// Which files of a layer a detector wants to see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    pattern: Pattern,
    contains: Vec<Vec<u8>>,
    head: Option<u32>,
    grouping: Grouping,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Pattern {
    Path(String),
    Magic(Vec<u8>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Grouping {
    Alone,
    Together,
}

impl Claim {
    /// Files whose path matches a glob and which stand alone: what one states depends on no other.
    /// The host shows any number of them at a time, while the layer is still being read.
    ///
    /// In a glob `*` stays within one directory, `**` does not. Paths have no leading slash.
    pub fn alone(glob: impl Into<String>) -> Self {
        Self::of(Pattern::Path(glob.into()), Grouping::Alone)
    }

    /// Files whose path matches a glob and which belong together: a database and its journal. The
    /// host shows all of a layer's files that a detector claims so in one call.
    pub fn together(glob: impl Into<String>) -> Self {
        Self::of(Pattern::Path(glob.into()), Grouping::Together)
    }

    /// Files that begin with these bytes, wherever they are, and which stand alone.
    pub fn magic_alone(bytes: impl Into<Vec<u8>>) -> Self {
        Self::of(Pattern::Magic(bytes.into()), Grouping::Alone)
    }

    /// Files that begin with these bytes, wherever they are, and which belong together.
    pub fn magic_together(bytes: impl Into<Vec<u8>>) -> Self {
        Self::of(Pattern::Magic(bytes.into()), Grouping::Together)
    }

    const fn of(pattern: Pattern, grouping: Grouping) -> Self {
        Self { pattern, contains: Vec::new(), head: None, grouping }
    }

    /// Only files that hold these bytes, or others of which the same is stated. They are looked for while the
    /// layer streams past: a file without them is never shown, and costs next to nothing.
    #[must_use]
    pub fn holding(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.contains.push(bytes.into());
        self
    }

    /// Only so many first bytes of such files are shown, and hold what is looked for.
    #[must_use]
    pub const fn head(mut self, bytes: u32) -> Self {
        self.head = Some(bytes);
        self
    }
}
