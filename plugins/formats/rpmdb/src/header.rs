//! The header of a package
//! ([format](https://rpm-software-management.github.io/rpm/manual/format_header.html)): how many entries and how many
//! bytes of data, the entries of 16 bytes each (tag, type, offset into the data, count), and the data. All numbers are
//! big-endian.

mod files;
mod relations;
mod signature;

use crate::Error;
use crate::error::malformed;

pub use files::Files;
pub use relations::Relations;

/// An entry, in bytes.
const ENTRY: usize = 16;

// Tags, <https://rpm-software-management.github.io/rpm/manual/tags.html>.
const SIG_PGP: u32 = 259;
const SIG_GPG: u32 = 262;
const DSA_HEADER: u32 = 267;
const RSA_HEADER: u32 = 268;
const NAME: u32 = 1000;
const VERSION: u32 = 1001;
const RELEASE: u32 = 1002;
const EPOCH: u32 = 1003;
const VENDOR: u32 = 1011;
const LICENSE: u32 = 1014;
const ARCH: u32 = 1022;
const OLD_FILE_NAMES: u32 = 1027;
const FILE_STATES: u32 = 1029;
const FILE_MODES: u32 = 1030;
const FILE_FLAGS: u32 = 1037;
const SOURCE_RPM: u32 = 1044;
const PROVIDE_NAME: u32 = 1047;
const REQUIRE_FLAGS: u32 = 1048;
const REQUIRE_NAME: u32 = 1049;
const DIR_INDEXES: u32 = 1116;
const BASE_NAMES: u32 = 1117;
const DIR_NAMES: u32 = 1118;
const MODULARITY_LABEL: u32 = 5096;

/// Tags that are looked at, in ascending order.
const WANTED: [u32; 23] = [
    SIG_PGP,
    SIG_GPG,
    DSA_HEADER,
    RSA_HEADER,
    NAME,
    VERSION,
    RELEASE,
    EPOCH,
    VENDOR,
    LICENSE,
    ARCH,
    OLD_FILE_NAMES,
    FILE_STATES,
    FILE_MODES,
    FILE_FLAGS,
    SOURCE_RPM,
    PROVIDE_NAME,
    REQUIRE_FLAGS,
    REQUIRE_NAME,
    DIR_INDEXES,
    BASE_NAMES,
    DIR_NAMES,
    MODULARITY_LABEL,
];

/// Types of data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Char,
    Int8,
    Int16,
    Int32,
    Text,
    Bytes,
    Texts,
    /// Of which the first is in no language.
    Translated,
    Other,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    kind: Kind,
    offset: usize,
    count: usize,
}

/// The header of one package.
#[derive(Debug)]
pub struct Header<'a> {
    entries: [Option<Entry>; WANTED.len()],
    data: &'a [u8],
    /// Of how many bytes of data the header speaks, where that are more than there are.
    cut: Option<usize>,
}

/// What a header says of its package.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// None and 0 are the same to rpm.
    pub epoch: Option<u32>,
    /// Without epoch and release.
    pub version: String,
    /// None in headers of no package.
    pub release: String,
    /// `x86_64`, `noarch`.
    pub arch: Option<String>,
    /// The file that it was built from: `bash-5.1.8-9.el9.src.rpm`.
    pub source_rpm: Option<String>,
    /// Who published it, in its own words: `Red Hat, Inc.`.
    pub vendor: Option<String>,
    /// Of which module it is a part: `nodejs:18:9020020230825081254:rhel9`.
    pub module: Option<String>,
    /// In its own words, or as an SPDX expression.
    pub license: Option<String>,
    /// The id of the key that signed it, as rpm writes it: 16 hexadecimal digits in lower case.
    pub signer: Option<String>,
    /// What the header says that could not be read.
    pub problems: Vec<Error>,
}

