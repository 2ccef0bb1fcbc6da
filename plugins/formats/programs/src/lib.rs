//! Programs that images contain without a record of a package manager: unpacked from an archive, or built in the
//! image, as official images of languages, databases and servers are made.
//!
//! This crate owns what is known of them: at which [paths](Program::paths) they lie, by what their files are told from
//! others of the same name ([`marks`](Program::marks)), in which [texts](Program::texts) of these the version stands, and
//! what the NVD [calls](Program::products) them. The detector `programs` finds them by it, and the feed `nvd` takes it for
//! the list of products of which it states whom a vulnerability affects, so that the two always speak of the same.
//!
//! It is about the version of the program as its publisher counts: what packagers add (`-1+deb12u1`, `+maria~ubu2204`)
//! is left out.
//!
//! ```
//! use limpid_programs::{NAMESPACE, Program, Search};
//!
//! let nginx = Program::of_product("f5", "nginx").unwrap();
//! assert_eq!(nginx.name(), "f5:nginx");
//! let versions = Search::new(nginx, "usr/sbin/nginx").read(&b"\0nginx version: nginx/1.22.1\n\0"[..])?;
//! assert_eq!(versions, ["1.22.1"]);
//! # Ok::<(), std::io::Error>(())
//! ```

mod cpe;
mod search;
mod table;
mod text;

pub use cpe::Cpe;
pub use search::{MAX_VERSIONS, Search};
pub use table::PROGRAMS;
pub use text::{Form, Text};

/// The namespace in which the NVD's statements are published, and in which programs are looked up.
pub const NAMESPACE: &str = "nvd";

/// The scheme that orders versions of programs: they have no documented order in common.
pub const SCHEME: &str = "generic";

/// The programs whose versions are those of Java.
const JAVA: [&str; 3] = ["graalvm-for-jdk", "openjdk", "oracle-jdk"];

/// What is known of a program.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    /// What people call it; the name of its package URL, which is of type `generic`.
    pub key: &'static str,
    /// Globs over paths in a layer.
    pub paths: &'static [&'static str],
    /// Texts of which a file holds some if it is the program; none where its path tells.
    pub marks: &'static [&'static [u8]],
    /// Where the version stands; the first text that gives one counts.
    pub texts: &'static [Text],
    /// What the NVD calls it, or has called it; the first one is its name here.
    pub products: &'static [Product],
    /// Whether the file's name has the beginning of the version (`libpython3.11.so.1.0`), so that others are of
    /// something else.
    pub named: Named,
}

/// Whether the name of a file says how its version begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// It does, where it has two numbers with a dot between.
    Series,
    /// Its numbers, if any, are of something else, such as an interface.
    Freely,
}

/// Vendor and product as they stand in CPE names, without backslashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Product {
    /// `f5`
    pub vendor: &'static str,
    /// `nginx`
    pub product: &'static str,
}

impl Program {
    /// The program that the NVD calls so; none where it is none of [`PROGRAMS`].
    pub fn of_product(vendor: &str, product: &str) -> Option<&'static Self> {
        let is_it = |it: &Product| it.vendor == vendor && it.product == product;
        PROGRAMS.iter().find(|program| program.products.iter().any(is_it))
    }

    /// Its name in [`NAMESPACE`]: vendor and product, `f5:nginx`.
    pub fn name(&self) -> String {
        self.products
            .first()
            .map_or_else(|| self.key.to_owned(), |it| format!("{}:{}", it.vendor, it.product))
    }

    /// The CPE name, in the formatted string binding of version 2.3, of a version of it.
    pub fn cpe(&self, version: &str) -> Option<String> {
        let Product { vendor, product } = self.products.first()?;
        let [vendor, product, version] = [vendor, product, version].map(cpe::quoted);
        Some(format!("cpe:2.3:a:{vendor}:{product}:{version}:*:*:*:*:*:*:*"))
    }

    /// Whether its versions are those of Java.
    fn is_java(&self) -> bool {
        JAVA.contains(&self.key)
    }

    /// A version as the NVD writes it, in two attributes of a CPE name, as the program itself states it. An update is none
    /// where the NVD writes `*` or `-`.
    pub fn version_of_cpe(&self, version: &str, update: Option<&str>) -> String {
        let number = update.and_then(|update| update.strip_prefix("update"));
        match (number, update) {
            // Java's: `8` or `1.8.0` with `update392` or `update_392` is 8u392.
            (Some(number), _) if self.is_java() => {
                format!("{}u{}", java_release(version), number.trim_start_matches('_'))
            }
            (_, Some(update)) => format!("{version}-{update}"),
            (_, None) if self.is_java() => self.version_of_file(version),
            (_, None) => version.to_owned(),
        }
    }

    /// A version as it stands in the file, as its publisher calls it.
    pub fn version_of_file(&self, version: &str) -> String {
        match version.split_once('_') {
            // `1.8.0_392`
            Some((release, update)) if self.is_java() => format!("{}u{update}", java_release(release)),
            None if self.is_java() => java_release(version).to_owned(),
            _ => version.to_owned(),
        }
    }
}

/// `8` of `1.8.0`: until Java 8, versions were counted so.
fn java_release(version: &str) -> &str {
    let rest = version.strip_prefix("1.").filter(|_| version.split('.').count() > 1);
    rest.map_or(version, |rest| rest.strip_suffix(".0").unwrap_or(rest))
}

#[cfg(test)]
mod tests;
