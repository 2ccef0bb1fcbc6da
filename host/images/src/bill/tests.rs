use std::io::Write as _;

use limpid_bytes::Stop;
use limpid_test_archives::gzip;
use proptest::prelude::*;

use super::*;
use crate::{Archive, ImageSource};

const CYCLONEDX: &str =
    r#"{"bomFormat": "CycloneDX", "metadata": {"component": {"name": "app", "version": "1.0"}}}"#;

fn file(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file
}

fn pack(bytes: &[u8], limits: &Limits) -> Result<Option<File>, Error> {
    pack_bill(&file(bytes), Some("a.json"), &std::env::temp_dir(), limits)
}

fn image(bytes: &[u8]) -> Image {
    let packed = pack(bytes, &Limits::default()).unwrap().unwrap();
    let archive = Archive::open_file(packed, &std::env::temp_dir(), &Limits::default()).unwrap();
    archive.images(&Stop::default()).unwrap().remove(0).image
}

#[test]
fn the_same_document_gives_the_same_image_however_it_is_compressed() {
    let plain = image(CYCLONEDX.as_bytes());
    assert_eq!(plain, image(&gzip(CYCLONEDX.as_bytes())));
    assert_eq!(plain, image(&zstd(CYCLONEDX.as_bytes())));
    assert!(plain.is_bill_of_materials());
    assert_eq!((plain.names.as_slice(), plain.layers.len()), (["sbom:app:1.0".to_owned()].as_slice(), 1));
    assert_ne!(plain.id, image(CYCLONEDX.replace("1.0", "1.1").as_bytes()).id);
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    limpid_test_archives::zstd(bytes)
}

#[test]
fn the_layer_holds_the_document_as_it_came() {
    let packed = pack(CYCLONEDX.as_bytes(), &Limits::default()).unwrap().unwrap();
    let mut outer = tar::Archive::new(packed);
    let layer = outer.entries().unwrap().next().unwrap().unwrap();
    let mut inner = tar::Archive::new(layer);
    let mut entries = inner.entries().unwrap();
    let mut entry = entries.next().unwrap().unwrap();
    assert_eq!(entry.path().unwrap().to_str(), Some(DOCUMENT));
    let mut document = String::new();
    entry.read_to_string(&mut document).unwrap();
    assert_eq!(document, CYCLONEDX);
    assert!(entries.next().is_none());
}

#[test]
fn an_image_is_called_by_what_its_document_is_about() {
    let check = |text: &str, expected: &str| assert_eq!(image(text.as_bytes()).names, [expected], "{text}");
    let about = |component: &str| {
        format!(r#"{{"bomFormat": "CycloneDX", "metadata": {{"component": {component}}}}}"#)
    };
    check(
        &about(r#"{"name": "docker.io/library/nginx:1.25", "version": "sha256:ab"}"#),
        "sbom:docker.io/library/nginx:1.25",
    );
    check(&about(r#"{"name": "example.org:5000/a", "version": "2"}"#), "sbom:example.org:5000/a:2");
    check(&about(r#"{"name": "a b"}"#), "sbom:a.json");
    check(&about(r#"{"version": "1"}"#), "sbom:a.json");
    check(r#"{"spdxVersion": "SPDX-2.3", "name": "debian:12", "packages": [[[1]]]}"#, "sbom:debian:12");
    check("\u{feff}SPDXVersion: SPDX-2.3\nDocumentName: alpine\r\n", "sbom:alpine");
    check("# a comment\nSPDXVersion: SPDX-2.3\n", "sbom:a.json");
    check(r#"{"predicateType": "https://spdx.dev/Document", "subject": [{"name": "b"}]}"#, "sbom:b");
    check("<?xml version=\"1.0\"?><bom xmlns=\"http://cyclonedx.org/schema/bom/1.5\"/>", "sbom:a.json");
    check(
        &format!(r#"{{"payloadType": "", "x": {}{}}}"#, "[".repeat(100_000), "]".repeat(100_000)),
        "sbom:a.json",
    );
}

#[test]
fn what_begins_as_no_document_is_none() {
    for bytes in [&b""[..], b"\x7fELF", b"[1]", b"text", &gzip(b"text"), &gzip(b"{}")[..9], b"\x1f\x8b"] {
        assert!(pack(bytes, &Limits::default()).unwrap().is_none(), "{bytes:?}");
    }
}

#[test]
fn another_document_and_one_over_the_limit_are_errors() {
    for text in ["{}", "{", "<html></html>", r#"{"schemaVersion": 2}"#] {
        let why = pack(text.as_bytes(), &Limits::default()).unwrap_err().to_string();
        assert_eq!(
            why, "not an image archive: it is a document, and no bill of materials in CycloneDX or SPDX",
            "{text}"
        );
    }
    let limits = Limits { sbom_bytes: 50, ..Limits::default() };
    for bytes in [CYCLONEDX.as_bytes().to_vec(), gzip(CYCLONEDX.as_bytes())] {
        let why = pack(&bytes, &limits).unwrap_err().to_string();
        assert!(
            why.contains("the bill of materials") && why.contains("the limit `sbom_bytes` of 50"),
            "{why}"
        );
    }
}

proptest! {
    #[test]
    fn no_document_is_too_odd_to_be_packed(rest in prop::collection::vec(any::<u8>(), 0..200)) {
        let bytes = [b"{\"bomFormat\"", rest.as_slice()].concat();
        prop_assert!(pack(&bytes, &Limits::default()).unwrap().is_some());
        let _outcome = pack(&rest, &Limits::default());
    }
}
