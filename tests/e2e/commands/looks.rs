//! What a scan shows, beside its findings.

use limpid_formats::exchange::Form;
use xtask::sample::{advisories, debian};

use super::{file, text};
use crate::archives::{Compression, Parts};
use crate::program::Setup;

#[test]
fn an_archive_comes_from_standard_input() {
    let (setup, files) = (Setup::new(), tempfile::tempdir().unwrap());
    let archive = file(&files, "image.tar", Parts::of(&debian(), Compression::Zstd).docker_archive());
    for command in ["scan", "packages"] {
        let named = setup.run([command, text(&archive), "--format", "json"]).json();
        let piped = setup.run_reading([command, "-", "--format", "json"], &archive).json();
        assert_eq!(piped, named, "{command}");
        let error = setup.run([command, "-"]).failed();
        assert!(error.contains("nothing came"), "{error}");
    }
}

#[test]
fn what_a_filter_hides_is_counted() {
    let (setup, files) = (Setup::new(), tempfile::tempdir().unwrap());
    let tracker = file(&files, "tracker.json", advisories::debian_tracker());
    setup.run(["feed", "add", "debian", text(&tracker)]).ok();
    let archive = file(&files, "image.tar", Parts::of(&debian(), Compression::Gzip).docker_archive());
    let scan =
        |flags: &[&str]| setup.run([&["scan", text(&archive), "--format", "json"], flags].concat()).json();
    let all = scan(&[]);
    assert!(all[0].get("filter").is_none());
    let findings = all[0]["findings"].as_array().unwrap();
    let fixable = findings.iter().filter(|finding| finding["fixed_version"].is_string()).count();
    let shown = scan(&["--fixable"]);
    assert_eq!(shown[0]["findings"].as_array().unwrap().len(), fixable);
    assert_eq!(shown[0]["filter"]["hidden"], findings.len() - fixable);
    assert_eq!(shown[0]["summary"], all[0]["summary"], "the summary is of all");

    // Nobody rated most of them: they pass, and that is stated.
    let text = setup.run(["scan", text(&archive), "--severity", "critical"]).ok();
    assert!(text.contains("nobody has rated are shown (`--rated` hides them)"), "{text}");
    let outcome = setup.run(["scan", "image.tar", "--severity", "worst"]);
    assert_eq!(outcome.code, Some(2));
    assert!(outcome.stderr.contains("critical, high, medium, low, negligible"), "{outcome:?}");
}

#[test]
fn a_scan_writes_files_for_other_tools() {
    let (setup, files) = (Setup::new(), tempfile::tempdir().unwrap());
    let tracker = file(&files, "tracker.json", advisories::debian_tracker());
    setup.run(["feed", "add", "debian", text(&tracker)]).ok();
    let archive = file(&files, "image.tar", Parts::of(&debian(), Compression::Gzip).docker_archive());
    let output = |form: &str| format!("{form}={}", files.path().join(form).display());
    let outputs: Vec<_> = Form::ALL.iter().map(|form| output(form.as_str())).collect();
    let mut flags = vec!["scan", text(&archive), "--format", "json"];
    flags.extend(outputs.iter().flat_map(|output| ["-o", output]));
    let report = &setup.run(flags).json()[0];
    for form in Form::ALL {
        let written = std::fs::read_to_string(files.path().join(form.as_str())).unwrap();
        let printed = setup.run(["scan", text(&archive), "--format", form.as_str()]).ok();
        assert_eq!(written, printed, "{}", form.as_str());
    }
    let document = |form: &str| -> serde_json::Value {
        serde_json::from_str(&std::fs::read_to_string(files.path().join(form)).unwrap()).unwrap()
    };
    let count = |value: &serde_json::Value| value.as_array().unwrap().len();
    let findings = count(&report["findings"]);
    assert!(findings > 0);
    assert_eq!(count(&document("sarif")["runs"][0]["results"]), findings);
    assert_eq!(count(&document("gitlab")["vulnerabilities"]), findings);
    assert_eq!(count(&document("grype")["matches"]), findings);
    let page = std::fs::read_to_string(files.path().join("html")).unwrap();
    assert!(page.contains("Size (stored)") && page.contains(" added</td>"), "{page}");
    let packages = usize::try_from(report["summary"]["packages"].as_u64().unwrap()).unwrap();
    assert_eq!(count(&document("cyclonedx")["components"]), packages + 1, "and the distribution");
    assert_eq!(count(&document("spdx")["packages"]), packages + 2, "and the image");
    let fewer = setup.run(["scan", text(&archive), "--format", "sarif", "--fixable"]).json();
    assert!(count(&fewer["runs"][0]["results"]) < findings, "filters hold");

    let outcome = setup.run(["scan", text(&archive), "-o", "report.sarif"]);
    assert_eq!(outcome.code, Some(2));
    assert!(outcome.stderr.contains("FORM=FILE"), "{outcome:?}");
    let twice = output("csv");
    let outcome = setup.run(["scan", text(&archive), "-o", &twice, "-o", &twice.replace("csv=", "junit=")]);
    assert!(outcome.stderr.contains("`-o` names it twice"), "{outcome:?}");
    let outcome = setup.run(["scan", text(&archive), "-o", "csv=/nowhere/at/all.csv"]);
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.stderr.contains("cannot write `/nowhere/at/all.csv`"), "{outcome:?}");
}

