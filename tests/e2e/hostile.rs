//! Hostile plugins harm nobody.
//!
//! Each folder of `tests/guests/` holds one hostile guest, and each has a proof here of what becomes
//! of it: `build.rs` lists the folders, so that a guest without a proof does not compile. Every proof
//! ends in one of [`trial`]'s, which hold for all guests alike: what happened is stated where an
//! operator or a reader of reports looks, the plugin is to blame, nothing of it is left behind, and
//! an image that is scanned at the same time is reported as if the guest were not there.
//!
//! There is no guest that logs for ever: the contract has no function that logs. What a plugin has to
//! say, it says in its answers, and those are bounded.

mod guest;
mod trial;

mod detectors;
mod feeds;
mod refused;
mod schemes;

use guest::Guest;

include!(concat!(env!("OUT_DIR"), "/guests.rs"));

mod proofs {
    pub(super) use super::detectors::*;
    pub(super) use super::feeds::*;
    pub(super) use super::refused::*;
    pub(super) use super::schemes::*;
}

macro_rules! test {
    ($guest:ident) => {
        #[test]
        fn $guest() {
            proofs::$guest(&Guest::of_test(stringify!($guest)));
        }
    };
}

for_each_guest!(test);
