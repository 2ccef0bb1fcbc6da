//! The files of an entry of pacman's local database: sections of lines, `%NAME%` and what belongs to it up to the
//! next empty line, as libalpm writes them.

use std::io::BufRead;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::detector::{Paths, Problems};
use limpid_plugin_sdk::text::{Line, Lines};

/// The longest line that is used, in bytes.
pub const MAX_LINE: usize = 8 * 1024;

/// How many things are read that a package depends on, and how many that it provides.
pub const MAX_RELATIONS: usize = 10_000;

/// How many licences are kept of a package.
pub const MAX_LICENSES: usize = 100;

/// What `desc` says of a package; what it does not say is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Description {
    /// `%NAME%`
    pub name: String,
    /// `%VERSION%`: `[epoch:]version-release`
    pub version: String,
    /// `%BASE%`: the recipe that it was built from, which is named so where it makes several packages.
    pub base: String,
    /// `%ARCH%`
    pub arch: String,
    /// `%PACKAGER%`: who built it.
    pub packager: String,
    /// `%REASON%`: 1 where another package needs it, nothing or 0 where somebody asked for it.
    pub reason: String,
    /// `%LICENSE%`
    pub licenses: Vec<String>,
    /// `%DEPENDS%`: what it needs, of which version; none where there is more of it than is read.
    pub depends: Option<Vec<String>>,
    /// `%PROVIDES%`
    pub provides: Vec<String>,
}

impl Description {
    /// Reads a `desc`. Where it is cut off behind its name and version, that is a problem, and what is there counts.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] where a line that counts is too long or not UTF-8, or name or version is missing; those
    /// of the reader.
    pub fn read(reader: impl BufRead, problems: &mut Problems) -> Result<Self, Error> {
        let mut description = Self { depends: Some(Vec::new()), ..Self::default() };
        let cut = sections(reader, |section, line| description.line(section, line))?;
        for (field, value) in [("%NAME%", &description.name), ("%VERSION%", &description.version)] {
            if value.is_empty() {
                return Err(Error::malformed(format_args!("it has no `{field}`")));
            }
        }
        if let Some(section) = cut {
            if section == b"%BASE%" {
                description.base.clear();
            }
            // What it depends on stands behind most of the rest.
            description.depends = None;
            problems.push(cut_off(&section));
        }
        Ok(description)
    }

    fn line(&mut self, section: &[u8], line: Line<'_>) -> Result<(), Error> {
        let field = match section {
            b"%NAME%" => &mut self.name,
            b"%VERSION%" => &mut self.version,
            b"%BASE%" => &mut self.base,
            b"%ARCH%" => &mut self.arch,
            b"%REASON%" => &mut self.reason,
            // Who built a package, and under which licence, is told as well as it goes.
            b"%PACKAGER%" => {
                line.text().trim().clone_into(&mut self.packager);
                return Ok(());
            }
            b"%DEPENDS%" => {
                let depends = self.depends.take();
                self.depends =
                    depends.filter(|it| !line.cut && it.len() < MAX_RELATIONS).map(|mut depends| {
                        depends.push(line.text().trim().to_owned());
                        depends
                    });
                return Ok(());
            }
            b"%PROVIDES%" => {
                if self.provides.len() < MAX_RELATIONS {
                    self.provides.push(line.text().trim().to_owned());
                }
                return Ok(());
            }
            b"%LICENSE%" if self.licenses.len() >= MAX_LICENSES => {
                return Err(Error::malformed(format_args!("it has more than {MAX_LICENSES} licences")));
            }
            b"%LICENSE%" => {
                self.licenses.push(line.text().trim().to_owned());
                return Ok(());
            }
            _ => return Ok(()),
        };
        if line.cut {
            return Err(Error::malformed(format_args!("line {} is longer than 8 KiB", line.number)));
        }
        // libalpm takes the one line that follows the name of such a section.
        if field.is_empty() {
            let text = str::from_utf8(line.bytes)
                .map_err(|_| Error::malformed(format_args!("line {} is not UTF-8", line.number)))?;
            text.trim().clone_into(field);
        }
        Ok(())
    }
}

/// Reads the paths of `files`, but for directories. Where it is cut off, that is a problem, and what is there counts.
///
/// # Errors
///
/// Those of [`Paths::push`] and of the reader.
pub fn read_paths(reader: impl BufRead, paths: &mut Paths, problems: &mut Problems) -> Result<(), Error> {
    let cut = sections(reader, |section, line| match section {
        b"%FILES%" if !line.cut && !line.bytes.ends_with(b"/") => paths.push(line.bytes),
        _ => Ok(()),
    })?;
    if let Some(section) = cut {
        problems.push(cut_off(&section));
    }
    Ok(())
}

