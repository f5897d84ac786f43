//! Who may call: sessions, and what an administrator can switch.

use jiff::SignedDuration;
use mock_salesforce::AddressRange;

use crate::support::stage;

const USER: &str = "integration@example.com";
const RIGHT: &str = "mock-passwordMockSecurityToken";

#[tokio::test]
async fn a_session_ends_by_logout_and_two_hours_after_its_last_use() {
    let mut stage = stage().await;

    stage.clock.advance(SignedDuration::from_mins(119));
    assert_eq!(stage.client.call("<getServerTimestamp/>").await.status, 200);
    stage.clock.advance(SignedDuration::from_mins(120));
    let ended = stage.client.call("<getServerTimestamp/>").await;
    assert_eq!(ended.value("sf:exceptionCode"), "INVALID_SESSION_ID");
    stage.client.login().await;
    let logout = stage.client.call("<logout/>").await;
    assert!(
        logout.text().contains("<logoutResponse/>") && logout.text().contains("<LimitInfoHeader>")
    );
    assert_eq!(
        stage.client.call("<getServerTimestamp/>").await.value("faultcode"),
        "sf:INVALID_SESSION_ID"
    );
}

#[tokio::test]
async fn all_sessions_can_be_ended_from_outside() {
    let stage = stage().await;

    stage.mock.end_sessions();

    assert_eq!(
        stage.client.call("<getServerTimestamp/>").await.value("faultcode"),
        "sf:INVALID_SESSION_ID"
    );
}

#[tokio::test]
async fn a_missing_token_is_named_with_a_curly_apostrophe_in_utf_8() {
    let stage = stage().await;

    let answer = stage.client.try_login(USER, "mock-password").await;

    assert_eq!(
        (answer.status, answer.value("faultcode").as_str()),
        (500, "LOGIN_MUST_USE_SECURITY_TOKEN")
    );
    assert!(
        answer
            .value("sf:exceptionMessage")
            .contains("outside of your company\u{2019}s trusted networks")
    );
    assert!(answer.body.windows(3).any(|bytes| bytes == "\u{2019}".as_bytes()));
    assert!(answer.text().contains("<sf:LoginFault xsi:type=\"sf:LoginFault\">"));
}

#[tokio::test]
async fn login_ends_with_version_65_and_where_the_org_has_switched_it_off() {
    let mut stage = stage().await;
    stage.client.version = "65.0";
    let too_new = stage.client.try_login(USER, RIGHT).await;
    stage.client.version = "64.0";
    let newest = stage.client.try_login(USER, RIGHT).await;
    stage.mock.configure(|settings| settings.soap_login = false);
    let switched_off = stage.client.try_login(USER, RIGHT).await;

    assert_eq!(newest.status, 200);
    assert_eq!(too_new.value("faultcode"), "INVALID_OPERATION");
    assert_eq!(
        too_new.value("sf:exceptionMessage"),
        "The SOAP Login operation is not available in the API version specified (65.0). Refer to the documentation for supported versions."
    );
    assert_eq!(
        switched_off.value("faultstring"),
        "INVALID_OPERATION: SOAP API login() is disabled by default in this org. Contact the org administrator to enable SOAP API login()."
    );
    stage.client.version = "68.0";
    assert_eq!(
        stage.client.call("<getServerTimestamp/>").await.status,
        200,
        "the API itself stays"
    );
}

#[tokio::test]
async fn the_apparent_address_decides_about_ranges() {
    let stage = stage().await;
    let range = AddressRange {
        from: "198.51.100.0".parse().unwrap(),
        to: "198.51.100.255".parse().unwrap(),
    };
    stage.mock.configure(|settings| settings.trusted_ranges = vec![range]);
    assert_eq!(stage.client.try_login(USER, "mock-password").await.status, 500);
    stage
        .mock
        .configure(|settings| settings.client_address = Some("198.51.100.7".parse().unwrap()));
    assert_eq!(stage.client.try_login(USER, "mock-password").await.status, 200);
    stage.mock.configure(|settings| {
        settings.login_ranges = vec![range];
        settings.client_address = None;
    });
    let outside = stage.client.try_login(USER, RIGHT).await;

    assert_eq!(outside.value("faultcode"), "LOGIN_DURING_RESTRICTED_DOMAIN");
    assert_eq!(outside.value("sf:exceptionMessage"), "cannot log in from current domain");
}

#[tokio::test]
async fn a_lock_out_looks_like_a_wrong_password() {
    let stage = stage().await;
    stage.mock.configure(|settings| settings.lockout_after = 2);
    let wrong = stage.client.try_login(USER, "wrong").await;
    stage.client.try_login(USER, "wrong").await;

    let locked = stage.client.try_login(USER, RIGHT).await;

    assert_eq!(locked.text(), wrong.text());
}

#[tokio::test]
async fn an_expired_password_leaves_set_password_alone() {
    let mut stage = stage().await;
    stage.mock.configure(|settings| settings.password_expired = true);
    let login = stage.client.try_login(USER, RIGHT).await;
    stage.client.session = login.value("sessionId");

    let refused = stage.client.query("SELECT Id FROM Account").await;
    let set = stage
        .client
        .call(&format!(
            "<setPassword><userId>{}</userId><password>new-password</password></setPassword>",
            login.value("userId")
        ))
        .await;
    let allowed = stage.client.query("SELECT Id FROM Account").await;

    assert_eq!(login.value("passwordExpired"), "true");
    assert_eq!(refused.value("faultcode"), "sf:INVALID_OPERATION_WITH_EXPIRED_PASSWORD");
    assert_eq!((set.status, allowed.status), (200, 200));
    assert_eq!(stage.client.try_login(USER, RIGHT).await.value("faultcode"), "INVALID_LOGIN");
    assert_eq!(stage.client.try_login(USER, "new-passwordMockSecurityToken").await.status, 200);
}

