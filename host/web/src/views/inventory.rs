//! All that is known: repositories, how images are on the whole, and how old what is stated is.

use std::cmp::Reverse;

use askama::Template;
use limpid_formats::json;

use crate::api::{Api, Problem};
use crate::frame::{Frame, Section};
use crate::page::render;
use crate::table;
use crate::views::repository::{self, Sum};
use crate::views::trend::Trend;
use crate::{Address, Answer, Lasts, Request};

/// Repositories on a page.
const ROWS: &str = "50";

/// The same where they are compared with a day, and tags of each that are: of each image, two reports are read.
const COMPARED: &str = "10";
const TAGS: usize = 5;

/// Owners to choose from.
const OWNERS: usize = 500;

/// Feeds that are named.
const FEEDS: usize = 30;

#[derive(Template)]
#[template(path = "inventory.html")]
struct View<'a> {
    frame: Frame<'a>,
    /// None where whoever asks sees some repositories only.
    statistics: Option<&'a json::Statistics>,
    is_counting_images: bool,
    levels: Vec<Level<'a>>,
    since: Option<&'a str>,
    /// What got worse in all repositories of the page.
    worse: Sum,
    rows: Vec<Row<'a>>,
    sees_all: bool,
    /// By what repositories are sorted.
    sort: &'a str,
    /// Whose repositories are shown; none: everybody's.
    owner: Option<&'a str>,
    owners: Vec<Owner<'a>>,
    /// Whether counts are still being made.
    is_counting: bool,
    trend: Option<Trend>,
    /// Where that is shown.
    trend_address: String,
    next: Option<String>,
    is_first: bool,
    feeds: Vec<&'a json::Feed>,
    all_feeds: usize,
    /// Feeds that have failed since they last succeeded.
    failing: usize,
}

/// An owner to choose.
struct Owner<'a> {
    name: &'a str,
    is_chosen: bool,
}

/// Images by the worst that affects them.
struct Level<'a> {
    name: &'a str,
    images: u64,
    x: u64,
    width: u64,
}

struct Row<'a> {
    repository: &'a json::Repository,
    address: String,
    worse: Option<Sum>,
}

/// By what repositories may be sorted, and how that is called.
const SORTS: [(&str, &str); 4] = [
    ("exploited", "Exploited first"),
    ("worst", "Worst first"),
    ("findings", "Most findings"),
    ("name", "Name"),
];

/// Units of the bar of severities.
const BAR: u64 = 1_000;

/// The inventory.
///
/// # Errors
/// Those of the API, and where the request makes no sense.
pub fn show(api: &dyn Api, request: &Request) -> Result<Answer, Problem> {
    let since = request.get("since").map(|text| repository::day(request, text)).transpose()?;
    let after = request.get("after");
    let sort = request.get("sort").unwrap_or("exploited");
    if !SORTS.iter().any(|(known, _)| *known == sort) {
        return Err(Problem::bad_request("`sort` is `exploited`, `worst`, `findings` or `name`"));
    }
    let owner = request.get("owner");
    let limit = if since.is_some() { COMPARED } else { ROWS };
    let path = Address::of(&["v1", "repositories"])
        .with("limit", limit)
        .with("sort", sort)
        .with_some("owner", owner)
        .with_some("after", after);
    let repositories: Option<json::Repositories> = api.find(path.clone())?;
    if request.get("format") == Some("csv") {
        let repositories = repositories.map(|page| page.repositories).unwrap_or_default();
        return Ok(csv(&repositories));
    }
    let owners: Option<json::Owners> = api.find(Address::of(&["v1", "owners"]))?;
    let owners = owners.map(|all| all.owners).unwrap_or_default();
    let at_once = Address::of(&["v1", "statistics"]).with("at_once", "true");
    let (statistics, is_counting_images): (Option<json::Statistics>, _) = match api.find(at_once) {
        Err(problem) if problem.code == "busy" => (None, true),
        found => (found?, false),
    };
    let json::Feeds { mut feeds } = api.get(Address::of(&["v1", "feeds"]))?;
    // What has failed is first, then what is oldest.
    feeds.sort_by_key(|feed| (feed.failing_since.is_none(), feed.last_success.clone()));
    let known = repositories.as_ref().map_or(&[][..], |page| &page.repositories);
    let mut rows = Vec::new();
    for repository in known {
        let worse = since.map(|day| repository::sum(api, &repository.name, day, TAGS)).transpose()?;
        rows.push(Row { address: address(repository, since), repository, worse });
    }
    let worse = total(&rows);
    if since.is_some() {
        // What is exploited is first, then what got worse most.
        rows.sort_by_key(|row| row.worse.as_ref().map(|worse| Reverse((worse.exploited, worse.came))));
    }
    let next = repositories.as_ref().and_then(|page| page.next.as_deref());
    let trend = request.is_set("trend").then(|| Trend::of(api, Address::of(&["v1", "statistics", "trend"])));
    let view = View {
        sort,
        owner,
        owners: named(owner, &owners),
        is_counting: repositories.as_ref().is_some_and(|page| page.partial),
        trend: trend.transpose()?,
        trend_address: request.here(&[("trend", "30")], &[]),
        frame: Frame::new(request, Section::Inventory).with_data(path).with_csv(),
        levels: statistics.as_ref().map(levels).unwrap_or_default(),
        statistics: statistics.as_ref(),
        is_counting_images,
        since,
        worse,
        rows,
        sees_all: repositories.is_some(),
        next: next.map(|next| request.here(&[("after", next)], &[])),
        is_first: after.is_none(),
        all_feeds: feeds.len(),
        failing: feeds.iter().filter(|feed| feed.failing_since.is_some()).count(),
        feeds: feeds.iter().take(FEEDS).collect(),
    };
    render(200, Lasts::Moment, &view)
}

