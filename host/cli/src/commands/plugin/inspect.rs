use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use limpid_fetch::{Fetcher, Options, Source};
use limpid_formats::json as api;
use limpid_model::{Claim, Grouping, Pattern};
use limpid_scanner::runtime::{self, ChangeError, Mode, Plugin};
use serde::Serialize;

use crate::commands::{Format, print, print_json};
use crate::open;
use crate::settings::Settings;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Name of a plugin that is loaded, or the file of a component, whether it may run or not
    plugin: String,
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// All that is to be known of a plugin without giving it an input.
#[derive(Debug, Serialize)]
struct Inspection {
    #[serde(flatten)]
    plugin: api::Plugin,
    /// Size of the component, in bytes.
    size: u64,
    imports: Vec<String>,
    exports: Vec<String>,
    /// Files that it wants to see, as a detector.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    claims: Vec<ClaimForm>,
    /// Where it starts, as a feed that has not run yet.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sources: Vec<SourceForm>,
    /// Digests of the versions that are kept, latest first; none of a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    versions: Option<Vec<String>>,
}

#[derive(Debug, Serialize)]
struct ClaimForm {
    /// A glob over paths.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    /// Bytes that a file begins with, in hex.
    #[serde(skip_serializing_if = "Option::is_none")]
    magic: Option<String>,
    /// Texts of which such a file holds one, escaped; none: whatever it holds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    contains: Vec<String>,
    /// How many first bytes are shown; absent: all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    head: Option<u32>,
    /// `alone` or `together`.
    grouping: &'static str,
}

#[derive(Debug, Serialize)]
struct SourceForm {
    name: String,
    url: String,
    /// `whole` or `delta`.
    mode: &'static str,
}

pub(super) fn run(settings: &Settings, args: &Args) -> anyhow::Result<ExitCode> {
    let inspection = if is_file(&args.plugin) {
        Inspection::of(&*load(settings, Path::new(&args.plugin))?, None)?
    } else {
        let registry = open::registry(settings)?;
        let plugins = registry.snapshot();
        let plugin = plugins.named(&args.plugin);
        let plugin = plugin.ok_or_else(|| ChangeError::NotLoaded(args.plugin.clone()))?;
        let versions = registry.versions(&args.plugin);
        Inspection::of(plugin, Some(versions.iter().map(|version| version.digest.to_string()).collect()))?
    };
    match args.format {
        Format::Json => print_json(&inspection),
        Format::Table => print(&inspection.text()),
    }
}

/// The name of a plugin has neither dots nor slashes.
fn is_file(text: &str) -> bool {
    text.contains(['.', '/']) || Path::new(text).is_file()
}

/// Loads a file by itself. Whether it may run is not asked: whoever decides that looks at it first.
fn load(settings: &Settings, path: &Path) -> anyhow::Result<Arc<Plugin>> {
    let limits = runtime::Settings { allow: Vec::new(), ..settings.plugins.clone() };
    let options = Options { component_bytes: limits.component_bytes, ..Options::default() };
    let fetched = Fetcher::new(options)?.fetch(&Source::File(path.to_owned()))?;
    let runtime = open::runtime(settings, limits)?;
    runtime.load(&fetched.bytes).with_context(|| format!("`{}` is no plugin: it", path.display()))
}

impl Inspection {
    fn of(plugin: &Plugin, versions: Option<Vec<String>>) -> anyhow::Result<Self> {
        let claims =
            plugin.detector().map(|detector| detector.claims().iter().map(ClaimForm::from).collect());
        let sources = plugin.feed().map(|feed| feed.sources(None)).transpose()?;
        Ok(Self {
            size: plugin.size(),
            imports: plugin.imports().to_vec(),
            exports: plugin.exports().to_vec(),
            claims: claims.unwrap_or_default(),
            sources: sources.unwrap_or_default().into_iter().map(SourceForm::from).collect(),
            versions,
            plugin: plugin.state().into(),
        })
    }

    /// A line for each thing.
    fn text(&self) -> String {
        let api::Plugin { id, roles, scheme, description, license, authors, source, .. } = &self.plugin;
        let mut lines = Lines::default();
        lines.add("plugin", [format!("{} {}", id.name, id.version)]);
        lines.add("digest", [&id.digest]);
        lines.add("size", [format!("{} bytes", self.size)]);
        lines.add("roles", [roles.join(", ")]);
        lines.add("scheme", scheme);
        lines.add("description", description);
        lines.add("licence", license);
        lines.add("authors", authors);
        lines.add("source", source);
        lines.add("imports", &self.imports);
        lines.add("exports", &self.exports);
        lines.add("claims", self.claims.iter().map(ClaimForm::text));
        lines.add("sources", self.sources.iter().map(SourceForm::text));
        lines.add("versions", self.versions.iter().flatten());
        lines.0
    }
}

/// Text in two columns.
#[derive(Default)]
struct Lines(String);

impl Lines {
    /// The first value stands beside the title, the others below. What a plugin says of itself must
    /// not reach the terminal as a control sequence.
    fn add(&mut self, title: &str, values: impl IntoIterator<Item = impl AsRef<str>>) {
        let mut title = title;
        for value in values {
            let value: String = value.as_ref().chars().filter(|c| !c.is_control()).collect();
            // Writing to a string cannot fail.
            let _ = writeln!(self.0, "{title:<12} {value}");
            title = "";
        }
    }
}

impl ClaimForm {
    fn text(&self) -> String {
        let what = match (&self.path, &self.magic) {
            (Some(path), _) => path.clone(),
            (None, magic) => format!("files that begin with {}", magic.as_deref().unwrap_or_default()),
        };
        let head = self.head.map(|head| format!("the first {head} bytes of ")).unwrap_or_default();
        let holding = match self.contains.as_slice() {
            [] => String::new(),
            texts => format!(" that hold {}", texts.join(" or ")),
        };
        let together = if self.grouping == TOGETHER { " (together)" } else { "" };
        format!("{head}{what}{holding}{together}")
    }
}

const TOGETHER: &str = "together";

impl From<&Claim> for ClaimForm {
    fn from(claim: &Claim) -> Self {
        let digits = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let (path, magic) = match &claim.pattern {
            Pattern::Path(glob) => (Some(glob.clone()), None),
            Pattern::Magic(bytes) => (None, Some(digits(bytes))),
        };
        let grouping = match claim.grouping {
            Grouping::Alone => "alone",
            Grouping::Together => TOGETHER,
        };
        let contains = claim.contains.iter().map(|bytes| format!("`{}`", bytes.escape_ascii())).collect();
        Self { path, magic, contains, head: claim.head, grouping }
    }
}

impl SourceForm {
    fn text(&self) -> String {
        format!("{} {} ({})", self.name, self.url, self.mode)
    }
}

impl From<runtime::Source> for SourceForm {
    fn from(source: runtime::Source) -> Self {
        let mode = match source.mode {
            Mode::Whole => "whole",
            Mode::Delta => "delta",
        };
        Self { name: source.name, url: source.url, mode }
    }
}
