use askama::Template;
use limpid_formats::json;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::Head;
use super::findings::vulnerability;
use super::stack::List;
use super::tags::{self, Pointing};
use crate::api::{Api, Items, Problem, parse};
use crate::frame::{Frame, Section};
use crate::page::render;
use crate::shown;
use crate::table;
use crate::{Address, Answer, Lasts, Request};

/// Findings and packages that are shown of each kind; the JSON and the CSV have all.
const LISTED: usize = 100;

#[derive(Template)]
#[template(path = "image_difference.html")]
struct View<'a> {
    frame: Frame<'a>,
    head: Head<'a>,
    pointing: Vec<Pointing>,
    with: &'a str,
    compared: Option<Compared<'a>>,
}

struct Compared<'a> {
    difference: &'a Difference<'a>,
    before: String,
    before_title: String,
    kinds: [Kind; 5],
    packages_added: List<json::Package>,
    packages_removed: List<json::Package>,
    packages_changed: List<json::Changed>,
}

/// What is read of a difference. Its lists may be of megabytes, and a page shows some of each.
#[derive(Deserialize)]
struct Difference<'a> {
    before: json::Image,
    after: json::Image,
    #[serde(borrow)]
    packages: Packages<'a>,
    #[serde(borrow)]
    findings: Findings<'a>,
    doubts: Vec<json::DifferenceDoubt>,
}

#[derive(Deserialize)]
struct Packages<'a> {
    #[serde(borrow)]
    added: Items<'a>,
    #[serde(borrow)]
    removed: Items<'a>,
    #[serde(borrow)]
    changed: Items<'a>,
}

#[derive(Deserialize)]
struct Findings<'a> {
    #[serde(borrow)]
    added: Items<'a>,
    #[serde(borrow)]
    removed: Items<'a>,
    #[serde(borrow)]
    changed: Items<'a>,
    #[serde(borrow)]
    suppressed: Items<'a>,
    #[serde(borrow)]
    counted: Items<'a>,
    #[serde(borrow)]
    added_suppressed: Items<'a>,
    #[serde(borrow)]
    removed_suppressed: Items<'a>,
}

impl Difference<'_> {
    /// Whether no package and no finding differs.
    fn is_empty(&self) -> bool {
        let Self { packages, findings, .. } = self;
        let packages = [&packages.added, &packages.removed, &packages.changed];
        let counted = [&findings.added, &findings.removed, &findings.changed];
        let decided = [
            &findings.suppressed,
            &findings.counted,
            &findings.added_suppressed,
            &findings.removed_suppressed,
        ];
        packages.into_iter().chain(counted).chain(decided).all(Items::is_empty)
    }
}

/// Findings that differ in one way.
struct Kind {
    title: &'static str,
    all: usize,
    findings: Vec<(json::Finding, Option<String>)>,
}

impl Kind {
    fn of<T: DeserializeOwned>(
        title: &'static str,
        all: &Items<'_>,
        finding: fn(T) -> json::Finding,
    ) -> Result<Self, Problem> {
        let shown = |it: T| {
            let finding = finding(it);
            let vulnerability = vulnerability(&finding.vulnerability);
            (finding, vulnerability)
        };
        let findings = all.first(LISTED)?.into_iter().map(shown).collect();
        Ok(Self { title, all: all.len(), findings })
    }
}

pub(super) fn show(api: &dyn Api, request: &Request, name: &str) -> Result<Answer, Problem> {
    let Some(with) = request.get("with") else { return choose(api, request, name) };
    let path = |before: &str, after: &str| Address::of(&["v1", "images", before, "diff", after]);
    let answer = api.read(path(with, name))?;
    let difference: Difference<'_> = parse(&answer)?;
    if request.get("format") == Some("csv") {
        return csv(&difference);
    }
    let findings = &difference.findings;
    let suppressed = |it: json::Suppressed| it.finding;
    let kinds = [
        Kind::of("Came", &findings.added, |it| it)?,
        Kind::of("Went", &findings.removed, |it| it)?,
        Kind::of("Changed", &findings.changed, |it: json::ChangedFinding| it.after)?,
        Kind::of("Count again", &findings.counted, suppressed)?,
        Kind::of("Suppressed now", &findings.suppressed, suppressed)?,
    ];
    let before = &difference.before;
    let compared = Compared {
        before: Address::page("images", &before.digest).to_string(),
        before_title: super::title(before),
        kinds,
        packages_added: List::read(&difference.packages.added, LISTED)?,
        packages_removed: List::read(&difference.packages.removed, LISTED)?,
        packages_changed: List::read(&difference.packages.changed, LISTED)?,
        difference: &difference,
    };
    let json = path(&before.digest, &difference.after.digest);
    let view = View {
        frame: Frame::new(request, Section::Inventory).with_data(json).with_csv(),
        head: Head::of(&difference.after, Some("difference")),
        pointing: Vec::new(),
        with,
        compared: Some(compared),
    };
    render(200, Lasts::Revision, &view)
}

/// Asks with which image it is to be compared.
fn choose(api: &dyn Api, request: &Request, name: &str) -> Result<Answer, Problem> {
    let image: json::Image = api.get(Address::of(&["v1", "images", name]))?;
    let view = View {
        frame: Frame::new(request, Section::Inventory),
        head: Head::of(&image, Some("difference")),
        pointing: tags::pointing(api, &image)?,
        with: "",
        compared: None,
    };
    render(200, Lasts::Revision, &view)
}

fn csv(difference: &Difference<'_>) -> Result<Answer, Problem> {
    let Findings { added, removed, changed, .. } = &difference.findings;
    let added = added.each::<json::Finding>().map(|it| Ok(row("came", &it?)));
    let removed = removed.each::<json::Finding>().map(|it| Ok(row("went", &it?)));
    let changed = changed.each::<json::ChangedFinding>().map(|it| Ok(row("changed", &it?.after)));
    let columns = ["change", "severity", "vulnerability", "package", "installed", "fixed-in", "fingerprint"];
    let name = format!("difference-{}", shown::digest(&difference.after.digest));
    Ok(Answer::Csv { name, text: table::try_csv(columns, added.chain(removed).chain(changed))? })
}

fn row(kind: &str, finding: &json::Finding) -> [String; 7] {
    [
        kind.to_owned(),
        finding.severity.level.to_string(),
        finding.vulnerability.to_string(),
        finding.package.name.clone(),
        finding.package.version.clone(),
        finding.fixed_version.as_deref().unwrap_or_default().to_owned(),
        finding.fingerprint.clone(),
    ]
}
