//! The organization's API requests of the last 24 hours, as Salesforce tells them in the header of every answer but
//! login's: watched, so that an import ends before it takes the last from other integrations.

use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use quick_xml::Reader;
use quick_xml::events::Event;

use super::ReplyError;

/// For how long nothing is sent once the requests are nearly used up. They come free over a day; asking more often
/// would use up the rest.
const LEFT_ALONE: SignedDuration = SignedDuration::from_hours(1);

/// The kind of limit that counts all requests of a day; the header may tell of others besides.
const DAILY: &str = "API REQUESTS";

/// The requests of the last 24 hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Usage {
    pub(super) used: u64,
    pub(super) limit: u64,
}

impl Usage {
    /// Reads the header of an answer. One that has none, or that cannot be read, tells nothing.
    pub(super) fn read(answer: &str) -> Option<Self> {
        let mut reader = Reader::from_str(answer);
        let (mut current, mut limit, mut kind) = (None, None, None);
        let mut text = String::new();
        loop {
            match reader.read_event().ok()? {
                Event::Start(start) => match start.local_name().into_inner() {
                    "Body" => return None,
                    "limitInfo" => (current, limit, kind) = (None, None, None),
                    _ => text.clear(),
                },
                Event::Text(part) => text.push_str(&part.xml10_content()),
                Event::End(end) => match end.local_name().into_inner() {
                    "current" => current = text.trim().parse().ok(),
                    "limit" => limit = text.trim().parse().ok(),
                    "type" => kind = Some(text.trim() == DAILY),
                    "limitInfo" if kind == Some(true) => {
                        return Some(Self { used: current?, limit: limit? });
                    }
                    "Header" => return None,
                    _ => {}
                },
                Event::Eof => return None,
                _ => {}
            }
        }
    }

    /// Whether no more than this part of the day's requests is left.
    fn leaves(self, percent: u64) -> bool {
        let left = u128::from(self.limit.saturating_sub(self.used));
        left * 100 <= u128::from(self.limit) * u128::from(percent)
    }
}

/// What is known of the day's requests.
#[derive(Debug, Default)]
pub(super) struct Watch {
    /// The part that is left to others, in per cent.
    leave_percent: u64,
    last: Mutex<Option<(Timestamp, Usage)>>,
}

impl Watch {
    pub(super) fn new(leave_percent: u64) -> Self {
        Self { leave_percent, last: Mutex::default() }
    }

    /// Takes note of what an answer tells.
    pub(super) fn note(&self, now: Timestamp, answer: &str) {
        let Some(usage) = Usage::read(answer) else { return };
        let mut last = self.last();
        let was_near = last.is_some_and(|(_, usage)| usage.leaves(2 * self.leave_percent));
        *last = Some((now, usage));
        drop(last);
        if !was_near && usage.leaves(2 * self.leave_percent) {
            let Usage { used, limit } = usage;
            tracing::warn!(used, limit, "Salesforce's API requests of the day are running out");
        }
    }

    /// Refuses another request while what is left is to be left to others.
    pub(super) fn check(&self, now: Timestamp) -> Result<(), ReplyError> {
        let leave_percent = self.leave_percent;
        match *self.last() {
            Some((seen, Usage { used, limit }))
                if now.duration_since(seen).abs() < LEFT_ALONE
                    && (Usage { used, limit }).leaves(leave_percent) =>
            {
                Err(ReplyError::NearlyUsedUp { used, limit, leave_percent })
            }
            _ => Ok(()),
        }
    }

    fn last(&self) -> MutexGuard<'_, Option<(Timestamp, Usage)>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(infos: &str) -> String {
        format!(
            r#"<?xml version="1.0"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"
            xmlns="urn:partner.soap.sforce.com"><soapenv:Header><LimitInfoHeader>{infos}</LimitInfoHeader>
            </soapenv:Header><soapenv:Body><x><limitInfo><current>1</current><limit>2</limit><type>API REQUESTS</type>
            </limitInfo></x></soapenv:Body></soapenv:Envelope>"#
        )
    }

    fn info(current: &str, limit: &str, kind: &str) -> String {
        format!(
            "<limitInfo><current>{current}</current><limit>{limit}</limit><type>{kind}</type></limitInfo>"
        )
    }

    #[test]
    fn the_header_tells_the_days_requests_among_others() {
        let app = "<limitInfo><appName>x</appName><current>3</current><limit>5</limit>\
                   <type>API REQUESTS PER APP</type></limitInfo>";
        let text = answer(&format!("{app}{}", info("18", "15000", "API REQUESTS")));

        assert_eq!(Usage::read(&text), Some(Usage { used: 18, limit: 15_000 }));
    }

    #[test]
    fn what_is_no_such_header_tells_nothing() {
        for text in [
            answer(""),
            answer(&info("1", "2", "API BURSTS")),
            answer(&info("many", "2", "API REQUESTS")),
            answer(&info("1", "-2", "API REQUESTS")),
            answer("").replace("LimitInfoHeader", "Other"),
            "<a>".to_owned(),
            "<<".to_owned(),
            String::new(),
        ] {
            assert_eq!(Usage::read(&text), None, "{text}");
        }
    }

    #[test]
    fn nothing_is_sent_for_an_hour_once_no_more_is_left_than_others_need() {
        let now: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        let later = |minutes| now + SignedDuration::from_mins(minutes);
        let watch = Watch::new(10);

        watch.note(now, &answer(&info("8999", "10000", "API REQUESTS")));
        assert!(watch.check(now).is_ok());
        watch.note(now, &answer(&info("9000", "10000", "API REQUESTS")));

        let refused = watch.check(later(59)).unwrap_err();
        assert!(matches!(refused, ReplyError::NearlyUsedUp { used: 9_000, limit: 10_000, .. }));
        assert!(watch.check(later(60)).is_ok(), "then it is asked anew");
    }
}
