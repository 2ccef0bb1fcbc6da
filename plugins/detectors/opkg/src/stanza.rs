//! The format of opkg's `status` and of its `info/NAME.control`: stanzas of lines `Field: value`, with an empty line
//! after each. A line that begins with a space goes on with the field before it; no field that counts has one.

use std::io::{self, BufRead};

use limpid_plugin_sdk::text::{Line, Lines};

/// The longest line that is used, in bytes.
pub const MAX_LINE: usize = 8 * 1024;

/// What a stanza says of a package; what it does not say is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stanza {
    /// `Package`
    pub package: String,
    /// `Version`
    pub version: String,
    /// `Architecture`
    pub architecture: String,
    /// `Status`: what is wanted, flags, and the state that it is in.
    pub status: String,
    /// `License`, in OpenWrt's and Yocto's own words.
    pub license: String,
    /// `Source`: of OpenWrt, a folder; of Yocto, the file of a recipe.
    pub source: String,
    /// `SourceName`, of OpenWrt.
    pub source_name: String,
    /// `OE`: of OpenEmbedded's older releases, the name of a recipe.
    pub recipe: String,
    /// `Auto-Installed`: `yes` where another package needs it and nobody asked for it.
    pub auto_installed: String,
    /// What it depends on and provides.
    pub relations: Relations,
    /// Where the stanza begins, counted from 1.
    line: u64,
}

/// Packages that one is related to, as a stanza has them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Relations {
    /// `Pre-Depends`
    pre_depends: String,
    /// `Depends`
    depends: String,
    /// Whether it depends on more than was read of that: a line is longer than what is read of it.
    depends_on_more: bool,
    /// `Provides`
    provides: String,
}

impl Relations {
    /// What it needs, each a list of alternatives: `libc, librt (>= 1), a | b`. None where it is not known whole.
    pub fn needs(&self) -> Option<impl Iterator<Item = impl Iterator<Item = &str>>> {
        let fields = [&self.pre_depends, &self.depends].into_iter();
        (!self.depends_on_more).then(|| fields.flat_map(|field| alternatives(field)))
    }

    /// What it provides beside its name.
    pub fn provided(&self) -> impl Iterator<Item = &str> {
        alternatives(&self.provides).flatten()
    }

    /// How long they are, in bytes.
    pub const fn bytes(&self) -> usize {
        self.pre_depends.len() + self.depends.len() + self.provides.len()
    }
}

impl Stanza {
    /// Whether files of the package are there, as they are from unpacking on.
    ///
    /// # Errors
    ///
    /// A status that opkg does not have, or none; an installed package without a version.
    pub fn is_installed(&self) -> Result<bool, String> {
        match self.status.split_ascii_whitespace().nth(2).unwrap_or_default() {
            "not-installed" | "config-files" => Ok(false),
            "unpacked" | "half-installed" | "installed" | "post-inst-failed" | "removal-failed" => {
                if self.version.is_empty() { Err(self.problem("has no `Version`")) } else { Ok(true) }
            }
            _ => Err(self.problem(&format!("has no status that opkg knows, but `{}`", self.status))),
        }
    }

    /// The name of what the package was built from, where it says so.
    pub fn source(&self) -> Option<&str> {
        if !self.source_name.is_empty() {
            return Some(&self.source_name);
        }
        // `zlib_1.3.1.bb`, of a recipe in a file of that name.
        let recipe = self.source.strip_suffix(".bb").and_then(|file| file.rsplit('/').next());
        let name = recipe.map(|file| file.split_once('_').map_or(file, |(name, _)| name));
        name.or(Some(self.recipe.as_str())).filter(|name| !name.is_empty())
    }

    fn problem(&self, why: &str) -> String {
        format!("stanza of `{}` at line {} {why}", self.package, self.line)
    }

    fn value(&mut self, field: &[u8]) -> Option<&mut String> {
        Some(match field {
            b"Package" => &mut self.package,
            b"Version" => &mut self.version,
            b"Architecture" => &mut self.architecture,
            b"Status" => &mut self.status,
            b"License" => &mut self.license,
            b"Source" => &mut self.source,
            b"SourceName" => &mut self.source_name,
            b"OE" => &mut self.recipe,
            b"Auto-Installed" => &mut self.auto_installed,
            b"Pre-Depends" => &mut self.relations.pre_depends,
            b"Depends" => &mut self.relations.depends,
            b"Provides" => &mut self.relations.provides,
            _ => return None,
        })
    }

    fn take(&mut self, line: &Line<'_>) -> Result<(), String> {
        if matches!(line.bytes.first(), Some(b' ' | b'\t')) {
            return Ok(());
        }
        let Some((field, value)) = line.split_once(b':') else {
            return Err("is not `Field: value`".to_owned());
        };
        if line.cut && matches!(field, b"Pre-Depends" | b"Depends" | b"Provides") {
            self.relations.depends_on_more |= field != b"Provides";
            return Ok(());
        }
        let Some(kept) = self.value(field) else { return Ok(()) };
        if line.cut {
            return Err("is longer than 8 KiB".to_owned());
        }
        let value = str::from_utf8(value).map_err(|_| "is not UTF-8".to_owned())?;
        // Of several, opkg keeps the last.
        value.trim().clone_into(kept);
        Ok(())
    }
}

