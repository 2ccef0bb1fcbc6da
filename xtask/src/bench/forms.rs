//! A stored report of 5,000 findings in each form: how long `limpid convert` takes, and the most memory that it holds.
//! Both are of the whole process, which also starts, and reads ten megabytes of JSON; without the memory that it holds
//! where a report has hardly anything.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use serde_json::{Value, json};

use super::Setting;
use super::measurement::{Bar, Measurement};
use crate::measure::watch;

const FINDINGS: usize = 5_000;

/// Findings of a package.
const OF_PACKAGE: usize = 5;

const FORMS: [&str; 15] = [
    "json",
    "table",
    "html",
    "markdown",
    "sarif",
    "cyclonedx",
    "cyclonedx-1.7",
    "spdx",
    "spdx-3.0",
    "openvex",
    "gitlab",
    "grype",
    "trivy",
    "junit",
    "csv",
];

/// In milliseconds and mebibytes.
const TIME: f64 = 300.0;
const MEMORY: f64 = 64.0;

const LIMIT: Duration = Duration::from_secs(60);

pub(super) fn measure(setting: &Setting, root: &Path) -> anyhow::Result<Vec<Measurement>> {
    eprintln!("bench: a report of {FINDINGS} findings in {} forms", FORMS.len());
    let folder = setting.fresh("forms")?;
    let (report, packages) = (folder.join("report.json"), folder.join("packages.json"));
    let (made, inventory) = made(&root.join("host/formats/golden/mixed/report.json"))?;
    fs::write(&report, serde_json::to_vec_pretty(&made)?)?;
    fs::write(&packages, serde_json::to_vec_pretty(&inventory)?)?;
    let least = least(setting, &folder, &root.join("host/formats/golden/nothing-found/report.json"))?;
    let mut measurements = Vec::new();
    for form in FORMS {
        let (mut times, mut peaks) = (Vec::new(), Vec::new());
        for _ in 0..setting.runs {
            let mut command = setting.limpid.command(&folder);
            command.args(["convert", "--format", form, "--packages"]).arg(&packages).arg(&report);
            let ended = watch(&mut command, &folder, LIMIT)?;
            ensure!(ended.status.success(), "`{form}` failed: {}", ended.stderr);
            ensure!(ended.stdout.len() > FINDINGS, "`{form}` is hardly anything");
            times.push(ended.elapsed);
            peaks.push(ended.peak.saturating_sub(least));
        }
        let what = format!("{FINDINGS} findings as {form}");
        measurements.push(Measurement::of_times(&what, &times).with_bar(Bar::Below(TIME)));
        let memory = Measurement::of_bytes(format!("{what}: memory"), peaks);
        measurements.push(memory.with_bar(Bar::Below(MEMORY)));
    }
    Ok(measurements)
}

/// Bytes that the program holds by itself.
fn least(setting: &Setting, folder: &Path, small: &Path) -> anyhow::Result<u64> {
    let mut command = setting.limpid.command(folder);
    let ended = watch(command.args(["convert", "--format", "csv"]).arg(small), folder, LIMIT)?;
    ensure!(ended.status.success(), "`limpid convert` failed: {}", ended.stderr);
    Ok(ended.peak)
}

/// A report that has the findings of another again and again, of other packages, and these packages.
fn made(sample: &Path) -> anyhow::Result<(Value, Value)> {
    let text = fs::read(sample).with_context(|| format!("cannot read `{}`", sample.display()))?;
    let mut report: Value = serde_json::from_slice(&text)?;
    let samples = match report.pointer("/findings").and_then(Value::as_array) {
        Some(samples) if !samples.is_empty() => samples.clone(),
        _ => bail!("`{}` has no findings", sample.display()),
    };
    let mut packages: Vec<Value> = Vec::new();
    let mut findings = Vec::new();
    for (number, sample) in samples.iter().cycle().take(FINDINGS).enumerate() {
        if number.is_multiple_of(OF_PACKAGE) {
            packages.push(package(sample, number)?);
        }
        findings.push(finding(sample, packages.last(), number)?);
    }
    let of_report = |pointer: &str| report.pointer(pointer).cloned().unwrap_or_default();
    let inventory = json!({
        "image": of_report("/image"),
        "distribution": of_report("/coverage/distribution"),
        "packages": packages,
    });
    put(report.pointer_mut("/summary"), [("findings", findings.len().into())])?;
    put(Some(&mut report), [("findings", findings.into())])?;
    Ok((report, inventory))
}

fn package(sample: &Value, number: usize) -> anyhow::Result<Value> {
    let mut package = sample.get("package").cloned().unwrap_or_default();
    let name = package.get("name").and_then(Value::as_str).unwrap_or_default();
    let name = format!("{name}-{number}");
    let purl = format!("pkg:deb/debian/{name}@1.2.3?arch=amd64");
    let own = [("name", name.clone().into()), ("source_name", name.into()), ("purl", purl.into())];
    put(Some(&mut package), own)?;
    Ok(package)
}

fn finding(sample: &Value, package: Option<&Value>, number: usize) -> anyhow::Result<Value> {
    let mut finding = sample.clone();
    let id = format!("CVE-2026-{number:05}");
    let title = format!(
        "A heap buffer overflow in the parser of frames {number} lets an attacker who sends a crafted message crash the \
         program"
    );
    let references = json!([
        format!("https://security.example/advisories/{number}"),
        format!("https://vulnerabilities.example/{id}"),
    ]);
    let publishers = json!([{
        "advisory": id, "feed": "debian", "source": "tracker", "namespace": "debian:bookworm", "status": "affected",
        "fixed_version": finding.get("fixed_version"),
    }]);
    let rating = json!({
        "system": "CVSS:3.1", "value": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "score": 9.8,
        "of": "vulnerability", "feed": "nvd",
    });
    put(finding.pointer_mut("/severity"), [("rating", rating)])?;
    let own = [
        ("package", package.cloned().unwrap_or_default()),
        ("fingerprint", format!("{number:064x}").into()),
        ("vulnerability", id.into()),
        ("title", title.into()),
        ("references", references),
        ("publishers", publishers),
    ];
    put(Some(&mut finding), own)?;
    Ok(finding)
}

fn put<const N: usize>(object: Option<&mut Value>, members: [(&str, Value); N]) -> anyhow::Result<()> {
    let object = object.and_then(Value::as_object_mut).context("the sample has another form")?;
    object.extend(members.into_iter().map(|(name, value)| (name.to_owned(), value)));
    Ok(())
}
