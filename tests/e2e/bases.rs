//! Images that are built upon others: what each layer did, what comes from the base, which newer base there
//! is, and in what two images differ.

use serde_json::{Value, json};
use xtask::sample::{Layer, advisories};

use crate::archives::{Compression, Parts, image};
use crate::program::Setup;
use crate::service::Service;

const OS_RELEASE: &str = "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nID=debian\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\n";

/// Two findings, of which one is left where the other is fixed.
const TAR: (&str, &str) = ("tar", "1.34+dfsg-1.2");
const TAR_FIXED: (&str, &str) = ("tar", "1.34+dfsg-1.2+deb12u1");

/// One finding.
const XZ: (&str, &str) = ("xz-utils", "5.4.1-0.2");

/// Two findings.
const OPENSSL: (&str, &str) = ("openssl", "3.0.13-1~deb12u1");

/// Three.
const CURL: (&str, &str) = ("curl", "7.88.1-10+deb12u4");

fn layer(command: &str, packages: &[(&str, &str)]) -> Layer {
    let stanza = |(name, version): &(&str, &str)| {
        format!("Package: {name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: {version}\n\n")
    };
    Layer::new(command).file("var/lib/dpkg/status", packages.iter().map(stanza).collect::<String>())
}

fn base(tag: &str, created: &str, packages: &[(&str, &str)]) -> Parts {
    let lowest = layer("ADD rootfs", packages).file("etc/os-release", OS_RELEASE);
    made(Parts::of(&image(&format!("shop/base:{tag}"), [lowest]), Compression::Gzip), created)
}

fn made(mut parts: Parts, created: &str) -> Parts {
    parts.config["created"] = created.into();
    parts
}

fn old_base() -> Parts {
    base("1", "2026-01-01T00:00:00Z", &[TAR, XZ])
}

fn new_base() -> Parts {
    base("2", "2026-02-01T00:00:00Z", &[TAR_FIXED, XZ])
}

/// Built upon the old base.
fn app() -> Parts {
    let lowest = layer("ADD rootfs", &[TAR, XZ]).file("etc/os-release", OS_RELEASE);
    let layers = [
        lowest,
        layer("RUN apt-get install", &[TAR_FIXED, XZ, CURL, OPENSSL]),
        Layer::new("COPY shop").file("usr/bin/shop", "shop"),
        layer("RUN apt-get purge", &[TAR_FIXED, XZ, OPENSSL]),
    ];
    Parts::of(&image("shop/app:1", layers), Compression::Gzip)
}

fn service() -> Service {
    let service = Service::start();
    service.api.hand_in("debian", advisories::debian_tracker()).ok();
    service
}

fn get(service: &Service, path: &str) -> Value {
    service.api.get(path).ok()
}

fn count(list: &Value) -> usize {
    list.as_array().unwrap().len()
}

