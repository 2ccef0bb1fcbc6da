//! What products are called here. OVAL names a product by a package of its release, CSAF by a CPE: both call it the same.

use limpid_oval::{Condition, Operation};
use limpid_plugin_sdk::Error;

use crate::index::stem;

/// The namespaces of the product whose package has such a version; none of products that no image states to be.
///
/// # Errors
///
/// Where it is not one version that is asked for.
pub(crate) fn namespaces(package: &str, version: Condition<'_>) -> Result<Vec<String>, Error> {
    let product = package.strip_suffix("-release").unwrap_or(package).to_ascii_lowercase();
    if product == "opensuse" && version.operation == Operation::GreaterOrEqual {
        return Ok(vec!["opensuse-tumbleweed".to_owned()]);
    }
    let number = version.version().filter(|number| is_number(number)).ok_or_else(|| {
        Error::unsupported(format_args!(
            "no release is named by `{package:.100}` of version `{:.100}`",
            version.value
        ))
    })?;
    Ok(named(&product, number))
}

/// The namespaces of the product that a CPE names; none of products that no image states to be.
///
/// `cpe:/o:suse:sles:15:sp4`, `cpe:/o:suse:sles:16:16.0:server`, `cpe:/o:opensuse:leap:15.5`
pub(crate) fn of_cpe(cpe: &str) -> Vec<String> {
    let mut parts = cpe.strip_prefix("cpe:/o:").unwrap_or_default().split(':');
    let mut part = || parts.next().unwrap_or_default();
    let (vendor, product, version, update) = (part(), part(), part(), part());
    if vendor == "opensuse" && product == "tumbleweed" {
        return vec!["opensuse-tumbleweed".to_owned()];
    }
    let number = match update.strip_prefix("sp") {
        Some(pack) => format!("{version}.{pack}"),
        // From 16 on the release stands behind its major one.
        None if update.split_once('.').is_some_and(|(major, _)| major == version) => update.to_owned(),
        None => version.to_owned(),
    };
    if !matches!(vendor, "suse" | "opensuse") || !is_number(&number) {
        return Vec::new();
    }
    // Until 11, `suse_sles` and `suse_sled`.
    named(product.strip_prefix("suse_").unwrap_or(product), &number)
}

/// The namespaces of a product, by its name without `-release`.
fn named(product: &str, number: &str) -> Vec<String> {
    let ids: &[&str] = match product {
        "opensuse" if is_micro(number) => &["opensuse-leap-micro"],
        "leap-micro" | "opensuse-leap-micro" => &["opensuse-leap-micro"],
        "opensuse" | "leap" | "opensuse-leap" => &["opensuse-leap"],
        // What SUSE Linux Enterprise is sold as has the same packages of the same builds.
        "sles" | "suse" | "sled" => &["sles"],
        "sle-micro" => &["sle-micro"],
        "suse-microos" => &["sle-micro", "suse-microos"],
        "sl-micro" => &["sl-micro"],
        // Modules, and what is sold beyond general support: `sles-ltss`, `sles-espos`, `sles-bcl`.
        other
            if ["sle-module-", "sles-", "sles_", "sle_hpc", "sle-hpc"]
                .iter()
                .any(|it| other.starts_with(it)) =>
        {
            &["sles"]
        }
        _ => &[],
    };
    ids.iter().map(|id| format!("{id}:{number}")).collect()
}

/// The namespace of the one release that a document of this name has: `opensuse.12.1`, `opensuse.leap.15.2-affected`.
pub(crate) fn of_document(name: &str) -> Option<String> {
    let name = stem(name);
    let product = name.strip_suffix("-affected").or_else(|| name.strip_suffix("-patch")).unwrap_or(name);
    let number = product.strip_prefix("opensuse.")?;
    let number = number.strip_prefix("leap.").unwrap_or(number);
    (is_number(number) && number.contains('.')).then(|| format!("opensuse-leap:{number}"))
}

/// Leap Micro began with 5.2; openSUSE never had these numbers.
fn is_micro(number: &str) -> bool {
    matches!(number.split('.').next(), Some("5" | "6"))
}

