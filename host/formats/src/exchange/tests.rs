//! The golden reports in all forms, compared with `golden/CASE/exchange.FORM`; and what no form may do to its readers.

use std::fs;
use std::path::Path;

use quick_xml::events::Event;

use super::*;

/// Names that would do something where they are taken for more than text.
const HOSTILE: [&str; 12] = [
    "=cmd|' /C calc'!A0",
    "::set-output name=x::y",
    "\u{1b}[2J\u{1b}]8;;http://x\u{7}x",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "]]><!ENTITY x SYSTEM \"file:///etc/passwd\">&x;",
    "[x](javascript:alert(1)) ![y](http://x/y) @everyone www.example.org http://example.org",
    "| a | b |\n|---|---|\n# c",
    "\u{202e}gpj.exe\u{2066}",
    "\"quoted\", and\r\nbroken",
    "../../../../etc/passwd",
    "\u{0}\u{b}\u{fffe}\u{ffff}",
    "`${IFS}$(touch x)`",
];

fn reports() -> Vec<(String, api::Report)> {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden");
    let mut reports: Vec<_> = fs::read_dir(golden)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .map(|path| {
            let report =
                serde_json::from_str(&fs::read_to_string(path.join("report.json")).unwrap()).unwrap();
            (path.to_str().unwrap().to_owned(), report)
        })
        .collect();
    reports.sort_by(|(a, _), (b, _)| a.cmp(b));
    assert!(!reports.is_empty());
    reports
}

/// The packages that a report speaks of.
fn inventory(report: &api::Report) -> api::Inventory {
    let mut packages: Vec<api::Package> = Vec::new();
    for finding in &report.findings {
        let is_there = |known: &api::Package| {
            (&known.purl, &known.path, &known.member)
                == (&finding.package.purl, &finding.package.path, &finding.package.member)
        };
        if !packages.iter().any(is_there) {
            packages.push(finding.package.clone());
        }
    }
    api::Inventory {
        image: report.image.clone(),
        distribution: report.coverage.distribution.clone(),
        packages,
        coverage: api::Examination::default(),
    }
}

fn written(form: Form, report: &api::Report) -> String {
    let inventory = inventory(report);
    form.write(&[Subject { report, inventory: &inventory, layers: None, hidden: None }]).unwrap()
}

#[test]
fn reports_are_written_as_they_were_reviewed() {
    let mut differ = Vec::new();
    for (folder, report) in reports() {
        for form in Form::ALL {
            let text = written(form, &report);
            assert_eq!(text, written(form, &report), "the same report gives the same bytes");
            let path = Path::new(&folder).join(format!("exchange.{}", form.as_str()));
            if std::env::var_os("LIMPID_UPDATE_GOLDEN").is_some_and(|value| value == "1") {
                fs::write(&path, text).unwrap();
            } else if fs::read_to_string(&path).ok().as_ref() != Some(&text) {
                differ.push(path);
            }
        }
    }
    assert!(differ.is_empty(), "differ from what was reviewed: {differ:#?}");
}

/// A report in which all that an image or an advisory says is hostile.
fn hostile(text: &str) -> api::Report {
    let (_, mut report) = reports().into_iter().find(|(folder, _)| folder.ends_with("mixed")).unwrap();
    report.image.names = vec![text.to_owned()];
    report.findings.truncate(2);
    for finding in &mut report.findings {
        finding.vulnerability = text.into();
        finding.aliases = vec![text.to_owned()];
        finding.title = text.to_owned();
        finding.references = vec![text.to_owned(), format!("https://x/{text}")];
        finding.fixed_version = Some(text.into());
        finding.update_to = None;
        finding.package.name = text.to_owned();
        finding.package.version = text.to_owned();
        finding.package.path = text.to_owned();
        finding.package.member = Some(text.to_owned());
        finding.package.licenses = vec![text.to_owned()];
    }
    report
}

/// Names of all elements of a document, which is well-formed.
fn elements(xml: &str) -> Vec<String> {
    let mut reader = quick_xml::Reader::from_str(xml);
    let mut names = Vec::new();
    loop {
        let name = match reader.read_event().unwrap_or_else(|error| panic!("{error}: {xml}")) {
            Event::Start(element) | Event::Empty(element) => element,
            Event::End(_) | Event::Text(_) | Event::Decl(_) | Event::GeneralRef(_) => continue,
            Event::Eof => return names,
            other => panic!("{other:?}: {xml}"),
        };
        assert!(name.attributes().all(|attribute| attribute.is_ok()), "{xml}");
        names.push(name.name().as_ref().to_owned());
    }
}

