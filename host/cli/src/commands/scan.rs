use std::fs::{self, OpenOptions, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use limpid_formats::exchange::{self, Subject};
use limpid_formats::gate::{self, Bar, Verdict};
use limpid_formats::table::{self, Hints, Look, Page};
use limpid_formats::{Filtered, FindingFilter, json as api};
use serde::Serialize;

use super::{page, show};
use crate::filter::Filter;
use crate::holder::Holder;
use crate::input::{FORMS, SourceArgs};
use crate::open::OF_IMAGES;
use crate::settings::Settings;

/// Exit codes of a scan that is held against bars: findings are over one; it cannot be said.
const OVER: u8 = 1;
const CANNOT_JUDGE: u8 = 3;

#[derive(Debug, clap::Args)]
#[command(after_long_help = FORMS)]
pub(crate) struct Args {
    #[command(flatten)]
    source: SourceArgs,
    #[command(flatten)]
    filter: Filter,
    /// How the report is printed: for people, for programs (the forms of the HTTP API), or in the form of another
    /// tool
    #[arg(long, value_name = "FORM", default_value = "table", value_parser = form())]
    format: Form,
    /// Also write the report to a file; may be given several times: `-o sarif=report.sarif -o csv=report.csv`
    #[arg(short, long, value_name = "FORM=FILE", value_parser = output)]
    output: Vec<Output>,
    /// Exit with 1 where a finding is all of these words, separated by commas: `malicious`, `critical`, `high`,
    /// `medium`, `low` or `negligible` (and worse; what nobody has rated counts), `rated`, `fixable`, `exploited`,
    /// `epss=0.1`. Exit with 3 where nothing could be judged; with `incomplete`, also where anything could not. May be
    /// given several times
    #[arg(long, value_name = "WORDS")]
    fail_on: Vec<Bar>,
}

/// In which form a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Table,
    Json,
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

    fn from_word(word: &str) -> Option<Self> {
        match word {
            Self::TABLE => Some(Self::Table),
            Self::JSON => Some(Self::Json),
            word => exchange::Form::from_word(word).map(Self::Exchange),
        }
    }

    fn words() -> impl Iterator<Item = &'static str> {
        [Self::TABLE, Self::JSON].into_iter().chain(exchange::Form::ALL.map(exchange::Form::as_str))
    }

    const fn lists_packages(self) -> bool {
        matches!(self, Self::Exchange(form) if form.lists_packages())
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
    /// How the command ends where it fails: a pipeline must not take that for what is too bad.
    pub(crate) fn failed(&self) -> ExitCode {
        if self.fail_on.is_empty() { ExitCode::FAILURE } else { CANNOT_JUDGE.into() }
    }
}

/// A report, and what a filter took out of it.
#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    report: api::Report,
    #[serde(skip_serializing_if = "Option::is_none")]
    filter: Option<Filtered>,
}

/// Indexes the archive into the store of the data directory, where a layer that is known is not
/// read again, and reports from the advisories that are kept there.
pub(crate) fn run(settings: &Settings, args: &Args) -> anyhow::Result<ExitCode> {
    let mut paths: Vec<_> = args.output.iter().map(|output| &output.path).collect();
    paths.sort_unstable();
    if let Some([twice, _]) = paths.windows(2).find(|pair| matches!(pair, [a, b] if a == b)) {
        anyhow::bail!("`{}` is to hold two reports: `-o` names it twice", twice.display());
    }
    let named = args.source.named(settings)?;
    let holder = Holder::of_data_dir(settings, "limpid scan", &OF_IMAGES)?;
    let mut scanned = Scanned::default();
    let forms = || args.output.iter().map(|output| output.form).chain([args.format]);
    let images = holder.images(named, settings)?;
    for image in &images {
        scanned.reports.push(holder.report(image)?);
    }
    for (image, report) in images.iter().zip(&scanned.reports) {
        // Packages are asked for where a form lists them: others need none.
        scanned.inventories.push(match forms().any(Form::lists_packages) {
            true => holder.inventory(image)?,
            false => api::Inventory::without_packages(report),
        });
    }
    scanned.hints.any_advisories = any_advisories(&holder, &scanned.reports)?;
    let filter = FindingFilter::from(&args.filter);
    // A table says itself what a filter hides.
    if forms().any(|form| form != Form::Table) {
        let shown = |mut report| Shown { filter: filter.apply(&mut report), report };
        scanned.shown = scanned.reports.iter().cloned().map(shown).collect();
    }
    for Output { form, path } in &args.output {
        let text = scanned.written(*form, &filter, Page::new(Look::default()))?;
        write(path, &text).with_context(|| format!("cannot write `{}`", path.display()))?;
    }
    match args.format {
        Form::Table => show(scanned.table(&filter, page()))?,
        Form::Json => super::print(&scanned.written(args.format, &filter, page())?)?,
        Form::Exchange(_) => super::write(&scanned.written(args.format, &filter, page())?)?,
    };
    Ok(code(&scanned.reports, &args.fail_on))
}

