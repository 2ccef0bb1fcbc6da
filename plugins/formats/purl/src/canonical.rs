//! Package URLs that are in the canonical form already, as most are: they are read without being taken apart.

use crate::encoded::is_plain;
use crate::parse::{is_key, is_type};
use crate::types::{self, Form};

/// A package URL in the canonical form of its type, as it is written.
///
/// Not all of them are known: none is that has a subpath or characters beyond ASCII, or is of a type whose parts are in
/// more than one case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Canonical<'a> {
    kind: &'a str,
    /// Namespace, name and version.
    path: &'a str,
    has_namespace: bool,
    /// Empty where there are none.
    qualifiers: &'a str,
}

impl<'a> Canonical<'a> {
    /// None where a text may not be canonical, or is no package URL.
    pub fn of(text: &'a str) -> Option<Self> {
        let (kind, rest) = text.strip_prefix("pkg:")?.split_once('/')?;
        if !is_type(kind) || kind.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return None;
        }
        let rules = types::rules(kind);
        let (path, qualifiers) = match rest.split_once('?') {
            Some((path, qualifiers)) if are_qualifiers(qualifiers) => (path, qualifiers),
            Some(_) => return None,
            None => (rest, ""),
        };
        let (names, version) = path.split_once('@').map_or((path, None), |(names, it)| (names, Some(it)));
        let (namespace, name) = names.rsplit_once('/').map_or((None, names), |(it, name)| (Some(it), name));
        let is_segment = |segment: &str, form| is_written(segment, form) && !segment.contains("%2F");
        let is_canonical = is_segment(name, rules.name)
            && namespace.is_none_or(|it| it.split('/').all(|segment| is_segment(segment, rules.namespace)))
            && version.is_none_or(|version| is_written(version, rules.version));
        is_canonical.then_some(Self { kind, path, has_namespace: namespace.is_some(), qualifiers })
    }

    /// The type of the package.
    pub const fn kind(&self) -> &'a str {
        self.kind
    }

    /// Keys and values, which are percent-encoded, in the order of their keys.
    pub fn qualifiers(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        pairs(self.qualifiers).filter_map(|pair| pair.split_once('='))
    }

    /// The text of the same package with a namespace, where it has none, and with a qualifier in the place of the one of
    /// that key. None where these are not written as they are.
    pub fn completed(&self, namespace: &str, (key, value): (&str, &str)) -> Option<String> {
        let is_plain = |text: &str, form| is_written(text, form) && !text.contains('%');
        let namespace = Some(namespace).filter(|_| !self.has_namespace);
        if !namespace.is_none_or(|it| is_plain(it, types::rules(self.kind).namespace))
            || !is_plain(value, Form::AsItIs)
            || !is_key(key)
        {
            return None;
        }
        let added = namespace.map_or(0, |namespace| namespace.len() + 1) + key.len() + value.len() + 2;
        let all = "pkg:/?".len() + self.kind.len() + self.path.len() + self.qualifiers.len();
        let mut text = String::with_capacity(all + added);
        for part in ["pkg:", self.kind, "/"].into_iter().chain(namespace.into_iter().flat_map(|it| [it, "/"]))
        {
            text.push_str(part);
        }
        text.push_str(self.path);
        let mut separator = '?';
        let mut add = |parts: [&str; 3]| {
            text.push(std::mem::replace(&mut separator, '&'));
            parts.into_iter().for_each(|part| text.push_str(part));
        };
        let mut own = Some([key, "=", value]);
        for (other, theirs) in self.qualifiers() {
            if other >= key
                && let Some(own) = own.take()
            {
                add(own);
            }
            if other != key {
                add([other, "=", theirs]);
            }
        }
        own.into_iter().for_each(add);
        Some(text)
    }
}

fn pairs(qualifiers: &str) -> impl Iterator<Item = &str> {
    qualifiers.split('&').filter(|pair| !pair.is_empty())
}

/// Whether qualifiers are in the order of their keys, each once, and none is empty.
fn are_qualifiers(text: &str) -> bool {
    let mut last = "";
    text.split('&').all(|pair| {
        let Some((key, value)) = pair.split_once('=') else { return false };
        let is_next = key > last && is_key(key) && is_written(value, Form::AsItIs);
        last = key;
        is_next
    })
}

