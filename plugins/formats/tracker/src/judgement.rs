//! What all releases together say of the versions that may be installed in one of them.
//!
//! A release's own word is about the versions that it has. Images also hold versions of others: from
//! backports, from testing, or left over from the release before an upgrade. `debsecan`, Debian's own
//! tool, holds each version against the fix in unstable and against the fixed versions of all releases,
//! and so does this:
//!
//! - A version at or above the fix in unstable is not vulnerable, whatever a release has.
//! - A version that another release has, and is fixed there, is not vulnerable.
//! - A release that is fixed or never was vulnerable speaks of its own line of versions. Where another one
//!   has a higher version that is vulnerable, what was installed from that on is vulnerable up to the fix in
//!   unstable.
//!
//! Where it differs from `debsecan`: that knows the fixed versions of a release one by one, as far as
//! they were named or are in the archive, and takes each other one for vulnerable; here all versions of a
//! release from its fix on are fixed, as the tracker itself has it. And where unstable never was
//! vulnerable, `debsecan` knows no vulnerability at all; here what a release says of itself holds.

use std::collections::BTreeSet;

use limpid_plugin_sdk::feed::{Affected, Bound, Range, Status};

use crate::Tracker;
use crate::order::compare;
use crate::release::{Release, Verdict};

/// The release from which versions come into all others.
const UNSTABLE: &str = "sid";

/// What is stated of a package in each of the releases of which `tracker` is asked.
pub(crate) fn of(tracker: &Tracker, package: &str, releases: &[Release<'_>]) -> Vec<Affected> {
    let settled = releases.iter().find(|one| &*one.codename == UNSTABLE).and_then(settled);
    let parties: Vec<_> = releases.iter().map(Party::of).collect();
    let statements = |party| Judgement { package, party, parties: &parties, settled }.statements();
    parties.iter().filter(|party| tracker.states(&party.release.codename)).flat_map(statements).collect()
}

/// The version from which on unstable is not vulnerable.
fn settled<'a>(unstable: &'a Release<'_>) -> Option<&'a str> {
    match &unstable.verdict {
        Verdict::Fixed(fix) | Verdict::Open(_, Some(fix)) => Some(fix),
        Verdict::Never => highest(unstable.kept.iter().map(|version| &**version)),
        Verdict::Open(_, None) => None,
    }
}

/// A release, and what is known of its versions.
struct Party<'a> {
    release: &'a Release<'a>,
    /// Those that are known not to be vulnerable.
    sound: Vec<&'a str>,
    /// Those that are known to be vulnerable.
    vulnerable: Vec<&'a str>,
}

impl<'a> Party<'a> {
    fn of(release: &'a Release<'a>) -> Self {
        let kept = release.kept.iter().map(|version| &**version);
        let (sound, vulnerable) = match &release.verdict {
            Verdict::Never => (kept.collect(), Vec::new()),
            Verdict::Fixed(fix) => {
                let (mut sound, vulnerable): (Vec<_>, _) =
                    kept.partition(|version| compare(version, fix).is_ge());
                sound.push(&**fix);
                (sound, vulnerable)
            }
            Verdict::Open(Status::UnderInvestigation, _) => (Vec::new(), Vec::new()),
            Verdict::Open(..) => (Vec::new(), kept.collect()),
        };
        Self { release, sound, vulnerable }
    }
}

struct Judgement<'a> {
    package: &'a str,
    /// The release that is spoken of.
    party: &'a Party<'a>,
    parties: &'a [Party<'a>],
    settled: Option<&'a str>,
}

impl<'a> Judgement<'a> {
    fn statements(&self) -> Vec<Affected> {
        let sound: BTreeSet<&str> = self.others().flat_map(|other| other.sound.iter().copied()).collect();
        let newer = self.newer(&sound);
        let mut statements = vec![self.own(newer)];
        if let Some(newer) = newer {
            let until = self.settled.map(|settled| Bound::Excluding(settled.to_owned()));
            let range = Range { introduced: Some(newer.to_owned()), until };
            let note = format!(
                "the versions of {} are not vulnerable, newer ones are",
                &*self.party.release.codename
            );
            statements.push(Affected { note: Some(note), ..self.statement(Status::Affected, range) });
        }
        statements.extend(self.fixed(&sound, newer));
        statements
    }

