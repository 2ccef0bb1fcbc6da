//! Policies, as people write them.

use limpid_model::{IdleRule, ImageName, Provenance, Severity};
use serde::{Deserialize, Serialize};

use crate::pattern::{Glob, Packages, PatternError};
use crate::subject::{Candidate, Subject};
use crate::time::Moment;

/// How many rules a policy may have.
const MAX_RULES: usize = 10_000;

/// How many patterns of one kind a rule may have.
const MAX_PATTERNS: usize = 1_000;

/// How many patterns all rules may have: each takes some kilobytes and a third of a millisecond to be made.
const MAX_ALL_PATTERNS: usize = 5_000;

/// Longest reason and longest author, in bytes.
const MAX_TEXT: usize = 4_096;

/// Longest time that an update may take, in days.
const MAX_DAYS: u32 = 3_650;

/// Bars of a policy at most.
const MAX_BARS: usize = 100;

/// In which form a policy is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// TOML, as in `.limpid.toml`.
    Toml,
    /// JSON with the same members.
    Json,
}

/// A policy that is understood.
#[derive(Clone, Debug)]
pub struct Policy {
    pub(crate) name: String,
    scope: Scope,
    pub(crate) rules: Vec<Rule>,
    bars: Vec<String>,
}

/// Why a text is no policy.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// It is no TOML, or has members that no policy has.
    #[error("the policy cannot be read: {0}")]
    Toml(#[from] toml::de::Error),
    /// The same, of JSON.
    #[error("the policy cannot be read: {0}")]
    Json(#[from] serde_json::Error),
    /// A rule makes no sense.
    #[error("rule {number} of `{section}`: {why}")]
    Rule {
        /// `suppress`, `severity` or `grace`.
        section: &'static str,
        /// Its place among the rules of the section, from one.
        number: usize,
        /// What is wrong with it.
        why: String,
    },
    /// A pattern of the images that are meant.
    #[error("`{member}`: {source}")]
    Scope {
        /// Where it stands.
        member: &'static str,
        /// What is wrong with it.
        source: PatternError,
    },
    /// It has more than it may have.
    #[error("the policy has more than {most} {what}")]
    Many {
        /// Of what.
        what: &'static str,
        /// The limit.
        most: usize,
    },
}

/// Which images a policy is for.
#[derive(Clone, Debug, Default)]
struct Scope {
    repositories: Vec<Glob>,
    labels: Vec<(String, Glob)>,
}

/// Which findings are meant, and what becomes of them.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    /// Its section and its place there, from one, as people find it.
    pub(crate) section: &'static str,
    pub(crate) number: usize,
    pub(crate) action: Action,
    identifiers: Vec<String>,
    packages: Vec<Packages>,
    paths: Vec<Glob>,
    layers: Vec<String>,
    bases: Vec<Glob>,
    origin: Option<Provenance>,
    /// No worse than this.
    at_most: Option<Severity>,
    pub(crate) reason: String,
    pub(crate) author: Option<String>,
    pub(crate) since: Option<String>,
    pub(crate) expires: Option<Moment>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Suppress,
    Severity(Severity),
    /// So many days from the publication of the fix.
    Grace(u32),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    repositories: Vec<String>,
    #[serde(default)]
    labels: std::collections::BTreeMap<String, String>,
    #[serde(default)]
    fail_on: Vec<String>,
    #[serde(default)]
    suppress: Vec<WrittenRule>,
    #[serde(default)]
    severity: Vec<WrittenRule>,
    #[serde(default)]
    grace: Vec<WrittenRule>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct WrittenRule {
    vulnerabilities: Vec<String>,
    packages: Vec<String>,
    paths: Vec<String>,
    layers: Vec<String>,
    bases: Vec<String>,
    origin: Option<String>,
    at_most: Option<String>,
    level: Option<String>,
    days: Option<u32>,
    reason: Option<String>,
    author: Option<String>,
    since: Option<Day>,
    expires: Option<Day>,
}

/// A date or a time, in quotes or as TOML has them.
#[derive(Deserialize, Serialize)]
#[serde(untagged)]
enum Day {
    Text(String),
    Date(toml::value::Datetime),
}

impl Day {
    fn into_text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Date(date) => date.to_string(),
        }
    }
}

