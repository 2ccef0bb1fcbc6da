//! Finds what Red Hat states of its images, as properties that its advisories may require of packages.
//!
//! | File | States |
//! |---|---|
//! | `content_manifests/NAME.json`, in one of [`FOLDERS`] | `content-set`: from which repositories packages of a layer come |
//! | `content-sets.json`, there as well | the same |
//! | `labels.json`, there as well | `cpe`: which product the image is |
//!
//! Each layer of an image has a content manifest of its own name, so that all of them count; labels are those of the
//! last layer that has any. A CPE is the binding that Red Hat writes (`cpe:/a:redhat:enterprise_linux:9::appstream`).
//!
//! Files are read up to [`MAX_FILE`] bytes, and of each at most [`MAX_SETS`] content sets are stated.

use std::collections::BTreeSet;

use limpid_plugin_sdk::detector::{Claim, Detector, Fact, File, Report};
use limpid_plugin_sdk::{Error, export_detector};
use serde::Deserialize;

/// Where the files are; the second is that of images whose `/root` is no part of them.
pub const FOLDERS: [&str; 2] = ["root/buildinfo", "usr/share/buildinfo"];

/// The largest file that is read, in bytes: a manifest may list what an image has from elsewhere, too.
pub const MAX_FILE: u64 = 16 << 20;

/// How many content sets one file may name.
pub const MAX_SETS: usize = 10_000;

/// The longest value that is stated, in bytes.
const MAX_VALUE: usize = 1024;

/// The detector `redhat-buildinfo`.
#[derive(Debug)]
pub struct RedhatBuildinfo;

impl Detector for RedhatBuildinfo {
    fn claims() -> Vec<Claim> {
        let names = "{content_manifests/*.json,content-sets.json,labels.json}";
        FOLDERS.iter().map(|folder| Claim::alone(format!("{folder}/{names}"))).collect()
    }

    fn detect(files: &[File]) -> Result<Report, Error> {
        Ok(Report::of_each(files, |file, report| match file.name() {
            "labels.json" => labels(file, report),
            _ => content_sets(file, report),
        }))
    }
}

export_detector!(RedhatBuildinfo);

/// What a content manifest says; null where the layer has no packages.
#[derive(Debug, Default, Deserialize)]
struct Manifest {
    #[serde(default)]
    content_sets: Option<Vec<String>>,
}

/// The labels that are looked at.
#[derive(Debug, Deserialize)]
struct Labels {
    cpe: Option<String>,
}

fn content_sets(file: &File, report: &mut Report) -> Result<(), Error> {
    let manifest: Option<Manifest> = json(file)?;
    let sets: BTreeSet<String> =
        manifest.and_then(|manifest| manifest.content_sets).unwrap_or_default().into_iter().collect();
    let count = sets.len();
    let mut left_out = count.saturating_sub(MAX_SETS);
    for set in sets.into_iter().take(MAX_SETS) {
        match is_value(&set) {
            true => state(file, report, "content-set", set),
            false => left_out += 1,
        }
    }
    if left_out > 0 {
        return Err(Error::unsupported(format_args!("{left_out} of its {count} content sets are left out")));
    }
    Ok(())
}

fn labels(file: &File, report: &mut Report) -> Result<(), Error> {
    let labels: Labels = json(file)?;
    if let Some(cpe) = labels.cpe.filter(|cpe| !cpe.is_empty()) {
        if !cpe.starts_with("cpe:") || !is_value(&cpe) {
            return Err(Error::malformed(format_args!("label `cpe` is `{cpe:.100}`, which is none")));
        }
        state(file, report, "cpe", cpe);
    }
    Ok(())
}

fn state(file: &File, report: &mut Report, key: &str, value: String) {
    report.found(file.path(), Fact::Property(key.to_owned(), value));
}

fn is_value(text: &str) -> bool {
    (1..=MAX_VALUE).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn json<T: for<'de> Deserialize<'de>>(file: &File) -> Result<T, Error> {
    serde_json::from_slice(&file.read_to_vec(MAX_FILE)?).map_err(Error::malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detect(path: &str, content: &str) -> (Vec<String>, Vec<String>) {
        let report = RedhatBuildinfo::detect(&[File::in_memory(path, content)]).unwrap();
        let fact = |finding: &limpid_plugin_sdk::detector::Finding| match &finding.fact {
            Fact::Property(key, value) => format!("{key}={value}"),
            fact => panic!("{fact:?}"),
        };
        let unread = report.unread.iter().map(|unread| unread.error.to_string()).collect();
        (report.findings.iter().map(fact).collect(), unread)
    }

    #[test]
    fn a_manifest_without_packages_states_nothing() {
        let path = "root/buildinfo/content_manifests/a.json";
        for nothing in ["null", "{}", r#"{"content_sets": null}"#, r#"{"content_sets": []}"#] {
            assert_eq!(detect(path, nothing), (vec![], vec![]), "{nothing}");
        }
    }

    #[test]
    fn what_is_no_content_set_or_cpe_is_told() {
        let (found, unread) = detect(
            "usr/share/buildinfo/content-sets.json",
            r#"{"content_sets": ["b", "a", "", "b", "c d"]}"#,
        );
        assert_eq!(found, ["content-set=a", "content-set=b"]);
        assert_eq!(unread, ["unsupported: 2 of its 4 content sets are left out"]);
        let (found, unread) = detect("root/buildinfo/labels.json", r#"{"cpe": "redhat"}"#);
        assert_eq!((found, unread.len()), (vec![], 1));
        let (_, unread) = detect("root/buildinfo/labels.json", "{");
        assert!(unread[0].starts_with("malformed: "), "{unread:?}");
    }
}
