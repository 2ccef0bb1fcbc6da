use limpid_model::{Digest, Package, Scope};

/// Hexadecimal digits of a fingerprint.
const DIGITS: usize = 32;

/// What stands for a finding wherever it is told of, whatever the vulnerability is called by then and
/// whichever version is installed: the name by which the vulnerability was first known, and the package.
pub fn fingerprint(first_name: &str, package: &Package) -> String {
    let namespace = match &package.scope {
        Scope::Distribution => "",
        Scope::Namespace(namespace) => namespace,
    };
    let arch = package.arch.as_deref().unwrap_or_default();
    let mut digits =
        Digest::of(["finding", first_name, namespace, &package.name, arch].join("\0").as_bytes()).hex();
    digits.truncate(DIGITS);
    digits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::package;

    #[test]
    fn a_fingerprint_is_of_a_vulnerability_and_a_package_whatever_its_version() {
        let of = |name: &str, package: &Package| fingerprint(name, package);
        let a = package("a", "1");
        assert_eq!(of("X", &a), of("X", &package("a", "2")));
        assert_eq!(of("X", &a).len(), DIGITS);
        let own = Package { scope: Scope::Namespace("own".to_owned()), ..a.clone() };
        let arm = Package { arch: Some("arm64".into()), ..a.clone() };
        let all = [of("X", &a), of("Y", &a), of("X", &package("b", "1")), of("X", &own), of("X", &arm)];
        let different: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!(different.len(), all.len());
        // What is stored elsewhere, in tickets and acceptances, must stay true.
        assert_eq!(of("CVE-2026-1", &a), "af9fd733228d6546c73e6b4498d8907d");
    }
}
