//! The process is killed at any instant, under load, and another goes on. `cargo xtask verify crashes`
//! does the same more often.

use xtask::crashes::{Crashes, SETTINGS};

use crate::program::Setup;

const KILLS: u64 = 15;

#[test]
fn what_was_acknowledged_survives_kills_at_any_instant() {
    let folder = tempfile::tempdir().unwrap();
    let setup = SETTINGS.into_iter().fold(Setup::new(), |setup, (name, value)| setup.with(name, value));
    let seed = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let crashes = Crashes {
        command: &|data| setup.command_over(data),
        folder: folder.path(),
        kills: KILLS,
        fills_disk: false,
        seed,
        progress: &|_| (),
    };
    let summary = crashes.run().unwrap();
    assert_eq!(summary.differences, [""; 0], "chance began at {seed}; {summary}");
    let done =
        [summary.kills, summary.documents, summary.submissions, summary.subscriptions, summary.notices];
    assert!(done.iter().all(|count| *count > 0), "{summary}");
}
