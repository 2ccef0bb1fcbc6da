//! Whether a report passes: for pipelines, which stop where an image is too bad, or where nobody can tell.

use std::str::FromStr;

use limpid_model::Severity;

use crate::expression::{Around, Expression, Of, Shown};
use crate::json as api;

/// What a bar begins with that is an expression.
const PREFIX: &str = "cel:";

/// What no image may have.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar(Kind);

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    Words(Words),
    Expression(Expression),
}

/// A finding that is all of this.
#[derive(Clone, Debug, Default, PartialEq)]
struct Words {
    /// At least so bad. What nobody has rated may be, and counts.
    severity: Option<Severity>,
    /// What nobody has rated does not count.
    rated: bool,
    /// A fixed version is known.
    fixable: bool,
    /// It is known to be exploited.
    exploited: bool,
    /// At least so likely to be exploited in the next 30 days, 0 to 1.
    epss: Option<f32>,
    /// Not a finding: the report is not complete.
    incomplete: bool,
}

/// The words of which a bar is made.
const WORDS: &str = "`malicious`, `critical`, `high`, `medium`, `low` or `negligible`, `rated`, `fixable`, `exploited`, \
                     `epss=0.1`; or `incomplete`, or `cel:EXPRESSION`";

impl FromStr for Bar {
    type Err = String;

    /// Reads words that are separated by commas (`high,fixable`), or an expression after `cel:`.
    fn from_str(text: &str) -> Result<Self, String> {
        Ok(Self(match text.trim().strip_prefix(PREFIX) {
            Some(expression) => Kind::Expression(Expression::new(expression.trim(), Of::Reports)?),
            None => Kind::Words(text.parse()?),
        }))
    }
}

impl FromStr for Words {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut bar = Self::default();
        for word in text.split(',').map(str::trim) {
            let level = Severity::from_word(word).filter(|level| *level != Severity::Unknown);
            match word.split_once('=') {
                _ if level.is_some() => bar.severity = level,
                Some(("epss", number)) => {
                    let number = number.parse().ok().filter(|number| (0.0..=1.0).contains(number));
                    bar.epss = Some(number.ok_or_else(|| format!("`{word}` is not 0 to 1"))?);
                }
                None if word == "rated" => bar.rated = true,
                None if word == "fixable" => bar.fixable = true,
                None if word == "exploited" => bar.exploited = true,
                None if word == "incomplete" => bar.incomplete = true,
                _ => return Err(format!("`{word}` is none of {WORDS}")),
            }
        }
        if bar.incomplete && bar != (Self { incomplete: true, ..Self::default() }) {
            return Err("`incomplete` is about the report, and stands alone".to_owned());
        }
        Ok(bar)
    }
}

impl Bar {
    /// Whether it is an expression, which may take longer than words.
    pub const fn is_expression(&self) -> bool {
        matches!(self.0, Kind::Expression(_))
    }

    fn words(&self) -> Option<&Words> {
        match &self.0 {
            Kind::Words(words) => Some(words),
            Kind::Expression(_) => None,
        }
    }
}

impl Words {
    /// Whether a finding is over it, were it known to be exploited and likely enough.
    fn may_be_over(&self, finding: &api::Finding) -> bool {
        Self { exploited: false, epss: None, ..self.clone() }.is_over(finding)
    }

    fn is_over(&self, finding: &api::Finding) -> bool {
        let severity = Severity::of_word(&finding.severity.level);
        let is_unrated = severity == Severity::Unknown;
        let bad_enough = match self.severity {
            _ if is_unrated => !self.rated,
            None => true,
            Some(least) => severity >= least,
        };
        let likely_enough =
            |least| finding.exploit_probability.is_some_and(|probability| probability >= least);
        !self.incomplete
            && bad_enough
            && (!self.fixable || finding.fixed_version.is_some())
            && (!self.exploited || finding.exploited.is_some())
            && self.epss.is_none_or(likely_enough)
    }
}

/// What comes of holding a report against bars.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing is over a bar.
    Passes,
    /// So many findings are.
    Fails(usize),
    /// Nothing is, as far as is known; and why that is not far enough.
    CannotJudge(String),
}

/// A verdict, and the findings that are over a bar.
#[derive(Debug)]
pub struct Judged<'r> {
    /// The verdict.
    pub verdict: Verdict,
    /// The findings, in the order of the report.
    pub over: Vec<&'r api::Finding>,
}

/// Findings over bars, and why of some it cannot be said whether they are.
#[derive(Debug, Default)]
struct Over<'r> {
    findings: Vec<&'r api::Finding>,
    doubt: Option<String>,
}

