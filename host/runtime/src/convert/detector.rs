use globset::{GlobBuilder, GlobSetBuilder};
use limpid_model::{
    Claim, Distribution, Evidence, Fact, Finding, Grouping, InputError, Ownership, Package, Pattern,
    Requirement, Scope, SourcePackage, Text, Unread,
};

use super::Fields;
use super::fields::Unusable;
use crate::contract::{self, detector as wit, types};

/// Longest glob of a claim, in bytes.
const GLOB_BYTES: usize = 1024;

/// Most bytes that a file may be claimed by: the host holds on to that much of every file.
const MAGIC_BYTES: usize = 64;

/// Texts of which one claim may say that the file holds some: each is looked for by itself.
const TEXTS: usize = 8;

/// Packages that one package may state that it needs. The SDK knows the number, too.
const REQUIREMENTS: usize = 10_000;

/// A claim, whose pattern matches something and not everything.
pub(crate) fn claim(claim: wit::Claim) -> Result<Claim, Unusable> {
    let pattern = match claim.pattern {
        wit::Pattern::Path(glob) if glob.is_empty() || glob.len() > GLOB_BYTES => {
            return Err(format!("`claim.path` is {} bytes, not 1 to {GLOB_BYTES}", glob.len()));
        }
        wit::Pattern::Magic(magic) if magic.is_empty() || magic.len() > MAGIC_BYTES => {
            return Err(format!("`claim.magic` is {} bytes, not 1 to {MAGIC_BYTES}", magic.len()));
        }
        wit::Pattern::Path(glob) => Pattern::Path(usable(glob)?),
        wit::Pattern::Magic(magic) => Pattern::Magic(magic),
    };
    let grouping = match claim.grouping {
        wit::Grouping::Alone => Grouping::Alone,
        wit::Grouping::Together => Grouping::Together,
    };
    let contains = claim.contains.into_iter().map(|text| match text.len() {
        1..=MAGIC_BYTES => Ok(text),
        length => Err(format!("a text of `claim.contains` is {length} bytes, not 1 to {MAGIC_BYTES}")),
    });
    let contains: Vec<_> = contains.collect::<Result<_, _>>()?;
    if contains.len() > TEXTS {
        return Err(format!("`claim.contains` has {} texts, over the limit of {TEXTS}", contains.len()));
    }
    let head = match claim.extent {
        wit::Extent::Whole => None,
        wit::Extent::Head(0) => return Err("`claim.extent` is a head of no bytes".to_owned()),
        wit::Extent::Head(bytes) => Some(bytes),
    };
    Ok(Claim { pattern, grouping, contains, head })
}

/// A glob that can be compiled, in the dialect in which layers are matched: one that cannot would
/// otherwise cost every layer that it is compared with.
fn usable(glob: String) -> Result<String, Unusable> {
    let compiled = GlobBuilder::new(&glob)
        .literal_separator(true)
        .empty_alternates(true)
        .backslash_escape(true)
        .build()
        .and_then(|glob| GlobSetBuilder::new().add(glob).build());
    match compiled {
        Ok(_) => Ok(glob),
        Err(error) => Err(format!("`claim.path` `{glob}` is no glob: {error}")),
    }
}

/// A finding, or which file states something that cannot be used.
pub(crate) fn finding(
    fields: &mut Fields,
    finding: contract::Finding<contract::Package>,
) -> Result<Finding, Unread> {
    fields.count(finding.path.len());
    let converted = fields
        .optional("finding.member", finding.member)
        .and_then(|member| Ok((member, fact(fields, finding.fact)?)));
    match converted {
        Ok((member, fact)) => Ok(Finding { path: finding.path.into(), member, fact }),
        Err(why) => Err(Unread { path: finding.path, error: InputError::Other(why) }),
    }
}

