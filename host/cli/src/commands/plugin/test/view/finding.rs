use limpid_model as model;
use serde::Serialize;

/// A fact, and the file that states it.
#[derive(Serialize)]
pub(super) struct Finding<'a> {
    path: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    member: Option<&'a str>,
    #[serde(flatten)]
    fact: Fact<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Fact<'a> {
    Distribution(Distribution<'a>),
    Package(Box<Package<'a>>),
    Ownership(Ownership<'a>),
    Property(&'a str, &'a str),
}

#[derive(Serialize)]
struct Distribution<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    version_id: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pretty_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cpe: Option<&'a str>,
    namespaces: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    supported_until: Option<&'a str>,
}

#[derive(Serialize)]
struct Package<'a> {
    name: &'a str,
    version: &'a str,
    scheme: &'a str,
    /// Left out where its advisories are those of the distribution.
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<&'a str>,
    evidence: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    purl: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    arch: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<SourcePackage<'a>>,
    /// How many symbols are linked in.
    #[serde(skip_serializing_if = "Option::is_none")]
    symbols: Option<usize>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    qualifiers: &'a [(String, String)],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    licenses: &'a [String],
    /// Name and version, as far as it is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    requires: Option<Vec<String>>,
}

#[derive(Serialize)]
struct SourcePackage<'a> {
    name: &'a str,
    version: &'a str,
}

#[derive(Serialize)]
struct Ownership<'a> {
    package: &'a str,
    paths: Vec<&'a str>,
}

impl<'a> From<&'a model::Finding> for Finding<'a> {
    fn from(finding: &'a model::Finding) -> Self {
        Self { path: &finding.path, member: finding.member.as_deref(), fact: Fact::from(&finding.fact) }
    }
}

impl<'a> From<&'a model::Fact> for Fact<'a> {
    fn from(fact: &'a model::Fact) -> Self {
        match fact {
            model::Fact::Distribution(distribution) => Self::Distribution(distribution.into()),
            model::Fact::Package(package) => Self::Package(Box::new(Package::from(&**package))),
            model::Fact::Ownership(model::Ownership { package, paths }) => {
                Self::Ownership(Ownership { package, paths: paths.iter().collect() })
            }
            model::Fact::Property(key, value) => Self::Property(key, value),
        }
    }
}

impl<'a> From<&'a model::Distribution> for Distribution<'a> {
    fn from(distribution: &'a model::Distribution) -> Self {
        Self {
            id: &distribution.id,
            version_id: &distribution.version_id,
            pretty_name: &distribution.pretty_name,
            cpe: distribution.cpe.as_deref(),
            namespaces: &distribution.namespaces,
            supported_until: distribution.supported_until.as_deref(),
        }
    }
}

impl<'a> From<&'a model::Package> for Package<'a> {
    fn from(package: &'a model::Package) -> Self {
        let source = package.source.as_ref();
        Self {
            name: &package.name,
            version: &package.version,
            scheme: &package.scheme,
            namespace: match &package.scope {
                model::Scope::Distribution => None,
                model::Scope::Namespace(namespace) => Some(namespace),
            },
            evidence: package.evidence.as_str(),
            purl: &package.purl,
            arch: package.arch.as_deref(),
            source: source.map(|source| SourcePackage { name: &source.name, version: &source.version }),
            symbols: package.symbols.as_ref().map(model::Symbols::len),
            qualifiers: &package.qualifiers,
            licenses: &package.licenses,
            requires: package.requires.as_ref().map(|requires| requires.iter().map(requirement).collect()),
        }
    }
}

fn requirement(model::Requirement { name, version }: &model::Requirement) -> String {
    version.as_ref().map_or_else(|| name.to_string(), |version| format!("{name} {version}"))
}
