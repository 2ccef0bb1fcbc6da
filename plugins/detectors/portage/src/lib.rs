//! Finds packages of Gentoo in the database that Portage keeps of what is installed: a folder
//! `var/db/pkg/CATEGORY/PF` for each package, with a file for each thing that is known of it.
//!
//! | File | States |
//! |---|---|
//! | `PF` | that the package is there; where a layer has no such file of an entry, `CONTENTS` does |
//! | `CONTENTS` | what it put there |
//! | `SLOT` | qualifier `slot`, without its sub-slot; advisories may be of one slot |
//! | `repository` | the vendor, where that is an overlay: any other repository than `gentoo` |
//! | `CHOST` | the architecture, as Gentoo's keywords have it; advisories may be of some architectures |
//! | `LICENSE` | licences |
//! | `RDEPEND` | what it needs to run: [`depend`] |
//!
//! As Portage does, it takes category, name and version from the folder, and splits them as the Package Manager
//! Specification does. Names are `CATEGORY/NAME`, as advisories have them. Portage rewrites `CONTENTS` alone where
//! another package takes over a file, and `SLOT` alone where a slot is renamed: of an entry of a lower layer, the upper
//! one then states what these say, and the rest stays as it was.
//!
//! The type `ebuild` of package URLs is none of the specification's, but what others write as well:
//! `pkg:ebuild/dev-libs/openssl@3.0.13-r1`.

pub mod contents;
pub mod depend;
pub mod name;

use std::collections::BTreeMap;

use limpid_plugin_sdk::detector::{
    Claim, Detector, File, Needs, Package, Paths, Problems, Report, Requirement,
};
use limpid_plugin_sdk::{Error, Purl, export_detector};

use depend::There;

/// Where the database is.
const PLACE: &str = "var/db/pkg/";

/// The largest file that is read of an entry, but for `CONTENTS`, in bytes.
pub const MAX_FIELD: u64 = 8 * 1024;

/// The largest list of dependencies that is read, in bytes.
const MAX_DEPEND: u64 = 64 * 1024;

/// How many bytes what is kept of packages may have, as `Kept::count` counts them.
pub const MAX_KEPT: usize = 32 << 20;

/// What a package takes in memory beside its texts, in bytes.
const OVERHEAD: usize = 512;

/// Gentoo's own repository.
const GENTOO: &str = "gentoo";

/// What processors are called in `CHOST`, and by Gentoo's keywords, as its eclass `toolchain-funcs` tells them; the
/// longer names first.
const ARCHITECTURES: [(&str, &str); 19] = [
    ("aarch64", "arm64"),
    ("alpha", "alpha"),
    ("arm", "arm"),
    ("hppa", "hppa"),
    ("i386", "x86"),
    ("i486", "x86"),
    ("i586", "x86"),
    ("i686", "x86"),
    ("ia64", "ia64"),
    ("loongarch", "loong"),
    ("m68", "m68k"),
    ("mips", "mips"),
    ("powerpc64", "ppc64"),
    ("powerpc", "ppc"),
    ("riscv", "riscv"),
    ("s390", "s390"),
    ("sh", "sh"),
    ("sparc", "sparc"),
    ("x86_64", "amd64"),
];

/// The detector `portage`.
#[derive(Debug)]
pub struct Portage;

impl Detector for Portage {
    fn claims() -> Vec<Claim> {
        // Together, because what is known of one package stands in several files.
        let files = "{PF,CONTENTS,SLOT,repository,CHOST,LICENSE,RDEPEND}";
        vec![Claim::together(format!("{PLACE}*/*/{files}"))]
    }

    fn detect(files: &[File]) -> Result<Report, Error> {
        let mut report = Report::default();
        let (mut kept, mut paths) = (Kept::default(), Paths::default());
        let entries = entries(files);
        let mut there = There::default();
        for (folder, entry) in &entries {
            if let Some((name, version)) = identity(folder) {
                let slot = entry.slot.and_then(|file| file.read_to_string(MAX_FIELD).ok());
                there.add(name, version, slot.map(|slot| main_slot(slot.trim()).to_owned()));
            }
        }
        let mut needs = Needs::default();
        for (folder, entry) in entries {
            if let Some(file) = entry.stating()
                && let Err(error) = state(
                    folder,
                    &entry,
                    (file, required(&entry, &there, &mut needs)),
                    &mut kept,
                    &mut report,
                )
            {
                report.unread(file.path(), error);
                continue;
            }
            if let (Some(file), Some((name, _))) = (entry.contents, identity(folder)) {
                own(file, name, &mut paths, &mut report);
            }
        }
        Ok(report)
    }
}

