//! Turns date words into ranges of days.
//!
//! Days begin at midnight UTC: the org's users are set to GMT. Weeks begin on Sunday.

use jiff::civil::Date;
use jiff::{Span, Timestamp, ToSpan, tz::TimeZone};

use super::ast::{DateUnit, DateWord};

/// The first day of the range, and the first day after it; `None` where the calendar ends.
pub(super) fn range(word: DateWord, now: Timestamp) -> Option<(Date, Date)> {
    let today = now.to_zoned_datetime(TimeZone::UTC).date();
    let present = match word.unit {
        DateUnit::Day => today,
        DateUnit::Week => {
            today.checked_sub(i32::from(today.weekday().to_sunday_zero_offset()).days()).ok()?
        }
        DateUnit::Month => today.first_of_month(),
        DateUnit::Quarter => Date::new(today.year(), (today.month() - 1) / 3 * 3 + 1, 1).ok()?,
        DateUnit::Year => today.first_of_year(),
    };
    let first = present.checked_add(span(word.unit, word.first)?).ok()?;
    let after = present.checked_add(span(word.unit, word.last.checked_add(1)?)?).ok()?;
    Some((first, after))
}

fn span(unit: DateUnit, count: i32) -> Option<Span> {
    let span = Span::new();
    let span = match unit {
        DateUnit::Day => span.try_days(count),
        DateUnit::Week => span.try_weeks(count),
        DateUnit::Month => span.try_months(count),
        DateUnit::Quarter => span.try_months(count.checked_mul(3)?),
        DateUnit::Year => span.try_years(count),
    };
    span.ok()
}

/// Midnight UTC at the beginning of `day`, in milliseconds.
pub(super) fn midnight(day: Date) -> Option<i64> {
    day.to_zoned_datetime(TimeZone::UTC).ok().map(|moment| moment.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn of(unit: DateUnit, first: i32, last: i32) -> (Date, Date) {
        // A Thursday.
        range(DateWord { unit, first, last }, "2024-02-29T15:00:00Z".parse().unwrap()).unwrap()
    }

    #[test]
    fn ranges_hold_their_first_day_and_end_before_the_next() {
        assert_eq!(of(DateUnit::Day, 0, 0), (date(2024, 2, 29), date(2024, 3, 1)));
        assert_eq!(of(DateUnit::Day, -7, 0), (date(2024, 2, 22), date(2024, 3, 1)));
        assert_eq!(of(DateUnit::Week, 0, 0), (date(2024, 2, 25), date(2024, 3, 3)));
        assert_eq!(of(DateUnit::Month, -1, -1), (date(2024, 1, 1), date(2024, 2, 1)));
        assert_eq!(of(DateUnit::Quarter, 1, 1), (date(2024, 4, 1), date(2024, 7, 1)));
        assert_eq!(of(DateUnit::Year, -2, -1), (date(2022, 1, 1), date(2024, 1, 1)));
    }

    #[test]
    fn a_range_beyond_the_calendar_is_none_and_no_panic() {
        let now = "2024-02-29T15:00:00Z".parse().unwrap();

        assert_eq!(range(DateWord { unit: DateUnit::Year, first: 1, last: 100_000 }, now), None);
        assert_eq!(
            range(DateWord { unit: DateUnit::Quarter, first: -100_000, last: -1 }, now),
            None
        );
    }
}
