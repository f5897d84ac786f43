//! The pages, each made from facts that were read before: nothing here asks anybody. All values are escaped by the
//! templates.

pub(super) mod activate;
pub(super) mod attention;
pub(super) mod chart;
pub(super) mod layout;
pub(super) mod mapping;
pub(super) mod notifications;
pub(super) mod record;
pub(super) mod runs;
pub(super) mod settings;
pub(super) mod sign_in;
pub(super) mod status;
pub(super) mod trouble;
