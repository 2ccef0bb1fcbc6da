//! Components of products that are packages of RPM.

use limpid_csaf::Product;
use limpid_purl::Purl;

/// A package, in a version or in any.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Package {
    pub(crate) name: String,
    /// `1:3.0.7-27.el9`
    pub(crate) version: Option<String>,
    /// `x86_64`, `noarch`, `src`
    pub(crate) arch: Option<String>,
    /// `nodejs:18`
    pub(crate) module: Option<String>,
}

/// What a component is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Component {
    Package(Package),
    /// A container, an archive of Java, or something else that is no package.
    Other,
    /// A package of which it cannot be told which one; why.
    Broken(String),
}

impl Component {
    /// What a product is by itself. Documents that are not generated anew since 2023 have no package URLs; in these a
    /// component without a slash is called as its package is.
    pub(crate) fn of(product: &Product<'_>) -> Self {
        let Some(purl) = product.purl else {
            let is_name = |name: &str| {
                !name.is_empty()
                    && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_+".contains(&byte))
            };
            return match product.cpe.is_none() && is_name(product.name) {
                true => Self::Package(Package {
                    name: product.name.to_owned(),
                    version: None,
                    arch: None,
                    module: None,
                }),
                false => Self::Other,
            };
        };
        if !purl.starts_with("pkg:rpm/") {
            return Self::Other;
        }
        let purl: Purl = match purl.parse() {
            Ok(purl) => purl,
            Err(why) => return Self::Broken(format!("`{purl:.200}` is no package URL: {why}")),
        };
        let value = |key: &str| {
            purl.qualifiers.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str())
        };
        let module = match value("rpmmod").map(stream) {
            Some(None) => {
                return Self::Broken(format!(
                    "`{:.200}` names no stream of a module",
                    value("rpmmod").unwrap_or_default()
                ));
            }
            module => module.flatten(),
        };
        let version = purl.version.as_deref().map(|version| match value("epoch") {
            Some(epoch) if epoch != "0" => format!("{epoch}:{version}"),
            _ => version.to_owned(),
        });
        Self::Package(Package {
            arch: value("arch").map(str::to_owned),
            version,
            module,
            name: purl.name.clone(),
        })
    }
}

/// `nodejs:18` of `nodejs:18:9020020230825081254:rhel9`.
fn stream(module: &str) -> Option<String> {
    let mut parts = module.split(':');
    let (name, stream) = (parts.next()?, parts.next()?);
    (!name.is_empty() && !stream.is_empty()).then(|| format!("{name}:{stream}"))
}
