//! Who hears of runs: the selected Autotask resources, those of them that can be written to, and why others cannot
//! (rules N1, N4).

use std::fmt;

use serde::{Deserialize, Serialize};

use super::ids::ResourceId;
use super::model::Resource;

/// Somebody who is to hear of imports, as the settings name them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recipient {
    /// The resource with this id.
    Id(ResourceId),
    /// The resource of this first and last name.
    Named(String),
}

/// Somebody with an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Addressee {
    /// First and last name, on one line.
    pub name: String,
    /// The e-mail address.
    pub email: String,
}

/// The selected resources.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Roster<'a> {
    /// All that were found, inactive ones too.
    pub found: Vec<&'a Resource>,
    /// Those who get mail.
    pub addressees: Vec<Addressee>,
    /// Why others get none.
    pub problems: Vec<String>,
}

impl<'a> Roster<'a> {
    /// Finds the selected among the resources that are known. `is_address` knows what can be written to.
    pub fn of(selected: &[Recipient], known: &'a [Resource], is_address: fn(&str) -> bool) -> Self {
        let mut roster = Self::default();
        for recipient in selected {
            match recipient.find(known) {
                Ok(person) => roster.add(person, is_address),
                Err(problem) => roster.problems.push(problem),
            }
        }
        roster
    }

    fn add(&mut self, person: &'a Resource, is_address: fn(&str) -> bool) {
        if self.found.iter().any(|known| known.id == person.id) {
            return;
        }
        self.found.push(person);
        let name = one_line(&person.full_name());
        let email = person.email.trim();
        let who = format!("the recipient {name} (resource {})", person.id);
        if !person.is_active {
            self.problems.push(format!("{who} is inactive in Autotask and gets no e-mail"));
        } else if email.is_empty() {
            self.problems.push(format!("{who} has no e-mail address in Autotask"));
        } else if !is_address(email) {
            self.problems.push(format!("{who} has an e-mail address in Autotask that is none"));
        } else {
            self.addressees.push(Addressee { name, email: email.to_owned() });
        }
    }
}

impl Recipient {
    /// The resource that is meant, or why it is not known. Of several of one name the only active one is meant.
    pub fn find<'a>(&self, known: &'a [Resource]) -> Result<&'a Resource, String> {
        let wanted = match self {
            Self::Id(id) => {
                let found = known.iter().find(|person| person.id == *id);
                return found.ok_or_else(|| format!("the recipient {id} is no Autotask resource"));
            }
            Self::Named(name) => name.trim(),
        };
        let named: Vec<_> = known.iter().filter(|person| person.full_name() == wanted).collect();
        let active: Vec<_> = named.iter().filter(|person| person.is_active).collect();
        match (&named[..], &active[..]) {
            ([only], _) => Ok(only),
            (_, [only]) => Ok(only),
            ([], _) => Err(format!("the recipient {wanted:?} is no Autotask resource")),
            _ => Err(format!(
                "the recipient {wanted:?} names several Autotask resources; its id can be given instead"
            )),
        }
    }
}

impl fmt::Display for Recipient {
    /// As the settings name them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => write!(f, "{id}"),
            Self::Named(name) => f.write_str(name.trim()),
        }
    }
}

/// A text on one line, without anything that could end a header.
pub fn one_line(text: &str) -> String {
    let plain = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    plain.collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recipient_is_written_as_the_settings_name_it() {
        assert_eq!(Recipient::Id(ResourceId(5)).to_string(), "5");
        assert_eq!(Recipient::Named(" Ada Berg ".to_owned()).to_string(), "Ada Berg");
    }

    fn person(id: i64, name: &str, email: &str, is_active: bool) -> Resource {
        let (first, last) = name.split_once(' ').unwrap();
        Resource {
            id: ResourceId(id),
            first_name: first.to_owned(),
            last_name: last.to_owned(),
            email: email.to_owned(),
            is_active,
            is_api_only: false,
        }
    }

    fn roster(selected: &[Recipient], known: &[Resource]) -> (Vec<String>, Vec<String>) {
        let roster = Roster::of(selected, known, |text| text.contains('@'));
        let addresses = roster.addressees.iter().map(|one| one.email.clone()).collect();
        (addresses, roster.problems.clone())
    }

    fn named(name: &str) -> Recipient {
        Recipient::Named(name.to_owned())
    }

    #[test]
    fn the_same_person_by_id_and_by_name_gets_one_mail() {
        let known = [person(4, "Dana Default", "dana@example.com", true)];

        let selected = [Recipient::Id(ResourceId(4)), named(" Dana Default")];

        assert_eq!(roster(&selected, &known), (vec!["dana@example.com".to_owned()], vec![]));
    }

    #[test]
    fn who_cannot_be_written_to_is_named_with_the_reason() {
        let known = [
            person(4, "Ada Away", "ada@example.com", false),
            person(5, "Ben Blank", " ", true),
            person(6, "Cem Crooked", "not an address", true),
        ];

        let selected =
            [named("Ada Away"), named("Ben Blank"), named("Cem Crooked"), named("No One")];
        let (addresses, problems) = roster(&selected, &known);

        assert_eq!(addresses, Vec::<String>::new());
        let words = ["inactive", "no e-mail address", "that is none", "no Autotask resource"];
        assert_eq!(problems.len(), words.len());
        for (problem, word) in problems.iter().zip(words) {
            assert!(problem.contains(word), "{problem}");
        }
    }

    #[test]
    fn of_several_of_one_name_the_only_active_one_is_meant() {
        let known = [
            person(4, "Ada Berg", "old@example.com", false),
            person(5, "Ada Berg", "new@example.com", true),
        ];
        let both = [known[1].clone(), person(6, "Ada Berg", "other@example.com", true)];

        assert_eq!(roster(&[named("Ada Berg")], &known).0, ["new@example.com"]);
        assert!(roster(&[named("Ada Berg")], &both).1[0].contains("several"));
    }

    #[test]
    fn a_line_break_in_a_name_ends_no_header() {
        let known = [person(4, "Dana\r\nBcc: x@example.com Default", "dana@example.com", true)];

        let roster = Roster::of(&[Recipient::Id(ResourceId(4))], &known, |_| true);

        assert_eq!(roster.addressees[0].name, "Dana Bcc: x@example.com Default");
    }

    #[test]
    fn a_number_that_is_nobodys_is_named() {
        let known = [person(4, "Dana Default", "dana@example.com", true)];

        let (addresses, problems) = roster(&[Recipient::Id(ResourceId(5))], &known);

        assert_eq!(addresses, Vec::<String>::new());
        assert_eq!(problems, ["the recipient 5 is no Autotask resource"]);
    }
}
