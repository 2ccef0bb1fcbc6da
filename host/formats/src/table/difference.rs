use super::grid::{Grid, Last};
use super::look::Tone;
use super::name_of;
use super::page::{Page, Piece};
use super::report::{of_severity, suppressed_row};
use crate::json as api;

/// Stands for what is not known.
const NOTHING: &str = "-";

/// In what two images differ, which somebody asked for by these texts.
pub fn difference(page: &mut Page, difference: &api::Difference, asked: [&str; 2]) {
    let [before, after] = asked;
    for (side, image, asked) in [("before", &difference.before, before), ("after", &difference.after, after)]
    {
        let mut pieces = vec![
            Piece::new(Tone::Faint, format!("{side:<7}")),
            Piece::new(Tone::Strong, called(image, asked)),
        ];
        if let Some(name) = other_name(image, asked) {
            pieces.push(Piece::from(format!("  {name}")));
        }
        pieces.push(Piece::new(Tone::Faint, format!("  {}", image.digest)));
        page.line(&pieces);
    }
    page.blank();
    if difference.is_empty() {
        let known = if difference.doubts.is_empty() { "" } else { " as far as is known" };
        page.line(&[format!("No package and no finding differs{known}").into()]);
    }
    packages(page, &difference.packages);
    findings(page, &difference.findings);
    decided(page, &difference.findings);
    if difference.doubts.is_empty() {
        return;
    }
    page.blank();
    page.line(&[Piece::new(Tone::Strong, "This comparison is not complete:")]);
    for doubt in &difference.doubts {
        page.sentence(&format!("  - {}: ", doubt.of), Tone::Plain, &doubt.message);
    }
}

/// What an image is called for somebody who asked for it so: an image may have several names, and files have others.
fn called<'a>(image: &'a api::Image, asked: &'a str) -> &'a str {
    if is_digest(image, asked) { name_of(&image.names, &image.digest) } else { asked }
}

/// A name of the image, where what was asked for says nothing of it.
fn other_name<'a>(image: &'a api::Image, asked: &str) -> Option<&'a String> {
    let says = |name: &String| asked.ends_with(name.as_str()) || name.ends_with(&format!("/{asked}"));
    image.names.first().filter(|_| !is_digest(image, asked) && !image.names.iter().any(says))
}

/// Whether it is the digest of the image, or of its manifest, or the beginning of one.
fn is_digest(image: &api::Image, asked: &str) -> bool {
    let digits = asked.strip_prefix("sha256:").unwrap_or(asked).to_ascii_lowercase();
    let begins = |digest: &String| {
        digest.strip_prefix("sha256:").is_some_and(|all| !digits.is_empty() && all.starts_with(&digits))
    };
    begins(&image.digest) || image.manifests.iter().any(begins)
}

fn packages(page: &mut Page, packages: &api::PackageDifference) {
    let api::PackageDifference { added, removed, changed } = packages;
    if added.is_empty() && removed.is_empty() && changed.is_empty() {
        return;
    }
    let title = format!(
        "Packages: {} added, {} removed, {} of another version",
        added.len(),
        removed.len(),
        changed.len()
    );
    page.line(&[Piece::new(Tone::Strong, title)]);
    let mut grid = Grid::default().indented(2).with_last(Last::Cut);
    let mut row = |sign: &str, name: &str, version: String, path: &str| {
        grid.row([
            Piece::from(sign),
            Piece::new(Tone::Strong, name),
            Piece::from(version),
            Piece::new(Tone::Faint, path),
        ]);
    };
    for changed in changed {
        let versions = format!("{} -> {}", changed.from, changed.to);
        row("~", &changed.name, versions, &changed.package.path);
    }
    for (sign, packages) in [("+", added), ("-", removed)] {
        for package in packages {
            row(sign, &package.name, package.version.clone(), &package.path);
        }
    }
    page.grid(&grid);
}

