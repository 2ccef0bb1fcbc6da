use std::fmt::Write as _;

use serde_json::Value;

const TITLES: [&str; 6] = ["SEVERITY", "VULNERABILITY", "PACKAGE", "INSTALLED", "FIXED IN", "FROM LAYER"];

/// How much of a layer's command is shown.
const COMMAND_WIDTH: usize = 48;

/// A report of the API as a table for people: what was found, and how far that can be relied on.
pub(super) fn table(image: &str, report: &Value) -> String {
    let findings = report.get("findings").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let rows: Vec<[String; 6]> = findings.iter().map(row).collect();
    let mut text = format!("{image}: {}\n", summary(report, rows.len()));
    if !rows.is_empty() {
        let widths = widths(&rows);
        line(&mut text, &TITLES.map(String::from), &widths);
        for row in &rows {
            line(&mut text, row, &widths);
        }
    }
    for gap in report.pointer("/coverage/gaps").and_then(Value::as_array).into_iter().flatten() {
        // Writing to a string does not fail.
        let _ = writeln!(text, "coverage: {}", word(gap, "/message"));
    }
    text
}

fn summary(report: &Value, findings: usize) -> String {
    let distribution = word(report, "/coverage/distribution/pretty_name");
    let packages = report.pointer("/summary/packages").and_then(Value::as_u64).unwrap_or_default();
    format!("{distribution}, {packages} packages, {findings} findings")
}

fn row(finding: &Value) -> [String; 6] {
    let fixed = match (word(finding, "/fixed_version"), word(finding, "/status")) {
        ("-", "affected") => "-".to_owned(),
        ("-", status) => format!("({status})"),
        (version, _) => version.to_owned(),
    };
    [
        word(finding, "/severity/level").to_owned(),
        word(finding, "/vulnerability").to_owned(),
        word(finding, "/package/name").to_owned(),
        word(finding, "/package/version").to_owned(),
        fixed,
        command(word(finding, "/package/layer/created_by")),
    ]
}

/// What stands there, or a dash.
fn word<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or("-")
}

/// The command of a layer without what builders put around it.
fn command(created_by: &str) -> String {
    let mut text = created_by.trim();
    for prefix in ["RUN ", "/bin/sh -c ", "#(nop) "] {
        text = text.strip_prefix(prefix).unwrap_or(text).trim_start();
    }
    let text = text.strip_suffix("# buildkit").unwrap_or(text).trim_end();
    match text.char_indices().nth(COMMAND_WIDTH) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or(text)),
        None => text.to_owned(),
    }
}

fn widths(rows: &[[String; 6]]) -> [usize; 6] {
    let mut widths = TITLES.map(str::len);
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    widths
}

fn line(text: &mut String, cells: &[String; 6], widths: &[usize; 6]) {
    let mut line = String::new();
    for (cell, width) in cells.iter().zip(widths) {
        // Writing to a string does not fail.
        let _ = write!(line, "{cell:width$}  ");
    }
    text.push_str(line.trim_end());
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_report_becomes_a_table() {
        let report = json!({
            "findings": [
                {
                    "vulnerability": "CVE-2024-6119",
                    "status": "affected",
                    "severity": { "level": "high" },
                    "fixed_version": "3.0.14-1~deb12u2",
                    "package": {
                        "name": "libssl3",
                        "version": "3.0.13-1~deb12u1",
                        "layer": { "created_by": "RUN /bin/sh -c apt-get upgrade # buildkit" },
                    },
                },
                {
                    "vulnerability": "CVE-2023-45853",
                    "status": "wont-fix",
                    "severity": { "level": "unknown" },
                    "fixed_version": null,
                    "package": { "name": "zlib1g", "version": "1", "layer": { "created_by": null } },
                },
            ],
            "summary": { "packages": 2 },
            "coverage": {
                "distribution": { "pretty_name": "Debian 12" },
                "gaps": [{ "code": "unread-files", "message": "1 claimed file could not be read" }],
            },
        });
        let expected = "\
example: Debian 12, 2 packages, 2 findings
SEVERITY  VULNERABILITY   PACKAGE  INSTALLED         FIXED IN          FROM LAYER
high      CVE-2024-6119   libssl3  3.0.13-1~deb12u1  3.0.14-1~deb12u2  apt-get upgrade
unknown   CVE-2023-45853  zlib1g   1                 (wont-fix)        -
coverage: 1 claimed file could not be read
";
        assert_eq!(table("example", &report), expected);
    }

    #[test]
    fn a_command_is_shown_without_what_builders_add() {
        let check = |created_by: &str, expected: &str| assert_eq!(command(created_by), expected);
        check("/bin/sh -c #(nop) ADD file:1 in / ", "ADD file:1 in /");
        check("RUN /bin/sh -c make # buildkit", "make");
        check("COPY a b # buildkit", "COPY a b");
        check(&"x".repeat(60), &format!("{}...", "x".repeat(48)));
    }
}