export_detector!(Portage);

/// The files of an entry that a layer has.
#[derive(Debug, Default)]
struct Entry<'a> {
    pf: Option<&'a File>,
    contents: Option<&'a File>,
    slot: Option<&'a File>,
    repository: Option<&'a File>,
    chost: Option<&'a File>,
    license: Option<&'a File>,
    depend: Option<&'a File>,
}

impl<'a> Entry<'a> {
    /// The file that states that the package is there.
    fn stating(&self) -> Option<&'a File> {
        self.pf.or(self.contents)
    }
}

/// Entries by their folders below [`PLACE`], but for those that Portage passes by: of what is being merged, and hidden
/// ones.
fn entries(files: &[File]) -> BTreeMap<&str, Entry<'_>> {
    let mut entries: BTreeMap<&str, Entry<'_>> = BTreeMap::new();
    for file in files {
        let inside = file.path().strip_prefix(PLACE).and_then(|inside| inside.rsplit_once('/'));
        let Some((folder, name)) = inside else { continue };
        let is_passed_by = |part: &str| {
            part.starts_with('.') || part.starts_with("-MERGING-") || matches!(part, "CVS" | "lost+found")
        };
        if folder.split('/').any(is_passed_by) {
            continue;
        }
        let entry = entries.entry(folder).or_default();
        let place = match name {
            "PF" => &mut entry.pf,
            "CONTENTS" => &mut entry.contents,
            "SLOT" => &mut entry.slot,
            "repository" => &mut entry.repository,
            "CHOST" => &mut entry.chost,
            "LICENSE" => &mut entry.license,
            "RDEPEND" => &mut entry.depend,
            _ => continue,
        };
        *place = Some(file);
    }
    entries
}

/// Name with category, and version, of the folder of an entry.
fn identity(folder: &str) -> Option<(&str, &str)> {
    let (category, entry) = folder.split_once('/')?;
    let (name, version) = name::split(entry)?;
    let name = folder.get(..category.len() + 1 + name.len())?;
    name::is_dotted_name(category).then_some((name, version))
}

/// What is kept in memory.
#[derive(Default)]
struct Kept {
    bytes: usize,
}

impl Kept {
    /// Counts what is kept of a package: name and version stand in its package URL as well.
    fn count(&mut self, folder: &str, package: &Package) -> Result<(), Error> {
        let licenses: usize = package.licenses.iter().map(|license| OVERHEAD / 8 + license.len()).sum();
        let qualifiers: usize = package.qualifiers.iter().map(|(_, value)| value.len()).sum();
        self.bytes += OVERHEAD + 4 * folder.len() + licenses + qualifiers;
        if self.bytes > MAX_KEPT {
            return Err(Error::unsupported(format_args!(
                "its packages take more memory than the {} MiB that this plugin uses",
                MAX_KEPT >> 20
            )));
        }
        Ok(())
    }
}

fn state(
    folder: &str,
    entry: &Entry<'_>,
    (file, requires): (&File, Option<Vec<Requirement>>),
    kept: &mut Kept,
    report: &mut Report,
) -> Result<(), Error> {
    let (name, version) = identity(folder).ok_or_else(|| {
        Error::malformed(format_args!("folder `{folder:.200}` is not `CATEGORY/NAME-VERSION`"))
    })?;
    let mut field = |file: Option<&File>| {
        let file = file?;
        match file.read_to_string(MAX_FIELD) {
            Ok(text) => Some(text.trim().to_owned()),
            Err(error) => {
                report.unread(file.path(), error);
                None
            }
        }
    };
    let arch = field(entry.chost).as_deref().and_then(architecture);
    let (category, bare) = name.split_once('/').unwrap_or(("", name));
    let purl = Purl::new("ebuild", bare)
        .namespace(category)
        .version(version)
        .qualifier("arch", arch.unwrap_or_default());
    let mut package = Package::new(name, version, "portage").purl(purl);
    package.arch = arch.map(str::to_owned);
    if let Some(slot) = field(entry.slot) {
        package = package.qualifier("slot", main_slot(&slot));
    }
    // Portage writes this where it does not know.
    let is_of_others = |repository: &String| !matches!(repository.as_str(), "" | "__unknown__" | GENTOO);
    if let Some(repository) = field(entry.repository).filter(is_of_others) {
        package = package.vendor(repository);
    }
    package.licenses = field(entry.license).map(|text| licenses(&text)).unwrap_or_default();
    kept.count(folder, &package)?;
    package.requires = requires;
    report.found(file.path(), package);
    Ok(())
}

