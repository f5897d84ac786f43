//! Makes a simulation that fails smaller, as long as it fails in the same way: fewer deeds, fewer fields, less time.

use super::script::{Deed, Fields, Script};

/// How often a smaller simulation may be tried.
#[derive(Debug)]
struct Attempts<F> {
    left: u32,
    fails: F,
}

impl<F: FnMut(&Script) -> bool> Attempts<F> {
    /// Whether a simulation still fails. One that is not tried any more does not.
    fn still_fails(&mut self, script: &Script) -> bool {
        if self.left == 0 {
            return false;
        }
        self.left -= 1;
        (self.fails)(script)
    }
}

/// The smallest simulation that was found to fail within so many attempts, `script` itself at worst.
pub fn shrink(script: &Script, attempts: u32, fails: impl FnMut(&Script) -> bool) -> Script {
    let mut attempts = Attempts { left: attempts, fails };
    let mut best = script.clone();
    loop {
        let before = best.clone();
        fewer_steps(&mut best, &mut attempts);
        less_time(&mut best, &mut attempts);
        fewer_fields(&mut best, &mut attempts);
        if best == before {
            return best;
        }
    }
}

/// Leaves steps out, first many at a time, then one by one.
fn fewer_steps<F: FnMut(&Script) -> bool>(best: &mut Script, attempts: &mut Attempts<F>) {
    let mut portion = best.steps.len().div_ceil(2);
    while portion > 0 {
        let mut begin = 0;
        while begin < best.steps.len() {
            let end = best.steps.len().min(begin + portion);
            let mut smaller = best.clone();
            smaller.steps.drain(begin..end);
            if attempts.still_fails(&smaller) {
                *best = smaller;
            } else {
                begin = end;
            }
        }
        portion = if portion == 1 { 0 } else { portion.div_ceil(2) };
    }
}

/// Ends after the last step, if that is enough, and checks only then.
fn less_time<F: FnMut(&Script) -> bool>(best: &mut Script, attempts: &mut Attempts<F>) {
    let last = best.steps.iter().map(|step| step.at).max().unwrap_or_default();
    let minutes = last / 60_000 + 1;
    if minutes < best.minutes {
        let smaller = Script { minutes, quiet_every: minutes, ..best.clone() };
        if attempts.still_fails(&smaller) {
            *best = smaller;
        }
    }
}

/// Leaves fields of records out.
fn fewer_fields<F: FnMut(&Script) -> bool>(best: &mut Script, attempts: &mut Attempts<F>) {
    for place in 0..best.steps.len() {
        let names: Vec<String> = match fields_of(&mut best.steps[place].deed) {
            Some(fields) => fields.keys().cloned().collect(),
            None => continue,
        };
        for name in names {
            let mut smaller = best.clone();
            if let Some(fields) = fields_of(&mut smaller.steps[place].deed) {
                fields.remove(&name);
            }
            if attempts.still_fails(&smaller) {
                *best = smaller;
            }
        }
    }
}

fn fields_of(deed: &mut Deed) -> Option<&mut Fields> {
    match deed {
        Deed::SalesforceCreate { fields, .. }
        | Deed::SalesforceEdit { fields, .. }
        | Deed::AutotaskCreate { fields, .. }
        | Deed::AutotaskEdit { fields, .. } => Some(fields),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::super::script::{Object, Step};
    use super::*;

    /// A simulation of ten launches, one of which comes after an account with two fields.
    fn script() -> Script {
        let mut steps: Vec<_> =
            (0..10).map(|minute| Step { at: minute * 60_000, deed: Deed::Launch }).collect();
        let fields = json!({ "Name": "Nord", "Phone": "1" }).as_object().cloned().unwrap();
        let deed = Deed::SalesforceCreate { key: "a0".to_owned(), object: Object::Account, fields };
        steps.insert(7, Step { at: 6 * 60_000 + 1, deed });
        Script { seed: 1, settings: BTreeMap::new(), minutes: 480, quiet_every: 480, steps }
    }

    /// Whether a launch comes after an account that has a name.
    fn fails(script: &Script) -> bool {
        let named = |step: &Step| matches!(&step.deed, Deed::SalesforceCreate { fields, .. } if fields.contains_key("Name"));
        let account = script.steps.iter().position(named);
        account.is_some_and(|place| script.steps[place..].iter().any(|it| it.deed == Deed::Launch))
    }

    #[test]
    fn what_remains_is_what_the_failure_needs() {
        let smallest = shrink(&script(), 1_000, fails);

        assert!(fails(&smallest));
        assert_eq!(smallest.steps.len(), 2);
        assert!(smallest.minutes <= 10 && smallest.quiet_every == smallest.minutes);
        let mut account = smallest.steps[0].deed.clone();
        assert_eq!(fields_of(&mut account).unwrap().keys().collect::<Vec<_>>(), ["Name"]);
    }

    #[test]
    fn after_the_last_attempt_the_smallest_so_far_is_kept() {
        let mut tried = 0;

        let smaller = shrink(&script(), 3, |script| {
            tried += 1;
            fails(script)
        });

        assert_eq!(tried, 3);
        assert!(fails(&smaller));
    }
}
