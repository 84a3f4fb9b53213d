//! The lists behind the guard. A name on none of them is judged by what DuckDB says of it.

/// Table functions that only compute.
pub(super) const TABLE_FUNCTIONS: [&str; 7] = [
    "generate_series",
    "json_each",
    "json_tree",
    "range",
    "repeat",
    "repeat_row",
    "unnest",
];

/// Volatile functions that do no harm: they make a value or stop the statement.
pub(super) const HARMLESS_VOLATILE: [&str; 21] = [
    "error",
    "gen_random_uuid",
    "get_request_header",
    "get_request_headers_json",
    "get_user_created_at",
    "get_user_email",
    "get_user_external_token",
    "get_user_id",
    "get_user_instance_url",
    "get_user_last_login",
    "get_user_name",
    "get_user_provider",
    "get_user_provider_context",
    "get_user_scopes",
    "get_username",
    "random",
    "uuid",
    "uuidv4",
    "uuidv7",
    "current_query_id",
    "current_transaction_id",
];

/// Functions that DuckDB does not call volatile and that are not for callers all the same: they run or plan SQL from a
/// string, read settings, secrets, definitions or the environment, change state, or hold a worker.
pub(super) const REFUSED_FUNCTIONS: [&str; 18] = [
    "current_connection_id",
    "current_query",
    "current_setting",
    "currval",
    "getenv",
    "getvariable",
    "in_search_path",
    "json_execute_serialized_sql",
    "json_serialize_plan",
    "nextval",
    "pg_get_viewdef",
    "pg_sleep",
    "query",
    "query_table",
    "setseed",
    "sleep_ms",
    "which_secret",
    "write_log",
];

/// Views of `information_schema` that describe the database and nothing else.
pub(super) const INFORMATION_SCHEMA: [&str; 6] = [
    "columns",
    "constraint_column_usage",
    "key_column_usage",
    "schemata",
    "table_constraints",
    "tables",
];

/// Classes of expressions that only contain other expressions.
pub(super) const EXPRESSION_CLASSES: [&str; 16] = [
    "BETWEEN",
    "CASE",
    "CAST",
    "COLLATE",
    "COLUMN_REF",
    "COMPARISON",
    "CONJUNCTION",
    "CONSTANT",
    "DEFAULT",
    "FUNCTION",
    "LAMBDA",
    "LAMBDA_REF",
    "OPERATOR",
    "POSITIONAL_REFERENCE",
    "STAR",
    "SUBQUERY",
];

/// Other typed nodes that only contain expressions: result modifiers and orders.
pub(super) const PLAIN_NODES: [&str; 8] = [
    "DISTINCT_MODIFIER",
    "LIMIT_MODIFIER",
    "LIMIT_PERCENT_MODIFIER",
    "ORDER_MODIFIER",
    "ASCENDING",
    "DESCENDING",
    "ORDER_DEFAULT",
    "INVALID",
];