impl<'r> Over<'r> {
    fn of(report: &'r api::Report, bars: &[Bar]) -> Self {
        let mut over = Self::default();
        let around = match bars.iter().any(Bar::is_expression) {
            true => Around::of(&report.image).map(Some),
            false => Ok(None),
        };
        let around = around.unwrap_or_else(|why| {
            over.doubt = Some(why);
            None
        });
        for finding in &report.findings {
            let asked = around.as_ref().map(|around| around.asked(&Shown::of_report(finding)));
            let is_over = bars.iter().any(|bar| match (&bar.0, &asked) {
                (Kind::Words(words), _) => words.is_over(finding),
                (Kind::Expression(_), None) => false,
                (Kind::Expression(expression), Some(asked)) => {
                    expression.holds(asked).unwrap_or_else(|why| {
                        over.doubt.get_or_insert(why);
                        false
                    })
                }
            });
            if is_over {
                over.findings.push(finding);
            }
        }
        over
    }
}

/// Holds a report against bars, any of which decides.
pub fn judge(report: &api::Report, bars: &[Bar]) -> Verdict {
    judged(report, bars).verdict
}

/// The same, with the findings that decided.
pub fn judged<'r>(report: &'r api::Report, bars: &[Bar]) -> Judged<'r> {
    let Over { findings, doubt } = Over::of(report, bars);
    let verdict = match (findings.len(), doubt) {
        (0, Some(why)) => Verdict::CannotJudge(why),
        (0, None) => without_findings(report, bars),
        (over, _) => Verdict::Fails(over),
    };
    Judged { verdict, over: findings }
}

