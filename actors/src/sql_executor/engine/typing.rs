//! The type of each use of a parameter in a definition's statement, decided once, when the definition is loaded.
//!
//! The declared type is the truth: a use is written as a value of that type, whatever DuckDB would infer from what is around
//! it, and DuckDB checks the statement with it. Where it does not take the type, the use is converted to one that it does
//! take, and where there is none, the definition is refused. See `candidates` for the order in which types are tried.

mod candidates;
mod given;
mod way;

use std::collections::BTreeSet;

use super::data_type::DataType;
use super::error::QueryError;
use super::ffi::{DuckdbError, DuckdbErrorKind};
use super::form::Form;
use super::prepared::Prepared;
use super::session::Session;
use super::statement_kind::StatementKind;
use super::syntax::SyntaxTree;
use super::uses::{Use, Values};
use candidates::Asked;
pub(super) use given::Given;
use way::Way;

/// A name of its own for a use, unless it is the only one.
fn apart(uses: &[Use], place: usize) -> Values {
    let same = |found: &&Use| uses.get(place).is_some_and(|at| at.parameter == found.parameter);
    match uses.iter().filter(same).count() {
        0 | 1 => Values::Given,
        _ => Values::Apart(place),
    }
}

/// A statement as it is to run.
pub(super) struct Typed {
    pub(super) sql: String,
    pub(super) prepared: Prepared,
}

/// The statement with a type for each use of a parameter.
pub(super) fn typed(
    session: &mut Session,
    sql: &str,
    tree: Option<SyntaxTree>,
    prepared: Prepared,
    given: &Given<'_>,
) -> Result<Typed, QueryError> {
    let is_name = |name: &String| !name.starts_with(|first: char| first.is_ascii_digit());
    let as_written = |prepared| Typed {
        sql: sql.to_owned(),
        prepared,
    };
    if !prepared.identifiers().iter().any(is_name) {
        return Ok(as_written(prepared));
    }
    let by_tree = tree.and_then(|tree| Way::of_query(session, tree));
    let by_text = Way::of_text(sql);
    let mut refusal = None;
    for way in by_tree.into_iter().chain([by_text]) {
        let mut check = Check {
            session,
            given,
            original: &prepared,
            uses: way.uses(&given.macros),
            way,
        };
        match check.decide() {
            Ok(Decision::AsWritten) => return Ok(as_written(prepared)),
            Ok(Decision::Written(typed)) => return Ok(typed),
            Ok(Decision::NotThisWay) => {}
            Err(error) => refusal = refusal.or(Some(error)),
        }
    }
    match refusal {
        Some(error) => Err(error),
        // What is open is bound anew with the values of each run, and then there is nothing to decide.
        None if !is_bound(&prepared) || keeps_its_meaning(session, sql, &prepared, given) => {
            Ok(as_written(prepared))
        }
        None => {
            let name = prepared.identifiers().first().cloned();
            Err(QueryError::Ambiguous(name.unwrap_or_default()))
        }
    }
}

/// Whether DuckDB could give every parameter a type. It has then also checked the whole statement.
fn is_bound(prepared: &Prepared) -> bool {
    let mut parameters = prepared.parameters().iter();
    parameters.all(|parameter| parameter.data_type.is_some()) && is_described(&prepared.columns())
}

/// Whether each use alone fixes a type: then it does not matter which comes first.
fn keeps_its_meaning(session: &mut Session, sql: &str, prepared: &Prepared, given: &Given<'_>) -> bool {
    let mut way = Way::of_text(sql);
    let uses = way.uses(&given.macros);
    let forms: Vec<Form> = (0..uses.len())
        .filter_map(|place| Some(Form::bare(&uses.get(place)?.parameter, apart(&uses, place))))
        .collect();
    let alone = way
        .written(session, &forms)
        .and_then(|sql| session.prepare_only(&sql).ok());
    is_bound(prepared)
        && !uses.iter().any(|found| found.in_macro)
        && alone.is_some_and(|alone| is_bound(&alone))
}

enum Decision {
    /// Each use has its declared type already.
    AsWritten,
    Written(Typed),
    /// This way of writing it cannot say what the statement says.
    NotThisWay,
}

/// One statement, one way of writing it.
struct Check<'check, 'given> {
    session: &'check mut Session,
    given: &'check Given<'given>,
    original: &'check Prepared,
    way: Way,
    uses: Vec<Use>,
}

