//! Reports in forms that users make: a template in the language of
//! [MiniJinja](https://docs.rs/minijinja/latest/minijinja/syntax/), which is Jinja's.
//!
//! A template is given `reports`, a list of what [`json`](crate::json) says of each image, with two fields more:
//! `packages`, all packages of the image, and `remarks`, which are the gaps and what a filter hides. Where there is one
//! image, it is also `report`. `tool` has `name` and `version`.
//!
//! What a template prints of these is escaped as the ending of its name says: names come from images and advisories, and
//! may hold anything. It reads no file and asks nobody; what it may compute and write is bounded.

use std::fmt;
use std::io;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Value;
use minijinja::{
    AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior, escape_formatter,
};
use serde::Serialize;

use crate::exchange::{Subject, TOOL, VERSION, csv_cell, markdown_text};
use crate::groups::rank;
use crate::json as api;
use crate::printable;

/// The longest template.
pub const SOURCE_BYTES: usize = 1 << 20;

/// The longest text that one writes.
pub const OUTPUT_BYTES: usize = 256 << 20;

/// Steps that a template may take: some hundred for each finding of a large report.
pub const STEPS: u64 = 20_000_000;

/// Endings that say nothing about what a template writes.
const OF_TEMPLATES: [&str; 5] = [".j2", ".jinja", ".jinja2", ".tmpl", ".tpl"];

/// A template that can be used.
#[derive(Debug)]
pub struct Template {
    environment: Environment<'static>,
    name: String,
}

/// What is wrong with a template.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// It is too long.
    #[error("the template has {bytes} bytes; {SOURCE_BYTES} are allowed")]
    Long {
        /// How long it is.
        bytes: usize,
    },
    /// It cannot be read, or used on a report.
    #[error("`{name}`, line {line}: {message}")]
    At {
        /// Name of the template.
        name: String,
        /// Where.
        line: usize,
        /// What.
        message: String,
    },
    /// Nothing of a report fails here.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

impl Template {
    /// Reads a template. What it is called says how texts are escaped: `page.html` or `page.html.j2`.
    ///
    /// # Errors
    /// It is none, or too long.
    pub fn new(name: &str, source: String) -> Result<Self, TemplateError> {
        if source.len() > SOURCE_BYTES {
            return Err(TemplateError::Long { bytes: source.len() });
        }
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(escape_for);
        environment.set_formatter(print);
        environment.set_fuel(Some(STEPS));
        let syntax = SyntaxConfig::builder().keep_trailing_newline(true).trim_blocks(true).build();
        environment.set_syntax(syntax.map_err(|error| at(name, &error))?);
        environment.add_filter("csv", |text: String| Value::from_safe_string(csv_cell(&text)));
        environment.add_filter("markdown", |text: String| Value::from_safe_string(markdown_text(&text)));
        environment.add_filter("rank", |level: String| u32::from(rank_of(&level)));
        environment.add_test("at_least", |level: String, least: String| rank_of(&level) >= rank_of(&least));
        let name = name.to_owned();
        environment.add_template_owned(name.clone(), source).map_err(|error| at(&name, &error))?;
        Ok(Self { environment, name })
    }

    /// Writes images down. `lists_packages` is whether inventories were asked for.
    ///
    /// # Errors
    /// The template does what cannot be done, or too much.
    pub fn write(&self, subjects: &[Subject<'_>]) -> Result<String, TemplateError> {
        let reports: Vec<_> = subjects.iter().map(Shown::of).collect();
        // Through text, in which a score is what was given: 7.5 is not 7.500000000001.
        let text = serde_json::to_string(&Context {
            report: match &*reports {
                [report] => Some(report),
                _ => None,
            },
            reports: &reports,
            tool: Tool { name: TOOL, version: VERSION },
        })?;
        let context: Value = serde_json::from_str(&text)?;
        drop(text);
        let template = self.environment.get_template(&self.name).map_err(|error| at(&self.name, &error))?;
        let mut written = Bounded(Vec::new());
        template.render_captured_to(context, &mut written).map_err(|error| at(&self.name, &error))?;
        String::from_utf8(written.0)
            .map_err(|error| TemplateError::Json(serde::ser::Error::custom(error.utf8_error())))
    }
}

#[derive(Serialize)]
struct Context<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    report: Option<&'a Shown<'a>>,
    reports: &'a [Shown<'a>],
    tool: Tool,
}

#[derive(Serialize)]
struct Tool {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    report: &'a api::Report,
    packages: &'a [api::Package],
    remarks: Vec<Remark>,
}

#[derive(Serialize)]
struct Remark {
    code: String,
    message: String,
}

impl<'a> Shown<'a> {
    fn of(subject: &Subject<'a>) -> Self {
        let remarks = subject.remarks().into_iter().map(|(code, message)| Remark { code, message });
        Self { report: subject.report, packages: &subject.inventory.packages, remarks: remarks.collect() }
    }
}

/// How bad a level is; 0 where nobody has rated it.
fn rank_of(level: &str) -> u8 {
    match level {
        "unknown" => 0,
        level => rank(&level.to_owned().into()) + 1,
    }
}

