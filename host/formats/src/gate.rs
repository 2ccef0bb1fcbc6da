//! Whether a report passes: for pipelines, which stop where an image is too bad, or where nobody can tell.

use std::str::FromStr;

use limpid_model::Severity;

use crate::json as api;

/// What no image may have: a finding that is all of this.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bar {
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
                     `epss=0.1`; or `incomplete`";

impl FromStr for Bar {
    type Err = String;

    /// Reads words that are separated by commas: `high,fixable`.
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

/// Holds a report against bars, any of which decides.
pub fn judge(report: &api::Report, bars: &[Bar]) -> Verdict {
    let over = report.findings.iter().filter(|finding| bars.iter().any(|bar| bar.is_over(finding)));
    let over = over.count();
    if over > 0 {
        return Verdict::Fails(over);
    }
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
    let matters = |bar: &&Bar| report.findings.iter().any(|finding| bar.may_be_over(finding));
    let is_known = |what: &str| {
        report.coverage.enrichments.iter().any(|source| source.states.iter().any(|word| word == what))
    };
    if bars.iter().filter(|bar| bar.exploited).any(|bar| matters(&bar)) && !is_known("exploited") {
        let why = "nothing is stored of which vulnerabilities are exploited: `limpid feed update`";
        return Verdict::CannotJudge(why.to_owned());
    }
    if bars.iter().filter(|bar| bar.epss.is_some()).any(|bar| matters(&bar)) && !is_known("probability") {
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
    fn what_is_no_bar_is_told() {
        for bad in ["", "worst", "epss=2", "epss=", "unknown", "high,incomplete", "fixable=yes"] {
            assert!(bad.parse::<Bar>().is_err(), "{bad}");
        }
        assert_eq!("high, fixable".parse(), "fixable,high".parse::<Bar>());
    }
}
