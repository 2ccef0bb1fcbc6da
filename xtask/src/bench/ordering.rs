//! `limpid version compare` over many lines.

use std::fs::{self, File};
use std::process::Stdio;
use std::time::Instant;

use super::Setting;
use super::measurement::{Bar, Measurement};
use crate::command::run;
use crate::verify::{Form, lines, pairs};

const PAIRS: u32 = 1_000_000;

pub(super) fn measure(setting: &Setting) -> anyhow::Result<Vec<Measurement>> {
    let mut measurements = Vec::new();
    for (scheme, form) in [("dpkg", Form::Dpkg), ("apk", Form::Apk), ("rpm", Form::Rpm)] {
        eprintln!("bench: comparing {PAIRS} pairs of versions by `{scheme}`");
        let folder = setting.fresh("versions")?;
        let input = folder.join("pairs");
        fs::write(&input, lines(&pairs(form, usize::try_from(PAIRS)?)))?;
        let mut rates = Vec::new();
        for _ in 0..setting.runs {
            let mut limpid = setting.limpid.command(&folder);
            limpid.args(["version", "compare", scheme]).stdin(File::open(&input)?).stdout(Stdio::null());
            let started = Instant::now();
            run(&mut limpid)?;
            rates.push(f64::from(PAIRS) / started.elapsed().as_secs_f64());
        }
        let what = format!("version compare {scheme}, start included");
        measurements.push(Measurement::new(what, "lines/s", rates).with_bar(Bar::AtLeast(100_000.0)));
    }
    Ok(measurements)
}
