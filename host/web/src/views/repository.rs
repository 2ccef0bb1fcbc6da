//! A repository: its tags, what affects their images, and what got worse since a day.

use std::collections::{BTreeMap, HashMap, HashSet};

use askama::Template;
use limpid_formats::{json, rfc3339};
use serde::Deserialize;

use crate::api::{Api, Problem};
use crate::frame::{Frame, Section};
use crate::page::render;
use crate::shown;
use crate::table;
use crate::views::trend::Trend;
use crate::{Address, Answer, Lasts, Request};

/// Tags on a page. Of each image, one report is read, and two where it is compared with a day.
const TAGS: &str = "10";

/// Images of a page whose reports are read.
const IMAGES: usize = 30;

#[derive(Template)]
#[template(path = "repository.html")]
struct View<'a> {
    frame: Frame<'a>,
    repository: &'a json::Repository,
    rows: Vec<Row<'a>>,
    figures: Figures,
    trend: Trend,
    repairs: Option<json::Repairs>,
    /// Of all that is its owner's.
    repairs_of_owner: Option<json::Repairs>,
    since: Option<&'a str>,
    next: Option<String>,
    is_first: bool,
}

/// Figures of the images on the page.
#[derive(Default)]
struct Figures {
    findings: usize,
    vulnerabilities: usize,
    exploited: usize,
    /// Images of which something is missing for a full answer.
    incomplete: usize,
}

struct Row<'a> {
    tag: &'a json::Tag,
    images: Vec<Image<'a>>,
}

struct Image<'a> {
    image: &'a json::TaggedImage,
    address: String,
    /// Where it is compared with the one before.
    difference: Option<String>,
    platform: String,
    levels: Vec<(&'static str, u64)>,
    known: Option<Known>,
}

/// What the report of an image says.
#[derive(Clone, Default)]
struct Known {
    exploited: usize,
    fixable: usize,
    complete: bool,
    worse: Worse,
}

/// How an image is compared with a day.
#[derive(Clone, Default)]
enum Worse {
    /// It was not asked for.
    #[default]
    Unasked,
    /// It cannot be said, and why.
    Unknown(String),
    /// It can.
    By(Since),
}

/// What is so since a day.
#[derive(Clone, Default)]
struct Since {
    came: usize,
    exploited: usize,
    fixable: usize,
    went: usize,
}

/// What is read of a report: the rest of it is long.
#[derive(Deserialize)]
struct Report {
    summary: Summary,
    findings: Vec<Finding>,
}

#[derive(Deserialize)]
struct Summary {
    packages: usize,
    judged: usize,
    complete: bool,
}

#[derive(Deserialize)]
struct Finding {
    fingerprint: String,
    vulnerability: String,
    fixed_version: Option<String>,
    exploited: Option<serde::de::IgnoredAny>,
}

/// A repository.
///
/// # Errors
/// Those of the API, and where the request makes no sense.
pub fn show(api: &dyn Api, request: &Request, name: &str) -> Result<Answer, Problem> {
    let since = request.get("since").map(|text| day(request, text)).transpose()?;
    let repository: json::Repository = api.get(Address::of(&["v1", "repositories", name]))?;
    let after = request.get("after");
    let path =
        Address::of(&["v1", "repositories", name, "tags"]).with("limit", TAGS).with_some("after", after);
    let tags: json::Tags = api.get(path.clone())?;
    if request.get("format") == Some("csv") {
        return Ok(csv(name, &tags));
    }
    let (mut known, mut figures, mut vulnerabilities) = (HashMap::new(), Figures::default(), HashSet::new());
    for image in tags.tags.iter().flat_map(|tag| &tag.images) {
        if known.len() >= IMAGES || known.contains_key(image.digest.as_str()) {
            continue;
        }
        let report = Address::of(&["v1", "images", &image.digest, "report"]);
        let Some(report): Option<Report> = api.find(report)? else { continue };
        let worse = match since {
            None => Worse::Unasked,
            Some(day) => worse(api, &image.digest, &report, day)?,
        };
        let described = describe(&report, worse);
        figures.findings += report.findings.len();
        figures.exploited += described.exploited;
        figures.incomplete += usize::from(!described.complete);
        known.insert(image.digest.as_str(), described);
        vulnerabilities.extend(report.findings.into_iter().map(|finding| finding.vulnerability));
    }
    figures.vulnerabilities = vulnerabilities.len();
    let rows = tags.tags.iter().map(|tag| Row {
        tag,
        images: tag.images.iter().map(|image| row(image, known.get(image.digest.as_str()))).collect(),
    });
    let of_repository = |what: &str| Address::of(&["v1", "repositories", name, what]);
    let view = View {
        trend: Trend::of(api, of_repository("trend"))?,
        repairs: repairs(api, of_repository("repairs"))?,
        repairs_of_owner: match repository.owner.as_deref() {
            Some(owner) => repairs(api, Address::of(&["v1", "owners", owner, "repairs"]))?,
            None => None,
        },
        frame: Frame::new(request, Section::Inventory).with_data(path).with_csv(),
        rows: rows.collect(),
        figures,
        since,
        next: tags.next.as_deref().map(|next| request.here(&[("after", next)], &[])),
        is_first: after.is_none(),
        repository: &repository,
    };
    let lasts = if since.is_some() { Lasts::Moment } else { Lasts::Revision };
    render(200, lasts, &view)
}