/// The names in a field, without the versions that are wanted: between commas, alternatives.
fn alternatives(field: &str) -> impl Iterator<Item = impl Iterator<Item = &str>> {
    field.split(',').map(|one| one.split('|').map(name).filter(|name| !name.is_empty()))
}

fn name(alternative: &str) -> &str {
    let alternative = alternative.trim();
    let end = alternative.find(|character: char| " \t(:[<>=".contains(character));
    alternative.get(..end.unwrap_or(alternative.len())).unwrap_or_default()
}

/// Reads stanzas one after the other.
#[derive(Debug)]
pub struct Stanzas<R>(Lines<R>);

impl<R: BufRead> Stanzas<R> {
    /// The stanzas of a file.
    pub const fn new(reader: R) -> Self {
        Self(Lines::new(reader, MAX_LINE))
    }

    /// The next stanza, or what is wrong with it; none at the end.
    ///
    /// # Errors
    ///
    /// Those of the reader.
    #[allow(clippy::should_implement_trait, reason = "two kinds of errors: of the reader, of the stanza")]
    pub fn next(&mut self) -> io::Result<Option<Result<Stanza, String>>> {
        let mut stanza = Stanza::default();
        let mut problem = None;
        while let Some(line) = self.0.next()? {
            if line.bytes.trim_ascii().is_empty() {
                if stanza.line > 0 {
                    break;
                }
                continue;
            }
            if stanza.line == 0 {
                stanza.line = line.number;
            }
            if let Err(why) = stanza.take(&line) {
                problem.get_or_insert_with(|| format!("is damaged: line {} {why}", line.number));
            }
        }
        Ok((stanza.line > 0).then(|| match problem {
            Some(why) => Err(stanza.problem(&why)),
            None if stanza.package.is_empty() => {
                Err(format!("stanza at line {} has no `Package`", stanza.line))
            }
            None => Ok(stanza),
        }))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn first(text: &[u8]) -> Result<Stanza, String> {
        Stanzas::new(text).next().unwrap().unwrap()
    }

    #[test]
    fn a_state_says_whether_a_package_is_there() {
        let check = |status: &str, expected: Result<bool, &str>| {
            let stanza = first(format!("Package: a\nVersion: 1\nStatus: {status}\n").as_bytes()).unwrap();
            assert_eq!(stanza.is_installed(), expected.map_err(str::to_owned), "{status}");
        };
        check("install user installed", Ok(true));
        check("install ok unpacked", Ok(true));
        check("install hold,user post-inst-failed", Ok(true));
        check("deinstall ok not-installed", Ok(false));
        check("deinstall ok config-files", Ok(false));
        check("what", Err("stanza of `a` at line 1 has no status that opkg knows, but `what`"));
        let nameless = first(b"Package: a\nStatus: install ok installed\n").unwrap();
        assert_eq!(nameless.is_installed().unwrap_err(), "stanza of `a` at line 1 has no `Version`");
    }

    #[test]
    fn the_source_is_told_in_three_ways() {
        let check = |fields: &str, expected: Option<&str>| {
            assert_eq!(first(format!("Package: a\n{fields}\n").as_bytes()).unwrap().source(), expected);
        };
        check("Source: package/libs/zlib\nSourceName: zlib", Some("zlib"));
        check("Source: gcc-runtime_13.2.bb", Some("gcc-runtime"));
        check("Source: meta/recipes/base-files.bb", Some("base-files"));
        check("OE: zlib\nSource: https://example.org/zlib.tar.gz", Some("zlib"));
        check("Source: package/libs/zlib", None);
    }

    #[test]
    fn what_is_damaged_is_named() {
        let check = |text: &[u8], expected: &str| assert_eq!(first(text).unwrap_err(), expected);
        check(b"Version: 1\n", "stanza at line 1 has no `Package`");
        check(
            b"\n\nPackage: a\nrubbish\n",
            "stanza of `a` at line 3 is damaged: line 4 is not `Field: value`",
        );
        check(b"Package: a\nVersion: \xff\n", "stanza of `a` at line 1 is damaged: line 2 is not UTF-8");
        let long = format!("Package: a\nVersion: {}\n", "1".repeat(MAX_LINE));
        check(long.as_bytes(), "stanza of `a` at line 1 is damaged: line 2 is longer than 8 KiB");
        let passed_by = format!("Package: a\nDescription: {}\n  more: of it\n", "1".repeat(MAX_LINE));
        assert_eq!(first(passed_by.as_bytes()).unwrap().package, "a");
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_odd_to_be_read(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut stanzas = Stanzas::new(bytes.as_slice());
            while stanzas.next().unwrap().is_some() {}
        }
    }
}