const SUPPRESS: &str = "suppress";
const SEVERITY: &str = "severity";
const GRACE: &str = "grace";

impl Policy {
    /// Reads a policy of this name.
    ///
    /// # Errors
    /// [`PolicyError`], with the place of what makes no sense.
    pub fn read(name: &str, text: &str, form: Form) -> Result<Self, PolicyError> {
        let written: Written = match form {
            Form::Toml => toml::from_str(text)?,
            Form::Json => serde_json::from_str(text)?,
        };
        let mut scope = Scope::default();
        let of_scope = |member| move |source| PolicyError::Scope { member, source };
        for text in few(written.repositories, "repositories", MAX_PATTERNS)? {
            // As names are compared.
            let text = ImageName::read(&text).familiar().repository.to_owned();
            scope.repositories.push(Glob::new(&text).map_err(of_scope("repositories"))?);
        }
        for (label, text) in written.labels {
            scope.labels.push((label, Glob::new(&text).map_err(of_scope("labels"))?));
        }
        let sections = [(SUPPRESS, written.suppress), (SEVERITY, written.severity), (GRACE, written.grace)];
        let mut rules = Vec::new();
        for (section, written) in sections {
            for (index, rule) in written.into_iter().enumerate() {
                let number = index + 1;
                let of_rule = |why| PolicyError::Rule { section, number, why };
                rules.push(Rule { section, number, ..rule.read(section).map_err(of_rule)? });
            }
        }
        let rules = few(rules, "rules", MAX_RULES)?;
        let patterns: usize = rules.iter().map(Rule::patterns).sum();
        if patterns > MAX_ALL_PATTERNS {
            return Err(PolicyError::Many { what: "patterns", most: MAX_ALL_PATTERNS });
        }
        Ok(Self { name: name.to_owned(), scope, rules, bars: few(written.fail_on, "bars", MAX_BARS)? })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What no image may have, as it is written: `critical,fixable`.
    pub fn bars(&self) -> &[String] {
        &self.bars
    }

    /// How many rules it has.
    pub const fn rules(&self) -> usize {
        self.rules.len()
    }

    /// Rules that have expired by a moment, and those that name vulnerabilities of which none affects anything.
    ///
    /// # Errors
    /// Those of `affects`, which is asked for each vulnerability.
    pub fn idle<E>(
        &self,
        now: Moment,
        mut affects: impl FnMut(&str) -> Result<bool, E>,
    ) -> Result<Vec<IdleRule>, E> {
        let mut idle = Vec::new();
        for rule in &self.rules {
            let has_expired = rule.has_expired(now);
            let mut is_idle = has_expired || !rule.identifiers.is_empty();
            if !has_expired {
                for identifier in &rule.identifiers {
                    if affects(identifier)? {
                        is_idle = false;
                        break;
                    }
                }
            }
            if is_idle {
                idle.push(IdleRule { rule: rule.named(), has_expired });
            }
        }
        Ok(idle)
    }

    /// Whether it is for an image.
    pub fn is_for(&self, subject: &Subject) -> bool {
        let Scope { repositories, labels } = &self.scope;
        let repository = |name: &String| {
            let repository = ImageName::read(name).familiar().repository;
            repositories.iter().any(|glob| glob.matches(repository))
        };
        let has = |(label, glob): &(String, Glob)| {
            subject.labels.iter().any(|(key, value)| key == label && glob.matches(value))
        };
        (repositories.is_empty() || subject.names.iter().any(repository)) && labels.iter().all(has)
    }
}

/// No more than so many.
fn few<T>(all: Vec<T>, what: &'static str, most: usize) -> Result<Vec<T>, PolicyError> {
    if all.len() > most {
        return Err(PolicyError::Many { what, most });
    }
    Ok(all)
}

impl WrittenRule {
    fn read(self, section: &'static str) -> Result<Rule, String> {
        let Self { vulnerabilities, packages, paths, layers, bases, origin, at_most, level, days, .. } = self;
        if [vulnerabilities.len(), packages.len(), paths.len(), layers.len(), bases.len()]
            .into_iter()
            .any(|count| count > MAX_PATTERNS)
        {
            return Err(format!("it has more than {MAX_PATTERNS} of one kind"));
        }
        let level = level.map(|word| severity("level", &word)).transpose()?;
        let action = match (section, level, days) {
            (SUPPRESS, None, None) => Action::Suppress,
            (SEVERITY, Some(level), None) => Action::Severity(level),
            (GRACE, None, Some(days @ 1..=MAX_DAYS)) => Action::Grace(days),
            (SUPPRESS, ..) => return Err("it takes neither `level` nor `days`".to_owned()),
            (SEVERITY, ..) => return Err("it takes `level`, and no `days`".to_owned()),
            _ => return Err(format!("it takes `days`, 1 to {MAX_DAYS}, and no `level`")),
        };
        let globs = |texts: Vec<String>| {
            texts
                .iter()
                .map(|text| Glob::new(text).map_err(|error| error.to_string()))
                .collect::<Result<_, _>>()
        };
        let rule = Rule {
            section,
            number: 0,
            action,
            identifiers: vulnerabilities,
            packages: packages
                .iter()
                .map(|text| Packages::new(text).map_err(|error| error.to_string()))
                .collect::<Result<_, _>>()?,
            paths: globs(paths.iter().map(|path| path.trim_start_matches('/').to_owned()).collect())?,
            layers,
            bases: globs(bases)?,
            origin: origin
                .map(|word| {
                    Provenance::from_word(&word)
                        .ok_or_else(|| format!("`origin`: `{word:.50}` is neither `base` nor `own`"))
                })
                .transpose()?,
            at_most: at_most.map(|word| severity("at_most", &word)).transpose()?,
            reason: text("reason", self.reason)?.unwrap_or_default(),
            author: text("author", self.author)?,
            since: None,
            expires: None,
        };
        // All of somebody's images without a finding is hardly what was meant.
        if action == Action::Suppress && rule.names_nothing() {
            return Err("it names nothing, so that it would suppress everything".to_owned());
        }
        if matches!(action, Action::Severity(_)) && rule.names_nothing() {
            return Err("it names nothing, so that it would be about everything".to_owned());
        }
        if action == Action::Suppress && rule.reason.trim().is_empty() {
            return Err("it has no `reason`".to_owned());
        }
        let moment = |member: &str, day: Option<Day>, read: fn(&str) -> Option<Moment>| {
            let Some(day) = day.map(Day::into_text) else { return Ok(None) };
            let at = read(&day).ok_or_else(|| {
                format!(
                    "`{member}`: `{day:.50}` is neither a date nor a time: give `2027-01-31`, or RFC 3339"
                )
            })?;
            Ok::<_, String>(Some((day, at)))
        };
        let since = moment("since", self.since, Moment::of)?.map(|(text, _)| text);
        let expires = moment("expires", self.expires, Moment::end_of)?.map(|(_, at)| at);
        Ok(Rule { since, expires, ..rule })
    }
}

fn severity(member: &str, word: &str) -> Result<Severity, String> {
    Severity::from_word(word).ok_or_else(|| {
        let known = Severity::WORST_FIRST.map(Severity::as_str).join(", ");
        format!("`{member}`: `{word:.50}` is none of {known}")
    })
}

fn text(member: &str, text: Option<String>) -> Result<Option<String>, String> {
    match text {
        Some(text) if text.len() > MAX_TEXT => Err(format!("`{member}` is longer than {MAX_TEXT} bytes")),
        text => Ok(text),
    }
}

impl Rule {
    const fn names_nothing(&self) -> bool {
        self.identifiers.is_empty()
            && self.packages.is_empty()
            && self.paths.is_empty()
            && self.layers.is_empty()
            && self.bases.is_empty()
    }

