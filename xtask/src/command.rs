//! Running programs.

use std::fmt::Write as _;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

pub(crate) use limpid_pack::{command, find};

/// `cargo`, as whoever started xtask would start it.
pub(crate) fn cargo() -> Command {
    command("cargo")
}

/// A program of crates.io, which is compiled into its [`tool_folder`] where it is not there.
///
/// # Errors
/// Where it cannot be compiled.
pub(crate) fn tool(target: &Path, name: &str, version: &str, features: &[&str]) -> anyhow::Result<PathBuf> {
    let folder = tool_folder(target, name, version);
    let program = folder.join("bin").join(name);
    if !program.is_file() {
        eprintln!("compiling {name}, which takes some minutes");
        let mut install = cargo();
        install.args(["install", "--locked", "--quiet", name, "--version", version]).args(features);
        run(install.arg("--root").arg(&folder))
            .with_context(|| format!("install {name} and run this again"))?;
    }
    Ok(program)
}

/// Where a version of a program is, in `bin`.
pub(crate) fn tool_folder(target: &Path, name: &str, version: &str) -> PathBuf {
    target.join(format!("tools/{name}-{version}"))
}

/// Runs a command to its end.
///
/// # Errors
/// Where it cannot be started, or ends with anything but success.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<()> {
    let status = command.status().with_context(|| format!("cannot run `{}`", shown(command)))?;
    require_success(command, status)
}

/// Runs a command to its end and returns what it wrote to its standard output.
///
/// # Errors
/// Where it cannot be started, ends with anything but success, or does not write UTF-8.
pub(crate) fn output(command: &mut Command) -> anyhow::Result<String> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot run `{}`", shown(command)))?;
    require_success(command, output.status)?;
    String::from_utf8(output.stdout).with_context(|| format!("`{}` did not write UTF-8", shown(command)))
}

/// Runs a command, and ends it where it takes longer than `limit`.
///
/// # Errors
/// As [`run`], and where the limit was reached.
pub(crate) fn run_bounded(command: &mut Command, limit: Duration) -> anyhow::Result<()> {
    let mut child =
        command.stdin(Stdio::null()).spawn().with_context(|| format!("cannot run `{}`", shown(command)))?;
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return require_success(command, status);
        }
        if started.elapsed() > limit {
            child.kill()?;
            child.wait()?;
            bail!("`{}` took longer than {} s", shown(command), limit.as_secs());
        }
        thread::sleep(Duration::from_millis(100));
    }
}

/// Whether a command could be run and stated yes, whatever it wrote.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

/// The command as one would type it, its own settings of the environment included.
pub(crate) fn shown(command: &Command) -> String {
    let mut text = String::new();
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            // Writing to a string does not fail.
            let _ = write!(text, "{}={} ", name.display(), value.display());
        }
    }
    text.push_str(&command.get_program().to_string_lossy());
    for argument in command.get_args() {
        text.push(' ');
        text.push_str(&argument.to_string_lossy());
    }
    text
}

/// Writes a file so that whoever reads it sees the old bytes or the new ones, and leaves it alone
/// where it holds them already. Says whether it was written.
///
/// # Errors
/// Where the file system refuses.
pub(crate) fn write_if_changed(path: &Path, bytes: &[u8]) -> anyhow::Result<bool> {
    match std::fs::read(path) {
        Ok(current) if current == bytes => return Ok(false),
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error).with_context(|| format!("cannot read `{}`", path.display())),
    }
    let unfinished = path.with_extension("unfinished");
    std::fs::write(&unfinished, bytes).with_context(|| format!("cannot write `{}`", unfinished.display()))?;
    std::fs::rename(&unfinished, path).with_context(|| format!("cannot replace `{}`", path.display()))?;
    Ok(true)
}

fn require_success(command: &Command, status: ExitStatus) -> anyhow::Result<()> {
    if !status.success() {
        bail!("`{}` failed: {status}", shown(command));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_as_one_types_it() {
        let mut command = Command::new("cargo");
        command.args(["build", "--workspace"]).env("RUSTC", "/usr/bin/rustc").env_remove("CARGO");
        assert_eq!(shown(&command), "RUSTC=/usr/bin/rustc cargo build --workspace");
    }

    #[test]
    fn a_failure_names_the_command() {
        let error = run(&mut Command::new("false")).unwrap_err().to_string();
        assert!(error.starts_with("`false` failed"), "{error}");
        let error = run(&mut Command::new("limpid-has-no-such-program")).unwrap_err().to_string();
        assert!(error.contains("cannot run `limpid-has-no-such-program`"), "{error}");
    }

    #[test]
    fn a_command_that_hangs_is_ended() {
        let mut command = Command::new("sleep");
        let error = run_bounded(command.arg("600"), Duration::ZERO).unwrap_err().to_string();
        assert!(error.contains("took longer than"), "{error}");
    }

    #[test]
    fn a_file_is_written_only_where_its_bytes_differ() {
        let folder = std::env::temp_dir().join(format!("limpid-xtask-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("plugin.wasm");
        assert!(write_if_changed(&path, b"one").unwrap());
        assert!(!write_if_changed(&path, b"one").unwrap());
        assert!(write_if_changed(&path, b"two").unwrap());
        assert_eq!(std::fs::read(&path).unwrap(), b"two");
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
