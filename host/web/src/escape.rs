//! How text is written into pages. What pages show is of images, advisories and plugins, and may hold anything.

use std::fmt;

use askama::filters::{Escaper, Html};
use limpid_formats::printable;

/// Text as markup: nothing of it is a tag, a reference or the end of an attribute, and what nobody sees or what turns
/// the direction of text is written by its number. askama takes it for each value of each template
/// (`askama.toml`).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shown;

impl Escaper for Shown {
    fn write_escaped_str<W: fmt::Write>(&self, mut dest: W, text: &str) -> fmt::Result {
        if printable(text).len() == text.len() {
            return Html.write_escaped_str(dest, text);
        }
        for c in text.chars() {
            match c {
                '\t' | '\r' => dest.write_char(' ')?,
                c if printable(c.encode_utf8(&mut [0; 4])).is_empty() => {
                    write!(dest, "\u{2039}U+{:04X}\u{203a}", u32::from(c))?;
                }
                c => Html.write_escaped_char(&mut dest, c)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let mut out = String::new();
        Shown.write_escaped_str(&mut out, text).unwrap();
        assert_eq!(out, expected, "{text:?}");
    }

    #[test]
    fn nothing_of_a_text_is_markup() {
        check("<b onclick='x'>&\"", "&#60;b onclick=&#39;x&#39;&#62;&#38;&#34;");
        check("plain", "plain");
    }

    #[test]
    fn what_nobody_sees_is_shown_by_its_number() {
        check(
            "a\u{202e}b<\0\u{2066}",
            "a\u{2039}U+202E\u{203a}b&#60;\u{2039}U+0000\u{203a}\u{2039}U+2066\u{203a}",
        );
        check("a\tb\r\nc", "a b \nc");
        check("日本 ä\u{200d}", "日本 ä\u{200d}");
    }
}
