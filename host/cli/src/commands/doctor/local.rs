use std::fs::{self, Metadata};
use std::io::ErrorKind;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use limpid_client::Options;

use super::Checks;
use crate::commands::config::unusable;
use crate::descriptors;
use crate::settings::Settings;
use crate::turn::{self, Holder};

/// Free bytes with which nothing is said, as a multiple of those below which nothing more is taken on.
const ROOMY: u64 = 2;

/// How long whoever has the port may take to say who it is.
const ANSWERING: Duration = Duration::from_secs(3);

/// Settings that are read, and make sense each: whether they can be used.
pub(super) fn settings(checks: &mut Checks, settings: &Settings) {
    let wrong = unusable(settings);
    for error in &wrong {
        let next = "correct that; `docs/settings.md` says what each setting takes";
        checks.problem("settings", crate::chain(error), next);
    }
    if wrong.is_empty() {
        checks.ok("settings", "they can be read and used");
    }
}

/// Whose the data directory is, and who can read what is in it. Says whether there is a store that this user may open.
pub(super) fn data_dir(checks: &mut Checks, data_dir: &Path) -> bool {
    const CHECK: &str = "data directory";
    let shown = data_dir.display();
    let known = match fs::metadata(data_dir) {
        Ok(known) => known,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            match writable(&existing(data_dir)) {
                Ok(()) => checks.ok(CHECK, format!("`{shown}` is not there; the first command makes it")),
                Err(why) => checks.problem(
                    CHECK,
                    format!("`{shown}` is not there and cannot be made: {why}"),
                    "make it for the user that runs Limpid, or name another one with `--data-dir`",
                ),
            }
            return false;
        }
        Err(error) => {
            checks.problem(CHECK, format!("`{shown}` cannot be looked at: {error}"), "run this as its owner");
            return false;
        }
    };
    if !known.is_dir() {
        let next = "name a directory with `--data-dir` or setting `data_dir`";
        checks.problem(CHECK, format!("`{shown}` is no directory"), next);
        return false;
    }
    if let Some(user) = user()
        && user != known.uid()
    {
        let owner = known.uid();
        checks.problem(
            CHECK,
            format!(
                "`{shown}` is of user {owner}, and this is user {user}: what one writes the other cannot"
            ),
            format!(
                "run Limpid as user {owner} only, or give all of it to one user: `chown -R USER {shown}`"
            ),
        );
        return false;
    }
    if let Err(why) = writable(data_dir) {
        let next = format!(
            "let its owner write there: `chmod u+rwx {shown}`; a read-only file system is mounted anew"
        );
        checks.problem(CHECK, format!("nothing can be written to `{shown}`: {why}"), next);
        return false;
    }
    match open_to_others(&known) {
        true => checks.warn(
            CHECK,
            format!("others on this machine can read what is in `{shown}`: reports, names of images"),
            format!("`chmod 700 {shown}`"),
        ),
        false => checks.ok(CHECK, format!("`{shown}` can be written, and is for its owner alone")),
    }
    for name in ["operator", "lock"] {
        let path = data_dir.join(name);
        let Ok(known) = fs::metadata(&path) else { continue };
        if open_to_others(&known) {
            let path = path.display();
            checks.problem(
                "permissions",
                format!(
                    "others can read or write `{path}`, by which commands do everything with the service"
                ),
                format!("`chmod 600 {path}`, and start the service anew: it makes another secret"),
            );
        }
    }
    data_dir.join("store").is_dir()
}

/// How much room there is where the store and files on their way lie.
pub(super) fn disk(checks: &mut Checks, settings: &Settings) {
    const CHECK: &str = "disk";
    let place = existing(&settings.data_dir);
    let found = match rustix::fs::statvfs(&place) {
        Ok(found) => found,
        Err(error) => {
            let what = format!("the file system of `{}` cannot be asked: {error}", place.display());
            checks.warn(CHECK, what, "look at it with `df`");
            return;
        }
    };
    let free = found.f_bavail.saturating_mul(found.f_frsize);
    let least = settings.index.free_bytes;
    let (shown, needed) = (indicatif::HumanBytes(free), indicatif::HumanBytes(least));
    let next =
        "make room, or move the data directory; `limpid image delete` deletes images that nobody needs";
    if free < least {
        let what =
            format!("{shown} are free, and below {needed} (setting `index.free_bytes`) nothing is taken on");
        checks.problem(CHECK, what, next);
    } else if free < least.saturating_mul(ROOMY) {
        let what =
            format!("{shown} are free; below {needed} (setting `index.free_bytes`) nothing is taken on");
        checks.warn(CHECK, what, next);
    } else if found.f_files > 0 && found.f_favail == 0 {
        checks.problem(CHECK, "no file can be made any more: the file system has no inodes left", next);
    } else {
        checks.ok(CHECK, format!("{shown} are free, more than the {needed} of setting `index.free_bytes`"));
    }
}