    /// Whether it no longer holds.
    pub(crate) fn has_expired(&self, now: Moment) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }

    /// How many patterns it has.
    fn patterns(&self) -> usize {
        self.packages.len() + self.paths.len() + self.bases.len()
    }

    /// What it names, for people.
    pub(crate) fn named(&self) -> String {
        let Self { identifiers, .. } = self;
        match identifiers.as_slice() {
            [] => format!("rule {} of `{}`", self.number, self.section),
            [first] => format!("rule {} of `{}`, `{first:.100}`", self.number, self.section),
            [first, others @ ..] => {
                format!(
                    "rule {} of `{}`, `{first:.100}` and {} more",
                    self.number,
                    self.section,
                    others.len()
                )
            }
        }
    }

    /// Whether it is about a finding of an image. A rule is about what all that it names has in common.
    pub(crate) fn is_about(&self, subject: &Subject, candidate: &Candidate<'_>) -> bool {
        let is_called =
            |id: &String| candidate.identifiers.iter().any(|known| known.eq_ignore_ascii_case(id));
        let is_of = |packages: &Packages| packages.matches(candidate.name, candidate.purl.as_ref());
        let is_base = |glob: &Glob| {
            let brought = subject.bases.iter().filter(|base| base.brought(candidate.layer));
            brought.flat_map(|base| &base.names).any(|name| glob.matches(name))
        };
        any(&self.identifiers, is_called)
            && any(&self.packages, is_of)
            && any(&self.paths, |glob| glob.matches(candidate.path))
            && any(&self.layers, |layer| layer == candidate.diff_id)
            && any(&self.bases, is_base)
            && self.origin.is_none_or(|origin| origin == origin_of(subject, candidate))
            && self.at_most.is_none_or(|most| candidate.severity <= most)
    }
}

