//! What Red Hat's products are called here, by their CPEs.

/// Where what is stated of a product counts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Platform {
    /// `rhel:9`, or `rhel:9.2` for a minor release.
    pub(crate) namespace: String,
    /// The CPE that an image has to state; none where the release says enough.
    pub(crate) cpe: Option<String>,
}

/// Releases that are extended for those who pay for it, each under a minor release.
const MINOR: [&str; 6] =
    ["rhel_eus", "rhel_eus_long_life", "rhel_aus", "rhel_tus", "rhel_e4s", "enterprise_linux_eus"];

/// The platform that a CPE names, as a URI (`cpe:/o:redhat:enterprise_linux:9::baseos`); none where it names no
/// release.
pub(crate) fn of(cpe: &str) -> Option<Platform> {
    let rest = cpe.strip_prefix("cpe:/").filter(|rest| rest.starts_with(['a', 'o']))?;
    let mut parts = rest.split(':').skip(1);
    if parts.next()? != "redhat" {
        return None;
    }
    let product = parts.next()?;
    let version = parts.next().unwrap_or_default();
    let edition = parts.nth(1).unwrap_or_default();
    let rhel = |release: &str| Platform { namespace: format!("rhel:{release}"), cpe: None };
    match product {
        "enterprise_linux" | "rhel_els" => Some(rhel(major(version)?)),
        product if MINOR.contains(&product) && version.contains('.') => {
            is_version(version).then(|| rhel(version))
        }
        product if MINOR.contains(&product) => Some(rhel(major(version)?)),
        _ => {
            let release = edition.strip_prefix("el").and_then(major)?;
            Some(Platform { cpe: Some(cpe.to_owned()), ..rhel(release) })
        }
    }
}

fn major(version: &str) -> Option<&str> {
    version.split('.').next().filter(|_| is_version(version))
}

fn is_version(text: &str) -> bool {
    text.split('.').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cpe_names_a_platform_or_does_not() {
        let check = |cpe: &str, namespace: Option<&str>, required: Option<&str>| {
            let platform = of(cpe);
            assert_eq!(platform.as_ref().map(|it| it.namespace.as_str()), namespace, "{cpe}");
            assert_eq!(platform.and_then(|it| it.cpe).as_deref(), required, "{cpe}");
        };
        check("cpe:/o:redhat:enterprise_linux:9", Some("rhel:9"), None);
        check("cpe:/a:redhat:enterprise_linux:9::appstream", Some("rhel:9"), None);
        check("cpe:/o:redhat:enterprise_linux:10.1", Some("rhel:10"), None);
        check("cpe:/o:redhat:rhel_els:7", Some("rhel:7"), None);
        check("cpe:/a:redhat:rhel_eus:9.2::appstream", Some("rhel:9.2"), None);
        check("cpe:/o:redhat:enterprise_linux_eus:10.0", Some("rhel:10.0"), None);
        let openshift = "cpe:/a:redhat:openshift:4.12::el8";
        check(openshift, Some("rhel:8"), Some(openshift));
        check("cpe:/a:redhat:openshift:4", None, None);
        check("cpe:/a:redhat:jboss_enterprise_application_platform:7.4", None, None);
        check("cpe:/o:redhat:enterprise_linux", None, None);
        check("cpe:/o:redhat:enterprise_linux:nine", None, None);
        check("cpe:/o:other:enterprise_linux:9", None, None);
        check("cpe:2.3:o:redhat:enterprise_linux:9", None, None);
    }
}