#[tokio::test]
async fn a_login_for_another_organization_is_refused_in_words_of_its_own() {
    let stage = stage().await;
    let login = |organization: &str| {
        format!(
            "{}<e:Header><LoginScopeHeader><organizationId>{organization}</organizationId></LoginScopeHeader></e:Header><e:Body><login><username>{USER}</username><password>{RIGHT}</password></login></e:Body></e:Envelope>",
            crate::support::ENVELOPE
        )
    };

    let other = stage.client.post(&login("00D6F00002SasNY")).await;
    let own = stage.client.post(&login(&stage.mock.org().organization_id())).await;

    assert_eq!(
        other.value("sf:exceptionMessage"),
        "Invalid username or password, locked out or Self-Service portal is not enabled"
    );
    assert_eq!(own.status, 200);
}

#[tokio::test]
async fn the_days_requests_are_counted_told_and_refused_in_the_end() {
    let stage = stage().await;
    let limits = |answer: &crate::support::Answer| {
        (answer.value("current"), answer.value("limit"), answer.value("type"))
    };
    stage.mock.configure(|settings| settings.daily_requests = Some(3));

    let second = stage.client.call("<getServerTimestamp/>").await;
    let third = stage.client.call("<getServerTimestamp/>").await;
    let fourth = stage.client.call("<getServerTimestamp/>").await;

    assert_eq!(limits(&second), ("2".into(), "3".into(), "API REQUESTS".into()));
    assert_eq!(limits(&third).0, "3");
    assert_eq!(
        fourth.value("faultstring"),
        "REQUEST_LIMIT_EXCEEDED: TotalRequests Limit exceeded."
    );
    assert!(!fourth.text().contains("LimitInfoHeader"));
}

#[tokio::test]
async fn the_api_can_be_switched_off_under_a_session() {
    let stage = stage().await;
    stage.mock.configure(|settings| settings.api = false);

    let call = stage.client.call("<getServerTimestamp/>").await;
    let login = stage.client.try_login(USER, RIGHT).await;

    assert_eq!(call.value("faultcode"), "sf:API_DISABLED_FOR_ORG");
    assert_eq!(
        login.value("sf:exceptionMessage"),
        "API is not enabled for this Organization or Partner"
    );
}

#[tokio::test]
async fn an_expired_trial_says_so_in_words_of_another_code() {
    let stage = stage().await;
    stage.mock.configure(|settings| settings.trial_expired = true);

    let login = stage.client.try_login(USER, RIGHT).await;
    let call = stage.client.call("<getServerTimestamp/>").await;

    assert_eq!(login.value("faultstring"), "API_CURRENTLY_DISABLED: Your trial has expired.");
    assert!(login.text().contains("<sf:LoginFault "));
    assert_eq!(call.value("faultcode"), "sf:API_CURRENTLY_DISABLED");
}

#[tokio::test]
async fn every_answer_but_logins_and_faults_tells_the_limits() {
    let stage = stage().await;

    let login = stage.client.try_login(USER, RIGHT).await;
    let fault = stage.client.query("SELECT Nope FROM Account").await;

    assert!(!login.text().contains("Header>"), "{}", login.text());
    assert!(!fault.text().contains("LimitInfoHeader"));
    for call in [
        "<getServerTimestamp/>",
        "<getUserInfo/>",
        "<query><queryString>SELECT Id FROM Account</queryString></query>",
        "<queryAll><queryString>SELECT Id FROM Account</queryString></queryAll>",
        "<describeSObject><sObjectType>Account</sObjectType></describeSObject>",
        "<describeGlobal/>",
        "<create/>",
        "<delete/>",
        "<logout/>",
    ] {
        let answer = stage.client.call(call).await;
        let begins = "<soapenv:Header><LimitInfoHeader><limitInfo><current>";
        assert!(answer.text().contains(begins), "{call}: {}", answer.text());
    }
}

#[tokio::test]
async fn a_clock_at_the_end_of_time_stops_nobody() {
    let mut stage = stage().await;
    for _ in 0..70 {
        stage.mock.advance_clock(u32::MAX);
    }

    stage.client.login().await;

    let query = "SELECT Id FROM Account WHERE CreatedDate = NEXT_N_DAYS:30 OR CreatedDate < TODAY";
    for call in ["<getServerTimestamp/>", "<describeGlobal/>"] {
        assert_eq!(stage.client.call(call).await.status, 200, "{call}");
    }
    let refused = stage.client.query(query).await;
    assert!(refused.value("faultstring").contains("the date is beyond the calendar"));
    let created = stage
        .client
        .call("<create><sObjects><o:type>Account</o:type><o:Name>n</o:Name></sObjects></create>")
        .await;
    assert_eq!(created.value("success"), "true");
    let range = "<sObjectType>Account</sObjectType><startDate>9999-12-01T00:00:00Z</startDate><endDate>9999-12-02T00:00:00Z</endDate>";
    let updated = stage.client.call(&format!("<getUpdated>{range}</getUpdated>")).await;
    assert_eq!(updated.status, 200, "{}", updated.text());
}
