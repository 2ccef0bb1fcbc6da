//! The path of a newcomer: the commands of `docs/start.md`, as they stand there, in a fresh Debian that runs systemd.
//!
//! The system is in a container of its own, without a network, so that its service reaches nothing and nothing reaches
//! it. What the page takes for granted is there: the package, an image that `docker save` gives (by a stand-in, there is
//! no Docker), bundles of advisories, a plugin, and a receiver of notices.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde_json::Value;
use xtask::sample::{self, Compression};

use crate::command::{command, output, run, run_bounded};
use crate::limpid::Limpid;
use crate::workspace::Workspace;

/// The release of Debian.
const RELEASE: &str = "bookworm";

/// What it has beyond what is essential.
const PACKAGES: &str = "ca-certificates,curl,dbus,libstdc++6,openssl,systemd,systemd-sysv";

/// How long all of it may take.
const LIMIT: Duration = Duration::from_secs(1_500);

/// The vulnerability that the first bundle does not know of.
const LATER: &str = "CVE-2024-2961";

/// What the script writes at its end.
const DONE: &str = "THE NEWCOMER HAS ARRIVED";

/// What is checked after the commands of a section.
const CHECKS: [(&str, &str); 9] = [
    (
        "Install",
        "systemd-analyze verify --man=no limpid.service
         systemd-analyze security --no-pager --threshold=20 limpid.service > /root/security.txt
         test \"$(stat -c %U:%a /var/lib/limpid)\" = limpid:700
         test \"$(stat -c %U:%a /etc/limpid/credentials)\" = root:700
         test \"$(stat -c %U:%a /var/backups/limpid)\" = limpid:700
         curl -sS --fail --retry 5 -o /dev/null http://localhost:6060/readyz
         test -s /usr/share/man/man1/limpid-backup-create.1.gz -a -s /usr/share/bash-completion/completions/limpid
         test -s /usr/share/doc/limpid/docs/start.md.gz -o -s /usr/share/doc/limpid/docs/start.md",
    ),
    (
        "Encrypt, and let others in",
        "test \"$(curl -s -o /dev/null -w '%{http_code}' https://localhost:6060/v1/images)\" = 401
         ! curl -s --fail http://localhost:6060/readyz",
    ),
    ("Make a token", "ask v1/images > /dev/null"),
    ("Get advisories", "ask v1/feeds | grep -q '\"debian\"'"),
    (
        "Submit an image and read its report",
        "grep -q 'CVE-' report.json; ! grep -q CVE-2024-2961 report.json",
    ),
    (
        "Subscribe",
        "until grep -q 'image.newly-affected' /root/received; do sleep 1; done
         grep -q CVE-2024-2961 /root/received
         ask v1/images/limpid-sample%2Fdebian:12/report | grep -q CVE-2024-2961",
    ),
    (
        "Add a plugin",
        "until ask v1/plugins | grep -q '\"sample-detector\"'; do sleep 1; done; facts > /root/before",
    ),
    (
        "Back up",
        "ask v1/audit | grep '/v1/backups' > /dev/null
         systemctl reload limpid
         until journalctl -u limpid | grep 'settings were read again' > /dev/null; do sleep 1; done",
    ),
    (
        "Lose everything, and restore it",
        "facts > /root/after
         diff /root/before /root/after
         test -s /root/after",
    ),
];

/// What stands before the commands of the page. Each command may wait for minutes at most, as the whole does.
const BEFORE: &str = r#"#!/bin/bash
set -euxo pipefail
cd /root
ask() { curl -sS --fail -H "Authorization: Bearer $LIMPID_TOKEN" "https://localhost:6060/$1"; }
# What must be there after all was lost.
facts() {
    ask v1/images/limpid-sample%2Fdebian:12/report | grep -o '"CVE-[0-9-]*"' | sort -u
    ask v1/subscriptions | grep -o '"url": *"[^"]*"'
    ask v1/plugins | grep -o '"sample-detector"' | sort -u
    ask v1/tokens | grep -o '"laptop"' | sort -u
    ask v1/feeds | grep -o '"revision": *[0-9]*' | sort
    runuser -u limpid -- limpid audit --limit 100 --format json | grep -o '"path": *"[^"]*subscriptions[^"]*"' | sort -u
}
systemd-socket-activate --accept --inetd --listen 127.0.0.1:9000 /root/receiver &
sleep 1
"#;

