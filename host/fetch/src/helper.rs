//! Credential helpers: programs that keep what `docker login` was told
//! ([protocol](https://github.com/docker/docker-credential-helpers#development)).

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use limpid_bytes::Stop;
use serde::Deserialize;

use crate::Login;

/// Longest answer that is read, in bytes.
const ANSWER_BYTES: u64 = 64 << 10;

/// How long to wait before looking whether nobody wants it any more.
const SLICE: Duration = Duration::from_millis(100);

/// How a helper says that it has nothing.
const NOTHING: &str = "credentials not found";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    username: String,
    secret: String,
}

/// What `docker-credential-NAME get` has of a server.
///
/// # Errors
/// Why nothing is known of it, without what the helper wrote: that may be a secret.
pub(crate) fn get(name: &str, server: &str, within: Duration, stop: &Stop) -> Result<Option<Login>, String> {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    if name.is_empty() || !name.bytes().all(is_word) {
        return Err("the name of the credential helper is none".to_owned());
    }
    let program = format!("docker-credential-{name}");
    let cannot = |error: std::io::Error| format!("`{program}` cannot be run: {error}");
    let mut child = Command::new(&program)
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(cannot)?;
    let (sender, receiver) = mpsc::sync_channel(1);
    let (input, output) = (child.stdin.take(), child.stdout.take());
    let line = format!("{server}\n");
    // It may read nothing, and write for ever.
    let talking = thread::Builder::new().name("credentials".to_owned()).spawn(move || {
        if let Some(mut input) = input {
            // One that does not want to know has its reasons, which its status says.
            let _ = input.write_all(line.as_bytes());
        }
        let mut answer = Vec::new();
        let read = output.map_or(Ok(0), |output| output.take(ANSWER_BYTES).read_to_end(&mut answer));
        // Nobody may be waiting any more.
        let _ = sender.send(read.map(|_| answer));
    });
    let talked = talking.map_err(cannot).and_then(|_| {
        let answer = wait(within, stop, || match receiver.recv_timeout(SLICE) {
            Ok(answer) => Some(answer.map_err(cannot)),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => Some(Err(format!("`{program}` cannot be heard"))),
        });
        let late = || {
            format!(
                "`{program}` takes more than {} s, the limit of setting `registries.helper_time`",
                within.as_secs()
            )
        };
        answer.unwrap_or_else(|| Err(late()))
    });
    let status = talked.and_then(|answer| Ok((answer, ended(&mut child, within, stop, &program)?)));
    if status.is_err() {
        // It may have ended by itself.
        let _ = child.kill();
        let _ = child.wait();
    }
    let (answer, is_success) = status?;
    if !is_success {
        let is_nothing = String::from_utf8_lossy(&answer).contains(NOTHING);
        return if is_nothing { Ok(None) } else { Err(format!("`{program}` failed")) };
    }
    let answer: Answer =
        serde_json::from_slice(&answer).map_err(|_| format!("`{program}` answers not as helpers do"))?;
    Ok(Some(match answer.username.as_str() {
        "<token>" => Login::identity(answer.secret),
        _ => Login::password(answer.username, answer.secret),
    }))
}

/// Whether a helper that has closed its output ends, and well.
fn ended(child: &mut Child, within: Duration, stop: &Stop, program: &str) -> Result<bool, String> {
    let status = wait(within, stop, || match child.try_wait() {
        Ok(None) => {
            thread::sleep(Duration::from_millis(1));
            None
        }
        Ok(Some(status)) => Some(Ok(status.success())),
        Err(error) => Some(Err(format!("`{program}` cannot be waited for: {error}"))),
    });
    status.unwrap_or_else(|| Err(format!("`{program}` does not end")))
}

fn wait<T>(within: Duration, stop: &Stop, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let started = Instant::now();
    while started.elapsed() < within && !stop.is_stopped() {
        if let Some(found) = look() {
            return Some(found);
        }
    }
    None
}
