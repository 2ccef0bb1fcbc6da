//! Whether an expression speaks of fields that there are, compares them with what they may be, and is quick enough.

use cel::common::ast::{
    CallExpr, ComprehensionExpr, EntryExpr, Expr, IdedEntryExpr, LiteralValue, operators,
};
use cel::{IdedExpr, Program};

use super::known::{Kind, Known};
use super::{MAX_LOOPS, Of};

/// What is wrong with an expression, and where.
#[derive(Debug)]
pub(super) struct Wrong {
    what: String,
    /// Place of the character, the first being 0; none where it is about all of the expression.
    at: Option<usize>,
}

impl Wrong {
    /// The same as a sentence about the expression.
    pub(super) fn told(self, text: &str) -> String {
        match self.at {
            None => format!("`{text}` {}", self.what),
            Some(mut at) => {
                // Of a field, what is in the expression is where its dot is.
                at += usize::from(text.chars().nth(at) == Some('.'));
                format!("`{text}` {} (at character {})", self.what, at + 1)
            }
        }
    }
}

/// Looks at all of an expression. Parsers bound how deep it may be.
///
/// # Errors
/// It cannot be judged, is never true as it is meant, or may take too long.
pub(super) fn check(program: &Program, of: Of) -> Result<(), Wrong> {
    let mut check = Check { program, of, scope: Vec::new(), loops: 0, within: 0 };
    check.walk(program.expression())?;
    if check.loops > MAX_LOOPS {
        let what = format!("goes through lists {} times, of at most {MAX_LOOPS}", check.loops);
        return Err(Wrong { what, at: None });
    }
    Ok(())
}

struct Check<'e> {
    program: &'e Program,
    of: Of,
    /// What loops call things, innermost last.
    scope: Vec<(&'e str, Option<Known>)>,
    /// How many there are.
    loops: usize,
    /// In how many of them it is.
    within: usize,
}

impl<'e> Check<'e> {
    fn wrong<T>(&self, at: &IdedExpr, what: String) -> Result<T, Wrong> {
        let at =
            self.program.source_info().offset_for(at.id).and_then(|(start, _)| usize::try_from(start).ok());
        Err(Wrong { what, at })
    }

    /// What is known of the value of an expression.
    fn walk(&mut self, expression: &'e IdedExpr) -> Result<Option<Known>, Wrong> {
        match &expression.expr {
            Expr::Unspecified | Expr::Literal(_) => Ok(None),
            Expr::Ident(name) => self.variable(expression, name),
            Expr::Select(select) => {
                let operand = self.walk(&select.operand)?;
                let field = self.field(expression, operand, &select.field)?;
                Ok(field.filter(|_| !select.test))
            }
            Expr::Call(call) => self.call(expression, call),
            Expr::List(list) => self.all(&list.elements),
            Expr::Map(map) => self.entries(&map.entries),
            Expr::Struct(fields) => self.entries(&fields.entries),
            Expr::Comprehension(of) => self.comprehension(expression, of),
        }
    }

    fn all(&mut self, expressions: &'e [IdedExpr]) -> Result<Option<Known>, Wrong> {
        expressions.iter().try_for_each(|it| self.walk(it).map(|_| ()))?;
        Ok(None)
    }

    fn entries(&mut self, entries: &'e [IdedEntryExpr]) -> Result<Option<Known>, Wrong> {
        for entry in entries {
            match &entry.expr {
                EntryExpr::StructField(field) => drop(self.walk(&field.value)?),
                EntryExpr::MapEntry(entry) => {
                    self.walk(&entry.key)?;
                    self.walk(&entry.value)?;
                }
            }
        }
        Ok(None)
    }

    fn variable(&self, expression: &IdedExpr, name: &str) -> Result<Option<Known>, Wrong> {
        if let Some((_, known)) = self.scope.iter().rev().find(|(known, _)| *known == name) {
            return Ok(known.clone());
        }
        match Known::variable(name) {
            Some(known) => Ok(Some(known)),
            // What macros call their results.
            None if name.starts_with('@') => Ok(None),
            None => self.wrong(expression, format!("speaks of `{name}`: there are `finding` and `image`")),
        }
    }

    fn field(
        &self,
        expression: &IdedExpr,
        operand: Option<Known>,
        name: &str,
    ) -> Result<Option<Known>, Wrong> {
        let Some((operand, kind)) = operand.and_then(|known| known.kind().map(|kind| (known, kind))) else {
            return Ok(None);
        };
        let place = &operand.place;
        if !matches!(kind, Kind::Object | Kind::Map) {
            return self.wrong(
                expression,
                format!("speaks of `{place}.{name}`: `{place}` is {} and has no fields", kind.as_str()),
            );
        }
        let Some(field) = operand.field(name) else {
            let there: Vec<_> = operand.fields().map(|name| format!("`{name}`")).collect();
            let there = there.join(", ");
            return self.wrong(expression, format!("speaks of `{place}.{name}`: `{place}` has {there}"));
        };
        if !field.is_known_of(self.of) {
            return self.wrong(
                expression,
                format!("speaks of `{}`, which is not known where a notice is raised", field.place),
            );
        }
        Ok(Some(field))
    }

