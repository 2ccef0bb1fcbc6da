use askama::Template;
use limpid_formats::json;

use super::Head;
use super::findings::vulnerability;
use super::stack::List;
use super::tags::{self, Pointing};
use crate::api::{Api, Problem};
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
    difference: &'a json::Difference,
    before: String,
    before_title: String,
    kinds: Vec<Kind<'a>>,
    packages_added: List<'a, json::Package>,
    packages_removed: List<'a, json::Package>,
    packages_changed: List<'a, json::Changed>,
}

/// Findings that differ in one way.
struct Kind<'a> {
    title: &'static str,
    all: usize,
    findings: Vec<(&'a json::Finding, Option<String>)>,
}

impl<'a> Kind<'a> {
    fn of(title: &'static str, findings: impl ExactSizeIterator<Item = &'a json::Finding>) -> Self {
        let all = findings.len();
        let findings = findings.take(LISTED).map(|finding| (finding, vulnerability(&finding.vulnerability)));
        Self { title, all, findings: findings.collect() }
    }
}

pub(super) fn show(api: &dyn Api, request: &Request, name: &str) -> Result<Answer, Problem> {
    let Some(with) = request.get("with") else { return choose(api, request, name) };
    let path = |before: &str, after: &str| Address::of(&["v1", "images", before, "diff", after]);
    let difference: json::Difference = api.get(path(with, name))?;
    if request.get("format") == Some("csv") {
        return Ok(csv(&difference));
    }
    let findings = &difference.findings;
    fn suppressed(all: &[json::Suppressed]) -> impl ExactSizeIterator<Item = &json::Finding> {
        all.iter().map(|it| &it.finding)
    }
    let kinds = vec![
        Kind::of("Came", findings.added.iter()),
        Kind::of("Went", findings.removed.iter()),
        Kind::of("Changed", findings.changed.iter().map(|changed| &changed.after)),
        Kind::of("Count again", suppressed(&findings.counted)),
        Kind::of("Suppressed now", suppressed(&findings.suppressed)),
    ];
    let before = &difference.before;
    let compared = Compared {
        before: Address::page("images", &before.digest).to_string(),
        before_title: super::title(before),
        kinds,
        packages_added: List::of(&difference.packages.added, LISTED),
        packages_removed: List::of(&difference.packages.removed, LISTED),
        packages_changed: List::of(&difference.packages.changed, LISTED),
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

fn csv(difference: &json::Difference) -> Answer {
    let json::FindingDifference { added, removed, changed, .. } = &difference.findings;
    let kinds = [("came", added.iter().collect::<Vec<_>>()), ("went", removed.iter().collect())];
    let kinds =
        kinds.into_iter().chain([("changed", changed.iter().map(|changed| &changed.after).collect())]);
    let rows = kinds.flat_map(|(kind, findings)| findings.into_iter().map(move |finding| row(kind, finding)));
    let columns = ["change", "severity", "vulnerability", "package", "installed", "fixed-in", "fingerprint"];
    let name = format!("difference-{}", shown::digest(&difference.after.digest));
    Answer::Csv { name, text: table::csv(columns, rows) }
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
