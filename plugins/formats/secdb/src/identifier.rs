//! What stands where secdb names a vulnerability is free text. Mostly that is one CVE; it may be
//! several identifiers (`CVE-2017-2616 XSA-123`, `CVE-2026-45078, GHSA-8q93-326v-3m7g`), with a
//! remark (`CVE-2018-14466 (AFS/RX)`), misspelt (`CVE_2019-2426`, `CVE 2018-16859`), named by the
//! patch (`CVE-2017-8073.patch`, `CVE-2017-17434-2`), or not known (`CVE-????-????? XSA-284`).

/// Bytes of an identifier.
const MAX_IDENTIFIER: usize = 64;

/// The identifiers in `text`, in their order, each once.
pub(crate) fn all(text: &str) -> Vec<String> {
    let text = text.replace("CVE ", "CVE-");
    let mut found: Vec<String> = Vec::new();
    for identifier in words(&text).filter_map(identifier) {
        if !found.contains(&identifier) {
            found.push(identifier);
        }
    }
    found
}

/// The words of `text` that are outside parentheses.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_u32;
    text.split(move |character: char| {
        match character {
            '(' => depth = depth.saturating_add(1),
            ')' => depth = depth.saturating_sub(1),
            _ => return depth > 0 || character.is_whitespace() || ",;/".contains(character),
        }
        true
    })
    .filter(|word| !word.is_empty())
}

fn identifier(word: &str) -> Option<String> {
    cve(word).or_else(|| other(word).map(str::to_owned))
}

/// `CVE-2017-17434`, also out of `CVE_2017-17434` and `CVE-2017-17434-2.patch`. The number has
/// four digits or more, at most 19 by the schema of CVE records.
fn cve(word: &str) -> Option<String> {
    let (year, rest) = word.strip_prefix("CVE")?.strip_prefix(['-', '_'])?.split_once(['-', '_'])?;
    let end = rest.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(rest.len());
    let (number, rest) = rest.split_at_checked(end)?;
    let is_year = year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit());
    let ends = !rest.starts_with(|character: char| character.is_alphanumeric());
    (is_year && ends && (4..=19).contains(&number.len())).then(|| format!("CVE-{year}-{number}"))
}

/// `XSA-207`, `VSV00019`, `GHSA-p5f5-3p5g-rfjw`, `wnpa-sec-2017-18`: letters first, then numbers,
/// mostly behind a hyphen.
fn other(word: &str) -> Option<&str> {
    let word = word.trim_end_matches(['.', ':']);
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if word.len() > MAX_IDENTIFIER || !word.bytes().all(allowed) {
        return None;
    }
    let letters = word.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (prefix, rest) = word.split_at_checked(letters)?;
    let numbered = match prefix {
        // GitHub's are made of letters and digits by chance.
        "GHSA" => rest.len() == "-xxxx-xxxx-xxxx".len(),
        // One that is not known yet: `CVE-2018-XXXX`.
        "CVE" => !rest.bytes().any(|byte| byte.is_ascii_alphabetic()),
        _ => true,
    };
    let has_digit = prefix == "GHSA" || rest.bytes().any(|byte| byte.is_ascii_digit());
    let shaped = rest.starts_with('-') || prefix.bytes().all(|byte| byte.is_ascii_uppercase());
    (letters >= 2 && numbered && has_digit && shaped).then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_found_in_what_people_write() {
        let check = |text: &str, expected: &[&str]| assert_eq!(all(text), expected, "`{text}`");
        check("CVE-2018-0734", &["CVE-2018-0734"]);
        check("CVE-2017-11610  ", &["CVE-2017-11610"]);
        check("CVE-2017-2616 XSA-123", &["CVE-2017-2616", "XSA-123"]);
        check("CVE-2018-8897  XSA-260", &["CVE-2018-8897", "XSA-260"]);
        check("CVE-2026-45078, GHSA-8q93-326v-3m7g", &["CVE-2026-45078", "GHSA-8q93-326v-3m7g"]);
        check("CVE-2026-48785 / GHSA-cr2j-534f-mf3g", &["CVE-2026-48785", "GHSA-cr2j-534f-mf3g"]);
        check("CVE-2017-2616 (+ regression fix)", &["CVE-2017-2616"]);
        check("CVE-2018-14466 (AFS/RX)", &["CVE-2018-14466"]);
        check("CVE-2018-16227 (802.11) XSA-1", &["CVE-2018-16227", "XSA-1"]);
        check("CVE-2017-5753 CVE-2017-5715 XSA-254 XPTI", &["CVE-2017-5753", "CVE-2017-5715", "XSA-254"]);
        check("CVE-????-????? XSA-284", &["XSA-284"]);
        check("CVE-2017-17434-2", &["CVE-2017-17434"]);
        check("CVE-2017-8073.patch", &["CVE-2017-8073"]);
        check("CVE_2019-2426", &["CVE-2019-2426"]);
        check("CVE 2018-16859", &["CVE-2018-16859"]);
        check("CVE-46838", &["CVE-46838"]);
        check("CVE-2020-11501 GNUTLS-SA-2020-03-31", &["CVE-2020-11501", "GNUTLS-SA-2020-03-31"]);
        check("VSV00019", &["VSV00019"]);
        check("DW202402-001", &["DW202402-001"]);
        check("wnpa-sec-2017-18", &["wnpa-sec-2017-18"]);
        check("GHSA-cccx-prrr-mrrc", &["GHSA-cccx-prrr-mrrc"]);
        check("XSA-1 XSA-1", &["XSA-1"]);
    }

    #[test]
    fn other_words_are_no_identifiers() {
        for text in ["", "?", "regression fix", "(CVE-2018-1234)", "CVE-2018-XXXX", "1.2-r0", "ü-1"] {
            assert_eq!(all(text), Vec::<String>::new(), "`{text}`");
        }
        assert_eq!(all(&format!("XSA-{}", "1".repeat(64))), Vec::<String>::new());
    }
}
