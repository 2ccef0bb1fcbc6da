//! What the tracker says of versions of all releases, against Debian's own `debsecan`: generated notes of the
//! security team, as the tracker's JSON for Limpid and as the tracker's data for debsecan, and a package
//! for each.
//!
//! debsecan is told, for each vulnerability of a package, the fix in unstable and the single versions of
//! releases that are fixed. Where what it says of a version differs from what Limpid says, that is of one of the kinds of
//! [`Difference`], each of which is told apart by the notes alone, or it is a failure.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, bail};
use flate2::Compression;
use flate2::write::ZlibEncoder;
use serde_json::{Map, Value, json};

use super::Setting;
use super::debian::{array, order_of, word};
use super::made::write_tar;
use super::tally::{Comparison, Tally};
use super::versions::Numbers;
use crate::command::{command, find, output};
use crate::setup::apt::Apt;
use crate::wrap::wrap;

/// Cases of each suite.
const CASES: usize = 2_000;

/// Releases that the tracker knows, oldest first.
const RELEASES: [&str; 4] = ["bullseye", "bookworm", "trixie", UNSTABLE];
const UNSTABLE: &str = "sid";

/// Versions, lowest first: which one is above another shows in their places.
const VERSIONS: [&str; 24] = [
    "0.9-1",
    "1.0~rc1-1",
    "1.0-1~bpo10+1",
    "1.0-1~deb11u1",
    "1.0-1",
    "1.0-1+deb11u1",
    "1.0-1+deb11u2",
    "1.0-1+deb11u10",
    "1.0-2",
    "1.0.1-1",
    "1.0.1+dfsg-1",
    "1.2-1~deb12u1",
    "1.2-1",
    "1.2-1+deb12u1",
    "1.2-1+deb12u2",
    "1.10-1",
    "1.10-1+deb13u1",
    "1.10-2",
    "2.0~beta-1",
    "2.0-1~bpo12+1",
    "2.0-1",
    "1:0.5-1",
    "1:0.5-1+deb13u1",
    "1:1.0-1",
];

/// A note of the security team, of a release or of unstable; versions by their place.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Note {
    Never,
    Fixed(usize),
    Unfixed,
    Undetermined,
}

struct Case {
    name: String,
    /// In the order of [`RELEASES`]; where a release has none, that of unstable holds.
    notes: [Option<Note>; RELEASES.len()],
    /// What the archives of each release have.
    archives: [Vec<usize>; RELEASES.len()],
    installed: usize,
}

/// Why debsecan and Limpid say otherwise of a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Difference {
    /// debsecan knows fixed versions of a release one by one: those that were named and those in its
    /// archives now. Limpid takes all from the fix on, as the tracker does.
    BetweenFixes,
    /// debsecan drops a vulnerability that unstable never had, whatever a release says of itself.
    NeverInUnstable,
    /// A release says that a version which it has is vulnerable, and another release that it is not.
    OwnVersion,
}

pub(super) fn check(setting: &Setting<'_>, tally: &mut Tally) {
    if let Err(why) = install() {
        return tally.failure("debsecan", &why);
    }
    for (suite, release) in [("bullseye", 11), ("bookworm", 12)] {
        tally.check(&format!("debsecan {suite}"), || compare(setting, suite, release));
    }
}

fn install() -> anyhow::Result<()> {
    if find("debsecan").is_none()
        && let Some(apt) = Apt::find()
    {
        apt.install(&["debsecan"]);
    }
    find("debsecan").map(drop).context("`debsecan` is not there; install the Debian package of that name")
}

