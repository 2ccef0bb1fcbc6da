//! Documents as tables for people.

use std::collections::BTreeSet;

use comfy_table::{Cell, ContentArrangement, Table, presets};
use limpid_server::api;

/// The report of an image: what is known, what is missing, and the findings.
pub(crate) fn report(report: &api::Report) -> String {
    let summary = &report.summary;
    let mut out = heading(&report.image, report.coverage.distribution.as_ref());
    if !report.findings.is_empty() {
        let header = ["severity", "vulnerability", "package", "installed", "fixed in", "status", "layer"];
        out.push_str(&table(&header, report.findings.iter().map(finding_row)));
        out.push('\n');
    }
    let severities: Vec<_> = limpid_model::Severity::WORST_FIRST
        .iter()
        .filter_map(|severity| {
            let count = summary.by_severity.get(severity.as_str()).copied().unwrap_or(0);
            (count > 0).then(|| format!("{count} {}", severity.as_str()))
        })
        .collect();
    let detail = if severities.is_empty() { String::new() } else { format!(" ({})", severities.join(", ")) };
    let vulnerabilities: BTreeSet<_> = report.findings.iter().map(|finding| &finding.vulnerability).collect();
    out.push_str(&format!(
        "{} of {}{detail}, {} with a fix; {} of {} packages could be judged\n",
        count(summary.findings, "finding", "findings"),
        count(vulnerabilities.len(), "vulnerability", "vulnerabilities"),
        summary.fixable,
        summary.judged,
        summary.packages,
    ));
    if !report.coverage.gaps.is_empty() {
        out.push_str("This is not the whole truth:\n");
        for gap in &report.coverage.gaps {
            out.push_str(&format!("  - {}\n", gap.message));
        }
    }
    for note in &report.coverage.notes {
        out.push_str(&format!("Layer {} was read all the same: {}\n", note.index, note.message));
    }
    out
}

/// Why a vulnerability concerns an image, or why it does not.
pub(crate) fn explanation(explanation: &api::Explanation) -> String {
    let verdict = match explanation.concerned {
        Some(true) => "affects",
        Some(false) => "does not affect",
        None => "cannot be said to affect, or not to affect,",
    };
    let mut out = format!("{} {verdict} {}\n", explanation.vulnerability, explanation.image);
    let rows = explanation.verdicts.iter().map(|it| {
        let package = it.package.as_ref().map(|name| {
            let version = it.version.as_deref().unwrap_or_default();
            format!("{name} {version}")
        });
        vec![
            it.outcome.to_owned(),
            package.unwrap_or_default(),
            it.why.clone(),
            it.advisory.clone(),
            it.namespace.clone(),
            it.feed.clone(),
        ]
    });
    out.push_str(&table(&["outcome", "package", "why", "advisory", "namespace", "feed"], rows));
    out.push('\n');
    out
}

/// The packages of an image.
pub(crate) fn packages(inventory: &api::Inventory) -> String {
    let mut out = heading(&inventory.image, inventory.distribution.as_ref());
    let rows = inventory.packages.iter().map(|package| {
        vec![
            package.name.clone(),
            package.version.clone(),
            package.arch.clone().unwrap_or_default(),
            layer(&package.layer),
        ]
    });
    out.push_str(&table(&["package", "version", "arch", "layer"], rows));
    out.push_str(&format!("\n{}\n", count(inventory.packages.len(), "package", "packages")));
    out
}

/// The subscriptions, and how their deliveries go.
pub(crate) fn subscriptions(subscriptions: &[api::Subscription]) -> String {
    let rows = subscriptions.iter().map(|subscription| {
        let wanted = &subscription.wanted;
        let target = wanted.webhook.as_ref().map(|webhook| &webhook.url);
        let target = target.or(wanted.amqp.as_ref().map(|amqp| &amqp.url));
        vec![
            subscription.name.clone(),
            target.map(|url| api::without_credentials(url)).unwrap_or_default(),
            if wanted.enabled { "enabled" } else { "disabled" }.to_owned(),
            subscription.pending.to_string(),
            subscription.oldest_pending.clone().unwrap_or_default(),
            subscription.failure.clone().unwrap_or_default(),
        ]
    });
    table(&["subscription", "target", "state", "pending", "oldest", "last failure"], rows)
}

/// The feeds and what is held of each, and below what went wrong.
pub(crate) fn feeds(feeds: &[api::Feed]) -> String {
    let rows = feeds.iter().map(|feed| {
        let next = if feed.running { Some("now".to_owned()) } else { feed.next_run.clone() };
        vec![
            feed.name.clone(),
            feed.revision.to_string(),
            feed.advisories.to_string(),
            feed.sources.len().to_string(),
            feed.rejected.to_string(),
            feed.age.map_or_else(|| "never".to_owned(), age),
            feed.failing_since.clone().unwrap_or_default(),
            next.unwrap_or_default(),
        ]
    });
    let header =
        ["feed", "revision", "advisories", "sources", "rejected", "up to date", "failing since", "next run"];
    let mut out = table(&header, rows);
    for feed in feeds {
        if let (Some(at), Some(why)) = (&feed.last_failure, &feed.last_failure_reason) {
            out.push_str(&format!("\n{} failed at {at}: {why}", feed.name));
        }
        for rejection in feed.rejections.iter().take(5) {
            out.push_str(&format!("\n{} rejected {}: {}", feed.name, rejection.id, rejection.reason));
        }
    }
    out
}