fn is_number(text: &str) -> bool {
    text.split('.').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_of_a_release_names_a_product() {
        let check = |package: &str, version: &str, expected: &[&str]| {
            let condition = Condition { operation: Operation::Equals, value: version };
            assert_eq!(namespaces(package, condition).unwrap(), expected, "{package} {version}");
        };
        check("sles-release", "15.4", &["sles:15.4"]);
        check("sled-release", "15.4", &["sles:15.4"]);
        check("SLES_SAP-release", "15.4", &["sles:15.4"]);
        check("sles-ltss-release", "15.1", &["sles:15.1"]);
        check("sle_hpc-release", "15.4", &["sles:15.4"]);
        check("sle-module-basesystem-release", "15.4", &["sles:15.4"]);
        check("openSUSE-release", "15.2", &["opensuse-leap:15.2"]);
        check("openSUSE-release", "13.2", &["opensuse-leap:13.2"]);
        check("openSUSE-release", "5.2", &["opensuse-leap-micro:5.2"]);
        check("SUSE-MicroOS-release", "5.2", &["sle-micro:5.2", "suse-microos:5.2"]);
        check("SL-Micro-release", "6.0", &["sl-micro:6.0"]);
        check("suse-manager-server-release", "4.3", &[]);
        let rolling = Condition { operation: Operation::GreaterOrEqual, value: "0:20210101-0" };
        assert_eq!(namespaces("openSUSE-release", rolling).unwrap(), ["opensuse-tumbleweed"]);
    }

    #[test]
    fn a_cpe_names_the_same_product() {
        let check = |cpe: &str, expected: &[&str]| assert_eq!(of_cpe(cpe), expected, "{cpe}");
        check("cpe:/o:suse:sles:15:sp4", &["sles:15.4"]);
        check("cpe:/o:suse:sles-ltss:15", &["sles:15"]);
        check("cpe:/o:suse:sles:16:16.0:server", &["sles:16.0"]);
        check("cpe:/o:suse:sles:11:sp1:teradata", &["sles:11.1"]);
        check("cpe:/o:suse:suse_sles_ltss:11:sp4", &["sles:11.4"]);
        check("cpe:/o:suse:sle-module-basesystem:15:sp5", &["sles:15.5"]);
        check("cpe:/o:suse:sle_hpc-espos:15:sp3", &["sles:15.3"]);
        check("cpe:/o:suse:sle-micro:5.4", &["sle-micro:5.4"]);
        check("cpe:/o:suse:suse-microos:5.2", &["sle-micro:5.2", "suse-microos:5.2"]);
        check("cpe:/o:suse:sl-micro:6.0", &["sl-micro:6.0"]);
        check("cpe:/o:opensuse:leap:15.5", &["opensuse-leap:15.5"]);
        check("cpe:/o:opensuse:opensuse:13.2", &["opensuse-leap:13.2"]);
        check("cpe:/o:opensuse:tumbleweed", &["opensuse-tumbleweed"]);
        for other in [
            "cpe:/o:suse:caasp:4.0",
            "cpe:/o:suse:sle-ha:15:sp1",
            "cpe:/o:suse:sles",
            "cpe:/a:suse:sles:15",
            "x",
        ] {
            check(other, &[]);
        }
    }

    #[test]
    fn a_document_of_one_release_names_it() {
        let check = |name: &str, expected: Option<&str>| {
            assert_eq!(of_document(name).as_deref(), expected, "{name}");
        };
        check("opensuse.12.1", Some("opensuse-leap:12.1"));
        check("folder/opensuse.leap.15.2-affected.xml.gz", Some("opensuse-leap:15.2"));
        check("opensuse.tumbleweed", None);
        check("opensuse.leap.micro.5.2", None);
        check("suse.linux.enterprise.15-affected", None);
    }

    #[test]
    fn what_is_not_one_version_is_refused() {
        for (operation, value) in
            [(Operation::GreaterOrEqual, "15"), (Operation::Equals, "15-SP1"), (Operation::Equals, "")]
        {
            assert!(namespaces("sles-release", Condition { operation, value }).is_err(), "{value}");
        }
    }
}
