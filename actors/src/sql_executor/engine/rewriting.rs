//! How a definition's statement is written for DuckDB: each use of a parameter with a type of its own, and no type left open
//! where the definition declares one.
//!
//! DuckDB gives a parameter one type, and forgets to fill it in where it met the parameter before it knew the type: such a
//! plan takes the database down when it runs. Where a parameter is used twice, or stands in the arguments of a macro, which
//! may use it twice, every use gets a type, or the statement is refused.

use std::collections::BTreeSet;

use super::data_type::DataType;
use super::error::QueryError;
use super::lexer::{Token, Tokens};
use super::prepared::Prepared;
use super::session::Session;
use super::statement::Declared;
use super::syntax::SyntaxTree;
use super::uses::{self, Separated};

/// What is known beside the statement.
pub(super) struct Given<'check> {
    declared: &'check [Declared],
    /// The owner's macros, in lower case.
    macros: BTreeSet<String>,
}

// Spelled with the system's own schema: a macro in the database could change what an unqualified name means.
const MACROS: &str = "SELECT DISTINCT function_name FROM system.main.duckdb_functions() \
     WHERE NOT internal AND (function_type = 'macro' OR function_type = 'table_macro')";

impl<'check> Given<'check> {
    /// What the database adds to the declared parameters, if the statement has any.
    pub(super) fn of(
        session: &mut Session,
        sql: &str,
        declared: &'check [Declared],
    ) -> Result<Self, QueryError> {
        let is_parameter = |(token, _): (Token<'_>, &str)| matches!(token, Token::Parameter { .. });
        let rows = match Tokens::of(sql).any(is_parameter) {
            true => session.texts(MACROS, &[])?,
            false => Vec::new(),
        };
        let names = rows.into_iter().flatten();
        Ok(Self {
            declared,
            macros: names.map(|name| name.to_ascii_lowercase()).collect(),
        })
    }

    fn declared_type(&self, identifier: &str) -> Option<DataType> {
        let name = uses::parameter_of(identifier);
        let (_, data_type) = self.declared.iter().find(|(known, _)| known == name)?;
        data_type.clone()
    }

    /// The text of a statement that is not bound at load: with casts in the arguments of macros, as far as types are declared.
    pub(super) fn unbound(&self, session: &mut Session, sql: &str, tree: &SyntaxTree) -> String {
        let casts: Vec<(String, DataType)> = tree
            .parameters_of_macros(&self.macros)
            .into_iter()
            .filter_map(|name| Some((name.clone(), self.declared_type(&name)?)))
            .collect();
        let mut tree = tree.clone();
        let mut cast = || {
            tree.cast_parameters(session, &casts).ok()?;
            let sql = tree.to_sql(session).ok()?;
            tree.is_written_as(&sql, session).then_some(sql)
        };
        match casts.is_empty() {
            true => sql.to_owned(),
            false => cast().unwrap_or_else(|| sql.to_owned()),
        }
    }
}

/// A way to write the statement.
pub(super) struct Written {
    pub(super) sql: String,
    /// `None` for what is no SELECT, and for what was written without it.
    pub(super) tree: Option<SyntaxTree>,
    pub(super) prepared: Prepared,
}

impl Written {
    /// The statement as it is to run.
    pub(super) fn improved(self, session: &mut Session, given: &Given<'_>) -> Result<Self, QueryError> {
        let separated = uses::separate(&self.sql);
        let in_macros = self.parameters_of_macros(given);
        let open = self.open_parameters();
        if separated.is_none() && in_macros.is_empty() {
            let cast = self.with_types(session, &BTreeSet::new(), &open, given);
            return Ok(cast.unwrap_or_else(|| self.with_texts(session, &open, given)));
        }
        let alone = separated.as_ref().and_then(|separated| {
            let alone = self.with_uses_apart(session, separated)?;
            alone.settled(session, given)
        });
        // Such as an expression that is selected and grouped by: both have to stay the same.
        let mut several = in_macros;
        several.extend(separated.iter().flat_map(|separated| separated.repeated.clone()));
        let mut alike = || self.with_types(session, &several, &open, given);
        match alone {
            Some(alone) if alone.is_bound() => Ok(alone),
            alone => match alike().filter(Self::is_bound) {
                Some(alike) => Ok(alike),
                // What is open is bound anew with the values of each run, and then there is nothing to decide.
                None => match alone {
                    Some(alone) => Ok(alone),
                    None if !self.is_bound() => Ok(self),
                    None => self.unless_ambiguous(session, &several, separated.as_ref(), given),
                },
            },
        }
    }