/// How texts are escaped in what a template of this name writes.
fn escape_for(name: &str) -> AutoEscape {
    let name = OF_TEMPLATES.iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(name);
    match name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).as_deref() {
        Some("html" | "htm" | "xhtml" | "xml" | "svg") => AutoEscape::Html,
        Some("json" | "sarif" | "js" | "yaml" | "yml") => AutoEscape::Json,
        Some("md" | "markdown") => AutoEscape::Custom(MARKDOWN.into()),
        Some("csv") => AutoEscape::Custom(CSV.into()),
        _ => AutoEscape::None,
    }
}

const MARKDOWN: &str = "markdown";
const CSV: &str = "csv";

/// Prints a value, without what a terminal would obey.
fn print(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    let Some(text) = value.as_str() else {
        return match state.auto_escape() {
            AutoEscape::Custom(_) => Ok(out.write_str(&printable(&value.to_string()))?),
            _ => escape_formatter(out, state, value),
        };
    };
    let text = printable(text);
    if value.is_safe() {
        return Ok(out.write_str(&text)?);
    }
    match state.auto_escape() {
        AutoEscape::Custom(how) if how == MARKDOWN => Ok(out.write_str(&markdown_text(&text))?),
        AutoEscape::Custom(how) if how == CSV => Ok(out.write_str(&csv_cell(&text))?),
        _ => escape_formatter(out, state, &Value::from(text)),
    }
}

fn at(name: &str, error: &Error) -> TemplateError {
    let message = match (error.kind(), error.detail()) {
        (ErrorKind::OutOfFuel, _) => format!("it takes more than {STEPS} steps"),
        (kind, Some(detail)) => format!("{kind}: {detail}"),
        (kind, None) => kind.to_string(),
    };
    let why = std::error::Error::source(error).filter(|_| error.kind() == ErrorKind::WriteFailure);
    let message = why.map_or(message, ToString::to_string);
    TemplateError::At {
        name: error.name().unwrap_or(name).to_owned(),
        line: error.line().unwrap_or(1),
        message,
    }
}

/// What is written, up to a limit.
struct Bounded(Vec<u8>);

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > OUTPUT_BYTES {
            return Err(io::Error::other(format!("it writes more than {OUTPUT_BYTES} bytes")));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> api::Report {
        serde_json::from_str(include_str!("../golden/mixed/report.json")).unwrap()
    }

    fn written_of(report: &api::Report, name: &str, source: &str) -> Result<String, String> {
        let inventory = api::Inventory::without_packages(report);
        let subject = Subject { report, inventory: &inventory, layers: None, hidden: None };
        let template = Template::new(name, source.to_owned()).map_err(|error| error.to_string())?;
        template.write(&[subject]).map_err(|error| error.to_string())
    }

    fn written(name: &str, source: &str) -> Result<String, String> {
        written_of(&report(), name, source)
    }

    #[test]
    fn a_template_says_what_a_report_does() {
        let worst = "{% for it in report.findings if it.severity.level is at_least('critical') %}\n\
                     {{ it.package.name }} {{ it.severity.rating.score }}\n{% endfor %}\n";
        let lines = written("worst.txt", worst).unwrap();
        assert_eq!(lines.lines().count(), 6, "{lines}");
        assert!(lines.starts_with("lodash 9.1\n"), "{lines}");
        assert_eq!(
            written("a.txt", "{{ reports|length }} {{ report.remarks[0].code }}").unwrap(),
            "1 unread-files"
        );
        assert_eq!(written("a", "{{ 'high'|rank > 'low'|rank and 'unknown'|rank == 0 }}").unwrap(), "True");
    }

    #[test]
    fn what_it_prints_is_escaped_as_its_name_says() {
        let mut report = report();
        report.findings[0].package.name = "<b>=1\u{1b}|\"".to_owned();
        let named = |name: &str| written_of(&report, name, "{{ report.findings[0].package.name }}").unwrap();
        assert_eq!(named("a.html"), "&lt;b&gt;=1|&quot;");
        assert_eq!(named("a.XML.j2"), "&lt;b&gt;=1|&quot;");
        assert_eq!(named("a.json.tmpl"), "\"<b>=1|\\\"\"");
        assert_eq!(named("a.md"), "&#60;b&#62;\\=1&#124;\\\"");
        assert_eq!(named("a.csv"), "\"<b>=1|\"\"\"");
        assert_eq!(named("a.txt"), "<b>=1|\"");
        let filtered = written_of(&report, "a.txt", "{{ '=1'|csv }}").unwrap();
        assert_eq!(filtered, "'=1");
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let wrong = |source: &str| written("a.txt", source).unwrap_err();
        assert!(wrong("\n{{ report.findigns }}").starts_with("`a.txt`, line 2: undefined value"));
        assert!(wrong("a\nb\n{% fro x in y %}").contains("line 3"));
        assert!(wrong("{% include '/etc/passwd' %}").contains("line 1"));
        assert!(written("a", &"x".repeat(SOURCE_BYTES + 1)).unwrap_err().contains("1048576 are allowed"));
    }

    #[test]
    fn what_it_does_is_bounded() {
        let endless = "{% macro f() %}{% for a in range(9999) %}{% for b in range(9999) %}\
                       {% endfor %}{% endfor %}{% endmacro %}{{ f() }}";
        let error = written("a.txt", endless).unwrap_err();
        assert!(error.contains("more than 20000000 steps"), "{error}");
        let deep = "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}";
        assert!(written("a.txt", deep).is_err());
    }
}
