//! JUnit's XML: a suite for each image, a failed test case for each finding, a skipped one for what does not count, and one that tells whether the report
//! is complete.

use std::fmt::Write as _;

use super::{Subject, addresses, advice, suppression, title, title_of};

pub(super) fn write(subjects: &[Subject<'_>]) -> String {
    let mut xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"Limpid\">\n".to_owned();
    for subject in subjects {
        suite(&mut xml, subject);
    }
    xml.push_str("</testsuites>\n");
    xml
}

fn suite(xml: &mut String, subject: &Subject<'_>) {
    let report = subject.report;
    let gaps = subject.remarks();
    let failures = report.findings.len();
    let skipped = report.suppressed.len() + usize::from(!gaps.is_empty());
    let name = escaped(&title_of(&report.image));
    let tests = failures + report.suppressed.len() + 1;
    let _ = writeln!(
        xml,
        "  <testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\">"
    );
    let _ = writeln!(xml, "    <properties>");
    let _ = writeln!(xml, "      <property name=\"image\" value=\"{}\"/>", escaped(&report.image.digest));
    let _ = writeln!(xml, "    </properties>");
    for finding in &report.findings {
        let package = &finding.package;
        let test = escaped(&format!("{} {}: {}", package.name, package.version, finding.vulnerability));
        let _ = writeln!(xml, "    <testcase classname=\"{}\" name=\"{test}\">", escaped(&package.path));
        let message = escaped(&format!("[{}] {}", finding.severity.level, title(finding)));
        let _ = write!(
            xml,
            "      <failure type=\"{}\" message=\"{message}\">",
            escaped(&finding.severity.level)
        );
        let _ = write!(
            xml,
            "{}\n{}",
            escaped(&advice(finding)),
            escaped(&addresses(finding).collect::<Vec<_>>().join("\n"))
        );
        xml.push_str("</failure>\n    </testcase>\n");
    }
    for it in &report.suppressed {
        let package = &it.finding.package;
        let test = escaped(&format!("{} {}: {}", package.name, package.version, it.finding.vulnerability));
        let _ = writeln!(xml, "    <testcase classname=\"{}\" name=\"{test}\">", escaped(&package.path));
        let _ = writeln!(xml, "      <skipped message=\"{}\"/>", escaped(&suppression(&it.suppression)));
        xml.push_str("    </testcase>\n");
    }
    xml.push_str("    <testcase classname=\"coverage\" name=\"the report is complete\">\n");
    if !gaps.is_empty() {
        let text: Vec<_> = gaps.iter().map(|(_, text)| text.as_str()).collect();
        let _ = writeln!(xml, "      <skipped message=\"{}\"/>", escaped(&text.join("; ")));
    }
    xml.push_str("    </testcase>\n  </testsuite>\n");
}

/// Text inside of an element or an attribute, in which no build service finds a command. Characters that XML 1.0 does
/// not allow are not printed anywhere.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in crate::printable(text).chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push_str("&#10;"),
            '#' => escaped.push_str("&#35;"),
            character => escaped.push(character),
        }
    }
    escaped
}
