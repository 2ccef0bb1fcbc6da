use std::marker::PhantomData;

use super::{
    Advice, Claim, Detector, Distribution, Evidence, Fact, File, Finding, Grouping, Ownership, Package,
    Pattern, Place, Reason, Requirement, Scope, SourcePackage, Step, System, Wish,
};
use crate::bindings::{detector_role as role, layer, types, upgrades_role as upgrades};
use crate::log;

/// What goes into the answer at most, and into each part before it, roughly: larger parts gain nothing, and
/// stay far below any bound of an answer.
const PART_BYTES: usize = 2 << 20;

/// A [`Detector`] as the contract wants it; what [`export_detector!`](crate::export_detector)
/// exports.
#[doc(hidden)]
pub struct Exported<T>(PhantomData<T>);

impl<T: Detector + 'static> role::Guest for Exported<T> {
    fn claims() -> Vec<role::Claim> {
        log::report_panics();
        T::claims().into_iter().map(Into::into).collect()
    }

    fn detect(layer: &layer::View) -> Result<role::Report, types::Error> {
        log::report_panics();
        let files: Vec<File> = layer.files().into_iter().map(File::of_host).collect();
        let report = T::detect(&files)?;
        let mut parts = parts(report.findings, PART_BYTES).peekable();
        let mut last = Vec::new();
        while let Some(part) = parts.next() {
            if parts.peek().is_some() {
                layer.found(&part);
            } else {
                last = part;
            }
        }
        let unread = report.unread.into_iter().map(|unread| (unread.path, unread.error.into())).collect();
        Ok(role::Report { findings: last, unread })
    }
}

impl<T: Detector + 'static> upgrades::Guest for Exported<T> {
    fn upgrade(distribution: Option<(String, String)>, wishes: Vec<upgrades::Wish>) -> upgrades::Advice {
        log::report_panics();
        let system = distribution.map(|(id, version_id)| System { id, version_id });
        let wishes: Vec<Wish> = wishes.into_iter().map(Into::into).collect();
        T::upgrade(system.as_ref(), &wishes).into()
    }
}

impl From<upgrades::Wish> for Wish {
    fn from(wish: upgrades::Wish) -> Self {
        let upgrades::Wish { name, version, wanted, arch, evidence, path } = wish;
        let evidence = match evidence {
            types::Evidence::Installed => Evidence::Installed,
            types::Evidence::Declared => Evidence::Declared,
            types::Evidence::Inferred => Evidence::Inferred,
        };
        Self { name, version, wanted, arch, evidence, path }
    }
}

impl From<Advice> for upgrades::Advice {
    fn from(advice: Advice) -> Self {
        let step = |Step { place, command, note }| {
            let place = match place {
                Place::Image => upgrades::Place::Image,
                Place::Sources => upgrades::Place::Sources,
            };
            upgrades::Step { place, command, note }
        };
        Self { steps: advice.steps.into_iter().map(step).collect(), copacetic: advice.copacetic }
    }
}

/// Findings in their order, in parts of about so many bytes.
fn parts(findings: Vec<Finding>, bytes: usize) -> impl Iterator<Item = Vec<types::Finding>> {
    let mut findings = findings.into_iter();
    std::iter::from_fn(move || {
        let mut weight = 0;
        let mut part = Vec::new();
        while weight < bytes {
            let Some(finding) = findings.next() else { break };
            weight += finding.weight();
            part.push(finding.into());
        }
        (!part.is_empty()).then_some(part)
    })
}

impl From<Claim> for role::Claim {
    fn from(claim: Claim) -> Self {
        Self {
            pattern: match claim.pattern {
                Pattern::Path(glob) => role::Pattern::Path(glob),
                Pattern::Magic(bytes) => role::Pattern::Magic(bytes),
            },
            contains: claim.contains,
            extent: claim.head.map_or(role::Extent::Whole, role::Extent::Head),
            grouping: match claim.grouping {
                Grouping::Alone => role::Grouping::Alone,
                Grouping::Together => role::Grouping::Together,
            },
        }
    }
}

impl From<Finding> for types::Finding {
    fn from(finding: Finding) -> Self {
        Self { path: finding.path, member: finding.member, fact: finding.fact.into() }
    }
}

impl From<Fact> for types::Fact {
    fn from(fact: Fact) -> Self {
        match fact {
            Fact::Distribution(distribution) => Self::Distribution(distribution.into()),
            Fact::Package(package) => Self::Package((*package).into()),
            Fact::Ownership(Ownership { package, paths }) => {
                Self::Ownership(types::Ownership { package, paths })
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
            vendor: package.vendor,
            signer: package.signer,
            reason: package.reason.map(Into::into),
            symbols: package.symbols,
            qualifiers: package.qualifiers,
            licenses: package.licenses,
            // The host refuses a package of which it cannot use a part.
            requires: package
                .requires
                .filter(|requires| requires.len() <= Package::MAX_REQUIREMENTS)
                .filter(|requires| requires.iter().all(Requirement::is_usable))
                .map(|requires| requires.into_iter().map(Into::into).collect()),
        }
    }
}

impl From<Requirement> for types::Requirement {
    fn from(Requirement { name, version }: Requirement) -> Self {
        Self { name, version }
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

impl From<Reason> for types::Reason {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::Requested => Self::Requested,
            Reason::Dependency => Self::Dependency,
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

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(name: &str) -> Finding {
        let fact = Ownership { package: name.to_owned(), paths: vec!["x".repeat(1000)] }.into();
        Finding { path: "a".to_owned(), member: None, fact }
    }

    #[test]
    fn a_requirement_that_the_host_would_refuse_costs_the_requirements_and_no_package() {
        let check = |requires: Vec<Requirement>, is_told: bool| {
            let package = Package { requires: Some(requires), ..Package::new("a", "1", "semver") };
            assert_eq!(types::Package::from(package).requires.is_some(), is_told);
        };
        let named = |name: &str| Requirement::from(name);
        check(vec![], true);
        check(vec![named("b"), Requirement::from(("c".to_owned(), "1"))], true);
        check(vec![named("b"), named("")], false);
        check(vec![named(&"b".repeat(4097))], false);
        check(vec![Requirement::from(("b".to_owned(), "1".repeat(4097)))], false);
        check(vec![named("b"); Package::MAX_REQUIREMENTS + 1], false);
    }

    #[test]
    fn findings_go_out_in_parts_that_are_bounded_in_their_order() {
        let names = |parts: &[Vec<types::Finding>]| -> Vec<String> {
            let name = |finding: &types::Finding| match &finding.fact {
                types::Fact::Ownership(ownership) => ownership.package.clone(),
                fact => panic!("{fact:?}"),
            };
            parts.iter().flatten().map(name).collect()
        };
        let numbers: Vec<String> = (0..25).map(|number| number.to_string()).collect();
        let parts: Vec<_> = parts(numbers.iter().map(|name| finding(name)).collect(), 10_000).collect();
        assert_eq!(names(&parts), numbers);
        assert!(parts.len() > 1 && parts.iter().all(|part| part.len() <= 10), "{parts:?}");
    }

    #[test]
    fn a_finding_that_is_larger_than_a_part_is_a_part_by_itself() {
        let parts: Vec<_> = parts(vec![finding("a"), finding("b")], 1).collect();
        assert_eq!(parts.len(), 2);
    }
}