fn compare(setting: &Setting<'_>, suite: &str, release: u32) -> anyhow::Result<Comparison> {
    for pair in VERSIONS.windows(2) {
        if let [low, high] = pair
            && order_of(low, high)?.is_ge()
        {
            bail!("`{low}` is not below `{high}`");
        }
    }
    let mut numbers = Numbers::default();
    let cases: Vec<Case> = (0..CASES).map(|place| Case::of(place, &mut numbers)).collect();
    let folder = setting.fresh("debsecan")?;
    let expected = asked(&folder, suite, &cases)?;
    let found = reported(setting, &folder, suite, release, &cases)?;
    let own = RELEASES.iter().position(|known| *known == suite).context("the suite is not known")?;
    let mut kinds: BTreeMap<Difference, usize> = BTreeMap::new();
    let mut differences = Vec::new();
    for case in &cases {
        let (expected, found) = (expected.contains(&case.name), found.contains(&case.name));
        if expected == found {
            continue;
        }
        match case.difference(own, found) {
            Some(kind) => *kinds.entry(kind).or_default() += 1,
            None => differences.push(format!(
                "{}: debsecan says {expected}, limpid {found}: {}",
                VERSIONS.get(case.installed).unwrap_or(&"?"),
                case.releases()
            )),
        }
    }
    let what = format!(
        "{CASES} cases, {} of them vulnerable, of known kinds of differences {kinds:?}",
        expected.len()
    );
    let is_varied = expected.len() > CASES / 5 && expected.len() < CASES * 4 / 5;
    Ok(Comparison::new(what, differences).requiring(is_varied, "the cases are alike"))
}

/// The packages that debsecan finds vulnerable.
fn asked(folder: &Path, suite: &str, cases: &[Case]) -> anyhow::Result<BTreeSet<String>> {
    let told: Vec<&Case> = cases.iter().filter(|case| case.is_told()).collect();
    let mut text = "VERSION 1\n".to_owned();
    told.iter().for_each(|case| text += &format!("{},,made up\n", case.id()));
    text.push('\n');
    told.iter().enumerate().for_each(|(place, case)| text += &case.line(place));
    text += "\n\n";
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
    zlib.write_all(text.as_bytes())?;
    std::fs::write(folder.join(suite), zlib.finish()?)?;
    std::fs::write(folder.join("status"), status(cases))?;
    let mut debsecan = command("debsecan");
    debsecan.args(["--config", "/dev/null", "--format", "simple", "--suite", suite]);
    debsecan.arg("--source").arg(format!("file://{}", folder.display()));
    debsecan.arg("--status").arg(folder.join("status"));
    let text = output(&mut debsecan)?;
    Ok(text.lines().filter_map(|line| line.split_whitespace().nth(1)).map(str::to_owned).collect())
}

/// The packages that Limpid reports.
fn reported(
    setting: &Setting<'_>,
    folder: &Path,
    suite: &str,
    release: u32,
    cases: &[Case],
) -> anyhow::Result<BTreeSet<String>> {
    let tracker: Map<String, Value> = cases
        .iter()
        .map(|case| (case.name.clone(), json!({ case.id(): { "releases": case.releases() } })))
        .collect();
    let document = folder.join("tracker.json");
    std::fs::write(&document, Value::from(tracker).to_string())?;
    let os_release = format!("ID=debian\nVERSION_ID=\"{release}\"\nVERSION_CODENAME={suite}\n");
    let files = [("etc/os-release", os_release), ("var/lib/dpkg/status", status(cases))];
    let (layer, image) = (folder.join("layer.tar"), folder.join("image.tar"));
    write_tar(&layer, files.into_iter().map(|(path, content)| (path.to_owned(), content)))?;
    wrap(&layer, &image)?;
    setting.limpid.import(folder, "debian", &[document])?;
    let report = setting.limpid.scan(folder, &image)?;
    let names = array(&report, "/findings").iter().map(|finding| word(finding, "/package/name").to_owned());
    Ok(names.collect())
}

fn status(cases: &[Case]) -> String {
    cases.iter().map(Case::stanza).collect()
}

impl Case {
    fn of(place: usize, numbers: &mut Numbers) -> Self {
        let mut version = || numbers.below(VERSIONS.len());
        let installed = version();
        let mut archives: [Vec<usize>; RELEASES.len()] = std::array::from_fn(|_| vec![version(), version()]);
        let mut note = || match numbers.below(8) {
            0 => Note::Never,
            1 => Note::Unfixed,
            2 => Note::Undetermined,
            _ => Note::Fixed(numbers.below(VERSIONS.len())),
        };
        let mut notes: [Option<Note>; RELEASES.len()] = std::array::from_fn(|_| Some(note()));
        for (known, kept) in notes.iter_mut().zip(&mut archives) {
            kept.truncate(1 + numbers.below(2));
            // The tracker names a fix only where its archives have it.
            if let Some(Note::Fixed(fix)) = known {
                kept.push(*fix + numbers.below(VERSIONS.len() - *fix));
            }
        }
        for known in notes.iter_mut().rev().skip(1) {
            *known = known.filter(|_| numbers.below(2) == 0);
        }
        Self { name: format!("case-{place:04}"), notes, archives, installed }
    }

