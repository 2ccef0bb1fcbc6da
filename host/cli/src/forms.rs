//! In which forms reports are printed and written to files, whoever has them.

use std::fs::{self, OpenOptions, Permissions};
use std::io::{BufWriter, Read as _, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use limpid_formats::exchange::{self, Subject};
use limpid_formats::table::{self, Hints, Look, Page};
use limpid_formats::template::{self, Template};
use limpid_formats::{Filtered, FindingFilter, json as api};
use serde::Serialize;

use crate::commands::{fill_out, page};

/// Where reports go, and how they look there.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How the report is printed: for people, for programs (the forms of the HTTP API), in the form of another tool, or
    /// by a template of your own
    #[arg(long, value_name = "FORM", default_value = "table", value_parser = form())]
    format: Form,
    /// Also write the report to a file; may be given several times: `-o sarif=report.sarif -o csv=report.csv`
    #[arg(short, long, value_name = "FORM=FILE", value_parser = output)]
    output: Vec<Output>,
    /// The template of form `template`, in the language of Jinja. What its name ends in says how texts are escaped:
    /// `page.html.j2`
    #[arg(long, value_name = "FILE")]
    template: Option<PathBuf>,
}

/// In which form a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Table,
    Json,
    Template,
    Exchange(exchange::Form),
}

/// A file, and what is written to it.
#[derive(Clone, Debug)]
struct Output {
    form: Form,
    path: PathBuf,
}

impl Form {
    const TABLE: &str = "table";
    const JSON: &str = "json";
    const TEMPLATE: &str = "template";

    fn from_word(word: &str) -> Option<Self> {
        match word {
            Self::TABLE => Some(Self::Table),
            Self::JSON => Some(Self::Json),
            Self::TEMPLATE => Some(Self::Template),
            word => exchange::Form::from_word(word).map(Self::Exchange),
        }
    }

    fn words() -> impl Iterator<Item = &'static str> {
        let own = [Self::TABLE, Self::JSON, Self::TEMPLATE];
        own.into_iter().chain(exchange::Form::ALL.map(exchange::Form::as_str))
    }

    /// Whether it is nothing without the packages of the image.
    const fn lists_packages(self) -> bool {
        matches!(self, Self::Exchange(form) if form.lists_packages())
    }

    /// Whether it shows the packages of the image where they are known.
    const fn shows_packages(self) -> bool {
        self.lists_packages() || self.shows_layers() || matches!(self, Self::Template)
    }

    const fn shows_layers(self) -> bool {
        matches!(self, Self::Exchange(form) if form.draws_layers())
    }

    fn word(self) -> &'static str {
        match self {
            Self::Table => Self::TABLE,
            Self::Json => Self::JSON,
            Self::Template => Self::TEMPLATE,
            Self::Exchange(form) => form.as_str(),
        }
    }
}

fn form() -> impl TypedValueParser<Value = Form> {
    PossibleValuesParser::new(Form::words())
        .try_map(|word| Form::from_word(&word).ok_or("there is no such form"))
}

fn output(text: &str) -> Result<Output, String> {
    let known = || Form::words().collect::<Vec<_>>().join(", ");
    let (word, path) =
        text.split_once('=').ok_or_else(|| format!("it is `FORM=FILE`, of the forms {}", known()))?;
    let form = Form::from_word(word).ok_or_else(|| format!("`{word}` is none of {}", known()))?;
    if path.is_empty() {
        return Err("it names no file".to_owned());
    }
    if path == "-" {
        return Err("standard output is what `--format` is for".to_owned());
    }
    Ok(Output { form, path: path.into() })
}

impl Args {
    /// Checks what can be wrong with them before anything is done, and reads the template.
    pub(crate) fn read(&self) -> anyhow::Result<Forms<'_>> {
        let mut paths: Vec<_> = self.output.iter().map(|output| &output.path).collect();
        paths.sort_unstable();
        if let Some([twice, _]) = paths.windows(2).find(|pair| matches!(pair, [a, b] if a == b)) {
            bail!("`{}` is to hold two reports: `-o` names it twice", twice.display());
        }
        let template = match (&self.template, self.forms().any(|form| form == Form::Template)) {
            (Some(path), true) => Some(read_template(path)?),
            (Some(_), false) => bail!("`--template` is for `--format template` and `-o template=FILE`"),
            (None, true) => bail!("form `template` needs `--template FILE`"),
            (None, false) => None,
        };
        Ok(Forms { args: self, template })
    }

    fn forms(&self) -> impl Iterator<Item = Form> {
        self.output.iter().map(|output| output.form).chain([self.format])
    }
}