/// Has what tests have compiled where the service looks for it, before it starts for the first time, too.
const COMPILED: &str = "[ ! -d /compiled ] || { mkdir -p /var/cache/limpid/compiled && \
    cp -rn --no-preserve=mode /compiled/. /var/cache/limpid/compiled/; } 2> /dev/null || true\n";

/// Takes a notice, and keeps its body.
const RECEIVER: &str = r#"#!/bin/bash
length=0
while IFS= read -r line && [ "$line" != $'\r' ]; do
    case "${line,,}" in content-length:*) length="${line//[^0-9]/}" ;; esac
done
head -c "$length" >> /root/received
printf 'HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n'
"#;

/// Gives the sample image to whoever calls it as the page does.
const DOCKER: &str =
    "#!/bin/sh\n[ \"$*\" = 'save limpid-sample/debian:12' ] && exec cat /root/debian.tar\nexit 1\n";

/// Runs the script when the system is up, and stops the system.
const UNIT: &str = "[Unit]
After=multi-user.target
[Service]
Type=oneshot
StandardOutput=file:/root/log
StandardError=inherit
ExecStart=/root/newcomer
ExecStopPost=/bin/sh -c 'journalctl -u limpid --no-pager > /root/journal'
ExecStopPost=/bin/systemctl --no-block --force poweroff
";

/// Follows the page to its end.
///
/// # Errors
/// A command fails, or does not do what the page says.
pub(super) fn follow(workspace: &Workspace, package: &Path) -> anyhow::Result<()> {
    let page = fs::read_to_string(workspace.root().join("docs/start.md"))?;
    let script = script(&page)?;
    let folder = workspace.target().join("newcomer");
    let root = fresh_debian(&folder)?;
    let home = root.join("root");
    let name = package.file_name().context("the package has no name")?;
    fs::copy(package, home.join(name))?;
    write_given(workspace, &folder, &home)?;
    write_program(&home.join("newcomer"), &script)?;
    write_program(&home.join("receiver"), RECEIVER)?;
    write_program(&root.join("usr/local/bin/docker"), DOCKER)?;
    fs::write(home.join("received"), "")?;
    fs::write(root.join("etc/systemd/system/newcomer.service"), UNIT)?;
    let wants = root.join("etc/systemd/system/default.target.wants");
    fs::create_dir_all(&wants)?;
    std::os::unix::fs::symlink("../newcomer.service", wants.join("newcomer.service"))?;
    eprintln!("packages: a fresh Debian follows docs/start.md");
    let mut boot = command("systemd-nspawn");
    boot.args([
        "--quiet",
        "--boot",
        "--register=no",
        "--keep-unit",
        "--private-network",
        "--console=read-only",
    ]);
    boot.stdout(fs::File::create(folder.join("console"))?)
        .stderr(fs::File::create(folder.join("console.err"))?);
    boot.args(["--machine=limpid-newcomer", "--directory"]).arg(&root);
    let compiled = workspace.target().join("compiled");
    if compiled.is_dir() {
        // What tests have compiled already need not be compiled again.
        boot.arg(format!("--bind-ro={}:/compiled", compiled.display()));
    }
    let ended = run_bounded(&mut boot, LIMIT);
    let log = fs::read_to_string(home.join("log")).unwrap_or_default();
    if ended.is_ok() && log.contains(DONE) {
        fs::remove_dir_all(&root)?;
        eprintln!("packages: docs/start.md leads where it says");
        return Ok(());
    }
    let journal = fs::read_to_string(home.join("journal")).unwrap_or_default();
    let (log, journal) = (last(&log), last(&journal));
    bail!(
        "docs/start.md does not lead where it says ({ended:?}); of its log:\n{log}\nand of the service's:\n{journal}"
    )
}

/// The last lines of a text.
fn last(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines.iter().skip(lines.len().saturating_sub(40)).copied().collect::<Vec<_>>().join("\n")
}