/// Writes a file whole or not at all, where a link leads to it; what is no file, a device or a pipe, as it comes.
fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let there = match fs::metadata(path) {
        Ok(there) => Some(there),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    if there.as_ref().is_some_and(|there| !there.is_file()) {
        return OpenOptions::new().write(true).open(path)?.write_all(text.as_bytes());
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
    file.write_all(text.as_bytes())?;
    if there.is_some() {
        file.as_file().set_permissions(permissions)?;
    }
    file.persist(&target).map_err(|error| error.error)?;
    Ok(())
}

/// What is known of the images that were named.
#[derive(Default)]
struct Scanned {
    reports: Vec<api::Report>,
    /// The same as a filter shows them; none where no form needs that.
    shown: Vec<Shown>,
    inventories: Vec<api::Inventory>,
    hints: Hints,
}

impl Scanned {
    fn table(&self, filter: &FindingFilter, mut page: Page) -> Page {
        for report in &self.reports {
            page.blank();
            table::report(&mut page, report, filter, self.hints);
        }
        page
    }

    fn written(&self, form: Form, filter: &FindingFilter, page: Page) -> anyhow::Result<String> {
        let form = match form {
            Form::Table => return Ok(self.table(filter, page).into_text()),
            Form::Json => return Ok(serde_json::to_string_pretty(&self.shown)? + "\n"),
            Form::Exchange(form) => form,
        };
        let asked = filter.asked().unwrap_or_default();
        let subjects: Vec<_> = self
            .shown
            .iter()
            .zip(&self.inventories)
            .map(|(Shown { report, filter }, inventory)| {
                let hidden = filter.as_ref().map_or(0, Filtered::hidden);
                Subject { report, inventory, hidden: Some((&asked, hidden)) }
            })
            .collect();
        // Who reads such a file sees no difference between what is clean and what nobody could judge.
        let incomplete = self.reports.iter().filter(|report| !report.summary.complete);
        for report in incomplete.filter(|_| !form.has_place_for_gaps()) {
            let name = name_of(report);
            let form = form.as_str();
            eprintln!(
                "{name}: the report is not complete, and `{form}` has no place to say so: see `--format table`"
            );
        }
        Ok(form.write(&subjects)?)
    }
}

/// What an image is called, for standard error.
fn name_of(report: &api::Report) -> String {
    limpid_formats::printable(report.image.names.first().unwrap_or(&report.image.digest))
}

/// What comes of holding reports against bars; why, to standard error.
fn code(reports: &[api::Report], bars: &[Bar]) -> ExitCode {
    if bars.is_empty() {
        return ExitCode::SUCCESS;
    }
    let (mut over, mut unknown) = (false, false);
    for report in reports {
        let name = name_of(report);
        match gate::judge(report, bars) {
            Verdict::Passes => {}
            Verdict::Fails(findings) => {
                over = true;
                let findings = if findings == 1 {
                    "1 finding is".to_owned()
                } else {
                    format!("{findings} findings are")
                };
                eprintln!("{name}: {findings} over the bar of `--fail-on`");
            }
            Verdict::CannotJudge(why) => {
                unknown = true;
                eprintln!(
                    "{name}: it cannot be said whether a finding is over the bar: {}",
                    limpid_formats::printable(&why)
                );
            }
        }
    }
    match (over, unknown) {
        (true, _) => OVER.into(),
        (false, true) => CANNOT_JUDGE.into(),
        (false, false) => ExitCode::SUCCESS,
    }
}

/// Whether advisories are kept, of whatever. Asked only where none counted.
fn any_advisories(holder: &Holder, reports: &[api::Report]) -> anyhow::Result<bool> {
    if reports.iter().all(|report| !report.coverage.sources.is_empty()) {
        return Ok(true);
    }
    Ok(holder.feeds()?.feeds.iter().any(|feed| feed.advisories > 0))
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
        assert_eq!(Form::words().filter_map(Form::from_word).count(), 10);
    }

    #[test]
    fn a_file_is_written_where_a_link_leads_and_what_is_none_is_written_to() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("target"), "before").unwrap();
        fs::set_permissions(path("target"), Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink("target", path("link")).unwrap();
        write(&path("link"), "after").unwrap();
        assert_eq!(fs::read_to_string(path("target")).unwrap(), "after");
        assert!(fs::symlink_metadata(path("link")).unwrap().is_symlink());
        assert_eq!(fs::metadata(path("target")).unwrap().permissions().mode() & 0o777, 0o640);
        write(&path("new"), "text").unwrap();
        assert_eq!(fs::read_to_string(path("new")).unwrap(), "text");
        write(Path::new("/dev/null"), "text").unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
        let error = write(&path("no/such/folder"), "").unwrap_err();
        assert!(!error.to_string().contains("tmp"), "{error}");
    }
}
