use std::borrow::Cow;

use limpid_model::{Distribution, Package, Scope};

/// Completes a [package URL](https://github.com/package-url/purl-spec) whose namespace and
/// qualifier `distro` a layer alone does not tell: `pkg:deb/curl@7.88?arch=amd64` becomes
/// `pkg:deb/debian/curl@7.88?arch=amd64&distro=debian-12`.
pub(super) fn complete(package: &Package, distribution: Option<&Distribution>) -> String {
    let (Scope::Distribution, Some(distribution)) = (&package.scope, distribution) else {
        return package.purl.clone();
    };
    let Some((kind, rest)) = package.purl.strip_prefix("pkg:").and_then(|purl| purl.split_once('/')) else {
        return package.purl.clone();
    };
    let (rest, subpath) = split(rest, '#');
    let (rest, qualifiers) = split(rest, '?');
    let id = encode(&distribution.id);
    let distro = match distribution.version_id.as_str() {
        "" => format!("distro={id}"),
        version => format!("distro={id}-{}", encode(version)),
    };
    let mut qualifiers: Vec<Cow<'_, str>> =
        qualifiers.split('&').filter(|q| !q.is_empty()).map(Cow::from).collect();
    qualifiers.push(distro.into());
    qualifiers.sort_unstable();
    let subpath = if subpath.is_empty() { String::new() } else { format!("#{subpath}") };
    format!("pkg:{kind}/{id}/{rest}?{}{subpath}", qualifiers.join("&"))
}

fn split(text: &str, at: char) -> (&str, &str) {
    text.split_once(at).unwrap_or((text, ""))
}

fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_' | b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use limpid_model::{Evidence, Text};

    use super::*;

    fn check(purl: &str, version_id: &str, expected: &str) {
        let package = Package {
            name: Text::default(),
            version: Text::default(),
            scheme: Text::default(),
            scope: Scope::Distribution,
            evidence: Evidence::Installed,
            purl: purl.to_owned(),
            arch: None,
            source: None,
            qualifiers: Vec::new(),
            licenses: Vec::new(),
        };
        let distribution = Distribution {
            id: "debian".to_owned(),
            version_id: version_id.to_owned(),
            pretty_name: String::new(),
            cpe: None,
            namespaces: Vec::new(),
            supported_until: None,
        };
        assert_eq!(complete(&package, Some(&distribution)), expected);
        assert_eq!(complete(&package, None), purl);
    }

    #[test]
    fn namespace_and_distro_come_from_the_distribution() {
        check("pkg:deb/curl@7?arch=amd64", "12", "pkg:deb/debian/curl@7?arch=amd64&distro=debian-12");
        check("pkg:deb/curl@7", "", "pkg:deb/debian/curl@7?distro=debian");
        check("pkg:deb/a@1?upstream=b#c", "1 2", "pkg:deb/debian/a@1?distro=debian-1%202&upstream=b#c");
        check("nonsense", "1", "nonsense");
    }
}
