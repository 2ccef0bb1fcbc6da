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

use anyhow::{Context as _, bail};

use super::Setting;
use super::tally::{Comparison, Tally};
use crate::clairctl;
use crate::setup::apt::Apt;
use differences::Kind;
use findings::{Finding, findings};
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
    folder: &std::path::Path,
) -> anyhow::Result<Comparison> {
    let [of_clair, of_limpid] = times.first(image, [clair, limpid])?.map(|report| findings(&report));
    let (of_clair, of_limpid) = (of_clair?, of_limpid?);
    let lines = |of: &std::collections::BTreeSet<Finding>| -> String {
        of.iter().map(|finding| format!("{finding}\n")).collect()
    };
    let file = folder.join(image.name.replace('/', "-"));
    fs::write(file.with_extension("clair.txt"), lines(&of_clair)).context("what Clair reports")?;
    fs::write(file.with_extension("limpid.txt"), lines(&of_limpid)).context("what Limpid reports")?;
    let equal = of_clair.intersection(&of_limpid).count();
    let (mut unexplained, mut explained) = (Vec::new(), 0);
    for difference in differences::of(&of_clair, &of_limpid) {
        match differences::kind(image, &difference, &of_clair, &of_limpid) {
            Some(kind) => {
                explained += 1;
                *kinds.entry(kind).or_default() += 1;
            }
            None => unexplained.push(difference.to_string()),
        }
    }
    let (alone, others) = (of_clair.len() - equal, of_limpid.len() - equal);
    let what = format!(
        "{equal} findings of both, {alone} of Clair only, {others} of Limpid only, {explained} of these explained"
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
