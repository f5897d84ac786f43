//! Reads tokens into a [`Query`].
//!
//! Depth and length are bounded, so no query can exhaust the stack. A clause of SOQL that the mock does not have is
//! recognised and refused by name; anything else is an unexpected token.

use super::ast::{
    Condition, DateUnit, DateWord, Literal, Name, Operator, OrderKey, Path, Position, Query,
    Select, SelectItem,
};
use super::error::SoqlError;
use super::lexer::{Token, TokenKind, tokens};

/// The longest query Salesforce takes, in characters.
const LONGEST_QUERY: usize = 100_000;

/// The longest string in a condition, in characters.
const LONGEST_TEXT: usize = 4_000;

/// Parentheses and NOTs inside one another.
const DEEPEST: usize = 100;

/// Relationships one may follow from a record.
const LONGEST_PATH: usize = 6;

/// The greatest OFFSET Salesforce takes.
const GREATEST_OFFSET: u64 = 2_000;

/// Clauses of SOQL that the mock knows of and does not have.
const UNSUPPORTED_CLAUSES: [&str; 7] =
    ["GROUP", "HAVING", "WITH", "USING", "TYPEOF", "UPDATE", "ALL"];

/// Reads a query.
pub fn parse(query: &str) -> Result<Query, SoqlError> {
    let start = Position { row: 1, column: 1 };
    if query.chars().nth(LONGEST_QUERY).is_some() {
        return Err(SoqlError {
            at: None,
            ..SoqlError::malformed(
                start,
                "SOQL statements cannot be longer than 100000 characters.",
            )
        });
    }
    let mut parser = Parser { tokens: tokens(query)?, next: 0, depth: 0 };
    let query = parser.query(false)?;
    match parser.peek().kind {
        TokenKind::End => Ok(query),
        _ => Err(parser.unexpected()),
    }
}

struct Parser<'q> {
    tokens: Vec<Token<'q>>,
    next: usize,
    depth: usize,
}

