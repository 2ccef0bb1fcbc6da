//! A service that has run out of files, and one that very many clients are connected to.

use std::io::Write as _;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use xtask::sample::debian;

use crate::archives::{Compression, Parts, archive_of};
use crate::program::Setup;
use crate::service::{Service, until};

/// How many files a service may have open, and how many clients want a connection.
const FILES: u32 = 160;
const CLIENTS: usize = 400;

/// Clients that are connected and ask nothing, and others whose bodies do not come.
const IDLE: usize = 10_000;
const SLOW: usize = 200;

/// How long an answer may take beside them. Machines that run tests may be busy.
const PROMPTLY: Duration = Duration::from_secs(5);

/// How much memory the service may hold then, in bytes.
const MEMORY: u64 = 400 << 20;

#[test]
fn a_service_without_files_says_so_and_goes_on_when_there_are_some() {
    let service = Service::with_files(Setup::new().with("LIMPID_STORE__OPEN_FILES", "32"), FILES);
    until("it says how few it may have", || service.log().contains("`LimitNOFILE=`").then_some(()));
    let archive = Parts::of(&debian(), Compression::Gzip).docker_archive();
    let image = service.api.index(&archive);
    let before = service.api.report(&image);

    let clients: Vec<_> = (0..CLIENTS).map(|_| service.api.connect()).collect();
    until("it says why nobody is let in", || {
        service.log().contains("no connection can be accepted").then_some(())
    });
    // Those who say nothing leave, and somebody else is answered.
    until("its health is told", || {
        let answer = service.api.try_send("GET", "/healthz", &[], b"");
        answer.is_ok_and(|answer| answer.status == 200).then_some(())
    });
    drop(clients);
    until("it is ready", || {
        let answer = service.api.try_send("GET", "/readyz", &[], b"");
        answer.is_ok_and(|answer| answer.status == 200).then_some(())
    });
    assert_eq!(service.api.report(&image)["findings"], before["findings"]);
    let times = service.log().matches("no connection can be accepted").count();
    assert!(times <= 3, "it says the same {times} times");
    service.api.index(&archive);
    // What it knew is there for the next process, too.
    let service = Service::with(service.kill());
    assert_eq!(service.api.report(&image)["findings"], before["findings"]);
}

#[test]
fn ten_thousand_silent_clients_and_slow_bodies_cost_nobody_else_anything() {
    // Of the clients.
    let files = rlimit::increase_nofile_limit(u64::MAX).unwrap();
    assert!(files > 12_000, "this process may have {files} files open, too few for this test");
    let setup = Setup::new().with("LIMPID_HTTP__CONNECTIONS", 11_000).with("LIMPID_HTTP__HEAD_TIME", 300);
    let service = Service::with(setup);
    let image = service.api.index(&Parts::of(&debian(), Compression::Gzip).docker_archive());
    let path = format!("/v1/images/{image}/report");
    service.api.report(&image);

    let body = "POST /v1/images HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\nbegun";
    let mut slow: Vec<TcpStream> = (0..SLOW).map(|_| service.api.connect()).collect();
    for client in &mut slow {
        client.write_all(body.as_bytes()).unwrap();
    }
    let idle: Vec<TcpStream> = (0..IDLE).map(|_| service.api.connect()).collect();
    for number in 0..50 {
        // A byte now and then is not nothing, and is not much.
        for client in slow.iter_mut().skip(number % 10).step_by(10) {
            client.write_all(b"x").unwrap();
        }
        for path in [path.as_str(), "/healthz", "/readyz"] {
            let began = Instant::now();
            service.api.get(path).ok();
            assert!(began.elapsed() < PROMPTLY, "{path} after {:?}", began.elapsed());
        }
    }
    let memory = service.resident();
    assert!(memory < MEMORY, "the service holds {} MiB", memory >> 20);
    // All of them are there still.
    let connected = idle.iter().filter(|client| {
        client.set_nonblocking(true).unwrap();
        client.peek(&mut [0]).is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock)
    });
    assert_eq!(connected.count(), IDLE);
}

/// Clients that submit at the same moment.
const SUBMITTERS: usize = 200;

#[test]
fn of_many_submissions_at_once_each_is_taken_or_told_to_wait_and_none_is_lost() {
    let service = Service::with(Setup::new().with("LIMPID_INDEX__QUEUE", 50));
    let archives: Vec<_> = (0..SUBMITTERS).map(|number| archive_of(&format!("test/{number}:1"))).collect();
    let images: Vec<String> = std::thread::scope(|scope| {
        let service = &service;
        let submit = |archive: &'_ Vec<u8>| {
            let archive = archive.clone();
            scope.spawn(move || {
                until("it is taken", || {
                    let answer = service.api.submit_and_go_on(&archive);
                    match answer.status {
                        200 | 202 => Some(answer.body["id"].as_str().unwrap().to_owned()),
                        429 | 503 => {
                            assert!(answer.headers.contains_key("retry-after"), "{answer:#?}");
                            std::thread::sleep(Duration::from_millis(200));
                            None
                        }
                        _ => panic!("{answer:#?}"),
                    }
                })
            })
        };
        let jobs: Vec<_> = archives.iter().map(submit).collect();
        let jobs: Vec<_> = jobs.into_iter().map(|job| job.join().unwrap()).collect();
        let end = |id: String| {
            let job = service.api.job_end(&id);
            assert_eq!(job["state"], "done", "{job:#}");
            job["images"][0].as_str().unwrap().to_owned()
        };
        jobs.into_iter().map(end).collect()
    });
    for (number, image) in images.iter().enumerate() {
        let known = service.api.get(&format!("/v1/images/{image}")).ok();
        assert_eq!(known["names"][0], format!("test/{number}:1"));
        assert_eq!(service.api.get(&format!("/v1/images/{image}/report")).status, 200);
    }
    let memory = service.resident();
    assert!(memory < MEMORY, "the service holds {} MiB", memory >> 20);
}
