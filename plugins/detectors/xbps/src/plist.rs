//! XBPS's databases, which are XML property lists: one of all packages, a dictionary of dictionaries by their names; and
//! one of the files of each package, a dictionary of lists of dictionaries.

use std::io::BufRead;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::detector::{Paths, Problems};
use limpid_xml::{Step, Xml};

use crate::escaped::Escaped;

/// The longest text that is used of a package, in bytes.
pub const MAX_TEXT: usize = 8 * 1024;

/// What stands among the packages and is none: which of several programs of the same name counts.
const ALTERNATIVES: &str = "_XBPS_ALTERNATIVES_";

/// The lists of what is there, but for directories.
const LISTS: [&str; 3] = ["files", "conf_files", "links"];

/// What is said of a package; what is not said is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// The key that it stands under.
    pub key: String,
    /// `pkgver`: `NAME-VERSION_REVISION`
    pub pkgver: String,
    /// `architecture`
    pub architecture: String,
    /// `state`
    pub state: String,
    /// `license`
    pub license: String,
    /// `sourcepkg`: the template that it was built from.
    pub source: String,
    /// `source-revisions`: `TEMPLATE:COMMIT`
    pub source_revisions: String,
    /// `automatic-install`: another package needs it, and nobody asked for it.
    pub is_automatic: bool,
    /// `run_depends`: patterns of what it needs.
    pub depends: Related,
    /// `provides`: what it provides beside its own name, as `pkgver` is written.
    pub provides: Related,
}

/// A list of packages that one is related to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Related {
    /// What the list has, as far as it was read.
    pub texts: Vec<String>,
    /// Whether the list has more, or something that is no text.
    pub is_partial: bool,
}

/// How many entries are kept of a list of packages, and how long the longest may be, in bytes.
const MAX_RELATED: (usize, usize) = (2000, 1024);

impl Record {
    fn field(&mut self, key: &str) -> Option<&mut String> {
        Some(match key {
            "pkgver" => &mut self.pkgver,
            "architecture" => &mut self.architecture,
            "state" => &mut self.state,
            "license" => &mut self.license,
            "sourcepkg" => &mut self.source,
            "source-revisions" => &mut self.source_revisions,
            _ => return None,
        })
    }

    fn related(&mut self, key: &str) -> Option<&mut Related> {
        match key {
            "run_depends" => Some(&mut self.depends),
            "provides" => Some(&mut self.provides),
            _ => None,
        }
    }

    /// What is kept of lists, in bytes.
    pub fn related_bytes(&self) -> usize {
        [&self.depends, &self.provides]
            .into_iter()
            .flat_map(|list| &list.texts)
            .map(|text| 32 + text.len())
            .sum()
    }

    /// Names of what it needs; none where that is not known whole.
    pub fn needs(&self) -> Option<impl Iterator<Item = &str>> {
        let Related { texts, is_partial } = &self.depends;
        (!is_partial).then(|| texts.iter().map(|text| pattern_name(text)))
    }

    /// Names of what it provides beside its own.
    pub fn provided(&self) -> impl Iterator<Item = &str> {
        self.provides.texts.iter().map(|text| pattern_name(text))
    }

    /// Name and version, as libxbps splits them: a name may have dashes, a version has a digit and a revision.
    pub fn name_and_version(&self) -> Option<(&str, &str)> {
        split(&self.pkgver)
    }
}

fn split(pkgver: &str) -> Option<(&str, &str)> {
    let (name, version) = pkgver.rsplit_once('-')?;
    let (numbers, revision) = version.rsplit_once('_')?;
    let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let is_revision = !revision.is_empty() && revision.bytes().all(|byte| byte.is_ascii_digit());
    let is_version = is_revision && numbers.bytes().any(|byte| byte.is_ascii_digit());
    (!name.is_empty() && is_version && is_plain(pkgver)).then_some((name, version))
}

/// The name of a pattern ([xbps](https://man.voidlinux.org/xbps-install.1#PACKAGE_EXPRESSIONS)): `NAME>=VERSION`,
/// `NAME<VERSION`, `NAME-VERSION_REVISION`, or with a wildcard, `NAME-[0-9]*`.
fn pattern_name(pattern: &str) -> &str {
    let before = |end: Option<usize>| end.and_then(|end| pattern.get(..end));
    let relation = before(pattern.find(['<', '>']));
    let wildcard = || before(pattern.find(['[', '*', '?', '{'])).map(|name| name.trim_end_matches('-'));
    relation.or_else(|| Some(split(pattern)?.0)).or_else(wildcard).unwrap_or(pattern)
}

