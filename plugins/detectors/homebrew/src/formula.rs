//! The licence of a [formula](https://docs.brew.sh/Formula-Cookbook#fill-in-the-license), in one line of it.

use std::io::BufRead;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::text::Lines;

/// The longest line that is read whole, in bytes, and how many lines are read in search of a licence.
const MAX_LINE: usize = 4096;
const MAX_LINES: u64 = 2000;

/// The longest expression that is kept, in bytes.
const MAX_LICENSE: usize = 200;

/// `license "MIT"`, `license any_of: ["MIT", "Apache-2.0"]` or the same with `all_of`, as an SPDX expression. What is not
/// in one line, or has exceptions, is not read.
///
/// # Errors
///
/// Those of the reader.
pub fn license(reader: impl BufRead) -> Result<Option<String>, Error> {
    let mut lines = Lines::new(reader, MAX_LINE);
    while let Some(line) = lines.next()? {
        if line.number > MAX_LINES {
            break;
        }
        if let Some(stated) = line.text().trim().strip_prefix("license ") {
            return Ok(expression(stated.trim()).filter(|text| (1..=MAX_LICENSE).contains(&text.len())));
        }
    }
    Ok(None)
}

fn expression(stated: &str) -> Option<String> {
    let (list, operator) = match stated.split_once(": [") {
        Some(("any_of", list)) => (list.strip_suffix(']')?, " OR "),
        Some(("all_of", list)) => (list.strip_suffix(']')?, " AND "),
        Some(_) => return None,
        None => (stated, ""),
    };
    let is_license = |text: &&str| {
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'+');
        !text.is_empty() && text.bytes().all(is_part)
    };
    let quoted = |text: &'_ str| {
        text.trim()
            .strip_prefix('"')
            .and_then(|text| text.strip_suffix('"'))
            .filter(is_license)
            .map(str::to_owned)
    };
    let licenses = list.split(',').map(quoted).collect::<Option<Vec<_>>>()?;
    (licenses.len() == 1 || !operator.is_empty()).then(|| licenses.join(operator))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_licence_is_in_one_line() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(license(text.as_bytes()).unwrap().as_deref(), expected, "{text:.100}");
        };
        check("class A < Formula\n  license \"MIT\"\n  license \"ISC\"\nend\n", Some("MIT"));
        check("  license any_of: [\"MIT\", \"GPL-2.0-or-later\"]\n", Some("MIT OR GPL-2.0-or-later"));
        check("  license all_of: [\"MIT\", \"ISC\"]\n", Some("MIT AND ISC"));
        check("  license all_of: [\"MIT\"]\n", Some("MIT"));
        check("  license any_of: [\n    \"MIT\",\n  ]\n", None);
        check("  license \"GPL-2.0-only\" => { with: \"GCC-exception-2.0\" }\n", None);
        check("  license :public_domain\n", None);
        check("  license \"MIT\", \"ISC\"\n", None);
        check("  desc \"license server\"\n", None);
        check(&format!("  license \"{}\"\n", "x".repeat(MAX_LICENSE + 1)), None);
        check(&format!("{}license \"MIT\"", "\n".repeat(MAX_LINES as usize)), None);
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd_to_be_read(text in "(license |any_of: |all_of: |\\[|\\]|\"|MIT|,| |\n|é){0,30}") {
            if let Some(license) = license(text.as_bytes()).unwrap() {
                prop_assert!(!license.is_empty() && !license.contains('"'));
            }
        }
    }
}
