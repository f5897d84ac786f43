//! How much of Autotask's rolling hour is left, and what to do about it: decisions only. `admission` asks and waits.
//!
//! Autotask counts the requests of all integrations to a database together, makes everybody wait longer from half of
//! them on, and at the last refuses everybody. Own requests are counted here. What others use is learnt by asking,
//! which is a request too: so nothing is asked before a burst of requests begins, and an import that finds nothing to
//! do never asks. Some requests below the share are kept back for what is sent without having asked: by this process
//! before its first question, and by another that starts in the middle of a used-up hour.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::Timestamp;

use crate::domain::budget::Budget;

/// What Autotask is known to allow, until it says so itself.
const REQUESTS_AN_HOUR: u64 = 10_000;

/// The seconds for which a request counts, until Autotask says so itself.
const HOUR: i64 = 3_600;

/// A burst, in seconds: requests further apart are none.
const BURST: i64 = 300;

/// The requests of a burst that are sent without asking. An idle import sends three.
const UNASKED: u64 = 20;

/// Requests kept back below the share.
const KEPT_BACK: u64 = 40;

/// After so many seconds what others use is asked for again, …
const ASK_AFTER_SECONDS: i64 = 300;

/// … or after so many requests.
const ASK_AFTER_REQUESTS: u64 = 500;

/// What a batch needs at least, lest it consist of nothing but its look at Autotask.
const SMALLEST_BATCH: u64 = 8;

/// Whether a request may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It may.
    Go,
    /// What others use has to be asked for first.
    Ask,
    /// Not before this has passed; then the question is to be put again.
    Wait(Duration),
}

/// What Autotask tells of its hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Told {
    /// The requests all integrations together may make.
    pub(super) limit: u64,
    /// The minutes in which.
    pub(super) minutes: u64,
    /// Those that were made, the question included.
    pub(super) used: u64,
}

/// The requests of the rolling hour.
#[derive(Debug)]
pub(super) struct Governor {
    /// The share of the limit that may be used, in per cent.
    percent: u64,
    limit: u64,
    /// For how many seconds a request counts.
    frame: i64,
    /// Own requests by the second in which they were over. Autotask counted each of them before.
    over: VecDeque<(i64, u64)>,
    /// Their sum.
    over_sum: u64,
    under_way: u64,
    /// What others had used when that was last asked for.
    others: u64,
    /// When that was, and the requests since.
    asked: Option<(i64, u64)>,
    /// Autotask refused a request for the hour: nothing is sent until then.
    refused_until: Option<i64>,
}

impl Governor {
    /// A governor that has seen nothing yet.
    pub(super) fn new(percent: u64) -> Self {
        Self {
            percent,
            limit: REQUESTS_AN_HOUR,
            frame: HOUR,
            over: VecDeque::new(),
            over_sum: 0,
            under_way: 0,
            others: 0,
            asked: None,
            refused_until: None,
        }
    }

    /// Whether so many requests may be sent, one after the other.
    pub(super) fn verdict(&mut self, now: Timestamp, requests: u64) -> Verdict {
        let second = self.forget(now);
        if let Some(until) = self.refused_until {
            if second < until {
                return Verdict::Wait(pause_until(until, now));
            }
            // The question is refused as well if it is too early, and costs less than a batch.
            self.refused_until = None;
            self.asked = None;
            return Verdict::Ask;
        }
        let edge = self.edge();
        let mine = edge.saturating_sub(self.others);
        // A large batch begins with less than it needs, rather than to leave the hour unused until it has that.
        let requests = requests.min((mine / 10).max(SMALLEST_BATCH.min(edge)));
        let lacking = (self.used() + requests).saturating_sub(edge);
        let is_burst = self.recent(second) + requests >= UNASKED;
        if self.is_unsure(second) && (is_burst || lacking > 0) {
            return Verdict::Ask;
        }
        if lacking == 0 {
            return Verdict::Go;
        }
        let freed = self.freed_by(lacking);
        let asked_again = self.asked.map_or(second, |(asked, _)| asked) + ASK_AFTER_SECONDS;
        let until = match freed {
            Some(freed) if self.others == 0 => freed,
            Some(freed) => freed.min(asked_again),
            None => asked_again,
        };
        Verdict::Wait(pause_until(until.max(second + 1), now))
    }

    /// A request is about to be sent.
    pub(super) fn begin(&mut self) {
        self.under_way += 1;
        if let Some((_, since)) = &mut self.asked {
            *since += 1;
        }
    }

    /// A request is over, whatever came of it.
    pub(super) fn end(&mut self, now: Timestamp) {
        self.under_way = self.under_way.saturating_sub(1);
        self.over_sum += 1;
        let second = now.as_second() + i64::from(now.subsec_nanosecond() > 0);
        match self.over.back_mut() {
            Some((latest, count)) if *latest >= second => *count += 1,
            _ => self.over.push_back((second, 1)),
        }
    }