impl Check<'_, '_> {
    fn decide(&mut self) -> Result<Decision, QueryError> {
        if self.uses.is_empty() {
            return Ok(Decision::NotThisWay);
        }
        let declared: Vec<Option<DataType>> = self
            .uses
            .iter()
            .map(|found| self.given.declared_type(&found.parameter))
            .collect();
        let asked = self.asked(&declared);
        if self.needs_nothing(&declared, &asked) {
            return Ok(Decision::AsWritten);
        }
        let candidates: Vec<Vec<Form>> = (0..self.uses.len())
            .map(|place| self.candidates(place, &declared, &asked))
            .collect();
        let mut forms = self.chosen(&candidates)?;
        self.keep_numbers_exact(&mut forms, &declared, &asked);
        self.finished(&forms)
    }

    /// The type that each use asks for by itself, as far as it does.
    fn asked(&mut self, declared: &[Option<DataType>]) -> Vec<Option<DataType>> {
        let alone: Vec<Form> = (0..self.uses.len()).map(|place| self.alone(place)).collect();
        let first = self.types_of(&alone);
        let typed = self.typed_nulls(declared);
        let nulls = vec![Form::null(); alone.len()];
        // Behind a use that asks for nothing DuckDB looks no further.
        (0..alone.len())
            .map(|place| {
                match first
                    .get(place)
                    .cloned()
                    .flatten()
                    .or_else(|| self.type_of_cast(place))
                {
                    Some(found) => Some(found),
                    None if alone.len() == 1 => None,
                    None => {
                        let mut among = |others| self.type_among(others, place, &alone);
                        among(&typed).or_else(|| among(&nulls))
                    }
                }
            })
            .collect()
    }

    /// The type that the statement itself casts the use to. DuckDB does not tell it if there is another cast around that.
    fn type_of_cast(&mut self, place: usize) -> Option<DataType> {
        let cast = self.uses.get(place)?.cast.as_ref()?;
        let cast = SyntaxTree::expression_sql(self.session, cast).ok()?;
        let prepared = self.session.prepare_only(&format!("SELECT {cast}")).ok()?;
        prepared.parameters().first()?.data_type.clone()
    }

    fn alone(&self, place: usize) -> Form {
        let name = self.uses.get(place).map(|found| found.parameter.as_str());
        Form::bare(name.unwrap_or_default(), apart(&self.uses, place))
    }

    /// No values, of the declared types.
    fn typed_nulls(&self, declared: &[Option<DataType>]) -> Vec<Form> {
        let uses = self.uses.iter().zip(declared);
        uses.map(|(found, declared)| match declared {
            Some(declared) => candidates::of_declared(&found.parameter, declared.clone()).without_value(),
            None => Form::null(),
        })
        .collect()
    }

    /// The type that one use alone asks for among these others.
    fn type_among(&mut self, others: &[Form], place: usize, alone: &[Form]) -> Option<DataType> {
        let mut forms = others.to_vec();
        *forms.get_mut(place)? = alone.get(place)?.clone();
        let prepared = self.prepared(&forms).ok()?;
        type_of(&prepared, alone.get(place)?)
    }

    fn types_of(&mut self, forms: &[Form]) -> Vec<Option<DataType>> {
        let prepared = self.prepared(forms).ok();
        let find = |form: &Form| prepared.as_ref().and_then(|prepared| type_of(prepared, form));
        forms.iter().map(find).collect()
    }

    /// Whether the statement says of itself what is declared.
    fn needs_nothing(&mut self, declared: &[Option<DataType>], asked: &[Option<DataType>]) -> bool {
        let is_said = |place: usize, found: &Use| {
            let declared = declared.get(place).cloned().flatten();
            let asked = asked.get(place).cloned().flatten();
            let says_it = asked == declared;
            let is_given = apart(&self.uses, place) == Values::Given;
            let holds_json = asked.as_ref().is_some_and(candidates::holds_json);
            let is_open = declared.is_none() && is_given && !holds_json;
            !found.in_macro && (is_open || (declared.is_some() && says_it))
        };
        let mut uses = self.uses.iter().enumerate();
        if !uses.all(|(place, found)| is_said(place, found)) {
            return false;
        }
        let has_types = declared.iter().all(Option::is_some);
        let nulls = vec![Form::null(); self.uses.len()];
        !has_types || (is_bound(self.original) && self.prepared(&nulls).is_ok())
    }

