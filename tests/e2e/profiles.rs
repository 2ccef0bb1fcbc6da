//! Profiles of a service: made, read, refused and recorded.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use flate2::read::GzDecoder;
use serde_json::Value;
use xtask::sample::Layer;

use crate::archives::{Compression, Parts, image};
use crate::program::Setup;
use crate::service::{Service, until};

/// Of each stack, by names with `;` between, the outermost first: how often it was seen, and its nanoseconds on a
/// processor and in all.
type Stacks = BTreeMap<String, [u64; 3]>;

/// The fields of a message of protobuf: numbers, and what has a length.
fn fields(mut message: &[u8]) -> Vec<(u64, u64, &[u8])> {
    let mut fields = Vec::new();
    while !message.is_empty() {
        let tag = varint(&mut message);
        fields.push(match tag & 7 {
            0 => (tag >> 3, varint(&mut message), &[][..]),
            2 => {
                let length = varint(&mut message) as usize;
                let (content, rest) = message.split_at(length);
                message = rest;
                (tag >> 3, 0, content)
            }
            kind => panic!("a field of kind {kind}"),
        });
    }
    fields
}

fn varint(message: &mut &[u8]) -> u64 {
    let mut value = 0;
    for shift in (0..).step_by(7) {
        let (byte, rest) = message.split_first().unwrap();
        *message = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            break;
        }
    }
    value
}

fn numbers(mut packed: &[u8]) -> Vec<u64> {
    let mut numbers = Vec::new();
    while !packed.is_empty() {
        numbers.push(varint(&mut packed));
    }
    numbers
}

/// Reads a profile of pprof, as its description says (`proto/profile.proto` there).
fn read(file: &[u8]) -> Stacks {
    let mut message = Vec::new();
    GzDecoder::new(file).read_to_end(&mut message).unwrap();
    let fields = fields(&message);
    let all = |number: u64| fields.iter().filter(move |field| field.0 == number).map(|field| field.2);
    let number = |message: &[u8], of: u64| {
        let of = self::fields(message).into_iter().find(|field| field.0 == of);
        of.map_or(0, |field| field.1)
    };
    let inner = |message: &[u8], of: u64| {
        let fields = self::fields(message);
        fields.into_iter().find(|field| field.0 == of).map(|field| field.2.to_vec()).unwrap()
    };
    let strings: Vec<_> = all(6).map(|text| String::from_utf8(text.to_vec()).unwrap()).collect();
    let functions: BTreeMap<_, _> =
        all(5).map(|it| (number(it, 1), strings[number(it, 2) as usize].clone())).collect();
    let locations: BTreeMap<_, _> =
        all(4).map(|it| (number(it, 1), functions[&number(&inner(it, 4), 1)].clone())).collect();
    let kinds: Vec<_> = all(1).map(|it| strings[number(it, 1) as usize].as_str()).collect();
    assert_eq!(kinds, ["samples", "cpu", "wall"]);
    let stack = |sample: &[u8]| {
        let names = numbers(&inner(sample, 1)).into_iter().rev().map(|it| locations[&it].clone());
        (names.collect::<Vec<_>>().join(";"), numbers(&inner(sample, 2)).try_into().unwrap())
    };
    all(2).map(stack).collect()
}

/// An image whose packages no other one has.
fn packages(number: u32) -> Vec<u8> {
    let package = |of: u32| {
        format!(
            "Package: package-{of}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.{number}\n\
             Maintainer: nobody <nobody@example.com>\nDescription: made up\n\n"
        )
    };
    let status: String = (0..2_000).map(package).collect();
    let layer = Layer::new("COPY")
        .file("etc/os-release", "ID=debian\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\n")
        .file("var/lib/dpkg/status", status);
    Parts::of(&image(&format!("test/packages:{number}"), [layer]), Compression::Gzip).docker_archive()
}

#[test]
fn a_profile_tells_which_plugins_a_service_runs_while_it_indexes() {
    let service = Service::with(Setup::new().with("LIMPID_PROFILES__ENABLED", true));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("profile.pb.gz");
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            for number in 0.. {
                if is_over.load(Ordering::Relaxed) {
                    break;
                }
                service.api.index(&packages(number));
            }
        });
        let stacks = until("a profile has seen a call of a plugin", || {
            service.setup.run(["profile", "--seconds", "2", "-o", &file.display().to_string()]).ok();
            let stacks = read(&std::fs::read(&file).unwrap());
            let has_plugin = stacks.keys().any(|stack| stack.contains("plugin call dpkg"));
            has_plugin.then_some(stacks)
        });
        is_over.store(true, Ordering::Relaxed);
        let cpu: u64 = stacks.values().map(|[_, cpu, _]| cpu).sum();
        assert!(cpu > 0, "{stacks:#?}");
        assert!(stacks.keys().any(|stack| stack.contains(";request POST")), "{stacks:#?}");
        assert!(stacks.values().all(|[seen, cpu, wall]| *seen > 0 && wall >= cpu), "{stacks:#?}");
    });
    service.api.get("/v1/images").ok();

    // One at a time, and no other request waits for it.
    let status = |path: &str| service.api.status("GET", path, None);
    thread::scope(|scope| {
        // It may be the one that is refused first.
        let first = scope.spawn(|| {
            until("a profile is made", || (status("/v1/profile?seconds=3").0 == 200).then_some(()));
        });
        until("a second one is refused", || {
            let second = service.api.status("GET", "/v1/profile?seconds=1", None);
            service.api.get("/v1/images").ok();
            (second == (429, "too-many-requests".to_owned())).then_some(())
        });
        first.join().unwrap();
    });
    for seconds in ["0", "121", "x"] {
        assert_eq!(status(&format!("/v1/profile?seconds={seconds}")), (400, "bad-request".to_owned()));
    }
    let secret = service.token(&["operator", "--role", "operate"]);
    let refused = service.api.status("GET", "/v1/profile?seconds=1", Some(&secret));
    assert_eq!(refused, (403, "forbidden".to_owned()));
    let audit = service.api.get("/v1/audit?limit=1000").ok();
    let records = audit["records"].as_array().unwrap();
    let of = |status: u16| -> Vec<&Value> {
        let is_of = |it: &&Value| it["path"] == "/v1/profile" && it["status"] == status;
        records.iter().filter(is_of).collect()
    };
    assert!(
        of(200).iter().any(|it| it["detail"].as_str().unwrap().starts_with("2 s, in which")),
        "{audit:#}"
    );
    assert_eq!(of(403)[0]["who"], "token:operator", "{audit:#}");
}

#[test]
fn no_profile_is_made_where_no_setting_allows_it() {
    let service = Service::shared();
    let why = service.setup.run(["profile", "--seconds", "1", "-o", "-"]).failed();
    assert!(why.contains("`profiles.enabled`"), "{why}");
    let nobody = Setup::new().run(["profile", "--seconds", "1"]).failed();
    assert!(nobody.contains("no service that answers"), "{nobody}");
}
