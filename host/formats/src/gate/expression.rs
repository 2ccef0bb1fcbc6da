//! Bars that are expressions of the [Common Expression Language](https://cel.dev) over a finding and its image, in the
//! forms of the API: `finding.severity.level == "high" && finding.package.name.startsWith("lib")`.

use std::sync::Arc;

use cel::{Context, Program, Value};

use crate::json as api;

/// What a bar begins with that is an expression.
pub(super) const PREFIX: &str = "cel:";

/// Longest expression, in bytes.
const MAX_BYTES: usize = 2_048;

/// How often an expression may go through a list: each goes through all that the one around it goes through.
const MAX_LOOPS: usize = 3;

/// What goes through a list.
const LOOPS: [&str; 6] = [".all(", ".exists(", ".exists_one(", ".filter(", ".map(", ".transform"];

/// An expression that is understood.
#[derive(Clone, Debug)]
pub(super) struct Expression {
    text: String,
    program: Arc<Program>,
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

/// What of expressions is the same for all findings of an image.
pub(super) struct Around(Value);

impl Around {
    pub(super) fn of(image: &api::Image) -> Result<Self, String> {
        Ok(Self(cel::to_value(image).map_err(|error| error.to_string())?))
    }
}

impl Expression {
    /// Compiles an expression.
    ///
    /// # Errors
    /// It is none, speaks of something else than a finding and its image, or is too long.
    pub(super) fn new(text: &str) -> Result<Self, String> {
        if text.len() > MAX_BYTES {
            return Err(format!("the expression is longer than {MAX_BYTES} bytes"));
        }
        let packed: String = text.split_whitespace().collect();
        let loops: Vec<_> = LOOPS.iter().flat_map(|name| packed.split(name).skip(1)).collect();
        // `.exists(name, …)` is about what it calls `name`.
        let bound = loops.iter().filter_map(|rest| rest.split_once(',')).map(|(name, _)| name);
        let bound: Vec<_> = bound.chain(["finding", "image"]).collect();
        let loops = loops.len();
        if loops > MAX_LOOPS {
            return Err(format!("the expression goes through lists {loops} times, of at most {MAX_LOOPS}"));
        }
        let program =
            Program::compile(text).map_err(|error| format!("`{text}` is no expression: {error}"))?;
        let references = program.references();
        let others = references.variables().into_iter().filter(|name| !bound.contains(name));
        if let Some(other) = others.min() {
            return Err(format!("`{text}` speaks of `{other}`: there are `finding` and `image`"));
        }
        drop(references);
        Ok(Self { text: text.to_owned(), program: Arc::new(program) })
    }

    /// Whether a finding is over it.
    ///
    /// # Errors
    /// It cannot be evaluated, or is neither true nor false.
    pub(super) fn holds(&self, finding: &api::Finding, around: &Around) -> Result<bool, String> {
        let failed = |why: &dyn std::fmt::Display| format!("`{}`: {why}", self.text);
        let finding = cel::to_value(finding).map_err(|error| failed(&error))?;
        let mut context = Context::default();
        context.add_variable_from_value("finding", finding);
        context.add_variable_from_value("image", around.0.clone());
        match self.program.execute(&context) {
            Ok(Value::Bool(holds)) => Ok(holds),
            Ok(_) => Err(failed(&"it is neither true nor false")),
            Err(error) => Err(failed(&error)),
        }
    }
}
