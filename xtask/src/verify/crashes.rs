//! A service that is killed at any instant, under load, and goes on where it was.

use std::path::Path;
use std::process::Command;

use xtask::crashes::{Crashes, Summary};

use super::Setting;
use super::tally::{Comparison, Tally};

/// How often it is told how far it is, in kills.
const TOLD: u64 = 25;

pub(super) fn check(setting: &Setting<'_>, kills: u64, tally: &mut Tally) {
    tally.check(&format!("crashes: {kills} kills under load"), || {
        let folder = setting.fresh("crashes")?;
        let seed = fastrand::u64(..);
        println!("        chance begins at {seed}");
        let crashes = Crashes {
            command: &|data| command(setting, data),
            folder: &folder,
            kills,
            seed,
            progress: &progress,
        };
        let summary = crashes.run()?;
        let differences = summary.differences.clone();
        Ok(Comparison::new(summary.to_string(), differences)
            .requiring(summary.resumed > 0, "no submission was cut short")
            .requiring(summary.again > 0, "no message was sent again"))
    });
}

/// The service, which tells at once what changes and tries again soon.
fn command(setting: &Setting<'_>, data: &Path) -> Command {
    let mut command = setting.limpid.command(data);
    for (name, value) in xtask::crashes::SETTINGS {
        command.env(name, value);
    }
    command
}

fn progress(summary: &Summary) {
    if summary.kills.is_multiple_of(TOLD) {
        println!("        {summary}; {} differences", summary.differences.len());
    }
}
