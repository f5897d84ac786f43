//! Cuts a query into tokens.
//!
//! Keywords are names here: SOQL reserves none by position, so only the parser can tell `Group` the field from
//! `GROUP BY`. A token that begins with a digit or a sign is cut by its characters and understood later, since
//! `2024-02-29T10:00:00+01:00` and `-1.5E7` share theirs.

use super::ast::{Position, QuotedText};
use super::error::SoqlError;

/// What a token is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum TokenKind {
    /// A name or keyword.
    Name,
    /// A number, date or date-time.
    Figure,
    /// A quoted string.
    Text(QuotedText),
    /// Punctuation or an operator.
    Symbol(&'static str),
    /// After the last character.
    End,
}

/// One token with its text and place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token<'q> {
    pub(super) kind: TokenKind,
    pub(super) text: &'q str,
    pub(super) at: Position,
}

/// Longest first, so that `<=` is not read as `<`.
const SYMBOLS: [&str; 12] = ["!=", "<>", "<=", ">=", "=", "<", ">", "(", ")", ",", ".", ":"];

/// Cuts `query` into tokens, the last of which is [`TokenKind::End`].
pub(super) fn tokens(query: &str) -> Result<Vec<Token<'_>>, SoqlError> {
    let mut lexer = Lexer { query, offset: 0, at: Position { row: 1, column: 1 } };
    let mut tokens = Vec::new();
    loop {
        let token = lexer.next()?;
        let ended = token.kind == TokenKind::End;
        tokens.push(token);
        if ended {
            return Ok(tokens);
        }
    }
}

struct Lexer<'q> {
    query: &'q str,
    offset: usize,
    at: Position,
}

impl<'q> Lexer<'q> {
    fn rest(&self) -> &'q str {
        &self.query[self.offset..]
    }

    fn next(&mut self) -> Result<Token<'q>, SoqlError> {
        let blanks = self.rest().len() - self.rest().trim_start().len();
        self.take(blanks);
        let at = self.at;
        let Some(first) = self.rest().chars().next() else {
            return Ok(Token { kind: TokenKind::End, text: "<EOF>", at });
        };
        if first.is_ascii_alphabetic() || first == '_' {
            let text = self.take_while(|c| c.is_ascii_alphanumeric() || c == '_');
            return Ok(Token { kind: TokenKind::Name, text, at });
        }
        if first.is_ascii_digit() || first == '-' || first == '+' {
            let text = self
                .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | ':' | '.'));
            return Ok(Token { kind: TokenKind::Figure, text, at });
        }
        if first == '\'' {
            return self.quoted(at);
        }
        if let Some(symbol) = SYMBOLS.into_iter().find(|symbol| self.rest().starts_with(symbol)) {
            let text = self.take(symbol.len());
            return Ok(Token { kind: TokenKind::Symbol(symbol), text, at });
        }
        Err(SoqlError::malformed(at, format!("unexpected token: '{first}'")))
    }

    fn quoted(&mut self, at: Position) -> Result<Token<'q>, SoqlError> {
        let begin = self.offset;
        self.take(1);
        let mut quoted = QuotedText { plain: String::new(), pattern: String::new() };
        loop {
            let place = self.at;
            match self.character() {
                None => return Err(SoqlError::malformed(at, "unexpected token: '<EOF>'")),
                Some('\'') => break,
                Some('\\') => self.escaped(place, &mut quoted)?,
                Some(c) => {
                    quoted.plain.push(c);
                    quoted.pattern.push(c);
                }
            }
        }
        Ok(Token { kind: TokenKind::Text(quoted), text: &self.query[begin..self.offset], at })
    }

    fn escaped(&mut self, at: Position, quoted: &mut QuotedText) -> Result<(), SoqlError> {
        let escape = self.character();
        let meant = match escape {
            Some('n' | 'N') => '\n',
            Some('r' | 'R') => '\r',
            Some('t' | 'T') => '\t',
            Some('b' | 'B') => '\u{8}',
            Some('f' | 'F') => '\u{c}',
            Some(c @ ('"' | '\'' | '\\' | '%' | '_')) => c,
            Some(c) => {
                return Err(SoqlError::malformed(
                    at,
                    format!("invalid string literal: illegal escape '\\{c}'"),
                ));
            }
            None => return Err(SoqlError::malformed(at, "unexpected token: '<EOF>'")),
        };
        quoted.plain.push(meant);
        if matches!(meant, '%' | '_' | '\\') {
            quoted.pattern.push('\\');
        }
        quoted.pattern.push(meant);
        Ok(())
    }

    fn character(&mut self) -> Option<char> {
        let c = self.rest().chars().next()?;
        self.take(c.len_utf8());
        Some(c)
    }

    fn take_while(&mut self, belongs: impl Fn(char) -> bool) -> &'q str {
        let rest = self.rest();
        let length = rest.find(|c| !belongs(c)).unwrap_or(rest.len());
        self.take(length)
    }

    fn take(&mut self, bytes: usize) -> &'q str {
        let taken = &self.rest()[..bytes];
        for c in taken.chars() {
            if c == '\n' {
                self.at = Position { row: self.at.row + 1, column: 1 };
            } else {
                self.at.column += 1;
            }
        }
        self.offset += bytes;
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(query: &str) -> Vec<&str> {
        tokens(query).unwrap().into_iter().map(|token| token.text).collect()
    }

    #[test]
    fn a_query_falls_into_its_tokens() {
        assert_eq!(
            texts(
                "SELECT Id,Owner.Name FROM Account WHERE a<=-1.5E7 AND b>2024-01-02T03:04:05.000+01:00"
            ),
            [
                "SELECT",
                "Id",
                ",",
                "Owner",
                ".",
                "Name",
                "FROM",
                "Account",
                "WHERE",
                "a",
                "<=",
                "-1.5E7",
                "AND",
                "b",
                ">",
                "2024-01-02T03:04:05.000+01:00",
                "<EOF>"
            ]
        );
    }

    #[test]
    fn places_count_lines_and_characters_not_bytes() {
        let tokens = tokens("'ü'\n  x").unwrap();

        assert_eq!(tokens[1].at, Position { row: 2, column: 3 });
    }

    #[test]
    fn an_escaped_wildcard_differs_from_a_bare_one_as_a_pattern_only() {
        let tokens = tokens(r"'50\% of _\\\''").unwrap();

        let TokenKind::Text(quoted) = &tokens[0].kind else { panic!("{tokens:?}") };
        assert_eq!(quoted.plain, r"50% of _\'");
        assert_eq!(quoted.pattern, r"50\% of _\\'");
    }

    #[test]
    fn an_open_string_an_unknown_escape_and_a_stray_character_are_refused() {
        for query in ["'abc", r"'a\x'", "a ; b", "'\\"] {
            assert!(tokens(query).is_err(), "{query}");
        }
    }
}
