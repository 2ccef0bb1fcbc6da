//! Versions made up by the grammar of a scheme, the same in every run.

/// The grammar of a scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// `[epoch:]upstream[-revision]`, as
    /// [Debian Policy 5.6.12](https://www.debian.org/doc/debian-policy/ch-controlfields.html#version)
    /// has it.
    Dpkg,
    /// `number(.number)*letter?(_suffix number?)*(-r number)?`
    Apk,
    /// A number and then pieces in any order, of which the most are no versions to apk-tools 3.
    LooseApk,
    /// `[epoch:]version[-release]`, of whatever [rpm-version(7)](https://rpm.org/docs/latest/man/rpm-version.7) tells
    /// apart.
    Rpm,
    /// All parts that
    /// [PEP 440](https://packaging.python.org/en/latest/specifications/version-specifiers/) knows.
    Pep440,
    /// `major.minor.patch[-identifiers][+build]`
    Semver,
    /// Numbers, qualifiers and what publishers put behind them.
    Maven,
    /// Numbers and words between dots, and hyphens.
    Gem,
    /// `vMAJOR[.MINOR[.PATCH[-identifiers][+build]]]`, pseudo-versions among them.
    Go,
    /// `go1.21.0`, `go1.21rc2`
    GoToolchain,
    /// `major.minor.patch` with all that npm takes in its loose mode.
    LooseSemver,
    /// One to four numbers, labels, metadata.
    Nuget,
    /// One to four numbers or a date, a stability, branches.
    Composer,
    /// Numbers between dots and hyphens.
    Cran,
    /// Numbers between dots.
    Haskell,
    /// Epoch, components, local version.
    Conda,
    /// Decimal and dotted versions of Perl.
    Cpan,
    /// `[epoch:]version[-release]` of pacman, of which no part ends in a separator.
    Alpm,
    /// All parts that the
    /// [Package Manager Specification](https://projects.gentoo.org/pms/8/pms.html#version-specifications) knows, and a few
    /// that it does not.
    Portage,
}

const QUALIFIERS: [&str; 31] = [
    "",
    "",
    "-alpha",
    ".beta",
    "-rc1",
    "-rc-2",
    "a1",
    "b2",
    "m3",
    "-M1",
    ".RC1",
    ".CR2",
    "-SNAPSHOT",
    ".Final",
    ".RELEASE",
    "-GA",
    "-jre8",
    "-jre11",
    "-android",
    "-redhat-1",
    ".redhat-00002",
    "-sp1",
    ".SP2",
    "-xyz",
    "-1",
    "-2.1",
    "-10",
    ".v20240101",
    "-0.1",
    ".0",
    "-incubating",
];

/// Pieces of an upstream version or a revision of Debian.
const PIECES: [&str; 22] = [
    "0", "1", "2", "9", "10", "00", "01", "007", "a", "b", "Z", "rc", "dfsg", "git", "~", "~~", "+", ".",
    ".", "+deb12u", "~bpo", "ubuntu",
];

/// Pieces of a version or a release of pacman, none of which ends in a separator.
const ALPM_PIECES: [&str; 24] = [
    "0", "1", "2", "9", "10", "00", "01", "007", "20240101", "a", "b", "Z", "rc", "alpha", ".0", ".1", "..1",
    "_2", "+r10", ".g1a2b", "~rc1", "^1", ".a", "é1",
];

/// Pieces of a version or a release of RPM.
const RPM_PIECES: [&str; 27] = [
    "0", "1", "2", "9", "10", "00", "01", "007", "20240101", "a", "b", "Z", "rc", "git", "el", "el8", "fc40",
    "~", "~", "^", "^", ".", ".", "_", "+", "é", ".el8_4",
];

const SUFFIXES: [&str; 9] = ["alpha", "beta", "pre", "rc", "cvs", "svn", "git", "hg", "p"];

/// Pieces of versions to apk-tools 2. None begins with a digit, so that no number has more zeros than
/// one at its beginning: those the two order differently.
const LOOSE: [&str; 28] = [
    ".",
    ".0",
    ".1",
    ".2",
    ".10",
    "a",
    "a1",
    "p",
    "p2",
    "p10",
    "r",
    "_",
    "_p",
    "_p1",
    "_rc",
    "_rc1",
    "_pre2",
    "_foo",
    "_git20240101",
    "-",
    "-r",
    "-r1",
    "-r10",
    "-1",
    "+",
    ":",
    "A",
    "é",
];

/// A generator of numbers,
/// [xorshift64*](https://en.wikipedia.org/wiki/Xorshift#xorshift*): good enough to vary versions.
pub(crate) struct Numbers(u64);

