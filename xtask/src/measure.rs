//! Running programs under watch.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use crate::command::shown;

/// How often a process is looked at. Its peak memory is known as of the last look, since nothing
/// is left to ask when it has ended.
const LOOK: Duration = Duration::from_millis(2);

/// How a process ended, and what it took.
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
    pub(crate) elapsed: Duration,
    /// What it had of the processors, its own children included.
    pub(crate) processor: Duration,
    /// The most memory that it was seen to hold, in bytes.
    pub(crate) peak: u64,
}

/// Runs a command to its end and watches it. What it writes goes through files in `folder`, so that
/// it never waits for a reader.
///
/// # Errors
/// Where it cannot be started, or takes longer than `limit`, which ends it.
pub(crate) fn watch(command: &mut Command, folder: &Path, limit: Duration) -> anyhow::Result<Ended> {
    let (stdout, stderr) = (folder.join("stdout"), folder.join("stderr"));
    command.stdin(Stdio::null()).stdout(File::create(&stdout)?).stderr(File::create(&stderr)?);
    let (started, before) = (Instant::now(), children()?);
    let mut child = command.spawn().with_context(|| format!("cannot run `{}`", shown(command)))?;
    let mut peak = 0;
    let status = loop {
        peak = peak_memory(child.id()).unwrap_or(0).max(peak);
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if started.elapsed() > limit {
            child.kill()?;
            child.wait()?;
            bail!("`{}` took longer than {} s", shown(command), limit.as_secs());
        }
        thread::sleep(LOOK);
    };
    let elapsed = started.elapsed();
    let processor = children()?.saturating_sub(before);
    let stderr = String::from_utf8_lossy(&fs::read(&stderr)?).into_owned();
    Ok(Ended { status, stdout: fs::read(&stdout)?, stderr, elapsed, processor, peak })
}

/// The most memory that a process has kept so far, in bytes.
pub(crate) fn peak_memory(process: u32) -> Option<u64> {
    memory(process, "VmHWM:")
}

/// What a process holds in memory now, in bytes.
pub(crate) fn resident_memory(process: u32) -> Option<u64> {
    memory(process, "VmRSS:")
}

/// What a process and all of its descendants hold in memory now, in bytes. Pages that several processes share count
/// once (PSS): [proc_pid_smaps(5)](https://man7.org/linux/man-pages/man5/proc_pid_smaps.5.html).
pub(crate) fn proportional_memory(process: u32) -> anyhow::Result<u64> {
    let mut parents = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(id) = name.to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        // One that has ended meanwhile holds nothing.
        parents.extend(parent(id).map(|parent| (id, parent)));
    }
    let (mut family, mut next) = (vec![process], 0);
    while let Some(&of) = family.get(next) {
        family.extend(parents.iter().filter(|(_, parent)| *parent == of).map(|(id, _)| *id));
        next += 1;
    }
    let own = share(process).with_context(|| format!("the memory of process {process} is not known"))?;
    Ok(own + family.iter().skip(1).filter_map(|id| share(*id)).sum::<u64>())
}

fn share(process: u32) -> Option<u64> {
    let rollup = fs::read_to_string(format!("/proc/{process}/smaps_rollup")).ok()?;
    kibibytes(&rollup, "Pss:")
}

fn parent(process: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name before these may hold anything.
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_ascii_whitespace().nth(1)?.parse().ok()
}

/// What a process has had of the processors so far, in user and in system mode, all of its threads together:
/// [proc_pid_stat(5)](https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html).
pub(crate) fn processor_time(process: u32) -> Option<Duration> {
    ticks(&process.to_string(), OWN)
}

/// The same of the children of this process that have ended and were waited for.
fn children() -> anyhow::Result<Duration> {
    ticks("self", OF_CHILDREN).context("the system does not say what children took of the processors")
}

/// Two fields behind the name of a process, as places among them: time in user and in system mode.
const OWN: usize = 11;
const OF_CHILDREN: usize = 13;

fn ticks(process: &str, place: usize) -> Option<Duration> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name before these may hold anything.
    let (_, fields) = stat.rsplit_once(')')?;
    let ticks = fields.split_ascii_whitespace().skip(place).take(2).map(|ticks| ticks.parse::<u64>().ok());
    Some(Duration::from_millis(ticks.sum::<Option<u64>>()? * 1_000 / TICKS))
}

/// Of the kernel's clock, a second: what `getconf CLK_TCK` prints on every Linux that is built today.
const TICKS: u64 = 100;

/// A field of [proc_pid_status(5)](https://man7.org/linux/man-pages/man5/proc_pid_status.5.html).
fn memory(process: u32, field: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    kibibytes(&status, field)
}

/// The bytes that a line of a file of `/proc` tells of.
fn kibibytes(text: &str, field: &str) -> Option<u64> {
    let kibibytes = text.lines().find_map(|line| line.strip_prefix(field))?;
    kibibytes.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|count| count << 10)
}