/// The owners to choose from, with the one that was chosen.
fn named<'a>(chosen: Option<&'a str>, owners: &'a [json::RepositoryOwner]) -> Vec<Owner<'a>> {
    let known = owners.iter().map(|owner| owner.name.as_str()).take(OWNERS);
    let unlisted = chosen.filter(|chosen| !known.clone().any(|name| name == *chosen));
    unlisted.into_iter().chain(known).map(|name| Owner { name, is_chosen: chosen == Some(name) }).collect()
}

/// The page of those of an owner.
pub(super) fn of_owner(owner: &str) -> String {
    Address::of(&[""]).with("owner", owner).to_string()
}

fn address(repository: &json::Repository, since: Option<&str>) -> String {
    Address::page("repositories", &repository.name).with_some("since", since).to_string()
}

/// The sum of rows.
fn total(rows: &[Row<'_>]) -> Sum {
    rows.iter().filter_map(|row| row.worse.as_ref()).fold(Sum::default(), |all, row| Sum {
        came: all.came + row.came,
        exploited: all.exploited + row.exploited,
        fixable: all.fixable + row.fixable,
        went: all.went + row.went,
        unknown: all.unknown + row.unknown,
        is_partial: all.is_partial || row.is_partial,
    })
}

fn levels(statistics: &json::Statistics) -> Vec<Level<'_>> {
    let all = statistics.images.max(1);
    let known = limpid_model::Severity::WORST_FIRST.into_iter().filter_map(|severity| {
        let images = *statistics.by_worst_severity.get(severity.as_str()).filter(|images| **images > 0)?;
        Some((severity.as_str(), images))
    });
    let mut seen = 0;
    let mut out: Vec<Level<'_>> = Vec::new();
    for (name, images) in known {
        let x = seen * BAR / all;
        seen += images;
        out.push(Level { name, images, x, width: (seen * BAR / all).saturating_sub(x).max(2) });
    }
    out
}

fn csv(repositories: &[json::Repository]) -> Answer {
    let rows = repositories.iter().map(|repository| {
        [
            repository.name.clone(),
            repository.owner.clone().unwrap_or_default(),
            repository.tags.to_string(),
            repository.images.to_string(),
            repository.last_indexed.clone().unwrap_or_default(),
            count(repository, |it| it.vulnerabilities),
            count(repository, |it| it.findings),
            count(repository, |it| it.exploited),
            count(repository, |it| it.fixable),
            count(repository, |it| it.not_judged),
        ]
    });
    let names = [
        "repository",
        "owner",
        "tags",
        "images",
        "last-indexed",
        "vulnerabilities",
        "findings",
        "exploited",
        "fixable",
        "not-judged",
    ];
    let text = table::csv(names, rows);
    Answer::Csv { name: "repositories".to_owned(), text }
}

