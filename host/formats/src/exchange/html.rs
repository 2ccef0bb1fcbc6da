//! HTML: one page that needs nothing else, neither a network nor a script.
//!
//! The template is filled by the engine of users' own templates ([`template`](crate::template)), and each text that it
//! prints goes through [`escaped`]. The page has a
//! policy that lets it load nothing and run its own script only, by its digest, so that markup that got in all the
//! same would do nothing. What the script adds are filters; all content is there without it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use limpid_model::{Digest, Severity};
use minijinja::value::{Serde, Value};
use minijinja::{Environment, Output, State, UndefinedBehavior};
use serde::Serialize;

use super::{HOME, Subject, TOOL, VERSION, addresses, as_of, suppression, title, title_of};
use crate::groups::{Group, Row, groups, rank};
use crate::json as api;
use crate::printable;
use crate::table::{brief, size_of};

/// Groups are open where there are no more findings than these: more are easier to find in closed ones.
const OPEN: usize = 200;

/// Addresses, packages and paths that are shown of a finding. Advisories may have hundreds.
const SHOWN: usize = 4;

/// Characters of a title: more are not shown where browsers have it.
const TITLE: usize = 60;

/// Units of a bar in all, so that shares are whole numbers.
const BAR: usize = 1_000;

const STYLE: &str = include_str!("html/report.css");
const SCRIPT: &str = include_str!("html/report.js");

/// What the page may do, as the page itself and a server of it state.
/// [`sandbox`](https://www.w3.org/TR/CSP3/#directive-sandbox) counts in a header only.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let source =
        |text: &str| format!("'sha256-{}'", BASE64_STANDARD.encode(Digest::of(text.as_bytes()).as_bytes()));
    format!(
        "default-src 'none'; style-src {}; script-src {}; base-uri 'none'; form-action 'none'",
        source(STYLE),
        source(SCRIPT)
    )
});

/// What a page may do, for the header of whoever serves it: there it is of no origin, and in no frame.
pub(super) fn served_policy() -> &'static str {
    static SERVED: LazyLock<String> =
        LazyLock::new(|| format!("{}; frame-ancestors 'none'; sandbox allow-scripts", *POLICY));
    &SERVED
}

/// The template with the engine that fills it.
static PAGE: LazyLock<Result<Environment<'static>, minijinja::Error>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_formatter(print);
    environment.add_template(NAME, include_str!("html/report.html"))?;
    Ok(environment)
});

const NAME: &str = "report.html";

pub(super) fn write(subjects: &[Subject<'_>]) -> Result<String, minijinja::Error> {
    let environment =
        PAGE.as_ref().map_err(|error| minijinja::Error::new(error.kind(), error.to_string()))?;
    let images: Vec<_> =
        subjects.iter().enumerate().map(|(place, subject)| Image::of(place, subject)).collect();
    let name = match &*images {
        [image] => image.title.chars().take(TITLE).collect(),
        images => format!("{} images", images.len()),
    };
    let page = Page {
        name,
        policy: Value::from_safe_string(POLICY.clone()),
        style: Value::from_safe_string(STYLE.to_owned()),
        script: Value::from_safe_string(SCRIPT.to_owned()),
        tool: TOOL,
        version: VERSION,
        home: HOME,
        images: &images,
    };
    environment.get_template(NAME)?.render(Value::from(Serde(&page)))
}

/// Prints a value: what is not of the template is text.
fn print(out: &mut Output<'_>, _: &mut State<'_, '_>, value: &Value) -> Result<(), minijinja::Error> {
    match value.as_str() {
        Some(ours) if value.is_safe() => Ok(out.write_str(ours)?),
        Some(text) => Ok(escaped(text, out)?),
        None => Ok(escaped(&value.to_string(), out)?),
    }
}

/// Text as markup: nothing of it is a tag, a reference, a new line or a command of a build service that reads what is
/// printed. What nobody sees and what turns the direction of text is left out.
fn escaped(text: &str, out: &mut impl fmt::Write) -> fmt::Result {
    for character in printable(text).chars() {
        match character {
            '&' | '<' | '>' | '"' | '\'' | '`' | '#' | '\n' => write!(out, "&#{};", u32::from(character))?,
            character => out.write_char(character)?,
        }
    }
    Ok(())
}

#[derive(Serialize)]
struct Page<'a> {
    name: String,
    policy: Value,
    style: Value,
    script: Value,
    tool: &'a str,
    version: &'a str,
    home: &'a str,
    images: &'a [Image<'a>],
}