/// Shows each package of a database to `take`, or what is wrong with it.
///
/// # Errors
///
/// [`Error::Malformed`] where the list is broken, which costs what follows; those of `take` and of the reader.
pub fn read_packages(
    reader: impl BufRead,
    mut take: impl FnMut(Result<Record, String>) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut xml = Xml::new(Escaped::new(reader));
    open(&mut xml)?;
    while let Some(key) = next_key(&mut xml)? {
        if key == ALTERNATIVES {
            xml.skip()?;
        } else {
            take(package(&mut xml, key)?)?;
        }
        xml.record();
    }
    close(&mut xml)
}

/// Reads the paths of a list of files, but for directories. An entry without a path is a problem, and costs that entry.
///
/// # Errors
///
/// [`Error::Malformed`] where the list is broken, which costs what follows; those of [`Paths::push`] and of the reader.
pub fn read_paths(reader: impl BufRead, paths: &mut Paths, problems: &mut Problems) -> Result<(), Error> {
    let mut xml = Xml::new(Escaped::new(reader));
    open(&mut xml)?;
    while let Some(key) = next_key(&mut xml)? {
        if !LISTS.contains(&key.as_str()) {
            xml.skip()?;
            continue;
        }
        if xml.name() != "array" {
            problems.push(Error::malformed(format_args!("`{key}` is no list")));
            xml.skip()?;
            continue;
        }
        while xml.child()? {
            match path(&mut xml)? {
                Some(path) => paths.push(path.as_bytes())?,
                None => problems.push(Error::malformed(format_args!("an entry of `{key}` has no path"))),
            }
            xml.record();
        }
    }
    close(&mut xml)
}

type Input<R> = Xml<Escaped<R>>;

/// Goes into the dictionary that the list is.
fn open<R: BufRead>(xml: &mut Input<R>) -> Result<(), Error> {
    let is_list = xml.child()? && xml.name() == "plist" && xml.child()? && xml.name() == "dict";
    if is_list { Ok(()) } else { Err(Error::malformed("it is no property list with a dictionary")) }
}

/// Goes on to the end, so that a list that is cut off behind its dictionary is told as well.
fn close<R: BufRead>(xml: &mut Input<R>) -> Result<(), Error> {
    while xml.next()? != Step::End {}
    Ok(())
}

/// The next key of the present dictionary, and into its value; none where the dictionary ends.
fn next_key<R: BufRead>(xml: &mut Input<R>) -> Result<Option<String>, Error> {
    if !xml.child()? {
        return Ok(None);
    }
    if xml.name() != "key" {
        return Err(Error::malformed(format_args!("`<{:.50}>` stands where a key does", xml.name())));
    }
    let key = xml.text()?;
    match xml.child()? {
        true => Ok(Some(key)),
        false => Err(Error::malformed(format_args!("key `{key:.200}` has no value"))),
    }
}

/// A package, or what is wrong with it.
fn package<R: BufRead>(xml: &mut Input<R>, key: String) -> Result<Result<Record, String>, Error> {
    if key.len() > MAX_TEXT {
        xml.skip()?;
        return Ok(Err(format!("package `{key:.200}`: its key is longer than 8 KiB")));
    }
    if xml.name() != "dict" {
        xml.skip()?;
        return Ok(Err(format!("package `{key:.200}` is no dictionary")));
    }
    let mut record = Record { key, ..Record::default() };
    let mut problem = None;
    while let Some(field) = next_key(xml)? {
        if field == "automatic-install" {
            record.is_automatic = xml.name() == "true";
        }
        if let Some(list) = record.related(&field) {
            *list = related(xml)?;
            continue;
        }
        let Some(value) = record.field(&field) else {
            xml.skip()?;
            continue;
        };
        if xml.name() == "string" {
            *value = xml.text()?;
            if value.len() > MAX_TEXT {
                value.clear();
                problem.get_or_insert_with(|| format!("`{field}` is longer than 8 KiB"));
            }
        } else {
            xml.skip()?;
            problem.get_or_insert_with(|| format!("`{field}` is no string"));
        }
    }
    Ok(match problem {
        Some(problem) => Err(format!("package `{:.200}`: {problem}", record.key)),
        None => Ok(record),
    })
}

