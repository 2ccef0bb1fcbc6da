//! Reads the challenge of a registry (`WWW-Authenticate`).

#![no_main]

use libfuzzer_sys::fuzz_target;

// The reader itself, without the client of HTTP and the cryptography that its crate brings.
#[path = "../../../host/fetch/src/challenge.rs"]
mod challenge;

use challenge::Challenge;

fuzz_target!(|header: &str| {
    match challenge::best(header) {
        Some(Challenge::Bearer { realm, service, scope }) => {
            // An escape is dropped, nothing is made up.
            let told = [Some(realm), service, scope].into_iter().flatten();
            assert!(told.map(|text| text.len()).sum::<usize>() <= header.len(), "more than was there");
            assert!(header.to_ascii_lowercase().contains("bearer"), "a token that nobody asked for");
        }
        Some(Challenge::Basic) => {
            assert!(header.to_ascii_lowercase().contains("basic"), "a password that nobody asked for");
        }
        None => {}
    }
});
