//! How a version becomes bytes: its three numbers, its pre-release and its build, as `limpid_versions` writes them.

use limpid_plugin_sdk::scheme::KeyWriter;
use limpid_versions::{build, integer, pre_release};

use crate::version::Version;

/// The key of a version.
pub(crate) fn of(version: &Version<'_>) -> Vec<u8> {
    let parts = &version.0;
    let mut key = KeyWriter::with_capacity(parts.length());
    for number in parts.numbers {
        key.number(number);
    }
    pre_release(&mut key, parts.pre_release, identifier);
    build(&mut key, parts.build, identifier);
    key.finish()
}

fn identifier(key: &mut KeyWriter, text: &str) {
    integer(key, value(text), i64::MIN..=i64::MAX, text);
}

/// What `int.tryParse` of Dart reads: digits, or hexadecimal ones behind `0x`, with a sign or without.
fn value(text: &str) -> Option<i64> {
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits));
    match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            i64::from_str_radix(&format!("{sign}{digits}"), 16).ok()
        }
        Some(_) => None,
        None => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests;