/// Shows each line of each section to `take`, with the section's name. libalpm ends each section with an empty line, the
/// last as well: gives the name of the one that is cut off, where that is missing.
fn sections(
    reader: impl BufRead,
    mut take: impl FnMut(&[u8], Line<'_>) -> Result<(), Error>,
) -> Result<Option<Vec<u8>>, Error> {
    let mut lines = Lines::new(reader, MAX_LINE);
    let mut section = Vec::new();
    while let Some(line) = lines.next()? {
        if line.bytes.trim_ascii().is_empty() {
            section.clear();
        } else if section.is_empty() {
            // What is in no section is passed by, as libalpm does; it has a name that nobody asks for.
            section.extend_from_slice(line.bytes.trim_ascii_end());
        } else {
            take(&section, line)?;
        }
    }
    Ok(Some(section).filter(|section| !section.is_empty()))
}

fn cut_off(section: &[u8]) -> Error {
    let section = String::from_utf8_lossy(section);
    Error::malformed(format_args!("it is cut off in section `{section:.100}`"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_description_has_the_first_line_of_each_section_and_all_licences() {
        let text = "%NAME%\nzlib\n\n%VERSION%\n1:1.3.1-2\n\n%BASE%\nzlib\n\n%DESC%\n%NAME%\n\n%ARCH%\nx86_64\n\n\
                    %LICENSE%\nMIT\ncustom:zlib\n\n%PACKAGER%\nA <a@archlinux.org>\n\n\
                    %DEPENDS%\nglibc>=2.3\nsh\n\n%PROVIDES%\nlibz.so=1-64\n\n";
        let mut problems = Problems::default();
        let description = Description::read(text.as_bytes(), &mut problems).unwrap();
        assert_eq!(problems, Problems::default());
        let Description { name, version, base, arch, packager, reason, licenses, depends, provides } =
            description;
        assert_eq!(
            (depends, provides),
            (Some(vec!["glibc>=2.3".into(), "sh".into()]), vec!["libz.so=1-64".into()])
        );
        assert_eq!([name, version, base, arch], ["zlib", "1:1.3.1-2", "zlib", "x86_64"]);
        assert_eq!(reason, "");
        assert_eq!(
            (packager.as_str(), licenses),
            ("A <a@archlinux.org>", vec!["MIT".into(), "custom:zlib".into()])
        );
    }

    #[test]
    fn what_is_damaged_is_named() {
        let check = |text: &[u8], expected: &str| {
            let error = Description::read(text, &mut Problems::default()).unwrap_err();
            assert_eq!(error.to_string(), format!("malformed: {expected}"));
        };
        check(b"%NAME%\na\n", "it has no `%VERSION%`");
        check(b"%VERSION%\n1-1\n", "it has no `%NAME%`");
        check(b"%NAME%\n\xff\n", "line 2 is not UTF-8");
        check(&[b"%NAME%\n", "a".repeat(MAX_LINE + 1).as_bytes()].concat(), "line 2 is longer than 8 KiB");
        check(&[b"%LICENSE%\n", "MIT\n".repeat(101).as_bytes()].concat(), "it has more than 100 licences");
    }

    #[test]
    fn what_is_cut_off_counts_as_far_as_it_goes_and_is_told() {
        let check = |text: &str, section: Option<&str>| {
            let mut problems = Problems::default();
            let description = Description::read(text.as_bytes(), &mut problems).unwrap();
            let Description { name, version, base, .. } = &description;
            assert_eq!([name, version, base], ["a", "1-1", ""], "{text}");
            let mut expected = Problems::default();
            if let Some(section) = section {
                expected.push(Error::malformed(format_args!("it is cut off in section `{section}`")));
            }
            assert_eq!(problems, expected, "{text}");
        };
        check("%NAME%\na\n\n%VERSION%\n1-1\n\n", None);
        check("%NAME%\na\n\n%VERSION%\n1-1\n\n\n", None);
        check("%NAME%\na\n\n%VERSION%\n1-1\n", Some("%VERSION%"));
        check("%NAME%\na\n\n%VERSION%\n1-1\n\n%BAS", Some("%BAS"));
        check("%NAME%\na\n\n%VERSION%\n1-1\n\n%BASE%\nb", Some("%BASE%"));
    }

    #[test]
    fn files_gives_paths_without_directories() {
        let (mut paths, mut problems) = (Paths::default(), Problems::default());
        let text = "%FILES%\netc/\netc/a\nusr/caf\n\n%BACKUP%\netc/a\tabc\n\n";
        read_paths(text.as_bytes(), &mut paths, &mut problems).unwrap();
        assert_eq!(paths.owned_by("a").unwrap().paths, ["etc/a", "usr/caf"]);
        assert_eq!(problems, Problems::default());
        read_paths(&b"%FILES%\nusr/caf\xe9\nusr/b"[..], &mut paths, &mut problems).unwrap();
        assert_eq!(paths.owned_by("a").unwrap().paths, ["usr/caf\\xE9", "usr/b"]);
        let mut expected = Problems::default();
        expected.push(Error::malformed("it is cut off in section `%FILES%`"));
        assert_eq!(problems, expected);
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_odd_to_be_read(text in "(%NAME%|%FILES%|%LICENSE%|\n|\n|a|/|\\PC){0,40}") {
            let _either = Description::read(text.as_bytes(), &mut Problems::default());
            read_paths(text.as_bytes(), &mut Paths::default(), &mut Problems::default()).unwrap();
        }
    }
}
