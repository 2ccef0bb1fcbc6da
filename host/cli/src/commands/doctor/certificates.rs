use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use jiff::Timestamp;
use limpid_formats::table::span;
use limpid_outbound::certificates_in;

use super::Checks;
use super::validity::validity;
use crate::remote::Remote;
use crate::settings::{Settings, secret_files};

const CHECK: &str = "certificates";

/// From when on it is said that a certificate ends soon, in seconds: three weeks.
const SOON: i64 = 21 * 24 * 60 * 60;

/// Certificates of one file that are looked at.
const MOST: usize = 1_000;

/// Those of settings `tls`, and who can read files with secrets.
pub(super) fn local(checks: &mut Checks, settings: &Settings) {
    let files = settings.tls.files();
    if files.is_empty() && !settings.is_reached() {
        checks.ok(CHECK, "none: only this machine reaches the service");
    } else if files.is_empty() {
        checks.warn(
            CHECK,
            format!("other machines reach the service at {}, and tokens come unencrypted", settings.listen),
            "set `tls.certificate` and `tls.key`, or place a proxy before the service",
        );
    }
    // The key is among the secrets.
    for (setting, path) in files.into_iter().filter(|(setting, _)| *setting != "tls.key") {
        certificate(checks, setting, path, Timestamp::now().as_second());
    }
    for (setting, path) in secret_files(settings) {
        secret(checks, &setting, path);
    }
}

/// Those of a profile.
pub(super) fn remote(checks: &mut Checks, remote: &Remote) {
    for (what, path) in remote.secret_files() {
        secret(checks, what, path);
    }
    for (what, path) in remote.certificate_files() {
        certificate(checks, what, path, Timestamp::now().as_second());
    }
}

fn secret(checks: &mut Checks, setting: &str, path: &Path) {
    let shown = path.display();
    match fs::metadata(path) {
        Ok(known) if known.permissions().mode() & 0o007 != 0 => checks.problem(
            "permissions",
            format!("everybody on this machine can read `{shown}` (`{setting}`)"),
            format!("`chmod o= {shown}`"),
        ),
        Ok(_) => checks.ok("permissions", format!("`{shown}` (`{setting}`) is not for everybody")),
        Err(error) => {
            let next = "let the user that runs Limpid read it";
            checks.problem("permissions", format!("`{shown}` (`{setting}`) cannot be read: {error}"), next);
        }
    }
}

/// All certificates of a file: the first one to end counts.
fn certificate(checks: &mut Checks, setting: &str, path: &Path, now: i64) {
    let shown = path.display();
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) => {
            let next = "let the user that runs Limpid read it";
            checks.problem(CHECK, format!("`{shown}` (`{setting}`) cannot be read: {error}"), next);
            return;
        }
    };
    let (mut begins, mut ends) = (i64::MIN, None::<i64>);
    for (begin, end) in certificates_in(&bytes).filter_map(|certificate| validity(&certificate)).take(MOST) {
        begins = begins.max(begin);
        ends = Some(ends.map_or(end, |ends| ends.min(end)));
    }
    let Some(ends) = ends else {
        let what = format!("no certificate can be read in `{shown}` (`{setting}`)");
        checks.problem(CHECK, what, "put the certificate there as PEM");
        return;
    };
    let seconds = |seconds: i64| span(seconds.unsigned_abs());
    let next = "renew it: the service takes up the new file within seconds";
    if begins > now {
        let what = format!("`{shown}` (`{setting}`) counts in {} only", seconds(begins - now));
        checks.problem(CHECK, what, "wait, or look at the clock of this machine");
    } else if ends <= now {
        let what = format!("`{shown}` (`{setting}`) ended {} ago", seconds(now - ends));
        checks.problem(CHECK, what, next);
    } else if ends - now < SOON {
        checks.warn(CHECK, format!("`{shown}` (`{setting}`) ends in {}", seconds(ends - now)), next);
    } else {
        checks.ok(CHECK, format!("`{shown}` (`{setting}`) counts for {} more", seconds(ends - now)));
    }
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;

    use limpid_formats::json::Check;
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    use super::*;
    use crate::commands::doctor::only;

    #[test]
    fn a_certificate_is_told_before_it_ends() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cert.pem");
        let mut params = CertificateParams::new(vec!["limpid.example".to_owned()]).unwrap();
        params.not_before = date_time_ymd(2026, 1, 1);
        params.not_after = date_time_ymd(2026, 3, 1);
        let made = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
        fs::write(&path, made.pem()).unwrap();
        let at = |year, month, day| {
            let now = date_time_ymd(year, month, day).unix_timestamp();
            only(|checks| certificate(checks, "tls.certificate", &path, now))
        };
        assert_eq!(at(2026, 1, 15).state, Check::OK);
        let soon = at(2026, 2, 20);
        assert_eq!(soon.state, Check::WARNING);
        assert!(soon.message.contains("ends in 9 days"), "{soon:?}");
        assert_eq!(at(2026, 3, 2).state, Check::PROBLEM);
        assert!(at(2025, 12, 31).next.unwrap().contains("clock"));
        fs::write(&path, "nothing").unwrap();
        assert_eq!(at(2026, 1, 15).state, Check::PROBLEM);
    }

    #[test]
    fn a_key_is_not_for_everybody() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.pem");
        let look = || only(|checks| secret(checks, "tls.key", &path)).state;
        assert_eq!(look(), Check::PROBLEM);
        fs::write(&path, "key").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        assert_eq!(look(), Check::PROBLEM);
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        assert_eq!(look(), Check::OK);
    }
}