impl<'q> Parser<'q> {
    fn peek(&self) -> &Token<'q> {
        &self.tokens[self.next.min(self.tokens.len() - 1)]
    }

    fn peek_second(&self) -> &Token<'q> {
        &self.tokens[(self.next + 1).min(self.tokens.len() - 1)]
    }

    fn unexpected(&self) -> SoqlError {
        let token = self.peek();
        if let Some(clause) = UNSUPPORTED_CLAUSES.iter().find(|clause| is_keyword(token, clause)) {
            return SoqlError::unsupported(token.at, format!("the SOQL clause {clause}"));
        }
        SoqlError::malformed(token.at, format!("unexpected token: '{}'", token.text))
    }

    /// Whether the next token is this keyword; takes it if so.
    fn take_keyword(&mut self, keyword: &str) -> bool {
        let found = is_keyword(self.peek(), keyword);
        self.next += usize::from(found);
        found
    }

    fn expect_keyword(&mut self, keyword: &str) -> Result<(), SoqlError> {
        if self.take_keyword(keyword) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn take_symbol(&mut self, symbol: &str) -> bool {
        let found = matches!(self.peek().kind, TokenKind::Symbol(next) if next == symbol);
        self.next += usize::from(found);
        found
    }

    fn expect_symbol(&mut self, symbol: &str) -> Result<(), SoqlError> {
        if self.take_symbol(symbol) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn name(&mut self) -> Result<Name, SoqlError> {
        let token = self.peek();
        if token.kind != TokenKind::Name {
            return Err(self.unexpected());
        }
        let name = Name { text: token.text.to_owned(), at: token.at };
        self.next += 1;
        Ok(name)
    }

    fn query(&mut self, of_children: bool) -> Result<Query, SoqlError> {
        self.expect_keyword("SELECT")?;
        let select = self.select(of_children)?;
        self.expect_keyword("FROM")?;
        let from = self.name()?;
        let alias = self.alias()?;
        let condition = if self.take_keyword("WHERE") { Some(self.condition()?) } else { None };
        let order_by = self.order_by(&select)?;
        let limit = if self.take_keyword("LIMIT") { Some(self.count()?) } else { None };
        let offset = if self.take_keyword("OFFSET") { Some(self.offset()?) } else { None };
        if is_keyword(self.peek(), "FOR") {
            self.for_view()?;
        }
        Ok(Query { select, from, alias, condition, order_by, limit, offset })
    }

    fn select(&mut self, of_children: bool) -> Result<Select, SoqlError> {
        if is_keyword(self.peek(), "COUNT") && self.peek_second().kind == TokenKind::Symbol("(") {
            let at = self.peek().at;
            self.next += 2;
            if of_children || !self.take_symbol(")") {
                return Err(SoqlError::unsupported(at, "the SOQL function COUNT(field)"));
            }
            return Ok(Select::Count);
        }
        let mut items = vec![self.select_item(of_children)?];
        while self.take_symbol(",") {
            items.push(self.select_item(of_children)?);
        }
        Ok(Select::Items(items))
    }

    fn select_item(&mut self, of_children: bool) -> Result<SelectItem, SoqlError> {
        let at = self.peek().at;
        if self.take_symbol("(") {
            if of_children {
                return Err(SoqlError::malformed(
                    at,
                    "SOQL statements cannot query aggregate relationships more than 1 level away from the root entity object.",
                ));
            }
            let children = self.query(true)?;
            self.expect_symbol(")")?;
            return Ok(SelectItem::Children(Box::new(children)));
        }
        Ok(SelectItem::Field(self.path()?))
    }

    fn path(&mut self) -> Result<Path, SoqlError> {
        if UNSUPPORTED_CLAUSES[4] == self.peek().text.to_ascii_uppercase() {
            return Err(self.unexpected());
        }
        let first = self.name()?;
        let mut segments = vec![first.text];
        while self.take_symbol(".") {
            segments.push(self.name()?.text);
        }
        if self.peek().kind == TokenKind::Symbol("(") {
            return Err(SoqlError::unsupported(
                first.at,
                format!("the SOQL function {}", segments.join(".")),
            ));
        }
        if segments.len() > LONGEST_PATH {
            return Err(SoqlError::malformed(
                first.at,
                "SOQL relationship paths may not exceed 5 levels",
            ));
        }
        Ok(Path { segments, at: first.at })
    }

    fn alias(&mut self) -> Result<Option<String>, SoqlError> {
        const CLAUSES: [&str; 5] = ["WHERE", "ORDER", "LIMIT", "OFFSET", "FOR"];
        let explicit = self.take_keyword("AS");
        let token = self.peek();
        let is_clause =
            CLAUSES.iter().chain(&UNSUPPORTED_CLAUSES).any(|clause| is_keyword(token, clause));
        if token.kind == TokenKind::Symbol(",") {
            return Err(SoqlError::unsupported(token.at, "several objects in FROM"));
        }
        if token.kind != TokenKind::Name || is_clause {
            return if explicit { Err(self.unexpected()) } else { Ok(None) };
        }
        self.name().map(|name| Some(name.text))
    }

    fn condition(&mut self) -> Result<Condition, SoqlError> {
        self.deeper()?;
        let first = self.term()?;
        let condition = if is_keyword(self.peek(), "AND") {
            Condition::And(self.terms(first, "AND")?)
        } else if is_keyword(self.peek(), "OR") {
            Condition::Or(self.terms(first, "OR")?)
        } else {
            first
        };
        self.depth -= 1;
        Ok(condition)
    }

    /// The terms joined by one keyword. The other keyword ends them, and is then an unexpected token: SOQL wants
    /// parentheses where AND and OR meet.
    fn terms(&mut self, first: Condition, keyword: &str) -> Result<Vec<Condition>, SoqlError> {
        let mut terms = vec![first];
        while self.take_keyword(keyword) {
            terms.push(self.term()?);
        }
        Ok(terms)
    }

    fn deeper(&mut self) -> Result<(), SoqlError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(SoqlError::malformed(self.peek().at, "the condition is nested too deeply"));
        }
        Ok(())
    }

    fn term(&mut self) -> Result<Condition, SoqlError> {
        if self.take_keyword("NOT") {
            self.deeper()?;
            let term = self.term()?;
            self.depth -= 1;
            return Ok(Condition::Not(Box::new(term)));
        }
        if self.take_symbol("(") {
            let condition = self.condition()?;
            self.expect_symbol(")")?;
            return Ok(condition);
        }
        self.comparison()
    }

    fn comparison(&mut self) -> Result<Condition, SoqlError> {
        let path = self.path()?;
        let negated = is_keyword(self.peek(), "NOT") && is_keyword(self.peek_second(), "IN");
        self.next += usize::from(negated);
        if self.take_keyword("IN") {
            return Ok(Condition::In { path, negated, values: self.values()? });
        }
        let operator = self.operator()?;
        let value_at = self.peek().at;
        let value = self.literal()?;
        Ok(Condition::Compare { path, operator, value, value_at })
    }

    fn operator(&mut self) -> Result<Operator, SoqlError> {
        for unsupported in ["INCLUDES", "EXCLUDES"] {
            if is_keyword(self.peek(), unsupported) {
                return Err(SoqlError::unsupported(
                    self.peek().at,
                    format!("the SOQL operator {unsupported}"),
                ));
            }
        }
        if self.take_keyword("LIKE") {
            return Ok(Operator::Like);
        }
        let operator = match self.peek().kind {
            TokenKind::Symbol("=") => Operator::Equal,
            TokenKind::Symbol("!=" | "<>") => Operator::NotEqual,
            TokenKind::Symbol("<") => Operator::Less,
            TokenKind::Symbol("<=") => Operator::LessOrEqual,
            TokenKind::Symbol(">") => Operator::Greater,
            TokenKind::Symbol(">=") => Operator::GreaterOrEqual,
            _ => return Err(self.unexpected()),
        };
        self.next += 1;
        Ok(operator)
    }

    fn values(&mut self) -> Result<Vec<(Literal, Position)>, SoqlError> {
        self.expect_symbol("(")?;
        if is_keyword(self.peek(), "SELECT") {
            return Err(SoqlError::unsupported(
                self.peek().at,
                "a semi-join (IN with a sub-query)",
            ));
        }
        let mut values = Vec::new();
        loop {
            let at = self.peek().at;
            values.push((self.literal()?, at));
            if !self.take_symbol(",") {
                break;
            }
        }
        self.expect_symbol(")")?;
        Ok(values)
    }

    fn literal(&mut self) -> Result<Literal, SoqlError> {
        let token = self.peek().clone();
        let literal = match token.kind {
            TokenKind::Text(quoted) => {
                if quoted.plain.chars().nth(LONGEST_TEXT).is_some() {
                    return Err(SoqlError::malformed(
                        token.at,
                        "a string in a condition is longer than 4000 characters",
                    ));
                }
                Literal::Text(quoted)
            }
            TokenKind::Figure => figure(&token)?,
            TokenKind::Name => return self.word(&token),
            TokenKind::Symbol(_) | TokenKind::End => return Err(self.unexpected()),
        };
        self.next += 1;
        Ok(literal)
    }

    fn word(&mut self, token: &Token<'q>) -> Result<Literal, SoqlError> {
        let word = token.text.to_ascii_uppercase();
        let literal = match word.as_str() {
            "NULL" => Literal::Null,
            "TRUE" => Literal::Boolean(true),
            "FALSE" => Literal::Boolean(false),
            _ => return self.date_word(&word, token.at).map(Literal::DateWord),
        };
        self.next += 1;
        Ok(literal)
    }

    fn date_word(&mut self, word: &str, at: Position) -> Result<DateWord, SoqlError> {
        if word.contains("FISCAL") {
            return Err(SoqlError::unsupported(at, format!("the SOQL date word {word}")));
        }
        if let Some((unit, first, last)) = fixed_range(word) {
            self.next += 1;
            return Ok(DateWord { unit, first, last });
        }
        if counted_range(word, 1).is_none() {
            return Err(self.unexpected());
        }
        self.next += 1;
        self.expect_symbol(":")?;
        let n = i32::try_from(self.count()?).ok().filter(|n| *n <= 100_000);
        n.and_then(|n| counted_range(word, n))
            .map(|(unit, first, last)| DateWord { unit, first, last })
            .ok_or_else(|| SoqlError::malformed(at, format!("{word} counts too far")))
    }

    fn order_by(&mut self, select: &Select) -> Result<Vec<OrderKey>, SoqlError> {
        let at = self.peek().at;
        if !self.take_keyword("ORDER") {
            return Ok(Vec::new());
        }
        self.expect_keyword("BY")?;
        if *select == Select::Count {
            return Err(SoqlError::malformed(at, "Grouped query cannot use ORDER BY with COUNT()"));
        }
        let mut keys = vec![self.order_key()?];
        while self.take_symbol(",") {
            keys.push(self.order_key()?);
        }
        Ok(keys)
    }

    fn order_key(&mut self) -> Result<OrderKey, SoqlError> {
        let path = self.path()?;
        let descending = self.take_keyword("DESC");
        if !descending {
            self.take_keyword("ASC");
        }
        let mut nulls_last = false;
        if self.take_keyword("NULLS") {
            nulls_last = self.take_keyword("LAST");
            if !nulls_last {
                self.expect_keyword("FIRST")?;
            }
        }
        Ok(OrderKey { path, descending, nulls_last })
    }

    fn count(&mut self) -> Result<u64, SoqlError> {
        let count = self.peek().text.parse().map_err(|_| self.unexpected())?;
        self.next += 1;
        Ok(count)
    }

    fn offset(&mut self) -> Result<u64, SoqlError> {
        let at = self.peek().at;
        let offset = self.count()?;
        if offset > GREATEST_OFFSET {
            return Err(SoqlError::malformed(at, "SOQL OFFSET must be at most 2000"));
        }
        Ok(offset)
    }

    /// FOR VIEW and FOR REFERENCE only mark records as seen; the answer is the same.
    fn for_view(&mut self) -> Result<(), SoqlError> {
        let at = self.peek().at;
        while self.take_keyword("FOR") {
            if !self.take_keyword("VIEW") && !self.take_keyword("REFERENCE") {
                return Err(SoqlError::unsupported(at, format!("FOR {}", self.peek().text)));
            }
        }
        Ok(())
    }
}