/// A list of packages.
fn related<R: BufRead>(xml: &mut Input<R>) -> Result<Related, Error> {
    let mut list = Related::default();
    if xml.name() != "array" {
        xml.skip()?;
        list.is_partial = true;
        return Ok(list);
    }
    let (most, longest) = MAX_RELATED;
    while xml.child()? {
        if xml.name() != "string" || list.texts.len() == most {
            xml.skip()?;
            list.is_partial = true;
            continue;
        }
        let text = xml.text()?;
        match text.len() <= longest {
            true => list.texts.push(text),
            false => list.is_partial = true,
        }
    }
    Ok(list)
}

/// The path of an entry of a list.
fn path<R: BufRead>(xml: &mut Input<R>) -> Result<Option<String>, Error> {
    let mut path = None;
    if xml.name() != "dict" {
        xml.skip()?;
        return Ok(path);
    }
    while let Some(key) = next_key(xml)? {
        if key == "file" && xml.name() == "string" {
            path = Some(xml.text()?);
        } else {
            xml.skip()?;
        }
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn list(dict: &str) -> String {
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE plist PUBLIC \"-//Apple Computer//DTD PLIST 1.0//EN\" \
             \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n<plist version=\"1.0\">\n<dict>{dict}</dict>\n</plist>\n"
        )
    }

    type Packages = Vec<Result<Record, String>>;

    fn packages(text: &[u8]) -> (Packages, Result<(), Error>) {
        let mut packages = Vec::new();
        let read = read_packages(text, |package| {
            packages.push(package);
            Ok(())
        });
        (packages, read)
    }

    fn paths(text: &[u8]) -> (Vec<String>, Problems, Result<(), Error>) {
        let (mut paths, mut problems) = (Paths::default(), Problems::default());
        let read = read_paths(text, &mut paths, &mut problems);
        (paths.owned_by("a").map(|ownership| ownership.paths).unwrap_or_default(), problems, read)
    }

    #[test]
    fn a_dictionary_is_a_package() {
        let text = list(
            "<key>_XBPS_ALTERNATIVES_</key><dict><key>vi</key><dict/></dict>\
             <key>xz</key><dict><key>automatic-install</key><true/><key>architecture</key><string>x86_64</string>\
             <key>license</key><string>GPL-2.0-or-later, 0BSD</string><key>pkgver</key><string>xz-5.4.5_1</string>\
             <key>run_depends</key><array><string>glibc&gt;=2.36_1</string></array><key>source-revisions</key>\
             <string>xz:9d3a1f0b1c</string><key>state</key><string>installed</string></dict>",
        );
        let (packages, read) = packages(text.as_bytes());
        assert_eq!(read, Ok(()));
        let expected = Record {
            is_automatic: true,
            key: "xz".to_owned(),
            pkgver: "xz-5.4.5_1".to_owned(),
            architecture: "x86_64".to_owned(),
            state: "installed".to_owned(),
            license: "GPL-2.0-or-later, 0BSD".to_owned(),
            source: String::new(),
            source_revisions: "xz:9d3a1f0b1c".to_owned(),
            depends: Related { texts: vec!["glibc>=2.36_1".to_owned()], is_partial: false },
            provides: Related::default(),
        };
        assert_eq!(packages, [Ok(expected)]);
    }

    #[test]
    fn a_package_has_a_name_and_a_version_as_for_libxbps() {
        let check = |pkgver: &str, expected: Option<(&str, &str)>| {
            let record = Record { pkgver: pkgver.to_owned(), ..Record::default() };
            assert_eq!(record.name_and_version(), expected, "{pkgver}");
        };
        // Examples of its tests.
        check("font-adobe-100dpi-7.8_2", Some(("font-adobe-100dpi", "7.8_2")));
        check("systemd-43_1", Some(("systemd", "43_1")));
        check("python-e_dbus-1.0_1", Some(("python-e_dbus", "1.0_1")));
        check("fs-utils-v1_1", Some(("fs-utils", "v1_1")));
        for none in ["font-adobe-a", "font-adobe-1", "font-adobe-100dpi-7.8", "python-e_dbus", "fs-utils-v1"]
        {
            check(none, None);
        }
        for none in ["", "-1_1", "fs-utils-v_1", "a-1_", "a-1_b", "a b-1_1", "caf\\xE9-1_1"] {
            check(none, None);
        }
    }

    #[test]
    fn a_package_that_is_damaged_costs_itself_and_is_named() {
        let good = "<key>b</key><dict><key>pkgver</key><string>b-1_1</string></dict>";
        let check = |bad: &str, expected: &str| {
            let (packages, read) = packages(list(&format!("{bad}{good}")).as_bytes());
            assert_eq!((packages.len(), read), (2, Ok(())), "{bad}");
            assert_eq!(packages[0].as_ref().unwrap_err(), expected);
            assert_eq!(packages[1].as_ref().unwrap().pkgver, "b-1_1");
        };
        check("<key>a</key><string>a</string>", "package `a` is no dictionary");
        check("<key>a</key><dict><key>state</key><true/></dict>", "package `a`: `state` is no string");
        let long =
            format!("<key>a</key><dict><key>license</key><string>{}</string></dict>", "x".repeat(9000));
        check(&long, "package `a`: `license` is longer than 8 KiB");
    }

    #[test]
    fn a_list_that_is_broken_costs_what_follows() {
        let good = "<key>b</key><dict><key>pkgver</key><string>b-1_1</string></dict>";
        let check = |text: &str, before: usize, expected: &str| {
            let (packages, read) = packages(text.as_bytes());
            assert_eq!(packages.len(), before, "{text}");
            let why = read.unwrap_err().to_string();
            assert!(why.contains(expected), "{text}: {why}");
        };
        check("", 0, "it is no property list with a dictionary");
        check("<html/>", 0, "it is no property list with a dictionary");
        check("<plist><array/></plist>", 0, "it is no property list with a dictionary");
        check(&list(&format!("{good}<key>a</key>")), 1, "key `a` has no value");
        check(&list(&format!("{good}<string>a</string>")), 1, "`<string>` stands where a key does");
        check(&list(&format!("{good}<key>a</dict>")), 1, "key");
        let whole = list(&format!("{good}{}", good.replace('b', "c")));
        check(&whole[..whole.find("c-1_1").unwrap()], 1, "ends before its outermost element");
        check(&whole[..whole.find("<string>c-1_1").unwrap() + 3], 1, "tag not closed");
        check(&whole[..whole.rfind("</plist>").unwrap()], 2, "ends before its outermost element");
    }

    #[test]
    fn files_gives_paths_without_directories() {
        let text = list(
            "<key>files</key><array><dict><key>file</key><string>/usr/bin/a&amp;b</string><key>sha256</key>\
             <string>00</string></dict><dict/></array><key>dirs</key><array><dict><key>file</key><string>/usr</string>\
             </dict></array><key>links</key><array><dict><key>file</key><string>/usr/lib/x.so</string><key>target</key>\
             <string>x.so.1</string></dict></array><key>conf_files</key><array><dict><key>file</key>\
             <string>/etc/caf\u{1}</string></dict></array>",
        );
        let bytes: Vec<u8> = text.bytes().map(|byte| if byte == 1 { 0xe9 } else { byte }).collect();
        let (paths, problems, read) = paths(&bytes);
        assert_eq!(
            (paths, read),
            (vec!["usr/bin/a&b".into(), "usr/lib/x.so".into(), "etc/caf\\xE9".into()], Ok(()))
        );
        let mut expected = Problems::default();
        expected.push(Error::malformed("an entry of `files` has no path"));
        assert_eq!(problems, expected);
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_odd_to_be_read(
            bytes in prop::collection::vec(any::<u8>(), 0..200),
            text in "(<key>|</key>|<dict>|</dict>|<dict/>|<array>|</array>|<string>|</string>|files|file|pkgver|a){0,40}",
        ) {
            for text in [bytes, list(&text).into_bytes()] {
                let _either = packages(&text);
                let _either = paths(&text);
            }
        }
    }
}
