//! Kinds of differences between what Clair and Limpid report, and the reason of each.

use std::fmt;

use super::findings::{Finding, Found};

/// Something that only one of them reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Difference<'a> {
    Clair(&'a Finding),
    Limpid(&'a Finding),
}

/// A kind of differences.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Alias,
    EggFile,
    EpochOfFix,
    NodePackages,
}

impl Kind {
    /// Why there is such a difference.
    pub(super) const fn reason(self) -> &'static str {
        match self {
            Self::Alias => {
                "one advisory under two names, with the same fix: Clair calls it by the publisher's number \
                 (`PYSEC-2018-2`), Limpid by its CVE, which Clair gives as a link"
            }
            Self::EggFile => {
                "a Python package whose `.egg-info` is a file, as distutils writes it: Clair lists none of it. It is of a \
                 package of Debian of which the corpus' extract of the tracker says nothing, so that Limpid judges it by \
                 the advisories of PyPI"
            }
            Self::EpochOfFix => {
                "one fix of rpm in two spellings, which rpm takes for the same version: Clair writes the epoch `0:` \
                 that the publisher's package URL states, Limpid leaves it out"
            }
            Self::NodePackages => {
                "packages of npm: Clair 4.9.0 reads advisories of npm, but its indexer looks for no packages of it"
            }
        }
    }
}

impl fmt::Display for Difference<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Clair(finding) => write!(f, "of Clair only: {finding}"),
            Self::Limpid(finding) => write!(f, "of Limpid only: {finding}"),
        }
    }
}

/// What only one of them reports.
pub(super) fn of<'a>(clair: &'a Found, limpid: &'a Found) -> Vec<Difference<'a>> {
    let of_clair = clair.findings.difference(&limpid.findings).map(Difference::Clair);
    let of_limpid = limpid.findings.difference(&clair.findings).map(Difference::Limpid);
    of_clair.chain(of_limpid).collect()
}

/// Of which kind a difference is; none where nothing explains it.
pub(super) fn kind(difference: &Difference<'_>, clair: &Found, limpid: &Found) -> Option<Kind> {
    let is_epoch = match difference {
        Difference::Clair(finding) => {
            let bare = finding.fixed_in.strip_prefix("0:");
            bare.is_some_and(|bare| limpid.findings.contains(&finding.with_fix(bare)))
        }
        Difference::Limpid(finding) => {
            clair.findings.contains(&finding.with_fix(&format!("0:{}", finding.fixed_in)))
        }
    };
    if is_epoch {
        return Some(Kind::EpochOfFix);
    }
    let names = |finding: &Finding| clair.aliases.get(&finding.vulnerability);
    let is_alias = match difference {
        Difference::Clair(finding) => names(finding).into_iter().flatten().any(|alias| {
            limpid.findings.contains(&Finding { vulnerability: alias.clone(), ..(*finding).clone() })
        }),
        Difference::Limpid(finding) => clair.findings.iter().any(|other| {
            let renamed = Finding { vulnerability: other.vulnerability.clone(), ..(*finding).clone() };
            renamed == *other && names(other).is_some_and(|names| names.contains(&finding.vulnerability))
        }),
    };
    if is_alias {
        return Some(Kind::Alias);
    }
    let Difference::Limpid(finding) = difference else { return None };
    let package = (finding.package.clone(), finding.version.clone());
    let database = limpid.packages.get(&package).filter(|_| !clair.packages.contains_key(&package))?;
    if database.starts_with("npm:") {
        return Some(Kind::NodePackages);
    }
    (database.starts_with("pypi:") && database.ends_with(".egg-info")).then_some(Kind::EggFile)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(package: &str, fixed_in: &str) -> Finding {
        Finding {
            package: package.to_owned(),
            version: "1".to_owned(),
            vulnerability: "CVE-2024-1".to_owned(),
            fixed_in: fixed_in.to_owned(),
        }
    }

    fn of_findings(findings: &[Finding], databases: &[(&str, &str)]) -> Found {
        let package = |(name, database): &(&str, &str)| {
            ((String::from(*name), "1".to_owned()), String::from(*database))
        };
        Found {
            findings: findings.iter().cloned().collect(),
            packages: databases.iter().map(package).collect(),
            ..Found::default()
        }
    }

    #[track_caller]
    fn check(clair: &Found, limpid: &Found, expected: &[Option<Kind>]) {
        let differences = of(clair, limpid);
        let kinds: Vec<_> = differences.iter().map(|one| kind(one, clair, limpid)).collect();
        assert_eq!(kinds, expected);
    }

    #[test]
    fn an_epoch_of_zero_explains_a_fix_and_another_does_not() {
        let (bare, zero, one) = (finding("a", "2-1"), finding("a", "0:2-1"), finding("a", "1:2-1"));
        let explained = Some(Kind::EpochOfFix);
        let limpid = of_findings(&[bare], &[]);
        check(&of_findings(&[zero], &[]), &limpid, &[explained, explained]);
        check(&of_findings(&[one], &[]), &limpid, &[None, None]);
    }

    #[test]
    fn an_alias_explains_another_name_where_the_fix_is_the_same() {
        let explained = Some(Kind::Alias);
        let (own, other) = (finding("a", "2"), finding("a", "3"));
        let numbered = Finding { vulnerability: "PYSEC-2024-1".to_owned(), ..own.clone() };
        let mut clair = of_findings(std::slice::from_ref(&numbered), &[]);
        check(&clair, &of_findings(std::slice::from_ref(&own), &[]), &[None, None]);
        clair.aliases.entry(numbered.vulnerability).or_default().insert(own.vulnerability.clone());
        check(&clair, &of_findings(&[own], &[]), &[explained, explained]);
        check(&clair, &of_findings(&[other], &[]), &[None, None]);
    }

    #[test]
    fn a_package_of_npm_explains_a_finding_where_clair_does_not_know_it() {
        let limpid = of_findings(&[finding("a", "2")], &[("a", "npm:srv/node_modules/a")]);
        check(&of_findings(&[], &[]), &limpid, &[Some(Kind::NodePackages)]);
        check(&of_findings(&[], &[("a", "nodejs:srv/node_modules/a")]), &limpid, &[None]);
        let of_python = |database| of_findings(&[finding("a", "2")], &[("a", database)]);
        check(&of_findings(&[], &[]), &of_python("pypi:usr/lib/python3/a"), &[None]);
        let egg = of_python("pypi:usr/lib/python3/a-1.egg-info");
        check(&of_findings(&[], &[]), &egg, &[Some(Kind::EggFile)]);
        check(&limpid, &of_findings(&[], &[]), &[None]);
    }
}
