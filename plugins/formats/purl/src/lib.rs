//! Package URLs as the [specification](https://github.com/package-url/purl-spec) (ECMA-427, clause 5) writes
//! them: `pkg:deb/debian/libstdc%2B%2B6@1:12.2.0-14?arch=amd64`.
//!
//! Plugins write package URLs, and the host completes and reads them: both do it here, so that there is one form
//! of each. This crate owns that form: which characters are encoded, the order of qualifiers, and what a type's
//! definition says of upper and lower case. It depends on nothing, so that it costs a plugin little. The crate
//! `packageurl` is a second judge in its tests, and not used, because it leaves characters as they are that the
//! specification encodes (`!`, `*`, `,`), and does not fold the names of `pypi` and `golang`.
//!
//! ```
//! use limpid_purl::Purl;
//!
//! let purl = Purl::new("pypi", "Django_package").version("1!2.0");
//! assert_eq!(purl.to_string(), "pkg:pypi/django-package@1%212.0");
//! let read: Purl = "pkg:deb/debian/attr@1:2.4.47-2%2Bb1?arch=amd64".parse()?;
//! assert_eq!(read.version.as_deref(), Some("1:2.4.47-2+b1"));
//! # Ok::<(), limpid_purl::Invalid>(())
//! ```

mod canonical;
mod encoded;
mod parse;
mod types;

use std::borrow::Cow;
use std::fmt;

pub use canonical::Canonical;
use encoded::Encoded;

/// The parts of a package URL, decoded. Parts of any kind may be put in: what is written is in the canonical
/// form of the package's type.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Purl {
    /// The type of the package: `deb`, `npm`.
    pub kind: String,
    /// Segments separated by slashes: a vendor, a scope with its `@`, the path of a module up to its name.
    pub namespace: Option<String>,
    /// The package's name.
    pub name: String,
    /// Its version.
    pub version: Option<String>,
    /// Keys in lower case, and values; in the order of their keys, each key once, and no value empty.
    pub qualifiers: Vec<(String, String)>,
    /// A path inside of the package.
    pub subpath: Option<String>,
}

/// Why something is no package URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invalid {
    /// It does not begin with `pkg:`.
    Scheme,
    /// It has no type, or one that is not of ASCII letters, digits, `.` and `-` after a letter.
    Type,
    /// It has no name.
    Name,
    /// A segment of the namespace holds a slash.
    Namespace,
    /// A qualifier's key is not of ASCII letters, digits, `.`, `-` and `_` after a letter, or comes twice.
    Qualifier,
    /// A segment of the subpath holds a slash, or is `.` or `..`.
    Subpath,
    /// What is percent-encoded is cut short or not UTF-8.
    Encoding,
}

impl Purl {
    /// A package of this type (`deb`, `npm`) and name.
    pub fn new(kind: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            kind: kind.into(),
            namespace: None,
            name: name.into(),
            version: None,
            qualifiers: Vec::new(),
            subpath: None,
        }
    }

    /// With this namespace; its segments are separated by slashes.
    #[must_use]
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = Some(namespace.into()).filter(|namespace| !namespace.is_empty());
        self
    }

    /// In this version.
    #[must_use]
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into()).filter(|version| !version.is_empty());
        self
    }

    /// With a qualifier, in the place of the one of that key. An empty value is the same as none.
    #[must_use]
    pub fn qualifier(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        let (mut key, value) = (key.into(), value.into());
        key.make_ascii_lowercase();
        let place = self.qualifiers.binary_search_by(|(other, _)| other.cmp(&key));
        match place {
            Ok(place) if value.is_empty() => drop(self.qualifiers.remove(place)),
            Ok(place) => {
                if let Some((_, old)) = self.qualifiers.get_mut(place) {
                    *old = value;
                }
            }
            Err(_) if value.is_empty() => {}
            Err(place) => self.qualifiers.insert(place, (key, value)),
        }
        self
    }

    /// With this path inside of the package.
    #[must_use]
    pub fn subpath(mut self, subpath: impl Into<String>) -> Self {
        self.subpath = Some(subpath.into()).filter(|subpath| !subpath.is_empty());
        self
    }

    /// Whether this is a package URL at all.
    ///
    /// # Errors
    /// What the specification does not allow.
    pub fn check(&self) -> Result<(), Invalid> {
        if !parse::is_type(&self.kind) {
            return Err(Invalid::Type);
        }
        if self.name.trim_matches('/').is_empty() {
            return Err(Invalid::Name);
        }
        if !self.qualifiers.iter().all(|(key, _)| parse::is_key(key)) {
            return Err(Invalid::Qualifier);
        }
        let up = |segment: &str| matches!(segment, "." | "..");
        if self.subpath.iter().flat_map(|subpath| subpath.split('/')).any(up) {
            return Err(Invalid::Subpath);
        }
        Ok(())
    }

    /// The same in the canonical form of its type.
    #[must_use]
    pub fn canonical(mut self) -> Self {
        self.kind.make_ascii_lowercase();
        let rules = types::rules(&self.kind);
        self.namespace = self.namespace.map(|namespace| applied(rules.namespace, namespace, strip));
        self.name = applied(rules.name, self.name, strip);
        self.version = self.version.map(|version| applied(rules.version, version, |version| version));
        self
    }
}