impl<'a> Header<'a> {
    /// Takes apart a header, as it stands in a database: without the bytes that it begins with in a file.
    ///
    /// # Errors
    ///
    /// Where it has no entries, or ends among them.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Error> {
        let (Some(count), Some(length)) = (be32(bytes, 0), be32(bytes, 4)) else {
            return Err(malformed!("a header of {} bytes", bytes.len()));
        };
        let rest = bytes.get(8..).unwrap_or_default();
        let table = (count as usize).checked_mul(ENTRY).and_then(|end| rest.split_at_checked(end));
        let Some((table, data)) = table.filter(|_| count > 0) else {
            return Err(malformed!("a header of {} bytes says that it has {count} entries", bytes.len()));
        };
        let length = length as usize;
        let mut header = Self {
            entries: [None; WANTED.len()],
            data: data.get(..length).unwrap_or(data),
            cut: (length > data.len()).then_some(length),
        };
        let (entries, _) = table.as_chunks::<ENTRY>();
        for entry in entries {
            // What rpm added at the installation follows what the package came with, and takes its place.
            let place = be32(entry, 0).and_then(|tag| WANTED.binary_search(&tag).ok());
            if let Some(slot) = place.and_then(|place| header.entries.get_mut(place)) {
                *slot = Some(Entry::of(entry));
            }
        }
        Ok(header)
    }

    /// What it says of its package.
    ///
    /// # Errors
    ///
    /// Where it has no name or version.
    pub fn package(&self) -> Result<Package, Error> {
        let mut problems = Vec::new();
        if let Some(length) = self.cut {
            problems.push(malformed!("the header has {} bytes of its {length}", self.data.len()));
        }
        let stated = |tag| self.text(tag).map(|text| text.filter(|text| !text.is_empty()));
        let name = stated(NAME)?.ok_or_else(|| malformed!("a header without a name"))?;
        let version =
            stated(VERSION)?.ok_or_else(|| malformed!("the header of `{name:.200}` has no version"))?;
        // With a part of its version only, it would be another package.
        let release =
            self.text(RELEASE).map_err(|why| why.at(format_args!("package `{name:.200}`: release")))?;
        let release = release.unwrap_or_default();
        let epoch = match self.find(EPOCH) {
            None => None,
            Some(Entry { kind: Kind::Int32, offset, count: 1.. }) if be32(self.data, offset).is_some() => {
                be32(self.data, offset)
            }
            Some(_) => return Err(malformed!("package `{name:.200}`: its epoch is no number")),
        };
        let mut optional = |tag, what: &str| match self.text(tag) {
            Ok(text) => text.filter(|text| !text.is_empty() && text != "(none)"),
            Err(why) => {
                problems.push(why.at(what));
                None
            }
        };
        let arch = optional(ARCH, "architecture");
        let source_rpm = optional(SOURCE_RPM, "source");
        let vendor = optional(VENDOR, "vendor");
        let module = optional(MODULARITY_LABEL, "module");
        let license = optional(LICENSE, "licence");
        let signed = [RSA_HEADER, DSA_HEADER, SIG_PGP, SIG_GPG];
        let signer = signed.into_iter().find_map(|tag| signature::signer(self.bytes(tag)?));
        for problem in &mut problems {
            *problem = problem.clone().at(format_args!("package `{name:.200}`"));
        }
        Ok(Package {
            name,
            epoch,
            version,
            release,
            arch,
            source_rpm,
            vendor,
            module,
            license,
            signer,
            problems,
        })
    }

    /// The files that the package put there.
    pub fn files(&self) -> Files<'a> {
        Files::of(self)
    }

    /// What the package provides: capabilities, its own name among them.
    pub fn provides(&self) -> Relations<'a> {
        Relations::provided(self)
    }

    /// What it needs: capabilities, and paths of files.
    pub fn requires(&self) -> Relations<'a> {
        Relations::required(self)
    }

    fn find(&self, tag: u32) -> Option<Entry> {
        *self.entries.get(WANTED.binary_search(&tag).ok()?)?
    }

    /// A text; none where it has no such tag. What is not UTF-8 in it is replaced.
    fn text(&self, tag: u32) -> Result<Option<String>, Error> {
        let Some(entry) = self.find(tag) else { return Ok(None) };
        if !matches!(entry.kind, Kind::Text | Kind::Texts | Kind::Translated) {
            return Err(malformed!("tag {tag} is no text"));
        }
        let rest = self.data.get(entry.offset..).unwrap_or_default();
        let Some(end) = memchr::memchr(0, rest) else { return Err(malformed!("text {tag} has no end")) };
        Ok(Some(String::from_utf8_lossy(rest.get(..end).unwrap_or_default()).into_owned()))
    }

    /// `count` pieces of data of `width` bytes each, of one of these kinds; none where it has not all of them.
    fn array(&self, tag: u32, kinds: &[Kind], width: usize) -> Option<&'a [u8]> {
        let entry = self.find(tag).filter(|entry| kinds.contains(&entry.kind))?;
        self.data.get(entry.offset..)?.get(..entry.count.checked_mul(width)?)
    }

    fn bytes(&self, tag: u32) -> Option<&'a [u8]> {
        self.array(tag, &[Kind::Bytes], 1)
    }

    /// Several texts: how many, and all of them, each with its end.
    fn texts(&self, tag: u32) -> Option<(usize, &'a [u8])> {
        let entry = self.find(tag).filter(|entry| matches!(entry.kind, Kind::Texts | Kind::Text))?;
        Some((entry.count, self.data.get(entry.offset..)?))
    }
}

impl Entry {
    fn of(bytes: &[u8; ENTRY]) -> Self {
        let number = |at| be32(bytes, at).unwrap_or(u32::MAX);
        let kind = match number(4) {
            1 => Kind::Char,
            2 => Kind::Int8,
            3 => Kind::Int16,
            4 => Kind::Int32,
            6 => Kind::Text,
            7 => Kind::Bytes,
            8 => Kind::Texts,
            9 => Kind::Translated,
            _ => Kind::Other,
        };
        Self { kind, offset: number(8) as usize, count: number(12) as usize }
    }
}

fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

#[cfg(test)]
mod tests;
