use std::marker::PhantomData;

use super::{
    Claim, Detector, Distribution, Evidence, Fact, File, Finding, Grouping, Ownership, Package, Pattern,
    Report, Scope, SourcePackage,
};
use crate::bindings::{detector_role as role, layer, types};

/// A [`Detector`] as the contract wants it; what [`export_detector!`](crate::export_detector)
/// exports.
#[doc(hidden)]
pub struct Exported<T>(PhantomData<T>);

impl<T: Detector + 'static> role::Guest for Exported<T> {
    fn claims() -> Vec<role::Claim> {
        T::claims().into_iter().map(Into::into).collect()
    }

    fn detect(layer: &layer::View) -> Result<role::Report, types::Error> {
        let files: Vec<File> = layer.files().into_iter().map(File::of_host).collect();
        Ok(T::detect(&files)?.into())
    }
}

impl From<Claim> for role::Claim {
    fn from(claim: Claim) -> Self {
        Self {
            pattern: match claim.pattern {
                Pattern::Path(glob) => role::Pattern::Path(glob),
                Pattern::Magic(bytes) => role::Pattern::Magic(bytes),
            },
            grouping: match claim.grouping {
                Grouping::Alone => role::Grouping::Alone,
                Grouping::Together => role::Grouping::Together,
            },
        }
    }
}

impl From<Report> for role::Report {
    fn from(report: Report) -> Self {
        Self {
            findings: report.findings.into_iter().map(Into::into).collect(),
            unread: report.unread.into_iter().map(|unread| (unread.path, unread.error.into())).collect(),
        }
    }
}

impl From<Finding> for role::Finding {
    fn from(finding: Finding) -> Self {
        Self { path: finding.path, member: finding.member, fact: finding.fact.into() }
    }
}

impl From<Fact> for role::Fact {
    fn from(fact: Fact) -> Self {
        match fact {
            Fact::Distribution(distribution) => Self::Distribution(distribution.into()),
            Fact::Package(package) => Self::Package((*package).into()),
            Fact::Ownership(Ownership { package, paths }) => {
                Self::Ownership(role::Ownership { package, paths })
            }
            Fact::Property(key, value) => Self::Property((key, value)),
        }
    }
}

impl From<Distribution> for types::Distribution {
    fn from(distribution: Distribution) -> Self {
        Self {
            id: distribution.id,
            version_id: distribution.version_id,
            pretty_name: distribution.pretty_name,
            cpe: distribution.cpe,
            namespaces: distribution.namespaces,
            supported_until: distribution.supported_until,
        }
    }
}

impl From<Package> for types::Package {
    fn from(package: Package) -> Self {
        Self {
            name: package.name,
            version: package.version,
            scheme: package.scheme,
            scope: package.scope.into(),
            evidence: package.evidence.into(),
            purl: package.purl,
            arch: package.arch,
            source: package
                .source
                .map(|SourcePackage { name, version }| types::SourcePackage { name, version }),
            qualifiers: package.qualifiers,
            licenses: package.licenses,
        }
    }
}

impl From<Scope> for types::Scope {
    fn from(scope: Scope) -> Self {
        match scope {
            Scope::Distribution => Self::Distribution,
            Scope::Namespace(namespace) => Self::Namespace(namespace),
        }
    }
}

impl From<Evidence> for types::Evidence {
    fn from(evidence: Evidence) -> Self {
        match evidence {
            Evidence::Installed => Self::Installed,
            Evidence::Declared => Self::Declared,
            Evidence::Inferred => Self::Inferred,
        }
    }
}