    /// Takes over what Autotask says, once the question is over. Own requests that are still under way may be
    /// counted among the others', which errs on the safe side.
    pub(super) fn learn(&mut self, now: Timestamp, told: Told) {
        self.limit = told.limit;
        self.frame = i64::try_from(told.minutes.clamp(1, 24 * 60) * 60).unwrap_or(HOUR);
        let second = self.forget(now);
        self.others = told.used.saturating_sub(self.over_sum);
        self.asked = Some((second, 0));
    }

    /// The question was not answered: what is known has to do until it is due again.
    pub(super) fn learn_nothing(&mut self, now: Timestamp) {
        self.asked = Some((now.as_second(), 0));
    }

    /// Something suggests that others use more than is known.
    pub(super) fn doubt(&mut self) {
        self.asked = None;
    }

    /// Autotask refused a request, as the hour is used up.
    pub(super) fn refused(&mut self, now: Timestamp) {
        self.refused_until = Some(now.as_second() + ASK_AFTER_SECONDS);
    }

    /// The hour as people and plans see it.
    pub(super) fn budget(&mut self, now: Timestamp) -> Budget {
        let second = self.forget(now);
        let minutes = usize::try_from(self.frame / 60).unwrap_or(1);
        let mut frees = vec![0; minutes];
        for (over, count) in &self.over {
            let left = (over + self.frame - second).max(1) - 1;
            let minute = usize::try_from(left / 60).unwrap_or(0).min(minutes - 1);
            frees[minute] += count;
        }
        frees[minutes - 1] += self.under_way;
        Budget { used: self.used(), allowed: self.edge(), limit: self.limit, frees }
    }

    /// Whether Autotask says at present that the hour is used up.
    pub(super) fn is_refused(&self) -> bool {
        self.refused_until.is_some()
    }

    /// Requests that count.
    fn used(&self) -> u64 {
        self.over_sum + self.under_way + self.others
    }

    /// How many requests may count at a time. Some below the share are kept back.
    fn edge(&self) -> u64 {
        let share = u128::from(self.limit) * u128::from(self.percent) / 100;
        let share = u64::try_from(share).unwrap_or(u64::MAX);
        (share - KEPT_BACK.min(share / 10)).max(1)
    }

    fn is_unsure(&self, second: i64) -> bool {
        self.asked.is_none_or(|(asked, since)| {
            second - asked >= ASK_AFTER_SECONDS || second < asked || since >= ASK_AFTER_REQUESTS
        })
    }

    /// Own requests of the present burst.
    fn recent(&self, second: i64) -> u64 {
        let latest = self.over.iter().rev().take_while(|(over, _)| second - over < BURST);
        latest.map(|(_, count)| count).sum::<u64>() + self.under_way
    }

    /// When so many own requests no longer count; `None` if there are not as many that are over.
    fn freed_by(&self, mut wanting: u64) -> Option<i64> {
        for (over, count) in &self.over {
            wanting = wanting.saturating_sub(*count);
            if wanting == 0 {
                return Some(over + self.frame);
            }
        }
        None
    }

    /// Forgets requests that no longer count, and returns the second it is.
    fn forget(&mut self, now: Timestamp) -> i64 {
        let second = now.as_second();
        while let Some((_, count)) =
            self.over.pop_front_if(|(over, _)| over.saturating_add(self.frame) <= second)
        {
            self.over_sum -= count;
        }
        // Where the clock was set back, requests would count for as much longer.
        if self.over.back().is_some_and(|(over, _)| *over > second + 1) {
            let count = self.over_sum;
            self.over.clear();
            self.over.push_back((second + 1, count));
        }
        second
    }
}

