//! A record becomes an advisory.

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{self, Advisory, Range, Rating, Status};

use crate::ecosystem::{Ecosystem, Versions};
use crate::imports::Imports;
use crate::last_known::End;
use crate::publisher::{Publisher, Stated};
use crate::record::{Affected, Package, Record, Severity, Text};
use crate::{qualifiers, ranges, text};

/// A part of a record that could not be used, and why.
pub(crate) type Rejected = (String, Error);

/// What a record says of one ecosystem, or of all where none is given, and which of its packages and
/// ranges could not be used. No advisory where it says nothing: it knows commits only, or no package
/// could be used.
pub(crate) fn of(
    publisher: &dyn Publisher,
    record: &Record<'_>,
    id: &str,
    ecosystem: Option<&str>,
) -> (Option<Advisory>, Vec<Rejected>) {
    let mut affected = Vec::new();
    let mut rejected = Vec::new();
    let mut distributions_only = true;
    let rater = || publisher.rater(id);
    for (position, one) in record.affected.iter().flatten().enumerate() {
        let Some(package) = one.package.as_ref() else { continue };
        let stated_of = Stated { id, ecosystem: package.ecosystem.as_str(), versions: versions(one) };
        let known = publisher.ecosystem(&stated_of);
        distributions_only &= known.is_distribution();
        let is_other = ecosystem.is_some_and(|ecosystem| package.base() != ecosystem);
        if is_other || !publisher.states(&stated_of) {
            continue;
        }
        let path = format!("{id}/affected[{position}]");
        if let Err(why) = check(package) {
            rejected.push((path, Error::malformed(why)));
            continue;
        }
        let between = between(&known, one, &path, &mut rejected);
        affected.extend(stated(&rater, &known, one, package, between));
    }
    if is_malicious(id) {
        let rating = Rating::word(MALICIOUS_PACKAGES, "malicious");
        affected.iter_mut().for_each(|affected| affected.ratings.push(rating.clone()));
    }
    let advisory = (!affected.is_empty()).then(|| Advisory {
        aliases: aliases(record, id, distributions_only),
        title: line(record.summary.as_ref()),
        details: record.details.as_ref().map(owned).unwrap_or_default(),
        ratings: ratings(&rater, &record.severity, [record.database_specific.severity.as_ref()]),
        weaknesses: weaknesses(record),
        references: record.references.iter().filter_map(|one| one.url.as_ref()).map(owned).collect(),
        published: time(record.published.as_ref()),
        modified: time(record.modified.as_ref()),
        withdrawn: time(record.withdrawn.as_ref()),
        affected,
        ..Advisory::new(id)
    });
    (advisory, rejected)
}

/// Who says of packages that they were published to do harm.
const MALICIOUS_PACKAGES: &str = "openssf-malicious-packages";

/// Whether a record says that its packages are themselves the attack, which no score tells: those of
/// [OpenSSF](https://github.com/ossf/malicious-packages), which have a prefix of their own.
fn is_malicious(id: &str) -> bool {
    id.starts_with("MAL-")
}