#[test]
fn each_layer_says_what_it_introduced_and_removed() {
    let service = service();
    service.api.index(&old_base().docker_archive());
    let digest = service.api.index(&app().docker_archive());
    let answer = get(&service, "/v1/images/shop/app:1/layers");
    assert_eq!(answer["base"]["names"], json!(["shop/base:1"]), "{answer:#}");
    let layers = answer["layers"].as_array().unwrap();
    let of = |layer: &Value| {
        let it = &layer["vulnerabilities"];
        (layer["origin"].as_str().unwrap().to_owned(), count(&it["introduced"]), count(&it["removed"]))
    };
    let expected = [("base", 3, 0), ("own", 5, 1), ("own", 0, 0), ("own", 0, 3)];
    let expected = expected.map(|(origin, introduced, removed)| (origin.to_owned(), introduced, removed));
    assert_eq!(layers.iter().map(of).collect::<Vec<_>>(), expected, "{answer:#}");
    let fixed = &layers[1]["vulnerabilities"]["removed"][0];
    assert_eq!(
        [&fixed["package"], &fixed["version"], &fixed["because"], &fixed["version_now"]],
        ["tar", TAR.1, "another-version", TAR_FIXED.1]
    );
    assert_eq!(layers[1]["upgraded"][0]["to"], TAR_FIXED.1);
    let gone = layers[3]["vulnerabilities"]["removed"].as_array().unwrap();
    assert!(gone.iter().all(|it| it["because"] == "package-removed" && it["version_now"].is_null()));
    for (place, layer) in layers.iter().enumerate() {
        assert_eq!(layer["index"], place);
        assert!(layer["size"].as_u64().unwrap() < layer["inflated_size"].as_u64().unwrap(), "{layer}");
        assert_eq!(layer["unread"], Value::Null);
    }
    let mut pages = Vec::new();
    let mut path = format!("/v1/images/{digest}/layers?limit=2");
    loop {
        let page = get(&service, &path);
        assert_eq!([&page["image"], &page["base"]], [&answer["image"], &answer["base"]]);
        assert!(count(&page["layers"]) <= 2, "{page}");
        pages.extend(page["layers"].as_array().unwrap().clone());
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/v1/images/{digest}/layers?limit=2&after={next}");
    }
    assert_eq!(&pages, layers);
    assert_eq!(answer["next"], Value::Null);
    let refused = service.api.get(&format!("/v1/images/{digest}/layers?after=x"));
    assert!(refused.refused(400, "bad-request").contains("`after`"));
    let report = service.api.report(&digest);
    let sum = |of: &str| layers.iter().map(|layer| count(&layer["vulnerabilities"][of])).sum::<usize>();
    assert_eq!(sum("introduced") - sum("removed"), count(&report["findings"]));
}

#[test]
fn a_layer_that_could_not_be_read_says_so() {
    let service = service();
    let mut parts = app();
    // Not what it is stated to be.
    parts.layers[1].media_type = "application/vnd.oci.image.layer.v1.tar+encrypted".to_owned();
    let digest = service.api.index(&parts.oci_archive());
    let layers = get(&service, &format!("/v1/images/{digest}/layers"));
    assert_eq!(layers["layers"][1]["unread"]["code"], "unsupported", "{layers:#}");
    assert_eq!(layers["base"], Value::Null);
}

#[test]
fn a_report_says_what_is_of_the_base_and_which_newer_one_there_is() {
    let service = service();
    let digest = service.api.index(&app().docker_archive());
    let report = service.api.report(&digest);
    assert_eq!([&report["base"], &report["recommendation"]], [&Value::Null; 2]);
    assert_eq!(report["summary"]["by_origin"], Value::Null);
    assert!(report["findings"].as_array().unwrap().iter().all(|finding| finding["origin"].is_null()));

    let old = service.api.index(&old_base().docker_archive());
    let report = service.api.report(&digest);
    assert_eq!(report["base"], json!({"digest": old, "names": ["shop/base:1"], "layers": 1}));
    assert_eq!(report["recommendation"], Value::Null);
    assert_eq!(report["summary"]["by_origin"], json!({"base": 1, "own": 3}));

    let new = service.api.index(&new_base().docker_archive());
    let report = service.api.report(&digest);
    let newer = &report["recommendation"];
    assert_eq!([&newer["digest"], &newer["removes"], &newer["adds"]], [&json!(new), &json!(1), &json!(0)]);
    assert_eq!([&newer["complete"], &newer["is_newest_known"]], [&json!(true); 2], "{newer}");
    assert_eq!(service.api.report(&new)["recommendation"], Value::Null, "nothing is newer than itself");

    for (origin, packages) in [("base", vec!["xz-utils"]), ("own", vec!["openssl", "openssl", "tar"])] {
        let path = format!("/v1/images/{digest}/report?origin={origin}");
        let filtered = get(&service, &path);
        let found = filtered["findings"].as_array().unwrap().iter();
        assert!(found.clone().all(|finding| finding["origin"] == origin), "{origin}");
        assert_eq!(found.map(|it| it["package"]["name"].as_str().unwrap()).collect::<Vec<_>>(), packages);
        assert_eq!(filtered["summary"], report["summary"], "what counts them counts all");
    }
    let refused = service.api.get(&format!("/v1/images/{digest}/report?origin=theirs"));
    assert!(refused.refused(400, "bad-request").contains("`theirs`"));

    let gone = service.api.delete(&format!("/v1/images/{old}"));
    assert_eq!(gone.status, 204);
    assert_eq!(service.api.report(&digest)["base"], Value::Null);
}

