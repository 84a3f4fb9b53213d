//! Names at load: every variable, field of the caller and function exists, and literal patterns are patterns.

use cel::IdedExpr;
use cel::common::ast::{CallExpr, ComprehensionExpr, Expr, LiteralValue, SelectExpr, operators};

use super::error::ConditionError;
use super::functions::{self, FUNCTIONS, MATCHES, QUALIFIED_TYPES, TYPES};
use super::parse::children;
use super::patterns::Patterns;
use super::reads::Reads;
use super::variables::{Variable, Variables};
use crate::policy::user::UserField;
use crate::yaml::suggestion;

/// Names that the parser makes start with this; nobody can write it.
const GENERATED: char = '@';

/// Checks a whole condition. Answers what it looks at, or everything that is wrong with it.
pub(super) fn check(
    expression: &IdedExpr,
    variables: &Variables<'_>,
    patterns: &mut Patterns,
) -> Result<Reads, Vec<ConditionError>> {
    let mut checker = Checker {
        variables,
        patterns,
        loops: Vec::new(),
        reads: Reads::default(),
        errors: Vec::new(),
    };
    checker.visit(expression);
    if is_never_boolean(expression) {
        checker.errors.push(ConditionError::NeverBoolean);
    }
    match checker.errors.is_empty() {
        true => Ok(checker.reads),
        false => Err(checker.errors),
    }
}

struct Checker<'a> {
    variables: &'a Variables<'a>,
    patterns: &'a mut Patterns,
    /// Variables of the loops around, the innermost last.
    loops: Vec<String>,
    reads: Reads,
    errors: Vec<ConditionError>,
}

impl Checker<'_> {
    fn visit(&mut self, expression: &IdedExpr) {
        match &expression.expr {
            Expr::Ident(name) => self.name(name),
            Expr::Select(select) => self.select(select),
            Expr::Call(call) => self.call(call),
            Expr::Comprehension(comprehension) => self.comprehension(comprehension),
            Expr::Struct(message) => self
                .errors
                .push(ConditionError::Message(message.type_name.clone())),
            Expr::Unspecified => self.errors.push(ConditionError::Unreadable),
            Expr::Literal(_) | Expr::List(_) | Expr::Map(_) => self.inside(expression),
        }
    }

    fn inside(&mut self, expression: &IdedExpr) {
        for child in children(expression) {
            self.visit(child);
        }
    }

    fn name(&mut self, written: &str) {
        let is_of_loop = self.loops.iter().any(|name| name == written);
        if is_of_loop || written.starts_with(GENERATED) {
            return;
        }
        let name = absolute(written);
        match self.variables.find(name) {
            Some(Variable::User) => self.reads.user.extend(UserField::ALL),
            Some(Variable::Response) => self.reads.response = true,
            Some(Variable::Argument) => {
                self.reads.arguments.insert(name.to_owned());
            }
            None if TYPES.contains(&name) => {}
            None => self.errors.push(ConditionError::UnknownVariable {
                name: name.to_owned(),
                hint: self.variables.hint(name),
            }),
        }
    }

    fn select(&mut self, select: &SelectExpr) {
        if is_user(&select.operand) {
            self.user_field(&select.field);
        } else if !is_type_name(select) {
            self.visit(&select.operand);
        }
    }

    fn user_field(&mut self, written: &str) {
        match UserField::find(written) {
            Some(field) => {
                self.reads.user.insert(field);
            }
            None => self.errors.push(ConditionError::UnknownUserField {
                name: written.to_owned(),
                hint: suggestion(written, &UserField::ALL.map(UserField::as_str)),
            }),
        }
    }

    fn call(&mut self, call: &CallExpr) {
        match (call.func_name.as_str(), call.args.as_slice()) {
            (operators::INDEX, [operand, index]) if is_user(operand) => {
                if let Some(field) = text(index) {
                    self.user_field(field);
                } else {
                    self.visit(operand);
                    self.visit(index);
                }
            }
            (name, arguments) => {
                if is_function(name) {
                    self.function(name, call.target.is_some(), arguments);
                }
                for part in call.target.as_deref().into_iter().chain(arguments) {
                    self.visit(part);
                }
            }
        }
    }

    fn function(&mut self, name: &str, is_method: bool, arguments: &[IdedExpr]) {
        let Some(signature) = functions::find(name) else {
            let known = FUNCTIONS.map(|signature| signature.name);
            self.errors.push(ConditionError::UnknownFunction {
                name: name.to_owned(),
                hint: suggestion(name, &known),
            });
            return;
        };
        if !signature.accepts(is_method, arguments.len()) {
            self.errors.push(ConditionError::WrongCall {
                name: name.to_owned(),
                expected: signature.expected,
            });
        }
        if name == MATCHES
            && let Some(pattern) = arguments.last().and_then(text)
            && let Err(message) = self.patterns.add_literal(pattern)
        {
            self.errors.push(ConditionError::Pattern(message));
        }
    }

    fn comprehension(&mut self, comprehension: &ComprehensionExpr) {
        self.visit(&comprehension.iter_range);
        let name = &comprehension.iter_var;
        let hides_the_caller = self.variables.find(name) == Some(Variable::User);
        if hides_the_caller || name.starts_with('.') {
            self.errors.push(ConditionError::LoopVariable(name.clone()));
        }
        self.loops.push(name.clone());
        self.visit(&comprehension.accu_init);
        self.visit(&comprehension.loop_cond);
        self.visit(&comprehension.loop_step);
        self.visit(&comprehension.result);
        self.loops.pop();
    }
}