    fn candidates(
        &mut self,
        place: usize,
        declared: &[Option<DataType>],
        asked: &[Option<DataType>],
    ) -> Vec<Form> {
        let Some(found) = self.uses.get(place).cloned() else {
            return Vec::new();
        };
        let asked_type = asked.get(place).cloned().flatten();
        let Some(declared_type) = declared.get(place).cloned().flatten() else {
            return vec![candidates::undeclared(
                &found,
                asked_type.as_ref(),
                self.alone(place),
            )];
        };
        let converts = candidates::depends_on_digits(&declared_type, asked_type.as_ref())
            && self.converts_anything(place, declared);
        candidates::of(
            &found,
            &declared_type,
            &Asked {
                data_type: asked_type,
                converts,
            },
            place,
        )
    }

    /// Whether what stands around the use converts whatever it is given: a cast, or the column that a row is written to. Nothing
    /// else takes bytes for numbers.
    fn converts_anything(&mut self, place: usize, declared: &[Option<DataType>]) -> bool {
        let mut forms = self.typed_nulls(declared);
        let Some(form) = forms.get_mut(place) else {
            return false;
        };
        *form = Form::null().of_type(DataType::Blob);
        self.prepared(&forms).is_ok()
    }

    /// The first of its candidates for each use with which DuckDB accepts the whole statement.
    fn chosen(&mut self, candidates: &[Vec<Form>]) -> Result<Vec<Form>, QueryError> {
        let first: Vec<Form> = candidates
            .iter()
            .filter_map(|ways| ways.first().cloned())
            .collect();
        let refused = match self.accepts(&first) {
            Ok(()) => return Ok(first),
            Err(error) => error,
        };
        // One after the other: what is not decided yet is NULL, or what it would be at first.
        let mut forms: Vec<Form> = vec![Form::null(); first.len()];
        for (place, ways) in candidates.iter().enumerate() {
            let mut with = |rest: &[Form], way: &Form| {
                let decided = forms.iter().take(place).cloned();
                let following = rest.iter().skip(place + 1).cloned();
                let tried: Vec<Form> = decided.chain([way.clone()]).chain(following).collect();
                self.accepts(&tried).is_ok()
            };
            let nulls = vec![Form::null(); first.len()];
            let found = ways
                .iter()
                .find(|way| with(&nulls, way))
                .or_else(|| ways.iter().find(|way| with(&first, way)))
                .cloned();
            match (found, forms.get_mut(place)) {
                (Some(way), Some(form)) => *form = way,
                _ => return self.alike(candidates).ok_or_else(|| self.untyped(place, refused)),
            }
        }
        Ok(forms)
    }

    /// What DuckDB takes where uses depend on each other: for all of them what comes as late among their candidates.
    fn alike(&mut self, candidates: &[Vec<Form>]) -> Option<Vec<Form>> {
        let most = candidates.iter().map(Vec::len).max()?;
        let ways = (1..most).map(|choice| {
            let at = |ways: &Vec<Form>| ways.get(choice).or(ways.last()).cloned();
            candidates.iter().filter_map(at).collect::<Vec<Form>>()
        });
        ways.into_iter().find(|forms| self.accepts(forms).is_ok())
    }

    fn untyped(&self, place: usize, refused: QueryError) -> QueryError {
        let parameter = self.uses.get(place).map(|found| found.parameter.clone());
        let parameter = parameter.unwrap_or_default();
        let declared = self.given.declared_type(&parameter);
        let reason = refused.to_string();
        let first = reason.lines().next().unwrap_or_default();
        match declared {
            Some(declared) => QueryError::Untyped {
                parameter,
                declared,
                reason: first.to_owned(),
            },
            None => refused,
        }
    }

    /// Whether DuckDB accepts the statement with values of these types. Some arguments it wants to know when it binds: then
    /// what it says of `NULL` and of a value alike is said of their type, and so is what it says of types.
    fn accepts(&mut self, forms: &[Form]) -> Result<(), QueryError> {
        if is_bound(&self.prepared(forms)?) {
            return Ok(());
        }
        let empty: Vec<Form> = forms.iter().map(Form::without_value).collect();
        let samples: Vec<Form> = forms.iter().map(Form::with_sample).collect();
        let (of_null, of_sample) = (self.prepared(&empty).err(), self.prepared(&samples).err());
        let said = |error: &QueryError| error.to_string().lines().next().map(str::to_owned);
        let is_quoted = forms.iter().any(Form::is_quoted);
        if is_quoted && let Some(error) = self.uncombined(forms) {
            return Err(error);
        }
        match (of_null, of_sample) {
            (_, Some(error)) if is_about_types(&error) => Err(error),
            (Some(refused), Some(error)) if is_quoted || said(&error) == said(&refused) => Err(refused),
            _ => Ok(()),
        }
    }

