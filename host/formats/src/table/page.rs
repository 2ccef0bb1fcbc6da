//! Lines of text that are shown to people, and nothing that a terminal would obey but what is put
//! in here.

use super::grid::Grid;
use super::look::{Look, Tone};
use crate::printable_line;

/// What is shown, line by line.
#[derive(Debug)]
pub struct Page {
    look: Look,
    out: String,
}

/// A part of a line, in one tone.
#[derive(Clone, Debug, Default)]
pub struct Piece {
    pub(super) text: String,
    tone: Tone,
    link: Option<String>,
}

impl Page {
    /// An empty page.
    pub const fn new(look: Look) -> Self {
        Self { look, out: String::new() }
    }

    /// What the terminal is able to show.
    pub const fn look(&self) -> Look {
        self.look
    }

    /// All that is to be written.
    pub fn into_text(self) -> String {
        self.out
    }

    /// A line as it is, however long.
    pub fn line(&mut self, pieces: &[Piece]) {
        for piece in pieces {
            self.out.push_str(&piece.shown(self.look));
        }
        while self.out.ends_with(' ') {
            self.out.pop();
        }
        self.out.push('\n');
    }

    /// A sentence, which goes on below itself where the terminal ends.
    pub fn sentence(&mut self, lead: &str, tone: Tone, text: &str) {
        self.sentence_after(&[lead.into()], tone, text);
    }

    /// The same behind several pieces.
    pub fn sentence_after(&mut self, lead: &[Piece], tone: Tone, text: &str) {
        let indent = lead.iter().map(Piece::width).sum();
        let text = printable_line(text);
        let lines = match self.look.width {
            Some(width) => flow(&text, width.saturating_sub(indent)),
            None => vec![text],
        };
        for (index, line) in lines.into_iter().enumerate() {
            let mut pieces = if index == 0 { lead.to_vec() } else { vec![" ".repeat(indent).into()] };
            pieces.push(Piece::new(tone, line));
            self.line(&pieces);
        }
    }

    /// Rows under headers.
    pub fn grid(&mut self, grid: &Grid) {
        for line in grid.lines(self.look.width) {
            self.line(&line);
        }
    }

    /// An empty line, where there is none yet.
    pub fn blank(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }
}

impl Piece {
    /// A text without what would make a terminal do something else than show it.
    pub fn new(tone: Tone, text: impl AsRef<str>) -> Self {
        Self { text: printable_line(text.as_ref()), tone, link: None }
    }

    /// The same, leading to an address of the web. Others are not linked to.
    pub fn to(mut self, address: Option<&str>) -> Self {
        let is_web = |address: &&str| {
            ["https://", "http://"].iter().any(|scheme| address.starts_with(scheme))
                && address.chars().all(|c| c.is_ascii_graphic())
        };
        self.link = address.filter(is_web).map(str::to_owned);
        self
    }

    /// Columns that it takes.
    pub fn width(&self) -> usize {
        console::measure_text_width(&self.text)
    }

    /// As much of it as goes into so many columns.
    pub(super) fn cut(&self, width: usize) -> Self {
        Self { text: console::truncate_str(&self.text, width, "…").into_owned(), ..self.clone() }
    }

    fn shown(&self, look: Look) -> String {
        let text = look.paint(self.tone, &self.text);
        match &self.link {
            // OSC 8 (https://gist.github.com/egmontkob/eb114294efbcd5adb1944c9f3cb5feda).
            Some(address) if look.links => format!("\u{1b}]8;;{address}\u{1b}\\{text}\u{1b}]8;;\u{1b}\\"),
            _ => text,
        }
    }
}

impl<T: AsRef<str>> From<T> for Piece {
    fn from(text: T) -> Self {
        Self::new(Tone::Plain, text)
    }
}

/// Words on lines of at most so many columns. A word is never broken: it may be an identifier that
/// somebody is going to copy.
fn flow(text: &str, width: usize) -> Vec<String> {
    let (mut lines, mut line) = (Vec::new(), String::new());
    for word in text.split_whitespace() {
        let wide = console::measure_text_width(&line) + 1 + console::measure_text_width(word);
        if !line.is_empty() && wide > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(look: Look, piece: Piece) -> String {
        let mut page = Page::new(look);
        page.line(&[piece]);
        page.into_text()
    }

    #[test]
    fn what_an_image_says_makes_a_terminal_do_nothing() {
        let look = Look { width: Some(80), colours: true, links: true };
        let piece = Piece::new(Tone::Plain, "a\u{1b}[2J\nb").to(Some("https://x/\u{1b}\\evil"));
        assert_eq!(shown(look, piece), "a[2J b\n");
        assert_eq!(shown(look, Piece::from("a").to(Some("file:///etc/passwd"))), "a\n");
    }

    #[test]
    fn colours_and_links_are_where_they_can_be_shown_only() {
        let piece = || Piece::new(Tone::High, "CVE-1").to(Some("https://x/1"));
        assert_eq!(shown(Look::default(), piece()), "CVE-1\n");
        let look = Look { colours: true, links: true, width: None };
        let expected = "\u{1b}]8;;https://x/1\u{1b}\\\u{1b}[31mCVE-1\u{1b}[0m\u{1b}]8;;\u{1b}\\\n";
        assert_eq!(shown(look, piece()), expected);
    }

    #[test]
    fn no_word_is_broken() {
        assert_eq!(flow("an identifier-that-is-long here", 10), ["an", "identifier-that-is-long", "here"]);
        assert_eq!(flow("", 10), [""]);
    }
}