fn is_keyword(token: &Token<'_>, keyword: &str) -> bool {
    token.kind == TokenKind::Name && token.text.eq_ignore_ascii_case(keyword)
}

fn figure(token: &Token<'_>) -> Result<Literal, SoqlError> {
    let text = token.text;
    let wrong = || SoqlError::malformed(token.at, format!("unexpected token: '{text}'"));
    if text.contains('T') {
        return text.parse().map(Literal::DateTime).map_err(|_| wrong());
    }
    if text.len() == 10 && text.as_bytes()[4] == b'-' {
        return text.parse().map(Literal::Date).map_err(|_| wrong());
    }
    text.parse()
        .ok()
        .filter(|number: &f64| number.is_finite())
        .map(Literal::Number)
        .ok_or_else(wrong)
}

/// The words that name one range: which unit, and from which to which, counted from the present one.
fn fixed_range(word: &str) -> Option<(DateUnit, i32, i32)> {
    match word {
        "YESTERDAY" => return Some((DateUnit::Day, -1, -1)),
        "TODAY" => return Some((DateUnit::Day, 0, 0)),
        "TOMORROW" => return Some((DateUnit::Day, 1, 1)),
        "LAST_90_DAYS" => return Some((DateUnit::Day, -90, 0)),
        "NEXT_90_DAYS" => return Some((DateUnit::Day, 1, 90)),
        _ => {}
    }
    let (which, unit) = word.split_once('_')?;
    let unit = match unit {
        "WEEK" => DateUnit::Week,
        "MONTH" => DateUnit::Month,
        "QUARTER" => DateUnit::Quarter,
        "YEAR" => DateUnit::Year,
        _ => return None,
    };
    let place = match which {
        "LAST" => -1,
        "THIS" => 0,
        "NEXT" => 1,
        _ => return None,
    };
    Some((unit, place, place))
}