    /// For a text in quotes DuckDB finds a function, but no type in common with other rows or branches: a value that is bound has
    /// the type of texts there.
    fn uncombined(&mut self, forms: &[Form]) -> Option<QueryError> {
        let bound: Vec<Form> = forms.iter().map(|form| form.as_bound().with_sample()).collect();
        let error = self.prepared(&bound).err()?;
        let is_unsupported = |error: &DuckdbError| error.kind() == DuckdbErrorKind::Unsupported;
        matches!(&error, QueryError::Duckdb(refusal) if is_unsupported(refusal)).then_some(error)
    }

    /// Numbers that the statement compares with exact ones stay exact where they can: that is also what indexes and
    /// statistics are asked by.
    fn keep_numbers_exact(
        &mut self,
        forms: &mut [Form],
        declared: &[Option<DataType>],
        asked: &[Option<DataType>],
    ) {
        let mut types: Vec<DataType> = Vec::new();
        for place in 0..forms.len() {
            let is_number = declared.get(place) == Some(&Some(DataType::Double));
            let (Some(Some(asked)), Some(found)) = (asked.get(place), self.uses.get(place)) else {
                continue;
            };
            let plain = candidates::of_declared(&found.parameter, DataType::Double);
            let is_plain = forms.get(place) == Some(&plain);
            if !is_number || !is_plain || found.in_macro || !candidates::is_exact(asked) {
                continue;
            }
            let known = types.iter().position(|known| known == asked);
            let number = known.unwrap_or(types.len());
            let exact = Form::bare(&found.parameter, Values::Exact(number));
            let mut tried = forms.to_vec();
            if let Some(form) = tried.get_mut(place) {
                *form = exact.clone();
            }
            let is_kept = self
                .prepared(&tried)
                .is_ok_and(|prepared| type_of(&prepared, &exact).as_ref() == Some(asked));
            if is_kept {
                if known.is_none() {
                    types.push(asked.clone());
                }
                forms.clone_from_slice(&tried);
            }
        }
    }

    fn finished(&mut self, forms: &[Form]) -> Result<Decision, QueryError> {
        let Some(sql) = self.way.written(self.session, forms) else {
            return Ok(Decision::NotThisWay);
        };
        let prepared = self.session.prepare_only(&sql)?;
        let meant: BTreeSet<String> = forms.iter().filter_map(Form::identifier).collect();
        let seen: BTreeSet<String> = prepared.identifiers().iter().cloned().collect();
        // What a statement that writes returns has no parameters in it.
        let has_names = self.way.keeps_names() || self.original.kind() == StatementKind::Write;
        let keeps_names = has_names || same_names(self.original, &prepared);
        match meant == seen && keeps_names {
            true => Ok(Decision::Written(Typed { sql, prepared })),
            false => Ok(Decision::NotThisWay),
        }
    }

    fn prepared(&mut self, forms: &[Form]) -> Result<Prepared, QueryError> {
        let sql = self.way.drafted(self.session, forms)?;
        self.session.prepare_only(&sql)
    }
}

fn is_about_types(error: &QueryError) -> bool {
    let is_kind =
        |error: &DuckdbError| matches!(error.kind(), DuckdbErrorKind::Binder | DuckdbErrorKind::Catalog);
    matches!(error, QueryError::Duckdb(error) if is_kind(error))
}

fn type_of(prepared: &Prepared, form: &Form) -> Option<DataType> {
    let identifier = form.identifier()?;
    let mut known = prepared.identifiers().iter().zip(prepared.parameters());
    let (_, parameter) = known.find(|(known, _)| **known == identifier)?;
    parameter.data_type.clone()
}

/// While a parameter is open DuckDB describes no column at all.
fn is_described(columns: &[(String, DataType)]) -> bool {
    columns
        .iter()
        .all(|(_, data_type)| *data_type != DataType::Unresolved)
}

/// Whether the columns are known to have the same names.
fn same_names(before: &Prepared, after: &Prepared) -> bool {
    let (before, after) = (before.columns(), after.columns());
    let names = |columns: &[(String, DataType)]| -> Vec<String> {
        columns.iter().map(|(name, _)| name.clone()).collect()
    };
    is_described(&before) && is_described(&after) && names(&before) == names(&after)
}