fn fact(fields: &mut Fields, fact: contract::Fact<contract::Package>) -> Result<Fact, Unusable> {
    Ok(match fact {
        contract::Fact::Distribution(stated) => Fact::Distribution(distribution(fields, stated)?),
        contract::Fact::Package(stated) => Fact::Package(Box::new(package(fields, stated)?)),
        contract::Fact::Ownership(stated) => Fact::Ownership(Ownership {
            package: fields.name("ownership.package", stated.package)?,
            paths: fields.paths("ownership.paths", stated.paths.0)?,
        }),
        contract::Fact::Property((name, value)) => {
            Fact::Property(fields.name("property", name)?, fields.short("property", value)?)
        }
    })
}

fn distribution(fields: &mut Fields, stated: types::Distribution) -> Result<Distribution, Unusable> {
    Ok(Distribution {
        id: fields.name("distribution.id", stated.id)?,
        version_id: fields.short("distribution.version-id", stated.version_id)?,
        pretty_name: fields.short("distribution.pretty-name", stated.pretty_name)?,
        cpe: fields.optional("distribution.cpe", stated.cpe)?,
        namespaces: fields.names("distribution.namespaces", stated.namespaces)?,
        supported_until: fields.optional("distribution.supported-until", stated.supported_until)?,
    })
}

fn package(fields: &mut Fields, stated: types::Package) -> Result<Package, Unusable> {
    Ok(Package {
        name: fields.name("package.name", stated.name)?.into(),
        version: fields.short("package.version", stated.version)?.into(),
        scheme: fields.name("package.scheme", stated.scheme)?.into(),
        scope: match stated.scope {
            types::Scope::Distribution => Scope::Distribution,
            types::Scope::Namespace(name) => Scope::Namespace(fields.name("package.scope", name)?),
        },
        evidence: match stated.evidence {
            types::Evidence::Installed => Evidence::Installed,
            types::Evidence::Declared => Evidence::Declared,
            types::Evidence::Inferred => Evidence::Inferred,
        },
        purl: fields.name("package.purl", stated.purl)?,
        arch: fields.optional("package.arch", stated.arch)?.map(Text::from),
        source: stated.source.map(|source| source_package(fields, source)).transpose()?,
        symbols: stated.symbols.map(|symbols| {
            symbols.iter().for_each(|symbol| fields.count(symbol.len()));
            symbols.iter().collect()
        }),
        qualifiers: qualifiers(
            fields,
            stated.qualifiers,
            [
                (Package::VENDOR, stated.vendor),
                (Package::SIGNER, stated.signer),
                (Package::REASON, stated.reason.map(|reason| reason_word(reason).to_owned())),
            ],
        )?,
        licenses: fields.texts("package.licenses", stated.licenses)?,
        requires: stated.requires.map(|requires| requirements(fields, requires)).transpose()?,
    })
}

/// What a package needs, each once and in order.
fn requirements(fields: &mut Fields, stated: Vec<types::Requirement>) -> Result<Vec<Requirement>, Unusable> {
    if stated.len() > REQUIREMENTS {
        let count = stated.len();
        return Err(format!("`package.requires` names {count} packages, over the limit of {REQUIREMENTS}"));
    }
    let requirement = |types::Requirement { name, version }| {
        Ok(Requirement {
            name: fields.name("package.requires.name", name)?.into(),
            version: fields.optional("package.requires.version", version)?.map(Text::from),
        })
    };
    let mut requirements = stated.into_iter().map(requirement).collect::<Result<Vec<_>, Unusable>>()?;
    requirements.sort_unstable();
    requirements.dedup();
    Ok(requirements)
}

/// The qualifiers of a package, and what advisories may require of it as if it were one.
fn qualifiers(
    fields: &mut Fields,
    mut stated: Vec<(String, String)>,
    more: [(&str, Option<String>); 3],
) -> Result<Vec<(String, String)>, Unusable> {
    let more = more.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    stated.extend(more.filter(|(_, value)| !value.is_empty()));
    fields.pairs("package.qualifiers", stated)
}

const fn reason_word(reason: types::Reason) -> &'static str {
    match reason {
        types::Reason::Requested => "requested",
        types::Reason::Dependency => "dependency",
    }
}