/// The words that count: `LAST_N_DAYS:n` and their like. Days before include today, longer units leave it out.
fn counted_range(word: &str, n: i32) -> Option<(DateUnit, i32, i32)> {
    let (head, unit) = word.split_once("N_")?;
    let (unit, ago) = unit.strip_suffix("_AGO").map_or((unit, false), |unit| (unit, true));
    let unit = match unit {
        "DAYS" => DateUnit::Day,
        "WEEKS" => DateUnit::Week,
        "MONTHS" => DateUnit::Month,
        "QUARTERS" => DateUnit::Quarter,
        "YEARS" => DateUnit::Year,
        _ => return None,
    };
    match (head, ago) {
        ("LAST_", false) => Some((unit, -n, if unit == DateUnit::Day { 0 } else { -1 })),
        ("NEXT_", false) => Some((unit, 1, n)),
        ("", true) => Some((unit, -n, -n)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn condition(text: &str) -> Condition {
        parse(&format!("SELECT Id FROM Account WHERE {text}")).unwrap().condition.unwrap()
    }

    fn error(query: &str) -> String {
        parse(query).unwrap_err().message
    }

    #[test]
    fn every_clause_is_read_whatever_its_case() {
        let query = parse(
            "select Id, Owner.FirstName from Contact c where Name != null \
             order by LastName desc nulls last, Id limit 10 offset 5 for view",
        )
        .unwrap();

        assert_eq!(query.from.text, "Contact");
        assert_eq!(query.alias.as_deref(), Some("c"));
        assert_eq!(query.order_by.len(), 2);
        assert!(query.order_by[0].descending && query.order_by[0].nulls_last);
        assert!(!query.order_by[1].descending);
        assert_eq!((query.limit, query.offset), (Some(10), Some(5)));
    }

    #[test]
    fn and_and_or_do_not_mix_without_parentheses() {
        assert_eq!(
            error("SELECT Id FROM Account WHERE a = 1 AND b = 2 OR c = 3"),
            "unexpected token: 'OR'"
        );
        assert!(
            matches!(condition("(a = 1 AND b = 2) OR c = 3"), Condition::Or(terms) if terms.len() == 2)
        );
    }

    #[test]
    fn literals_are_what_they_look_like() {
        for (text, expected) in [
            ("null", Literal::Null),
            ("TRUE", Literal::Boolean(true)),
            ("-1.5e3", Literal::Number(-1_500.0)),
            ("2024-02-29", Literal::Date(jiff::civil::date(2024, 2, 29))),
            (
                "2024-02-29T01:00:00+01:00",
                Literal::DateTime("2024-02-29T00:00:00Z".parse().unwrap()),
            ),
            (
                "LAST_N_DAYS:7",
                Literal::DateWord(DateWord { unit: DateUnit::Day, first: -7, last: 0 }),
            ),
            (
                "next_quarter",
                Literal::DateWord(DateWord { unit: DateUnit::Quarter, first: 1, last: 1 }),
            ),
        ] {
            let Condition::Compare { value, .. } = condition(&format!("x = {text}")) else {
                panic!("{text}")
            };
            assert_eq!(value, expected, "{text}");
        }
    }

    #[test]
    fn the_unexpected_token_is_named_with_its_place() {
        let error = parse("SELECT Id\nFROM Account WHERE Name IS NULL").unwrap_err();

        assert_eq!(error.message, "unexpected token: 'IS'");
        assert_eq!(error.at, Some(Position { row: 2, column: 25 }));
        assert_eq!(parse("SELECT Id FROM").unwrap_err().message, "unexpected token: '<EOF>'");
    }

    #[test]
    fn what_the_mock_lacks_is_refused_by_name() {
        for (query, named) in [
            ("SELECT Id FROM Account GROUP BY Name", "GROUP"),
            ("SELECT MAX(Name) FROM Account", "MAX"),
            ("SELECT COUNT(Id) FROM Account", "COUNT(field)"),
            ("SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact)", "semi-join"),
            ("SELECT Id FROM Account WHERE CALENDAR_YEAR(CreatedDate) = 2020", "CALENDAR_YEAR"),
            ("SELECT Id FROM Account WHERE CreatedDate = THIS_FISCAL_YEAR", "THIS_FISCAL_YEAR"),
            ("SELECT Id FROM Account WITH SECURITY_ENFORCED", "WITH"),
            ("SELECT Id FROM Account WHERE Type INCLUDES ('a')", "INCLUDES"),
            ("SELECT Id FROM Account FOR UPDATE", "UPDATE"),
        ] {
            let message = error(query);
            assert!(
                message.contains("mock-salesforce does not support") && message.contains(named),
                "{message}"
            );
        }
    }

    #[test]
    fn depth_and_length_are_bounded() {
        let deep =
            format!("SELECT Id FROM Account WHERE {}a = 1{}", "(".repeat(50_000), ")".repeat(5));
        assert_eq!(error(&deep), "the condition is nested too deeply");
        let nots = format!("SELECT Id FROM Account WHERE {}a = 1", "NOT ".repeat(20_000));
        assert_eq!(error(&nots), "the condition is nested too deeply");
        assert!(error(&"x".repeat(100_001)).contains("100000"));
    }
}