#[derive(Serialize)]
struct Image<'a> {
    /// Its place among the images, by which what belongs to it is found.
    place: usize,
    title: String,
    names: &'a [String],
    digest: &'a str,
    created: Option<&'a str>,
    findings: usize,
    fixable: usize,
    packages: usize,
    judged: usize,
    distribution: Option<&'a str>,
    sources: &'a [api::CoveringSource],
    as_of: String,
    support: Option<String>,
    base: Option<String>,
    newest: Option<String>,
    remarks: Vec<(String, String)>,
    /// Findings by severity, the worst first; none of which there are none.
    severities: Vec<Share>,
    exploited: usize,
    layers: Vec<Layer>,
    has_sizes: bool,
    has_packages: bool,
    has_origins: bool,
    groups: Vec<Shown<'a>>,
    is_open: bool,
    suppressed: Vec<Suppressed<'a>>,
}

/// A finding that does not count.
#[derive(Serialize)]
struct Suppressed<'a> {
    level: &'a str,
    vulnerability: String,
    package: &'a str,
    version: &'a str,
    why: String,
}

impl<'a> Suppressed<'a> {
    fn of(it: &'a api::Suppressed) -> Self {
        let finding = &it.finding;
        Self {
            level: &finding.severity.level,
            vulnerability: finding.vulnerability.to_string(),
            package: &finding.package.name,
            version: &finding.package.version,
            why: suppression(&it.suppression),
        }
    }
}

/// A part of a bar.
#[derive(Serialize)]
struct Share {
    level: String,
    count: usize,
    from: usize,
    width: usize,
}

#[derive(Serialize)]
struct Layer {
    index: usize,
    command: String,
    from: &'static str,
    stored: String,
    inflated: String,
    /// Of the largest layer.
    size: usize,
    packages: String,
    findings: usize,
    gone: usize,
    severities: Vec<Share>,
    unread: Option<String>,
}

/// What is found of a package, with what is to be done.
#[derive(Serialize)]
struct Shown<'a> {
    name: &'a str,
    version: &'a str,
    update: Option<String>,
    findings: usize,
    worst: &'a str,
    is_exploited: bool,
    rows: Vec<Found<'a>>,
}

#[derive(Serialize)]
struct Found<'a> {
    level: &'a str,
    /// How bad it is, for filters; 0 where nobody has rated it.
    rank: u8,
    /// For filters: `f` where it is fixable, `e` where it is exploited, `o` where it is not of the base image.
    marks: String,
    vulnerability: &'a str,
    aliases: &'a [String],
    exploited: Option<&'a str>,
    note: Option<&'a str>,
    title: &'a str,
    rating: Option<String>,
    epss: Option<String>,
    packages: String,
    fix: String,
    layers: String,
    paths: String,
    addresses: Vec<&'a str>,
}

impl<'a> Image<'a> {
    fn of(place: usize, subject: &Subject<'a>) -> Self {
        let report = subject.report;
        let distribution = report.coverage.distribution.as_ref();
        let namespaces = distribution.map_or(&[][..], |known| &known.namespaces);
        let groups: Vec<_> = groups(report.findings.iter(), namespaces).into_iter().map(Shown::of).collect();
        let layers = layers(subject);
        Self {
            place,
            title: title_of(&report.image),
            names: &report.image.names,
            digest: &report.image.digest,
            created: report.image.created.as_deref(),
            findings: report.findings.len(),
            fixable: report.findings.iter().filter(|finding| finding.fixed_version.is_some()).count(),
            packages: report.summary.packages,
            judged: report.summary.judged,
            distribution: distribution.map(|known| &*known.pretty_name),
            sources: &report.coverage.sources,
            as_of: as_of(report),
            support: distribution.map(|known| support(known, report.coverage.supported)),
            base: report.base.as_ref().map(|base| base.names.first().unwrap_or(&base.digest).clone()),
            newest: report.recommendation.as_ref().map(newest),
            remarks: subject.remarks(),
            severities: shares(report.findings.iter().map(|finding| &*finding.severity.level)),
            exploited: report.findings.iter().filter(|finding| finding.exploited.is_some()).count(),
            has_sizes: layers.iter().any(|layer| layer.size > 0),
            has_packages: layers.iter().any(|layer| !layer.packages.is_empty()),
            has_origins: layers.iter().any(|layer| !layer.from.is_empty()),
            layers,
            groups,
            is_open: report.findings.len() <= OPEN,
            suppressed: report.suppressed.iter().map(Suppressed::of).collect(),
        }
    }
}