fn check(package: &Package<'_>) -> Result<(), &'static str> {
    if !text::is_name(package.name.as_str()) {
        return Err("its package's name is empty, too long or has control characters");
    }
    if !text::is_name(package.ecosystem.as_str()) {
        return Err("its ecosystem is empty, too long or has control characters");
    }
    Ok(())
}

/// The ranges of one package. One that cannot be used costs that range: the others hold, and so do the
/// versions that are listed.
fn between(
    ecosystem: &Ecosystem,
    affected: &Affected<'_>,
    path: &str,
    rejected: &mut Vec<Rejected>,
) -> Vec<Range> {
    let mut between = Vec::new();
    for (position, range) in affected.ranges.iter().enumerate() {
        if range.kind.as_str() == "GIT" {
            continue;
        }
        match ranges::between(&ecosystem.scheme, range) {
            Ok(mut ranges) => between.append(&mut ranges),
            Err(why) => rejected.push((format!("{path}/ranges[{position}]"), Error::malformed(why))),
        }
    }
    between
}

/// What a record says of one package; nothing where it says nothing.
fn stated(
    rater: &dyn Fn() -> String,
    ecosystem: &Ecosystem,
    affected: &Affected<'_>,
    package: &Package<'_>,
    mut between: Vec<Range>,
) -> Vec<feed::Affected> {
    let (database, own) = (&affected.database_specific, &affected.ecosystem_specific);
    let end = database.last_known.as_ref().and_then(|end| End::parse(end.as_str()));
    let end = end.filter(|end| end.apply(&ecosystem.scheme, &mut between));
    let is_new = |version: &&str| {
        let bare = ecosystem.bare(version);
        // Whoever listed versions took the range for one without an end.
        !end.as_ref().is_some_and(|end| end.is_passed(&ecosystem.scheme, bare))
            && !between.iter().any(|range| ranges::surely_holds(&ecosystem.scheme, range, bare))
    };
    let versions: Vec<String> = affected
        .versions
        .iter()
        .map(Text::as_str)
        .filter(|version| text::is_name(version))
        .filter(is_new)
        .map(str::to_owned)
        .collect();
    if between.is_empty() && versions.is_empty() {
        return Vec::new();
    }
    let urgency = own.urgency.as_ref().map_or("", Text::as_str);
    let mut ratings = ratings(rater, &affected.severity, [database.severity.as_ref(), own.severity.as_ref()]);
    ratings.extend(database.cvss.as_ref().and_then(|vector| cvss(vector.as_str().trim(), "CVSS:3.1")));
    ratings.extend(debian(urgency));
    let stated = feed::Affected {
        namespace: ecosystem.namespace.clone(),
        name: ecosystem.package(package.name.as_str()).into_owned(),
        source: ecosystem.has_sources() || package.is_source(),
        scheme: ecosystem.scheme.clone(),
        status: if urgency == "end-of-life" { Status::EndOfLife } else { Status::Affected },
        ranges: between,
        versions,
        symbols: own.imports.symbols.clone(),
        requires: qualifiers::required(package.purl.as_ref().map_or("", Text::as_str)),
        ratings,
        note: database.informational.as_ref().map(|word| format!("informational: {}", word.as_str())),
    };
    by_platform(stated, &own.imports)
}

/// A statement for whatever is vulnerable anywhere, one for each set of systems on which more is, and one for
/// packages of which nobody knows for which of them they are.
fn by_platform(anywhere: feed::Affected, imports: &Imports) -> Vec<feed::Affected> {
    let limited = imports.limited.iter().map(|(platforms, symbols)| {
        let mut stated = feed::Affected { symbols: symbols.clone(), ..anywhere.clone() };
        stated.requires.extend(platforms.required());
        stated
    });
    let mut all: Vec<_> = limited.collect();
    if !all.is_empty() {
        all.push(feed::Affected { symbols: imports.elsewhere(), ..anywhere.clone() });
    }
    if imports.are_anywhere() {
        all.insert(0, anywhere);
    }
    all
}

fn versions(affected: &Affected<'_>) -> Versions {
    let is_semantic = affected.ranges.iter().any(|range| range.kind.as_str() == "SEMVER");
    if is_semantic { Versions::Semantic } else { Versions::OfEcosystem }
}

impl Package<'_> {
    /// The ecosystem without a release: `Debian` of `Debian:12`.
    pub(crate) fn base(&self) -> &str {
        let name = self.ecosystem.as_str();
        name.split(':').next().unwrap_or(name)
    }

    /// Whether its package URL says that it is a source package.
    fn is_source(&self) -> bool {
        self.purl.as_ref().is_some_and(|purl| qualifiers::is_source(purl.as_str()))
    }
}

