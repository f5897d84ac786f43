//! Chance, drawn from the seed.
//!
//! Every record has a stream of its own, named by what it is and which it is. So a record can be made without the
//! ones before it, and a change to one kind of record leaves the others as they were.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What a stream of chance is for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Purpose {
    Users = 1,
    AccountBlock = 2,
    Account = 3,
    ContactBlock = 4,
    Contact = 5,
    Company = 6,
    Person = 7,
}

/// A stream of chance.
#[derive(Debug)]
pub(super) struct Draw(ChaCha8Rng);

impl Draw {
    pub(super) fn new(seed: u64, purpose: Purpose, index: u64) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8] = purpose as u8;
        key[16..24].copy_from_slice(&index.to_le_bytes());
        Self(ChaCha8Rng::from_seed(key))
    }

    /// A number from 0 to below `end`.
    pub(super) fn below(&mut self, end: u32) -> u32 {
        self.0.random_range(0..end.max(1))
    }

    pub(super) fn between(&mut self, first: u32, last: u32) -> u32 {
        self.0.random_range(first..=last)
    }

    pub(super) fn pick<'t, T>(&mut self, list: &'t [T]) -> &'t T {
        let length = u32::try_from(list.len()).expect("lists of choices are short");
        &list[self.below(length) as usize]
    }

    /// Whether something happens that does so in `percent` of all cases.
    pub(super) fn chance(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }

    /// The value, in `percent` of all cases.
    pub(super) fn maybe<T>(
        &mut self,
        percent: u32,
        make: impl FnOnce(&mut Self) -> T,
    ) -> Option<T> {
        let is_there = self.chance(percent);
        let value = make(self);
        is_there.then_some(value)
    }

    /// The stream as a generator, for fakers.
    pub(super) fn generator(&mut self) -> &mut ChaCha8Rng {
        &mut self.0
    }

    /// The pattern with each `#` replaced by a figure and each `@` by a capital letter.
    pub(super) fn figures(&mut self, pattern: &str) -> String {
        pattern
            .chars()
            .map(|c| match c {
                '#' => char::from(b'0' + u8::try_from(self.below(10)).unwrap_or_default()),
                '@' => char::from(b'A' + u8::try_from(self.below(26)).unwrap_or_default()),
                other => other,
            })
            .collect()
    }

    /// Brings a list into a random order.
    pub(super) fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            let end = u32::try_from(last + 1).expect("blocks are small");
            list.swap(last, self.below(end) as usize);
        }
    }
}
