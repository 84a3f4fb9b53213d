//! The variables of one call, and the evaluation of conditions over them. Evaluation never panics and always ends.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use cel::common::types::{CelBool, CelInt, CelString};
use cel::common::value::{CowVal, Val};
use cel::{Context, ExecutionError, FunctionContext, Value};
use serde::Deserializer;

use super::failure::ConditionFailure;
use super::instrument::{CHARGE, SEARCH, VISIT};
use super::meter::{Meter, budget, length, weigh_text};
use super::parse::LANGUAGE;
use super::patterns::{LastPattern, Patterns};
use super::reads::Reads;
use super::value;
use super::variables::{RESPONSE, USER};
use super::{Condition, functions};
use crate::policy::user::PolicyUser;

/// Steps for compiling a pattern that is a value.
const COMPILE_STEPS: u64 = 10_000;

type Function = Box<
    dyn for<'context, 'call> Fn(
            &mut FunctionContext<'context, 'call>,
        ) -> Result<CowVal<'context, 'call>, ExecutionError>
        + Send
        + Sync,
>;

/// What conditions see of one call.
pub(in crate::policy) struct Scope<'v> {
    context: Context<'v, 'v>,
    meter: Arc<Meter>,
    weight: u64,
}

impl<'v> Scope<'v> {
    /// No variables yet. `patterns` are those of the conditions that will be evaluated.
    pub(in crate::policy) fn new(patterns: &Arc<Patterns>) -> Result<Self, ConditionFailure> {
        let meter = Arc::new(Meter::default());
        let mut context = Context::with_env(Arc::clone(&LANGUAGE));
        let functions = [
            (CHARGE, charge(Arc::clone(&meter))),
            (VISIT, visit(Arc::clone(&meter))),
            (SEARCH, search(Arc::clone(&meter), Arc::clone(patterns))),
        ];
        for (name, function) in functions {
            context
                .add_function(name, function)
                .map_err(|_| ConditionFailure::Evaluator("a function exists twice"))?;
        }
        Ok(Self {
            context,
            meter,
            weight: 0,
        })
    }

    /// The caller, as far as conditions look at it.
    pub(in crate::policy) fn bind_user(&mut self, user: &'v PolicyUser, reads: &Reads) {
        let fields = user.fields().filter(|(field, _)| reads.user.contains(field));
        let (value, weight) = value::of_user(fields);
        self.bind(USER, value, weight);
    }

    /// The result of the call.
    pub(in crate::policy) fn bind_response<D: Deserializer<'v>>(
        &mut self,
        response: D,
    ) -> Result<(), ConditionFailure> {
        self.bind_json(RESPONSE, response)
    }

    /// An argument of the call.
    pub(in crate::policy) fn bind_json<D: Deserializer<'v>>(
        &mut self,
        name: &str,
        json: D,
    ) -> Result<(), ConditionFailure> {
        let (value, weight) = value::of_json(json).map_err(|_| ConditionFailure::UnreadableValues)?;
        self.bind(name, value, weight);
        Ok(())
    }

    fn bind(&mut self, name: &str, value: Box<dyn Val + 'v>, weight: u64) {
        self.context.add_variable_as_val(name, value);
        self.weight = self.weight.saturating_add(weight);
    }

    /// Whether a condition holds. A failure means that nobody can tell.
    pub(in crate::policy) fn holds(&self, condition: &Condition) -> Result<bool, ConditionFailure> {
        let steps = budget(self.weight);
        self.meter.refill(steps);
        // Nothing that a panic could leave half done is used again: the meter is refilled, the rest is read only.
        let evaluated = catch_unwind(AssertUnwindSafe(|| self.evaluate(condition)))
            .unwrap_or(Err(ConditionFailure::Evaluator("it panicked")));
        match self.meter.is_exhausted() {
            true => Err(ConditionFailure::TooExpensive(steps)),
            false => evaluated,
        }
    }

    fn evaluate(&self, condition: &Condition) -> Result<bool, ConditionFailure> {
        let result = Value::resolve_val(&condition.expression, &self.context)
            .map_err(|error| ConditionFailure::from_evaluator(&error))?;
        match result.downcast_ref::<CelBool>() {
            Some(holds) => Ok(*holds.inner()),
            None => Err(ConditionFailure::NotBoolean(result.get_type().name().to_owned())),
        }
    }
}

fn charge(meter: Arc<Meter>) -> Function {
    Box::new(move |call| {
        let value = call.args.pop().ok_or_else(misused)?;
        meter.charge_for(value.as_ref())?;
        Ok(value)
    })
}

fn visit(meter: Arc<Meter>) -> Function {
    Box::new(move |call| {
        let (nodes, range) = (call.args.pop(), call.args.pop());
        let nodes = nodes.as_ref().and_then(|nodes| nodes.downcast_ref::<CelInt>());
        let nodes = nodes.and_then(|nodes| u64::try_from(*nodes.inner()).ok());
        let (range, nodes) = range.zip(nodes).ok_or_else(misused)?;
        meter.charge(length(range.as_ref()).saturating_mul(nodes))?;
        meter.charge_for(range.as_ref())?;
        Ok(range)
    })
}

fn search(meter: Arc<Meter>, patterns: Arc<Patterns>) -> Function {
    let last = LastPattern::default();
    Box::new(move |call| {
        let (Some(pattern), Some(text)) = (call.args.pop(), call.args.pop()) else {
            return Err(misused());
        };
        let types = || {
            let types = [&text, &pattern].map(|value| value.get_type().name().to_owned());
            ExecutionError::no_such_overload(functions::MATCHES, types.to_vec())
        };
        let (Some(haystack), Some(pattern)) = (
            text.downcast_ref::<CelString<'_>>(),
            pattern.downcast_ref::<CelString<'_>>(),
        ) else {
            return Err(types());
        };
        meter.charge(weigh_text(haystack.inner().len()).saturating_mul(weigh_text(pattern.inner().len())))?;
        let search = patterns.search(pattern.inner(), haystack.inner(), &last);
        if search.is_new {
            meter.charge(COMPILE_STEPS)?;
        }
        let is_match = search.is_match;
        is_match
            .map(|is_match| CowVal::owned(CelBool::from(is_match)))
            .ok_or_else(|| ExecutionError::function_error(functions::MATCHES, "no usable pattern"))
    })
}

/// Instrumentation calls these functions as they must be called.
fn misused() -> ExecutionError {
    ExecutionError::InternalError("an operand is missing".to_owned())
}
