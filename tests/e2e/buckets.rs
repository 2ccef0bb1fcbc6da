//! Backups in a bucket of other people's storage: moto, which stands for that of AWS.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use xtask::sample::{advisories, debian};

use crate::archives::{Compression, Parts, archive_of};
use crate::program::{Outcome, Setup};
use crate::service::Service;

const PLACE: &str = "s3://backups/limpid/daily";

/// Storage that ends with this value.
struct Storage {
    child: Child,
    address: String,
}

impl Storage {
    /// Of the environment that `cargo xtask test-with storage` makes.
    fn start() -> Self {
        let program = Setup::new().plugins().join("../tools/storage/bin/moto_server");
        assert!(program.is_file(), "`{}` is not there: `cargo xtask test-with storage`", program.display());
        let mut command = Command::new(program);
        command.args(["-H", "127.0.0.1", "-p", "0"]).stdin(Stdio::null()).stdout(Stdio::null());
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let address =
            lines.find_map(|line| Some(line.unwrap().split_once("Running on http://")?.1.to_owned()));
        // It says all that it is asked, and must not wait for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        let storage = Self { child, address: address.expect("the storage does not start") };
        storage.make_bucket();
        storage
    }

    fn make_bucket(&self) {
        self.ask("PUT /backups");
    }

    /// What is answered to somebody whom it lets do everything.
    fn ask(&self, what: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let request = format!(
            "{what} HTTP/1.1\r\nHost: {}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            self.address
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        answer
    }

    fn setup(&self) -> Setup {
        Setup::new()
            .with("LIMPID_BACKUP__S3_ENDPOINT", format!("http://{}", self.address))
            .with("LIMPID_BACKUP__S3_PLAIN_HTTP", true)
            .with("AWS_ACCESS_KEY_ID", "key")
            .with("AWS_SECRET_ACCESS_KEY", "secret")
    }
}

impl Drop for Storage {
    fn drop(&mut self) {
        // Both fail where it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
#[ignore = "needs a program: `cargo xtask test-with storage`"]
fn what_a_service_backs_up_to_a_bucket_is_verified_and_restored() {
    let storage = Storage::start();
    let service = Service::with(storage.setup());
    service.api.hand_in("debian", advisories::debian_tracker()).ok();
    let image = service.api.index(&Parts::of(&debian(), Compression::Gzip).docker_archive());
    let report = service.api.report(&image);
    let run = |arguments: &[&str]| service.setup.run(arguments.iter().copied());
    let first = run(&["backup", "create", PLACE, "--format", "json"]).json();
    assert_eq!(first["to"], PLACE);
    service.api.index(&archive_of("test/other:1"));
    let second = run(&["backup", "create", PLACE, "--format", "json"]).json();
    assert!(second["new_bytes"].as_u64() < first["new_bytes"].as_u64(), "{first:#} {second:#}");
    let listed = run(&["backup", "list", PLACE, "--format", "json"]).json();
    assert_eq!(listed["backups"].as_array().unwrap().len(), 2, "{listed:#}");
    assert!(run(&["backup", "verify", PLACE]).ok().contains("is whole"));
    let why = run(&["backup", "create", "s3://nobodys-bucket"]).failed();
    assert!(why.contains("NoSuchBucket"), "{why}");
    let why = run(&["backup", "prune", PLACE, "--keep", "1"]).failed();
    assert!(why.contains("nothing is removed from bucket"), "{why}");

    let setup = service.kill();
    // Also where no service runs.
    setup.run(["backup", "create", PLACE]).ok();
    let root = tempfile::tempdir().unwrap();
    let restored = root.path().join("restored");
    let name = first["name"].as_str().unwrap();
    over(&setup, &restored, &["backup", "restore", PLACE, "--name", name]).ok();
    let service = Service::with(storage.setup().over(&restored));
    assert_eq!(service.api.report(&image)["findings"], report["findings"]);
    assert_eq!(service.api.get("/v1/images").ok()["images"].as_array().unwrap().len(), 1);
}

#[test]
#[ignore = "needs a program: `cargo xtask test-with storage`"]
fn a_file_that_is_longer_than_a_request_goes_in_parts() {
    /// What parts have at least.
    const PART: usize = 5 << 20;
    let storage = Storage::start();
    let root = tempfile::tempdir().unwrap();
    let folders = ["plugins", "again"].map(|name| root.path().join(name));
    folders.iter().for_each(|folder| std::fs::create_dir(folder).unwrap());
    // No plugin that anything loads, of three parts, of which no two are the same.
    let content: Vec<u8> = (0..11_u32 << 18).flat_map(u32::to_le_bytes).collect();
    std::fs::write(folders[0].join("long.wasm"), &content).unwrap();
    let setup = storage.setup().with("LIMPID_BACKUP__S3_PART_BYTES", PART).with_plugins(&folders[0]);
    let service = Service::with(setup);
    let run = |arguments: &[&str]| service.setup.run(arguments.iter().copied());
    run(&["backup", "create", PLACE]).ok();
    // S3 tags objects of parts with how many they are.
    let listed = storage.ask("GET /backups?list-type=2");
    assert!(listed.contains("-3&quot;</ETag>") || listed.contains("-3\"</ETag>"), "{listed}");
    assert!(run(&["backup", "verify", PLACE]).ok().contains("is whole"));
    let setup = service.kill().with_plugins(&folders[1]);
    let restored = root.path().join("restored");
    over(&setup, &restored, &["backup", "restore", PLACE, "--plugins"]).ok();
    assert_eq!(std::fs::read(folders[1].join("long.wasm")).unwrap(), content);
}

/// Runs a command over a setup with another data directory.
fn over(setup: &Setup, data: &Path, arguments: &[&str]) -> Outcome {
    Outcome::of(setup.command_over(data).args(arguments))
}