/// What an entry needs to run; none where that is not known. Portage writes no file for nothing.
fn required(entry: &Entry<'_>, there: &There<'_>, needs: &mut Needs) -> Option<Vec<Requirement>> {
    let text = match entry.depend {
        Some(file) => file.read_to_string(MAX_DEPEND).ok()?,
        // Of an entry of a lower layer, the rest may be there.
        None => entry.pf.map(|_| String::new())?,
    };
    needs.of(depend::needed(&text, there)?)
}

/// The slot without its sub-slot; Portage takes one that is none for `0`.
fn main_slot(text: &str) -> &str {
    let (slot, sub_slot) = text.split_once('/').unwrap_or((text, "0"));
    if name::is_dotted_name(slot) && name::is_dotted_name(sub_slot) { slot } else { "0" }
}

/// The keyword of a `CHOST`: `amd64` of `x86_64-pc-linux-gnu`.
fn architecture(chost: &str) -> Option<&'static str> {
    ARCHITECTURES.iter().find(|(processor, _)| chost.starts_with(processor)).map(|(_, keyword)| *keyword)
}

/// Licences that all apply, each by itself; where some are alternatives, the text as it is.
fn licenses(text: &str) -> Vec<String> {
    let mut words = text.split_ascii_whitespace();
    match text.contains(['(', '|', '?']) {
        true => vec![words.collect::<Vec<_>>().join(" ")],
        false => words.by_ref().map(str::to_owned).collect(),
    }
}

fn own(file: &File, name: &str, paths: &mut Paths, report: &mut Report) {
    let mut problems = Problems::default();
    let read = contents::read(file.reader(), paths, &mut problems);
    if let Some(ownership) = paths.owned_by(name) {
        report.found(file.path(), ownership);
    }
    report.unread_parts(file.path(), problems);
    if let Err(error) = read {
        report.unread(file.path(), error);
    }
}

#[cfg(test)]
mod tests {
    use limpid_plugin_sdk::detector::{Fact, Scope};

    use super::*;

    fn detect(files: &[(&str, &str)]) -> Report {
        let file = |(path, content): &(&str, &str)| File::in_memory(format!("{PLACE}{path}"), *content);
        Portage::detect(&files.iter().map(file).collect::<Vec<_>>()).unwrap()
    }

    fn package(files: &[(&str, &str)]) -> Package {
        let report = detect(files);
        assert_eq!(report.unread, []);
        report.packages().next().unwrap().clone()
    }

    #[test]
    fn an_entry_gives_a_package_with_what_advisories_may_require() {
        let package = package(&[
            ("dev-lang/python-3.11.7-r1/CHOST", "x86_64-pc-linux-gnu\n"),
            ("dev-lang/python-3.11.7-r1/LICENSE", "PSF-2 BSD\n"),
            ("dev-lang/python-3.11.7-r1/PF", "python-3.11.7-r1\n"),
            ("dev-lang/python-3.11.7-r1/SLOT", "3.11/3.11t\n"),
            ("dev-lang/python-3.11.7-r1/repository", "gentoo\n"),
        ]);
        assert_eq!((package.name.as_str(), package.version.as_str()), ("dev-lang/python", "3.11.7-r1"));
        assert_eq!((package.scheme.as_str(), &package.scope), ("portage", &Scope::Distribution));
        assert_eq!(package.purl, "pkg:ebuild/dev-lang/python@3.11.7-r1?arch=amd64");
        assert_eq!(package.arch.as_deref(), Some("amd64"));
        assert_eq!(package.qualifiers, [("slot".to_owned(), "3.11".to_owned())]);
        assert_eq!(package.licenses, ["PSF-2", "BSD"]);
    }