fn support(distribution: &api::Distribution, supported: Option<bool>) -> String {
    let until = distribution.supported_until.as_deref();
    match (supported, until) {
        (Some(false), Some(until)) => format!("support ended on {until}"),
        (Some(false), None) => "no longer supported".to_owned(),
        (_, Some(until)) => format!("supported until {until}"),
        (Some(true), None) => "supported".to_owned(),
        (None, None) => "whether it is supported is not known".to_owned(),
    }
}

fn newest(newest: &api::Recommendation) -> String {
    let name = newest.names.first().unwrap_or(&newest.digest);
    let known = if newest.complete { "" } else { ", as far as both could be read" };
    format!("{name}: removes {} findings and adds {}{known}", newest.removes, newest.adds)
}

/// The layers, the topmost first.
fn layers(subject: &Subject<'_>) -> Vec<Layer> {
    let report = subject.report;
    let mut found: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
    for finding in &report.findings {
        found.entry(finding.package.layer.index).or_default().push(&finding.severity.level);
    }
    let mut packages: BTreeMap<usize, usize> = BTreeMap::new();
    for package in &subject.inventory.packages {
        *packages.entry(package.layer.index).or_default() += 1;
    }
    let known = subject.layers.map_or(&[][..], |known| &known.layers);
    let largest = known.iter().filter_map(|layer| layer.inflated_size).max().unwrap_or(0);
    let most = found.values().map(Vec::len).max().unwrap_or(0);
    let unread = |index: usize| report.coverage.unread_layers.iter().find(|layer| layer.index == index);
    let of_image = report.image.layers.iter().rev().map(|layer| {
        let findings = found.get(&layer.index).map_or(&[][..], Vec::as_slice);
        let what = known.iter().find(|known| known.index == layer.index);
        let size = what.and_then(|what| what.inflated_size);
        Layer {
            index: layer.index,
            command: layer
                .created_by
                .as_deref()
                .map(brief)
                .filter(|text| !text.is_empty())
                .unwrap_or_else(|| "not stated".to_owned()),
            from: match &report.base {
                Some(base) if layer.index < base.layers => "base",
                Some(_) => "own",
                None => "",
            },
            stored: size_of(what.and_then(|what| what.size)),
            inflated: size_of(size),
            size: share(size, largest),
            packages: match (what, packages.get(&layer.index)) {
                (Some(what), _) if what.unread.is_none() => changes(&what.changes),
                (_, Some(count)) => count.to_string(),
                (_, None) if subject.inventory.packages.is_empty() => String::new(),
                (_, None) => "0".to_owned(),
            },
            findings: findings.len(),
            gone: what.map_or(0, |what| what.vulnerabilities.removed.len()),
            severities: shares_of(findings.iter().copied(), most),
            unread: unread(layer.index).map(|layer| layer.reason.clone()),
        }
    });
    of_image.collect()
}

/// What a layer did to packages, in words.
fn changes(changes: &api::Changes) -> String {
    let counts = [
        (changes.added.len(), "added"),
        (changes.upgraded.len(), "changed"),
        (changes.removed.len(), "removed"),
    ];
    let counts = counts.iter().filter(|(count, _)| *count > 0);
    let said: Vec<_> = counts.map(|(count, what)| format!("{count} {what}")).collect();
    if said.is_empty() { "none".to_owned() } else { said.join(", ") }
}

