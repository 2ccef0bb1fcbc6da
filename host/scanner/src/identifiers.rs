//! Identifiers of vulnerabilities, as people write them.

use limpid_store::Store;
use limpid_store::tables::known_as::{self, KnownAs};

use crate::{Error, filling};

/// Longest identifier, in bytes.
const LONGEST: usize = 200;

/// Says that identifiers are kept as they are looked for.
const MARK: &str = "identifiers-folded";

/// Whether a text may be an identifier.
///
/// # Errors
/// [`Error::BadIdentifier`].
pub fn check(text: &str) -> Result<(), Error> {
    let why = if text.is_empty() {
        "it is empty".to_owned()
    } else if text.len() > LONGEST {
        format!("it is over {LONGEST} bytes")
    } else if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        "it has a character that identifiers have not".to_owned()
    } else if !text.bytes().any(|byte| byte.is_ascii_alphanumeric()) {
        "it has neither letter nor digit".to_owned()
    } else {
        return Ok(());
    };
    Err(Error::BadIdentifier { identifier: shown(text), why })
}

/// Whether a text of which nothing is known may be an identifier at all: one that begins as those of CVE
/// goes on as those do.
///
/// # Errors
/// [`Error::BadIdentifier`].
pub(crate) fn check_unknown(text: &str) -> Result<(), Error> {
    check(text)?;
    let Some(rest) = text.get(..4).filter(|start| start.eq_ignore_ascii_case("cve-")).and(text.get(4..))
    else {
        return Ok(());
    };
    let digits = |text: &str, least: usize| text.len() >= least && text.bytes().all(|b| b.is_ascii_digit());
    match rest.split_once('-') {
        Some((year, number)) if digits(year, 4) && year.len() == 4 && digits(number, 1) => Ok(()),
        _ => Err(Error::BadIdentifier {
            identifier: shown(text),
            why: "identifiers of CVE are `CVE-`, a year of four digits, `-` and a number".to_owned(),
        }),
    }
}

fn shown(text: &str) -> String {
    text.chars().take(LONGEST).flat_map(char::escape_default).collect()
}

/// Keeps identifiers as they are looked for, where a Limpid kept them as publishers write them. Costs
/// one look-up where there is nothing to do.
pub(crate) fn fold_identifiers(store: &Store) -> Result<(), Error> {
    filling::once(store, MARK, |view, filling| {
        for key in view.keys::<KnownAs>(|_| ()) {
            let key = key?;
            let alias = known_as::folded(&key.alias);
            if alias != key.alias {
                let batch = filling.batch()?;
                batch.delete::<KnownAs>(&key);
                batch.put::<KnownAs>(&known_as::Key { alias, ..key }, &known_as::Row)?;
            }
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use limpid_store::{Batch, Store};

    use super::*;
    use crate::test_support::scanner;

    #[test]
    fn an_identifier_is_a_word_of_letters_digits_and_signs() {
        for good in
            ["CVE-2024-1", "cve-2024-1", "GHSA-jf85-cpcp-j695", "RHSA-2024:1234", "TEMP-0000000-ABCDEF"]
        {
            check_unknown(good).unwrap();
        }
        let long = "A".repeat(201);
        for bad in ["", " ", "CVE-2024-1 ", "a b", "a\nb", "a\0", "Ü-1", "---", long.as_str()] {
            assert!(matches!(check(bad), Err(Error::BadIdentifier { .. })), "{bad:?}");
        }
        for bad in ["CVE", "CVE-", "CVE-2024", "cve-24-1", "CVE-2024-", "CVE-2024-1x", "CVE-20245-1"] {
            check(bad).unwrap();
            let is_bad = matches!(check_unknown(bad), Err(Error::BadIdentifier { .. }));
            assert_eq!(is_bad, bad != "CVE", "{bad:?}");
        }
    }

    #[test]
    fn identifiers_that_were_kept_as_publishers_write_them_are_found() {
        let (store, key) = (Store::in_memory(), |alias: &str| known_as::Key {
            alias: alias.to_owned(),
            feed: "f".to_owned(),
            id: "GHSA-ab".to_owned(),
            source: "s".to_owned(),
        });
        let mut batch = Batch::default();
        for alias in ["GHSA-ab", "CVE-2024-1"] {
            batch.put::<KnownAs>(&key(alias), &known_as::Row).unwrap();
        }
        store.commit(batch).unwrap();
        let (_scanner, _scratch) = scanner(store.clone());
        let kept: Vec<_> = store.view().keys::<KnownAs>(|_| ()).map(|key| key.unwrap()).collect();
        assert_eq!(kept, [key("CVE-2024-1"), key("GHSA-AB")]);
    }
}
