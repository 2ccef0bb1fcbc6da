//! An ingest that raises millions of notices. `limpid-bench` (tests/bench) makes images, subscriptions and document.

use anyhow::Context;
use serde_json::Value;

use super::Setting;
use super::measurement::{Bar, Measurement};
use super::sandbox::{measured, numbers, program};

const IMAGES: u64 = 3_900;
const RECORDS: u64 = 50;
const SUBSCRIPTIONS: u64 = 29;

/// Memory that the ingest may take, all of the process, in MiB.
const MEMORY: f64 = 300.0;

pub(super) fn measure(setting: &Setting) -> anyhow::Result<Vec<Measurement>> {
    let folder = setting.fresh("notices")?;
    let mut program = program(setting, &setting.limpid, &folder.join("compiled"));
    program.arg("notices").arg("--folder").arg(folder.join("store"));
    for (name, number) in [("--images", IMAGES), ("--records", RECORDS), ("--subscriptions", SUBSCRIPTIONS)] {
        program.arg(name).arg(number.to_string());
    }
    let all = measured(&mut program)?;
    let number = |name: &str| {
        let number = all.get(name).and_then(Value::as_f64);
        number.with_context(|| format!("`limpid-bench` measured no `{name}`"))
    };
    let peak = all.get("peak_bytes").and_then(Value::as_u64).context("`limpid-bench` measured no memory")?;
    let what = format!("{} notices", number("notices")?);
    let of = |part: &str| format!("{what}: {part}");
    let times = |name: &str, part: &str| anyhow::Ok(Measurement::new(of(part), "ms", numbers(&all, name)?));
    let last = |all: &Measurement, part: &str| Measurement::new(of(part), "ms", vec![all.quantile(99)]);
    let (quiet, beside) =
        (times("quiet_ms", "report after it")?, times("beside_ms", "report beside the ingest")?);
    let waits = times("waits_ms", "change of a subscription beside the ingest")?;
    Ok(vec![
        Measurement::new(of("ingest"), "s", vec![number("seconds")?]),
        Measurement::of_bytes(of("memory of the process"), vec![peak]).with_bar(Bar::Below(MEMORY)),
        beside.clone().beside(&quiet),
        last(&beside, "99 in 100 reports beside it are faster")
            .beside(&last(&quiet, "after it"))
            .with_bar(Bar::TimesFloor(2.0)),
        last(&waits, "99 in 100 changes of a subscription beside it are faster")
            .with_bar(Bar::Below(1_000.0)),
        Measurement::new(of("state of all subscriptions, first"), "ms", vec![number("first_count_ms")?]),
        Measurement::new(of("state of all subscriptions, then"), "ms", vec![number("count_ms")?]),
    ])
}