    fn id(&self) -> String {
        format!("CVE-2026-1{}", self.name.trim_start_matches("case-"))
    }

    fn stanza(&self) -> String {
        format!(
            "Package: {}\nStatus: install ok installed\nMaintainer: Somebody <somebody@example.org>\n\
             Architecture: amd64\nVersion: {}\nDescription: made up\n\n",
            self.name,
            name(self.installed)
        )
    }

    fn in_unstable(&self) -> Note {
        self.notes.last().copied().flatten().unwrap_or(Note::Unfixed)
    }

    fn note(&self, release: usize) -> Note {
        self.notes.get(release).copied().flatten().unwrap_or_else(|| self.in_unstable())
    }

    fn archive(&self, release: usize) -> &[usize] {
        self.archives.get(release).map_or(&[], Vec::as_slice)
    }

    /// Whether the tracker tells debsecan of it.
    fn is_told(&self) -> bool {
        self.in_unstable() != Note::Never
    }

    /// Package, number, flags, the fix in unstable, and fixed versions of releases: those that notes name, and
    /// those in the archives that are not below.
    fn line(&self, number: usize) -> String {
        let unstable = match self.in_unstable() {
            Note::Fixed(fix) => name(fix),
            Note::Never | Note::Unfixed | Note::Undetermined => "",
        };
        let mut fixed = BTreeSet::new();
        for (release, note) in self.notes.iter().enumerate().take(RELEASES.len() - 1) {
            let from = match note {
                Some(Note::Never) => 0,
                Some(Note::Fixed(fix)) => {
                    fixed.insert(*fix);
                    *fix
                }
                _ => continue,
            };
            fixed.extend(self.archive(release).iter().filter(|version| **version >= from));
        }
        let fixed: Vec<&str> = fixed.into_iter().map(name).collect();
        format!("{},{number},S ? ,{unstable},{}\n", self.name, fixed.join(" "))
    }

    /// What the tracker's JSON says of each release.
    fn releases(&self) -> Value {
        let of = |release: usize| {
            let highest = self.archive(release).iter().max().copied().unwrap_or(0);
            let (status, fix) = match self.note(release) {
                Note::Never => ("resolved", Some("0")),
                Note::Fixed(fix) if highest >= fix => ("resolved", Some(name(fix))),
                Note::Fixed(_) | Note::Unfixed => ("open", None),
                Note::Undetermined => ("undetermined", None),
            };
            let places = ["main", "security", "updates"];
            let kept = places.iter().zip(self.archive(release));
            let kept: Map<String, Value> =
                kept.map(|(place, version)| ((*place).to_owned(), json!(name(*version)))).collect();
            let mut message =
                json!({ "status": status, "repositories": kept, "urgency": "not yet assigned" });
            if let (Some(fix), Some(message)) = (fix, message.as_object_mut()) {
                message.insert("fixed_version".to_owned(), json!(fix));
            }
            message
        };
        RELEASES.iter().enumerate().map(|(place, release)| ((*release).to_owned(), of(place))).collect()
    }

    /// Of which kind it is that Limpid says of an image of a release what debsecan does not.
    fn difference(&self, own: usize, found: bool) -> Option<Difference> {
        let is_reached = match self.note(own) {
            Note::Never => true,
            Note::Fixed(fix) => self.installed >= fix,
            Note::Unfixed | Note::Undetermined => false,
        };
        if !found {
            return is_reached.then_some(Difference::BetweenFixes);
        }
        if !self.is_told() {
            return Some(Difference::NeverInUnstable);
        }
        (!is_reached && self.archive(own).contains(&self.installed)).then_some(Difference::OwnVersion)
    }
}

fn name(version: usize) -> &'static str {
    VERSIONS.get(version).copied().unwrap_or_default()
}
