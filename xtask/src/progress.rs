//! Shows that a long build is alive.

use std::fs;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use crate::command::run;
use crate::workspace::Workspace;

const INTERVAL: Duration = Duration::from_secs(20);

/// How long ago RocksDB's compiler must have written something to count as under way. Its files are
/// compiled in groups (`.cargo/buildcache`), of which the largest take about a minute each.
const FRESH: Duration = Duration::from_secs(300);

/// The crate whose build script compiles RocksDB.
const ROCKSDB: &str = "librocksdb-sys";

/// Runs a build, with a line every 20 seconds that says how long it has been running and, while
/// RocksDB is compiled, how much of that is done: cargo says nothing of what goes on inside of a
/// build script.
///
/// # Errors
/// As [`run`].
pub(crate) fn run_with_progress(command: &mut Command, workspace: &Workspace) -> anyhow::Result<()> {
    thread::scope(|scope| {
        let (done, ended) = mpsc::channel::<()>();
        scope.spawn(move || {
            let started = Instant::now();
            while let Err(RecvTimeoutError::Timeout) = ended.recv_timeout(INTERVAL) {
                show(started.elapsed(), workspace);
            }
        });
        let result = run(command);
        drop(done);
        result
    })
}

fn show(elapsed: Duration, workspace: &Workspace) {
    // Over cargo's own progress bar, which it draws again at its next step.
    let over = if io::stderr().is_terminal() { "\r\x1b[K" } else { "" };
    let (minutes, seconds) = (elapsed.as_secs() / 60, elapsed.as_secs() % 60);
    let builds = workspace.target().join("debug/build");
    match rocksdb_under_way(&builds) {
        Some(compiled) => {
            let total = rocksdb_files(&builds).map_or_else(String::new, |total| format!(" of about {total}"));
            eprintln!("{over}  {minutes}:{seconds:02} building; RocksDB: {compiled}{total} files compiled");
        }
        None => eprintln!("{over}  {minutes}:{seconds:02} building"),
    }
}

/// How many object files there are of a RocksDB that is being compiled now.
fn rocksdb_under_way(builds: &Path) -> Option<usize> {
    let outputs = entries(builds).filter(|path| is_rocksdb(path)).map(|path| path.join("out"));
    outputs.filter_map(|out| unfinished_objects(&out)).max()
}

/// How many object files a build script has made that is still making some.
fn unfinished_objects(out: &Path) -> Option<usize> {
    let objects: Vec<PathBuf> =
        entries(out).filter(|path| path.extension().is_some_and(|extension| extension == "o")).collect();
    let newest = objects.iter().filter_map(|path| fs::metadata(path).ok()?.modified().ok()).max()?;
    let fresh = SystemTime::now().duration_since(newest).is_ok_and(|age| age < FRESH);
    // The archive of all objects is the last thing that is made.
    (fresh && !out.join("librocksdb.a").exists()).then_some(objects.len())
}

/// How many files there are to compile. The build script has the list of them compiled in, and so
/// it stands among what cargo watches for changes.
fn rocksdb_files(builds: &Path) -> Option<usize> {
    let watched = entries(builds)
        .filter(|path| is_rocksdb(path))
        .flat_map(|folder| entries(&folder).collect::<Vec<_>>())
        .filter(|path| path.extension().is_some_and(|extension| extension == "d"))
        .filter_map(|path| fs::read_to_string(path).ok());
    let list = watched
        .flat_map(|text| text.split_whitespace().map(String::from).collect::<Vec<_>>())
        .find(|word| word.ends_with("/rocksdb_lib_sources.txt"))?;
    Some(fs::read_to_string(list).ok()?.split_whitespace().count())
}

fn is_rocksdb(path: &Path) -> bool {
    path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with(ROCKSDB))
}

fn entries(folder: &Path) -> impl Iterator<Item = PathBuf> {
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_rocksdb_are_counted_in_the_list_that_its_build_script_reads() {
        let builds = std::env::temp_dir().join(format!("limpid-files-{}", std::process::id()));
        let script = builds.join("librocksdb-sys-1234");
        fs::create_dir_all(&script).unwrap();
        assert_eq!(rocksdb_files(&builds), None);
        let list = builds.join("rocksdb_lib_sources.txt");
        fs::write(&list, "cache/a.cc\ndb/b.cc\n").unwrap();
        fs::write(script.join("build.d"), format!("script: build.rs {}\n\nbuild.rs:\n", list.display()))
            .unwrap();
        assert_eq!(rocksdb_files(&builds), Some(2));
        fs::remove_dir_all(&builds).unwrap();
    }

    #[test]
    fn rocksdb_is_under_way_until_its_archive_is_there() {
        let builds = std::env::temp_dir().join(format!("limpid-progress-{}", std::process::id()));
        let out = builds.join("librocksdb-sys-1234/out");
        fs::create_dir_all(&out).unwrap();
        assert_eq!(rocksdb_under_way(&builds), None);
        fs::write(out.join("a.o"), "").unwrap();
        fs::write(out.join("b.o"), "").unwrap();
        fs::write(out.join("c.h"), "").unwrap();
        assert_eq!(rocksdb_under_way(&builds), Some(2));
        fs::write(out.join("librocksdb.a"), "").unwrap();
        assert_eq!(rocksdb_under_way(&builds), None);
        fs::remove_dir_all(&builds).unwrap();
    }
}
