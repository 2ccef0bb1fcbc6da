//! Clair 4.9.0 with PostgreSQL, beside Limpid: the same images out of the same registry, and the same documents of
//! publishers. Both are asked by Clair's API.
//!
//! What the two report is compared as packages, vulnerabilities and fixes. A difference has to be of a kind that
//! [`differences`] lists with its reason; any other fails. What one side reports and the other does not is written into
//! the folder of the check, too.

mod differences;
mod feeds;
mod findings;
mod images;
mod others;
mod postgres;
mod registry;
mod sides;
mod times;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::bail;

use super::Setting;
use super::tally::{Comparison, Tally};
use crate::clairctl;
use crate::setup::apt::Apt;
use differences::Kind;
use findings::{Found, found};
use images::Pushed;
use registry::Registry;
use sides::Side;
use times::Times;

/// What is started, and the package of Debian that has it.
const NEEDED: [(&str, &str); 3] =
    [("postgres", "postgresql"), ("docker-registry", "docker-registry"), ("python3", "python3")];

pub(super) fn check(setting: &Setting<'_>, tally: &mut Tally) {
    if let Err(why) = compare(setting, tally) {
        tally.failure("clair", &why);
    }
}

fn compare(setting: &Setting<'_>, tally: &mut Tally) -> anyhow::Result<()> {
    install()?;
    let program = match clairctl::service(setting.workspace)? {
        Ok(program) => program,
        Err(missing) => bail!("{missing}"),
    };
    let folder = setting.fresh("clair")?;
    let registry = Registry::start(&folder)?;
    let images = images::push(setting, &folder, &registry)?;
    let feeds = feeds::prepare(setting, &folder)?;
    let publisher = others::publish(&feeds.folder, &folder)?;
    // Compiles the plugins, which may take longer than a service has to start.
    setting.limpid.feeds(&folder.join("compiled"))?;
    let clair = sides::clair(&program, &folder, &publisher, &feeds)?;
    let limpid = sides::limpid(&setting.limpid, &folder, &registry, &feeds)?;
    let mut times = Times::default();
    let mut kinds = BTreeMap::new();
    for image in &images {
        tally.check(&format!("clair {}: findings", image.name), || {
            one(image, &clair, &limpid, &mut times, &mut kinds, &folder)
        });
    }
    for (kind, count) in kinds {
        println!("        {count} differences: {}", kind.reason());
    }
    times.again(&images, &clair, &limpid)?;
    let measured = times.rows([&clair, &limpid])?;
    println!("{}", times::table(&measured));
    for row in &measured {
        tally.check(&format!("clair, beside it: {}", row.what), || Ok(row.judged()));
    }
    Ok(())
}

/// One image, indexed by both, and what they report of it.
fn one(
    image: &Pushed,
    clair: &Side,
    limpid: &Side,
    times: &mut Times,
    kinds: &mut BTreeMap<Kind, usize>,
    folder: &Path,
) -> anyhow::Result<Comparison> {
    let [clair, limpid] = times.first(image, [clair, limpid])?.map(|report| found(&report));
    let (clair, limpid) = (clair?, limpid?);
    let lines =
        |found: &Found| -> String { found.findings.iter().map(|finding| format!("{finding}\n")).collect() };
    let name = image.name.replace('/', "-");
    for (side, found) in [("clair", &clair), ("limpid", &limpid)] {
        fs::write(folder.join(format!("{name}.{side}.txt")), lines(found))?;
    }
    let (mut unexplained, mut explained) = (Vec::new(), 0);
    for difference in differences::of(&clair, &limpid) {
        match differences::kind(&difference, &clair, &limpid) {
            Some(kind) => {
                explained += 1;
                *kinds.entry(kind).or_default() += 1;
            }
            None => unexplained.push(difference.to_string()),
        }
    }
    let equal = clair.findings.intersection(&limpid.findings).count();
    let (of_clair, of_limpid) = (clair.findings.len() - equal, limpid.findings.len() - equal);
    let what = format!(
        "{equal} findings of both, {of_clair} of Clair only, {of_limpid} of Limpid only; {explained} of these explained"
    );
    Ok(Comparison::new(what, unexplained))
}

fn install() -> anyhow::Result<()> {
    let missing = || -> Vec<&str> {
        let missing = NEEDED.iter().filter(|(program, _)| match *program {
            "postgres" => postgres::programs().is_none(),
            program => crate::command::find(program).is_none(),
        });
        missing.map(|(_, package)| *package).collect()
    };
    if !missing().is_empty()
        && let Some(apt) = Apt::find()
    {
        apt.install(&missing());
    }
    match missing().as_slice() {
        [] => Ok(()),
        still => bail!("install {} and run this again", still.join(", ")),
    }
}
