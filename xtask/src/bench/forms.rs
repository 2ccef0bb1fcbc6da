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
    let findings = samples.iter().cycle().take(FINDINGS).enumerate().map(|(number, sample)| {
        let mut finding = sample.clone();
        let id = format!("CVE-2026-{number:05}");
        let mut package = match packages.last() {
            Some(package) if !number.is_multiple_of(OF_PACKAGE) => package.clone(),
            _ => finding["package"].clone(),
        };
        if number.is_multiple_of(OF_PACKAGE) {
            let name = format!("{}-{number}", package["name"].as_str().unwrap_or_default());
            package["purl"] = format!("pkg:deb/debian/{name}@1.2.3?arch=amd64").into();
            (package["name"], package["source_name"]) = (name.clone().into(), name.into());
            packages.push(package.clone());
        }
        finding["package"] = package;
        finding["fingerprint"] = format!("{number:064x}").into();
        finding["title"] = format!(
            "A heap buffer overflow in the parser of frames {number} lets an attacker who sends a crafted message crash \
             the program"
        )
        .into();
        finding["references"] = json!([
            format!("https://security.example/advisories/{number}"),
            format!("https://vulnerabilities.example/{id}"),
        ]);
        finding["publishers"] = json!([{
            "advisory": id, "feed": "debian", "source": "tracker", "namespace": "debian:bookworm",
            "status": "affected", "fixed_version": finding["fixed_version"],
        }]);
        finding["severity"]["rating"] = json!({
            "system": "CVSS:3.1", "value": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "score": 9.8,
            "of": "vulnerability", "feed": "nvd",
        });
        finding["vulnerability"] = id.into();
        finding
    });
    let findings: Vec<_> = findings.collect();
    report["summary"]["findings"] = findings.len().into();
    report["findings"] = findings.into();
    let inventory = json!({
        "image": report["image"], "distribution": report["coverage"]["distribution"], "packages": packages,
    });
    Ok((report, inventory))
}
