//! Who is concerned by the security tracker's `data/json`, by walking all of it for each package.

use anyhow::bail;
use serde_json::Value;

use super::dpkg::{Installed, Orders};
use super::word;

/// What one entry says of one release.
struct Said<'a> {
    id: &'a str,
    package: &'a Installed,
    release: &'a Value,
}

/// The findings of an image, one row each.
pub(super) fn findings(
    document: &Value,
    suite: &str,
    installed: &[Installed],
) -> anyhow::Result<Vec<String>> {
    let said = said(document, suite, installed);
    let fixes = said.iter().filter_map(|said| {
        let fixed = said.release.get("fixed_version")?.as_str()?;
        (fixed != "0").then(|| (said.package.source_version.clone(), fixed.to_owned()))
    });
    let orders = Orders::of(fixes)?;
    let mut rows = Vec::new();
    for said in &said {
        if let Some((status, fixed)) = judge(said, &orders)? {
            let Installed { name, version, .. } = said.package;
            rows.push(format!("{} {name} {version} {status} fixed in {fixed}", said.id));
        }
    }
    Ok(rows)
}

/// All that is said of the sources of the packages.
fn said<'a>(document: &'a Value, suite: &str, installed: &'a [Installed]) -> Vec<Said<'a>> {
    let mut all = Vec::new();
    for package in installed {
        let entries = document.get(&package.source).and_then(Value::as_object);
        for (id, entry) in entries.into_iter().flatten() {
            if let Some(release) = entry.get("releases").and_then(|releases| releases.get(suite)) {
                all.push(Said { id, package, release });
            }
        }
    }
    all
}

/// Status and fixed version, where the package is concerned.
fn judge<'a>(said: &Said<'a>, orders: &Orders) -> anyhow::Result<Option<(&'static str, &'a str)>> {
    let release = said.release;
    let fixed = word(release, "/fixed_version");
    Ok(match word(release, "/status") {
        "resolved" if fixed == "0" => None,
        "resolved" if orders.is_less(&said.package.source_version, fixed) => Some(("affected", fixed)),
        "resolved" => None,
        "undetermined" => Some(("under-investigation", "-")),
        "open" => Some((open(release), "-")),
        other => bail!("the tracker's document says `{other}` of {}", said.id),
    })
}

/// What the security team does about an open one.
fn open(release: &Value) -> &'static str {
    if word(release, "/urgency") == "end-of-life" {
        return "end-of-life";
    }
    match (release.get("nodsa_reason").and_then(Value::as_str), release.get("nodsa")) {
        (Some("ignored"), _) => "wont-fix",
        (Some("postponed" | ""), _) | (None, Some(_)) => "fix-deferred",
        _ => "affected",
    }
}
