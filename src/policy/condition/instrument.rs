//! An expression with its work made countable, and with two meanings of its own: what `has(user.x)` says, and how `matches` runs.

use cel::IdedExpr;
use cel::common::ast::{
    CallExpr, ComprehensionExpr, EntryExpr, Expr, IdedEntryExpr, ListExpr, LiteralValue, MapEntryExpr,
    MapExpr, SelectExpr, operators,
};

use super::check::is_user;
use super::functions::MATCHES;
use super::parse::size;

/// `@charge(x)` is `x`, paid for by its size.
pub(super) const CHARGE: &str = "@charge";
/// `@visit(x, n)` is `x`, paid for as a loop over it whose body has `n` nodes.
pub(super) const VISIT: &str = "@visit";
/// `@matches(text, pattern)` is a search with patterns from [`super::patterns`].
pub(super) const SEARCH: &str = "@matches";

pub(super) fn instrument(IdedExpr { id, expr }: IdedExpr) -> IdedExpr {
    let expr = match expr {
        Expr::Call(call) => call_of(call),
        Expr::Comprehension(comprehension) => Expr::Comprehension(Box::new(loop_of(*comprehension))),
        Expr::List(list) => Expr::List(ListExpr {
            elements: list.elements.into_iter().map(paid).collect(),
            optional_indices: list.optional_indices,
        }),
        Expr::Map(map) => Expr::Map(MapExpr {
            entries: map.entries.into_iter().map(entry_of).collect(),
        }),
        Expr::Select(select) => select_of(select),
        expr @ (Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) | Expr::Struct(_)) => expr,
    };
    IdedExpr { id, expr }
}

/// The caller is a message whose fields may be unset: an unset one is null, and `has` says false.
fn select_of(select: SelectExpr) -> Expr {
    if select.test && is_user(&select.operand) {
        let field = Expr::Select(SelectExpr {
            test: false,
            ..select
        });
        return call(
            operators::NOT_EQUALS,
            vec![node(field), node(Expr::Literal(LiteralValue::Null))],
        );
    }
    Expr::Select(SelectExpr {
        operand: Box::new(instrument(*select.operand)),
        ..select
    })
}

fn call_of(written: CallExpr) -> Expr {
    let CallExpr {
        func_name,
        target,
        args,
    } = written;
    let whole = |args: Vec<IdedExpr>| args.into_iter().map(instrument).collect::<Vec<_>>();
    match func_name.as_str() {
        MATCHES => {
            let target = target.map(|target| *target);
            call(SEARCH, target.into_iter().chain(args).map(instrument).collect())
        }
        operators::LOGICAL_AND
        | operators::LOGICAL_OR
        | operators::LOGICAL_NOT
        | operators::NOT_STRICTLY_FALSE
        | operators::CONDITIONAL
        | operators::SUBSTRACT
        | operators::MULTIPLY
        | operators::DIVIDE
        | operators::MODULO
        | operators::NEGATE => call(&func_name, whole(args)),
        // The evaluator recognises the steps of its loops by their form.
        operators::ADD if args.first().is_some_and(is_generated) => call(&func_name, whole(args)),
        operators::EQUALS
        | operators::NOT_EQUALS
        | operators::LESS
        | operators::LESS_EQUALS
        | operators::GREATER
        | operators::GREATER_EQUALS
            if args.iter().any(is_literal) =>
        {
            call(&func_name, whole(args))
        }
        operators::INDEX => {
            let mut args = args.into_iter();
            let operand = args.next().map(instrument);
            call(&func_name, operand.into_iter().chain(args.map(paid)).collect())
        }
        _ => Expr::Call(CallExpr {
            target: target.map(|target| Box::new(paid(*target))),
            args: args.into_iter().map(paid).collect(),
            func_name,
        }),
    }
}

fn loop_of(comprehension: ComprehensionExpr) -> ComprehensionExpr {
    let nodes = i64::try_from(size(&comprehension.loop_step)).unwrap_or(i64::MAX);
    let range = vec![
        instrument(comprehension.iter_range),
        node(Expr::Literal(LiteralValue::Int(nodes.into()))),
    ];
    ComprehensionExpr {
        iter_range: node(call(VISIT, range)),
        loop_step: instrument(comprehension.loop_step),
        ..comprehension
    }
}

fn entry_of(IdedEntryExpr { id, expr }: IdedEntryExpr) -> IdedEntryExpr {
    let expr = match expr {
        EntryExpr::MapEntry(entry) => EntryExpr::MapEntry(MapEntryExpr {
            key: paid(entry.key),
            value: paid(entry.value),
            optional: entry.optional,
        }),
        field @ EntryExpr::StructField(_) => field,
    };
    IdedEntryExpr { id, expr }
}

/// An operand that is charged before it is used. The size of a literal is bounded by that of the condition.
fn paid(expression: IdedExpr) -> IdedExpr {
    match is_literal(&expression) {
        true => expression,
        false => node(call(CHARGE, vec![instrument(expression)])),
    }
}

fn is_literal(expression: &IdedExpr) -> bool {
    matches!(expression.expr, Expr::Literal(_))
}

fn is_generated(expression: &IdedExpr) -> bool {
    matches!(&expression.expr, Expr::Ident(name) if name.starts_with('@'))
}

fn call(name: &str, args: Vec<IdedExpr>) -> Expr {
    Expr::Call(CallExpr {
        func_name: name.to_owned(),
        target: None,
        args,
    })
}

/// Positions are of no use any more.
fn node(expr: Expr) -> IdedExpr {
    IdedExpr { id: 0, expr }
}
