//! Which of a definition's patterns are published. The pattern is enforced by this server in any case; published it is read by
//! engines of other languages, above all those of JavaScript (with the flag `u`, as validators set it) and Python.

use regex::Regex;
use regex_syntax::ast::{
    self, AssertionKind, Ast, ClassSetBinaryOp, ClassSetItem, GroupKind, HexLiteralKind, Literal,
    LiteralKind, SpecialLiteralKind, Visitor, parse::Parser,
};

/// The pattern, if every engine can compile it: a client that cannot refuses the whole tool.
pub(super) fn compiled_everywhere(pattern: &Regex) -> Option<&str> {
    judge(pattern.as_str()).map(|_| pattern.as_str())
}

/// The pattern, if every engine also finds it in the same texts: a client that does not refuses a good result.
pub(super) fn read_alike_everywhere(pattern: &Regex) -> Option<&str> {
    let judged = judge(pattern.as_str())?;
    judged.is_read_alike.then_some(pattern.as_str())
}

/// `None` where some engine cannot compile the pattern, or takes it for another one.
fn judge(pattern: &str) -> Option<Judgement> {
    let tree = Parser::new().parse(pattern).ok()?;
    ast::visit(&tree, Judgement { is_read_alike: true }).ok()
}

/// What is known of the pattern so far.
struct Judgement {
    is_read_alike: bool,
}

/// Something that other engines do not have.
struct Foreign;

impl Visitor for Judgement {
    type Output = Self;
    type Err = Foreign;

    fn finish(self) -> Result<Self, Foreign> {
        Ok(self)
    }

    fn visit_pre(&mut self, tree: &Ast) -> Result<(), Foreign> {
        match tree {
            Ast::Empty(_) | Ast::ClassBracketed(_) | Ast::Alternation(_) | Ast::Concat(_) => Ok(()),
            Ast::Literal(found) => literal(found, false),
            // Line ends differ, and whether letters and digits are those of ASCII alone.
            Ast::Dot(_) | Ast::ClassPerl(_) => {
                self.is_read_alike = false;
                Ok(())
            }
            Ast::Assertion(assertion) => match assertion.kind {
                AssertionKind::StartLine | AssertionKind::EndLine => Ok(()),
                AssertionKind::WordBoundary | AssertionKind::NotWordBoundary => {
                    self.is_read_alike = false;
                    Ok(())
                }
                AssertionKind::StartText
                | AssertionKind::EndText
                | AssertionKind::WordBoundaryStart
                | AssertionKind::WordBoundaryEnd
                | AssertionKind::WordBoundaryStartAngle
                | AssertionKind::WordBoundaryEndAngle
                | AssertionKind::WordBoundaryStartHalf
                | AssertionKind::WordBoundaryEndHalf => Err(Foreign),
            },
            // `a**` and `^*` are errors elsewhere.
            Ast::Repetition(repetition) => match *repetition.ast {
                Ast::Repetition(_) | Ast::Assertion(_) | Ast::Empty(_) => Err(Foreign),
                _ => Ok(()),
            },
            Ast::Group(group) => match &group.kind {
                GroupKind::CaptureIndex(_) => Ok(()),
                GroupKind::NonCapturing(flags) if flags.items.is_empty() => Ok(()),
                GroupKind::NonCapturing(_) | GroupKind::CaptureName { .. } => Err(Foreign),
            },
            Ast::Flags(_) | Ast::ClassUnicode(_) => Err(Foreign),
        }
    }

    fn visit_class_set_item_pre(&mut self, item: &ClassSetItem) -> Result<(), Foreign> {
        match item {
            ClassSetItem::Empty(_) | ClassSetItem::Union(_) => Ok(()),
            ClassSetItem::Literal(found) => literal(found, true),
            ClassSetItem::Range(range) => {
                literal(&range.start, true)?;
                literal(&range.end, true)
            }
            ClassSetItem::Perl(_) => {
                self.is_read_alike = false;
                Ok(())
            }
            ClassSetItem::Ascii(_) | ClassSetItem::Unicode(_) | ClassSetItem::Bracketed(_) => Err(Foreign),
        }
    }

    fn visit_class_set_binary_op_pre(&mut self, _: &ClassSetBinaryOp) -> Result<(), Foreign> {
        Err(Foreign)
    }
}

fn literal(literal: &Literal, is_in_class: bool) -> Result<(), Foreign> {
    let is_accepted = match &literal.kind {
        LiteralKind::Verbatim if is_in_class => !matches!(literal.c, '[' | ']'),
        LiteralKind::Verbatim => !matches!(literal.c, ']' | '{' | '}'),
        // JavaScript lets nothing else be escaped.
        LiteralKind::Meta | LiteralKind::Superfluous => {
            r"^$\.*+?()[]{}|/".contains(literal.c) || (is_in_class && literal.c == '-')
        }
        LiteralKind::HexFixed(HexLiteralKind::X | HexLiteralKind::UnicodeShort)
        | LiteralKind::Special(
            SpecialLiteralKind::FormFeed
            | SpecialLiteralKind::Tab
            | SpecialLiteralKind::LineFeed
            | SpecialLiteralKind::CarriageReturn
            | SpecialLiteralKind::VerticalTab,
        ) => true,
        LiteralKind::HexFixed(HexLiteralKind::UnicodeLong)
        | LiteralKind::HexBrace(_)
        | LiteralKind::Octal
        | LiteralKind::Special(SpecialLiteralKind::Bell | SpecialLiteralKind::Space) => false,
    };
    match is_accepted {
        true => Ok(()),
        false => Err(Foreign),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn published(pattern: &str) -> (bool, bool) {
        let pattern = Regex::new(pattern).unwrap();
        (
            compiled_everywhere(&pattern).is_some(),
            read_alike_everywhere(&pattern).is_some(),
        )
    }

    #[test]
    fn plain_patterns_are_read_alike() {
        for pattern in [
            "^[A-Z]{2}[0-9]+$",
            "a|b||",
            "(?:a)(b)",
            r"^\+?[0-9]{1,3}(?:[\-. ][0-9]{2,})*\/\.$",
            r"[^\]\[^-]\t\x41\u0041",
            "é{3}?",
        ] {
            assert_eq!(published(pattern), (true, true), "{pattern}");
        }
    }

    #[test]
    fn classes_have_other_borders_elsewhere() {
        for pattern in [r"\w+@\w+", r"\d", r"\bword\b", "a.b", r"[\s-]"] {
            assert_eq!(published(pattern), (true, false), "{pattern}");
        }
    }

    #[test]
    fn patterns_that_others_cannot_compile_are_recognised() {
        for pattern in [
            "(?i)a",
            "(?i:a)",
            "(?P<year>b)",
            "(?<year>b)",
            r"\Aa\z",
            "[[:alpha:]]",
            "[a[b]]",
            r"\p{L}",
            "[a-z&&[^b]]",
            r"\x{41}",
            r"\U00000041",
            r"\a",
            r"a\-b",
            r"a\@b",
            r"\#",
            r"[\@]",
            "a]",
            "a}",
            "[]a]",
            "a**",
            "^*",
        ] {
            assert_eq!(published(pattern), (false, false), "{pattern}");
        }
    }
}
