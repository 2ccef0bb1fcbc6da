//! Odd and hostile layers: a report or a clear error, soon and in bounded memory.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use super::Setting;
use super::tally::{Comparison, Tally};
use crate::corpus::name;
use crate::measure::{Ended, watch};
use crate::wrap::wrap;

const LAYERS: &str = "images/adversarial-layers";
const TIME: Duration = Duration::from_secs(10);
const MEMORY: u64 = 150 << 20;

pub(super) fn check(setting: &Setting<'_>, tally: &mut Tally) {
    match setting.corpus.files(LAYERS, ".tar") {
        Ok(files) => {
            for file in files {
                let name = name(&file);
                tally.check(&format!("adversarial {name} as a layer"), || as_layer(setting, &file));
                // Most of these tars are image archives themselves, with the odd layers inside.
                tally.check(&format!("adversarial {name} as an archive"), || as_archive(setting, &file));
            }
        }
        Err(why) => tally.failure("adversarial layers", &why),
    }
}

fn as_layer(setting: &Setting<'_>, file: &Path) -> anyhow::Result<Comparison> {
    let folder = setting.fresh("adversarial")?;
    let image = folder.join("image.tar");
    wrap(file, &image)?;
    scan(setting, &image, &folder)
}

fn as_archive(setting: &Setting<'_>, file: &Path) -> anyhow::Result<Comparison> {
    let folder = setting.fresh("adversarial")?;
    scan(setting, file, &folder)
}

fn scan(setting: &Setting<'_>, image: &Path, folder: &Path) -> anyhow::Result<Comparison> {
    let mut limpid = setting.limpid.command(&folder.join("data"));
    limpid.args(["scan", "--format", "json", "--log", "off"]).arg(image);
    let ended = watch(&mut limpid, folder, TIME)?;
    let (answer, mut differences) = answer(&ended);
    if ended.peak > MEMORY {
        differences.push(format!("it took {} MiB, over the limit of {} MiB", ended.peak >> 20, MEMORY >> 20));
    }
    let took = format!("{answer}; {:.1} s, {} MiB", ended.elapsed.as_secs_f32(), ended.peak >> 20);
    Ok(Comparison::new(took, differences))
}

/// What came of it, and what is wrong with that.
fn answer(ended: &Ended) -> (String, Vec<String>) {
    let error = ended.stderr.trim();
    match ended.status.code() {
        Some(0) => match serde_json::from_slice::<Value>(&ended.stdout) {
            Ok(Value::Array(reports)) => (format!("{} report", reports.len()), Vec::new()),
            _ => (String::new(), vec!["what it wrote is no report".to_owned()]),
        },
        Some(1) if error.starts_with("error: ") && error.lines().count() == 1 => {
            (error.to_owned(), Vec::new())
        }
        _ => (String::new(), vec![format!("it ended with {}: {error}", ended.status)]),
    }
}