impl Default for Numbers {
    fn default() -> Self {
        Self(0x9e37_79b9_7f4a_7c15)
    }
}

/// Pairs of versions. In every other pair the second is the first with one part made anew, so that
/// they differ late or not at all.
pub(crate) fn pairs(form: Form, count: usize) -> Vec<(String, String)> {
    let mut numbers = Numbers::default();
    let mut pairs = Vec::with_capacity(count);
    for place in 0..count {
        let a = form.parts(&mut numbers);
        let mut b = form.parts(&mut numbers);
        if place % 2 == 0 {
            let anew = numbers.below(a.len());
            for (at, (from, to)) in a.iter().zip(&mut b).enumerate() {
                if at != anew {
                    to.clone_from(from);
                }
            }
        }
        pairs.push((a.concat(), b.concat()));
    }
    pairs
}

/// Pairs as `limpid version compare` reads them.
pub(crate) fn lines(pairs: &[(String, String)]) -> String {
    pairs.iter().map(|(a, b)| format!("{a}\t{b}\n")).collect()
}

impl Form {
    /// The parts of a version, which are as many in each.
    fn parts(self, numbers: &mut Numbers) -> Vec<String> {
        match self {
            Self::Dpkg => {
                let epoch = numbers.choose(&["", "", "", "0:", "1:", "2:"]).to_owned();
                let first = numbers.choose(&["0", "1", "2", "9", "10", "00", "01"]).to_owned();
                let (upstream, tail) = (numbers.pieces(5), numbers.pieces(4));
                let revision = match numbers.below(4) {
                    0 => String::new(),
                    1 => format!("-{}{tail}", numbers.below(3)),
                    // A hyphen inside the upstream version, which a revision makes possible.
                    2 => format!("-1-{}{tail}", numbers.below(3)),
                    _ => format!("-{}", numbers.below(20)),
                };
                vec![epoch, first, upstream, revision]
            }
            Self::Apk => {
                let first = numbers.number();
                let more = (0..numbers.below(4)).map(|_| format!(".{}", numbers.number())).collect();
                let letter = numbers.choose(&["", "", "", "a", "b", "z"]).to_owned();
                let suffixes = [numbers.suffix(), numbers.suffix()].concat();
                let revision = match numbers.below(3) {
                    0 => String::new(),
                    _ => format!("-r{}", numbers.below(12)),
                };
                vec![first, more, letter, suffixes, revision]
            }
            Self::LooseApk => {
                let first = numbers.choose(&["0", "1", "2", "9", "10"]).to_owned();
                let (start, tail) = (numbers.any(&LOOSE, 2), numbers.any(&LOOSE, 2));
                vec![first, start, numbers.any(&LOOSE, 1), tail]
            }
            Self::Rpm => {
                let epoch = numbers.choose(&["", "", "", "0:", "1:", "2:", "10:", ":"]).to_owned();
                let first = numbers.choose(&["0", "1", "2", "10", "00", "01", "a", "~"]).to_owned();
                let (version, tail) = (numbers.any(&RPM_PIECES, 5), numbers.any(&RPM_PIECES, 4));
                let release = match numbers.below(4) {
                    0 => String::new(),
                    1 => format!("-{tail}"),
                    2 => format!("-1-{}{tail}", numbers.below(3)),
                    _ => format!("-{}{tail}", numbers.below(20)),
                };
                vec![epoch, first, version, release]
            }
            Self::Pep440 => {
                let small = ["0", "1", "2", "10"];
                let epoch = numbers.choose(&["", "", "", "", "1!"]).to_owned();
                let first = numbers.choose(&small).to_owned();
                let more = (0..numbers.below(3)).map(|_| format!(".{}", numbers.choose(&small))).collect();
                let pre = numbers.choose(&["", "", "", "a1", "b2", "rc1", "rc2", ".RC.1"]).to_owned();
                let post = numbers.choose(&["", "", "", ".post1", ".post2", "-1"]).to_owned();
                let dev = numbers.choose(&["", "", "", ".dev0", ".dev1"]).to_owned();
                let local = ["", "", "", "+cpu", "+cu118", "+CPU", "+1", "+1.cpu", "+cpu-1"];
                vec![epoch, first, more, pre, post, dev, numbers.choose(&local).to_owned()]
            }
            Self::Semver => {
                let core = [numbers.small(), numbers.small(), numbers.small()].join(".");
                let pre = ["", "", "", "-0", "-1", "-10", "-alpha", "-alpha.1", "-rc.1", "-rc.10", "-rc-1"];
                let build = ["", "", "", "+1", "+20130313144700", "+sha.5114f85", "+b-1.2"];
                vec![core, numbers.choose(&pre).to_owned(), numbers.choose(&build).to_owned()]
            }
            Self::Maven => {
                let rest = [numbers.small_numbers(3), numbers.any(&[".0"], 2)].concat();
                let qualifiers =
                    [numbers.choose(&QUALIFIERS), numbers.choose(&QUALIFIERS)].map(str::to_owned);
                let [first, second] = qualifiers;
                vec![numbers.small(), rest, first, second]
            }
            Self::Gem => {
                let pieces = [".0", ".1", ".a", ".b2", ".rc1", ".pre", ".0.0", ".x86", ".B"];
                let pre_release = ["", "", "", "-1", "-rc.1", "-a-b", "--2"];
                let (middle, tail) = (numbers.any(&pieces, 3), numbers.any(&pieces, 2));
                vec![
                    numbers.small(),
                    numbers.small_numbers(3),
                    middle,
                    tail,
                    numbers.choose(&pre_release).to_owned(),
                ]
            }
            Self::Go => {
                let core = [numbers.small(), numbers.small(), numbers.small()].join(".");
                let pre = [
                    "",
                    "",
                    "-0",
                    "-10",
                    "-alpha.1",
                    "-rc.10",
                    "-rc-1",
                    "-0.20190101000000-abcdef012345",
                    "-pre.0.20190102000000-000000000000",
                    "-20190101000000-abcdef012345",
                ];
                let build = ["", "", "+incompatible", "+dirty", "+b-1.2"];
                let (pre, build) = (numbers.choose(&pre).to_owned(), numbers.choose(&build).to_owned());
                vec!["v".to_owned(), core, pre, build]
            }
            Self::GoToolchain => {
                let kinds = ["beta1", "rc1", "rc2", "rc10", ".0", ".1", ".1", ".2", ".10"];
                let vendor = ["", "", "", "-bigcorp", "-fips.1"];
                let minor = numbers.choose(&["1.9", "1.20", "1.21", "1.22", "2.0"]).to_owned();
                vec![
                    "go".to_owned(),
                    minor,
                    numbers.choose(&kinds).to_owned(),
                    numbers.choose(&vendor).to_owned(),
                ]
            }
            Self::LooseSemver => {
                let before = numbers.choose(&["", "", "v", "=", "= v", " v"]).to_owned();
                let number = ["0", "1", "2", "10", "01", "010"];
                let core =
                    [numbers.choose(&number), numbers.choose(&number), numbers.choose(&number)].join(".");
                let pre = [
                    "", "", "-0", "-01", "-10", "-alpha", "alpha.1", "rc1", "-rc.10", "-rc-1", "-", "--",
                    "-.1", "-A",
                ];
                let build = ["", "", "+1", "+sha.5114f85", "+b-1.2"];
                vec![before, core, numbers.choose(&pre).to_owned(), numbers.choose(&build).to_owned()]
            }
            Self::Nuget => {
                let labels = [
                    "",
                    "",
                    "-0",
                    "-2",
                    "-10",
                    "--5",
                    "-2147483647",
                    "-2147483648",
                    "-20240101120000",
                    "-alpha",
                    "-Alpha.2",
                    "-ALPHA.10",
                    "-beta",
                    "-rc.1",
                    "-rc1",
                    "-RC-2",
                ];
                let metadata = ["", "", "+abc", "+5.Z"];
                let (labels, metadata) = (numbers.choose(&labels), numbers.choose(&metadata));
                vec![numbers.small(), numbers.small_numbers(3), labels.to_owned(), metadata.to_owned()]
            }
            Self::Composer => {
                let before = numbers.choose(&["", "", "v", "V"]).to_owned();
                let core = match numbers.below(6) {
                    0 => numbers
                        .choose(&["2010-01-02", "20100102", "2010.01", "20100102-203040", "2010:01:02"])
                        .to_owned(),
                    1 => format!("{}.x", numbers.small()),
                    _ => [numbers.small(), numbers.small_numbers(3)].concat(),
                };
                let words = [
                    "", "", "-alpha", "a1", "-beta2", ".b.10", "-RC1", "rc-2.1", "-p1", "-patch", "pl3",
                    "-stable", "-STABLE", "-", "-foo", "-4",
                ];
                let tails = ["", "", "-dev", ".dev", "dev", "+build.5", "@beta"];
                vec![before, core, numbers.choose(&words).to_owned(), numbers.choose(&tails).to_owned()]
            }
            Self::Cran => {
                let pieces = [".0", ".1", ".2", ".10", "-0", "-1", "-10", ".01", ".9000"];
                vec![numbers.small(), numbers.any(&pieces, 2), numbers.any(&pieces, 2)]
            }
            Self::Haskell => {
                let pieces = [".0", ".1", ".2", ".10", ".20240101"];
                vec![numbers.small(), numbers.any(&pieces, 2), numbers.any(&pieces, 2)]
            }
            Self::Conda => {
                let epoch = numbers.choose(&["", "", "", "1!", "0!"]).to_owned();
                let pieces = [
                    ".0", ".1", ".10", "a", "b2", "rc1", "RC", ".rc", "dev", ".dev1", "post", ".post1", "_1",
                    "_a", ".0a",
                ];
                let (middle, tail) = (numbers.any(&pieces, 3), numbers.any(&pieces, 2));
                let local = ["", "", "", "", "+0", "+1", "+a", "+1.a", "+cu118"];
                vec![epoch, numbers.small(), middle, tail, numbers.choose(&local).to_owned()]
            }
            Self::Alpm => {
                let epoch = numbers.choose(&["", "", "", "0:", "1:", "2:", "10:", "01:", ":"]).to_owned();
                let first = numbers.choose(&["0", "1", "2", "10", "00", "01", "a", "r"]).to_owned();
                let (middle, tail) = (numbers.any(&ALPM_PIECES, 4), numbers.any(&ALPM_PIECES, 3));
                let release = match numbers.below(50) {
                    0 => String::new(),
                    1..20 => "-1".to_owned(),
                    _ => format!("-{}{}", numbers.small(), numbers.any(&[".1", ".2", ".10", ".01"], 2)),
                };
                vec![epoch, first, middle, tail, release]
            }
            Self::Portage => {
                let pieces = [".0", ".1", ".2", ".10", ".00", ".01", ".010", ".001", ".100", ".20240101"];
                let suffixes = [
                    "",
                    "",
                    "",
                    "_alpha",
                    "_alpha1",
                    "_beta2",
                    "_pre",
                    "_pre0",
                    "_rc1",
                    "_rc10",
                    "_p",
                    "_p0",
                    "_p1",
                    "_p20240101",
                    "_p01",
                ];
                let (middle, tail) = (numbers.any(&pieces, 2), numbers.any(&pieces, 2));
                let letter = numbers.choose(&["", "", "", "a", "b", "z"]).to_owned();
                let suffixes = [numbers.choose(&suffixes), numbers.choose(&suffixes)].concat();
                let revisions = ["", "", "", "-r0", "-r1", "-r2", "-r10", "-r01", "-r00"];
                let revision = match numbers.below(200) {
                    0 => numbers.choose(&["-r", "-1", "_x", "-r1a", "."]),
                    _ => numbers.choose(&revisions),
                };
                vec![numbers.number(), middle, tail, letter, suffixes, revision.to_owned()]
            }
            Self::Cpan => {
                let pieces = [".0", ".1", ".2", ".10", ".100", ".001002", ".23", ".000", ".9999"];
                let before = numbers.choose(&["", "", "", "v"]).to_owned();
                let (fraction, more) = (numbers.choose(&pieces).to_owned(), numbers.any(&pieces, 2));
                let trials = ["", "", "", "", "", "", "_1", "_02", "_003", "a"];
                vec![before, numbers.small(), fraction, more, numbers.choose(&trials).to_owned()]
            }
        }
    }
}

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }

    /// A number below `limit`, which is not 0.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        let limit = u64::try_from(limit).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.next() % limit).unwrap_or(0)
    }

    fn choose<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices.get(self.below(choices.len())).copied().unwrap_or_default()
    }

    fn pieces(&mut self, most: usize) -> String {
        self.any(&PIECES, most)
    }

    fn any(&mut self, pieces: &[&str], most: usize) -> String {
        (0..self.below(most + 1)).map(|_| self.choose(pieces)).collect()
    }

    fn small(&mut self) -> String {
        self.choose(&["0", "1", "2", "10"]).to_owned()
    }

    /// Up to so many numbers, each behind a dot.
    fn small_numbers(&mut self, most: usize) -> String {
        (0..self.below(most + 1)).map(|_| format!(".{}", self.small())).collect()
    }

    fn number(&mut self) -> String {
        self.choose(&["0", "1", "2", "9", "10", "11", "00", "01", "010", "20240923"]).to_owned()
    }

    fn suffix(&mut self) -> String {
        let number = self.choose(&["", "0", "1", "2", "10"]);
        match self.below(3) {
            0 => format!("_{}{number}", self.choose(&SUFFIXES)),
            _ => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_run_makes_the_same_pairs() {
        assert_eq!(pairs(Form::Dpkg, 50), pairs(Form::Dpkg, 50));
        assert_eq!(pairs(Form::Apk, 50).len(), 50);
    }
}
