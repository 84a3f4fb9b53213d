//! Parser events → one tree: documents, anchors, aliases, and the bounds that keep a hostile file from growing.
//! Keys and merging are `open_mapping`'s business, what a scalar means is `resolve`'s.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle as Written, Tag};

use super::decode::decode;
use super::extent::Extent;
use super::node::{Node, Scalar, ScalarStyle, Value};
use super::open_mapping::OpenMapping;
use super::{KeyPath, Location, Position, Problems, tags};

/// The deepest nesting that is accepted, aliases included.
pub const MAXIMUM_DEPTH: usize = 100;

/// The most values that a file may hold after its aliases are expanded.
pub const MAXIMUM_NODES: usize = 200_000;

/// Parses one YAML document. `file` is its name in messages. An empty file is null.
///
/// `None` after reporting what is wrong. Duplicate keys and unknown tags are all reported; a syntax error ends the
/// reading.
pub fn parse(file: &str, bytes: &[u8], problems: &mut Problems) -> Option<Node> {
    let source: Arc<str> = Arc::from(file);
    let errors_before = problems.len();
    let text = decode(&source, bytes, problems)?;
    let mut composer = Composer::new(source, problems);
    for event in Parser::new_from_str(&text) {
        let outcome = match event {
            Ok((event, span)) => composer.accept(event, span.start),
            Err(error) => Err(Stop::new(
                *error.marker(),
                format!("is not valid YAML: {}", error.info()),
            )),
        };
        if let Err(stop) = outcome {
            composer.report(stop.marker, stop.message);
            return None;
        }
    }
    let start = composer.location(Marker::new(0, 1, 0));
    let root = composer.root.unwrap_or_else(|| Node::null(start));
    (problems.len() == errors_before).then_some(root)
}

/// Why reading cannot go on.
struct Stop {
    marker: Marker,
    message: String,
}

impl Stop {
    fn new(marker: Marker, message: impl Into<String>) -> Self {
        Self {
            marker,
            message: message.into(),
        }
    }
}

struct Composer<'p> {
    source: Arc<str>,
    problems: &'p mut Problems,
    open: Vec<Open>,
    /// Complete anchored values by the parser's anchor number, with their nesting.
    anchors: HashMap<usize, (Node, Extent)>,
    root: Option<Node>,
    has_document: bool,
    nodes: usize,
}

/// A collection whose end was not seen yet.
struct Open {
    location: Location,
    anchor: usize,
    collection: Collection,
}

enum Collection {
    Sequence(Vec<Node>),
    Mapping(OpenMapping),
}

impl<'p> Composer<'p> {
    fn new(source: Arc<str>, problems: &'p mut Problems) -> Self {
        Self {
            source,
            problems,
            open: Vec::new(),
            anchors: HashMap::new(),
            root: None,
            has_document: false,
            nodes: 0,
        }
    }

    fn accept(&mut self, event: Event<'_>, start: Marker) -> Result<(), Stop> {
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
            Event::DocumentStart(_) => self.begin_document(start),
            Event::Alias(anchor) => self.expand(anchor, start),
            Event::Scalar(text, written, anchor, tag) => {
                let scalar = self.scalar(text, written, tag.as_deref(), start);
                let location = self.location(start);
                self.place(
                    Node {
                        location,
                        value: Value::Scalar(scalar),
                    },
                    anchor,
                    start,
                )
            }
            Event::SequenceStart(anchor, tag) => {
                self.check_collection_tag(tag.as_deref(), "seq", start);
                self.begin(Collection::Sequence(Vec::new()), anchor, start)
            }
            Event::MappingStart(anchor, tag) => {
                self.check_collection_tag(tag.as_deref(), "map", start);
                self.begin(Collection::Mapping(OpenMapping::default()), anchor, start)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(start),
        }
    }

    fn begin_document(&mut self, start: Marker) -> Result<(), Stop> {
        if self.has_document {
            return Err(Stop::new(
                start,
                "a second document starts here; one document per file is accepted",
            ));
        }
        self.has_document = true;
        Ok(())
    }

    fn begin(&mut self, collection: Collection, anchor: usize, start: Marker) -> Result<(), Stop> {
        let location = self.location(start);
        self.open.push(Open {
            location,
            anchor,
            collection,
        });
        self.check_depth(0, start)
    }

