//! Expressions of the [Common Expression Language](https://cel.dev) over a finding and its image, in the forms of the
//! API: `finding.severity.level == "high" && finding.package.name.startsWith("lib")`. Gates take them, and
//! subscriptions.
//!
//! An expression is checked when it is read: it speaks of fields that there are, and compares them with what they may
//! be. What it says of a finding is true, false, or cannot be said: then whoever asks must not take it for false.

mod check;
mod known;

use std::sync::Arc;

use cel::{Context, ParseErrors, Program, Value};
use limpid_model::report;

use crate::json as api;

/// Longest expression, in bytes.
const MAX_BYTES: usize = 2_048;

/// How often an expression may go through a list. None may do so for each element of another: of 5,000 findings, each
/// would take as long as both together.
const MAX_LOOPS: usize = 3;

/// The longest reason why something cannot be said, in characters: reasons quote values.
const MAX_REASON: usize = 300;

/// What an expression is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// Findings of a report.
    Reports,
    /// Findings of which a notice tells, of which less is known: nobody looks at the whole image for them.
    Notices,
}

/// An expression that is understood.
#[derive(Clone, Debug)]
pub struct Expression {
    text: String,
    program: Arc<Program>,
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

/// What of expressions is the same for all findings of an image.
pub struct Around(Context<'static, 'static>);

/// A finding as expressions see it; or why it cannot be shown to them.
#[derive(Debug)]
pub struct Shown(Result<Value, String>);

/// What expressions are asked about: a finding and its image; or why it cannot be shown to them.
pub struct Asked<'a>(Result<Context<'a, 'static>, String>);

impl Around {
    /// # Errors
    /// The image cannot be shown to expressions.
    pub fn of(image: &api::Image) -> Result<Self, String> {
        let mut context = Context::default();
        context.add_variable_from_value("image", cel::to_value(image).map_err(|error| error.to_string())?);
        Ok(Self(context))
    }

    /// A finding of the image.
    pub fn asked(&self, finding: &Shown) -> Asked<'_> {
        Asked(finding.0.clone().map(|finding| {
            let mut context = self.0.new_inner_scope();
            context.add_variable_from_value("finding", finding);
            context
        }))
    }
}

impl Shown {
    /// A finding of a report.
    pub fn of_report(finding: &api::Finding) -> Self {
        Self(cel::to_value(finding).map_err(|error| error.to_string()))
    }

    /// A finding of which a notice tells, without what is not known of such.
    pub fn of_notice(finding: report::Finding) -> Self {
        let finding = api::finding(finding, None);
        let shown = serde_json::to_value(finding).map_err(|error| error.to_string());
        Self(shown.and_then(|mut finding| {
            known::forget_unknown(&mut finding);
            cel::to_value(finding).map_err(|error| error.to_string())
        }))
    }
}

impl Expression {
    /// Compiles an expression.
    ///
    /// # Errors
    /// It is none, is too long, speaks of what there is not, or compares a field with what it never is; and where.
    pub fn new(text: &str, of: Of) -> Result<Self, String> {
        if text.len() > MAX_BYTES {
            return Err(format!("the expression is longer than {MAX_BYTES} bytes"));
        }
        let program = Program::compile(text)
            .map_err(|errors| format!("`{text}` is no expression: {}", parse_error(text, &errors)))?;
        check::check(&program, of).map_err(|wrong| wrong.told(text))?;
        Ok(Self { text: text.to_owned(), program: Arc::new(program) })
    }

    /// Whether it is true of a finding.
    ///
    /// # Errors
    /// It cannot be evaluated, or is neither true nor false.
    pub fn holds(&self, asked: &Asked<'_>) -> Result<bool, String> {
        let failed = |why: &dyn std::fmt::Display| {
            let why: String = why.to_string().chars().take(MAX_REASON).collect();
            format!("`{}`: {why}", self.text)
        };
        let context = asked.0.as_ref().map_err(|why| failed(why))?;
        match self.program.execute(context) {
            Ok(Value::Bool(holds)) => Ok(holds),
            Ok(_) => Err(failed(&"it is neither true nor false")),
            Err(error) => Err(failed(&error)),
        }
    }
}