fn source_package(fields: &mut Fields, stated: types::SourcePackage) -> Result<SourcePackage, Unusable> {
    Ok(SourcePackage {
        name: fields.name("package.source.name", stated.name)?.into(),
        version: fields.short("package.source.version", stated.version)?.into(),
    })
}

#[cfg(test)]
mod tests {
    use limpid_model::Paths;

    use super::*;

    fn stated(pattern: wit::Pattern) -> wit::Claim {
        let (extent, grouping) = (wit::Extent::Whole, wit::Grouping::Alone);
        wit::Claim { pattern, contains: Vec::new(), extent, grouping }
    }

    #[test]
    fn what_a_claimed_file_holds_is_bounded() {
        let check = |contains: Vec<Vec<u8>>, extent: wit::Extent, expected: &str| {
            let stated = wit::Claim { contains, extent, ..stated(wit::Pattern::Path("a".into())) };
            assert_eq!(claim(stated).err().unwrap_or_default(), expected);
        };
        check(vec![b"Go buildinf".to_vec()], wit::Extent::Whole, "");
        check(Vec::new(), wit::Extent::Head(4096), "");
        check(Vec::new(), wit::Extent::Head(0), "`claim.extent` is a head of no bytes");
        let too_long = "a text of `claim.contains` is 65 bytes, not 1 to 64";
        check(vec![vec![0; 64], vec![0; 65]], wit::Extent::Whole, too_long);
        let empty = "a text of `claim.contains` is 0 bytes, not 1 to 64";
        check(vec![Vec::new()], wit::Extent::Whole, empty);
        let many = "`claim.contains` has 9 texts, over the limit of 8";
        check(vec![vec![0]; 9], wit::Extent::Whole, many);
    }

    #[test]
    fn a_claim_matches_something_and_not_everything() {
        let check = |pattern: wit::Pattern, expected: &str| {
            let claimed = claim(stated(pattern));
            assert_eq!(claimed.err().unwrap_or_default(), expected);
        };
        check(wit::Pattern::Path("etc/os-release".into()), "");
        check(wit::Pattern::Magic(b"\x7fELF".to_vec()), "");
        check(wit::Pattern::Path(String::new()), "`claim.path` is 0 bytes, not 1 to 1024");
        check(wit::Pattern::Magic(Vec::new()), "`claim.magic` is 0 bytes, not 1 to 64");
        check(wit::Pattern::Magic(vec![0; 65]), "`claim.magic` is 65 bytes, not 1 to 64");
    }

    #[test]
    fn what_a_package_needs_is_bounded_and_each_is_told_once() {
        let stated = |name: &str, version: Option<&str>| types::Requirement {
            name: name.to_owned(),
            version: version.map(str::to_owned),
        };
        let twice = vec![stated("b", None), stated("a", Some("1")), stated("b", None)];
        let expected = [("a", Some("1")), ("b", None)]
            .map(|(name, version)| Requirement { name: name.into(), version: version.map(Text::from) });
        assert_eq!(requirements(&mut Fields::default(), twice).unwrap(), expected);
        let check = |requires: Vec<types::Requirement>, expected: &str| {
            assert_eq!(requirements(&mut Fields::default(), requires).unwrap_err(), expected);
        };
        check(vec![stated("", None)], "`package.requires.name` is empty");
        let many = "`package.requires` names 10001 packages, over the limit of 10000";
        check(vec![stated("a", None); 10_001], many);
    }

    #[test]
    fn a_fact_that_cannot_be_used_costs_that_fact_and_names_its_file() {
        let ownership =
            contract::Ownership { package: String::new(), paths: contract::Packed(Paths::default()) };
        let stated = contract::Finding {
            path: "var/lib/dpkg/info/.list".into(),
            member: None,
            fact: contract::Fact::Ownership(ownership),
        };
        let unread = finding(&mut Fields::default(), stated).unwrap_err();
        assert_eq!(unread.path, "var/lib/dpkg/info/.list");
        assert_eq!(unread.error.to_string(), "`ownership.package` is empty");
    }
}
