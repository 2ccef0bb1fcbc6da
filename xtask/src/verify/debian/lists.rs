//! Who is affected by the lists of DSA and DLA, by walking all of both for each package.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use anyhow::{Context as _, bail};

use super::dpkg::{Installed, Orders, order_of};

/// What one advisory fixes of a release.
struct Fix<'a> {
    source: &'a str,
    version: &'a str,
    vulnerabilities: Vec<&'a str>,
}

/// The findings of an image, one row each.
pub(super) fn findings(
    lists: &[String],
    suite: &str,
    installed: &[Installed],
) -> anyhow::Result<Vec<String>> {
    let mut fixes = Vec::new();
    for list in lists {
        fixes.extend(fixes_of(list, suite)?);
    }
    let of_package = |package: &'_ Installed| {
        let source = package.source.clone();
        fixes.iter().filter(move |fix| fix.source == source)
    };
    let pair = |package: &Installed, fix: &Fix<'_>| (package.source_version.clone(), fix.version.to_owned());
    let pairs = installed.iter().flat_map(|package| of_package(package).map(|fix| pair(package, fix)));
    let orders = Orders::of(pairs.collect::<Vec<_>>())?;
    let mut rows = Vec::new();
    for package in installed {
        // Where several advisories fix a vulnerability, only the last leaves nothing of it.
        let mut last: BTreeMap<&str, &str> = BTreeMap::new();
        let below = of_package(package).filter(|fix| orders.is_less(&package.source_version, fix.version));
        for fix in below {
            for vulnerability in &fix.vulnerabilities {
                let known = last.entry(vulnerability).or_insert(fix.version);
                if order_of(known, fix.version)? == Ordering::Less {
                    *known = fix.version;
                }
            }
        }
        let Installed { name, version, .. } = package;
        rows.extend(
            last.iter().map(|(id, fixed)| format!("{id} {name} {version} affected fixed in {fixed}")),
        );
    }
    Ok(rows)
}

/// What a list says of a release.
fn fixes_of<'a>(list: &'a str, suite: &str) -> anyhow::Result<Vec<Fix<'a>>> {
    let (mut fixes, mut vulnerabilities) = (Vec::new(), Vec::new());
    for line in list.lines() {
        if line.starts_with('[') {
            let (_, rest) = line.split_once("] ").with_context(|| format!("`{line}` begins no advisory"))?;
            let (id, title) = rest.split_once(' ').unwrap_or((rest, ""));
            // What only corrects another, or brings time zones, is about no vulnerability where it names none.
            let is_about_none = !id.ends_with("-1") || title.ends_with("new timezone database");
            vulnerabilities = if is_about_none { Vec::new() } else { vec![id] };
        } else if let Some(names) = line.trim().strip_prefix('{') {
            vulnerabilities = names.trim_end_matches('}').split_whitespace().collect();
        } else if let Some(stated) = line.trim().strip_prefix(&format!("[{suite}] - ")) {
            let [source, version] = stated.split_whitespace().collect::<Vec<_>>()[..] else {
                bail!("`{line}` says more than a fix");
            };
            if !version.starts_with(|first: char| first.is_ascii_digit()) {
                bail!("`{line}` names no version");
            }
            fixes.push(Fix { source, version, vulnerabilities: vulnerabilities.clone() });
        }
    }
    Ok(fixes)
}
