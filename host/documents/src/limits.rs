use limpid_bytes::{Decoding, Inflation, Limit, Trailing};
use serde::{Deserialize, Serialize};

/// Bounds for everything that a file, which is untrusted, makes this crate do: the settings
/// `documents.*`. Sizes are in bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Members of one archive, folders and links included.
    pub members: u64,
    /// Size of one member, inflated.
    pub member_bytes: u64,
    /// Size of all that one file holds, inflated.
    pub inflated_bytes: u64,
    /// How many times its own size a file may inflate to. What is smaller than `ratio_from` may be
    /// of any ratio.
    pub ratio: u64,
    /// From which inflated size on the ratio counts.
    pub ratio_from: u64,
    /// The largest window, or dictionary, that a compressed file may ask a decoder to hold.
    pub window_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            members: 2_000_000,
            member_bytes: 4 << 30,
            inflated_bytes: 64 << 30,
            ratio: 250,
            ratio_from: 256 << 20,
            // `xz -9` asks for 64 MiB and what stands beside it, `zstd --long` for 128 MiB.
            window_bytes: 128 << 20,
        }
    }
}

impl Limits {
    pub(crate) const fn members(&self) -> Limit {
        Limit::of("documents.members", self.members)
    }

    pub(crate) const fn inflation(&self) -> Inflation {
        Inflation {
            bytes: Limit::of("documents.inflated_bytes", self.inflated_bytes),
            ratio: Limit::of("documents.ratio", self.ratio),
            ratio_from: self.ratio_from,
        }
    }

    pub(crate) const fn decoding(&self) -> Decoding {
        // Documents have no digest that would tell that something of them is missing.
        let window = Limit::of("documents.window_bytes", self.window_bytes);
        Decoding { window, trailing: Trailing::Refused }
    }
}
