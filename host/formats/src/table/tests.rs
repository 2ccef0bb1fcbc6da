//! Reports as people see them, compared with `golden/CASE/`: `report.json` as `limpid scan --format json`
//! prints one, and beside it what a pipe and terminals of two widths show. `LIMPID_UPDATE_GOLDEN=1`
//! writes these anew, to be reviewed as a difference.

use std::fs;
use std::path::{Path, PathBuf};

use limpid_model::Severity;

use crate::json as api;

use super::*;
use crate::FindingFilter as Filter;

const PIPE: Look = Look { width: None, colours: false, links: false };

const fn terminal(width: usize) -> Look {
    Look { width: Some(width), colours: false, links: false }
}

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden")
}

fn cases() -> Vec<(PathBuf, api::Report)> {
    let folders = fs::read_dir(golden()).unwrap().map(|entry| entry.unwrap().path());
    let read = |folder: PathBuf| {
        let text = fs::read_to_string(folder.join("report.json")).unwrap();
        let report =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        (folder, report)
    };
    let mut cases: Vec<_> = folders.filter(|path| path.is_dir()).map(read).collect();
    cases.sort_by(|(a, _), (b, _)| a.cmp(b));
    assert!(!cases.is_empty());
    cases
}

fn shown(report: &api::Report, look: Look, filter: &Filter) -> String {
    let mut page = Page::new(look);
    let hints = Hints { any_advisories: !report.coverage.sources.is_empty() };
    super::report(&mut page, report, filter, hints);
    page.into_text()
}

#[test]
fn reports_look_as_they_were_reviewed() {
    let looks = [
        ("pipe.txt", PIPE),
        ("terminal-80.txt", terminal(80)),
        ("terminal-160.txt", terminal(160)),
        ("colours.txt", Look { width: Some(120), colours: true, links: true }),
    ];
    let mut differ = Vec::new();
    for (folder, report) in cases() {
        for (name, look) in looks {
            let (path, found) = (folder.join(name), shown(&report, look, &Filter::default()));
            if std::env::var_os("LIMPID_UPDATE_GOLDEN").is_some_and(|value| value == "1") {
                fs::write(&path, found).unwrap();
            } else if fs::read_to_string(&path).ok().as_ref() != Some(&found) {
                differ.push(format!("{}:\n{found}", path.display()));
            }
        }
    }
    assert!(differ.is_empty(), "LIMPID_UPDATE_GOLDEN=1 writes these anew:\n{}", differ.join("\n"));
}

/// Whatever somebody may copy stands in one piece, however narrow the terminal is.
#[test]
fn no_identifier_or_version_is_broken() {
    for (folder, report) in cases() {
        for look in [PIPE, terminal(20), terminal(80), terminal(160)] {
            let shown = shown(&report, look, &Filter::default());
            for finding in &report.findings {
                let source = finding.package.source_version.as_deref();
                let texts = [Some(finding.vulnerability.as_str()), finding.fixed_version.as_deref(), source];
                for text in texts.into_iter().flatten() {
                    assert!(shown.contains(text), "{}: {look:?} lacks {text}", folder.display());
                }
            }
        }
    }
}

/// A program finds each column in its place: all of them are in each line, and none but the last holds
/// a space.
#[test]
fn a_pipe_has_every_finding_in_stable_columns() {
    for (folder, report) in cases().into_iter().filter(|(_, report)| !report.findings.is_empty()) {
        let shown = shown(&report, PIPE, &Filter::default());
        let mut lines = shown.lines().skip_while(|line| !line.starts_with("SEVERITY "));
        let header: Vec<_> = lines.next().unwrap().split_whitespace().collect();
        let rows: Vec<Vec<_>> =
            lines.take_while(|line| !line.is_empty()).map(|line| line.split_whitespace().collect()).collect();
        let column = |name: &str| header.iter().position(|title| *title == name).unwrap();
        let (id, affects, path) = (column("VULNERABILITY"), column("AFFECTS"), column("PATH"));
        for finding in &report.findings {
            let row = rows.iter().find(|row| {
                row[id] == finding.vulnerability
                    && row[affects].split(',').any(|name| name == finding.package.name)
                    && row[path].split(',').any(|path| path == finding.package.path)
            });
            let row =
                row.unwrap_or_else(|| panic!("{}: {} is not there", folder.display(), finding.vulnerability));
            assert!(row.len() >= header.len(), "{row:?}");
        }
    }
}

#[test]
fn a_filter_says_what_it_hides_and_lets_pass_what_nobody_rated() {
    for (_, report) in cases() {
        let all = report.findings.len();
        let is_unrated = |finding: &api::Finding| finding.severity.level == "unknown";
        let unrated = report.findings.iter().filter(|finding| is_unrated(finding)).count();
        let severe = |finding: &api::Finding| ["critical", "high"].contains(&finding.severity.level.as_ref());
        let severe = report.findings.iter().filter(|finding| severe(finding)).count();

        let text = shown(&report, PIPE, &Filter { severity: Some(Severity::High), ..Filter::default() });
        let stated = format!("--severity high: {} of {all} findings hidden", all - severe - unrated);
        assert!(text.contains(&stated), "{text}");
        assert_eq!(text.contains("(`--rated` hides them)"), unrated > 0, "{text}");

        let mut rest = report.clone();
        Filter { severity: Some(Severity::High), rated: true, ..Filter::default() }.apply(&mut rest).unwrap();
        assert_eq!((rest.findings.len(), rest.summary.findings), (severe, all));
        let mut fixable = report.clone();
        Filter { fixable: true, ..Filter::default() }.apply(&mut fixable).unwrap();
        assert_eq!(fixable.findings.len(), report.summary.fixable);
        let mut same = report;
        assert!(Filter::default().apply(&mut same).is_none() && same.findings.len() == all);
    }
}
