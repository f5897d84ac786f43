//! login and logout.

use super::arguments::{only, text};
use super::{Call, Reply, user_info};
use crate::login;
use crate::org::ids::{AnyId, KeyPrefix, RecordId};
use crate::org::schema::ObjectKind;
use crate::soap::envelope::Element;
use crate::soap::fault::{Fault, FaultDetail};
use crate::soap::writer::Xml;

/// login.
pub(super) fn login(call: &Call<'_>, element: &Element) -> Result<Reply, Fault> {
    only(element, &["username", "password"])?;
    let settings = call.instance.settings().clone();
    login::check_available(call.version, &settings)?;
    let organization = call.instance.org.store().organization();
    check_scope(call, organization)?;
    let username = text(element, "username").unwrap_or_default();
    let password = text(element, "password").unwrap_or_default();
    let user = login::check_password(&settings, username, password)?.user;
    call.instance.org.note_login(user).map_err(|error| Fault::internal(&error))?;
    let session = call.instance.sessions().open(&organization.short(), user, false, call.now);
    let mut xml = Xml::default();
    xml.raw("<loginResponse><result>");
    let url = |api: &str| {
        format!("{}/services/Soap/{api}/{}/{}", call.base_url, call.version, organization.short())
    };
    xml.element("metadataServerUrl", &url("m"));
    xml.element("passwordExpired", "false");
    xml.element("sandbox", "false");
    xml.element("serverUrl", &url("u"));
    xml.element("sessionId", &session);
    xml.element("userId", &RecordId::new(ObjectKind::User.prefix(), user).to_string());
    xml.open("userInfo");
    user_info::write(call, user, &mut xml)?;
    xml.close("userInfo");
    xml.raw("</result></loginResponse>");
    Ok(Reply::with_nils(xml))
}

/// A login meant for another organization is refused in words of its own.
fn check_scope(call: &Call<'_>, organization: RecordId) -> Result<(), Fault> {
    let Some(scope) = call.headers.login_scope.as_deref().filter(|scope| !scope.is_empty()) else {
        return Ok(());
    };
    let meant = AnyId::parse(scope)
        .filter(|id| id.prefix() == KeyPrefix::ORGANIZATION)
        .and_then(AnyId::in_this_org);
    if meant == Some(organization) {
        return Ok(());
    }
    Err(Fault::unprefixed(
        "INVALID_LOGIN",
        "Invalid username or password, locked out or Self-Service portal is not enabled",
        FaultDetail::Login,
    ))
}

/// logout.
pub(super) fn logout(call: &Call<'_>, element: &Element) -> Result<Reply, Fault> {
    only(element, &[])?;
    if let Some(session) = &call.headers.session_id {
        call.instance.sessions().close(session);
    }
    let mut xml = Xml::default();
    xml.raw("<logoutResponse/>");
    Ok(Reply::plain(xml))
}
