use std::fs::File;
use std::io::{Seek, Write};

use limpid_documents::Limits;
use limpid_model::Digest;
use limpid_signature::PrivateKey;
use limpid_store::Store;

use super::read::Bundle;
use super::write::append;
use super::*;
use crate::BundleSettings;
use crate::test_support::scanner_with;
use crate::{Error, Settings};

/// As `openssl genpkey -algorithm ed25519` writes them, of two seeds.
const KEYS: [&str; 2] = [
    "-----BEGIN PRIVATE KEY-----\n\
     MC4CAQAwBQYDK2VwBCIEIEzNCJso/5banbbDRuwRTg9bijGfNaumJNqM9u1PuKb7\n\
     -----END PRIVATE KEY-----\n",
    "-----BEGIN PRIVATE KEY-----\n\
     MC4CAQAwBQYDK2VwBCIEIMWqjfQ/n4N7feqoS9tEK3+UMtN0FElRbNvjwUo2apH3\n\
     -----END PRIVATE KEY-----\n",
];

fn key(number: usize) -> PrivateKey {
    PrivateKey::from_pem(KEYS[number]).unwrap()
}

fn document_name(content: &str) -> String {
    format!("documents/{}", Digest::of(content.as_bytes()).hex())
}

/// The manifest of a feed with one source: a document, and changes.
fn manifest(contents: &[&str]) -> String {
    let documents: Vec<_> = contents
        .iter()
        .map(|content| {
            serde_json::json!({
                "name": content,
                "size": content.len(),
                "digest": Digest::of(content.as_bytes()).to_string(),
            })
        })
        .collect();
    let source = serde_json::json!({
        "name": "source", "address": "https://a.example/", "etag": null, "modified": null,
        "fetched": "2026-01-01T00:00:00Z", "confirmed": "2026-01-02T00:00:00.5Z",
        "document": documents.first(), "changes": documents.get(1..).unwrap_or_default(), "initial": 0,
    });
    let feed = serde_json::json!({
        "name": "feed", "revision": 7, "cursor": "c", "complete": null, "sources": [source], "missing": [],
    });
    serde_json::json!({ "version": 1, "made": "2026-01-03T00:00:00Z", "by": "a test", "feeds": [feed] })
        .to_string()
}

fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, content) in members {
        append(&mut tar, name, content.len() as u64, *content).unwrap();
    }
    tar.into_inner().unwrap()
}

fn file(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file.rewind().unwrap();
    file
}

fn bundle(members: &[(&str, &[u8])]) -> File {
    file(&zstd::encode_all(tar(members).as_slice(), 1).unwrap())
}

fn read_with(bundle: File, change: impl FnOnce(&mut Settings)) -> Result<Bundle, Error> {
    let (scanner, _scratch) = scanner_with(Store::in_memory(), change);
    scanner.ingest().read_bundle(bundle)
}

#[track_caller]
fn refused(members: &[(&str, &[u8])], expected: &str) {
    refused_with(bundle(members), |_| (), expected);
}

#[track_caller]
fn refused_with(bundle: File, change: impl FnOnce(&mut Settings), expected: &str) {
    let error = read_with(bundle, change).err().map(|error| limpid_model::chain(&error)).unwrap_or_default();
    assert!(error.contains(expected), "`{error}`, expected `{expected}`");
}

fn trusting(key: &PrivateKey) -> impl FnOnce(&mut Settings) {
    let public = key.public();
    move |settings| settings.bundles.trusted_keys = vec![public]
}

fn signed(unsigned: File, key: &PrivateKey) -> File {
    let mut out = tempfile::tempfile().unwrap();
    sign(unsigned, key, &BundleSettings::default(), &Limits::default(), &std::env::temp_dir(), &mut out)
        .unwrap();
    out.rewind().unwrap();
    out
}

#[test]
fn what_the_manifest_names_is_there() {
    let text = manifest(&["one", "two", "one"]);
    let (one, two) = (document_name("one"), document_name("two"));
    let members: [(&str, &[u8]); 3] = [(MANIFEST, text.as_bytes()), (&two, b"two"), (&one, b"one")];
    let read = read_with(bundle(&members), |_| ()).unwrap();
    let source = &read.manifest.feeds[0].sources[0];
    assert_eq!((source.fetched, source.confirmed), (1_767_225_600_000, 1_767_312_000_500));
    assert_eq!(source.changes.len(), 2);
    assert_eq!(read.documents.len(), 2);
    let sizes: Vec<_> = source.documents().map(|named| read.documents[&named.digest].file.len()).collect();
    assert_eq!(sizes, [3, 3, 3]);
}

