//! Guests that are feeds.

use super::guest::Guest;
use super::trial::{Trial, limits, short_limits};

pub(in crate::hostile) fn endless_feed(guest: &Guest) {
    let bounded = limits().with("LIMPID_PLUGINS__PARSE_OUTPUT_BYTES", 8 << 20);
    Trial::with(guest, bounded).takes_in_nothing(
        "bytes into its sink, over the limit of 8388608 (setting `plugins.parse_output_bytes`)",
    );
}

pub(in crate::hostile) fn growing_advisory(guest: &Guest) {
    let bounded = limits().with("LIMPID_PLUGINS__PARSE_OUTPUT_BYTES", 1 << 20);
    Trial::with(guest, bounded).takes_in_nothing(
        "bytes into its sink, over the limit of 1048576 (setting `plugins.parse_output_bytes`)",
    );
}

pub(in crate::hostile) fn endless_reading(guest: &Guest) {
    Trial::with(guest, short_limits(guest))
        .takes_in_nothing("ran for more than 1s, the limit of setting `plugins.limits.");
}
