//! login, logout and setPassword.

use super::arguments::{only, record_id, required, text};
use super::{Call, Reply, user_info};
use crate::login::{self, Attempt};
use crate::org::ids::{AnyId, KeyPrefix, RecordId};
use crate::org::schema::ObjectKind;
use crate::session::Rights;
use crate::soap::envelope::Element;
use crate::soap::fault::{Fault, FaultDetail};
use crate::soap::writer::Xml;

/// What an org's password policy asks for by default.
const SHORTEST_PASSWORD: usize = 8;

/// login.
pub(super) fn login(call: &Call<'_>, element: &Element) -> Result<Reply, Fault> {
    only(element, &["username", "password"])?;
    let settings = call.instance.settings().clone();
    login::check_available(call.version, &settings)?;
    let organization = call.instance.org.store().organization();
    check_scope(call, organization)?;
    let username = text(element, "username").unwrap_or_default();
    let password = text(element, "password").unwrap_or_default();
    let address = settings.client_address.unwrap_or(call.peer);
    let attempt = Attempt { username, password, address, now: call.now };
    let user = call.instance.doorkeeper().sign_in(attempt, &settings)?;
    call.instance.org.note_login(user).map_err(|error| Fault::internal(&error))?;
    let rights = if settings.password_expired { Rights::SetPassword } else { Rights::Api };
    let session = call.instance.sessions().open(&organization.short(), user, rights, call.now);
    let mut xml = Xml::default();
    xml.raw("<loginResponse><result>");
    let url = |api: &str| {
        format!("{}/services/Soap/{api}/{}/{}", call.base_url, call.version, organization.short())
    };
    xml.element("metadataServerUrl", &url("m"));
    xml.element("passwordExpired", if settings.password_expired { "true" } else { "false" });
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
    )
    .because("LoginScopeHeader names another organization"))
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

/// setPassword: the one call an expired password leaves. It ends the expiry.
pub(super) fn set_password(call: &Call<'_>, element: &Element) -> Result<Reply, Fault> {
    only(element, &["userId", "password"])?;
    let user = record_id(required(element, "userId")?)?
        .filter(|id| id.prefix == ObjectKind::User.prefix());
    let password = required(element, "password")?;
    if password.chars().count() < SHORTEST_PASSWORD {
        let message =
            format!("Your password must be at least {SHORTEST_PASSWORD} characters long.");
        return Err(Fault::api("INVALID_NEW_PASSWORD", message, FaultDetail::InvalidNewPassword));
    }
    if !user.is_some_and(|user| call.instance.doorkeeper().set_password(user.number, password)) {
        return Err(Fault::api(
            "INVALID_ID_FIELD",
            "the user has no login",
            FaultDetail::InvalidId,
        ));
    }
    call.instance.configure(|settings| settings.password_expired = false);
    call.instance.sessions().renew_passwords();
    let mut xml = Xml::default();
    xml.raw("<setPasswordResponse><result/></setPasswordResponse>");
    Ok(Reply::plain(xml))
}
