//! Finds Java artifacts in archives: jars, wars, ears, and plugins of Jenkins, Karaf, NetBeans and others.
//!
//! | States an artifact | Evidence |
//! |---|---|
//! | `META-INF/maven/GROUP/ARTIFACT/pom.properties`, in an archive or unpacked | installed |
//! | `META-INF/maven/GROUP/ARTIFACT/pom.xml`, where there are no such properties | installed |
//! | the manifest, the name of the file, and where in a repository it lies, where Maven left nothing of the archive itself | inferred |
//!
//! One archive may hold many artifacts: those that were shaded into it have their `pom.properties` there, and
//! archives inside of it (`BOOT-INF/lib/*.jar`, `WEB-INF/lib/*.jar`, or anywhere else) are read as it is, to a depth
//! of [`MAX_DEPTH`]. A finding names the inner archive as its member, `BOOT-INF/lib/a-1.0.jar`, one more in it behind
//! `!/`, and what is shaded by the file that states it.
//!
//! A group is never guessed from a vendor's name: it is stated by Maven, by a Jenkins plugin (`Group-Id`), by a
//! build tool (`Implementation-Vendor-Id`, `Bundle-SymbolicName` where it ends with the artifact's name), by a
//! repository's folders, or [known](groups) for an artifact of that name. Where none of these is there, the
//! package's name is that of the artifact alone, which no advisory has, and `sha1` is the digest of the archive, by
//! which repositories know it. (Elsewhere there is none: it would take longer than all else.)
//!
//! Modules that a runtime is linked from (`*.jmod`) are not run, and state nothing.
//!
//! An archive of classes of which nothing says what it is, not even its name, is unread. What belongs to the Java
//! runtime (`rt.jar`, `jrt-fs.jar`) is no artifact, and what a distribution keeps in its own folders
//! (`usr/share/java`) is for the distribution to know.
//!
//! Of an archive only its directory, manifest and files of Maven are read; all bounds are below.

mod archive;
pub mod groups;
mod inferred;
mod manifest;
mod name;
mod pom;
mod properties;

use limpid_plugin_sdk::detector::{Claim, Detector, Evidence, File, Package, Report};
use limpid_plugin_sdk::{Error, Purl, export_detector};
use limpid_zip::Limits;

/// How deep archives are read that lie in each other: the file itself is the first.
pub const MAX_DEPTH: usize = 8;

/// How many archives of one file are read.
pub const MAX_ARCHIVES: usize = 20_000;

/// How many members an archive may have.
pub const MAX_MEMBERS: usize = 500_000;

/// The largest archive inside of another that is read where it is compressed, in bytes, and how much of such may be
/// in memory at a time.
pub const MAX_INNER: u64 = 128 << 20;

/// How much is inflated of a file, in bytes: so much, and so many times its size. Archives inside of it are
/// compressed, and hardly become smaller again.
pub const MAX_INFLATED: (u64, u64) = (2 << 20, 8);

/// How much is stated of a file, in bytes of members' paths.
pub const MAX_STATED: usize = 16 << 20;

/// How much is hashed of a file and the archives in it, in bytes.
pub const MAX_HASHED: u64 = 512 << 20;

/// The longest `pom.properties` and `pom.xml` that are read, and how much of a manifest, in bytes.
pub const MAX_PROPERTIES: u64 = 64 << 10;
/// See [`MAX_PROPERTIES`].
pub const MAX_POM: u64 = 1 << 20;
/// See [`MAX_PROPERTIES`]: what is behind that are digests of single classes.
pub const MAX_MANIFEST: u64 = 128 << 10;

/// The longest group, artifact or version that is believed to be one, in bytes.
const MAX_WORD: usize = 256;

/// What archives are called that hold nothing but Java. What else is called so is damaged.
const OURS: [&str; 8] = ["jar", "war", "ear", "jpi", "hpi", "kar", "nbm", "lpkg"];

/// What others call their files, too: such a file is read where it is a zip.
const SHARED: [&str; 5] = ["par", "sar", "nar", "rar", "aar"];

/// What modules of a JDK are called.
const MODULE: &str = "jmod";

/// How much of them is looked at, in bytes.
const MODULE_HEAD: u32 = 4;

/// The detector `java`.
#[derive(Debug)]
pub struct Java;

impl Detector for Java {
    fn claims() -> Vec<Claim> {
        let either_case = |extension: &str| -> String {
            extension.chars().map(|letter| format!("[{letter}{}]", letter.to_ascii_uppercase())).collect()
        };
        let extensions: Vec<_> = OURS.iter().chain(&SHARED).map(|extension| either_case(extension)).collect();
        vec![
            Claim::alone(format!("**/*.{{{}}}", extensions.join(","))),
            Claim::alone(format!("**/{}", properties::GLOB)),
            // Modules to link a runtime from, which no program runs: their head is enough to know them.
            Claim::alone(format!("**/*.{MODULE}")).head(MODULE_HEAD),
            // Java opens an archive of any name.
            Claim::magic_alone(*b"PK\x03\x04").holding(*b"META-INF/MANIFEST.MF"),
        ]
    }

    fn detect(files: &[File]) -> Result<Report, Error> {
        Ok(Report::of_each(files, |file, report| match properties::of_path(file.path()) {
            Some(place) => {
                let stated = properties::read(&file.read_to_vec(MAX_PROPERTIES)?).of(&place)?;
                report.found(file.path(), stated.package(Evidence::Installed));
                Ok(())
            }
            None if name::extension(file.path()) == MODULE => Ok(()),
            None => archive::read(file, report),
        }))
    }
}

export_detector!(Java);

/// What may be read of a file of this size.
fn limits(size: u64) -> Limits {
    let (least, times) = MAX_INFLATED;
    Limits {
        members: MAX_MEMBERS,
        member_bytes: MAX_INNER,
        content_bytes: least.saturating_add(size.saturating_mul(times)),
        held_bytes: MAX_INNER,
    }
}

/// An artifact as it is stated somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Artifact {
    /// Where nothing states one, there is none.
    group: Option<String>,
    artifact: String,
    version: String,
}

impl Artifact {
    fn package(self, evidence: Evidence) -> Package {
        let Self { group, artifact, version } = self;
        let purl = Purl::new("maven", &artifact).version(&version);
        let (name, purl) = match group {
            Some(group) => (format!("{group}:{artifact}"), purl.namespace(group)),
            None => (artifact, purl),
        };
        Package::new(name, version, "maven").namespace("maven").purl(purl).evidence(evidence)
    }
}

/// Whether a text can be a group or an artifact: what Maven takes as an identifier.
fn is_identifier(text: &str) -> bool {
    (1..=MAX_WORD).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        && text.bytes().any(|byte| byte.is_ascii_alphanumeric())
}

/// Whether a text can be a version: one word, of which no part is a property that was not replaced.
fn is_version(text: &str) -> bool {
    (1..=MAX_WORD).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_graphic() && !b"${}/\\:\"<>|?*".contains(&byte))
        && text.bytes().any(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod judge;
#[cfg(test)]
mod tests;
