use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::{Arc, Mutex};
use std::thread;

use limpid_layers::Limits;
use limpid_test_archives::{Tar, docker_archive};
use tempfile::TempDir;

use super::*;
use crate::{Archive, Fault, ImageSource};

const NO_VARIABLES: Environment<'_> = &|_| None;

/// What a daemon does with a request, by its path.
type Answer = dyn Fn(&str, &mut UnixStream) + Send + Sync;

/// A daemon that says what a test wants, and notes what it is asked.
struct Fake {
    directory: TempDir,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Fake {
    fn new(answer: impl Fn(&str, &mut UnixStream) + Send + Sync + 'static) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(directory.path().join("d.sock")).unwrap();
        let (asked, answer) = (Arc::new(Mutex::new(Vec::new())), Arc::new(answer) as Arc<Answer>);
        let seen = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (seen, answer) = (Arc::clone(&seen), Arc::clone(&answer));
                thread::spawn(move || {
                    let mut stream = stream.unwrap();
                    let mut head = BufReader::new(stream.try_clone().unwrap()).lines();
                    // Who only looks whether somebody is there asks nothing.
                    let Some(Ok(first)) = head.next() else { return };
                    while head.next().is_some_and(|line| !line.unwrap().is_empty()) {}
                    let path = first.split(' ').nth(1).unwrap().to_owned();
                    seen.lock().unwrap().push(path.clone());
                    answer(&path, &mut stream);
                });
            }
        });
        Self { directory, asked }
    }

    fn settings(&self) -> DaemonSettings {
        let socket = self.directory.path().join("d.sock");
        DaemonSettings { docker: Some(socket.to_str().unwrap().to_owned()), ..DaemonSettings::default() }
    }

    fn daemon(&self, settings: &DaemonSettings) -> Daemon {
        Daemon::find(DaemonKind::Docker, settings, NO_VARIABLES).unwrap()
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn respond(stream: &mut UnixStream, status: &str, body: &[u8]) {
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n", body.len());
    // Who has heard enough hangs up.
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
}

fn id() -> Digest {
    Digest::of(b"configuration")
}

fn describe(stream: &mut UnixStream) {
    let body = serde_json::json!({"Id": id().to_string(), "RepoTags": ["a:1"], "Os": "linux"});
    respond(stream, "200 OK", body.to_string().as_bytes());
}

fn archive() -> Vec<u8> {
    docker_archive(&[&Tar::default().file("a", b"1").end()])
}

/// Describes the image, and answers the request for an export so.
fn exporting(export: impl Fn(&mut UnixStream) + Send + Sync + 'static) -> Fake {
    Fake::new(move |path, stream| match path.ends_with("/json") {
        true => describe(stream),
        false => export(stream),
    })
}

fn export(fake: &Fake, settings: &DaemonSettings) -> Result<File, Error> {
    fake.daemon(settings).image("a:1", &Stop::default())?.export(
        &std::env::temp_dir(),
        &Stop::default(),
        |_| (),
    )
}

fn check_error(error: &Error, fault: Fault, expected: &str) {
    let mut text = error.to_string();
    if let Some(source) = std::error::Error::source(error) {
        text = format!("{text}: {source}");
    }
    assert!(text.contains(expected), "{text}");
    assert_eq!(error.fault(), fault, "{text}");
}

#[test]
fn an_image_is_described_and_then_exported() {
    for chunked in [false, true] {
        let fake = exporting(move |stream| {
            if !chunked {
                return respond(stream, "200 OK", &archive());
            }
            stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").unwrap();
            for piece in archive().chunks(700) {
                write!(stream, "{:x}\r\n", piece.len()).unwrap();
                stream.write_all(piece).unwrap();
                stream.write_all(b"\r\n").unwrap();
            }
            stream.write_all(b"0\r\n\r\n").unwrap();
        });
        let daemon = fake.daemon(&fake.settings());
        let image = daemon.image("registry.example:5000/a/b:1", &Stop::default()).unwrap();
        assert_eq!(image.id(), id());
        let told = Mutex::new(0);
        let file =
            image.export(&std::env::temp_dir(), &Stop::default(), |n| *told.lock().unwrap() = n).unwrap();
        assert_eq!(*told.lock().unwrap(), archive().len() as u64);
        let archive = Archive::open_file(file, &std::env::temp_dir(), &Limits::default()).unwrap();
        assert_eq!(archive.images(&Stop::default()).unwrap()[0].image.names, ["example.test/a:1"]);
        let name = "/images/registry.example:5000/a/b:1";
        assert_eq!(fake.asked(), [format!("{name}/json"), format!("{name}/get")]);
    }
}

#[test]
fn an_image_that_a_daemon_does_not_have_is_missing_in_its_own_words() {
    let fake =
        Fake::new(|_, stream| respond(stream, "404 Not Found", br#"{"message":"No such image: a:1"}"#));
    let error = fake.daemon(&fake.settings()).image("a:1", &Stop::default()).unwrap_err();
    check_error(&error, Fault::Input, "image `a:1` of Docker is missing: Docker says `No such image: a:1`");
    let fake = Fake::new(|_, stream| respond(stream, "500 Internal Server Error", b"not JSON"));
    let error = fake.daemon(&fake.settings()).image("a:1", &Stop::default()).unwrap_err();
    check_error(&error, Fault::Source, "Docker answers 500");
    let fake = Fake::new(|_, stream| respond(stream, "200 OK", br#"{"Id":"md5:1"}"#));
    let error = fake.daemon(&fake.settings()).image("a:1", &Stop::default()).unwrap_err();
    check_error(&error, Fault::Source, "its description cannot be read");
}

#[test]
fn a_daemon_that_never_answers_costs_the_time_of_the_settings() {
    let hold = |_: &str, stream: &mut UnixStream| {
        // Until the other side hangs up.
        let _ = stream.read(&mut [0]);
    };
    let fake = Fake::new(hold);
    let settings = DaemonSettings { answer_time: 1, ..fake.settings() };
    check_error(&fake.daemon(&settings).image("a", &Stop::default()).unwrap_err(), Fault::Source, "timeout");
    let fake = exporting(|stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nabc").unwrap();
        let _ = stream.read(&mut [0]);
    });
    let settings = DaemonSettings { idle_time: 1, ..fake.settings() };
    check_error(&export(&fake, &settings).unwrap_err(), Fault::Source, "it broke off after 3 bytes");
}

#[test]
fn an_export_that_is_cut_short_is_none() {
    let length =
        exporting(|stream| stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc").unwrap());
    let chunked = exporting(|stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n").unwrap();
    });
    for fake in [length, chunked] {
        check_error(
            &export(&fake, &fake.settings()).unwrap_err(),
            Fault::Source,
            "it broke off after 3 bytes",
        );
    }
}

#[test]
fn an_export_over_the_limit_names_the_setting() {
    let endless = exporting(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        while stream.write_all(&[0; 4096]).is_ok() {}
    });
    let settings = DaemonSettings { export_bytes: 100_000, ..endless.settings() };
    check_error(&export(&endless, &settings).unwrap_err(), Fault::Input, "`daemons.export_bytes` of 100000");
}

#[test]
fn an_export_ends_when_the_service_does() {
    let endless = exporting(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        while stream.write_all(&[0; 4096]).is_ok() {}
    });
    let (daemon, stop) = (endless.daemon(&endless.settings()), Stop::default());
    let image = daemon.image("a:1", &Stop::default()).unwrap();
    let error = image.export(&std::env::temp_dir(), &stop, |_| stop.stop()).unwrap_err();
    assert!(matches!(error, Error::Interrupted { .. }), "{error}");
}

#[test]
fn a_socket_is_where_the_settings_or_the_environment_say() {
    let fake = Fake::new(|_, stream| describe(stream));
    let socket = fake.directory.path().join("d.sock");
    let at = |kind, settings: &DaemonSettings, variables: &[(&str, &str)]| {
        let variable = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(*value))
        };
        Daemon::find(kind, settings, &variable).map(|daemon| daemon.socket().to_owned())
    };
    let nothing = DaemonSettings::default();
    let url = format!("unix://{}", socket.display());
    assert_eq!(at(DaemonKind::Docker, &nothing, &[("DOCKER_HOST", &url)]).unwrap(), socket);
    assert_eq!(at(DaemonKind::Podman, &nothing, &[("CONTAINER_HOST", &url)]).unwrap(), socket);
    assert_eq!(at(DaemonKind::Docker, &fake.settings(), &[("DOCKER_HOST", "tcp://x")]).unwrap(), socket);
    let below = fake.directory.path().join("podman");
    std::fs::create_dir(&below).unwrap();
    std::os::unix::fs::symlink(&socket, below.join("podman.sock")).unwrap();
    let runtime = fake.directory.path().to_str().unwrap();
    assert_eq!(
        at(DaemonKind::Podman, &DaemonSettings { podman: Some(url), ..nothing.clone() }, &[]).unwrap(),
        socket
    );
    let check = |settings: &DaemonSettings, variables: &[(&str, &str)], expected: &str| {
        let error = at(DaemonKind::Docker, settings, variables).unwrap_err();
        assert!(matches!(error, Error::Missing { .. }) && error.to_string().contains(expected), "{error}");
    };
    check(&nothing, &[("DOCKER_HOST", "ssh://user:secret@host")], "variable `DOCKER_HOST` names `ssh://…`");
    let none = DaemonSettings { docker: Some("none".to_owned()), ..nothing.clone() };
    check(&none, &[], "setting `daemons.docker` says that it is not asked");
    let elsewhere = DaemonSettings { docker: Some(format!("{runtime}/nothing")), ..nothing.clone() };
    check(&elsewhere, &[], "nothing is at `");
    let plain = DaemonSettings { docker: Some(runtime.to_owned()), ..nothing };
    check(&plain, &[], "no socket is at `");
}
