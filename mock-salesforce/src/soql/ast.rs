//! The tree of a query.

/// A place in the text of a query, both figures from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The line.
    pub row: usize,
    /// The character within the line.
    pub column: usize,
}

/// A name as written, with its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Name {
    /// The text.
    pub text: String,
    /// Where it begins.
    pub at: Position,
}

/// A field with the relationships on the way to it: `Owner.FirstName` has two segments.
#[derive(Debug, Clone, PartialEq)]
pub struct Path {
    /// The names between the dots; at least one.
    pub segments: Vec<String>,
    /// Where the first begins.
    pub at: Position,
}

/// A whole query, or a sub-query for children.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// What is asked for.
    pub select: Select,
    /// The object, or in a sub-query the child relationship.
    pub from: Name,
    /// Another name for the object within the query.
    pub alias: Option<String>,
    /// Which records.
    pub condition: Option<Condition>,
    /// In which order.
    pub order_by: Vec<OrderKey>,
    /// At most so many.
    pub limit: Option<u64>,
    /// All but the first so many.
    pub offset: Option<u64>,
}

/// What a query asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum Select {
    /// The number of records only.
    Count,
    /// Fields and children, in the order of the answer.
    Items(Vec<SelectItem>),
}

/// One thing in the SELECT list.
#[derive(Debug, Clone, PartialEq)]
pub enum SelectItem {
    /// A field, of the record or of a parent.
    Field(Path),
    /// The records of a child relationship.
    Children(Box<Query>),
}

/// Which records a query is about.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// All hold.
    And(Vec<Self>),
    /// At least one holds.
    Or(Vec<Self>),
    /// It does not hold.
    Not(Box<Self>),
    /// A field compared with one value.
    Compare {
        /// The field.
        path: Path,
        /// How it is compared.
        operator: Operator,
        /// With what.
        value: Literal,
        /// Where the value begins.
        value_at: Position,
    },
    /// A field among several values.
    In {
        /// The field.
        path: Path,
        /// `NOT IN`.
        negated: bool,
        /// The values with their places.
        values: Vec<(Literal, Position)>,
    },
}

/// How a field is compared with one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `=`
    Equal,
    /// `!=` or `<>`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `LIKE`
    Like,
}

/// A value in a condition.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// `null`
    Null,
    /// `true`, `false`
    Boolean(bool),
    /// A number.
    Number(f64),
    /// A quoted string.
    Text(QuotedText),
    /// `2024-02-29`
    Date(jiff::civil::Date),
    /// `2024-02-29T10:00:00+01:00`
    DateTime(jiff::Timestamp),
    /// `TODAY`, `LAST_N_DAYS:30`
    DateWord(DateWord),
}

/// A quoted string, read both ways it may be meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuotedText {
    /// The characters it stands for.
    pub plain: String,
    /// As a LIKE pattern: `\%`, `\_` and `\\` are literal, `%` and `_` match.
    pub pattern: String,
}

/// A word that stands for a range of days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateWord {
    /// Days, weeks, months, quarters or years.
    pub unit: DateUnit,
    /// The first unit of the range, counted from the present one.
    pub first: i32,
    /// The last unit of the range, counted from the present one.
    pub last: i32,
}

/// What a [`DateWord`] counts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateUnit {
    /// Days.
    Day,
    /// Weeks from Sunday on.
    Week,
    /// Calendar months.
    Month,
    /// Calendar quarters.
    Quarter,
    /// Calendar years.
    Year,
}

/// One key of ORDER BY.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderKey {
    /// The field.
    pub path: Path,
    /// Largest first.
    pub descending: bool,
    /// Records without a value come last, not first.
    pub nulls_last: bool,
}
