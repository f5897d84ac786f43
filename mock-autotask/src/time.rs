//! Moments as the API writes and reads them; in the database they are milliseconds since 1970.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::fmt::temporal::DateTimePrinter;
use jiff::tz::TimeZone;

const PRINTER: DateTimePrinter = DateTimePrinter::new().precision(Some(3));

/// Writes a moment as `2012-10-24T05:00:00.000Z`; one beyond the calendar as an empty text.
pub(crate) fn print(milliseconds: i64) -> String {
    Timestamp::from_millisecond(milliseconds)
        .map_or_else(|_| String::new(), |moment| PRINTER.timestamp_to_string(&moment))
}

/// Reads a moment; one without an offset is in UTC, and a day alone is its midnight.
pub(crate) fn parse(text: &str) -> Option<i64> {
    let utc = |time: DateTime| TimeZone::UTC.to_timestamp(time).ok();
    text.parse::<Timestamp>()
        .ok()
        .or_else(|| text.parse::<DateTime>().ok().and_then(utc))
        .or_else(|| text.parse::<Date>().ok().and_then(|day| utc(day.into())))
        .map(Timestamp::as_millisecond)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_in_every_form_the_vendor_takes() {
        let noon = parse("2030-03-21T12:00:00Z").unwrap();

        assert_eq!(parse("2030-03-21T12:00:00"), Some(noon));
        assert_eq!(parse("2030-03-21T14:00:00+02:00"), Some(noon));
        assert_eq!(parse("2030-03-21"), Some(noon - 12 * 3_600_000));
        assert_eq!(parse("tomorrow"), None);
    }

    #[test]
    fn moments_are_written_in_utc_with_milliseconds() {
        assert_eq!(print(parse("2012-10-24T05:00:00Z").unwrap()), "2012-10-24T05:00:00.000Z");
    }
}