#[test]
fn two_images_differ_in_packages_and_findings() {
    let service = service();
    let (old, new) = (old_base(), new_base());
    service.api.index(&old.docker_archive());
    service.api.index(&new.docker_archive());
    let forth = get(&service, "/v1/images/shop/base:1/diff/shop/base:2");
    assert_eq!(
        [&forth["before"]["digest"], &forth["after"]["digest"]],
        [&json!(old.digest()), &json!(new.digest())]
    );
    let changed = &forth["packages"]["changed"][0];
    assert_eq!([&changed["name"], &changed["from"], &changed["to"]], ["tar", TAR.1, TAR_FIXED.1]);
    assert_eq!([count(&forth["findings"]["removed"]), count(&forth["findings"]["added"])], [1, 0]);
    let back = get(&service, "/v1/images/shop/base:2/diff/shop/base:1");
    assert_eq!(back["findings"]["added"], forth["findings"]["removed"]);
    assert_eq!(back["packages"]["changed"][0]["from"], TAR_FIXED.1);
    let same = get(&service, &format!("/v1/images/{}/diff/shop/base:1", old.digest()));
    for (part, kind) in [("packages", "added"), ("packages", "removed"), ("packages", "changed")] {
        assert_eq!(same[part][kind], json!([]), "{part} {kind}");
        assert_eq!(same["findings"][kind], json!([]), "{kind}");
    }
    assert_eq!(service.api.get("/v1/images/nobody/diff/shop/base:1").status, 404);
}

#[test]
fn the_command_line_shows_layers_and_differences() {
    let (setup, files) = (Setup::new(), tempfile::tempdir().unwrap());
    let file = |name: &str, bytes: Vec<u8>| {
        let path = files.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let tracker = file("tracker.json", advisories::debian_tracker().into_bytes());
    setup.run(["feed", "add", "debian", &tracker]).ok();
    let (old, new) =
        (file("old.tar", old_base().docker_archive()), file("new.tar", new_base().oci_archive()));
    let app = file("app.tar", app().docker_archive());

    let outcome = setup.run(["diff", &old, &new]);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert!(outcome.stdout.contains(&format!("{} -> {}", TAR.1, TAR_FIXED.1)), "{}", outcome.stdout);
    assert_eq!(setup.run(["diff", "shop/base:1", &old]).code, Some(0));
    assert_eq!(setup.run(["diff", "shop/base:1", "nobody/knows"]).code, Some(2));

    let table = setup.run(["layers", &app]).ok();
    assert!(table.contains("built upon shop/base:1 (1 layer)"), "{table}");
    let rows: Vec<_> =
        table.lines().filter(|line| line.contains("  own ") || line.contains("  base ")).collect();
    assert_eq!(rows.len(), 4, "{table}");
    assert!(
        rows[0].starts_with("3") && rows[0].contains("-3") && rows[0].ends_with("RUN apt-get purge"),
        "{table}"
    );
    assert!(rows[3].starts_with("0      base"), "{table}");
    let layers = setup.run(["layers", "shop/app:1", "--format", "json"]).json();
    assert_eq!(count(&layers[0]["layers"]), 4);

    let scan = setup.run(["scan", "shop/app:1", "--origin", "base"]).ok();
    assert!(scan.contains("1 from the base shop/base:1, 3 your own"), "{scan}");
    assert!(scan.contains("newer base shop/base:2: removes 1 finding and adds 0"), "{scan}");
    assert!(scan.contains("--origin base: 3 of 4 findings hidden"), "{scan}");

    let service = Service::with(setup);
    let asked = service.setup.run(["layers", "shop/app:1", "--format", "json"]).json();
    assert_eq!(asked, layers, "a service answers as the command does");
    assert_eq!(service.setup.run(["diff", "shop/base:1", "shop/base:2"]).code, Some(1));
}
