//! A fingerprint of the settings that decisions depend on: when it changes, records that were refused are decided
//! on again (rule R2).

use twox_hash::XxHash3_64;

use super::settings::{AccountManager, ImportSettings};
use crate::ports::IdFields;

/// Texts one after the other, each with its length, so that no two lists look the same.
#[derive(Default)]
struct Parts(Vec<u8>);

impl Parts {
    fn add(&mut self, text: &str) {
        self.0.extend((text.len() as u64).to_le_bytes());
        self.0.extend(text.as_bytes());
    }

    fn fingerprint(&self) -> u64 {
        XxHash3_64::oneshot(&self.0)
    }
}

impl ImportSettings {
    /// The fingerprint of all that affects what is decided about a record. It stays the same over restarts and
    /// versions.
    pub fn fingerprint(&self) -> u64 {
        // Named one by one, so that whoever adds a setting decides whether it belongs here.
        let Self {
            account_manager,
            company_phone_placeholder,
            contact_first_name_placeholder,
            id_fields: IdFields { company, contact },
            policies,
            moved,
            deleted,
            guard: _,
            overlap: _,
            sweep_every: _,
            compare_every: _,
            writes_at_a_time: _,
            settle_after: _,
            keep_details: _,
        } = self;
        let mut parts = Parts::default();
        parts.add(&match account_manager {
            AccountManager::None => String::new(),
            AccountManager::Id(id) => format!("id {id}"),
            AccountManager::Named(name) => format!("name {name}"),
        });
        parts.add(company_phone_placeholder);
        parts.add(contact_first_name_placeholder);
        parts.add(company);
        parts.add(contact);
        parts.add(&format!("{policies:?} {moved:?} {deleted:?}"));
        parts.fingerprint()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::guard::Guard;
    use crate::domain::ids::ResourceId;
    use crate::domain::policy::{Policies, Policy};
    use crate::run::{OnDelete, OnMove};

    fn with(change: impl FnOnce(&mut ImportSettings)) -> u64 {
        let mut settings = ImportSettings::default();
        change(&mut settings);
        settings.fingerprint()
    }

    #[test]
    fn what_decisions_depend_on_changes_it() {
        let changed = [
            with(|_| {}),
            with(|s| s.account_manager = AccountManager::Id(ResourceId(7))),
            with(|s| s.account_manager = AccountManager::Named("id 7".to_owned())),
            with(|s| "none".clone_into(&mut s.company_phone_placeholder)),
            with(|s| "none".clone_into(&mut s.contact_first_name_placeholder)),
            with(|s| "Salesforce Account ID".clone_into(&mut s.id_fields.company)),
            with(|s| s.moved = OnMove::Recreate),
            with(|s| s.deleted = OnDelete::Deactivate),
            with(|s| s.policies = Policies::linking_by(Policy::FillEmpty)),
            with(|s| {
                std::mem::swap(
                    &mut s.company_phone_placeholder,
                    &mut s.contact_first_name_placeholder,
                );
            }),
        ];

        for (index, one) in changed.iter().enumerate() {
            assert!(!changed[..index].contains(one), "{index}");
        }
    }

    #[test]
    fn how_an_import_proceeds_does_not() {
        let unchanged = ImportSettings::default().fingerprint();

        assert_eq!(with(|s| s.guard = Guard { percent: 1, records: 1 }), unchanged);
        assert_eq!(with(|s| s.settle_after = Duration::from_secs(1)), unchanged);
        assert_eq!(with(|s| s.writes_at_a_time = 1), unchanged);
    }

    #[test]
    fn it_is_the_same_in_every_version() {
        assert_eq!(ImportSettings::default().fingerprint(), 2_726_995_938_038_491_911);
    }
}