/// What comes of decisions on findings, apart from what comes of packages and advisories.
fn decided(page: &mut Page, findings: &api::FindingDifference) {
    if findings.is_decided_alike() {
        return;
    }
    page.blank();
    page.line(&[Piece::new(Tone::Strong, "Suppressed findings:")]);
    for (title, all) in [
        ("counted before, suppressed after", &findings.suppressed),
        ("suppressed before, counted after", &findings.counted),
        ("added, and suppressed", &findings.added_suppressed),
        ("removed, and were suppressed", &findings.removed_suppressed),
    ] {
        if all.is_empty() {
            continue;
        }
        page.line(&[Piece::from(format!("  {} {title}", all.len()))]);
        let mut grid = Grid::default().indented(4).with_last(Last::Cut);
        all.iter().for_each(|suppressed| grid.row(suppressed_row(suppressed)));
        page.grid(&grid);
    }
}

fn findings(page: &mut Page, findings: &api::FindingDifference) {
    let api::FindingDifference { added, removed, changed, .. } = findings;
    if added.is_empty() && removed.is_empty() && changed.is_empty() {
        return;
    }
    page.blank();
    let title =
        format!("Findings: {} added, {} removed, {} changed", added.len(), removed.len(), changed.len());
    page.line(&[Piece::new(Tone::Strong, title)]);
    let mut grid = Grid::default().indented(2).with_last(Last::Cut);
    for (sign, tone, found) in [("+", Tone::Plain, added), ("-", Tone::Good, removed)] {
        for finding in found {
            grid.row(row(Piece::new(tone, sign), finding, fixed(finding)));
        }
    }
    for pair in changed {
        let (before, after) = (&pair.before, &pair.after);
        let parts = [
            (before.severity.level.to_string(), after.severity.level.to_string()),
            (before.status.to_string(), after.status.to_string()),
            (fixed(before), fixed(after)),
        ];
        let parts = parts.into_iter().filter(|(before, after)| before != after);
        let what: Vec<_> = parts.map(|(before, after)| format!("{before} -> {after}")).collect();
        grid.row(row(Piece::from("~"), after, what.join(", ")));
    }
    page.grid(&grid);
}

fn row(sign: Piece, finding: &api::Finding, what: String) -> [Piece; 6] {
    [
        sign,
        of_severity(&finding.severity.level, &finding.severity.level),
        Piece::new(Tone::Strong, &finding.vulnerability),
        Piece::from(&finding.package.name),
        Piece::from(&finding.package.version),
        Piece::from(what),
    ]
}

fn fixed(finding: &api::Finding) -> String {
    finding.fixed_version.as_ref().map_or_else(|| NOTHING.to_owned(), |version| format!("fixed in {version}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::table::Look;

    #[test]
    fn an_image_is_called_as_it_was_asked_for() {
        let digest = format!("sha256:{}", "ab".repeat(32));
        let image = |names: &[&str]| {
            json!({
                "digest": digest, "manifests": [], "names": names, "created": null, "labels": {}, "layers": [],
                "platform": { "os": "linux", "architecture": "amd64", "variant": null },
            })
        };
        let check = |asked: &str, names: &[&str], expected: &str| {
            let none = json!({ "added": [], "removed": [], "changed": [] });
            let findings = json!({
                "added": [], "removed": [], "changed": [], "suppressed": [], "counted": [],
                "added_suppressed": [], "removed_suppressed": [],
            });
            let difference = json!({
                "before": image(names), "after": image(&["other:1"]), "packages": none, "findings": findings,
                "doubts": [],
            });
            let difference: api::Difference = serde_json::from_value(difference).unwrap();
            let mut page = Page::new(Look { width: None, colours: false, links: false });
            super::difference(&mut page, &difference, [asked, "other:1"]);
            let text = page.into_text();
            assert_eq!(text.lines().next(), Some(format!("before {expected}  {digest}").as_str()), "{text}");
        };
        let names = ["shop/base:1", "r.example/shop/web:2"];
        check("r.example/shop/web:2", &names, "r.example/shop/web:2");
        check("shop/web:2", &names, "shop/web:2");
        check("docker-archive:all.tar:shop/base:1", &names, "docker-archive:all.tar:shop/base:1");
        check("all.tar", &names, "all.tar  shop/base:1");
        check("all.tar", &[], "all.tar");
        check(&digest, &names, "shop/base:1");
        check("ababababab12", &[], "ababababab12");
        check("abababababab", &names, "shop/base:1");
    }
}