    fn call(&mut self, expression: &'e IdedExpr, call: &'e CallExpr) -> Result<Option<Known>, Wrong> {
        let target = call.target.as_ref().map(|target| self.walk(target)).transpose()?;
        let known = call.args.iter().map(|argument| self.walk(argument)).collect::<Result<Vec<_>, _>>()?;
        let ([a, b], [known_a, known_b]) = (call.args.as_slice(), known.as_slice()) else {
            return Ok(None);
        };
        if target.is_some() {
            return Ok(None);
        }
        match call.func_name.as_str() {
            operators::INDEX => {
                let Some(known) = known_a else { return Ok(None) };
                match literal(b) {
                    Some(LiteralValue::String(name)) => {
                        self.field(expression, Some(known.clone()), name.inner())
                    }
                    _ => Ok(known.element()),
                }
            }
            operators::EQUALS | operators::NOT_EQUALS => {
                self.comparison(known_a.as_ref(), b)?;
                self.comparison(known_b.as_ref(), a)?;
                Ok(None)
            }
            operators::LESS | operators::LESS_EQUALS | operators::GREATER | operators::GREATER_EQUALS => {
                self.order(known_a.as_ref(), b)?;
                self.order(known_b.as_ref(), a)?;
                Ok(None)
            }
            operators::IN => {
                if let Expr::List(list) = &b.expr {
                    for element in &list.elements {
                        self.comparison(known_a.as_ref(), element)?;
                    }
                }
                self.comparison(known_b.as_ref().and_then(Known::element).as_ref(), a)?;
                Ok(None)
            }
            _ => Ok(None),
        }
    }

    /// Whether a field may be equal to something.
    fn comparison(&self, field: Option<&Known>, with: &IdedExpr) -> Result<(), Wrong> {
        let (Some(field), Some(literal)) = (field, literal(with)) else { return Ok(()) };
        let Some(kind) = field.kind() else { return Ok(()) };
        let place = &field.place;
        let given = match literal {
            LiteralValue::Null if field.may_be_null() => return Ok(()),
            LiteralValue::Null => return self.wrong(with, format!("is wrong: `{place}` is never null")),
            LiteralValue::Boolean(_) => Kind::Bool,
            LiteralValue::Double(_) | LiteralValue::Int(_) | LiteralValue::UInt(_) => Kind::Number,
            LiteralValue::String(_) => Kind::Text,
            LiteralValue::Bytes(_) => {
                return self.wrong(with, format!("is wrong: `{place}` is {}", kind.as_str()));
            }
        };
        if given != kind {
            let fields: Vec<_> = field.fields().map(|name| format!("`{place}.{name}`")).collect();
            let fields =
                if fields.is_empty() { String::new() } else { format!(" with {}", fields.join(", ")) };
            let (kind, given) = (kind.as_str(), given.as_str());
            return self.wrong(with, format!("is wrong: `{place}` is {kind}{fields}, and never {given}"));
        }
        let (LiteralValue::String(word), Some(words)) = (literal, field.words()) else { return Ok(()) };
        if words.contains(&word.inner()) {
            return Ok(());
        }
        let words: Vec<_> = words.into_iter().map(|word| format!("`{word}`")).collect();
        let words = words.join(", ");
        self.wrong(with, format!("is wrong: `{place}` is never `{}`, but one of {words}", word.inner()))
    }

    /// Whether a field may be more or less than something.
    fn order(&self, field: Option<&Known>, with: &IdedExpr) -> Result<(), Wrong> {
        if let Some(field) = field
            && let Some(words) = field.words()
        {
            let words: Vec<_> = words.into_iter().map(|word| format!("`{word}`")).collect();
            return self.wrong(
                with,
                format!(
                    "is wrong: the words of `{}` have no order; `in` names those that are meant of {}",
                    field.place,
                    words.join(", ")
                ),
            );
        }
        self.comparison(field, with)
    }

    fn comprehension(
        &mut self,
        expression: &'e IdedExpr,
        of: &'e ComprehensionExpr,
    ) -> Result<Option<Known>, Wrong> {
        if self.within > 0 {
            return self.wrong(expression, "goes through a list for each element of another".to_owned());
        }
        self.loops += 1;
        let range = self.walk(&of.iter_range)?;
        self.within += 1;
        self.walk(&of.accu_init)?;
        let before = self.scope.len();
        self.scope.push((&of.accu_var, None));
        self.scope.push((&of.iter_var, range.as_ref().and_then(Known::element)));
        self.scope.extend(of.iter_var2.iter().map(|name| (name.as_str(), None)));
        for part in [&of.loop_cond, &of.loop_step] {
            self.walk(part)?;
        }
        self.scope.truncate(before + 1);
        self.walk(&of.result)?;
        self.scope.truncate(before);
        self.within -= 1;
        Ok(None)
    }
}

fn literal(expression: &IdedExpr) -> Option<&LiteralValue> {
    match &expression.expr {
        Expr::Literal(literal) => Some(literal),
        _ => None,
    }
}