/// The commands of the page (blocks of `sh`), and after each section what is checked.
fn script(page: &str) -> anyhow::Result<String> {
    let mut script = BEFORE.to_owned();
    let mut checked = 0;
    for section in page.split("\n## ").skip(1) {
        let (title, text) = section.split_once('\n').context("a section has no text")?;
        for block in text.split("```sh\n").skip(1) {
            let (commands, _) = block.split_once("```").context("a block does not end")?;
            // A compiler need not run twice where nothing is learnt by it.
            script.push_str(COMPILED);
            script.push_str(commands);
        }
        if let Some((_, check)) = CHECKS.iter().find(|(of, _)| *of == title) {
            script.push_str(check);
            script.push('\n');
            checked += 1;
        }
    }
    if checked != CHECKS.len() {
        bail!("docs/start.md has {checked} of the {} sections that are checked", CHECKS.len());
    }
    script.push_str(&format!("echo {DONE}\n"));
    Ok(script)
}

/// A root file system as Debian's installer would leave it; its archive is kept for the next time.
fn fresh_debian(folder: &Path) -> anyhow::Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let archive = folder.join(format!("{RELEASE}.tar"));
    if !archive.is_file() {
        let unfinished = folder.join("unfinished.tar");
        let mut make = command("mmdebstrap");
        make.args(["--quiet", "--variant=minbase", &format!("--include={PACKAGES}"), RELEASE]);
        run(make.arg(&unfinished)).context("Debian cannot be fetched")?;
        fs::rename(&unfinished, &archive)?;
    }
    let root = folder.join("root");
    if root.exists() {
        fs::remove_dir_all(&root)?;
    }
    fs::create_dir_all(&root)?;
    run(command("tar").arg("--extract").arg("--file").arg(&archive).arg("--directory").arg(&root))?;
    // The installer's work, and no package's.
    fs::write(root.join("etc/hosts"), "127.0.0.1 localhost\n::1 localhost\n")?;
    Ok(root)
}

/// What a newcomer brings: an image, two bundles of advisories, and a plugin.
fn write_given(workspace: &Workspace, folder: &Path, home: &Path) -> anyhow::Result<()> {
    fs::write(home.join("debian.tar"), sample::debian().docker_archive(Compression::None)?)?;
    let plugin = workspace.root().join("tests/contracts/0.2.0/detector.wasm");
    fs::copy(plugin, home.join("my-detector.wasm"))?;
    let whole: Value = serde_json::from_str(&sample::advisories::debian_tracker())?;
    let mut earlier = whole.clone();
    let packages = earlier.as_object_mut().context("the tracker is no object")?;
    let known =
        packages.values_mut().filter_map(Value::as_object_mut).filter_map(|it| it.remove(LATER)).count();
    if known == 0 {
        bail!("the sample has no `{LATER}`");
    }
    let limpid = Limpid::of(workspace).with_compiled(workspace.target().join("compiled"));
    let data = folder.join("publisher");
    if data.exists() {
        fs::remove_dir_all(&data)?;
    }
    for (bundle, tracker) in [("feeds.tar.zst", earlier), ("newer-feeds.tar.zst", whole)] {
        let document = folder.join("tracker.json");
        fs::write(&document, tracker.to_string())?;
        limpid.import(&data, "debian", &[document])?;
        output(limpid.command(&data).args(["feed", "export"]).arg(home.join(bundle)))?;
    }
    Ok(())
}

fn write_program(path: &Path, text: &str) -> anyhow::Result<()> {
    fs::write(path, text)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_section_is_checked_after_its_commands() {
        let workspace = Workspace::load().unwrap();
        let page = fs::read_to_string(workspace.root().join("docs/start.md")).unwrap();
        let script = script(&page).unwrap();
        let place = |what: &str| script.find(what).unwrap_or_else(|| panic!("no `{what}` in:\n{script}"));
        assert!(place("apt-get install") < place("systemd-analyze verify"));
        assert!(place("/v1/subscriptions/operators") < place("image.newly-affected"));
        assert!(place("limpid backup restore") < place("diff /root/before /root/after"));
    }

    #[test]
    fn a_page_that_lost_a_section_is_refused() {
        let error = script("# Start\n\n## Install\n\n```sh\ntrue\n```\n").unwrap_err().to_string();
        assert!(error.contains("1 of the 9 sections"), "{error}");
    }
}
