//! A service that is killed at any instant, under load, time and again.
//!
//! Clients submit images, hand in documents that change, make and remove subscriptions, and ask for
//! reports, while a receiver on loopback is told what changes. Then the process is ended by SIGKILL,
//! and another one goes on over the same data. What was acknowledged must be there: after each start
//! submissions, revisions of feeds and subscriptions, and in the end reports and notices, which are
//! compared with those of a service that nobody has disturbed.
//!
//! `cargo xtask verify crashes` and an end-to-end test do the same, one longer than the other.

mod client;
mod disk;
mod ending;
mod ledger;
mod load;
mod process;
mod receiver;
mod steps;

use std::fmt;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::Context as _;

use client::Client;
pub use disk::Disk;
use ledger::Ledger;
use load::Load;
use process::Process;
use receiver::Receiver;
use steps::Sample;

/// How long a process is left at work, at most.
const AT_WORK: Duration = Duration::from_millis(400);

/// The same where its disk fills and empties: what failed for lack of room is tried again after a second or
/// two, and the store's engine looks every five seconds whether there is room.
const AT_WORK_ON_A_FULL_DISK: Duration = Duration::from_secs(8);

/// Of so many kills one hits a process that is starting.
const STARTING: u64 = 6;

/// Settings by which the service tells at once what changes, and tries again soon and for ever; and by
/// which some of what it writes is large enough for a table file of its own.
pub const SETTINGS: [(&str, &str); 7] = [
    ("LIMPID_INDEX__LONGEST_BACKOFF", "2"),
    ("LIMPID_INDEX__FREE_BYTES", "65536"),
    ("LIMPID_STORE__WRITE_BYTES", "8192"),
    ("LIMPID_NOTICES__FLAP_WINDOW", "0"),
    ("LIMPID_NOTICES__BACKOFF", "1"),
    ("LIMPID_NOTICES__LONGEST_BACKOFF", "1"),
    ("LIMPID_NOTICES__ATTEMPTS", "100000"),
];

/// How a service is killed.
pub struct Crashes<'a> {
    /// The program with its settings, over a data directory; the rest of its command line and its
    /// pipes are set here.
    pub command: &'a dyn Fn(&Path) -> Command,
    /// An empty folder.
    pub folder: &'a Path,
    /// How often.
    pub kills: u64,
    /// Whether its disk fills and empties meanwhile. Only the superuser may mount such a disk.
    pub fills_disk: bool,
    /// What is left to chance.
    pub seed: u64,
    /// Told how far it is.
    pub progress: &'a dyn Fn(&Summary),
}

/// What was done, and what was not as it should be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Processes that were killed.
    pub kills: u64,
    /// Those of them that were starting.
    pub starting: u64,
    /// Documents that were acknowledged.
    pub documents: u64,
    /// Submissions that were acknowledged.
    pub submissions: u64,
    /// How often one that a process had not ended was there when it was killed.
    pub resumed: u64,
    /// How often a submission was seen to wait for room.
    pub waited: u64,
    /// Requests that were refused for lack of room.
    pub refused: u64,
    /// Subscriptions made, changed and removed.
    pub subscriptions: u64,
    /// Reports that were given.
    pub reports: u64,
    /// Notices that were acknowledged by the receiver.
    pub notices: u64,
    /// Messages that came to the receiver once more.
    pub again: u64,
    /// What is wrong.
    pub differences: Vec<String>,
}