/// In the canonical form. Of what the specification does not allow, qualifiers with other keys and segments
/// `.` and `..` of a subpath are left out.
impl fmt::Display for Purl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind.bytes().any(|byte| byte.is_ascii_uppercase()) {
            true => Cow::Owned(self.kind.to_ascii_lowercase()),
            false => Cow::Borrowed(self.kind.as_str()),
        };
        let rules = types::rules(&kind);
        f.write_str("pkg:")?;
        f.write_str(&kind)?;
        f.write_str("/")?;
        let namespace = self.namespace.as_deref().map(|namespace| rules.namespace.apply(namespace));
        for segment in segments(namespace.as_deref()) {
            Encoded(segment).fmt(f)?;
            f.write_str("/")?;
        }
        Encoded(&rules.name.apply(strip(&self.name))).fmt(f)?;
        if let Some(version) = self.version.as_deref().filter(|version| !version.is_empty()) {
            f.write_str("@")?;
            Encoded(&rules.version.apply(version)).fmt(f)?;
        }
        let mut separator = "?";
        for (key, value) in &self.qualifiers {
            if parse::is_key(key) && !value.is_empty() {
                f.write_str(separator)?;
                f.write_str(key)?;
                f.write_str("=")?;
                Encoded(value).fmt(f)?;
                separator = "&";
            }
        }
        let mut separator = "#";
        for segment in segments(self.subpath.as_deref()) {
            if !matches!(segment, "." | "..") {
                f.write_str(separator)?;
                Encoded(segment).fmt(f)?;
                separator = "/";
            }
        }
        Ok(())
    }
}

fn strip(text: &str) -> &str {
    text.trim_matches('/')
}

/// A text in a form, once a part of it is taken; the same text where that changes nothing.
fn applied(form: types::Form, text: String, part: impl Fn(&str) -> &str) -> String {
    let changed = match form.apply(part(&text)) {
        Cow::Borrowed(same) if same.len() == text.len() => None,
        other => Some(other.into_owned()),
    };
    changed.unwrap_or(text)
}

fn segments(path: Option<&str>) -> impl Iterator<Item = &str> {
    path.into_iter().flat_map(|path| path.split('/')).filter(|segment| !segment.is_empty())
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Scheme => "it does not begin with `pkg:`",
            Self::Type => "it has no type, or one that is not of letters, digits, `.` and `-`",
            Self::Name => "it has no name",
            Self::Namespace => "a segment of its namespace holds a slash",
            Self::Qualifier => "the key of a qualifier is none, or comes twice",
            Self::Subpath => "a segment of its subpath holds a slash, or leads up",
            Self::Encoding => "what is percent-encoded is cut short or not UTF-8",
        })
    }
}

impl std::error::Error for Invalid {}