/// A size as a part of the bar of the largest; what is there is seen.
fn share(size: Option<u64>, largest: u64) -> usize {
    let Some(size) = size.filter(|size| *size > 0) else { return 0 };
    let share = u128::from(size) * BAR as u128 / u128::from(largest.max(1));
    usize::try_from(share).unwrap_or(BAR).clamp(1, BAR)
}

fn shares<'a>(levels: impl Iterator<Item = &'a str> + Clone) -> Vec<Share> {
    let all = levels.clone().count();
    shares_of(levels, all)
}

/// How many are of each severity, as parts of a bar on which there is room for so many.
fn shares_of<'a>(levels: impl Iterator<Item = &'a str>, room: usize) -> Vec<Share> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for level in levels {
        *counts.entry(level).or_default() += 1;
    }
    let (mut shares, mut before) = (Vec::new(), 0_usize);
    for level in Severity::WORST_FIRST.map(Severity::as_str) {
        let Some(&count) = counts.get(level) else { continue };
        let from = before * BAR / room.max(1);
        before += count;
        let width = (before * BAR / room.max(1)).saturating_sub(from).max(1);
        shares.push(Share { level: level.to_owned(), count, from, width });
    }
    shares
}

impl<'a> Shown<'a> {
    fn of(group: Group<'a>) -> Self {
        let worst = group.rows.iter().max_by_key(|row| rank(&row.finding.severity.level));
        Self {
            name: group.name,
            version: group.version,
            update: (!group.updates.is_empty()).then(|| group.updates.join(" or ")),
            findings: group.findings,
            worst: worst.map_or("unknown", |row| &row.finding.severity.level),
            is_exploited: group.rows.iter().any(|row| row.finding.exploited.is_some()),
            rows: group.rows.iter().map(Found::of).collect(),
        }
    }
}

impl<'a> Found<'a> {
    fn of(row: &Row<'a>) -> Self {
        let finding = row.finding;
        let level = &*finding.severity.level;
        Self {
            level,
            rank: if level == Severity::Unknown.as_str() { 0 } else { rank(&finding.severity.level) + 1 },
            marks: marks(finding),
            vulnerability: &finding.vulnerability,
            aliases: &finding.aliases,
            exploited: finding.exploited.as_ref().map(|exploited| &*exploited.since),
            note: finding.note.as_deref(),
            title: title(finding),
            rating: finding.severity.rating.as_ref().map(rating),
            epss: finding.exploit_probability.map(|share| format!("{:.1} %", share * 100.0)),
            packages: some(row.packages.iter().map(ToString::to_string)),
            fix: fix(finding),
            layers: some(row.layers.iter().map(ToString::to_string)),
            paths: some(row.paths.iter().map(|(path, evidence)| match *evidence {
                "installed" => (*path).to_owned(),
                evidence => format!("{path} ({evidence})"),
            })),
            addresses: addresses(finding).take(SHOWN).collect(),
        }
    }
}

fn marks(finding: &api::Finding) -> String {
    // What nobody knows to come from a base image may be one's own.
    let is_own = finding.origin.as_deref() != Some("base");
    let marks = [(finding.fixed_version.is_some(), 'f'), (finding.exploited.is_some(), 'e'), (is_own, 'o')];
    marks.into_iter().filter(|(is, _)| *is).map(|(_, mark)| mark).collect()
}

fn fix(finding: &api::Finding) -> String {
    match (finding.fixed_version.as_deref(), &*finding.status) {
        (Some(version), _) => version.to_owned(),
        (None, "affected") => "no fix known".to_owned(),
        (None, status) => status.replace('-', " "),
    }
}

fn rating(rating: &api::Rating) -> String {
    let by = rating.feed.as_deref().map_or_else(String::new, |feed| format!(", by {feed}"));
    match rating.score {
        Some(score) => format!("{} {score}{by}", rating.system),
        None => format!("{}: {}{by}", rating.system, rating.value),
    }
}

/// The first of them, and how many there are besides.
fn some(mut texts: impl ExactSizeIterator<Item = String>) -> String {
    let shown: Vec<_> = texts.by_ref().take(SHOWN).collect();
    match texts.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
