//! A bill of materials of many components, from the first byte of its body until its report can be asked for.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::ensure;
use serde_json::{Value, json};

use super::Setting;
use super::measurement::{Bar, Measurement};
use crate::api::Api;
use crate::command::{command, run};
use crate::scanners::TRIVY;
use crate::service::{Interrupts, Service};

const COMPONENTS: usize = 20_000;

pub(super) fn measure(setting: &Setting) -> anyhow::Result<Vec<Measurement>> {
    eprintln!("bench: a bill of materials of {COMPONENTS} components");
    let folder = setting.fresh("sbom")?;
    let service = Service::start(&setting.limpid, &folder, &Interrupts::default())?;
    let api = Api::new(service.address());
    let path = folder.join("bill.cdx.json");
    let (mut submitted, mut bytes) = (Vec::new(), 0);
    for number in 0..setting.runs {
        // Another one each time: what is known is not read again.
        fs::write(&path, document(number))?;
        bytes = fs::metadata(&path)?.len();
        submitted.push(submit(&api, &path)?);
    }
    let what = format!("SBOM of {COMPONENTS} components, submitted and indexed");
    let mut measurements = vec![
        Measurement::of_bytes(format!("SBOM of {COMPONENTS} components"), vec![bytes]),
        Measurement::of_times(what, &submitted).with_bar(Bar::Below(2_000.0)),
    ];
    match TRIVY.program(&setting.folder.join("image")) {
        Ok(trivy) => {
            let began = Instant::now();
            let mut convert = command("env");
            convert.arg(trivy).args(["--quiet", "sbom", "--format", "cyclonedx", "--output", "/dev/null"]);
            run(convert.arg(&path))?;
            let what = format!("the same, read and written by {}, without findings", TRIVY.called());
            measurements.push(Measurement::of_times(what, &[began.elapsed()]));
        }
        Err(error) => eprintln!("bench: Trivy cannot be had, and is left out: {error:#}"),
    }
    Ok(measurements)
}

fn submit(api: &Api, path: &Path) -> anyhow::Result<Duration> {
    let began = Instant::now();
    let job = api.submit_file(path)?;
    let took = began.elapsed();
    let image = job.pointer("/images/0").and_then(Value::as_str).unwrap_or_default();
    let packages: Value = serde_json::from_slice(&api.get(&format!("/v1/images/{image}/packages"))?)?;
    let found = packages.pointer("/packages").and_then(Value::as_array).map_or(0, Vec::len);
    ensure!(found == COMPONENTS, "of {COMPONENTS} components, {found} are packages");
    Ok(took)
}

/// Packages of Debian and of npm in turn, in the shape in which Trivy writes them.
fn document(number: usize) -> String {
    let mut components = String::new();
    for place in 0..COMPONENTS {
        let (name, version) = (format!("part-{place}"), format!("{number}.{}.1", place % 50));
        let property =
            |key: &str, value: &str| json!({ "name": format!("aquasecurity:trivy:{key}"), "value": value });
        let (purl, properties) = if place % 2 == 0 {
            let properties = [
                property("PkgID", &format!("{name}@{version}-1")),
                property("PkgType", "debian"),
                property("SrcName", &format!("part-{}", place / 4)),
                property("SrcVersion", &version),
                property("SrcRelease", "1"),
            ];
            (format!("pkg:deb/debian/{name}@{version}-1?arch=amd64&distro=debian-12.5"), properties.to_vec())
        } else {
            let properties = [
                property("FilePath", &format!("app/node_modules/{name}/package.json")),
                property("PkgType", "node-pkg"),
            ];
            (format!("pkg:npm/{name}@{version}"), properties.to_vec())
        };
        let component = json!({
            "bom-ref": place.to_string(),
            "type": "library",
            "name": name,
            "version": version,
            "licenses": [{ "license": { "name": "MIT" } }],
            "purl": purl,
            "properties": properties,
        });
        // A string takes everything.
        _ = write!(components, ",{component}");
    }
    let system =
        json!({ "bom-ref": "system", "type": "operating-system", "name": "debian", "version": "12.5" });
    format!(
        r#"{{"bomFormat":"CycloneDX","specVersion":"1.6","version":1,"components":[{system}{components}]}}"#
    )
}