/// How long ago something was, roughly.
fn age(seconds: u64) -> String {
    let units = [(86_400, "day", "days"), (3_600, "hour", "hours"), (60, "minute", "minutes")];
    match units.iter().find(|(length, ..)| seconds >= *length) {
        Some((length, one, many)) => {
            let number = usize::try_from(seconds / length).unwrap_or(usize::MAX);
            format!("{} ago", count(number, one, many))
        }
        None => "just now".to_owned(),
    }
}

/// What came of fetching feeds.
pub(crate) fn runs(runs: &[api::Run]) -> String {
    let rows = runs.iter().map(|run| {
        let counts = [run.taken, run.unchanged, run.added, run.changed, run.withdrawn, run.rejected];
        let state = if run.complete { "up to date" } else { "incomplete" };
        let texts = [run.feed.clone(), state.to_owned()].into_iter();
        texts.chain(counts.iter().map(ToString::to_string)).collect()
    });
    let header = ["feed", "state", "taken in", "unchanged", "added", "changed", "withdrawn", "rejected"];
    let mut out = table(&header, rows);
    for run in runs {
        for absent in run.absent.iter().take(5) {
            out.push_str(&format!("\n{}: `{}` is not there: {}", run.feed, absent.source, absent.reason));
        }
    }
    out
}

/// What came of documents that were taken in.
pub(crate) fn taken(taken: &[api::Taken]) -> String {
    let rows = taken.iter().map(|taken| {
        let counts = [taken.advisories, taken.added, taken.changed, taken.withdrawn, taken.rejected];
        let counts = counts.iter().map(ToString::to_string);
        [taken.feed.clone(), taken.source.clone()].into_iter().chain(counts).collect()
    });
    let header = ["feed", "source", "advisories", "added", "changed", "withdrawn", "rejected"];
    let mut out = table(&header, rows);
    for rejection in taken.iter().flat_map(|taken| taken.rejections.iter().take(5)) {
        out.push_str(&format!("\nrejected: {}: {}", rejection.id, rejection.reason));
    }
    out
}

/// What came of a bundle.
pub(crate) fn imported(imported: &api::Imported) -> String {
    let rows = imported.feeds.iter().map(|feed| {
        let counts = [
            feed.revision,
            feed.taken,
            feed.unchanged,
            feed.added,
            feed.changed,
            feed.withdrawn,
            feed.rejected,
        ];
        std::iter::once(feed.feed.clone()).chain(counts.iter().map(ToString::to_string)).collect()
    });
    let header = ["feed", "revision", "taken", "unchanged", "added", "changed", "withdrawn", "rejected"];
    let mut out = table(&header, rows);
    for feed in &imported.feeds {
        for (what, failed) in [("refused", &feed.refused), ("not in the bundle", &feed.missing)] {
            for api::Failed { source, reason } in failed.iter().take(20) {
                out.push_str(&format!("\n{what}: {} {source}: {reason}", feed.feed));
            }
        }
    }
    out
}

/// The plugins, and files that were refused.
pub(crate) fn plugins(plugins: &api::Plugins) -> String {
    let rows = plugins.plugins.iter().map(|plugin| {
        let digest: String = plugin.id.digest.chars().skip("sha256:".len()).take(12).collect();
        vec![
            plugin.id.name.clone(),
            plugin.id.version.clone(),
            plugin.roles.join(", "),
            digest,
            plugin.description.clone().unwrap_or_default(),
        ]
    });
    let mut out = table(&["plugin", "version", "roles", "digest", "description"], rows);
    for refused in &plugins.refused {
        out.push_str(&format!("\nrefused: {}: {}", refused.file, refused.reason));
    }
    out
}

fn heading(image: &api::Image, distribution: Option<&api::Distribution>) -> String {
    let name = image.names.first().map(|name| format!("{name} ")).unwrap_or_default();
    let distribution = distribution.map_or("unknown distribution", |known| &known.pretty_name);
    let platform = &image.platform;
    let layers = count(image.layers.len(), "layer", "layers");
    format!("{name}{}\n{distribution}, {}/{}, {layers}\n", image.digest, platform.os, platform.architecture)
}

fn finding_row(finding: &api::Finding) -> Vec<String> {
    vec![
        finding.severity.level.to_owned(),
        finding.vulnerability.clone(),
        finding.package.name.clone(),
        finding.package.version.clone(),
        finding.fixed_version.clone().unwrap_or_default(),
        finding.status.to_owned(),
        layer(&finding.package.layer),
    ]
}

fn layer(layer: &api::LayerRef) -> String {
    let command = layer.created_by.as_deref().unwrap_or_default();
    let command: String = command.chars().map(|c| if c.is_control() { ' ' } else { c }).take(48).collect();
    format!("{} {}", layer.index, command).trim_end().to_owned()
}

fn table(header: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(header.iter().map(|title| Cell::new(title.to_uppercase())));
    for row in rows {
        // What an image or an advisory says must not reach the terminal as a control sequence.
        table.add_row(
            row.into_iter().map(|text| text.chars().filter(|c| !c.is_control()).collect::<String>()),
        );
    }
    table.to_string()
}

fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