#[test]
fn a_stored_report_is_converted_to_what_a_scan_writes() {
    let (setup, files) = (Setup::new(), tempfile::tempdir().unwrap());
    let tracker = file(&files, "tracker.json", advisories::debian_tracker());
    setup.run(["feed", "add", "debian", text(&tracker)]).ok();
    let archive = file(&files, "image.tar", Parts::of(&debian(), Compression::Gzip).docker_archive());
    let scan = |flags: &[&str]| setup.run([&["scan", text(&archive)], flags].concat());
    let report = file(&files, "report.json", scan(&["--format", "json"]).ok());
    let packages =
        file(&files, "packages.json", setup.run(["packages", text(&archive), "--format", "json"]).ok());
    let layers = file(&files, "layers.json", setup.run(["layers", text(&archive), "--format", "json"]).ok());
    let all = ["--packages", text(&packages), "--layers", text(&layers)];
    let convert = |flags: &[&str]| setup.run([&["convert", text(&report)], flags].concat());
    for form in Form::ALL {
        let expected = scan(&["--format", form.as_str()]).ok();
        let converted = convert(&[&all[..], &["--format", form.as_str()]].concat()).ok();
        assert_eq!(converted, expected, "{}", form.as_str());
    }
    let filtered = convert(&["--format", "sarif", "--fixable"]).ok();
    assert_eq!(filtered, scan(&["--format", "sarif", "--fixable"]).ok());

    // What was left out when it was stored is counted.
    let fewer = file(&files, "fewer.json", scan(&["--format", "json", "--fixable"]).ok());
    let outcome = setup.run(["convert", text(&fewer), "--format", "markdown"]);
    assert!(outcome.stderr.contains("were left out when it was stored: `--fixable`"), "{outcome:?}");
    assert!(outcome.stdout.contains("not shown"), "{outcome:?}");

    let outcome = convert(&["--format", "cyclonedx"]);
    assert_eq!(outcome.code, Some(1));
    assert!(
        outcome.stderr.contains("`cyclonedx` lists all packages")
            && outcome.stderr.contains("--packages FILE"),
        "{outcome:?}"
    );
    assert_eq!(convert(&["--format", "json", "--fail-on", "low"]).code, Some(1));
    let outcome = setup.run(["convert", text(&archive), "--fail-on", "low"]);
    assert_eq!(outcome.code, Some(3), "{outcome:?}");
}

