//! Names of categories, packages and slots, and versions, as the
//! [Package Manager Specification](https://projects.gentoo.org/pms/8/pms.html#names-and-versions) has them.

/// What a version may have behind its numbers and its letter, before its own number.
const SUFFIXES: [&str; 5] = ["alpha", "beta", "pre", "rc", "p"];

/// Splits the name of an entry's folder (`PF`) into the name and the version of a package: `gcc` and `13.2.1_p2-r1`.
///
/// There is one way at most, because no package has a name that ends in a hyphen and a version.
pub fn split(folder: &str) -> Option<(&str, &str)> {
    let (name, version) = split_last(folder)?;
    (is_name(name) && split_last(name).is_none()).then_some((name, version))
}

/// Splits before the shortest version at the end.
fn split_last(text: &str) -> Option<(&str, &str)> {
    let without_revision = match text.rsplit_once("-r") {
        Some((rest, revision)) if is_number(revision) => rest,
        _ => text,
    };
    let (name, version) = without_revision.rsplit_once('-')?;
    let whole = text.get(name.len() + 1..)?;
    (!name.is_empty() && is_version(version)).then_some((name, whole))
}

/// Whether a text is a version without a revision: `1.2b_rc3_p4`.
fn is_version(text: &str) -> bool {
    let mut parts = text.split('_');
    let numbers = parts.next().unwrap_or_default();
    let numbers = numbers.strip_suffix(|last: char| last.is_ascii_lowercase()).unwrap_or(numbers);
    let is_suffix = |part: &str| {
        SUFFIXES.iter().any(|suffix| {
            part.strip_prefix(suffix).is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
        })
    };
    numbers.split('.').all(is_number) && parts.all(is_suffix)
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a text may name a package.
fn is_name(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'+' | b'-');
    !text.starts_with(['-', '+']) && !text.is_empty() && text.bytes().all(is_plain)
}

/// Whether a text may name a category, or a slot.
pub fn is_dotted_name(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'+' | b'-' | b'.');
    !text.starts_with(['-', '.', '+']) && !text.is_empty() && text.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_folder_is_split_before_the_version() {
        let check = |folder: &str, name: &str, version: &str| {
            assert_eq!(split(folder), Some((name, version)), "{folder}");
        };
        check("gcc-13.2.1_p20240113-r1", "gcc", "13.2.1_p20240113-r1");
        check("openssl-3.0.13", "openssl", "3.0.13");
        check("openssl-1.0.2u", "openssl", "1.0.2u");
        check("font-adobe-100dpi-1.0.3", "font-adobe-100dpi", "1.0.3");
        check("gtk+-3.24.41-r1", "gtk+", "3.24.41-r1");
        check("a-r1-2", "a-r1", "2");
        check("foo-1-r0", "foo", "1-r0");
        check("audio-0-r3", "audio", "0-r3");
        check("R_ext-2_alpha_beta2_p-r10", "R_ext", "2_alpha_beta2_p-r10");
        check("x-9999", "x", "9999");
    }

    #[test]
    fn what_is_no_name_with_a_version_is_refused() {
        for folder in [
            "", "-", "a", "a-", "-1", "a-b", "a-r1", "a-1.", "a-1..2", "a-1_x", "a-1_rc1x", "a-1-r", "a-v1",
            "+-1", "a-1-2", "a-1-r1-2", "a-1-2-r1", "a.b-1", "ä-1", "a-1ab", "a-1B", "-a-1",
        ] {
            assert_eq!(split(folder), None, "{folder}");
        }
    }

    #[test]
    fn slots_and_categories_may_have_dots() {
        for text in ["0", "3.11", "1.6+a", "dev-lang", "_x"] {
            assert!(is_dotted_name(text), "{text}");
        }
        for text in ["", ".1", "-1", "+1", "a b", "0/1", "ä"] {
            assert!(!is_dotted_name(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_was_joined_is_split_at_the_same_place(
            name in "[A-Za-z0-9_][A-Za-z0-9_+]{0,4}(-[a-z+][a-z0-9_+]{0,4}){0,3}",
            version in r"[0-9]{1,3}(\.[0-9]{1,3}){0,3}[a-z]?(_(alpha|beta|pre|rc|p)[0-9]{0,2}){0,2}(-r[0-9]{1,2})?",
        ) {
            let joined = format!("{name}-{version}");
            prop_assert_eq!(split(&joined), Some((name.as_str(), version.as_str())));
        }

        #[test]
        fn no_text_is_too_odd_to_be_split(text in r"(-|_|\.|r|p|rc|[0-9]|[a-z]|\PC){0,20}") {
            if let Some((name, version)) = split(&text) {
                prop_assert_eq!(format!("{name}-{version}"), text);
            }
        }
    }
}
