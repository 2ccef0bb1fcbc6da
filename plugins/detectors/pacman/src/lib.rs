//! Finds packages of Arch Linux, and of what derives from it, in pacman's local database: a folder
//! `NAME-VERSION-RELEASE` for each package, in which `desc` says what it is and `files` what it put there.
//!
//! As libalpm does, it takes name and version of the folder, and refuses a `desc` that states others. One that is cut
//! off behind them is reported, and states what is left of it. So is a folder that has `files` and no `desc`: what it
//! put there belongs to no package that is known. What somebody built on their own machine has a
//! vendor; which repository a package came from is not stated anywhere. A package needs those that provide what its
//! `%DEPENDS%` name.

pub mod entry;
mod upgrade;

use std::collections::BTreeSet;

use limpid_plugin_sdk::detector::{
    Advice, Claim, Detector, Fact, File, Package, Paths, Problems, Providers, Reason, Report, System, Wish,
};
use limpid_plugin_sdk::{Error, Purl, export_detector};

use entry::Description;

/// Where the database may be: pacman's own place, SteamOS's, and that of images of bootc and OSTree.
const PLACES: [&str; 3] =
    ["var/lib/pacman/local/", "usr/lib/holo/pacmandb/local/", "usr/lib/sysimage/lib/pacman/local/"];

/// What packagers' lines hold that is no distribution's, and who that is: makepkg writes the first where nobody set
/// another, as for what users build themselves.
const VENDORS: [(&str, &str); 3] = [
    ("Unknown Packager", "Unknown Packager"),
    ("@chaotic.cx", "Chaotic-AUR"),
    ("archlinuxcn.org", "archlinuxcn"),
];

/// The detector `pacman`.
#[derive(Debug)]
pub struct Pacman;

impl Detector for Pacman {
    fn claims() -> Vec<Claim> {
        PLACES.map(|place| Claim::together(format!("{place}*/{{desc,files}}"))).into()
    }

    fn detect(files: &[File]) -> Result<Report, Error> {
        let described: BTreeSet<_> =
            files.iter().filter_map(|file| file.path().strip_suffix("/desc")).collect();
        let mut shared = Shared::default();
        let mut report = Report::of_each(files, |file, report| {
            if file.path().strip_suffix("/files").is_some_and(|folder| !described.contains(folder)) {
                return Err(Error::malformed("there is no `desc` beside it"));
            }
            read(file, &mut shared, report)
        });
        for (place, number) in shared.needs {
            if let Some(Fact::Package(package)) = report.findings.get_mut(place).map(|it| &mut it.fact) {
                package.requires = shared.providers.kept(number);
            }
        }
        Ok(report)
    }

    fn upgrade(system: Option<&System>, wishes: &[Wish]) -> Advice {
        upgrade::advice(system, wishes)
    }
}

export_detector!(Pacman);

/// What is known of all packages.
#[derive(Default)]
struct Shared {
    paths: Paths,
    providers: Providers,
    /// Places of packages among the findings, and by what number it is known what each needs.
    needs: Vec<(usize, usize)>,
}

impl Shared {
    /// A package that is stated next.
    fn keep(&mut self, description: &Description, report: &Report) {
        let needs = description.depends.as_ref().map(|depends| names(depends));
        let number = self.providers.keep(&description.name, names(&description.provides), needs);
        self.needs.push((report.findings.len(), number));
    }
}

/// What is named in relations, without the versions that they want: `libz.so=1-64`, `glibc>=2.3`.
fn names(relations: &[String]) -> impl Iterator<Item = &str> {
    relations.iter().map(|one| one.split(['<', '>', '=']).next().unwrap_or_default())
}

