//! getUpdated and getDeleted: which records changed between two moments.
//!
//! Both moments lose their seconds and belong to the range. What is covered may end before the asked end, as it does
//! at Salesforce while transactions are under way.

use jiff::{SignedDuration, Timestamp};

use super::arguments::{moment, only, required};
use super::describe::known_object;
use super::{Call, Reply};
use crate::org::ids::RecordId;
use crate::org::render;
use crate::org::schema::ObjectKind;
use crate::soap::envelope::Element;
use crate::soap::fault::{Fault, FaultDetail};
use crate::soap::writer::Xml;

/// Ids one answer may hold.
const MOST_IDS: usize = 600_000;

/// How far back updates can be asked for.
const UPDATES_REACH: SignedDuration = SignedDuration::from_hours(30 * 24);

/// How far back deletions can be asked for.
const DELETIONS_REACH: SignedDuration = SignedDuration::from_hours(15 * 24);

const MINUTE: i64 = 60_000;

/// What a call asks for, checked.
struct Range {
    object: ObjectKind,
    start: i64,
    end: i64,
    covered: i64,
}

/// getUpdated.
pub(super) fn updated(call: &Call<'_>, element: &Element) -> Result<Reply, Fault> {
    let range = range(call, element, UPDATES_REACH, 0)?;
    let changes =
        call.instance.org.store().changed(range.object, false, range.start, range.end, MOST_IDS);
    let changes = within_limit(changes.map_err(|error| Fault::internal(&error))?)?;
    let mut xml = Xml::default();
    xml.raw("<getUpdatedResponse><result>");
    for (number, _) in changes {
        xml.element("ids", &RecordId::new(range.object.prefix(), number).to_string());
    }
    xml.element("latestDateCovered", &render::moment(range.covered));
    xml.raw("</result></getUpdatedResponse>");
    Ok(Reply::plain(xml))
}

/// getDeleted.
pub(super) fn deleted(call: &Call<'_>, element: &Element) -> Result<Reply, Fault> {
    let range = range(call, element, DELETIONS_REACH, MINUTE)?;
    let changes = if range.object.deletable() {
        let changes =
            call.instance.org.store().changed(range.object, true, range.start, range.end, MOST_IDS);
        within_limit(changes.map_err(|error| Fault::internal(&error))?)?
    } else {
        Vec::new()
    };
    let mut xml = Xml::default();
    xml.raw("<getDeletedResponse><result>");
    for (number, when) in changes {
        xml.open("deletedRecords");
        xml.element("deletedDate", &render::moment(when));
        xml.element("id", &RecordId::new(range.object.prefix(), number).to_string());
        xml.close("deletedRecords");
    }
    let earliest = call.now.saturating_sub(DELETIONS_REACH).map_or(0, Timestamp::as_millisecond);
    xml.element("earliestDateAvailable", &render::moment(whole_minute(earliest)));
    xml.element("latestDateCovered", &render::moment(range.covered));
    xml.raw("</result></getDeletedResponse>");
    Ok(Reply::plain(xml))
}

fn range(
    call: &Call<'_>,
    element: &Element,
    reach: SignedDuration,
    at_least: i64,
) -> Result<Range, Fault> {
    only(element, &["sObjectType", "startDate", "endDate"])?;
    let object = known_object(required(element, "sObjectType")?)?;
    let start = whole_minute(moment(element, "startDate")?.as_millisecond());
    let end = whole_minute(moment(element, "endDate")?.as_millisecond());
    let now = call.now.as_millisecond();
    if end - start <= at_least {
        return Err(invalid_date(
            "startDate must be before endDate, by more than one minute for deletions",
        ));
    }
    if i128::from(now) - i128::from(start) > reach.as_millis() + i128::from(MINUTE) {
        let days = reach.as_hours() / 24;
        return Err(invalid_date(&format!("startDate is more than {days} days ago")));
    }
    let lag =
        i64::try_from(call.instance.settings().replication_lag().as_millis()).unwrap_or(i64::MAX);
    let covered = end.min(whole_minute(now.saturating_sub(lag)));
    Ok(Range { object, start, end, covered })
}

/// Seconds are cut off.
fn whole_minute(milliseconds: i64) -> i64 {
    milliseconds.div_euclid(MINUTE) * MINUTE
}

fn invalid_date(message: &str) -> Fault {
    Fault::api("INVALID_REPLICATION_DATE", message, FaultDetail::UnexpectedError)
}

fn within_limit(changes: Vec<(i64, i64)>) -> Result<Vec<(i64, i64)>, Fault> {
    if changes.len() > MOST_IDS {
        let message = format!("exceeded max id limit: {MOST_IDS}");
        return Err(Fault::api("EXCEEDED_ID_LIMIT", message, FaultDetail::UnexpectedError));
    }
    Ok(changes)
}
