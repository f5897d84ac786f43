//! getUserInfo and getServerTimestamp.

use serde_json::Value as Json;

use super::arguments::only;
use super::{Call, Reply};
use crate::org::ids::{KeyPrefix, RecordId};
use crate::org::render;
use crate::org::schema::ObjectKind;
use crate::org::store::FIRST_USER;
use crate::session::{self, Session};
use crate::soap::envelope::Element;
use crate::soap::fault::Fault;
use crate::soap::writer::Xml;

/// getServerTimestamp.
pub(super) fn server_timestamp(call: &Call<'_>, element: &Element) -> Result<Reply, Fault> {
    only(element, &[])?;
    let mut xml = Xml::default();
    xml.raw("<getServerTimestampResponse><result>");
    xml.element("timestamp", &render::moment(call.now.as_millisecond()));
    xml.raw("</result></getServerTimestampResponse>");
    Ok(Reply::plain(xml))
}

/// getUserInfo.
pub(super) fn user_info(
    call: &Call<'_>,
    element: &Element,
    session: Session,
) -> Result<Reply, Fault> {
    only(element, &[])?;
    let mut xml = Xml::default();
    xml.raw("<getUserInfoResponse><result>");
    write(call, session.user, &mut xml)?;
    xml.raw("</result></getUserInfoResponse>");
    Ok(Reply::with_nils(xml))
}

/// Writes what login and getUserInfo both tell about the user, as the call's version has it.
pub(super) fn write(call: &Call<'_>, user: i64, xml: &mut Xml) -> Result<(), Fault> {
    let user = RecordId::new(ObjectKind::User.prefix(), user).to_string();
    let record = call
        .instance
        .org
        .record(&user)
        .map_err(|error| Fault::internal(&error))?
        .unwrap_or_default();
    let field = |name: &str| record.get(name).and_then(Json::as_str).unwrap_or_default();
    let organization = call.instance.org.organization_id();
    xml.element("accessibilityMode", "false");
    if call.version.has_chatter_external() {
        xml.element("chatterExternal", "false");
    }
    xml.element("currencySymbol", "$");
    xml.element("orgAttachmentFileSizeLimit", "5242880");
    xml.element("orgDefaultCurrencyIsoCode", "USD");
    if call.version.has_currency_locale() {
        xml.element("orgDefaultCurrencyLocale", "en_US");
    }
    xml.element("orgDisallowHtmlAttachments", "false");
    xml.element("orgHasPersonAccounts", "false");
    xml.element("organizationId", &organization);
    xml.element("organizationMultiCurrency", "false");
    xml.element("organizationName", "Mock Salesforce");
    let profile = RecordId::new(KeyPrefix::PROFILE, FIRST_USER);
    xml.element("profileId", &profile.to_string());
    xml.nil("roleId");
    xml.element("sessionSecondsValid", &session::LIFE_TIME.as_secs().to_string());
    xml.nil("userDefaultCurrencyIsoCode");
    xml.element("userEmail", field("Email"));
    xml.element("userFullName", field("Name"));
    xml.element("userId", &user);
    xml.element("userLanguage", field("LanguageLocaleKey"));
    xml.element("userLocale", field("LocaleSidKey"));
    xml.element("userName", field("Username"));
    xml.element("userTimeZone", field("TimeZoneSidKey"));
    xml.element("userType", field("UserType"));
    xml.element("userUiSkin", "Theme3");
    Ok(())
}
