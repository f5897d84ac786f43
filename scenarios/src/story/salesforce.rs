//! The Salesforce side of stories: records as tables describe them.

use mock_salesforce::ObjectKind;
use serde_json::{Map, Value as Json};

use super::cells::Row;
use super::{Done, Story, said};

/// The column that gives a record another name in its story.
const KNOWN_AS: &str = "known as";

impl Story {
    /// Puts a record into the org.
    pub(super) fn add_to_salesforce(&mut self, object: ObjectKind, row: Row) -> Done {
        let known_as =
            row.iter().find(|(column, _)| column == KNOWN_AS).and_then(|(_, name)| name.clone());
        let fields = self.salesforce_fields(row)?;
        let name = known_as.unwrap_or_else(|| name_of(&fields));
        let org = self.stage.salesforce.org();
        let id = org.insert(object, &Json::Object(fields)).map_err(said)?;
        let known = match object {
            ObjectKind::Account => &mut self.accounts,
            ObjectKind::Contact => &mut self.contacts,
            ObjectKind::User => &mut self.users,
        };
        if known.insert(name.clone(), id).is_some() {
            return Err(format!(
                "{name:?} is told twice; give one of them another name in the column {KNOWN_AS:?}"
            ));
        }
        Ok(())
    }

    /// Changes a record of the org.
    pub(super) fn change_in_salesforce(
        &mut self,
        object: ObjectKind,
        name: &str,
        row: Row,
    ) -> Done {
        let id = self.known_id(object, name)?;
        let fields = self.salesforce_fields(row)?;
        self.stage.salesforce.org().update(&id, &Json::Object(fields)).map_err(said)
    }

    /// Deletes a record of the org, with all that goes with it.
    pub(super) fn delete_in_salesforce(&self, object: ObjectKind, name: &str) -> Done {
        self.stage.salesforce.org().delete(&self.known_id(object, name)?).map_err(said)
    }

    /// Takes a deleted record out of the recycle bin.
    pub(super) fn restore_in_salesforce(&self, object: ObjectKind, name: &str) -> Done {
        self.stage.salesforce.org().undelete(&self.known_id(object, name)?).map_err(said)
    }

    /// Merges a record into another.
    pub(super) fn merge_in_salesforce(
        &self,
        object: ObjectKind,
        loser: &str,
        winner: &str,
    ) -> Done {
        let (loser, winner) = (self.known_id(object, loser)?, self.known_id(object, winner)?);
        self.stage.salesforce.org().merge(&winner, &[&loser]).map_err(said)
    }

    fn known_id(&self, object: ObjectKind, name: &str) -> Result<String, String> {
        let known = if object == ObjectKind::Account { &self.accounts } else { &self.contacts };
        known.get(name).cloned().ok_or_else(|| unknown(name))
    }

    /// The fields of a row. References are given by names: of accounts the story told of, and of any user.
    fn salesforce_fields(&mut self, row: Row) -> Result<Map<String, Json>, String> {
        let mut fields = Map::new();
        for (column, value) in row {
            let value = match (column.as_str(), value) {
                (KNOWN_AS, _) => continue,
                ("OwnerId", Some(name)) => Some(self.user(&name)?),
                ("AccountId" | "ParentId", Some(name)) => {
                    Some(self.accounts.get(&name).cloned().ok_or_else(|| unknown(&name))?)
                }
                (_, value) => value,
            };
            fields.insert(column, value.map_or(Json::Null, Json::String));
        }
        Ok(fields)
    }

    /// The id of the user of that name, who is made when they are first named.
    fn user(&mut self, name: &str) -> Result<String, String> {
        if let Some(id) = self.users.get(name) {
            return Ok(id.clone());
        }
        let (first, last) = name.rsplit_once(' ').unwrap_or(("", name));
        let mut row = vec![("LastName".to_owned(), Some(last.to_owned()))];
        row.push(("FirstName".to_owned(), (!first.is_empty()).then(|| first.to_owned())));
        let user_name = format!("user{}@example.com", self.users.len());
        row.extend(["Username", "Email"].map(|field| (field.to_owned(), Some(user_name.clone()))));
        row.push((KNOWN_AS.to_owned(), Some(name.to_owned())));
        self.add_to_salesforce(ObjectKind::User, row)?;
        self.users.get(name).cloned().ok_or_else(|| unknown(name))
    }
}

/// A record's own name: an account's, or a person's first and last.
fn name_of(fields: &Map<String, Json>) -> String {
    let text = |field: &str| fields.get(field).and_then(Json::as_str);
    match text("Name") {
        Some(name) => name.to_owned(),
        None => [text("FirstName"), text("LastName")]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" "),
    }
}

pub(super) fn unknown(name: &str) -> String {
    format!("the story has not told of {name:?}")
}