/// A count of a repository; nothing where it was not made yet.
fn count(repository: &json::Repository, of: fn(&json::RepositorySummary) -> u64) -> String {
    repository.summary.as_ref().map(|summary| of(summary).to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::testing::{Fake, HOSTILE, assert_harmless, html, request};

    fn repositories(text: &str) -> Value {
        json!({ "next": text, "repositories": [
            { "name": text, "owner": null, "tags": 3, "images": 2, "last_indexed": "2026-11-29T01:02:03Z", "summary": {
                "images": 2, "not_judged": 1, "vulnerabilities": 7, "findings": 11, "by_severity": {}, "exploited": 3,
                "fixable": 5, "exploited_fixable": 2, "overdue": 4, "counted_at": "2026-11-29T01:02:03Z", "current": true,
            } },
            { "name": "shop/web", "owner": null, "tags": 1, "images": 1, "last_indexed": null, "summary": null },
        ], "partial": true })
    }

    fn feed(text: &str) -> Value {
        json!({ "feeds": [{
            "name": text, "plugin": null, "read_by": null, "revision": 1, "advisories": 7, "running": false,
            "last_success": "2026-11-29T01:02:03Z", "age": 60, "last_failure": null, "last_failure_reason": text,
            "last_run": null, "failing_since": "2026-11-28T00:00:00Z", "failures": 2, "next_run": null, "absent": [],
            "rejected": 0, "rejections": [], "sources": [],
        }] })
    }

    fn api(text: &str) -> Fake {
        Fake::default()
            .with("/v1/repositories?limit=50&sort=exploited", repositories(text))
            .with("/v1/feeds", feed(text))
    }

    fn statistics() -> Value {
        json!({
            "images": 10, "by_worst_severity": { "critical": 4, "low": 3, "high": 0 }, "unaffected": 2, "not_judged": 1,
            "exploited": 2, "fixable": 5, "wholly_fixable": 1,
            "oldest_unfixed": { "vulnerability": "CVE-1", "published": "2020-01-01" },
            "counted_at": "2026-01-02T03:04:05Z", "current": true,
        })
    }

    #[test]
    fn figures_are_those_of_the_api_and_add_up() {
        let page = html(show(&api("x").with("/v1/statistics?at_once=true", statistics()), &request("/", "")));
        for part in [
            "<dt>images</dt><dd>10</dd>",
            "<dt>not judged</dt><dd>1</dd>",
            "<strong>4</strong>",
            "<strong>3</strong>",
            "/vulnerabilities/CVE-1",
            "/repositories/shop/web",
            "1 of 1 feeds fails",
            "<b>7</b> vulnerabilities, <b>11</b> findings",
            "3 exploited",
            "<b>5</b> fixable",
            "<b>1</b> not judged",
            "<b>4</b> overdue",
            "not counted yet",
            "Counts are still being made",
        ] {
            assert!(page.contains(part), "{part}: {page}");
        }
        assert!(!page.contains("sev high"), "nothing is shown of what is not there");
    }

    #[test]
    fn what_got_worse_since_a_day_is_the_sum_of_rows_and_exploited_is_first() {
        let tags = |digest: &str| {
            json!({ "next": null, "tags": [{
            "tag": "1", "digest": null, "since": "x", "indexed_at": "x", "previous": null,
            "images": [{
                "digest": digest, "platform": { "os": "x", "architecture": "x", "variant": null }, "created": null,
                "findings": 1, "by_severity": {}, "change": null,
            }],
        }] })
        };
        let report = |findings: Value| json!({ "summary": { "packages": 1, "judged": 1, "complete": true }, "findings": findings });
        let finding = |name: &str, exploited: Value| json!({ "fingerprint": name, "vulnerability": name, "fixed_version": "2", "exploited": exploited });
        let api = Fake::default()
            .with("/v1/repositories?limit=10&sort=exploited", repositories("a"))
            .with("/v1/feeds", feed("x"))
            .with("/v1/repositories/a/tags?limit=5", tags("sha256:a"))
            .with("/v1/repositories/shop%2Fweb/tags?limit=5", tags("sha256:b"))
            .with(
                "/v1/images/sha256:a/report",
                report(json!([finding("1", Value::Null), finding("2", Value::Null)])),
            )
            .with("/v1/images/sha256:b/report", report(json!([finding("3", json!({}))])))
            .with("/v1/images/sha256:a/report?as-of=2026-11-23T00:00:00Z", report(json!([])))
            .with(
                "/v1/images/sha256:b/report?as-of=2026-11-23T00:00:00Z",
                report(json!([finding("4", json!({}))])),
            );
        let page = html(show(&api, &request("/", "since=2026-11-23")));
        for part in
            ["<dt>came</dt><dd>3</dd>", "<dt>of them exploited</dt><dd>1</dd>", "<dt>went</dt><dd>1</dd>"]
        {
            assert!(page.contains(part), "{part}: {page}");
        }
        let place =
            |name: &str| page.find(&format!("href=\"/repositories/{name}?since=2026-11-23\"")).unwrap();
        assert!(place("shop/web") < place("a"), "{page}");
    }

    #[test]
    fn a_trend_is_shown_to_whoever_asks_for_it() {
        let trend = json!({ "since": "2026-11-20T00:00:00Z", "days": [
            { "day": "2026-11-28", "images": 2, "not_judged": 0, "vulnerabilities": 2, "findings": 4, "exploited": 1 },
            { "day": "2026-11-29", "images": 2, "not_judged": 1, "vulnerabilities": 1, "findings": 2, "exploited": 0 },
        ] });
        let api = api("x").with("/v1/statistics/trend?days=30", trend);
        let page = html(show(&api, &request("/", "trend=30")));
        for part in ["2026-11-28: 4 findings, 1 exploited", "height=\"80\"", "2026-11-20"] {
            assert!(page.contains(part), "{part}: {page}");
        }
        assert!(!html(show(&api, &request("/", ""))).contains("4 findings"));
    }

    #[test]
    fn repositories_are_sorted_as_is_asked() {
        let api = Fake::default()
            .with("/v1/feeds", feed("x"))
            .with("/v1/repositories?limit=50&sort=name", repositories("by-name"));
        assert!(html(show(&api, &request("/", "sort=name"))).contains("by-name"));
        assert_eq!(show(&api, &request("/", "sort=colour")).unwrap_err().status, 400);
    }

    #[test]
    fn repositories_of_an_owner_are_shown_alone_and_each_leads_to_its_owner() {
        let mut theirs = repositories("shop/cart");
        theirs["repositories"][0]["owner"] = json!("shop team");
        let address = "/v1/repositories?limit=50&sort=exploited&owner=shop%20team";
        let owners = json!({ "owners": [
            { "name": "platform", "repositories": ["base/*"] }, { "name": "shop team", "repositories": ["shop/*"] },
        ] });
        let api = Fake::default()
            .with("/v1/feeds", feed("x"))
            .with("/v1/owners", owners)
            .with(address, theirs)
            .with(
                "/v1/repositories?limit=50&sort=exploited&owner=nobody",
                json!({ "next": null, "repositories": [], "partial": false }),
            );
        let page = html(show(&api, &request("/", "owner=shop team")));
        for part in [
            "<option value=\"shop team\" selected>",
            "<option value=\"platform\">",
            "href=\"/?owner=shop%20team\"",
            "owner=shop%20team&#38;after=",
        ] {
            assert!(page.contains(part), "{part}: {page}");
        }
        let csv = show(&api, &request("/", "owner=shop team&format=csv")).unwrap();
        assert!(
            matches!(&csv, Answer::Csv { text, .. } if text.contains("shop/cart,shop team,3")),
            "{csv:?}"
        );
        let nobody = html(show(&api, &request("/", "owner=nobody")));
        assert!(
            nobody.contains("No repository is theirs") && nobody.contains("nobody\" selected"),
            "{nobody}"
        );
    }

    #[test]
    fn whoever_sees_some_repositories_only_is_told_so() {
        let api = Fake::default().with("/v1/feeds", feed("x"));
        let page = html(show(&api, &request("/", "")));
        assert!(page.contains("bound to repositories"), "{page}");
    }

    #[test]
    fn texts_of_others_are_text() {
        for text in HOSTILE.iter().copied().chain(["x".repeat(4_096).as_str()]) {
            let page = html(show(&api(text), &request("/", "")));
            assert_harmless(&page);
            assert!(page.len() < 60_000, "{}", page.len());
        }
        let csv = show(&api("=1+1"), &request("/", "format=csv")).unwrap();
        assert!(
            matches!(&csv, Answer::Csv { text, .. } if text.contains("'=1+1,,3,2,2026-11-29T01:02:03Z,7,11,3,5,1")),
            "{csv:?}"
        );
    }
}