    /// With types for what is open and for what stands in the arguments of macros. `None` if that has to have types and cannot.
    fn settled(self, session: &mut Session, given: &Given<'_>) -> Option<Self> {
        let in_macros = self.parameters_of_macros(given);
        let open = self.open_parameters();
        match self.with_types(session, &in_macros, &open, given) {
            Some(cast) => Some(cast),
            None if in_macros.is_empty() || !self.is_bound() => Some(self.with_texts(session, &open, given)),
            None => None,
        }
    }

    /// With types for those of the open parameters that are declared as text, where not all can have theirs: text, or else an
    /// interval. A duration may be either, in one statement both.
    fn with_texts(self, session: &mut Session, open: &BTreeSet<String>, given: &Given<'_>) -> Self {
        let is_text = |identifier: &&String| given.declared_type(identifier) == Some(DataType::Varchar);
        open.iter().filter(is_text).fold(self, |written, identifier| {
            let ways = [DataType::Varchar, DataType::Interval].into_iter();
            let mut ways = ways.map(|data_type| [(identifier.clone(), data_type)]);
            let cast = ways.find_map(|cast| written.with_casts(session, &cast));
            cast.unwrap_or(written)
        })
    }

    /// The statement as it is, if each use of its parameters fixes a type: then it does not matter which comes first.
    fn unless_ambiguous(
        self,
        session: &mut Session,
        several: &BTreeSet<String>,
        separated: Option<&Separated>,
        given: &Given<'_>,
    ) -> Result<Self, QueryError> {
        let fixes_types = |sql: &str| {
            let prepared = session.prepare_only(sql).ok();
            prepared.is_some_and(|prepared| is_bound(&prepared))
        };
        let is_in_macros = !self.parameters_of_macros(given).is_empty();
        match (separated, several.first()) {
            (Some(separated), _) if !is_in_macros && fixes_types(&separated.sql) => Ok(self),
            (_, Some(first)) => Err(QueryError::Ambiguous(uses::parameter_of(first).to_owned())),
            (_, None) => Ok(self),
        }
    }

    /// Whether DuckDB could give every parameter a type. It has then also checked the whole statement.
    fn is_bound(&self) -> bool {
        is_bound(&self.prepared)
    }

    /// What DuckDB calls the parameters that it gave no type.
    fn open_parameters(&self) -> BTreeSet<String> {
        let types = self.resolved_types();
        let open = types.filter(|(_, data_type)| data_type.is_none());
        open.map(|(identifier, _)| identifier.clone()).collect()
    }

    fn resolved_types(&self) -> impl Iterator<Item = (&String, Option<&DataType>)> {
        let parameters = self.prepared.parameters().iter();
        let types = parameters.map(|parameter| parameter.data_type.as_ref());
        self.prepared.identifiers().iter().zip(types)
    }

    /// What DuckDB calls the parameters in the arguments of the owner's macros.
    fn parameters_of_macros(&self, given: &Given<'_>) -> BTreeSet<String> {
        match (&self.tree, given.macros.is_empty()) {
            (_, true) => BTreeSet::new(),
            (Some(tree), false) => tree.parameters_of_macros(&given.macros),
            (None, false) => uses::in_macros(&self.sql, &given.macros),
        }
    }

    /// The statement with a parameter for each use, if it still binds, to columns of the same names.
    fn with_uses_apart(&self, session: &mut Session, separated: &Separated) -> Option<Self> {
        let by_tree = self.tree.clone().and_then(|mut tree| {
            tree.separate_parameters(session).ok()?;
            let sql = tree.to_sql(session).ok()?;
            tree.is_written_as(&sql, session).then_some((sql, Some(tree)))
        });
        let by_text = (separated.sql.clone(), None);
        let mut ways = by_tree.into_iter().chain([by_text]);
        ways.find_map(|(sql, tree)| {
            let prepared = session.prepare_only(&sql).ok()?;
            let identifiers: BTreeSet<&String> = prepared.identifiers().iter().collect();
            let columns = prepared.columns();
            let mut names = separated.identifiers.iter();
            let is_new = |name: &&String| uses::parameter_of(name) != name.as_str();
            let keeps_names = tree.is_some() || self.names_are(&columns, names.by_ref().filter(is_new));
            let is_same = identifiers.into_iter().eq(&separated.identifiers) && keeps_names;
            is_same.then_some(Self { sql, tree, prepared })
        })
    }