    fn others(&self) -> impl Iterator<Item = &'a Party<'a>> + use<'a> {
        let codename = &self.party.release.codename;
        self.parties.iter().filter(move |one| one.release.codename != *codename)
    }

    /// What the release says of itself.
    fn own(&self, newer: Option<&str>) -> Affected {
        match &self.party.release.verdict {
            Verdict::Never => {
                self.statement(Status::NotAffected, newer.map_or_else(Range::all, Range::before))
            }
            Verdict::Fixed(fix) => self.statement(Status::Affected, Range::before(&**fix)),
            Verdict::Open(status, _) => Affected {
                note: self.party.release.note.as_deref().map(str::to_owned),
                ..self.statement(*status, Range::all())
            },
        }
    }

    /// The lowest version above those of this release that is vulnerable where it comes from.
    fn newer(&self, sound: &BTreeSet<&str>) -> Option<&'a str> {
        let own = match &self.party.release.verdict {
            Verdict::Open(..) => return None,
            Verdict::Fixed(fix) => Some(&**fix),
            Verdict::Never => highest(self.party.release.kept.iter().map(|version| &**version)),
        };
        let is_newer = |version: &&str| {
            own.is_none_or(|own| compare(version, own).is_gt())
                && self.settled.is_none_or(|settled| compare(version, settled).is_lt())
                && !sound.contains(version)
                && !self.party.release.kept.iter().any(|kept| &**kept == *version)
        };
        lowest(self.others().flat_map(|other| other.vulnerable.iter().copied()).filter(is_newer))
    }

    /// What is fixed, as far as the other statements take it for vulnerable.
    fn fixed(&self, sound_elsewhere: &BTreeSet<&'a str>, newer: Option<&str>) -> Option<Affected> {
        let is_below = |version: &str, than: &str| compare(version, than).is_lt();
        let is_unsettled = |version: &str| self.settled.is_none_or(|settled| is_below(version, settled));
        let is_blamed = |version: &str| match &self.party.release.verdict {
            Verdict::Open(..) => true,
            Verdict::Fixed(fix) if is_below(version, fix) => true,
            _ => newer.is_some_and(|newer| !is_below(version, newer)) && is_unsettled(version),
        };
        let from = match &self.party.release.verdict {
            Verdict::Never => None,
            Verdict::Fixed(fix) => self.settled.filter(|settled| is_below(settled, fix)),
            Verdict::Open(_, fix) => lowest(self.settled.into_iter().chain(fix.as_deref())),
        };
        // Of the versions that it has, a release knows best.
        let versions: BTreeSet<&str> = sound_elsewhere
            .iter()
            .copied()
            .chain(self.party.sound.iter().copied())
            .filter(|version| is_blamed(version) && !self.party.vulnerable.contains(version))
            .filter(|version| from.is_none_or(|from| is_below(version, from)))
            .collect();
        if from.is_none() && versions.is_empty() {
            return None;
        }
        Some(Affected {
            ranges: from.map(Range::since).into_iter().collect(),
            versions: versions.into_iter().map(str::to_owned).collect(),
            ratings: Vec::new(),
            ..self.statement(Status::Fixed, Range::all())
        })
    }

    fn statement(&self, status: Status, range: Range) -> Affected {
        Affected {
            namespace: format!("debian:{}", &*self.party.release.codename),
            name: self.package.to_owned(),
            source: true,
            scheme: "dpkg".to_owned(),
            status,
            ranges: vec![range],
            ratings: self.party.release.rating.iter().cloned().collect(),
            ..Affected::default()
        }
    }
}

fn highest<'a>(versions: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    versions.max_by(|a, b| compare(a, b))
}

fn lowest<'a>(versions: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    versions.min_by(|a, b| compare(a, b))
}