#[test]
fn a_template_of_the_user_says_what_it_wants() {
    let (setup, files) = (Setup::new(), tempfile::tempdir().unwrap());
    let tracker = file(&files, "tracker.json", advisories::debian_tracker());
    setup.run(["feed", "add", "debian", text(&tracker)]).ok();
    let archive = file(&files, "image.tar", Parts::of(&debian(), Compression::Gzip).docker_archive());
    let template = file(
        &files,
        "page.html.j2",
        "{% for it in report.findings %}<p>{{ it.vulnerability }}</p>\n{% endfor %}{{ report.packages|length }} {{ '<' }}\n",
    );
    let scan = |flags: &[&str]| setup.run([&["scan", text(&archive)], flags].concat());
    let report = &scan(&["--format", "json"]).json()[0];
    let page = scan(&["--format", "template", "--template", text(&template)]).ok();
    assert_eq!(page.matches("<p>").count(), report["findings"].as_array().unwrap().len());
    let packages = report["summary"]["packages"].as_u64().unwrap();
    assert!(page.ends_with(&format!("{packages} &lt;\n")), "{page}");

    let wrong = file(&files, "wrong.txt", "\n{{ report.findigns }}");
    let outcome = scan(&["--format", "template", "--template", text(&wrong)]);
    assert!(outcome.stderr.contains("`wrong.txt`, line 2"), "{outcome:?}");
    let outcome = scan(&["--format", "template"]);
    assert!(outcome.stderr.contains("`--template FILE`"), "{outcome:?}");
    let outcome = scan(&["--template", text(&template)]);
    assert!(outcome.stderr.contains("`--template` is for"), "{outcome:?}");
}

#[test]
fn a_scan_is_a_gate() {
    let (setup, files) = (Setup::new(), tempfile::tempdir().unwrap());
    let archive = file(&files, "image.tar", Parts::of(&debian(), Compression::Gzip).docker_archive());
    let gate = |bar: &str| {
        let outcome = setup.run(["scan", text(&archive), "--fail-on", bar]);
        (outcome.code.unwrap(), outcome.stderr)
    };
    let (code, told) = gate("critical");
    assert_eq!(code, 3, "nothing is stored: {told}");
    assert!(told.contains("no package could be judged"), "{told}");
    let tracker = file(&files, "tracker.json", advisories::debian_tracker());
    setup.run(["feed", "add", "debian", text(&tracker)]).ok();
    let (code, told) = gate("fixable");
    assert_eq!(code, 1);
    assert!(told.contains("over the bar of `--fail-on` or of a policy"), "{told}");
    assert_eq!(gate("malicious,rated").0, 0);
    let (code, told) = gate("exploited");
    assert_eq!(code, 3, "no feed that is stored says what is exploited: {told}");
    assert!(told.contains("are exploited"), "{told}");
    assert_eq!(gate("epss=0").0, 3);
    assert_eq!(gate("worst").0, 2);
    let outcome = setup.run(["scan", "/nowhere.tar", "--fail-on", "low"]);
    assert_eq!(outcome.code, Some(3), "what failed is not what is too bad: {outcome:?}");
}

#[test]
fn a_report_that_rests_on_nothing_names_the_command_that_helps() {
    let (setup, files) = (Setup::new(), tempfile::tempdir().unwrap());
    let archive = file(&files, "image.tar", Parts::of(&debian(), Compression::Gzip).docker_archive());
    let report = setup.run(["scan", text(&archive)]).ok();
    assert!(report.contains("No package could be judged"), "{report}");
    assert!(report.contains("`limpid feed update`"), "{report}");
}

#[test]
fn a_scan_without_a_detector_is_an_error_that_says_where_plugins_are_looked_for() {
    let files = tempfile::tempdir().unwrap();
    let archive = file(&files, "image.tar", Parts::of(&debian(), Compression::Gzip).docker_archive());
    let plugins = tempfile::tempdir().unwrap();
    let setup = Setup::new().with_plugins(plugins.path());
    for command in ["scan", "packages"] {
        let error = setup.run([command, text(&archive)]).failed();
        assert!(error.contains("no detector is loaded") && error.contains(text(plugins.path())), "{error}");
        assert!(error.contains("--plugins-dir"), "{error}");
    }
}

/// Neither plugins nor the store are opened for an argument that is wrong.
#[test]
fn arguments_are_checked_first() {
    let (setup, files) = (Setup::new(), tempfile::tempdir().unwrap());
    let setup = setup.with_plugins(&files.path().join("none"));
    let nothing = file(&files, "nothing.tar", "nothing");
    for command in [
        ["scan", text(&nothing)].as_slice(),
        &["packages", text(&nothing)],
        &["explain", text(&nothing), "CVE-2024-1"],
    ] {
        let outcome = setup.run(command.iter().copied());
        assert!(outcome.stderr.contains("error: not an image archive"), "{outcome:?}");
    }
    let error = setup.run(["feed", "add", "debian", "nowhere.json"]).failed();
    assert!(error.contains("`nowhere.json` cannot be opened"), "{error}");
    assert!(!setup.data().join("store").exists());
}
