//! Reads what registries say of lists and of parts of layers (`Link`, `Content-Range`).

#![no_main]

use libfuzzer_sys::fuzz_target;

// The readers themselves, without the client of HTTP and the cryptography that their crate brings.
#[path = "../../../host/fetch/src/registries/content_range.rs"]
mod content_range;
#[path = "../../../host/fetch/src/registries/link.rs"]
mod link;

fuzz_target!(|header: &str| {
    if let Some(target) = link::next(header) {
        assert!(header.contains(&format!("<{target}>")), "an address that nobody named");
        assert!(header.to_ascii_lowercase().contains("next"), "a page that nobody called the next one");
    }
    if let Some(part) = content_range::parse(header) {
        assert!(part.first <= part.last, "a part that ends before it begins");
        assert!(part.whole.is_none_or(|whole| part.last < whole), "a part that goes beyond the whole");
    }
});
