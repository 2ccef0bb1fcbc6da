//! Compiling in a process of its own. A component of a few kilobytes can keep a compiler busy for
//! hours, and no thread can be told to stop: a process can, and takes its memory along.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::engine::compile_only;
use crate::{LoadError, Settings};

/// How often the process is looked at.
const LOOK: Duration = Duration::from_millis(5);

/// Longest reason of a compiler that is passed on, in bytes.
const REASON_BYTES: u64 = 4096;

/// How a program is called that does nothing but [`Compiler::serve`].
#[derive(Clone, Debug)]
pub struct Compiler {
    program: PathBuf,
    arguments: Vec<OsString>,
}

impl Compiler {
    /// The settings are given to it as one further argument.
    pub fn new(
        program: impl Into<PathBuf>,
        arguments: impl IntoIterator<Item = impl Into<OsString>>,
    ) -> Self {
        Self { program: program.into(), arguments: arguments.into_iter().map(Into::into).collect() }
    }

    /// What such a program does: compiles the component that comes in, for an engine with these
    /// settings, and writes out its compiled form. It ends itself when its time is over, even where
    /// nobody is left to end it.
    ///
    /// # Errors
    /// What is wrong with the settings or the component, in words.
    pub fn serve(settings: &str, mut input: impl Read, mut output: impl Write) -> Result<(), String> {
        let settings: Settings = serde_json::from_str(settings).map_err(|error| error.to_string())?;
        let time = settings.compile_time;
        thread::spawn(move || {
            thread::sleep(time);
            std::process::exit(1);
        });
        let mut component = Vec::new();
        input.read_to_end(&mut component).map_err(|error| error.to_string())?;
        let code = compile_only(&settings, &component)?;
        output.write_all(&code).and_then(|()| output.flush()).map_err(|error| error.to_string())
    }

    /// Has a component compiled, and returns its compiled form.
    pub(crate) fn compile(&self, settings: &Settings, component: &[u8]) -> Result<Vec<u8>, LoadError> {
        let run = || -> io::Result<Result<Vec<u8>, LoadError>> {
            let (mut input, mut code, mut reason) =
                (tempfile::tempfile()?, tempfile::tempfile()?, tempfile::tempfile()?);
            input.write_all(component)?;
            input.seek(SeekFrom::Start(0))?;
            let child = Command::new(&self.program)
                .args(&self.arguments)
                .arg(serde_json::to_string(settings)?)
                .stdin(Stdio::from(input))
                .stdout(Stdio::from(code.try_clone()?))
                .stderr(Stdio::from(reason.try_clone()?))
                .spawn()?;
            Ok(match watch(Running(child), settings)? {
                Ok(status) if status.success() => Ok(whole(&mut code)?),
                Ok(status) => Err(LoadError::Invalid(told(&mut reason, status)?)),
                Err(over) => Err(over),
            })
        };
        run().unwrap_or_else(|source| Err(LoadError::Compiler { program: self.program.clone(), source }))
    }
}

/// A process that ends with its value.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // Where it has ended by itself, there is nothing to end.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Waits for the end of a process, or ends it where it takes too much.
fn watch(mut running: Running, settings: &Settings) -> io::Result<Result<ExitStatus, LoadError>> {
    let started = Instant::now();
    loop {
        if let Some(status) = running.0.try_wait()? {
            return Ok(Ok(status));
        }
        if started.elapsed() > settings.compile_time {
            return Ok(Err(LoadError::CompileTime { limit: settings.compile_time }));
        }
        let limit = settings.compile_bytes;
        if let Some(bytes) = resident(running.0.id()).filter(|bytes| *bytes > limit) {
            return Ok(Err(LoadError::CompileMemory { bytes, limit }));
        }
        thread::sleep(LOOK);
    }
}

/// The memory of a process, in bytes, where the system tells.
fn resident(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok()?.checked_mul(1024)
}

fn whole(file: &mut File) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(0))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Why the process has failed, in its own words.
fn told(file: &mut File, status: ExitStatus) -> io::Result<String> {
    file.seek(SeekFrom::Start(0))?;
    let mut bytes = Vec::new();
    Read::by_ref(file).take(REASON_BYTES).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes).trim().to_owned();
    Ok(if text.is_empty() { format!("the compiler ended with {status}") } else { text })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes of a compiler that is a line of shell.
    #[track_caller]
    fn check(line: &str, settings: Settings, expected: Result<&[u8], &str>) {
        let compiled = Compiler::new("/bin/sh", ["-c", line, "compiler"]).compile(&settings, b"component");
        let compiled = compiled.map_err(|error| error.to_string());
        assert_eq!(compiled.as_deref().map_err(String::as_str), expected);
    }

    #[test]
    fn what_the_process_writes_is_the_code_and_what_it_complains_of_the_reason() {
        check("cat", Settings::default(), Ok(b"component"));
        check("echo no >&2; exit 1", Settings::default(), Err("does not compile: no"));
        let ended = "does not compile: the compiler ended with signal: 9 (SIGKILL)";
        check("kill -9 $$", Settings::default(), Err(ended));
    }

    #[test]
    fn it_is_told_the_settings() {
        let settings = Settings { memory_bytes: 1234 << 10, ..Settings::default() };
        check(r#"echo "$1" | grep -o 1263616"#, settings, Ok(b"1263616\n"));
    }

    #[test]
    fn a_process_that_takes_too_much_is_ended() {
        let second = Duration::from_secs(1);
        check(
            "exec sleep 1000",
            Settings { compile_time: second, ..Settings::default() },
            Err("takes more than 1s to compile, the limit of setting `plugins.compile_time`"),
        );
        let settings = Settings { compile_bytes: 1, ..Settings::default() };
        let compiled = Compiler::new("/bin/sh", ["-c", "exec sleep 1000"]).compile(&settings, b"");
        assert!(matches!(compiled, Err(LoadError::CompileMemory { limit: 1, .. })), "{compiled:?}");
    }

    #[test]
    fn a_compiler_that_is_not_there_is_not_the_components_fault() {
        let compiled = Compiler::new("/nonexistent", [""; 0]).compile(&Settings::default(), b"");
        assert!(matches!(compiled, Err(LoadError::Compiler { .. })), "{compiled:?}");
    }
}
