//! A service that is killed at any instant, under load, and goes on where it was.

use std::path::Path;
use std::process::Command;

use xtask::crashes::{Crashes, Summary};

use super::Setting;
use super::tally::{Comparison, Tally};

/// How often it is told how far it is, in kills.
const TOLD: u64 = 25;

/// How often it is killed while its disk fills and empties.
const ON_A_FULL_DISK: u64 = 50;

pub(super) fn check(setting: &Setting<'_>, kills: u64, tally: &mut Tally) {
    check_kills(setting, kills, false, tally);
    check_kills(setting, kills.min(ON_A_FULL_DISK), true, tally);
}

fn check_kills(setting: &Setting<'_>, kills: u64, fills_disk: bool, tally: &mut Tally) {
    let disk = if fills_disk { ", on a disk that fills and empties" } else { "" };
    tally.check(&format!("crashes: {kills} kills under load{disk}"), || {
        let folder = setting.fresh("crashes")?;
        let seed = fastrand::u64(..);
        println!("        chance begins at {seed}");
        let crashes = Crashes {
            command: &|data| {
                let mut command = command(setting, data);
                command.env("LIMPID_COMPILED_DIR", folder.join("compiled"));
                command
            },
            folder: &folder,
            kills,
            fills_disk,
            seed,
            progress: &progress,
        };
        let summary = crashes.run()?;
        let differences = summary.differences.clone();
        Ok(Comparison::new(summary.to_string(), differences)
            .requiring(summary.resumed > 0, "no submission was cut short")
            .requiring(summary.again > 0 || fills_disk, "no message was sent again")
            .requiring(summary.waited > 0 || !fills_disk, "no submission waited for room")
            .requiring(summary.refused > 0 || !fills_disk, "nothing was refused for lack of room"))
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