/// How long findings last; none where that is too much to be looked at.
fn repairs(api: &dyn Api, path: Address) -> Result<Option<json::Repairs>, Problem> {
    Ok(api.try_get(path.with("days", "90"))?.ok())
}

/// A time span in days, for people.
fn in_days(seconds: u64) -> String {
    let tenths = seconds.saturating_mul(10) / 86_400;
    format!("{}.{} days", tenths / 10, tenths % 10)
}

/// What got worse in a repository since a day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sum {
    pub(super) came: usize,
    pub(super) exploited: usize,
    pub(super) fixable: usize,
    pub(super) went: usize,
    /// Images of which it cannot be said.
    pub(super) unknown: usize,
    /// Whether there are tags that were not looked at.
    pub(super) is_partial: bool,
}

/// What got worse since a day in the images at which the first tags of a repository point, each counted once.
pub(super) fn sum(api: &dyn Api, name: &str, day: &str, tags: usize) -> Result<Sum, Problem> {
    let path = Address::of(&["v1", "repositories", name, "tags"]).with("limit", &tags.to_string());
    let page: Option<json::Tags> = api.find(path)?;
    let Some(page) = page else { return Ok(Sum::default()) };
    let mut sum = Sum { is_partial: page.next.is_some(), ..Sum::default() };
    let mut seen = HashSet::new();
    for image in page.tags.iter().flat_map(|tag| &tag.images) {
        if !seen.insert(image.digest.as_str()) {
            continue;
        }
        if seen.len() > IMAGES {
            sum.is_partial = true;
            break;
        }
        let report = Address::of(&["v1", "images", &image.digest, "report"]);
        let Some(now): Option<Report> = api.find(report)? else { continue };
        match worse(api, &image.digest, &now, day)? {
            Worse::By(since) => {
                sum.came += since.came;
                sum.exploited += since.exploited;
                sum.fixable += since.fixable;
                sum.went += since.went;
            }
            Worse::Unknown(_) | Worse::Unasked => sum.unknown += 1,
        }
    }
    Ok(sum)
}

/// A day as fields of forms have it.
pub(super) fn day<'a>(request: &Request, text: &'a str) -> Result<&'a str, Problem> {
    if !shown::is_day(text) {
        return Err(Problem::bad_request("`since` is no day, as 2026-11-23"));
    }
    if rfc3339(request.now()).get(..10).is_some_and(|today| text > today) {
        return Err(Problem::bad_request("`since` is a day that has not come yet"));
    }
    Ok(text)
}

/// What an image has that it had not at the beginning of a day.
fn worse(api: &dyn Api, digest: &str, now: &Report, day: &str) -> Result<Worse, Problem> {
    let then = Address::of(&["v1", "images", digest, "report"]).with("as-of", &format!("{day}T00:00:00Z"));
    let then: Report = match api.try_get(then)? {
        Ok(then) => then,
        Err(problem) => return Ok(Worse::Unknown(problem.detail)),
    };
    // None found is not none there.
    if then.summary.judged == 0 && then.summary.packages > 0 {
        return Ok(Worse::Unknown("no package could be judged by what was stated then".to_owned()));
    }
    fn fingerprints(report: &Report) -> HashSet<&str> {
        report.findings.iter().map(|finding| finding.fingerprint.as_str()).collect()
    }
    let (had, has) = (fingerprints(&then), fingerprints(now));
    let came = now.findings.iter().filter(|finding| !had.contains(finding.fingerprint.as_str()));
    let came: Vec<_> = came.collect();
    Ok(Worse::By(Since {
        came: came.len(),
        exploited: came.iter().filter(|finding| finding.exploited.is_some()).count(),
        fixable: came.iter().filter(|finding| finding.fixed_version.is_some()).count(),
        went: then.findings.iter().filter(|finding| !has.contains(finding.fingerprint.as_str())).count(),
    }))
}

