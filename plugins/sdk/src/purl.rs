use std::fmt;

/// A package URL, written as in the
/// [specification](https://github.com/package-url/purl-spec/blob/main/purl-specification.md):
/// `pkg:deb/libstdc%2B%2B6@12.2.0-14?arch=amd64`. A colon is encoded as well, as in the URLs that
/// most tools write for images; who reads one decodes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Purl {
    kind: String,
    namespace: Option<String>,
    name: String,
    version: Option<String>,
    qualifiers: Vec<(String, String)>,
}

impl Purl {
    /// A package of this type (`deb`, `npm`) and name.
    pub fn new(kind: impl Into<String>, name: impl Into<String>) -> Self {
        Self { kind: kind.into(), namespace: None, name: name.into(), version: None, qualifiers: Vec::new() }
    }

    /// With this namespace; its segments are separated by slashes.
    #[must_use]
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = Some(namespace.into());
        self
    }

    /// In this version.
    #[must_use]
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into());
        self
    }

    /// With one more qualifier. The key is a lower-case word; an empty value is left out.
    #[must_use]
    pub fn qualifier(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.qualifiers.push((key.into(), value.into()));
        self
    }
}

impl fmt::Display for Purl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pkg:{}/", self.kind)?;
        for segment in self.namespace.iter().flat_map(|namespace| namespace.split('/')) {
            if !segment.is_empty() {
                write!(f, "{}/", Encoded(segment))?;
            }
        }
        write!(f, "{}", Encoded(&self.name))?;
        if let Some(version) = &self.version {
            write!(f, "@{}", Encoded(version))?;
        }
        let mut qualifiers: Vec<_> = self.qualifiers.iter().filter(|(_, value)| !value.is_empty()).collect();
        qualifiers.sort();
        for (index, (key, value)) in qualifiers.into_iter().enumerate() {
            let separator = if index == 0 { '?' } else { '&' };
            write!(f, "{separator}{key}={}", Encoded(value))?;
        }
        Ok(())
    }
}

/// Text in which everything but ASCII letters, digits and `.-_~` is percent-encoded.
struct Encoded<'a>(&'a str);

impl fmt::Display for Encoded<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        while let Some(at) = rest.bytes().position(|byte| !is_plain(byte)) {
            let (plain, special) = rest.split_at(at);
            f.write_str(plain)?;
            let mut characters = special.chars();
            let mut buffer = [0; 4];
            if let Some(character) = characters.next() {
                for byte in character.encode_utf8(&mut buffer).bytes() {
                    write!(f, "%{byte:02X}")?;
                }
            }
            rest = characters.as_str();
        }
        f.write_str(rest)
    }
}

const fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'~')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_separates_or_is_not_ascii_is_percent_encoded() {
        let check = |purl: Purl, expected: &str| assert_eq!(purl.to_string(), expected);
        check(Purl::new("npm", "left-pad"), "pkg:npm/left-pad");
        check(
            Purl::new("deb", "libstdc++6").version("1:12.2.0-14~x").qualifier("arch", "amd64"),
            "pkg:deb/libstdc%2B%2B6@1%3A12.2.0-14~x?arch=amd64",
        );
        check(Purl::new("npm", "core").namespace("@angular").version("1.0"), "pkg:npm/%40angular/core@1.0");
        check(
            Purl::new("golang", "y").namespace("example.org/x").qualifier("b", "ä/1").qualifier("a", ""),
            "pkg:golang/example.org/x/y?b=%C3%A4%2F1",
        );
    }
}
