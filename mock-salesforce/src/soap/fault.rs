//! Faults in the recorded form.
//!
//! Two prefixes have to be kept apart: in a fault `sf:` is the fault namespace, elsewhere that of records. Faults
//! around login carry an unprefixed faultcode, as all versions still supported do; faults after it say `sf:CODE`.

use std::borrow::Cow;

use super::writer::Xml;
use crate::soql::{ErrorKind, SoqlError};

/// What stands in a fault's `detail`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FaultDetail {
    Login,
    UnexpectedError,
    InvalidId,
    InvalidNewPassword,
    InvalidQueryLocator,
    /// The detail of a query fault, with its row and column.
    InvalidField(i64, i64),
    InvalidSObject(i64, i64),
    MalformedQuery(i64, i64),
}

impl FaultDetail {
    const fn element(self) -> &'static str {
        match self {
            Self::Login => "LoginFault",
            Self::UnexpectedError => "UnexpectedErrorFault",
            Self::InvalidId => "InvalidIdFault",
            Self::InvalidNewPassword => "InvalidNewPasswordFault",
            Self::InvalidQueryLocator => "InvalidQueryLocatorFault",
            Self::InvalidField(..) => "InvalidFieldFault",
            Self::InvalidSObject(..) => "InvalidSObjectFault",
            Self::MalformedQuery(..) => "MalformedQueryFault",
        }
    }
}

/// A SOAP fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) code: String,
    pub(crate) message: String,
    /// Why, for the journal, where the client is not told.
    pub(crate) reason: Option<Cow<'static, str>>,
    form: Form,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// `soapenv:Client` and its message, without detail: the request never reached the API.
    Client,
    /// A fault of the API.
    Api { prefixed: bool, detail: FaultDetail },
}

impl Fault {
    /// The request is no proper SOAP request.
    pub(crate) fn client(message: impl Into<String>) -> Self {
        Self {
            code: "soapenv:Client".to_owned(),
            message: message.into(),
            reason: None,
            form: Form::Client,
        }
    }

    /// A fault after login.
    pub(crate) fn api(code: &str, message: impl Into<String>, detail: FaultDetail) -> Self {
        Self {
            code: code.to_owned(),
            message: message.into(),
            reason: None,
            form: Form::Api { prefixed: true, detail },
        }
    }

    /// A fault of login, or before anything was understood.
    pub(crate) fn unprefixed(code: &str, message: impl Into<String>, detail: FaultDetail) -> Self {
        Self {
            code: code.to_owned(),
            message: message.into(),
            reason: None,
            form: Form::Api { prefixed: false, detail },
        }
    }

    /// Adds the reason that the client is not told.
    pub(crate) fn because(self, reason: impl Into<Cow<'static, str>>) -> Self {
        Self { reason: Some(reason.into()), ..self }
    }

    /// A fault that is set on purpose: the detail its code usually comes with.
    pub(crate) fn injected(call: &str, code: &str, message: &str) -> Self {
        if call == "login" {
            let detail = match code {
                "REQUEST_LIMIT_EXCEEDED"
                | "UNSUPPORTED_API_VERSION"
                | "INVALID_OPERATION"
                | "SERVER_UNAVAILABLE"
                | "UNKNOWN_EXCEPTION" => FaultDetail::UnexpectedError,
                _ => FaultDetail::Login,
            };
            return Self::unprefixed(code, message, detail);
        }
        let detail = match code {
            "INVALID_QUERY_LOCATOR" => FaultDetail::InvalidQueryLocator,
            "INVALID_FIELD" => FaultDetail::InvalidField(-1, -1),
            "INVALID_TYPE" => FaultDetail::InvalidSObject(-1, -1),
            "MALFORMED_QUERY" => FaultDetail::MalformedQuery(-1, -1),
            "MALFORMED_ID" => FaultDetail::InvalidId,
            _ => FaultDetail::UnexpectedError,
        };
        Self::api(code, message, detail)
    }

    /// Something vendor clients use that the mock does not have.
    pub(crate) fn unsupported(what: impl std::fmt::Display) -> Self {
        Self::api(
            "FUNCTIONALITY_NOT_ENABLED",
            format!("mock-salesforce does not support {what}"),
            FaultDetail::UnexpectedError,
        )
    }

    /// The mock itself failed.
    pub(crate) fn internal(error: &dyn std::error::Error) -> Self {
        tracing::error!(%error, "a call failed inside the mock");
        Self::api(
            "UNKNOWN_EXCEPTION",
            format!("mock-salesforce failed: {error}"),
            FaultDetail::UnexpectedError,
        )
    }

    /// A refused query.
    pub(crate) fn of_query(error: &SoqlError, query: &str) -> Self {
        let figure = |number: usize| i64::try_from(number).unwrap_or(-1);
        let (row, column) = error.at.map_or((-1, -1), |at| (figure(at.row), figure(at.column)));
        let detail = match error.kind {
            ErrorKind::InvalidField => FaultDetail::InvalidField(row, column),
            ErrorKind::InvalidType => FaultDetail::InvalidSObject(row, column),
            ErrorKind::MalformedQuery | ErrorKind::InvalidQueryFilterOperator => {
                FaultDetail::MalformedQuery(row, column)
            }
        };
        Self::api(error.kind.code(), error.explain(query), detail)
    }

    /// The whole answer.
    pub(crate) fn envelope(&self) -> Vec<u8> {
        let mut xml = Xml::default();
        xml.raw(r#"<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/""#);
        if let Form::Api { .. } = self.form {
            xml.raw(r#" xmlns:sf="urn:fault.partner.soap.sforce.com" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance""#);
        }
        xml.raw("><soapenv:Body><soapenv:Fault>");
        match self.form {
            Form::Client => {
                xml.element("faultcode", &self.code);
                xml.element("faultstring", &self.message);
            }
            Form::Api { prefixed, detail } => {
                let prefix = if prefixed { "sf:" } else { "" };
                xml.element("faultcode", &format!("{prefix}{}", self.code));
                xml.element("faultstring", &format!("{}: {}", self.code, self.message));
                self.detail(&mut xml, detail);
            }
        }
        xml.raw("</soapenv:Fault></soapenv:Body></soapenv:Envelope>");
        xml.0
    }

    fn detail(&self, xml: &mut Xml, detail: FaultDetail) {
        let element = detail.element();
        xml.raw(&format!("<detail><sf:{element} xsi:type=\"sf:{element}\">"));
        xml.element("sf:exceptionCode", &self.code);
        xml.element("sf:exceptionMessage", &self.message);
        if let FaultDetail::InvalidField(row, column)
        | FaultDetail::InvalidSObject(row, column)
        | FaultDetail::MalformedQuery(row, column) = detail
        {
            xml.element("sf:row", &row.to_string());
            xml.element("sf:column", &column.to_string());
        }
        xml.raw(&format!("</sf:{element}></detail>"));
    }
}