/// Whether the service can listen where it is to, or does. Returns who has the data directory.
pub(super) fn port(checks: &mut Checks, settings: &Settings) -> Option<Holder> {
    const CHECK: &str = "port";
    let address = settings.listen;
    let held = turn::holder(&settings.data_dir);
    let serves = held.as_ref().filter(|held| held.is_service());
    match (TcpListener::bind(address).map(drop), serves) {
        (Ok(()), None) => checks.ok(CHECK, format!("{address} is free")),
        (Ok(()), Some(held)) => {
            let what = format!("{address} is free, and {held} has the data directory: it listens elsewhere");
            checks.ok(CHECK, what);
        }
        (Err(error), Some(held)) if error.kind() == ErrorKind::AddrInUse => {
            checks.ok(CHECK, format!("{address} is in use, and {held} has the data directory"));
        }
        (Err(error), None) if error.kind() == ErrorKind::AddrInUse => {
            let client = Options::new(&format!("http://{address}")).directly().client();
            let is_limpid = client.is_ok_and(|client| client.readiness(ANSWERING).is_ok());
            let by =
                if is_limpid { "a service of Limpid with another data directory" } else { "another program" };
            checks.problem(
                CHECK,
                format!("{address} is in use by {by}"),
                format!("end that one (`ss -ltnp 'sport = :{}'` names it), or choose another port with `--listen`",
                    address.port()),
            );
        }
        (Err(error), _) => {
            let next = match error.kind() {
                ErrorKind::PermissionDenied => {
                    "choose a port from 1024 on, or give the program `CAP_NET_BIND_SERVICE`"
                }
                ErrorKind::AddrNotAvailable => {
                    "choose an address of this machine with `--listen`: `ip address` has them"
                }
                _ => "choose another address with `--listen`",
            };
            checks.problem(CHECK, format!("nothing can listen on {address}: {error}"), next);
        }
    }
    held
}

/// How many files and connections the process may have open: the one that has the data directory, or this one.
pub(super) fn descriptors(checks: &mut Checks, settings: &Settings, held: Option<&Holder>) {
    let process = held.map_or_else(|| "self".to_owned(), |held| held.pid.to_string());
    let limits = fs::read_to_string(format!("/proc/{process}/limits"));
    let limits = limits.or_else(|_| fs::read_to_string("/proc/self/limits")).unwrap_or_default();
    let needed = descriptors::needed(settings.http.connections, settings.store.open_files);
    against_limit(checks, &limits, needed);
}

fn against_limit(checks: &mut Checks, limits: &str, needed: u64) {
    const CHECK: &str = "open files";
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    match line.and_then(|line| line.split_whitespace().next()) {
        Some("unlimited") => checks.ok(CHECK, "any number may be open"),
        Some(limit) => match limit.parse::<u64>() {
            Ok(limit) if limit < needed => checks.warn(
                CHECK,
                format!("{limit} may be open, and settings `http.connections` and `store.open_files` ask for {needed}"),
                format!("`ulimit -n {needed}`, or `LimitNOFILE={needed}` in the unit of systemd; or lower the settings"),
            ),
            Ok(limit) => checks.ok(CHECK, format!("{limit} may be open, {needed} are needed at most")),
            Err(_) => checks.warn(CHECK, "the limit is not known", "look at it with `ulimit -n`"),
        },
        None => checks.warn(CHECK, "the limit is not known", "look at it with `ulimit -n`"),
    }
}

/// The lowest directory on the way that is there.
fn existing(path: &Path) -> PathBuf {
    let there = path.ancestors().find(|path| path.is_dir() && !path.as_os_str().is_empty());
    there.unwrap_or(Path::new(".")).to_owned()
}

