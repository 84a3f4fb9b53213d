//! Reads source files and tells code from comments and literals. It knows Rust's lexical rules, not the
//! project's layout.

use std::fs;
use std::io;
use std::path::Path;

/// One file, with its text taken apart. `code` and `literals` have the same lines and columns as `text`: what
/// belongs to the other part is blank.
pub(super) struct Source {
    /// Relative to the project, with `/` between folders.
    pub(super) path: String,
    pub(super) text: String,
    /// Without comments, strings and characters.
    pub(super) code: String,
    /// The strings and characters alone.
    pub(super) literals: String,
}

impl Source {
    pub(super) fn new(path: &str, text: &str) -> Self {
        let (code, literals) = take_apart(text);
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
            code,
            literals,
        }
    }

    /// The identifiers and keywords of the code.
    pub(super) fn words(&self) -> impl Iterator<Item = Word<'_>> {
        self.code
            .lines()
            .enumerate()
            .flat_map(|(index, line)| words_of(index + 1, line))
    }
}

/// An identifier or keyword, and what stands before and after it on its line.
pub(super) struct Word<'a> {
    pub(super) line: usize,
    pub(super) text: &'a str,
    before: &'a str,
    after: &'a str,
}

impl Word<'_> {
    /// Whether it is a segment of a path, as in `duckdb::Connection` or `use crate::policy;`.
    pub(super) fn is_in_path(&self) -> bool {
        self.before.trim_end().ends_with("::") || self.after.trim_start().starts_with("::")
    }
}

/// Every `.rs` file below these folders of the project, in the order of their paths. Links are not followed
/// and `target` folders are skipped: neither holds the project's own files.
pub(super) fn read_all(project: &Path, folders: &[&str]) -> io::Result<Vec<Source>> {
    let mut sources = Vec::new();
    for folder in folders {
        read_folder(&project.join(folder), folder, &mut sources)?;
    }
    sources.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(sources)
}

fn read_folder(folder: &Path, relative: &str, sources: &mut Vec<Source>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{relative}/{name}");
        let kind = entry.file_type()?;
        if kind.is_dir() && name != "target" && !name.starts_with('.') {
            read_folder(&entry.path(), &path, sources)?;
        } else if kind.is_file()
            && entry
                .path()
                .extension()
                .is_some_and(|extension| extension == "rs")
        {
            sources.push(Source::new(&path, &fs::read_to_string(entry.path())?));
        }
    }
    Ok(())
}

/// The names in a folder, sorted; a folder that does not exist has none.
pub(super) fn names_in(folder: &Path) -> io::Result<Vec<String>> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let names = fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    let mut names = names.collect::<io::Result<Vec<_>>>()?;
    names.sort();
    Ok(names)
}

fn words_of(line: usize, text: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut rest_at = 0;
    while let Some((start, length)) = next_word(text, rest_at) {
        let (before, from) = text.split_at(start);
        let (word, after) = from.split_at(length);
        words.push(Word {
            line,
            text: word,
            before,
            after,
        });
        rest_at = start + length;
    }
    words
}

/// Where the next word begins at or after a position, and its length in bytes.
fn next_word(text: &str, from: usize) -> Option<(usize, usize)> {
    let rest = text.get(from..)?;
    let start = rest.find(is_word_character)?;
    let word = rest.get(start..)?;
    let length = word
        .find(|character| !is_word_character(character))
        .unwrap_or(word.len());
    Some((from + start, length))
}

fn is_word_character(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

enum Piece {
    Code,
    Comment,
    Literal,
}

/// Splits a text into its code and its literals, each with the rest blanked out.
fn take_apart(text: &str) -> (String, String) {
    let mut code = String::with_capacity(text.len());
    let mut literals = String::with_capacity(text.len());
    let mut rest = text;
    let mut in_word = false;
    while !rest.is_empty() {
        let (kind, length) = first_piece(rest, in_word);
        let (piece, remaining) = rest.split_at(length);
        let blank: String = piece
            .chars()
            .map(|character| if character == '\n' { '\n' } else { ' ' })
            .collect();
        let (to_code, to_literals) = match kind {
            Piece::Code => (piece, blank.as_str()),
            Piece::Comment => (blank.as_str(), blank.as_str()),
            Piece::Literal => (blank.as_str(), piece),
        };
        code.push_str(to_code);
        literals.push_str(to_literals);
        in_word = matches!(kind, Piece::Code) && piece.ends_with(is_word_character);
        rest = remaining;
    }
    (code, literals)
}

/// What a text begins with, and its length in bytes. `in_word` says that the character before was part of a
/// word, so that the `r` of `for"…"` is not taken for the start of a raw string.
fn first_piece(rest: &str, in_word: bool) -> (Piece, usize) {
    if rest.starts_with("//") {
        return (Piece::Comment, rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return (Piece::Comment, block_comment_length(rest));
    }
    if let Some(length) = (!in_word).then(|| raw_string_length(rest)).flatten() {
        return (Piece::Literal, length);
    }
    if rest.starts_with('"') {
        return (Piece::Literal, quoted_length(rest, '"'));
    }
    if is_character(rest) {
        return (Piece::Literal, quoted_length(rest, '\''));
    }
    (
        Piece::Code,
        rest.chars().next().map_or(rest.len(), char::len_utf8),
    )
}

/// Block comments nest.
fn block_comment_length(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(tail) = rest.get(at..).filter(|tail| !tail.is_empty()) {
        if tail.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if tail.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += tail.chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

/// The length of `r"…"`, `r#"…"#` and their forms with `b` or `c` in front; none when the text is something
/// else.
fn raw_string_length(rest: &str) -> Option<usize> {
    let after_kind = rest.strip_prefix(['b', 'c']).unwrap_or(rest).strip_prefix('r')?;
    let after_hashes = after_kind.trim_start_matches('#');
    let hashes = after_kind.len() - after_hashes.len();
    let body = after_hashes.strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let body_length = body.find(&end).map_or(body.len(), |at| at + end.len());
    Some(rest.len() - body.len() + body_length)
}

/// Whether a text begins with a character literal; `'a` alone is a lifetime.
fn is_character(rest: &str) -> bool {
    let mut characters = rest.chars();
    if characters.next() != Some('\'') {
        return false;
    }
    match characters.next() {
        Some('\\') => true,
        Some(_) => characters.next() == Some('\''),
        None => false,
    }
}

/// The length of a literal with its quotes; a backslash takes the meaning from what follows it.
fn quoted_length(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, character) in rest.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if character == quote => return at + quote.len_utf8(),
            _ => {}
        }
    }
    rest.len()
}
