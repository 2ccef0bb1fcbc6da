use limpid_test_archives as packed;
use serde_json::{Value, json};

use super::*;

fn vex(product: &str) -> Vec<u8> {
    json!({
        "@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://vex.example/1", "author": "maker",
        "timestamp": "2026-01-01T00:00:00Z", "version": 1,
        "statements": [{ "vulnerability": { "name": "CVE-2026-1" }, "products": [{ "@id": product }],
            "status": "not_affected", "justification": "component_not_present" }],
    })
    .to_string()
    .into_bytes()
}

fn index(packages: &[(&str, &str)]) -> Vec<u8> {
    let package = |(id, location): &(&str, &str)| json!({ "id": id, "location": location });
    let packages: Vec<Value> = packages.iter().map(package).collect();
    json!({ "updated_at": "2026-01-01T00:00:00Z", "packages": packages }).to_string().into_bytes()
}

fn members(root: &str, files: &[(&str, Vec<u8>)]) -> Vec<(String, Vec<u8>)> {
    files.iter().map(|(path, bytes)| (format!("{root}{path}"), bytes.clone())).collect()
}

fn read(bytes: &[u8], root: &str, change: impl FnOnce(&mut Settings)) -> Result<Archive, String> {
    let mut settings = Settings::new(std::env::temp_dir());
    change(&mut settings);
    Archive::read(("hub", "x"), packed::file(bytes), root, &settings)
}

fn locations(archive: &Archive) -> Vec<&str> {
    archive.documents.iter().map(|document| document.location.as_str()).collect()
}

#[test]
fn documents_that_the_index_names_are_read_in_every_form_of_archive() {
    let files = [
        ("pkg/npm/a/vex.json", vex("pkg:npm/a@1")),
        ("index.json", index(&[("pkg:npm/a", "pkg/npm/a/vex.json"), ("pkg:npm/b", "./b.json")])),
        ("b.json", vex("pkg:npm/b")),
        ("unnamed.json", vex("pkg:npm/c")),
    ];
    for root in ["", "hub-main/", "./"] {
        let members = members(root, &files);
        let tar = packed::tar(&members);
        let forms = [packed::gzip(&tar), packed::xz(&tar), packed::bzip2(&tar), tar];
        let folder = root.trim_start_matches("./").trim_end_matches('/');
        for form in forms.iter().chain([&packed::zip(&members, packed::Form::Deflated)]) {
            let archive = read(form, folder, |_| ()).unwrap();
            assert_eq!((archive.documents.len(), archive.unread), (2, 0), "{root}: {archive:?}");
        }
    }
}

#[test]
fn a_document_costs_itself_where_it_cannot_be_used() {
    let packages = [
        ("pkg:npm/a", "a.json"),
        ("pkg:npm/odd", "odd.json"),
        ("pkg:npm/large", "large.json"),
        ("pkg:npm/missing", "missing.json"),
        // Whoever speaks of a package does not speak of another one.
        ("pkg:npm/foreign", "foreign.json"),
    ];
    let mut files = vec![("index.json", index(&packages)), ("a.json", vex("pkg:npm/a@1"))];
    files.extend([("odd.json", b"odd".to_vec()), ("foreign.json", vex("pkg:npm/a"))]);
    files.push(("large.json", [vex("pkg:npm/large"), b" ".repeat(2_000)].concat()));
    let tar = packed::tar(&members("", &files));
    let archive = read(&tar, "", |settings| settings.policies.document_bytes = 2_000).unwrap();
    assert_eq!((locations(&archive), archive.unread), (vec!["a.json"], 4));
    let first = archive.first_unread.unwrap();
    assert!(first.contains("`odd.json`: it is no JSON"), "{first}");
}

#[test]
fn an_archive_that_holds_too_much_or_nothing_is_refused() {
    let files = [("index.json", index(&[("pkg:npm/a", "a.json")])), ("a.json", vex("pkg:npm/a"))];
    let tar = packed::tar(&members("", &files));
    let check = |bytes: &[u8], root: &str, repository_bytes: u64, expected: &str| {
        let why = read(bytes, root, |it| it.policies.repository_bytes = repository_bytes).unwrap_err();
        assert!(why.contains(expected), "{why}");
    };
    check(&tar, "", 100, "policies.repository_bytes");
    check(&tar, "elsewhere", 1 << 20, "`x` has no `elsewhere/index.json`");
    check(b"nothing", "", 1 << 20, "has no `index.json`");
    check(&packed::gzip(&tar)[..100], "", 1 << 20, "archive `x`: the gzip stream ends early");
    let empty = packed::tar(&members("", &[("index.json", index(&[("pkg:npm/a", "a.json")]))]));
    check(&empty, "", 1 << 20, "none of its 1 documents can be used: `a.json`: the archive does not have it");
}