    fn end(&mut self, end: Marker) -> Result<(), Stop> {
        let Some(Open {
            location,
            anchor,
            collection,
        }) = self.open.pop()
        else {
            return Ok(());
        };
        let value = match collection {
            Collection::Sequence(elements) => Value::Sequence(elements),
            Collection::Mapping(mapping) => Value::Mapping(mapping.close()),
        };
        self.place(Node { location, value }, anchor, end)
    }

    /// Puts a complete value into the collection that is open, or makes it the root.
    fn place(&mut self, node: Node, anchor: usize, start: Marker) -> Result<(), Stop> {
        self.count(1, start)?;
        if anchor != 0 {
            let extent = node.extent();
            self.count(extent.nodes, start)?;
            self.anchors.insert(anchor, (node.clone(), extent));
        }
        self.attach(node);
        Ok(())
    }

    fn attach(&mut self, node: Node) {
        let refused = match self.open.last_mut().map(|open| &mut open.collection) {
            None => {
                self.root = Some(node);
                None
            }
            Some(Collection::Sequence(elements)) => {
                elements.push(node);
                None
            }
            Some(Collection::Mapping(mapping)) => mapping.attach(node).err(),
        };
        if let Some((location, message)) = refused {
            let path = self.path();
            self.problems.error(location, path, message);
        }
    }

    fn expand(&mut self, anchor: usize, start: Marker) -> Result<(), Stop> {
        let Some((node, extent)) = self.anchors.get(&anchor) else {
            return Err(Stop::new(start, "an alias refers to the value that it stands in"));
        };
        let (node, extent) = (node.clone(), *extent);
        self.check_depth(extent.depth, start)?;
        self.count(extent.nodes, start)?;
        self.attach(node);
        Ok(())
    }

    fn check_depth(&self, added: usize, start: Marker) -> Result<(), Stop> {
        if self.open.len() + added <= MAXIMUM_DEPTH {
            return Ok(());
        }
        Err(Stop::new(
            start,
            format!("is nested more than {MAXIMUM_DEPTH} levels deep"),
        ))
    }

    fn count(&mut self, added: usize, start: Marker) -> Result<(), Stop> {
        self.nodes = self.nodes.saturating_add(added);
        if self.nodes <= MAXIMUM_NODES {
            return Ok(());
        }
        Err(Stop::new(
            start,
            format!("holds more than {MAXIMUM_NODES} values after its aliases are expanded"),
        ))
    }

    fn scalar(&mut self, text: Cow<'_, str>, written: Written, tag: Option<&Tag>, start: Marker) -> Scalar {
        let style = match written {
            Written::Plain => ScalarStyle::Plain,
            Written::SingleQuoted | Written::DoubleQuoted | Written::Literal | Written::Folded => {
                ScalarStyle::Quoted
            }
        };
        let style = match tag.map(|tag| tags::scalar_style(tag, &text)) {
            None => style,
            Some(Ok(style)) => style,
            Some(Err(message)) => {
                self.report(start, message);
                style
            }
        };
        Scalar {
            text: text.into_owned(),
            style,
        }
    }

    fn check_collection_tag(&mut self, tag: Option<&Tag>, accepted: &str, start: Marker) {
        if let Some(message) = tag.and_then(|tag| tags::refuse_collection(tag, accepted)) {
            self.report(start, message);
        }
    }

    fn location(&self, marker: Marker) -> Location {
        Location::new(
            &self.source,
            Position {
                line: marker.line(),
                column: marker.col() + 1,
            },
        )
    }

    fn report(&mut self, marker: Marker, message: String) {
        let (location, path) = (self.location(marker), self.path());
        self.problems.error(location, path, message);
    }

    /// The way to the value that is being read.
    fn path(&self) -> KeyPath {
        self.open
            .iter()
            .fold(KeyPath::root(), |path, open| match &open.collection {
                Collection::Sequence(elements) => path.index(elements.len()),
                Collection::Mapping(mapping) => match mapping.awaited_key() {
                    Some(key) => path.key(key),
                    None => path,
                },
            })
    }
}