/// Where no base image is known, all may be one's own.
fn origin_of(subject: &Subject, candidate: &Candidate<'_>) -> Provenance {
    match subject.bases.iter().any(|base| base.brought(candidate.layer)) {
        true => Provenance::Base,
        false => Provenance::Own,
    }
}

/// Whether one of them is, where there are any.
fn any<T>(all: &[T], is: impl FnMut(&T) -> bool) -> bool {
    all.is_empty() || all.iter().any(is)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        Policy::read("p", text, Form::Toml).unwrap_err().to_string()
    }

    #[test]
    fn a_policy_is_the_same_in_toml_and_in_json() {
        let toml = r#"
            repositories = ["registry.example/shop/*"]
            labels = { team = "shop" }
            fail_on = ["critical,fixable"]
            [[suppress]]
            vulnerabilities = ["CVE-2024-1"]
            packages = ["pkg:npm/lodash"]
            reason = "not reachable"
            expires = 2027-01-31
            [[severity]]
            vulnerabilities = ["CVE-2024-2"]
            level = "low"
            [[grace]]
            days = 30
            at_most = "high"
        "#;
        let json = r#"{
            "repositories": ["registry.example/shop/*"], "labels": {"team": "shop"}, "fail_on": ["critical,fixable"],
            "suppress": [{"vulnerabilities": ["CVE-2024-1"], "packages": ["pkg:npm/lodash"],
                "reason": "not reachable", "expires": "2027-01-31"}],
            "severity": [{"vulnerabilities": ["CVE-2024-2"], "level": "low"}],
            "grace": [{"days": 30, "at_most": "high"}]}"#;
        let (a, b) =
            (Policy::read("p", toml, Form::Toml).unwrap(), Policy::read("p", json, Form::Json).unwrap());
        let expires = |policy: &Policy| policy.rules[0].expires.map(|it| it.to_string());
        assert_eq!(expires(&a).as_deref(), Some("2027-02-01T00:00:00Z"));
        assert_eq!(expires(&a), expires(&b));
        let actions = |policy: &Policy| policy.rules.iter().map(|rule| rule.action).collect::<Vec<_>>();
        assert_eq!(actions(&a), [Action::Suppress, Action::Severity(Severity::Low), Action::Grace(30)]);
        assert_eq!((actions(&a), a.bars()), (actions(&b), b.bars()));
    }

    #[test]
    fn rules_that_affect_nothing_are_idle() {
        let rule = |members: &str| format!("[[suppress]]\nreason = \"a\"\n{members}\n");
        let text = [
            rule("vulnerabilities = [\"none\", \"some\"]"),
            rule("vulnerabilities = [\"none\"]"),
            rule("packages = [\"a\"]"),
            rule("packages = [\"a\"]\nexpires = 2026-10-31"),
        ];
        let policy = Policy::read("p", &text.concat(), Form::Toml).unwrap();
        let now = Moment::of("2026-11-01").unwrap();
        let idle = policy.idle(now, |id| Ok::<_, ()>(id == "some")).unwrap();
        let idle: Vec<_> = idle.into_iter().map(|it| (it.rule, it.has_expired)).collect();
        assert_eq!(
            idle,
            [("rule 2 of `suppress`, `none`".to_owned(), false), ("rule 4 of `suppress`".to_owned(), true)]
        );
        assert!(policy.idle(now, |_| Err(())).is_err());
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_its_place() {
        let check = |text: &str, expected: &str| {
            let found = refused(text);
            assert!(found.contains(expected), "{text}: {found}");
        };
        check("[[suppress]]\nreason = \"a\"", "rule 1 of `suppress`: it names nothing");
        check("[[suppress]]\nvulnerabilities = [\"a\"]", "no `reason`");
        check("[[suppress]]\nvulnerability = \"a\"", "unknown field `vulnerability`");
        check("[[suppress]]\npackages = [\"a[\"]\nreason = \"a\"", "`a[` is no pattern");
        check(
            "[[suppress]]\npaths = [\"a\"]\nreason = \"a\"\nexpires = \"soon\"",
            "`soon` is neither a date",
        );
        check("[[suppress]]\npaths = [\"a\"]\nreason = \"a\"\nlevel = \"low\"", "neither `level` nor `days`");
        check("[[severity]]\nlevel = \"low\"", "it names nothing");
        let many = (0..6).map(|_| {
            let paths = vec!["\"a\""; 1_000].join(",");
            format!("[[suppress]]\nreason = \"a\"\npaths = [{paths}]\n")
        });
        check(&many.collect::<String>(), "more than 5000 patterns");
        check("[[severity]]\nlevel = \"worst\"", "`worst` is none of malicious, critical");
        check("[[severity]]\nvulnerabilities = [\"a\"]", "it takes `level`");
        check("[[grace]]\ndays = 0", "1 to 3650");
        check("[[grace]]\ndays = 1\norigin = \"mine\"", "neither `base` nor `own`");
        check("repositories = [\"\"]", "`repositories`: a pattern is empty");
        check("policy = 1", "unknown field `policy`");
        let many = "[[suppress]]\npaths = [\"a\"]\nreason = \"a\"\n".repeat(MAX_RULES + 1);
        check(&many, "more than 10000 rules");
    }

    #[test]
    fn a_policy_is_for_the_images_that_it_names() {
        let policy = |text: &str| Policy::read("p", text, Form::Toml).unwrap();
        let subject = Subject {
            names: vec!["registry.example/shop/web:1".to_owned()],
            labels: vec![("team".to_owned(), "shop".to_owned())],
            ..Subject::default()
        };
        let check =
            |text: &str, expected: bool| assert_eq!(policy(text).is_for(&subject), expected, "{text}");
        check("", true);
        check("repositories = [\"registry.example/shop/*\"]", true);
        check("repositories = [\"other\", \"registry.example/**\"]", true);
        check("repositories = [\"registry.example/*\"]", false);
        check("labels = { team = \"sh*\" }", true);
        check("labels = { team = \"shop\", tier = \"1\" }", false);
        check("repositories = [\"other\"]\nlabels = { team = \"shop\" }", false);
    }
}