fn read(file: &File, shared: &mut Shared, report: &mut Report) -> Result<(), Error> {
    let Some((folder, kind)) = PLACES
        .iter()
        .find_map(|place| file.path().strip_prefix(place))
        .and_then(|inside| inside.split_once('/'))
    else {
        return Ok(());
    };
    let (name, version) = split(folder)
        .ok_or_else(|| Error::malformed(format_args!("folder `{folder}` is not `NAME-VERSION-RELEASE`")))?;
    let mut problems = Problems::default();
    match kind {
        "desc" => {
            let description = Description::read(file.reader(), &mut problems)?;
            if (description.name.as_str(), description.version.as_str()) != (name, version) {
                return Err(Error::malformed(format_args!(
                    "it states `{}` {}, in the folder of `{name}` {version}",
                    description.name, description.version
                )));
            }
            shared.keep(&description, report);
            report.found(file.path(), package(description));
        }
        "files" => {
            let read = entry::read_paths(file.reader(), &mut shared.paths, &mut problems);
            if let Some(ownership) = shared.paths.owned_by(name) {
                report.found(file.path(), ownership);
            }
            read?;
        }
        _ => {}
    }
    report.unread_parts(file.path(), problems);
    Ok(())
}

/// Name and version of a folder, as libalpm splits it: a version has one dash, before its release.
fn split(folder: &str) -> Option<(&str, &str)> {
    let (rest, _) = folder.rsplit_once('-')?;
    let (name, _) = rest.rsplit_once('-')?;
    let version = folder.get(name.len() + 1..)?;
    (!name.is_empty() && !version.is_empty()).then_some((name, version))
}

fn package(description: Description) -> Package {
    let Description { name, version, base, arch, packager, reason, licenses, .. } = description;
    let purl = Purl::new("alpm", &name).version(&version).qualifier("arch", &arch);
    // pacman before 4.2 knew no bases.
    let base = if base.is_empty() { name.clone() } else { base };
    let mut package = Package::new(name, &version, "alpm").purl(purl).source(base, version);
    if !arch.is_empty() {
        package = package.arch(arch);
    }
    if let Some((_, vendor)) = VENDORS.iter().find(|(mark, _)| packager.contains(mark)) {
        package = package.vendor(*vendor);
    }
    package.reason = match reason.as_str() {
        "" | "0" => Some(Reason::Requested),
        "1" => Some(Reason::Dependency),
        _ => None,
    };
    package.licenses = licenses;
    package
}

#[cfg(test)]
mod tests {
    use super::*;

    fn desc(name: &str, version: &str, more: &str) -> String {
        format!("%NAME%\n{name}\n\n%VERSION%\n{version}\n\n%ARCH%\nx86_64\n\n{more}")
    }

    fn detect(folder: &str, desc: &str) -> Report {
        Pacman::detect(&[File::in_memory(format!("var/lib/pacman/local/{folder}/desc"), desc)]).unwrap()
    }

    #[test]
    fn an_entry_gives_a_package_of_the_recipe_that_it_was_built_from() {
        let more = "%BASE%\ngcc\n\n%LICENSE%\nGPL-3.0-or-later\n\n";
        let report = detect("gcc-libs-1:14.2.1-1", &desc("gcc-libs", "1:14.2.1-1", more));
        assert_eq!(report.unread, []);
        let package = report.packages().next().unwrap();
        assert_eq!(package.purl, "pkg:alpm/gcc-libs@1:14.2.1-1?arch=x86_64");
        assert_eq!(
            (package.scheme.as_str(), package.licenses.as_slice()),
            ("alpm", &["GPL-3.0-or-later".into()][..])
        );
        let source = package.source.as_ref().unwrap();
        assert_eq!((source.name.as_str(), source.version.as_str()), ("gcc", "1:14.2.1-1"));
        assert!(package.qualifiers.is_empty());
        assert_eq!(package.reason, Some(Reason::Requested));
        let needed = detect("a-1-1", &desc("a", "1-1", "%REASON%\n1\n\n"));
        assert_eq!(needed.packages().next().unwrap().reason, Some(Reason::Dependency));
    }

