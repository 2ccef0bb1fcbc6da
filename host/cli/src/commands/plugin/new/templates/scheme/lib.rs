//! Orders versions that are numbers with dots between them: `1.9` comes before `1.10`.

use limpid_plugin_sdk::export_scheme;
use limpid_plugin_sdk::scheme::{KeyWriter, Scheme};

struct Dotted;

impl Scheme for Dotted {
    const NAME: &'static str = "@NAME@";

    fn key(version: &str) -> Result<Vec<u8>, String> {
        let mut key = KeyWriter::default();
        for number in version.split('.') {
            if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(format!("`{number}` is not a number"));
            }
            key.byte(NUMBER).number(number);
        }
        key.byte(END);
        Ok(key.finish())
    }
}

export_scheme!(Dotted);

/// What follows. Keys compare as bytes: where one version ends and another goes on, that which ends
/// comes first.
const END: u8 = 0;
const NUMBER: u8 = 1;