    /// Whether columns of a text that names some parameters otherwise still have their names: those of expressions show how
    /// their parameters are written. What DuckDB describes only at a run has no names to compare.
    fn names_are<'name>(
        &self,
        columns: &[(String, DataType)],
        mut changed: impl Iterator<Item = &'name String>,
    ) -> bool {
        let before = self.prepared.columns();
        match (is_described(&before), is_described(columns)) {
            (true, true) => names(&before).eq(names(columns)),
            (false, true) => {
                !changed.any(|identifier| names(columns).any(|name| name.contains(&format!("${identifier}"))))
            }
            (_, false) => self.tree.is_none(),
        }
    }

    /// The statement with types for the parameters of `needed` and, where they are declared, for those of `open`. The declared
    /// types come first, then those that DuckDB itself has found.
    fn with_types(
        &self,
        session: &mut Session,
        needed: &BTreeSet<String>,
        open: &BTreeSet<String>,
        given: &Given<'_>,
    ) -> Option<Self> {
        let resolved = |identifier: &String| {
            let (_, data_type) = self.resolved_types().find(|(known, _)| *known == identifier)?;
            data_type.cloned()
        };
        let type_of = |identifier: &String, declared_first: bool| {
            let declared = given.declared_type(identifier);
            match declared_first {
                true => declared.or_else(|| resolved(identifier)),
                false => resolved(identifier).or(declared),
            }
        };
        [true, false].into_iter().find_map(|declared_first| {
            let typed =
                |identifier: &String| Some((identifier.clone(), type_of(identifier, declared_first)?));
            let mut casts = needed.iter().map(typed).collect::<Option<Vec<_>>>()?;
            casts.extend(open.difference(needed).filter_map(typed));
            self.with_casts(session, &casts)
        })
    }

    /// The statement with these types written around these parameters, if it still means the same.
    fn with_casts(&self, session: &mut Session, casts: &[(String, DataType)]) -> Option<Self> {
        if casts.is_empty() {
            return None;
        }
        let by_tree = self.tree.clone().and_then(|mut tree| {
            tree.cast_parameters(session, casts).ok()?;
            let sql = tree.to_sql(session).ok()?;
            tree.is_written_as(&sql, session).then_some((sql, Some(tree)))
        });
        // Where nothing is open, the types that DuckDB found are known to fit.
        let by_text = self.is_bound().then(|| (uses::cast(&self.sql, casts), None));
        let mut ways = by_tree.into_iter().chain(by_text);
        ways.find_map(|(sql, tree)| {
            let prepared = session.prepare_only(&sql).ok()?;
            let is_same = same_result(&self.prepared.columns(), &prepared.columns());
            is_same.then_some(Self { sql, tree, prepared })
        })
    }
}

fn is_bound(prepared: &Prepared) -> bool {
    let mut parameters = prepared.parameters().iter();
    parameters.all(|parameter| parameter.data_type.is_some())
}

fn names(columns: &[(String, DataType)]) -> impl Iterator<Item = &String> {
    columns.iter().map(|(name, _)| name)
}

/// While a parameter is open DuckDB describes no column at all.
fn is_described(columns: &[(String, DataType)]) -> bool {
    columns
        .iter()
        .all(|(_, data_type)| *data_type != DataType::Unresolved)
}

/// Names and types agree, as far as they are known before.
fn same_result(before: &[(String, DataType)], after: &[(String, DataType)]) -> bool {
    let is_same = |((name, before), (other, after)): (&(String, DataType), &(String, DataType))| {
        name == other && before.agrees_with(after)
    };
    !is_described(before) || (before.len() == after.len() && before.iter().zip(after).all(is_same))
}