/// The first of what a parser complains of, and where.
fn parse_error(text: &str, errors: &ParseErrors) -> String {
    let Some(first) = errors.errors.first() else { return "it cannot be parsed".to_owned() };
    let (line, column) = first.pos;
    match (text.contains('\n'), column) {
        (_, ..1) => first.msg.clone(),
        (false, _) => format!("{} (at character {column})", first.msg),
        (true, _) => format!("{} (at character {column} of line {line})", first.msg),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn refused(text: &str, of: Of) -> String {
        Expression::new(text, of).unwrap_err()
    }

    fn check_refused(text: &str, expected: &str) {
        let why = refused(text, Of::Reports);
        assert!(why.contains(expected), "{why}");
    }

    fn check_taken(text: &str) {
        for of in [Of::Reports, Of::Notices] {
            Expression::new(text, of).unwrap();
        }
    }

    #[test]
    fn an_expression_speaks_of_fields_that_there_are() {
        check_refused(
            "finding.nothing == 1",
            "speaks of `finding.nothing`: `finding` has `advisory`, `aliases`",
        );
        check_refused("true && finding.nothing == 1", "(at character 17)");
        check_refused("finding['nothing'] == 1", "speaks of `finding.nothing`");
        check_refused("has(finding.package.nothing)", "`finding.package` has");
        check_refused("finding.publishers.exists(p, p.state == 'fixed')", "`finding.publishers[].state`");
        check_refused("finding.title.text == ''", "`finding.title` is a text and has no fields");
        check_refused("vulnerability == 'a'", "speaks of `vulnerability`: there are `finding` and `image`");
        // What one loop calls an element is nothing behind it.
        check_refused("image.names.exists(n, n == 'a') && n == 'b'", "speaks of `n`");
        check_taken("finding.package.qualifiers.anything == 'a' && image.labels['b.c'] == 'd'");
        check_taken("finding.publishers.exists(p, p.status == 'wont-fix') || image.layers[0].index == 0");
        check_taken("has(image.kind) && image.kind == 'bill-of-materials'");
    }

    #[test]
    fn what_is_never_true_is_told_with_the_words_that_are_known() {
        let why = refused("finding.severity.level == 'Critical'", Of::Reports);
        assert_eq!(
            why,
            "`finding.severity.level == 'Critical'` is wrong: `finding.severity.level` is never `Critical`, but one of \
             `malicious`, `critical`, `high`, `medium`, `unknown`, `low`, `negligible` (at character 27)"
        );
        check_refused("'HIGH' != finding.severity.level", "never `HIGH`");
        check_refused("finding.severity.level in ['high', 'CRITICAL']", "never `CRITICAL`");
        check_refused("finding.status == 'fixed'", "one of `affected`, `under-investigation`");
        check_refused("finding.package.evidence == 'sure'", "one of `installed`, `declared`, `inferred`");
        check_refused(
            "finding.publishers.all(p, p.status != 'none')",
            "`finding.publishers[].status` is never",
        );
        check_refused("finding.severity == 'high'", "is an object with `finding.severity.level`");
        check_refused("finding.exploit_probability > '0.5'", "is a number, and never a text");
        check_refused("finding.fixed_version == true", "is a text, and never `true` or `false`");
        check_refused("1 in finding.aliases", "`finding.aliases[]` is a text, and never a number");
        check_refused("finding.vulnerability == null", "`finding.vulnerability` is never null");
        check_refused("finding.severity.level >= 'high'", "have no order; `in` names those");
        check_taken("finding.severity.level in ['high', 'critical'] && finding.exploited != null");
        check_taken("finding.exploit_probability != null && finding.exploit_probability > 0.5");
        check_taken("finding.vulnerability == 'anything' && 'x' in finding.aliases");
    }

    #[test]
    fn what_is_no_expression_is_told_with_its_place() {
        check_refused("finding.", "`finding.` is no expression");
        check_refused("finding.vulnerability = 'a'", "(at character 23)");
        check_refused("true &&\n !!", "of line 2)");
        assert!(!refused("true && &&", Of::Reports).contains('\n'));
    }

    #[test]
    fn a_notice_knows_less_of_a_finding() {
        for text in [
            "finding.update_to != null",
            "finding.origin == 'own'",
            "finding.package.purl.startsWith('pkg:deb')",
            "finding.package.layer.index == 0",
            "has(finding.package.owner)",
        ] {
            Expression::new(text, Of::Reports).unwrap();
            let why = refused(text, Of::Notices);
            assert!(why.contains("is not known where a notice is raised"), "{why}");
        }
        check_taken("finding.package.layer.diff_id.startsWith('sha256:') && finding.package.path != ''");
    }

    #[test]
    fn what_is_not_known_is_neither_true_nor_false() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/mixed/report.json");
        let report: api::Report = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let around = Around::of(&report.image).unwrap();
        let mut finding = report.findings[0].clone();
        finding.exploit_probability = None;
        let ask = |text: &str, finding: &api::Finding| {
            let expression = Expression::new(text, Of::Reports).unwrap();
            expression.holds(&around.asked(&Shown::of_report(finding)))
        };
        assert!(ask("finding.exploit_probability > 0.5", &finding).is_err());
        let guarded = "finding.exploit_probability != null && finding.exploit_probability > 0.5";
        assert_eq!(ask(guarded, &finding), Ok(false));
        assert_eq!(ask("image.names.exists(n, n != '')", &finding), Ok(true));
        finding.title = "long ".repeat(1_000);
        let why = ask("(finding.title + 'a') > finding.aliases", &finding);
        assert!(why.is_err_and(|why| why.len() < 500));
    }
}
