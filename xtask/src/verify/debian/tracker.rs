//! Who is affected by the security tracker's `data/json`, by walking all of it for each package.

use anyhow::bail;
use serde_json::{Map, Value};

use super::dpkg::{Installed, Orders};
use super::word;

/// What one entry says of one release.
struct Stated<'a> {
    id: &'a str,
    package: &'a Installed,
    release: &'a Value,
    /// All releases of the entry.
    releases: &'a Map<String, Value>,
}

/// The findings of an image, one row each.
pub(super) fn findings(
    document: &Value,
    suite: &str,
    installed: &[Installed],
) -> anyhow::Result<Vec<String>> {
    let stated = stated(document, suite, installed);
    let fixes = stated.iter().flat_map(|stated| {
        let fixes = stated.releases.values().filter_map(|release| release.get("fixed_version")?.as_str());
        let fixes = fixes.filter(|fixed| *fixed != "0");
        fixes.map(|fixed| (stated.package.source_version.clone(), fixed.to_owned()))
    });
    let orders = Orders::of(fixes)?;
    let mut rows = Vec::new();
    for stated in &stated {
        if let Some((status, fixed)) = judge(stated, &orders)? {
            let Installed { name, version, .. } = stated.package;
            rows.push(format!("{} {name} {version} {status} fixed in {fixed}", stated.id));
        }
    }
    Ok(rows)
}

/// All that is stated of the sources of the packages.
fn stated<'a>(document: &'a Value, suite: &str, installed: &'a [Installed]) -> Vec<Stated<'a>> {
    let mut all = Vec::new();
    for package in installed {
        let entries = document.get(&package.source).and_then(Value::as_object);
        for (id, entry) in entries.into_iter().flatten() {
            let releases = entry.get("releases").and_then(Value::as_object);
            if let Some((releases, release)) = releases.and_then(|all| Some((all, all.get(suite)?))) {
                all.push(Stated { id, package, release, releases });
            }
        }
    }
    all
}

/// Status and fixed version, where the package is affected.
fn judge<'a>(stated: &Stated<'a>, orders: &Orders) -> anyhow::Result<Option<(&'static str, &'a str)>> {
    let release = stated.release;
    let fixed = word(release, "/fixed_version");
    if is_fixed_elsewhere(stated, orders) {
        return Ok(None);
    }
    Ok(match word(release, "/status") {
        "resolved" if fixed == "0" => None,
        "resolved" if orders.is_less(&stated.package.source_version, fixed) => Some(("affected", fixed)),
        "resolved" => None,
        "undetermined" => Some(("under-investigation", "-")),
        "open" => Some((open(release), "-")),
        other => bail!("the tracker's document says `{other}` of {}", stated.id),
    })
}

/// Whether unstable has the fix in a version that is not above this one, or another release has this very
/// version and says that it is fixed.
fn is_fixed_elsewhere(stated: &Stated<'_>, orders: &Orders) -> bool {
    let installed = &stated.package.source_version;
    let holds = |release: &Value| {
        release
            .pointer("/repositories")
            .and_then(Value::as_object)
            .is_some_and(|stored| stored.values().any(|version| version.as_str() == Some(installed)))
    };
    let is_its_own = holds(stated.release);
    stated.releases.iter().any(|(codename, release)| {
        let fixed = word(release, "/fixed_version");
        let is_resolved = word(release, "/status") == "resolved";
        let is_reached = is_resolved && fixed != "0" && !orders.is_less(installed, fixed);
        match codename.as_str() {
            "sid" => is_reached,
            _ => {
                !is_its_own
                    && is_resolved
                    && (fixed == installed || (holds(release) && (fixed == "0" || is_reached)))
            }
        }
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
