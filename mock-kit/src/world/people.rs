//! Who owns accounts in Salesforce, and who is who in Autotask.

use std::collections::BTreeSet;

use super::draw::{Draw, Purpose};
use super::{places, text};

/// How a Salesforce user is to be found among the Autotask resources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OwnerKind {
    /// One active resource has the same name.
    Match,
    /// One active resource has the same name, but for blanks around it.
    Padded,
    /// One active and one inactive resource have the same name.
    OneActive,
    /// No resource has the name.
    Absent,
    /// Two active resources have the same name.
    TwoOfOneName,
    /// The resource of the same name is an API-only user.
    ApiOnly,
    /// The resource of the same name is inactive.
    Inactive,
    /// A resource's name differs in case.
    OtherCase,
}

/// What each user is, in the order of their indices.
const KINDS: [OwnerKind; 40] = {
    use OwnerKind as K;
    let mut kinds = [K::Match; 40];
    kinds[3] = K::Absent;
    kinds[5] = K::TwoOfOneName;
    kinds[7] = K::ApiOnly;
    kinds[9] = K::Inactive;
    kinds[11] = K::OtherCase;
    kinds[13] = K::Padded;
    kinds[15] = K::OneActive;
    kinds[19] = K::Absent;
    kinds[21] = K::TwoOfOneName;
    kinds[23] = K::ApiOnly;
    kinds[25] = K::Inactive;
    kinds[27] = K::OtherCase;
    kinds[29] = K::Absent;
    kinds
};

/// A Salesforce user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Its place among the users.
    pub index: u64,
    /// How it is to be found among the resources.
    pub kind: OwnerKind,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Address.
    pub email: String,
    /// Whether the user may sign in; those who left still own accounts.
    pub is_active: bool,
}

/// An Autotask resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// Its place among the resources.
    pub index: u64,
    /// The user it was made for, if it was.
    pub user: Option<u64>,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Address.
    pub email: String,
    /// Name to sign in with, unique.
    pub user_name: String,
    /// Whether they still work there.
    pub is_active: bool,
    /// Whether this user may only use the API.
    pub is_api_only: bool,
}

/// Names of `KINDS.len() + 1` people; no two are alike, whatever the case.
fn names(seed: u64) -> Vec<(String, String)> {
    let mut draw = Draw::new(seed, Purpose::Users, 0);
    let mut known = BTreeSet::new();
    let mut names = Vec::new();
    while names.len() <= KINDS.len() {
        let place = places::any(&mut draw);
        let name = (place.first_name(&mut draw), place.last_name(&mut draw));
        if known.insert((name.0.to_lowercase(), name.1.to_lowercase())) {
            names.push(name);
        }
    }
    names
}

/// All Salesforce users who own accounts.
pub(super) fn users(seed: u64) -> Vec<User> {
    let people = (0..).zip(KINDS).zip(names(seed));
    people
        .map(|((index, kind), (first_name, last_name))| User {
            index,
            kind,
            email: email(&first_name, &last_name, index),
            first_name,
            last_name,
            is_active: index % 17 != 12,
        })
        .collect()
}

/// How many users there are.
pub(super) fn count() -> u32 {
    u32::try_from(KINDS.len()).expect("a few dozen")
}

/// What a resource is, as far as owning companies goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Active,
    Inactive,
    ApiOnly,
}

/// The resources there are for a user.
fn staff_of(kind: OwnerKind) -> &'static [State] {
    match kind {
        OwnerKind::Match | OwnerKind::Padded | OwnerKind::OtherCase => &[State::Active],
        OwnerKind::OneActive => &[State::Active, State::Inactive],
        OwnerKind::TwoOfOneName => &[State::Active, State::Active],
        OwnerKind::ApiOnly => &[State::ApiOnly],
        OwnerKind::Inactive => &[State::Inactive],
        OwnerKind::Absent => &[],
    }
}

/// The resources that may own companies, in every world.
pub(super) fn managers() -> Vec<u64> {
    let states = KINDS.into_iter().flat_map(staff_of);
    (0..)
        .zip(states)
        .filter(|(_, state)| **state == State::Active)
        .map(|(index, _)| index)
        .collect()
}

/// All Autotask resources.
pub(super) fn resources(seed: u64) -> Vec<Resource> {
    let mut hired = Vec::new();
    for user in users(seed) {
        for state in staff_of(user.kind) {
            let (first, last) = (user.first_name.clone(), user.last_name.clone());
            let name = match user.kind {
                OwnerKind::Padded => (format!(" {first} "), format!("{last} ")),
                OwnerKind::OtherCase => (first, text::swap_case(&last)),
                _ => (first, last),
            };
            hired.push((Some(user.index), name, *state));
        }
    }
    // The last of the names is nobody's in Salesforce.
    hired.extend(names(seed).pop().map(|name| (None, name, State::Active)));
    let indexed = (0..).zip(hired);
    indexed
        .map(|(index, (user, (first_name, last_name), state))| Resource {
            index,
            user,
            email: email(&first_name, &last_name, index),
            user_name: format!("{}{index}", text::fitting(&text::slug(&last_name), 28)),
            first_name,
            last_name,
            is_active: state != State::Inactive,
            is_api_only: state == State::ApiOnly,
        })
        .collect()
}

fn email(first: &str, last: &str, index: u64) -> String {
    format!("{}.{}{index}@example.com", text::slug(first), text::slug(last))
}
