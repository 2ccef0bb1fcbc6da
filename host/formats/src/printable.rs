/// Text without what would make a terminal do something else than show it. Names come from images,
/// advisories and plugins, and may hold anything.
pub fn printable(text: &str) -> String {
    let directs =
        |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().filter(|&c| c == '\n' || !(c.is_control() || directs(c))).collect()
}

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn nothing_that_a_terminal_obeys_is_printed() {
        assert_eq!(printable("a\u{1b}[2Jb\u{202e}c\r\nd\u{9b}"), "a[2Jbc\nd");
    }
}