fn read_template(path: &Path) -> anyhow::Result<Template> {
    let cannot = || format!("cannot read the template `{}`", path.display());
    let mut source = String::new();
    let file = fs::File::open(path).with_context(cannot)?;
    // One byte more than is allowed, so that what is too long is seen to be.
    let most = u64::try_from(template::SOURCE_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    file.take(most).read_to_string(&mut source).with_context(cannot)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    Ok(Template::new(&name, source)?)
}

/// The forms that are asked for.
pub(crate) struct Forms<'a> {
    args: &'a Args,
    template: Option<Template>,
}

impl Forms<'_> {
    /// A form that is nothing without the packages of the image.
    pub(crate) fn listing_packages(&self) -> Option<&'static str> {
        self.args.forms().find(|form| form.lists_packages()).map(Form::word)
    }

    /// Whether a form shows the packages of the image where they are known.
    pub(crate) fn show_packages(&self) -> bool {
        self.args.forms().any(Form::shows_packages)
    }

    /// Whether a form shows what each layer did where that is known.
    pub(crate) fn show_layers(&self) -> bool {
        self.args.forms().any(Form::shows_layers)
    }

    /// Writes the files, and prints what is to be printed.
    pub(crate) fn write(&self, reported: &Reported, filter: &FindingFilter) -> anyhow::Result<()> {
        for Output { form, path } in &self.args.output {
            write(path, |out| self.fill(*form, reported, filter, Page::new(Look::default()), out))
                .with_context(|| format!("cannot write `{}`", path.display()))?;
        }
        fill_out(|out| self.fill(self.args.format, reported, filter, page(), out))?;
        Ok(())
    }

    fn fill(
        &self,
        form: Form,
        reported: &Reported,
        filter: &FindingFilter,
        page: Page,
        out: &mut dyn Write,
    ) -> anyhow::Result<()> {
        let asked = |image: &Reports| image.filter.as_ref().map(|it| (it.asked(), it.hidden()));
        let asked: Vec<_> = reported.images.iter().map(asked).collect();
        let subjects = reported.images.iter().zip(&asked).map(|(image, asked)| Subject {
            report: image.shown(),
            inventory: &image.inventory,
            layers: image.layers.as_ref(),
            hidden: asked.as_ref().map(|(asked, hidden)| (asked.as_str(), *hidden)),
        });
        let subjects: Vec<_> = subjects.collect();
        let form = match form {
            Form::Table => return Ok(out.write_all(reported.table(filter, page).into_text().as_bytes())?),
            Form::Json => {
                let written: Vec<_> = reported.images.iter().map(Reports::written).collect();
                return Ok(exchange::write_document(&written, out)?);
            }
            Form::Template => {
                let template = self.template.as_ref().context("there is no template")?;
                return Ok(out.write_all(template.write(&subjects)?.as_bytes())?);
            }
            Form::Exchange(form) => form,
        };
        // Who reads such a file sees no difference between what is clean and what nobody could judge.
        let incomplete = reported.reports().filter(|report| !report.summary.complete);
        for report in incomplete.filter(|_| !form.has_place_for_gaps()) {
            let name = name_of(report);
            let form = form.as_str();
            eprintln!(
                "{name}: the report is not complete, and `{form}` has no place to say so: see `--format table`"
            );
        }
        Ok(form.write(&subjects, out)?)
    }
}

/// What is known of the images that were named.
#[derive(Default)]
pub(crate) struct Reported {
    pub(crate) images: Vec<Reports>,
    pub(crate) hints: Hints,
}

/// The report of an image, and what is known besides.
pub(crate) struct Reports {
    /// With all findings: bars hold for them whatever is shown, and tables say how many are not.
    pub(crate) report: api::Report,
    /// As a filter shows it; none where that is all.
    shown: Option<api::Report>,
    filter: Option<Filtered>,
    inventory: api::Inventory,
    layers: Option<api::ImageLayers>,
}

/// A report as programs read it.
#[derive(Serialize)]
struct Written<'a> {
    #[serde(flatten)]
    report: &'a api::Report,
    #[serde(skip_serializing_if = "Option::is_none")]
    filter: Option<&'a Filtered>,
}

