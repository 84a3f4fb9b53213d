//! The functions that conditions may call, and how. An unknown one would fail in every call; here it fails at load.

/// What calls of a function look like.
pub(super) struct Signature {
    pub(super) name: &'static str,
    /// Accepted numbers of arguments of `f(…)`.
    global: &'static [usize],
    /// Accepted numbers of arguments of `x.f(…)`.
    method: &'static [usize],
    /// The accepted forms, for people.
    pub(super) expected: &'static str,
    /// Whether the result can be true or false.
    pub(super) may_be_boolean: bool,
}

/// `matches` as it is called after instrumentation, too.
pub(super) const MATCHES: &str = "matches";

pub(super) const FUNCTIONS: [Signature; 28] = [
    signature("size", &[1], &[0], "size(x) or x.size()", false),
    signature("startsWith", &[], &[1], "text.startsWith(prefix)", true),
    signature("endsWith", &[], &[1], "text.endsWith(suffix)", true),
    signature("contains", &[], &[1], "text.contains(part)", true),
    signature(
        MATCHES,
        &[2],
        &[1],
        "text.matches(pattern) or matches(text, pattern)",
        true,
    ),
    signature("int", &[1], &[], "int(x)", false),
    signature("uint", &[1], &[], "uint(x)", false),
    signature("double", &[1], &[], "double(x)", false),
    signature("string", &[1], &[], "string(x)", false),
    signature("bytes", &[1], &[], "bytes(x)", false),
    signature("bool", &[1], &[], "bool(x)", true),
    signature("type", &[1], &[], "type(x)", false),
    signature("dyn", &[1], &[], "dyn(x)", true),
    signature("timestamp", &[1], &[], "timestamp(x)", false),
    signature("duration", &[1], &[], "duration(x)", false),
    selector("getFullYear"),
    selector("getMonth"),
    selector("getDayOfYear"),
    selector("getDayOfMonth"),
    selector("getDate"),
    selector("getDayOfWeek"),
    selector("getHours"),
    selector("getMinutes"),
    selector("getSeconds"),
    selector("getMilliseconds"),
    // Macros: where they are written as they must be, the parser has replaced them by then.
    signature("has", &[], &[], "has(x.field)", true),
    signature("all", &[], &[], "list.all(name, condition)", true),
    signature(
        "exists",
        &[],
        &[],
        "list.exists(name, condition); exists_one, map and filter are called in the same way",
        true,
    ),
];

/// Names of types, which may stand where a variable may.
pub(super) const TYPES: [&str; 10] = [
    "bool",
    "int",
    "uint",
    "double",
    "string",
    "bytes",
    "list",
    "map",
    "null_type",
    "type",
];

/// Names of types that look like field accesses.
pub(super) const QUALIFIED_TYPES: [&[&str]; 2] = [
    &["google", "protobuf", "Timestamp"],
    &["google", "protobuf", "Duration"],
];

pub(super) fn find(name: &str) -> Option<&'static Signature> {
    let name = match name {
        "exists_one" | "existsOne" | "map" | "filter" => "exists",
        name => name,
    };
    FUNCTIONS.iter().find(|signature| signature.name == name)
}

impl Signature {
    pub(super) fn accepts(&self, is_method: bool, arguments: usize) -> bool {
        let accepted = if is_method { self.method } else { self.global };
        accepted.contains(&arguments)
    }
}

const fn signature(
    name: &'static str,
    global: &'static [usize],
    method: &'static [usize],
    expected: &'static str,
    may_be_boolean: bool,
) -> Signature {
    Signature {
        name,
        global,
        method,
        expected,
        may_be_boolean,
    }
}

/// A part of a timestamp or duration.
const fn selector(name: &'static str) -> Signature {
    let expected = "a method of a timestamp or duration; for timestamps with an optional time zone";
    signature(name, &[], &[0, 1], expected, false)
}
