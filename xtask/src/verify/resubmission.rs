//! The service: what layers did, a second submission, and a restart.

use std::collections::BTreeMap;

use serde_json::Value;

use super::debian::{self, TRACKER, array, word};
use super::tally::{Comparison, Tally};
use super::{Setting, read_zstd};
use crate::api::Api;
use crate::corpus::DebianImage;
use crate::service::{Interrupts, Service};

/// Path -> what the service answered.
type Answers = BTreeMap<String, Vec<u8>>;

/// Starts a service, submits the images to it, and checks what it says.
pub(super) fn check(setting: &Setting<'_>, images: &[DebianImage], tally: &mut Tally) {
    if images.is_empty() {
        return tally.skip("service", "there is no image to submit");
    }
    if let Err(why) = run(setting, images, tally) {
        tally.failure("service", &why);
    }
}

fn run(setting: &Setting<'_>, images: &[DebianImage], tally: &mut Tally) -> anyhow::Result<()> {
    let folder = setting.fresh("service")?;
    let start = || Service::start(&setting.limpid, &folder, &Interrupts::default());
    let mut service = start()?;
    let api = Api::new(service.address());
    api.import("debian", read_zstd(&setting.corpus.path(TRACKER))?.to_string().as_bytes())?;
    let mut ids = Vec::new();
    for image in images {
        let id = first_submission(&api, image)?;
        let layers = serde_json::from_slice(&api.get(&format!("/v1/images/{id}/layers"))?)?;
        let name = format!("debian {}: layers", image.suite());
        tally.check(&name, || debian::check_layers(setting, image, &layers));
        ids.push(id);
    }
    tally.check("service: second submission", || second_submission(&api, images));
    let before = answers(&api, &ids)?;
    service.stop()?;
    let mut service = start()?;
    let api = Api::new(service.address());
    tally.check("service: restart", || Ok(same_answers(&before, &answers(&api, &ids)?)));
    tally.check("service: submission after a restart", || second_submission(&api, images));
    service.stop()
}

/// Submits an image and says how it is called.
fn first_submission(api: &Api, image: &DebianImage) -> anyhow::Result<String> {
    let job = api.submit_file(&image.oci())?;
    Ok(array(&job, "/images").first().and_then(Value::as_str).unwrap_or_default().to_owned())
}

fn second_submission(api: &Api, images: &[DebianImage]) -> anyhow::Result<Comparison> {
    let mut differences = Vec::new();
    let mut known = 0;
    for image in images {
        let job = api.submit_file(&image.oci())?;
        let count = |name: &str| job.get(name).and_then(Value::as_u64).unwrap_or_default();
        known += count("layers_known");
        if count("layers_read") != 0 || count("layers_known") == 0 || word(&job, "/state") != "done" {
            differences.push(format!("{}: the job is {job}", image.suite()));
        }
    }
    Ok(Comparison::new(format!("{} images, {known} layers known and none read", images.len()), differences))
}

/// All that the service says of the images.
fn answers(api: &Api, ids: &[String]) -> anyhow::Result<Answers> {
    let mut paths = vec!["/v1/images".to_owned(), "/v1/feeds".to_owned(), "/v1/plugins".to_owned()];
    for id in ids {
        paths.extend(["", "/report", "/packages", "/layers"].map(|part| format!("/v1/images/{id}{part}")));
    }
    let answer = |path: String| api.get(&path).map(|bytes| (path, bytes));
    paths.into_iter().map(answer).collect()
}

fn same_answers(before: &Answers, after: &Answers) -> Comparison {
    let differs = before.iter().filter(|(path, bytes)| after.get(*path) != Some(bytes));
    let differences = differs.map(|(path, _)| format!("{path} is answered differently")).collect();
    let bytes: usize = before.values().map(Vec::len).sum();
    Comparison::new(format!("{} answers of {} kB, byte for byte", before.len(), bytes / 1000), differences)
}