/// # Errors
/// Nothing can be written into it, and why.
fn writable(directory: &Path) -> Result<(), String> {
    // What a temporary file is called says nothing to anybody.
    tempfile::tempfile_in(directory).map(drop).map_err(|error| error.kind().to_string())
}

pub(super) fn open_to_others(known: &Metadata) -> bool {
    known.permissions().mode() & 0o077 != 0
}

/// The user as whom this runs.
fn user() -> Option<u32> {
    fs::metadata("/proc/self").ok().map(|process| process.uid())
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;

    use limpid_formats::json::Check;

    use super::*;
    use crate::commands::doctor::only;

    #[test]
    fn a_data_directory_is_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let look = |path: &Path| {
            only(|checks| {
                data_dir(checks, path);
            })
        };
        fs::set_permissions(folder.path(), Permissions::from_mode(0o700)).unwrap();
        assert_eq!(look(folder.path()).state, Check::OK);
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        let open = look(folder.path());
        assert_eq!(open.state, Check::WARNING);
        assert!(open.next.unwrap().contains("chmod 700"));
        fs::write(folder.path().join("file"), "").unwrap();
        assert_eq!(look(&folder.path().join("file")).state, Check::PROBLEM);
        assert_eq!(look(&folder.path().join("new/one")).state, Check::OK);
        assert_eq!(look(Path::new("/proc/limpid")).state, Check::PROBLEM, "nobody makes anything there");
        // That of somebody else: no test runs as a user that nobody has.
        if user() == Some(0) {
            std::os::unix::fs::chown(folder.path(), Some(12_345), None).unwrap();
            let foreign = look(folder.path());
            assert_eq!(foreign.state, Check::PROBLEM);
            assert!(foreign.message.contains("user 12345"), "{foreign:?}");
        }
    }

    #[test]
    fn the_secret_of_commands_is_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let secret = folder.path().join("operator");
        fs::write(&secret, "secret").unwrap();
        fs::set_permissions(&secret, Permissions::from_mode(0o644)).unwrap();
        let mut checks = Checks::default();
        data_dir(&mut checks, folder.path());
        assert!(checks.has_problem("permissions"), "{checks:#?}");
        fs::set_permissions(&secret, Permissions::from_mode(0o600)).unwrap();
        only(|checks| {
            data_dir(checks, folder.path());
        });
    }

    #[test]
    fn a_full_disk_is_one_with_less_room_than_the_settings_ask_for() {
        let folder = tempfile::tempdir().unwrap();
        let look = |least: u64| {
            let mut settings = Settings::default().over(folder.path().join("new"));
            settings.index.free_bytes = least;
            only(|checks| disk(checks, &settings)).state
        };
        assert_eq!(look(0), Check::OK);
        assert_eq!(look(u64::MAX), Check::PROBLEM);
        let free = rustix::fs::statvfs(folder.path()).unwrap();
        assert_eq!(look(free.f_bavail * free.f_frsize / 3 * 2), Check::WARNING);
    }

    #[test]
    fn a_port_that_another_program_has_is_no_port() {
        let folder = tempfile::tempdir().unwrap();
        let look = |listen| {
            let mut settings = Settings::default().over(folder.path().into());
            settings.listen = listen;
            only(|checks| drop(port(checks, &settings)))
        };
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let listen = taken.local_addr().unwrap();
        let found = look(listen);
        assert_eq!(found.state, Check::PROBLEM);
        assert!(found.message.contains("another program"), "{found:?}");
        drop(taken);
        assert_eq!(look(listen).state, Check::OK);
        let elsewhere = look("192.0.2.1:6060".parse().unwrap());
        assert!(elsewhere.next.unwrap().contains("address of this machine"));
    }

    #[test]
    fn descriptors_are_held_against_what_settings_ask_for() {
        let limits = "Limit                     Soft Limit           Hard Limit           Units     \n\
            Max open files            1024                 524288               files     \n";
        assert_eq!(only(|checks| against_limit(checks, limits, 1_024)).state, Check::OK);
        let low = only(|checks| against_limit(checks, limits, 1_025));
        assert_eq!(low.state, Check::WARNING);
        assert!(low.next.unwrap().contains("ulimit -n 1025"));
        assert_eq!(only(|checks| against_limit(checks, "", 1)).state, Check::WARNING);
        let settings = Settings::default().over("/nowhere".into());
        let own = only(|checks| descriptors(checks, &settings, None));
        assert!(own.message.contains("may be open"), "{own:?}");
    }
}
