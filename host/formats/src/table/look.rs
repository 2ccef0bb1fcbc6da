//! How text is shown: how wide, and whether in colours and with hyperlinks.

use console::Style;

/// What standard output is able to show.
#[derive(Clone, Copy, Debug, Default)]
pub struct Look {
    /// Columns of the terminal; none where it is no terminal: then every row is one line, complete.
    pub width: Option<usize>,
    /// Whether it shows colours.
    pub colours: bool,
    /// Whether it shows hyperlinks.
    pub links: bool,
}

/// What a piece of text is, from which its colour follows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    #[default]
    /// What nothing is to be noted of.
    Plain,
    /// What a line is about.
    Strong,
    /// What is there for completeness.
    Faint,
    /// A critical severity.
    Critical,
    /// A high severity.
    High,
    /// A medium severity, or what is not known.
    Medium,
    /// A low severity.
    Low,
    /// A fixed version, or what is as it should be.
    Good,
}

impl Look {
    pub(super) fn paint(self, tone: Tone, text: &str) -> String {
        let style = match tone {
            Tone::Plain => return text.to_owned(),
            Tone::Strong => Style::new().bold(),
            Tone::Faint => Style::new().dim(),
            Tone::Critical => Style::new().red().bold(),
            Tone::High => Style::new().red(),
            Tone::Medium => Style::new().yellow(),
            Tone::Low => Style::new().cyan(),
            Tone::Good => Style::new().green(),
        };
        style.force_styling(self.colours).apply_to(text).to_string()
    }
}
