//! Documents that are kept as they are expected, and compared as text.

use std::fs;
use std::path::Path;

use serde_json::Value;

/// Compares a document with `golden/<case>/<name>.json`, or writes it there where
/// `LIMPID_UPDATE_GOLDEN` is 1.
#[track_caller]
pub(crate) fn check_json(case: &str, name: &str, mut document: Value) {
    normalise(&mut document);
    check_text(case, &format!("{name}.json"), &format!("{document:#}\n"));
}

/// Compares a text with `golden/<case>/<file>`, or writes it there.
#[track_caller]
pub(crate) fn check_text(case: &str, file: &str, found: &str) {
    check_file(&Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(case).join(file), found);
}

/// Compares a text with a file, or writes it there.
#[track_caller]
pub(crate) fn check_file(path: &Path, found: &str) {
    if updates() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, found).unwrap();
        return;
    }
    let expected = fs::read_to_string(path)
        .unwrap_or_else(|error| panic!("{error}: `{}`; LIMPID_UPDATE_GOLDEN=1 writes it", path.display()));
    let lines = expected.lines().zip(found.lines()).enumerate();
    let differs = lines.into_iter().find(|(_, (expected, found))| expected != found);
    if let Some((index, (expected, found))) = differs {
        let place = format!("{}:{}", path.display(), index + 1);
        panic!("{place}\n  expected: {expected}\n  found:    {found}\nLIMPID_UPDATE_GOLDEN=1 writes it anew");
    }
    assert_eq!(expected.lines().count(), found.lines().count(), "lines of `{}`", path.display());
    assert!(
        expected == found,
        "ends of lines of `{}`; LIMPID_UPDATE_GOLDEN=1 writes it anew",
        path.display()
    );
}

/// Whether golden documents are written anew.
pub(crate) fn updates() -> bool {
    std::env::var_os("LIMPID_UPDATE_GOLDEN").is_some_and(|value| value == "1")
}

/// Puts words in the place of what differs from run to run, from build to build, or from one day to
/// another.
fn normalise(value: &mut Value) {
    match value {
        Value::Array(items) => {
            items.retain(|item| item["code"] != "unsupported-distribution");
            items.iter_mut().for_each(normalise);
        }
        Value::Object(fields) => {
            let is_plugin =
                fields.len() == 3 && ["name", "version", "digest"].iter().all(|k| fields.contains_key(*k));
            for (name, field) in fields {
                match name.as_str() {
                    "ingested" | "indexed_at" => *field = "(time)".into(),
                    "digest" if is_plugin => *field = "(digest)".into(),
                    "version" if is_plugin => *field = "(version)".into(),
                    "supported" | "complete" => *field = "(today)".into(),
                    _ => normalise(field),
                }
            }
        }
        _ => {}
    }
}