impl Crashes<'_> {
    /// Kills and starts the service, and says what came of it.
    ///
    /// # Errors
    /// The service does not start, or nothing can be checked.
    pub fn run(&self) -> anyhow::Result<Summary> {
        let mut random = fastrand::Rng::with_seed(self.seed);
        let data = self.folder.join("killed");
        let sample = Sample::new()?;
        let receiver = Receiver::start(random.fork())?;
        let ledger = Ledger::new(receiver.recorded());
        let disk = self.fills_disk.then(|| Disk::mount(&data)).transpose()?;
        let disk = disk.as_ref();
        let process = Process::start((self.command)(&data))?;
        Load::set_up(&Client::of(&process), &sample, &receiver)?;
        self.kill(process, &ledger, &mut random, &sample, &receiver, disk)?;
        while ledger.summary().kills < self.kills {
            if random.u64(0..STARTING) == 0 {
                if let Some(disk) = disk.filter(|_| random.bool()) {
                    disk.fill(0)?;
                }
                let process = Process::begin((self.command)(&data))?;
                thread::sleep(random_time(&mut random, AT_WORK));
                process.kill()?;
                disk.map_or(Ok(()), Disk::empty)?;
                ledger.change(|summary| {
                    summary.kills += 1;
                    summary.starting += 1;
                });
            } else {
                let process = Process::start((self.command)(&data))?;
                ledger.check_what_is_kept(&Client::of(&process))?;
                self.kill(process, &ledger, &mut random, &sample, &receiver, disk)?;
            }
            (self.progress)(&self.summary(&ledger, &receiver));
        }
        let process = Process::start((self.command)(&data))?;
        let client = Client::of(&process);
        ledger.check_what_is_kept(&client)?;
        ending::settle(&client, &ledger, &data)?;
        ending::check(&client, &ledger, &receiver, &data)?;
        let undisturbed = Process::start((self.command)(&self.folder.join("undisturbed")))?;
        ending::compare(&client, &Client::of(&undisturbed), &ledger, &sample)?;
        ledger.note_log(&process.kill()?);
        undisturbed.kill().context("the service that nobody disturbs")?;
        Ok(self.summary(&ledger, &receiver))
    }

    /// Lets a process work for a while.
    fn kill(
        &self,
        process: Process,
        ledger: &Ledger,
        random: &mut fastrand::Rng,
        sample: &Sample,
        receiver: &Receiver,
        disk: Option<&Disk>,
    ) -> anyhow::Result<()> {
        let time = random_time(random, if disk.is_some() { AT_WORK_ON_A_FULL_DISK } else { AT_WORK });
        let load = Load::new(&process, ledger, sample, receiver, random.u64(..));
        let (stop, mut chance) = (AtomicBool::new(false), random.fork());
        let (log, changed) = thread::scope(|scope| {
            let changing = disk.map(|disk| scope.spawn(|| disk.change(&mut chance, &stop)));
            let log = load.during(|| {
                thread::sleep(time);
                process.kill()
            });
            stop.store(true, Ordering::Relaxed);
            (log, changing.map_or(Ok(Ok(())), thread::ScopedJoinHandle::join))
        });
        let log = log?;
        changed.map_err(|_| anyhow::anyhow!("the disk is not changed any more"))??;
        ledger.note_log(&log);
        let cut_short = self.cut_short()?;
        ledger.change(|summary| {
            summary.kills += 1;
            summary.resumed += cut_short;
        });
        Ok(())
    }

    /// Submissions that the process that was killed has not ended: their archives are still there.
    fn cut_short(&self) -> anyhow::Result<u64> {
        let folder = self.folder.join("killed/scratch/submitted");
        // A process that was killed before it was open has none.
        if !folder.exists() {
            return Ok(0);
        }
        let entries =
            std::fs::read_dir(&folder).with_context(|| format!("cannot list `{}`", folder.display()))?;
        let is_archive = |path: &Path| path.extension().is_some_and(|extension| extension == "archive");
        Ok(entries.flatten().filter(|entry| is_archive(&entry.path())).count() as u64)
    }

    fn summary(&self, ledger: &Ledger, receiver: &Receiver) -> Summary {
        let mut summary = ledger.summary();
        receiver.add_to(&mut summary);
        summary
    }
}

fn random_time(random: &mut fastrand::Rng, most: Duration) -> Duration {
    most.mul_f64(random.f64())
}

impl fmt::Debug for Crashes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Crashes")
            .field("kills", &self.kills)
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kills, starting, documents, submissions, resumed, subscriptions, reports, .. } = self;
        let Self { notices, again, waited, refused, .. } = self;
        write!(
            f,
            "{kills} kills, {starting} of them at the start; acknowledged were {documents} documents, \
             {submissions} submissions ({resumed} of them cut short), {subscriptions} changes of subscriptions \
             and {reports} reports; {notices} notices came, {again} messages more than once"
        )?;
        if *waited + *refused > 0 {
            write!(
                f,
                "; for lack of room {refused} requests were refused, {waited} times a submission waited"
            )?;
        }
        Ok(())
    }
}