/// Whether a report passes of which no finding is over a bar.
fn without_findings(report: &api::Report, bars: &[Bar]) -> Verdict {
    let summary = &report.summary;
    if summary.packages == 0 {
        return Verdict::CannotJudge("no package was found".to_owned());
    }
    if summary.judged == 0 {
        let why = match summary.complete {
            true => "no package could be judged: nobody publishes advisories for what there is",
            false => "no package could be judged: `limpid feed update` fetches what publishers say",
        };
        return Verdict::CannotJudge(why.to_owned());
    }
    let bars: Vec<&Words> = bars.iter().filter_map(Bar::words).collect();
    let matters = |bar: &&Words| report.findings.iter().any(|finding| bar.may_be_over(finding));
    let is_known = |what: &str| {
        report.coverage.enrichments.iter().any(|source| source.states.iter().any(|word| word == what))
    };
    if bars.iter().filter(|bar| bar.exploited).any(&matters) && !is_known("exploited") {
        let why = "nothing is stored of which vulnerabilities are exploited: `limpid feed update`";
        return Verdict::CannotJudge(why.to_owned());
    }
    if bars.iter().filter(|bar| bar.epss.is_some()).any(matters) && !is_known("probability") {
        let why = "nothing is stored of how likely vulnerabilities are to be exploited: `limpid feed update`";
        return Verdict::CannotJudge(why.to_owned());
    }
    if bars.iter().any(|bar| bar.incomplete) && !summary.complete {
        let gaps = report.coverage.gaps.iter().filter(|gap| gap.blocking);
        let gaps: Vec<_> = gaps.map(|gap| gap.message.as_str()).collect();
        return Verdict::CannotJudge(format!("the report is not complete: {}", gaps.join("; ")));
    }
    Verdict::Passes
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn report(case: &str) -> api::Report {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(case).join("report.json");
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
    }

    fn verdict(report: &api::Report, bars: &[&str]) -> Verdict {
        judge(report, &bars.iter().map(|bar| bar.parse().unwrap()).collect::<Vec<_>>())
    }

    #[test]
    fn a_finding_that_is_all_of_a_bar_decides() {
        let report = report("mixed");
        let count = |is: &dyn Fn(&api::Finding) -> bool| {
            Verdict::Fails(report.findings.iter().filter(|finding| is(finding)).count())
        };
        let level = |finding: &api::Finding| finding.severity.level.to_string();
        assert_eq!(verdict(&report, &["critical,rated"]), count(&|it| level(it) == "critical"));
        let or_unrated = |it: &api::Finding| ["critical", "unknown"].contains(&level(it).as_str());
        assert_eq!(verdict(&report, &["critical"]), count(&or_unrated));
        assert_eq!(
            verdict(&report, &["critical,fixable,rated"]),
            count(&|it| level(it) == "critical" && it.fixed_version.is_some())
        );
        assert_eq!(verdict(&report, &["exploited"]), count(&|it| it.exploited.is_some()));
        assert_eq!(verdict(&report, &["malicious,rated", "exploited"]), count(&|it| it.exploited.is_some()));
        assert_eq!(
            verdict(&report, &["epss=0.5"]),
            count(&|it| it.exploit_probability.is_some_and(|it| it >= 0.5))
        );
        assert_eq!(verdict(&report, &["malicious,rated"]), Verdict::Passes);
    }

    #[test]
    fn what_nobody_can_tell_does_not_pass() {
        let why = |report: &api::Report, bar: &str| match verdict(report, &[bar]) {
            Verdict::CannotJudge(why) => why,
            other => panic!("{other:?}"),
        };
        let nothing = report("nothing-stored");
        assert!(why(&nothing, "critical").contains("no package could be judged"));
        let mut empty = report("nothing-found");
        assert_eq!(verdict(&empty, &["low"]), Verdict::Passes);
        empty.summary.packages = 0;
        assert_eq!(why(&empty, "low"), "no package was found");
        let mut mixed = report("mixed");
        mixed.findings.clear();
        assert_eq!(verdict(&mixed, &["low"]), Verdict::Passes);
        assert!(why(&mixed, "incomplete").contains("1 claimed file could not be read"));
        let mut unknown = report("mixed");
        for finding in &mut unknown.findings {
            (finding.exploited, finding.exploit_probability) = (None, None);
        }
        // That no finding is, is known where somebody states which are.
        assert_eq!(verdict(&unknown, &["exploited"]), Verdict::Passes);
        assert_eq!(verdict(&unknown, &["epss=0.5"]), Verdict::Passes);
        unknown.coverage.enrichments.retain(|source| !source.states.iter().any(|word| word == "probability"));
        assert!(why(&unknown, "epss=0.5").contains("how likely"));
        assert_eq!(verdict(&unknown, &["exploited"]), Verdict::Passes);
        unknown.coverage.enrichments.clear();
        assert!(why(&unknown, "exploited").contains("are exploited"));
        assert_eq!(
            verdict(&unknown, &["exploited,malicious,rated"]),
            Verdict::Passes,
            "no finding comes near it"
        );
    }

    #[test]
    fn an_expression_speaks_of_a_finding_and_its_image() {
        let report = report("mixed");
        let count = |bar: &str| match verdict(&report, &[bar]) {
            Verdict::Passes => 0,
            Verdict::Fails(count) => count,
            Verdict::CannotJudge(why) => panic!("{why}"),
        };
        let high = report.findings.iter().filter(|it| &*it.severity.level == "high").count();
        assert!(high > 0);
        let lodash = report.findings.iter().filter(|it| it.package.name.starts_with("lod")).count();
        assert_eq!(count("cel:finding.package.name.startsWith('lod')"), lodash);
        assert_eq!(count("cel: finding.severity.level == 'high'"), high);
        assert_eq!(count("cel:finding.severity.level == 'high' && image.names.exists(n, n == 'none')"), 0);
        assert_eq!(
            count("cel:finding.exploited != null && finding.exploit_probability > 0.5"),
            report
                .findings
                .iter()
                .filter(|it| it.exploited.is_some() && it.exploit_probability.is_some_and(|it| it > 0.5))
                .count()
        );
        let doubtful = |bar: &str| match verdict(&report, &[bar]) {
            Verdict::CannotJudge(why) => why,
            other => panic!("{other:?}"),
        };
        assert!(doubtful("cel:finding['noth' + 'ing'] == 1").contains("No such key: nothing"));
        assert!(doubtful("cel:finding.title").contains("neither true nor false"));
        let refused = |bar: &str| bar.parse::<Bar>().unwrap_err();
        assert!(refused("cel:finding.").contains("no expression"));
        assert!(refused("cel:packages[0] == 'a'").contains("speaks of `packages`"));
        assert!(refused("cel:[1].map(a, [1].map(b, 1)) == []").contains("each element of another"));
        assert!(refused("cel:[1].//\nall(image, [1].//\nall(image, true))").contains("each element"));
        let loops = ".map(a, a)".repeat(4);
        assert!(refused(&format!("cel:[1]{loops} == []")).contains("4 times"));
        assert_eq!(count("cel:[1].map(a, a).filter(a, a > 1) == [1]"), 0);
        assert!(refused(&format!("cel:{}true", "!".repeat(3_000))).contains("longer than"));
        assert!(
            refused(&format!("cel:{}true{}", "(".repeat(500), ")".repeat(500))).contains("no expression")
        );
    }

    #[test]
    fn what_is_no_bar_is_told() {
        for bad in ["", "worst", "epss=2", "epss=", "unknown", "high,incomplete", "fixable=yes"] {
            assert!(bad.parse::<Bar>().is_err(), "{bad}");
        }
        assert_eq!("high, fixable".parse(), "fixable,high".parse::<Bar>());
    }
}
