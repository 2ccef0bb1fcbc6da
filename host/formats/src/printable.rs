/// Text without what would make a terminal do something else than show it, and without what nobody sees or what turns
/// the direction of text, so that it reads as something else. Names come from images, advisories and plugins, and may
/// hold anything.
pub fn printable(text: &str) -> String {
    text.chars().filter(|&c| c == '\n' || !(c.is_control() || misleads(c))).collect()
}

/// The same on one line that no build service takes for a command: GitHub's and Azure's look in all that a job prints
/// for `::error::` at the start of a line, and for `##[error]` and `##vso[...]` anywhere in one.
pub fn printable_line(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
    let line = printable(&line);
    let line = if line.contains("##") { line.replace("##", "# #") } else { line };
    let rest = line.trim_start();
    match rest.strip_prefix("::") {
        Some(command) => format!("{}: :{command}", " ".repeat(line.len().saturating_sub(rest.len()))),
        None => line,
    }
}

/// Marks of direction ([UAX 9](https://www.unicode.org/reports/tr9/)), breaks of lines that are no control characters,
/// tags, annotations, and what is no character.
const fn misleads(c: char) -> bool {
    matches!(
        c,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{206f}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}' | '\u{e0000}'..='\u{e007f}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_obeys_is_printed() {
        assert_eq!(printable("a\u{1b}[2Jb\u{202e}c\r\nd\u{9b}"), "a[2Jbc\nd");
    }

    #[test]
    fn nothing_that_nobody_sees_is_printed() {
        assert_eq!(printable("a\u{61c}b\u{e0041}c\u{2028}d\u{feff}"), "abcd");
        assert_eq!(printable("ä\u{200d}日本"), "ä\u{200d}日本", "what scripts need stays");
    }

    #[test]
    fn a_line_is_no_command_of_a_build_service() {
        assert_eq!(printable_line(" ::error::a\n::b"), " : :error::a ::b");
        assert_eq!(printable_line("a ##vso[x] ###[y]"), "a # #vso[x] # ##[y]");
        assert_eq!(printable_line("fe80::1"), "fe80::1");
    }
}
