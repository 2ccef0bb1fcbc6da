//! What distroless images of Azure Linux (CBL-Mariner) have in place of a database.
//!
//! `container-manifest-2` has a line for each package, as `rpm -qa` wrote it: name, version and release, when it was
//! installed, when built, vendor, epoch, size, architecture, epoch as a number, and source package, with tabs between.
//! `container-manifest-1` has `NAME-VERSION-RELEASE.ARCH`, and counts where there is no other.

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::detector::{File, Problems, Report};
use limpid_plugin_sdk::text::{Line, Lines};
use limpid_rpmdb::Package;

use crate::MANIFESTS;
use crate::found::Found;

/// The longest line that is used, in bytes.
const MAX_LINE: usize = 16 << 10;

pub(crate) fn read(files: &[File], found: &mut Found, report: &mut Report) {
    let of_name = |name: &str| {
        files.iter().enumerate().find(|(_, file)| {
            file.path().strip_prefix(MANIFESTS).and_then(|rest| rest.strip_prefix('/')) == Some(name)
        })
    };
    let (manifest, parse): (_, fn(&str) -> Option<Package>) = match of_name("container-manifest-2") {
        Some(manifest) => (manifest, of_fields),
        None => match of_name("container-manifest-1") {
            Some(manifest) => (manifest, of_name_and_version),
            None => return,
        },
    };
    let (index, file) = manifest;
    let mut problems = Problems::default();
    let mut lines = Lines::new(file.reader(), MAX_LINE);
    let ended = loop {
        match lines.next() {
            Ok(None) => break Ok(()),
            Ok(Some(line)) if line.bytes.is_empty() => {}
            Ok(Some(line)) => {
                if let Err(why) = package(&line, parse).and_then(|package| found.add_package(package, index))
                {
                    problems.push(why);
                }
            }
            Err(error) => break Err(Error::from(error)),
        }
    };
    report.unread_parts(file.path(), problems);
    if let Err(why) = ended {
        report.unread(file.path(), why);
    }
}

fn package(line: &Line<'_>, parse: impl Fn(&str) -> Option<Package>) -> Result<Package, Error> {
    parse(&line.text())
        .filter(|_| !line.cut)
        .ok_or_else(|| Error::malformed(format_args!("line {} names no package", line.number)))
}

fn of_fields(line: &str) -> Option<Package> {
    let fields: Vec<&str> = line.split('\t').collect();
    let [name, version, _, _, vendor, epoch, _, arch, rest @ ..] = fields.as_slice() else { return None };
    let (version, release) = version.rsplit_once('-')?;
    let epoch = match *epoch {
        "" | "(none)" => None,
        number => Some(number.parse().ok()?),
    };
    let some =
        |text: &str| Some(text).filter(|text| !text.is_empty() && *text != "(none)").map(str::to_owned);
    Some(Package {
        name: some(name)?,
        epoch,
        version: some(version)?,
        release: release.to_owned(),
        arch: some(arch),
        vendor: some(vendor),
        source_rpm: rest.get(1).and_then(|source| some(source)),
        ..Package::default()
    })
}

fn of_name_and_version(line: &str) -> Option<Package> {
    let (stem, arch) = line.trim().rsplit_once('.')?;
    let (stem, release) = stem.rsplit_once('-')?;
    let (name, version) = stem.rsplit_once('-')?;
    if name.is_empty() || version.is_empty() {
        return None;
    }
    let (name, version, release) = (name.to_owned(), version.to_owned(), release.to_owned());
    Some(Package { name, version, release, arch: Some(arch.to_owned()), ..Package::default() })
}