    #[test]
    fn a_package_of_an_overlay_has_a_vendor() {
        let vendor = |repository: &str| {
            let package = package(&[("a-b/c-1/PF", "c-1"), ("a-b/c-1/repository", repository)]);
            package.vendor.clone()
        };
        assert_eq!(vendor("guru\n").as_deref(), Some("guru"));
        assert_eq!(vendor("gentoo\n"), None);
        assert_eq!(vendor("__unknown__"), None);
        assert_eq!(vendor("\n"), None);
    }

    #[test]
    fn a_slot_that_is_none_is_0_as_for_portage() {
        let check = |text: &str, expected: &str| assert_eq!(main_slot(text), expected, "{text}");
        check("0", "0");
        check("3.11/3.11t", "3.11");
        check("", "0");
        check("-1", "0");
        check("1/", "0");
        check("1/2/3", "0");
    }

    #[test]
    fn processors_have_keywords() {
        let check =
            |chost: &str, expected: Option<&str>| assert_eq!(architecture(chost), expected, "{chost}");
        check("x86_64-pc-linux-gnu", Some("amd64"));
        check("i686-pc-linux-gnu", Some("x86"));
        check("aarch64-unknown-linux-gnu", Some("arm64"));
        check("armv7a-unknown-linux-gnueabihf", Some("arm"));
        check("powerpc64le-unknown-linux-gnu", Some("ppc64"));
        check("powerpc-unknown-linux-gnu", Some("ppc"));
        check("s390x-ibm-linux-gnu", Some("s390"));
        check("riscv64-unknown-linux-gnu", Some("riscv"));
        check("vax-dec-netbsd", None);
        check("", None);
    }

    #[test]
    fn alternative_licences_are_one_text() {
        assert_eq!(licenses("BSD  GPL-2\n"), ["BSD", "GPL-2"]);
        assert_eq!(licenses("|| ( MIT\nGPL-2 )"), ["|| ( MIT GPL-2 )"]);
        assert_eq!(licenses(""), [""; 0]);
    }

    #[test]
    fn contents_alone_state_the_package_as_well() {
        let report = detect(&[("a-b/c-1/CONTENTS", "dir /usr\nobj /usr/c 00 1\n")]);
        let paths: Vec<_> = report.findings.iter().map(|finding| finding.path.as_str()).collect();
        assert_eq!(paths, ["var/db/pkg/a-b/c-1/CONTENTS"; 2]);
        let Fact::Ownership(ownership) = &report.findings[1].fact else { panic!("{report:?}") };
        assert_eq!(
            (ownership.package.as_str(), ownership.paths.as_slice()),
            ("a-b/c", &["usr/c".into()][..])
        );
        assert_eq!(detect(&[("a-b/c-1/SLOT", "1")]), Report::default());
    }

    #[test]
    fn what_is_damaged_costs_what_it_states_and_is_named() {
        let long = "x".repeat(9000);
        let report = detect(&[
            ("a-b/c-1/PF", "c-1"),
            ("a-b/c-1/SLOT", &long),
            ("a-b/no/CONTENTS", "obj /usr/no 00 1\n"),
            ("a-b/no/PF", "no"),
            (".x/d-1/PF", "d-1"),
            ("x/-MERGING-d-1/PF", "d-1"),
        ]);
        let names: Vec<_> = report.packages().map(|package| package.name.as_str()).collect();
        assert_eq!((names, report.findings.len()), (vec!["a-b/c"], 1));
        let unread: Vec<_> = report.unread.iter().map(|it| format!("{}: {}", it.path, it.error)).collect();
        assert_eq!(
            unread,
            [
                "var/db/pkg/a-b/c-1/SLOT: unsupported: the file has 9000 bytes, over this plugin's limit of 8192",
                "var/db/pkg/a-b/no/PF: malformed: folder `a-b/no` is not `CATEGORY/NAME-VERSION`",
            ]
        );
    }

    #[test]
    fn memory_is_bounded() {
        let text = "x".repeat(8000);
        let name = |number: usize| format!("{PLACE}a/p{number}-1/");
        let files: Vec<_> = (0..5000)
            .flat_map(|number| {
                let file = |kind: &str, text: &str| File::in_memory(name(number) + kind, text);
                [file("LICENSE", &text), file("PF", "")]
            })
            .collect();
        let report = Portage::detect(&files).unwrap();
        let found = report.packages().count();
        assert!((3000..5000).contains(&found), "{found}");
        let error = report.unread[0].error.to_string();
        assert_eq!(error, "unsupported: its packages take more memory than the 32 MiB that this plugin uses");
    }
}
