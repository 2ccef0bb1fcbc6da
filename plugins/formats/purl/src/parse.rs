//! A package URL is taken apart from its end (annex "how to parse").

use std::str::FromStr;

use crate::encoded::decode;
use crate::{Invalid, Purl};

impl FromStr for Purl {
    type Err = Invalid;

    /// Reads a package URL in any of the forms that the specification has readers accept.
    fn from_str(text: &str) -> Result<Self, Invalid> {
        let (text, subpath) = split_last(text, '#');
        let (text, qualifiers) = split_last(text, '?');
        let (scheme, rest) = text.split_once(':').ok_or(Invalid::Scheme)?;
        if !scheme.eq_ignore_ascii_case("pkg") {
            return Err(Invalid::Scheme);
        }
        let (kind, rest) = rest.trim_start_matches('/').split_once('/').ok_or(Invalid::Type)?;
        if !is_type(kind) {
            return Err(Invalid::Type);
        }
        let (path, version) = match rest.rsplit_once('@') {
            // A scope that is not encoded: `pkg:npm/@babel/core`.
            Some((_, after)) if after.contains('/') => (rest, None),
            Some((path, version)) => (path, Some(version)),
            None => (rest, None),
        };
        let path = path.trim_matches('/');
        let (namespace, name) =
            path.rsplit_once('/').map_or((None, path), |(space, name)| (Some(space), name));
        if name.is_empty() {
            return Err(Invalid::Name);
        }
        let mut purl = Self::new(kind, decode(name)?);
        purl.namespace = namespace.map(|path| segments(path, Invalid::Namespace)).transpose()?.flatten();
        purl.version = version.filter(|version| !version.is_empty()).map(decode).transpose()?.map(Into::into);
        purl.subpath = subpath.map(|path| segments(path, Invalid::Subpath)).transpose()?.flatten();
        let purl = qualifiers.unwrap_or_default().split('&').try_fold(purl, qualified)?.canonical();
        purl.check().map(|()| purl)
    }
}

fn split_last(text: &str, at: char) -> (&str, Option<&str>) {
    text.rsplit_once(at).map_or((text, None), |(text, rest)| (text, Some(rest)))
}

/// The segments of a path, decoded; none where all are empty.
fn segments(path: &str, wrong: Invalid) -> Result<Option<String>, Invalid> {
    let mut joined = String::new();
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        let segment = decode(segment)?;
        if segment.contains('/') {
            return Err(wrong);
        }
        if wrong == Invalid::Subpath && matches!(&*segment, "." | "..") {
            continue;
        }
        if !joined.is_empty() {
            joined.push('/');
        }
        joined.push_str(&segment);
    }
    Ok(Some(joined).filter(|joined| !joined.is_empty()))
}

fn qualified(purl: Purl, pair: &str) -> Result<Purl, Invalid> {
    if pair.is_empty() {
        return Ok(purl);
    }
    let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
    let key = key.to_ascii_lowercase();
    if !is_key(&key) || purl.qualifiers.iter().any(|(other, _)| *other == key) {
        return Err(Invalid::Qualifier);
    }
    Ok(purl.qualifier(key, decode(value)?))
}

pub(crate) fn is_type(text: &str) -> bool {
    begins_with_letter(text)
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'))
}

pub(crate) fn is_key(text: &str) -> bool {
    let fits =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'_');
    begins_with_letter(text) && text.bytes().all(fits)
}

fn begins_with_letter(text: &str) -> bool {
    text.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic())
}