/// Other identifiers of what the record speaks of. What is merely related is something else, with one
/// exception: before the schema had `upstream` (1.7), errata of distributions named by `related` the
/// vulnerabilities that they fix, and AlmaLinux and Freexian still do.
fn aliases(record: &Record<'_>, id: &str, distributions_only: bool) -> Vec<String> {
    let mut aliases: Vec<String> = Vec::new();
    let mut add = |texts: &[Text<'_>], is_meant: fn(&str) -> bool| {
        for alias in texts.iter().map(Text::as_str).filter(|text| is_meant(text)).map(text::canonical) {
            if alias != id && !aliases.iter().any(|known| *known == alias) {
                aliases.push(alias.into_owned());
            }
        }
    };
    add(&record.aliases, text::is_identifier);
    add(&record.upstream, text::is_identifier);
    if distributions_only && record.aliases.is_empty() && record.upstream.is_empty() {
        add(&record.related, |text| text.starts_with("CVE-") && text::is_identifier(text));
    }
    aliases
}

/// Vectors and words. Words of `database_specific` are those of the database.
fn ratings<'a>(
    rater: &dyn Fn() -> String,
    severities: &[Severity<'_>],
    words: impl IntoIterator<Item = Option<&'a Text<'a>>>,
) -> Vec<Rating> {
    let mut ratings: Vec<Rating> = severities.iter().filter_map(rating).collect();
    for word in words.into_iter().flatten().map(Text::as_str) {
        let is_word = (1..=32).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_alphabetic());
        if is_word && !word.eq_ignore_ascii_case("unknown") && !word.eq_ignore_ascii_case("none") {
            ratings.push(Rating::word(rater(), word));
        }
    }
    ratings
}

fn rating(severity: &Severity<'_>) -> Option<Rating> {
    let (kind, value) = (severity.kind.as_str(), severity.score.as_str().trim());
    match kind {
        "CVSS_V2" => cvss(value, "CVSS:2.0"),
        "CVSS_V3" => cvss(value, "CVSS:3.1"),
        _ if kind.starts_with("CVSS") => cvss(value, "CVSS:4.0"),
        _ if text::is_identifier(value) => Some(Rating::word(kind.to_ascii_lowercase(), value)),
        _ => None,
    }
}

/// A vector, which says of which version it is: `CVSS:3.1/AV:N/...`. The type that stands beside it does
/// not tell 3.0 from 3.1, and is wrong at times; it counts where the vector does not say, which none
/// of version 2 does. Some databases put vectors in parentheses.
fn cvss(vector: &str, otherwise: &str) -> Option<Rating> {
    let bare = vector.strip_prefix('(').unwrap_or(vector);
    let (first, _) = bare.split_once('/')?;
    let is_version = |system: &str| system.starts_with("CVSS:") && system.len() == "CVSS:3.1".len();
    let system = match first.to_ascii_uppercase() {
        system if is_version(&system) => system,
        metric if metric.starts_with("AV:") => otherwise.to_owned(),
        _ => return None,
    };
    text::is_identifier(vector).then(|| Rating::word(system, vector))
}

/// The urgency of Debian's security team; see the feed of its tracker.
fn debian(urgency: &str) -> Option<Rating> {
    match urgency {
        "" | "not yet assigned" | "end-of-life" => None,
        word => text::is_identifier(word).then(|| Rating::word("debian", word)),
    }
}

fn weaknesses(record: &Record<'_>) -> Vec<String> {
    let of_packages = record.affected.iter().flatten().map(|affected| &affected.database_specific);
    let mut weaknesses: Vec<String> = Vec::new();
    for weakness in [&record.database_specific].into_iter().chain(of_packages).flat_map(|one| &one.weaknesses)
    {
        let weakness = weakness.as_str();
        if weakness.starts_with("CWE-") && !weaknesses.iter().any(|known| known == weakness) {
            weaknesses.push(weakness.to_owned());
        }
    }
    weaknesses
}

fn owned(text: &Text<'_>) -> String {
    text.as_str().to_owned()
}

fn line(text: Option<&Text<'_>>) -> String {
    text.and_then(|text| text.as_str().lines().next()).unwrap_or_default().trim().to_owned()
}

/// A time as it is. One that is none costs only itself.
fn time(text: Option<&Text<'_>>) -> Option<String> {
    text.filter(|text| text::is_time(text.as_str())).map(owned)
}