impl Reports {
    /// A report as a filter shows it, with what is known besides. `stored` is what a filter took out before.
    pub(crate) fn new(report: api::Report, filter: &FindingFilter, stored: Option<Filtered>) -> Self {
        let (shown, filtered) = match filter.asked() {
            Some(_) => {
                let mut shown = report.clone();
                let filtered = filter.apply(&mut shown);
                (Some(shown), filtered)
            }
            None => (None, None),
        };
        let filter = match (filtered, stored) {
            (Some(filtered), Some(stored)) => Some(filtered.after(stored)),
            (filtered, stored) => filtered.or(stored),
        };
        Self { inventory: api::Inventory::without_packages(&report), layers: None, report, shown, filter }
    }

    /// With all packages of the image, and what each layer did, where that is known.
    pub(crate) fn with(self, inventory: Option<api::Inventory>, layers: Option<api::ImageLayers>) -> Self {
        Self { inventory: inventory.unwrap_or(self.inventory), layers, ..self }
    }

    fn shown(&self) -> &api::Report {
        self.shown.as_ref().unwrap_or(&self.report)
    }

    fn written(&self) -> Written<'_> {
        Written { report: self.shown(), filter: self.filter.as_ref() }
    }
}

impl Reported {
    /// The reports with all findings.
    pub(crate) fn reports(&self) -> impl Iterator<Item = &api::Report> + Clone {
        self.images.iter().map(|image| &image.report)
    }

    fn table(&self, filter: &FindingFilter, mut page: Page) -> Page {
        for report in self.reports() {
            page.blank();
            table::report(&mut page, report, filter, self.hints);
        }
        page
    }
}

/// What an image is called, for standard error.
pub(crate) fn name_of(report: &api::Report) -> String {
    limpid_formats::printable_line(report.image.names.first().unwrap_or(&report.image.digest))
}

/// Writes a file whole or not at all, where a link leads to it; what is no file, a device or a pipe, as it comes.
fn write(path: &Path, fill: impl FnOnce(&mut dyn Write) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let there = match fs::metadata(path) {
        Ok(there) => Some(there),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(error.into()),
    };
    if there.as_ref().is_some_and(|there| !there.is_file()) {
        let mut out = BufWriter::new(OpenOptions::new().write(true).open(path)?);
        fill(&mut out)?;
        return Ok(out.flush()?);
    }
    let target = if there.is_some() { fs::canonicalize(path)? } else { path.to_owned() };
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or_else(|| Path::new("."));
    // Whoever reads reports is often somebody else: new files are as open as the user's mask says.
    let mode = there.as_ref().map_or(0o666, |there| there.permissions().mode() & 0o777);
    let mut builder = tempfile::Builder::new();
    let permissions = Permissions::from_mode(mode);
    // What a temporary file is called says nothing to anybody.
    let plain = |error: std::io::Error| std::io::Error::from(error.kind());
    let mut file = builder.permissions(permissions.clone()).tempfile_in(folder).map_err(plain)?;
    let mut out = BufWriter::new(&mut file);
    fill(&mut out)?;
    out.flush()?;
    drop(out);
    if there.is_some() {
        file.as_file().set_permissions(permissions)?;
    }
    file.persist(&target).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_names_its_form_and_its_file() {
        let read = |text: &str| output(text).map(|output| (output.form, output.path));
        assert_eq!(
            read("sarif=a=b.sarif"),
            Ok((Form::Exchange(exchange::Form::Sarif), PathBuf::from("a=b.sarif")))
        );
        assert_eq!(read("table=x"), Ok((Form::Table, PathBuf::from("x"))));
        for bad in ["report.sarif", "pdf=x", "json=", "csv=-"] {
            assert!(read(bad).is_err(), "{bad}");
        }
        assert_eq!(Form::words().filter_map(Form::from_word).count(), 3 + exchange::Form::ALL.len());
    }

    #[test]
    fn a_file_is_written_where_a_link_leads_and_what_is_none_is_written_to() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let fill = |text: &'static str| move |out: &mut dyn Write| Ok(out.write_all(text.as_bytes())?);
        fs::write(path("target"), "before").unwrap();
        fs::set_permissions(path("target"), Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink("target", path("link")).unwrap();
        write(&path("link"), fill("after")).unwrap();
        assert_eq!(fs::read_to_string(path("target")).unwrap(), "after");
        assert!(fs::symlink_metadata(path("link")).unwrap().is_symlink());
        assert_eq!(fs::metadata(path("target")).unwrap().permissions().mode() & 0o777, 0o640);
        write(&path("new"), fill("text")).unwrap();
        assert_eq!(fs::read_to_string(path("new")).unwrap(), "text");
        write(Path::new("/dev/null"), fill("text")).unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
        let error = write(&path("no/such/folder"), fill("")).unwrap_err();
        assert!(!error.to_string().contains("tmp"), "{error}");
    }
}