/// Whether a text is one that is written where a part is in this form: percent-encoded, where it has to be. What is
/// encoded is no letter, and in any case.
fn is_written(text: &str, form: Form) -> bool {
    let is_in_form: fn(u8) -> bool = match form {
        Form::AsItIs => is_plain,
        Form::LowerCase => |byte| is_plain(byte) && !byte.is_ascii_uppercase(),
        Form::Pypi => |byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-',
        Form::UpperCase | Form::Commit => return false,
    };
    if form == Form::Pypi && text.contains("--") {
        return false;
    }
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if is_in_form(byte) {
            continue;
        }
        let mut digit = || {
            bytes
                .next()
                .filter(|byte| !byte.is_ascii_lowercase())
                .and_then(|byte| char::from(byte).to_digit(16))
        };
        let encoded = (byte == b'%').then(|| Some(digit()? << 4 | digit()?)).flatten();
        let encoded = encoded.and_then(|byte| u8::try_from(byte).ok());
        if !encoded.is_some_and(|byte| byte.is_ascii() && !is_plain(byte)) {
            return false;
        }
    }
    !text.is_empty()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::string::string_regex;

    use super::*;
    use crate::Purl;

    #[test]
    fn what_plugins_write_is_known_to_be_canonical() {
        for text in [
            "pkg:deb/curl@7.88.1-10%2Bdeb12u5?arch=amd64",
            "pkg:deb/debian/attr@1:2.4.47-2%2Bb1?arch=amd64&distro=debian-12",
            "pkg:npm/%40babel/core@7.0.0",
            "pkg:golang/github.com/a/b@v1.0.0",
            "pkg:pypi/django-package@1%212.0",
            "pkg:maven/org.Apache/Log4j@2.0",
            "pkg:generic/a",
        ] {
            assert!(Canonical::of(text).is_some(), "{text}");
        }
        for text in [
            "pkg:deb/Curl@7",
            "pkg:deb/curl@7?arch=",
            "pkg:deb/curl@7?",
            "pkg:deb/curl@7?b=1&a=1",
            "pkg:deb/curl@7?a=1&a=2",
            "pkg:deb/a%2Fb@7",
            "pkg:deb//curl@7",
            "pkg:deb/curl@7%2b",
            "pkg:deb/curl@7#sub",
            "pkg:deb/curl@",
            "pkg:npm/@babel/core",
            "pkg:pypi/a--b",
            "pkg:pypi/a_b",
            "PKG:deb/a",
            "pkg:deb/",
        ] {
            assert_eq!(Canonical::of(text), None, "{text}");
        }
    }

    fn text() -> impl Strategy<Value = String> {
        let part = "([a-zA-Z0-9.:~_-]|%2F|%2B|%2b|%41|%C3|[/@+]){0,5}";
        let qualifiers = "([?][a-d]{0,2}=[a-zA-B%/+]{0,3}(&(a|b|distro|e)=([a-zB]|%2F){0,3}){0,3})?";
        let kind = "(pkg:|pkg:/)(deb|Deb|npm|pypi|cpan|generic|rpm|huggingface)";
        prop_oneof![
            string_regex(&format!("{kind}/({part}/)?{part}(@{part})?{qualifiers}(#a)?")).unwrap(),
            ("deb|rpm|generic|pypi", "[a-zA-Z./+-]{1,9}", "[ -~]{0,5}").prop_map(|(kind, name, version)| {
                Purl::new(kind, name).version(version).qualifier("arch", "amd64").to_string()
            }),
        ]
    }

    proptest! {
        #[test]
        fn what_is_known_to_be_canonical_is_written_again_as_it_is(text in text()) {
            if let Some(known) = Canonical::of(&text) {
                let purl: Purl = text.parse().unwrap();
                prop_assert_eq!(purl.to_string(), text.as_str());
                prop_assert_eq!(known.kind(), &purl.kind);
                let keys: Vec<_> = purl.qualifiers.iter().map(|(key, _)| key.as_str()).collect();
                prop_assert_eq!(known.qualifiers().map(|(key, _)| key).collect::<Vec<_>>(), keys);
            }
        }

        #[test]
        fn what_is_added_is_where_it_would_be_otherwise(
            text in text(),
            namespace in "[a-zA-B/%+]{0,3}",
            key in "a|b|c|distro|E",
            value in "[a-z0-9 .%-]{0,4}",
        ) {
            if let Some(known) = Canonical::of(&text)
                && let Some(completed) = known.completed(&namespace, (&key, &value))
            {
                let mut purl: Purl = text.parse().unwrap();
                if purl.namespace.is_none() {
                    purl = purl.namespace(namespace);
                }
                prop_assert_eq!(completed, purl.qualifier(key, value).to_string());
            }
        }
    }
}