/// `.x` is the variable `x` whatever loops there are around.
fn absolute(name: &str) -> &str {
    name.strip_prefix('.').unwrap_or(name)
}

/// Whether the expression is the caller: no loop variable can have that name.
pub(super) fn is_user(expression: &IdedExpr) -> bool {
    matches!(&expression.expr, Expr::Ident(name) if absolute(name) == super::variables::USER)
}

/// Operators are calls, too, with names that nobody can write.
fn is_function(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn is_type_name(select: &SelectExpr) -> bool {
    QUALIFIED_TYPES
        .iter()
        .any(|segments| !select.test && is_name(&select.operand, &select.field, segments))
}

fn is_name(operand: &IdedExpr, last: &str, segments: &[&str]) -> bool {
    match (segments, &operand.expr) {
        ([first, name], Expr::Ident(operand)) => *name == last && absolute(operand) == *first,
        ([around @ .., name], Expr::Select(select)) => {
            *name == last && !select.test && is_name(&select.operand, &select.field, around)
        }
        _ => false,
    }
}

/// The text of a text literal.
pub(super) fn text(expression: &IdedExpr) -> Option<&str> {
    match &expression.expr {
        Expr::Literal(LiteralValue::String(text)) => Some(text.inner()),
        _ => None,
    }
}

fn is_never_boolean(expression: &IdedExpr) -> bool {
    match &expression.expr {
        Expr::Literal(literal) => !matches!(literal, LiteralValue::Boolean(_)),
        Expr::List(_) | Expr::Map(_) => true,
        Expr::Comprehension(comprehension) => matches!(comprehension.accu_init.expr, Expr::List(_)),
        Expr::Call(call) => match (call.func_name.as_str(), call.args.as_slice()) {
            (operators::CONDITIONAL, [_, yes, no]) => is_never_boolean(yes) && is_never_boolean(no),
            (
                operators::ADD
                | operators::SUBSTRACT
                | operators::MULTIPLY
                | operators::DIVIDE
                | operators::MODULO
                | operators::NEGATE,
                _,
            ) => true,
            (name, _) => {
                is_function(name) && functions::find(name).is_some_and(|signature| !signature.may_be_boolean)
            }
        },
        Expr::Ident(_) | Expr::Select(_) | Expr::Struct(_) | Expr::Unspecified => false,
    }
}
