//! Packages that Yarn leaves packed, and node reads out of zips (Plug'n'Play).

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::detector::{File, Problems, Report};
use limpid_zip::{Budget, Limits, Zip};

use crate::manifest::{Manifest, Stated};
use crate::place::Place;
use crate::{MAX_FILE, incomplete, installed};

/// How many members of a zip are looked at.
pub const MAX_MEMBERS: usize = 200_000;

/// How many bytes of manifests of a zip are read in all.
pub const MAX_MANIFESTS: u64 = 64 << 20;

/// Whether a file is of a cache of Yarn: of a project, or of a user.
pub(crate) fn is_of_cache(path: &str) -> bool {
    let Some((folder, name)) = path.rsplit_once('/') else { return false };
    let caches = [".yarn/cache", ".yarn/berry/cache", "yarn/berry/cache"];
    name.ends_with(".zip")
        && caches.iter().any(|cache| {
            folder.strip_suffix(cache).is_some_and(|above| above.is_empty() || above.ends_with('/'))
        })
}

/// States the packages in a zip: one, and what is bundled with it.
pub(crate) fn read(file: &File, report: &mut Report) -> Result<(), Error> {
    let limits =
        Limits { members: MAX_MEMBERS, member_bytes: MAX_FILE, content_bytes: MAX_MANIFESTS, held_bytes: 0 };
    let budget = Budget::new(limits);
    let zip = Zip::open(file, &budget, |entry| {
        entry.name().ends_with("/package.json") && Place::of(entry.name()) == Place::Installed
    })?;
    let mut problems = Problems::default();
    for member in zip.members() {
        let manifest = zip.read_to_vec(member, MAX_FILE, &budget).and_then(|bytes| Manifest::parse(&bytes));
        match manifest {
            Ok(Stated::Package(manifest)) => {
                report.found_in(file.path(), member.name(), installed(manifest));
            }
            Ok(stated) => problems.push(incomplete(&stated)),
            Err(error) => problems.push(error),
        }
    }
    report.unread_parts(file.path(), problems);
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use rawzip::{CompressionMethod, ZipArchiveWriter};

    use super::*;

    fn zip(members: &[(&str, &str)]) -> Vec<u8> {
        let mut output = Vec::new();
        let mut archive = ZipArchiveWriter::new(&mut output);
        for (name, content) in members {
            let method = CompressionMethod::DEFLATE;
            let (mut entry, config) = archive.new_file(*name).compression_method(method).start().unwrap();
            let encoder = flate2::write::DeflateEncoder::new(&mut entry, flate2::Compression::default());
            let mut writer = config.wrap(encoder);
            writer.write_all(content.as_bytes()).unwrap();
            let (encoder, descriptor) = writer.finish().unwrap();
            encoder.finish().unwrap();
            entry.finish(descriptor).unwrap();
        }
        archive.finish().unwrap();
        output
    }

    fn read_bytes(bytes: &[u8]) -> (Vec<String>, Vec<String>) {
        let file = File::in_memory("app/.yarn/cache/a-npm-1.0.0-00.zip", bytes);
        let mut report = Report::default();
        if let Err(error) = read(&file, &mut report) {
            report.unread(file.path(), error);
        }
        let members = report.findings.iter().map(|finding| finding.member.clone().unwrap());
        let packages = report.packages().zip(members);
        (
            packages.map(|(it, member)| format!("{} {} in {member}", it.name, it.version)).collect(),
            report.unread.iter().map(|unread| unread.error.to_string()).collect(),
        )
    }

    #[test]
    fn a_cache_is_of_a_project_or_of_a_user() {
        for path in [
            "app/.yarn/cache/a.zip",
            ".yarn/cache/a.zip",
            "root/.yarn/berry/cache/a.zip",
            "root/.local/share/yarn/berry/cache/a.zip",
        ] {
            assert!(is_of_cache(path), "{path}");
        }
        for path in ["app/my.yarn/cache/a.zip", "app/cache/a.zip", "app/.yarn/cache/a.tgz", "a.zip"] {
            assert!(!is_of_cache(path), "{path}");
        }
    }

    #[test]
    fn a_zip_holds_a_package_and_what_is_bundled_with_it() {
        let a = r#"{"name": "a", "version": "1.0.0"}"#;
        let b = r#"{"name": "b", "version": "2.0.0"}"#;
        let members = [
            ("node_modules/a/index.js", ""),
            ("node_modules/a/package.json", a),
            ("node_modules/a/esm/package.json", b),
            ("node_modules/a/node_modules/@b/b/package.json", b),
        ];
        assert_eq!(
            read_bytes(&zip(&members)),
            (
                vec![
                    "a 1.0.0 in node_modules/a/package.json".to_owned(),
                    "b 2.0.0 in node_modules/a/node_modules/@b/b/package.json".to_owned()
                ],
                vec![]
            )
        );
    }

    #[test]
    fn what_is_damaged_or_large_is_named() {
        let large =
            format!(r#"{{"name": "a", "version": "1.0.0", "x": "{}"}}"#, "x".repeat(MAX_FILE as usize));
        let members = [
            ("node_modules/a/package.json", large.as_str()),
            ("node_modules/b/package.json", "{"),
            ("node_modules/c/package.json", r#"{"name": "c", "version": "1.0.0"}"#),
            ("node_modules/d/package.json", r#"{"name": "d"}"#),
        ];
        let (packages, unread) = read_bytes(&zip(&members));
        assert_eq!(packages, ["c 1.0.0 in node_modules/c/package.json"]);
        assert_eq!(unread.len(), 3);
        assert_eq!(unread[2], "malformed: the package `d` states no version");
        assert!(unread[0].starts_with("unsupported: member `node_modules/a/package.json` of the zip has "));
        assert!(read_bytes(b"no zip").1[0].starts_with("malformed: the file is no zip that can be read"));
        assert!(read_bytes(b"").1[0].starts_with("malformed: the file is no zip that can be read"));
    }
}
