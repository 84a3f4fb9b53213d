//! Lines of at most so many bytes, from any reader. What a line says is read elsewhere.

use std::io::{self, BufRead, ErrorKind};

/// A message of this size is the largest that is read; the same as over HTTP.
pub const MOST_LINE_BYTES: usize = 4 * 1024 * 1024;

/// One line of the client, without its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// Something to read; never blank.
    Text(Vec<u8>),
    /// More than [`MOST_LINE_BYTES`] bytes, which were passed over.
    TooLong,
}

/// Reads the next line that is not blank; `None` at the end. A last line without an end counts. Memory is bounded by the
/// limit, whatever comes.
pub fn next_line(reader: &mut impl BufRead, most: usize) -> io::Result<Option<Line>> {
    loop {
        match whole_line(reader, most)? {
            Some(Line::Text(text)) if text.iter().all(u8::is_ascii_whitespace) => {}
            other => return Ok(other),
        }
    }
}

fn whole_line(reader: &mut impl BufRead, most: usize) -> io::Result<Option<Line>> {
    let (mut text, mut is_too_long, mut has_begun) = (Vec::new(), false, false);
    loop {
        let available = match reader.fill_buf() {
            Ok(available) => available,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let end = available.iter().position(|byte| *byte == b'\n');
        let piece = available
            .get(..end.unwrap_or(available.len()))
            .unwrap_or_default();
        is_too_long |= text.len() + piece.len() > most;
        if is_too_long {
            text = Vec::new();
        } else {
            text.extend_from_slice(piece);
        }
        let taken = piece.len() + usize::from(end.is_some());
        let is_end_of_file = taken == 0;
        has_begun |= taken > 0;
        reader.consume(taken);
        match (end.is_some() || is_end_of_file, is_too_long) {
            (false, _) => {}
            (true, _) if !has_begun => return Ok(None),
            (true, true) => return Ok(Some(Line::TooLong)),
            (true, false) => return Ok(Some(Line::Text(text))),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use proptest::prelude::*;

    use super::*;

    fn lines(bytes: &[u8], most: usize, buffer: usize) -> Vec<Line> {
        let mut reader = BufReader::with_capacity(buffer, bytes);
        std::iter::from_fn(|| next_line(&mut reader, most).unwrap()).collect()
    }

    fn text(line: &str) -> Line {
        Line::Text(line.as_bytes().to_vec())
    }

    #[test]
    fn blank_lines_are_passed_over_and_the_last_line_needs_no_end() {
        assert_eq!(
            lines(b"\n{1}\r\n  \n\n{2}\n{3}", 100, 8),
            [text("{1}\r"), text("{2}"), text("{3}")]
        );
        assert_eq!(lines(b"", 100, 8), []);
        assert_eq!(lines(b" \n\r\n", 100, 8), []);
    }

    #[test]
    fn a_line_beyond_the_limit_costs_itself_and_not_the_next() {
        assert_eq!(
            lines(b"12345\n123456\n1\n1234567", 5, 2),
            [text("12345"), Line::TooLong, text("1"), Line::TooLong]
        );
    }

    proptest! {
        #[test]
        fn every_line_comes_once_and_in_order(
            written in proptest::collection::vec("[a-z{} ]{0,12}", 0..20),
            buffer in 1_usize..20,
        ) {
            let expected: Vec<Line> = written
                .iter()
                .filter(|line| !line.trim().is_empty())
                .map(|line| if line.len() > 8 { Line::TooLong } else { text(line) })
                .collect();
            // A blank line that is too long was not looked at.
            prop_assume!(!written.iter().any(|line| line.len() > 8 && line.trim().is_empty()));
            prop_assert_eq!(lines(written.join("\n").as_bytes(), 8, buffer), expected);
        }
    }
}