    #[test]
    fn a_package_needs_those_that_provide_what_it_depends_on() {
        let file = |name: &str, more: &str| {
            let path = format!("var/lib/pacman/local/{name}-1-1/desc");
            File::in_memory(path, desc(name, "1-1", more))
        };
        let files = [
            file("bash", "%DEPENDS%\nglibc>=2.3\nlibreadline.so=8-64\nabsent\n\n%PROVIDES%\nsh\n\n"),
            file("glibc", ""),
            file("readline", "%DEPENDS%\nglibc\nsh\n\n%PROVIDES%\nlibreadline.so=8-64\n\n"),
            file("cut", "%DEPENDS%\nglibc\n"),
        ];
        let report = Pacman::detect(&files).unwrap();
        let needs: Vec<_> = report
            .packages()
            .map(|package| {
                let requires = package.requires.as_ref()?;
                Some(requires.iter().map(|it| it.name.as_str()).collect::<Vec<_>>())
            })
            .collect();
        let expected = [Some(vec!["glibc", "readline"]), Some(vec![]), Some(vec!["bash", "glibc"]), None];
        assert_eq!(needs, expected);
    }

    #[test]
    fn what_users_built_themselves_has_a_vendor() {
        let vendor = |packager: &str| {
            let report = detect("a-1-1", &desc("a", "1-1", &format!("%PACKAGER%\n{packager}\n\n")));
            report.packages().next().unwrap().vendor.clone()
        };
        assert_eq!(vendor("Unknown Packager").as_deref(), Some("Unknown Packager"));
        assert_eq!(vendor("Garuda Builder <team@chaotic.cx>").as_deref(), Some("Chaotic-AUR"));
        assert_eq!(vendor("A <a@archlinux.org>"), None);
    }

    #[test]
    fn an_entry_in_the_folder_of_another_is_refused_as_libalpm_does() {
        let why = |folder: &str, text: &str| detect(folder, text).unread[0].error.to_string();
        assert_eq!(
            why("a-1-1", &desc("b", "1-1", "")),
            "malformed: it states `b` 1-1, in the folder of `a` 1-1"
        );
        assert_eq!(
            why("a-1-1", &desc("a", "1-2", "")),
            "malformed: it states `a` 1-2, in the folder of `a` 1-1"
        );
        assert_eq!(why("a-1", &desc("a", "1", "")), "malformed: folder `a-1` is not `NAME-VERSION-RELEASE`");
    }

    #[test]
    fn a_description_that_is_damaged_costs_its_package_only() {
        let file =
            |folder: &str, text: &str| File::in_memory(format!("var/lib/pacman/local/{folder}/desc"), text);
        let files = [
            file("a-1-1", "%NAME%\na\n"),
            file("b-1-1", "%NAME%\nb\n\n%VERSION%\n1"),
            file("c-1-1", "%NAME%\nc\n\n%VERSION%\n1-1\n\n%BASE%\nd"),
            file("e-1-1", &desc("e", "1-1", "")),
        ];
        let report = Pacman::detect(&files).unwrap();
        let found: Vec<_> = report.packages().map(|package| package.name.as_str()).collect();
        assert_eq!(found, ["c", "e"]);
        let unread: Vec<_> = report.unread.iter().map(|unread| unread.error.to_string()).collect();
        let expected = [
            "malformed: it has no `%VERSION%`",
            "malformed: it states `b` 1, in the folder of `b` 1-1",
            "malformed: it is cut off in section `%BASE%`",
        ];
        assert_eq!(unread, expected);
    }

    #[test]
    fn files_belong_to_the_package_of_their_folder() {
        let folder = "usr/lib/sysimage/lib/pacman/local/x-y-1-1";
        let described = File::in_memory(format!("{folder}/desc"), desc("x-y", "1-1", ""));
        let files = || File::in_memory(format!("{folder}/files"), "%FILES%\nusr/\nusr/bin/x\n\n");
        let report = Pacman::detect(&[described, files()]).unwrap();
        assert_eq!(report.unread, []);
        let Fact::Ownership(ownership) = &report.findings[1].fact else { panic!("{report:?}") };
        assert_eq!(
            (ownership.package.as_str(), ownership.paths.as_slice()),
            ("x-y", &["usr/bin/x".into()][..])
        );
        // Nobody says what it is.
        let report = Pacman::detect(&[files()]).unwrap();
        assert_eq!(report.findings, []);
        assert_eq!(report.unread[0].path, format!("{folder}/files"));
        assert_eq!(report.unread[0].error.to_string(), "malformed: there is no `desc` beside it");
    }
}
