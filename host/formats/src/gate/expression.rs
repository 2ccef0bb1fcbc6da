//! Bars that are expressions of the [Common Expression Language](https://cel.dev) over a finding and its image, in the
//! forms of the API: `finding.severity.level == "high" && finding.package.name.startsWith("lib")`.

use std::sync::Arc;

use cel::common::ast::{EntryExpr, Expr, IdedEntryExpr};
use cel::{Context, IdedExpr, Program, Value};

use crate::json as api;

/// What a bar begins with that is an expression.
pub(super) const PREFIX: &str = "cel:";

/// Longest expression, in bytes.
const MAX_BYTES: usize = 2_048;

/// How often an expression may go through a list. None may do so for each element of another: of 5,000 findings, each
/// would take as long as both together.
const MAX_LOOPS: usize = 3;

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
pub(super) struct Around(Context<'static, 'static>);

/// What expressions are asked about: a finding and its image; or why it cannot be shown to them.
pub(super) struct Asked<'a>(Result<Context<'a, 'static>, String>);

impl Around {
    pub(super) fn of(image: &api::Image) -> Result<Self, String> {
        let mut context = Context::default();
        context.add_variable_from_value("image", cel::to_value(image).map_err(|error| error.to_string())?);
        Ok(Self(context))
    }

    pub(super) fn of_finding(&self, finding: &api::Finding) -> Asked<'_> {
        let value = cel::to_value(finding).map_err(|error| error.to_string());
        Asked(value.map(|finding| {
            let mut context = self.0.new_inner_scope();
            context.add_variable_from_value("finding", finding);
            context
        }))
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
        let program =
            Program::compile(text).map_err(|error| format!("`{text}` is no expression: {error}"))?;
        let mut loops = Loops::default();
        loops.walk(program.expression(), 0);
        if loops.are_nested {
            return Err(format!("`{text}` goes through a list for each element of another"));
        }
        if loops.names.len() > MAX_LOOPS {
            let count = loops.names.len();
            return Err(format!("`{text}` goes through lists {count} times, of at most {MAX_LOOPS}"));
        }
        let references = program.references();
        let is_known = |name: &&str| {
            ["finding", "image"].contains(name) || loops.names.iter().any(|known| known == *name)
        };
        let others = references.variables().into_iter().filter(|name| !is_known(name));
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
    pub(super) fn holds(&self, asked: &Asked<'_>) -> Result<bool, String> {
        let failed = |why: &dyn std::fmt::Display| format!("`{}`: {why}", self.text);
        let context = asked.0.as_ref().map_err(|why| failed(why))?;
        match self.program.execute(context) {
            Ok(Value::Bool(holds)) => Ok(holds),
            Ok(_) => Err(failed(&"it is neither true nor false")),
            Err(error) => Err(failed(&error)),
        }
    }
}

/// How an expression goes through lists.
#[derive(Default)]
struct Loops {
    /// What each calls an element, and what it has so far.
    names: Vec<String>,
    are_nested: bool,
}

impl Loops {
    /// Looks at an expression within so many loops. Parsers bound how deep it may be.
    fn walk(&mut self, expression: &IdedExpr, within: usize) {
        match &expression.expr {
            Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) => {}
            Expr::Call(call) => {
                call.target.iter().for_each(|target| self.walk(target, within));
                call.args.iter().for_each(|argument| self.walk(argument, within));
            }
            Expr::List(list) => list.elements.iter().for_each(|element| self.walk(element, within)),
            Expr::Map(map) => self.entries(&map.entries, within),
            Expr::Struct(fields) => self.entries(&fields.entries, within),
            Expr::Select(select) => self.walk(&select.operand, within),
            Expr::Comprehension(of) => {
                self.are_nested |= within > 0;
                self.names.push(of.iter_var.clone());
                self.walk(&of.iter_range, within);
                for part in [&of.accu_init, &of.loop_cond, &of.loop_step, &of.result] {
                    self.walk(part, within + 1);
                }
            }
        }
    }

    fn entries(&mut self, entries: &[IdedEntryExpr], within: usize) {
        for entry in entries {
            match &entry.expr {
                EntryExpr::StructField(field) => self.walk(&field.value, within),
                EntryExpr::MapEntry(entry) => {
                    self.walk(&entry.key, within);
                    self.walk(&entry.value, within);
                }
            }
        }
    }
}