#[test]
fn what_is_hostile_stays_text_in_every_form() {
    for text in HOSTILE {
        let report = hostile(text);
        for form in [Form::Sarif, Form::CycloneDx, Form::Spdx, Form::OpenVex, Form::Gitlab] {
            let document = written(form, &report);
            serde_json::from_str::<serde_json::Value>(&document).unwrap();
            let obeyed = ["\u{1b}", "\u{202e}", "\\u001b", "\\u0007"];
            assert!(!obeyed.iter().any(|it| document.contains(it)), "{}: {text:?}", form.as_str());
        }
        let xml = written(Form::Junit, &report);
        for element in elements(&xml) {
            let known =
                ["testsuites", "testsuite", "properties", "property", "testcase", "failure", "skipped"];
            assert!(known.contains(&element.as_str()), "{element}: {xml}");
        }
        for line in written(Form::Csv, &report).split("\r\n").flat_map(|line| line.split(",\"")) {
            assert!(!line.starts_with(['=', '+', '-', '@']), "{line}");
        }
        let page = written(Form::Markdown, &report);
        for markup in ["<script", "<img", "](", "@everyone", "http://", "www.", "\u{1b}", "\u{202e}", "\n# "]
        {
            assert!(!page.contains(markup), "{markup:?} of {text:?}: {page}");
        }
        let rows = page.lines().filter(|line| line.starts_with('|')).count();
        assert_eq!(rows, 2 + report.findings.len(), "{page}");
    }
}

#[test]
fn what_a_filter_hides_and_what_is_missing_is_said_where_there_is_a_place_for_it() {
    let (_, mut report) = reports().into_iter().find(|(folder, _)| folder.ends_with("mixed")).unwrap();
    report.findings.clear();
    let inventory = inventory(&report);
    let subject =
        Subject { report: &report, inventory: &inventory, layers: None, hidden: Some(("--fixable", 7)) };
    for form in
        [Form::Sarif, Form::CycloneDx, Form::Spdx, Form::Gitlab, Form::Junit, Form::Html, Form::Markdown]
    {
        let text = form.write(&[subject]).unwrap();
        assert!(text.contains("7 findings are not shown"), "{}: {text}", form.as_str());
        assert!(text.contains("1 claimed file could not be read"), "{}: {text}", form.as_str());
    }
}

#[test]
fn only_what_is_an_address_is_stated_as_one() {
    let (_, report) = reports().into_iter().find(|(folder, _)| folder.ends_with("mixed")).unwrap();
    let mut finding = report.findings[0].clone();
    let odd = ["javascript:alert(1)", "https://", "https:///x", "https://x/\"><b>", "https://x/ y", "x"];
    finding.references =
        odd.iter().map(|it| (*it).to_owned()).chain(["https://x/y?z#a".to_owned()]).collect();
    assert_eq!(addresses(&finding).collect::<Vec<_>>(), ["https://x/y?z#a"]);
}

#[test]
fn of_several_images_is_written_what_has_place_for_them() {
    let all = reports();
    let inventories: Vec<_> = all.iter().map(|(_, report)| inventory(report)).collect();
    let subjects: Vec<_> = all
        .iter()
        .zip(&inventories)
        .map(|((_, report), inventory)| Subject { report, inventory, layers: None, hidden: None })
        .collect();
    for form in [Form::Sarif, Form::Junit, Form::Csv, Form::Html, Form::Markdown] {
        assert!(form.write(&subjects).is_ok());
    }
    for form in [Form::CycloneDx, Form::Spdx, Form::OpenVex, Form::Gitlab] {
        let error = form.write(&subjects).unwrap_err().to_string();
        assert_eq!(
            error,
            format!(
                "`{}` speaks of one image, and there are 3: name one of them, or its platform",
                form.as_str()
            )
        );
    }
    assert!(Form::ALL.iter().all(|form| Form::from_word(form.as_str()) == Some(*form)));
}

#[test]
fn an_image_is_a_package_url_of_its_repository() {
    let (_, mut report) = reports().remove(0);
    let digest = format!("sha256:{}", "ab".repeat(32));
    report.image.manifests = vec![digest.clone()];
    let mut purl = |name: &str| {
        report.image.names =
            Some(name).filter(|name| !name.is_empty()).map(str::to_owned).into_iter().collect();
        purl_of(&report.image).replace(&digest.replace(':', "%3A"), "D").replace(&digest, "D")
    };
    assert_eq!(
        purl("registry.example:5000/shop/Web:1.4"),
        "pkg:oci/web@D?arch=amd64&repository_url=registry.example:5000%2Fshop%2FWeb&tag=1.4"
    );
    assert_eq!(purl("web"), "pkg:oci/web@D?arch=amd64");
    assert_eq!(purl(""), "pkg:oci/image@D?arch=amd64");
    assert_eq!(
        purl("registry.example:5000/web@sha256:00"),
        "pkg:oci/web@D?arch=amd64&repository_url=registry.example:5000%2Fweb"
    );
}