fn describe(report: &Report, worse: Worse) -> Known {
    let findings = &report.findings;
    Known {
        exploited: findings.iter().filter(|finding| finding.exploited.is_some()).count(),
        fixable: findings.iter().filter(|finding| finding.fixed_version.is_some()).count(),
        complete: report.summary.complete,
        worse,
    }
}

fn row<'a>(image: &'a json::TaggedImage, known: Option<&Known>) -> Image<'a> {
    let page = || Address::page("images", &image.digest);
    let difference = image
        .change
        .as_ref()
        .map(|change| page().with("show", "difference").with("with", &change.from).to_string());
    Image {
        image,
        address: page().to_string(),
        difference,
        platform: super::image::platform(&image.platform),
        levels: levels(&image.by_severity),
        known: known.cloned(),
    }
}

fn levels(counts: &BTreeMap<json::Word, u64>) -> Vec<(&'static str, u64)> {
    let known = limpid_model::Severity::WORST_FIRST.into_iter().map(limpid_model::Severity::as_str);
    known.filter_map(|level| Some((level, *counts.get(level).filter(|count| **count > 0)?))).collect()
}

fn csv(name: &str, tags: &json::Tags) -> Answer {
    let rows = tags.tags.iter().flat_map(|tag| tag.images.iter().map(move |image| (tag, image)));
    let rows = rows.map(|(tag, image)| {
        let change = image.change.as_ref();
        [
            name.to_owned(),
            tag.tag.clone(),
            image.digest.clone(),
            super::image::platform(&image.platform),
            tag.since.clone(),
            image.findings.to_string(),
            change.map(|change| change.added.to_string()).unwrap_or_default(),
            change.map(|change| change.removed.to_string()).unwrap_or_default(),
        ]
    });
    let columns = ["repository", "tag", "digest", "platform", "since", "findings", "came", "went"];
    Answer::Csv { name: "tags".to_owned(), text: table::csv(columns, rows) }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::testing::{Fake, HOSTILE, assert_harmless, html, request};

    const DIGEST: &str = "sha256:1111111111111111111111111111111111111111111111111111111111111111";

    fn tags(text: &str) -> Value {
        let platform = json!({ "os": "linux", "architecture": text, "variant": null });
        json!({ "next": text, "tags": [{
            "tag": text, "digest": null, "since": "2026-11-21T00:00:00Z", "indexed_at": "2026-11-21T00:00:00Z",
            "images": [{
                "digest": DIGEST, "platform": platform, "created": null, "findings": 3,
                "by_severity": { "high": 2, "low": 1 }, "change": { "from": DIGEST, "added": 2, "removed": 1 },
            }],
            "previous": null,
        }] })
    }

    fn report(findings: &[(&str, &str, bool)]) -> Value {
        let findings = findings.iter().map(|(fingerprint, vulnerability, exploited)| json!({
            "fingerprint": fingerprint, "vulnerability": vulnerability, "fixed_version": exploited.then_some("2"),
            "exploited": exploited.then(|| json!({ "since": "x", "feed": "x" })), "other": [1, 2, 3],
        }));
        json!({ "summary": { "complete": false, "findings": 3, "packages": 2, "judged": findings.len() }, "findings": findings.collect::<Vec<_>>() })
    }

    fn api(text: &str) -> Fake {
        let summary = json!({
            "images": 1, "not_judged": 0, "vulnerabilities": 21, "findings": 34, "by_severity": {}, "exploited": 5,
            "fixable": 8, "exploited_fixable": 3, "overdue": null, "counted_at": "2026-11-29T01:02:03Z", "current": false,
        });
        let repository = json!({ "name": text, "owner": text, "tags": 1, "images": 1, "last_indexed": null, "summary": summary });
        let now = [("a", "CVE-1", true), ("b", "CVE-1", false), ("c", "CVE-2", false)];
        Fake::default()
            .with("/v1/repositories/web", repository)
            .with("/v1/repositories/web/trend?days=30", json!({ "since": null, "days": [] }))
            .with("/v1/repositories/web/repairs?days=90", json!({
                "since": "2026-09-01T00:00:00Z", "repaired": 4, "mean_seconds": 216_000, "median_seconds": 86_400,
                "begun_before": 0, "withdrawn": 2, "open": 9,
            }))
            .with("/v1/owners/web/repairs?days=90", json!({
                "since": "2026-09-01T00:00:00Z", "repaired": 77, "mean_seconds": 864_000, "median_seconds": 86_400,
                "begun_before": 0, "withdrawn": 2, "open": 9,
            }))
            .with("/v1/repositories/web/tags?limit=10", tags(text))
            .with(&format!("/v1/images/{DIGEST}/report"), report(&now))
            .with(
                &format!("/v1/images/{DIGEST}/report?as-of=2026-11-23T00:00:00Z"),
                report(&[("b", "CVE-1", false), ("d", "CVE-3", false)]),
            )
    }

    fn shown(api: &Fake, query: &str) -> String {
        html(show(api, &request("/repositories/web", query), "web"))
    }

    #[test]
    fn findings_and_vulnerabilities_are_two_figures() {
        let page = shown(&api("1"), "");
        for part in [
            "<dt>findings</dt><dd>3</dd>",
            "<dt>vulnerabilities</dt><dd>2</dd>",
            "<dt>exploited</dt><dd>1</dd>",
        ] {
            assert!(page.contains(part), "{part}: {page}");
        }
    }

    #[test]
    fn what_got_worse_since_a_day_is_what_was_not_there() {
        let page = shown(&api("1"), "since=2026-11-23");
        assert!(
            page.contains("<b>2</b> came, <b>1</b> exploited, <b>1</b> fixable; <b>1</b> went"),
            "{page}"
        );
        // Nothing was stated.
        let path = format!("/v1/images/{DIGEST}/report?as-of=2026-11-01T00:00:00Z");
        let page = shown(&api("1").with(&path, report(&[])), "since=2026-11-01");
        assert!(page.contains("cannot be said"), "{page}");
        // Longer ago than anybody knows.
        let page = shown(&api("1"), "since=2020-01-01");
        assert!(page.contains("cannot be said"), "{page}");
        let problem = show(&api("1"), &request("/repositories/web", "since=monday"), "web").unwrap_err();
        assert_eq!(problem.status, 400);
    }

    #[test]
    fn figures_of_all_tags_and_how_long_findings_last_are_those_of_the_api() {
        let page = html(show(&api("web"), &request("/repositories/web", ""), "web"));
        for part in [
            "<dt>vulnerabilities</dt><dd>21</dd>",
            "<dt>findings</dt><dd>34</dd>",
            "<dt>exploited and fixable</dt><dd>3</dd>",
            "being counted again",
            "half of them within <b>1.0 days</b>",
            "on the average after <b>2.5 days</b>",
            "<b>9</b> are open",
            "In all repositories of <bdi>web</bdi>: In 90 days <b>77</b> findings were repaired",
        ] {
            assert!(page.contains(part), "{part}: {page}");
        }
        assert!(!page.contains("overdue"), "no severity has a limit");
    }

    #[test]
    fn a_day_that_has_not_come_is_no_day_to_compare_with() {
        let asked =
            |day: &str| show(&api("web"), &request("/repositories/web", &format!("since={day}")), "web");
        assert!(asked("2026-11-23").is_ok());
        assert_eq!(asked("2026-12-01").unwrap_err().status, 400);
        assert_eq!(asked("yesterday").unwrap_err().status, 400);
    }

    #[test]
    fn texts_of_others_are_text() {
        for text in HOSTILE.iter().copied().chain(["x".repeat(4_096).as_str()]) {
            assert_harmless(&shown(&api(text), "since=2026-11-23"));
        }
        let csv = show(&api("=1+1"), &request("/repositories/web", "format=csv"), "web").unwrap();
        assert!(matches!(&csv, Answer::Csv { text, .. } if text.contains("web,'=1+1,sha256:")), "{csv:?}");
    }
}
