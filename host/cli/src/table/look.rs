//! How text is shown: how wide, and whether in colours and with hyperlinks.

use console::{Style, Term};

/// What standard output is able to show.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Look {
    /// Columns of the terminal; none where it is no terminal: then every row is one line, complete.
    pub(crate) width: Option<usize>,
    pub(crate) colours: bool,
    pub(crate) links: bool,
}

/// What a piece of text is, from which its colour follows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Tone {
    #[default]
    Plain,
    /// What a line is about.
    Strong,
    /// What is there for completeness.
    Faint,
    Critical,
    High,
    Medium,
    Low,
    /// What mends something.
    Good,
}

impl Look {
    /// Colours follow `NO_COLOR`, `CLICOLOR` and `CLICOLOR_FORCE`; hyperlinks, what is known of the
    /// terminal, and `FORCE_HYPERLINK`.
    pub(crate) fn of_stdout() -> Self {
        let width = Term::stdout().size_checked().map(|(_, columns)| usize::from(columns));
        Self {
            width: width.filter(|columns| *columns > 0),
            colours: console::colors_enabled(),
            links: supports_hyperlinks::on(supports_hyperlinks::Stream::Stdout),
        }
    }

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