#[test]
fn what_is_no_bundle_is_refused_with_the_reason() {
    let text = manifest(&["one"]);
    let (text, one) = (text.as_bytes(), document_name("one"));
    refused_with(file(b""), |_| (), "not with `manifest.json`");
    refused_with(file(b"{}"), |_| (), "not with `manifest.json`");
    refused(&[(&one, b"one"), (MANIFEST, text)], "not with `manifest.json`");
    refused(&[(MANIFEST, b"<html>")], "is not one of a bundle");
    refused(&[(MANIFEST, br#"{"version": 2}"#)], "is of version 2, and this Limpid knows 1");
    refused(&[(MANIFEST, br#"{"version": 1}"#)], "cannot be read: missing field");
    refused(&[(MANIFEST, text)], "1 documents of its manifest are not in it");
    refused(&[(MANIFEST, text), (&one, b"two")], "is not what its name");
    refused(&[(MANIFEST, text), (&one, b"one and more")], "is not what its name");
    refused(&[(MANIFEST, text), (&one, b"on")], "is not what its name");
    refused(&[(MANIFEST, text), (&one, b"one"), (&one, b"one")], "or only once");
    refused(&[(MANIFEST, text), ("documents/x", b"one")], "which its manifest does not name");
    refused(&[(MANIFEST, text), (&document_name("two"), b"two")], "which its manifest does not name");
    let lengths = manifest(&["one", "one"]).replacen("\"size\":3", "\"size\":4", 1);
    refused(&[(MANIFEST, lengths.as_bytes())], "with two lengths");
}

#[test]
fn a_bundle_that_ends_early_is_refused_wherever_it_ends() {
    let text = manifest(&["one"]);
    let one = document_name("one");
    let whole = zstd::encode_all(tar(&[(MANIFEST, text.as_bytes()), (&one, b"one")]).as_slice(), 1).unwrap();
    for end in 0..whole.len() {
        assert!(read_with(file(&whole[..end]), |_| ()).is_err(), "{end} of {}", whole.len());
    }
    assert!(read_with(file(&whole), |_| ()).is_ok());
}

#[test]
fn how_much_is_read_is_bounded_by_settings() {
    let text = manifest(&["one"]);
    let one = document_name("one");
    let members: [(&str, &[u8]); 2] = [(MANIFEST, text.as_bytes()), (&one, b"one")];
    let limit = text.len() as u64;
    assert!(read_with(bundle(&members), |settings| settings.bundles.manifest_bytes = limit).is_ok());
    let too_long = |settings: &mut Settings| settings.bundles.manifest_bytes = limit - 1;
    refused_with(bundle(&members), too_long, "the limit of setting `bundles.manifest_bytes`");
    let few = |settings: &mut Settings| settings.documents.members = 1;
    refused_with(bundle(&members), few, "`documents.members`");
    let little = |settings: &mut Settings| settings.documents.inflated_bytes = 1_000;
    refused_with(bundle(&members), little, "`documents.inflated_bytes`");
}

#[test]
fn where_keys_are_trusted_others_are_refused() {
    let text = manifest(&["one"]);
    let one = document_name("one");
    let unsigned = || bundle(&[(MANIFEST, text.as_bytes()), (&one, b"one")]);
    let (ours, other) = (key(0), key(1));
    assert!(read_with(signed(unsigned(), &ours), trusting(&ours)).is_ok());
    assert!(read_with(signed(unsigned(), &ours), |_| ()).is_ok(), "nobody asks for a signature");
    assert!(read_with(signed(signed(unsigned(), &other), &ours), trusting(&ours)).is_ok());
    refused_with(unsigned(), trusting(&ours), "it is not signed");
    refused_with(signed(unsigned(), &other), trusting(&ours), "no key there signed it");
    let with =
        |signature: &[u8]| bundle(&[(MANIFEST, text.as_bytes()), (SIGNATURE, signature), (&one, b"one")]);
    refused_with(with(b"?"), trusting(&ours), "its signature is not 64 bytes");
    refused_with(with(&[b'a'; 4096]), trusting(&ours), "its signature is not 64 bytes");
    let late = bundle(&[(MANIFEST, text.as_bytes()), (&one, b"one"), (SIGNATURE, b"?")]);
    refused_with(late, trusting(&ours), "it is not signed");
    let no_key = |settings: &mut Settings| settings.bundles.trusted_keys = vec!["ed25519:00".to_owned()];
    refused_with(unsigned(), no_key, "`bundles.trusted_keys`: `ed25519:00`: a key is 32 bytes");
}

#[test]
fn no_byte_of_a_signed_bundle_can_be_changed() {
    let text = manifest(&["one", "two"]);
    let (one, two) = (document_name("one"), document_name("two"));
    let key = key(0);
    let signature = key.sign(text.as_bytes());
    let whole = tar(&[
        (MANIFEST, text.as_bytes()),
        (SIGNATURE, signature.as_bytes()),
        (&one, b"one"),
        (&two, b"two"),
    ]);
    let original = read_with(file(&whole), trusting(&key)).unwrap();
    for place in 0..whole.len() {
        let mut changed = whole.clone();
        changed[place] ^= 1;
        // What a tar is filled up with may be anything.
        if let Ok(read) = read_with(file(&changed), trusting(&key)) {
            assert_eq!(read.manifest, original.manifest, "{place}");
            assert!(read.documents.keys().eq(original.documents.keys()), "{place}");
        }
    }
}