fn pause_until(second: i64, now: Timestamp) -> Duration {
    let moment = Timestamp::from_second(second).unwrap_or(now);
    Duration::try_from(moment.duration_since(now)).unwrap_or(Duration::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    fn send(governor: &mut Governor, requests: u64, seconds: i64) {
        for _ in 0..requests {
            governor.begin();
            governor.end(at(seconds));
        }
    }

    /// Asks, with this answer.
    fn ask(governor: &mut Governor, used: u64, seconds: i64) {
        send(governor, 1, seconds);
        governor.learn(at(seconds), Told { limit: 10_000, minutes: 60, used });
    }

    fn wait(seconds: u64) -> Verdict {
        Verdict::Wait(Duration::from_secs(seconds))
    }

    #[test]
    fn an_idle_import_never_asks() {
        let mut governor = Governor::new(75);

        for minute in 0..600 {
            for _ in 0..3 {
                assert_eq!(governor.verdict(at(minute * 60), 1), Verdict::Go, "minute {minute}");
                send(&mut governor, 1, minute * 60);
            }
        }
    }

    #[test]
    fn a_burst_asks_before_its_twentieth_request_and_a_batch_before_its_first() {
        let mut governor = Governor::new(75);

        assert_eq!(governor.verdict(at(0), 203), Verdict::Ask);
        send(&mut governor, 18, 0);
        assert_eq!(governor.verdict(at(0), 1), Verdict::Go);
        send(&mut governor, 1, 0);
        assert_eq!(governor.verdict(at(0), 1), Verdict::Ask);
        assert_eq!(governor.verdict(at(300), 1), Verdict::Go, "that burst is over");
    }

    #[test]
    fn it_asks_again_after_five_minutes_and_after_five_hundred_requests() {
        let mut governor = Governor::new(75);
        ask(&mut governor, 1, 0);

        send(&mut governor, 499, 0);
        assert_eq!(governor.verdict(at(299), 1), Verdict::Go);
        assert_eq!(governor.verdict(at(300), 200), Verdict::Ask);
        ask(&mut governor, 501, 300);
        send(&mut governor, 500, 301);
        assert_eq!(governor.verdict(at(301), 1), Verdict::Ask);
    }

    #[test]
    fn at_the_edge_it_waits_until_its_own_oldest_requests_no_longer_count() {
        let mut governor = Governor::new(75);
        ask(&mut governor, 1, 0);
        send(&mut governor, 99, 0);
        send(&mut governor, 7_360, 100);
        ask(&mut governor, 7_461, 110);

        assert_eq!(governor.verdict(at(110), 1), wait(3_490));
        assert_eq!(governor.verdict(at(110), 203), wait(3_590), "those at 100 are needed, too");
        assert_eq!(governor.verdict(at(3_600), 1), Verdict::Go);
        assert_eq!(governor.verdict(at(3_700), 203), Verdict::Ask, "others may have come");
        ask(&mut governor, 2, 3_700);
        assert_eq!(governor.verdict(at(3_700), 203), Verdict::Go);
    }

    #[test]
    fn what_others_use_is_left_out_of_the_share() {
        let mut governor = Governor::new(75);
        ask(&mut governor, 7_400, 0);

        assert_eq!(governor.verdict(at(0), 50), Verdict::Go);
        send(&mut governor, 60, 1);
        assert_eq!(governor.verdict(at(1), 1), wait(299), "then others may use less");
        assert_eq!(governor.verdict(at(300), 1), Verdict::Ask);
        ask(&mut governor, 1_000, 300);
        assert_eq!(governor.verdict(at(300), 203), Verdict::Go);
    }

    #[test]
    fn a_request_counts_from_its_end_as_autotask_may_have_counted_it_late() {
        let mut governor = Governor::new(1);
        ask(&mut governor, 1, 0);
        for _ in 0..89 {
            governor.begin();
        }
        assert_eq!(governor.verdict(at(5), 1), wait(3_595), "none is over but the question");
        for _ in 0..89 {
            governor.end(at(9));
        }

        assert_eq!(governor.verdict(at(10), 2), wait(3_599));
    }

    #[test]
    fn a_large_batch_is_begun_with_a_tenth_of_the_share() {
        let mut governor = Governor::new(10);
        send(&mut governor, 863, 0);
        ask(&mut governor, 864, 0);

        assert_eq!(governor.verdict(at(0), 503), Verdict::Go, "96 of 960 are left");
        send(&mut governor, 1, 0);
        assert_eq!(governor.verdict(at(0), 503), wait(3_600));
    }

    #[test]
    fn after_a_refusal_nothing_is_sent_for_a_while_and_then_a_question() {
        let mut governor = Governor::new(75);
        governor.refused(at(0));

        assert_eq!(governor.verdict(at(0), 1), wait(300));
        assert_eq!(governor.verdict(at(299), 1), wait(1));
        assert_eq!(governor.verdict(at(300), 1), Verdict::Ask);
        governor.refused(at(300));
        assert_eq!(governor.verdict(at(301), 1), wait(299));
    }

    #[test]
    fn without_an_answer_autotasks_known_limit_holds() {
        let mut governor = Governor::new(75);
        governor.learn_nothing(at(0));
        send(&mut governor, 7_460, 0);
        governor.learn_nothing(at(1));

        assert_eq!(governor.verdict(at(1), 1), wait(3_599));
    }

    #[test]
    fn a_clock_that_is_set_back_does_not_make_it_wait_for_days() {
        let mut governor = Governor::new(75);
        send(&mut governor, 7_460, 86_400);
        governor.learn_nothing(at(0));

        assert_eq!(governor.verdict(at(0), 1), wait(3_601));
    }

    #[test]
    fn the_budget_tells_when_what_counts_comes_free() {
        let mut governor = Governor::new(75);
        send(&mut governor, 10, 0);
        ask(&mut governor, 1_011, 600);
        governor.begin();

        let budget = governor.budget(at(600));

        assert_eq!((budget.used, budget.allowed, budget.limit), (1_012, 7_460, 10_000));
        let freed: Vec<_> = budget.frees.iter().enumerate().filter(|(_, n)| **n > 0).collect();
        assert_eq!(freed, [(49, &10), (59, &2)]);
    }
}
