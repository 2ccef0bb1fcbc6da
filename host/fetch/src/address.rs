use std::fmt;

use limpid_outbound::{is_internal, is_loopback, shown};
use ureq::http::Uri;
use ureq::http::uri::Scheme;

use crate::Error;
use crate::error::quoted;

/// An address to fetch from: `http` or `https`, with a host, without credentials.
///
/// Displayed without its query, in which registries pass on keys to their storage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address(Uri);

impl Address {
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let no = |why| Error::Address { text: quoted(&shown(text)), why };
        if !text.starts_with("https://") && !text.starts_with("http://") {
            return Err(no("it begins neither with `https://` nor with `http://`"));
        }
        let uri: Uri = text.parse().map_err(|_| no("it is no URL"))?;
        let authority = uri.authority().ok_or_else(|| no("it names no host"))?;
        if authority.as_str().contains('@') {
            return Err(no("it holds credentials; `--username` and `--password-stdin` take them"));
        }
        if authority.host().is_empty() {
            return Err(no("it names no host"));
        }
        Ok(Self(uri))
    }

    /// Where a `Location` header leads from here
    /// ([RFC 9110, section 10.2.2](https://www.rfc-editor.org/rfc/rfc9110#section-10.2.2)).
    pub(crate) fn join(&self, location: &str) -> Result<Self, Error> {
        let origin = format!("{}://{}", self.scheme(), self.authority());
        if has_scheme(location) {
            Self::parse(location)
        } else if location.starts_with("//") {
            Self::parse(&format!("{}:{location}", self.scheme()))
        } else if location.starts_with('/') {
            Self::parse(&format!("{origin}{location}"))
        } else if location.starts_with('?') {
            Self::parse(&format!("{origin}{}{location}", self.0.path()))
        } else {
            let folder = self.0.path().rsplit_once('/').map_or("", |(folder, _)| folder);
            Self::parse(&format!("{origin}{folder}/{location}"))
        }
    }

    pub(crate) const fn uri(&self) -> &Uri {
        &self.0
    }

    pub(crate) fn is_https(&self) -> bool {
        self.0.scheme() == Some(&Scheme::HTTPS)
    }

    /// Whether it is this machine, by its name or number.
    pub(crate) fn is_loopback(&self) -> bool {
        is_loopback(self.0.host().unwrap_or_default())
    }

    /// Whether it is not in the public Internet, as far as its name or number tells: this machine,
    /// a private network, a name without a dot.
    pub(crate) fn is_internal(&self) -> bool {
        is_internal(self.0.host().unwrap_or_default())
    }

    /// Host and port as it names them, in lower case.
    pub(crate) fn origin(&self) -> String {
        self.authority().to_ascii_lowercase()
    }

    /// Whether credentials for one are good for the other.
    pub(crate) fn same_origin(&self, other: &Self) -> bool {
        self.0.scheme() == other.0.scheme() && self.authority().eq_ignore_ascii_case(other.authority())
    }

    fn scheme(&self) -> &str {
        self.0.scheme_str().unwrap_or_default()
    }

    fn authority(&self) -> &str {
        self.0.authority().map(|authority| authority.as_str()).unwrap_or_default()
    }
}

/// Whether it begins with a scheme
/// ([RFC 3986, section 3.1](https://www.rfc-editor.org/rfc/rfc3986#section-3.1)).
fn has_scheme(location: &str) -> bool {
    let is_of_scheme = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    location
        .split_once("://")
        .is_some_and(|(scheme, _)| !scheme.is_empty() && scheme.bytes().all(is_of_scheme))
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme(), self.authority(), self.0.path())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nothing_is_fetched_from_is_refused_with_the_reason() {
        let check = |text: &str, expected: &str| {
            let error = Address::parse(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        };
        check("", "begins neither");
        check("https://a b/", "it is no URL");
        check("file:///etc/passwd", "begins neither");
        check("ftp://host/x", "begins neither");
        check("/x", "begins neither");
        check("https://user:password@host/x", "it holds credentials");
        check("https://", "it is no URL");
    }

    #[test]
    fn a_location_is_read_relative_to_where_it_was_stated() {
        let check = |location: &str, expected: &str| {
            let base = Address::parse("https://a.example:5000/v2/x/blobs/y?k=v").unwrap();
            assert_eq!(base.join(location).unwrap().uri().to_string(), expected);
        };
        check("https://b.example/z?q", "https://b.example/z?q");
        check("//b.example/z", "https://b.example/z");
        check("/z", "https://a.example:5000/z");
        check("z", "https://a.example:5000/v2/x/blobs/z");
        check("/z?next=https://b.example/x", "https://a.example:5000/z?next=https://b.example/x");
        check("?a=b", "https://a.example:5000/v2/x/blobs/y?a=b");
    }

    #[test]
    fn what_may_be_a_secret_is_not_told_of_what_is_refused() {
        for text in
            ["http://user:hunter2@a/b", "http://a b/?key=hunter2", "user:hunter2@a/b", "ftp://a/#hunter2"]
        {
            let error = Address::parse(text).unwrap_err().to_string();
            assert!(!error.contains("hunter2"), "{error}");
        }
        assert!(Address::parse("http://user:x@a/b").unwrap_err().to_string().contains("http://…@a/b"));
    }

    #[test]
    fn a_query_is_not_shown() {
        assert_eq!(Address::parse("https://a/b?secret=1").unwrap().to_string(), "https://a/b");
    }
}
