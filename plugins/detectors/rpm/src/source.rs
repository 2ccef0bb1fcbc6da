//! The source packages of packages.

use std::collections::BTreeMap;

use limpid_rpmdb::Package;

use crate::found::with_release;

/// Which epochs source packages have. The name of a source package's file does not tell, but it is that of the
/// packages that have its version: of the one of its name, if there is one.
#[derive(Debug, Default)]
pub(crate) struct Sources(BTreeMap<String, (u32, bool)>);

impl Sources {
    /// A package that is there.
    pub(crate) fn add(&mut self, package: &Package) {
        let Some((name, version)) = package.source_rpm.as_deref().and_then(parts) else { return };
        if version != with_release(package) {
            return;
        }
        let (epoch, is_main) = (package.epoch.unwrap_or(0), package.name == name);
        let known = self.0.entry(format!("{name}-{version}")).or_insert((epoch, is_main));
        if is_main {
            *known = (epoch, true);
        }
    }

    /// The name and version of what a package was built from.
    pub(crate) fn of(&self, package: &Package) -> Option<(String, String)> {
        let (name, version) = package.source_rpm.as_deref().and_then(parts)?;
        let known = self.0.get(&format!("{name}-{version}")).map(|known| known.0);
        let version = match known.or(package.epoch).unwrap_or(0) {
            0 => version.to_owned(),
            epoch => format!("{epoch}:{version}"),
        };
        Some((name.to_owned(), version))
    }
}

/// Name and version of the file of a source package: `bash-5.1.8-9.el9.src.rpm`.
fn parts(file: &str) -> Option<(&str, &str)> {
    let stem = file.strip_suffix(".rpm")?;
    let stem = stem.strip_suffix(".src").or_else(|| stem.strip_suffix(".nosrc"))?;
    let (release, _) = stem.rmatch_indices('-').nth(1)?;
    let (name, version) = stem.split_at_checked(release)?;
    Some((name, version.strip_prefix('-')?)).filter(|(name, _)| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, epoch: u32, version: &str, release: &str, source: &str) -> Package {
        Package {
            name: name.to_owned(),
            epoch: Some(epoch).filter(|&epoch| epoch > 0),
            version: version.to_owned(),
            release: release.to_owned(),
            source_rpm: Some(source.to_owned()),
            ..Package::default()
        }
    }

    #[test]
    fn the_file_of_a_source_package_names_it() {
        assert_eq!(parts("bash-5.1.8-9.el9.src.rpm"), Some(("bash", "5.1.8-9.el9")));
        assert_eq!(parts("java-1.8.0-openjdk-1.8.0-1.src.rpm"), Some(("java-1.8.0-openjdk", "1.8.0-1")));
        assert_eq!(parts("a-1-2.nosrc.rpm"), Some(("a", "1-2")));
        for none in ["(none)", "bash-5.src.rpm", "bash-5-1.x86_64.rpm", "-1-2.src.rpm", ""] {
            assert_eq!(parts(none), None, "{none}");
        }
    }

    #[test]
    fn the_epoch_is_that_of_the_package_that_has_its_version() {
        let perl = package("perl", 4, "5.26", "1.el8", "perl-5.26-1.el8.src.rpm");
        let libs = package("perl-libs", 4, "5.26", "1.el8", "perl-5.26-1.el8.src.rpm");
        let errno = package("perl-Errno", 0, "1.28", "1.el8", "perl-5.26-1.el8.src.rpm");
        let mut sources = Sources::default();
        let source = |sources: &Sources, package| sources.of(package).unwrap().1;
        // Without one, it has its own.
        assert_eq!(source(&sources, &errno), "5.26-1.el8");
        assert_eq!(source(&sources, &libs), "4:5.26-1.el8");
        for package in [&errno, &libs, &perl] {
            sources.add(package);
        }
        assert_eq!(source(&sources, &errno), "4:5.26-1.el8");
        assert_eq!(source(&sources, &perl), "4:5.26-1.el8");
    }
}
