//! What HTTP and SOAP ask of a request, and what becomes of one that is broken, huge or slow.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use serde_json::json;

use crate::support::{Answer, ENVELOPE, Stage, stage};

const SOAP_HEADERS: &str = "Content-Type: text/xml; charset=UTF-8\r\nSOAPAction: \"\"\r\n";

fn timestamp_call(stage: &Stage) -> String {
    format!(
        "{ENVELOPE}<e:Header><SessionHeader><sessionId>{}</sessionId></SessionHeader></e:Header><e:Body><getServerTimestamp/></e:Body></e:Envelope>",
        stage.client.session
    )
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

async fn send(stage: &Stage, path: &str, headers: &str, body: &[u8]) -> Answer {
    stage.client.send(path, headers, body).await
}

#[tokio::test]
async fn the_server_time_is_the_clocks() {
    let stage = stage().await;

    let answer = stage.client.call("<getServerTimestamp/>").await;

    assert_eq!(answer.value("timestamp"), "2026-11-23T12:00:00.000Z");
    assert!(answer.headers.contains("content-type: text/xml; charset=utf-8"), "{}", answer.headers);
    assert!(answer.headers.contains("transfer-encoding: chunked"), "{}", answer.headers);
    assert!(!answer.text().contains("xmlns:xsi"), "xsi is declared only where it is used");
}

#[tokio::test]
async fn content_type_and_soap_action_are_asked_for() {
    let stage = stage().await;
    let body = timestamp_call(&stage);
    for (headers, words) in [
        ("SOAPAction: x\r\n", "content-type of the request should be text/xml"),
        (
            "Content-Type: application/soap+xml\r\nSOAPAction: x\r\n",
            "content-type of the request should be text/xml",
        ),
        ("Content-Type: text/xml\r\n", "SOAPAction HTTP header missing"),
    ] {
        let answer = send(&stage, "/services/Soap/u/58.0", headers, body.as_bytes()).await;
        assert_eq!(
            (answer.status, answer.value("faultcode").as_str()),
            (500, "soapenv:Client"),
            "{headers}"
        );
        assert_eq!(answer.value("faultstring"), words);
        assert!(!answer.text().contains("detail"));
    }
    for headers in ["content-type: TEXT/XML\r\nsoapaction: anything\r\n", SOAP_HEADERS] {
        assert_eq!(
            send(&stage, "/services/Soap/u/58.0", headers, body.as_bytes()).await.status,
            200,
            "{headers}"
        );
    }
}

#[tokio::test]
async fn gzip_goes_both_ways_and_only_when_asked_for() {
    let stage = stage().await;
    let body = gzipped(timestamp_call(&stage).as_bytes());
    let headers = format!("{SOAP_HEADERS}Content-Encoding: gzip\r\n");

    let plain = send(&stage, "/services/Soap/u/58.0", &headers, &body).await;
    let packed = send(
        &stage,
        "/services/Soap/u/58.0",
        &format!("{headers}Accept-Encoding: gzip\r\n"),
        &body,
    )
    .await;
    let fault = send(
        &stage,
        "/services/Soap/u/58.0",
        &format!("{SOAP_HEADERS}Accept-Encoding: gzip\r\n"),
        b"",
    )
    .await;

    assert!(!plain.headers.contains("content-encoding"));
    assert!(packed.headers.contains("content-encoding: gzip"));
    assert_eq!(plain.value("timestamp"), packed.value("timestamp"));
    assert!(fault.headers.contains("content-encoding: gzip"));
    assert_eq!(fault.value("faultstring"), "Premature end of file.");
}

#[tokio::test]
async fn broken_and_exploding_gzip_is_refused() {
    let stage = stage().await;
    let headers = format!("{SOAP_HEADERS}Content-Encoding: gzip\r\n");
    let bomb = gzipped(&vec![b' '; 60 * 1024 * 1024]);

    assert_eq!(send(&stage, "/services/Soap/u/58.0", &headers, b"not gzip").await.status, 400);
    assert_eq!(send(&stage, "/services/Soap/u/58.0", &headers, &bomb).await.status, 413);
    let unknown = format!("{SOAP_HEADERS}Content-Encoding: br\r\n");
    assert_eq!(send(&stage, "/services/Soap/u/58.0", &unknown, b"x").await.status, 415);
}

#[tokio::test]
async fn a_chunked_request_is_read_and_a_connection_serves_several() {
    let stage = stage().await;
    let body = timestamp_call(&stage);
    let (first, second) = body.split_at(100);
    let request = format!(
        "POST /services/Soap/u/58.0 HTTP/1.1\r\nHost: h\r\n{SOAP_HEADERS}Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{first}\r\n{:x}\r\n{second}\r\n0\r\n\r\n",
        first.len(),
        second.len()
    );
    let last = request.replace("\r\nHost", "\r\nConnection: close\r\nHost");

    let mut stream = stage.client.connect().await;
    stream.write_all(request.as_bytes()).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    stream.write_all(last.as_bytes()).await.unwrap();
    let mut answers = String::new();
    stream.read_to_string(&mut answers).await.unwrap();

    assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), 3);
    assert_eq!(answers.matches("<timestamp>").count(), 3);
}

#[tokio::test]
async fn versions_are_gated_by_era() {
    let mut stage = stage().await;
    for (version, status, words) in [
        ("31.0", 200, ""),
        ("68.0", 200, ""),
        (
            "30.0",
            500,
            "UNSUPPORTED_API_VERSION: The API version that was specified (30.0) is below the minimum supported (31.0). Change the version number and run the request again.",
        ),
        (
            "12.0",
            500,
            "UNSUPPORTED_API_VERSION: The API version that was specified (12.0) is below the minimum supported (31.0). Change the version number and run the request again.",
        ),
        ("69.0", 500, "UNSUPPORTED_API_VERSION: Invalid Api version specified on URL"),
        ("58", 500, "UNSUPPORTED_API_VERSION: Invalid Api version specified on URL"),
        ("nonsense", 500, "UNSUPPORTED_API_VERSION: Invalid Api version specified on URL"),
    ] {
        stage.client.version = version;
        let answer = stage.client.call("<getServerTimestamp/>").await;
        assert_eq!(answer.status, status, "{version}");
        if status == 500 {
            assert_eq!(answer.value("faultcode"), "sf:UNSUPPORTED_API_VERSION");
            assert_eq!(answer.value("faultstring"), words);
            assert!(answer.text().contains("<sf:UnexpectedErrorFault "));
        }
    }
}

#[tokio::test]
async fn what_is_not_there_is_refused_by_its_name() {
    let stage = stage().await;

    let operation = stage.client.call("<frobnicate/>").await;
    assert_eq!(
        operation.value("faultstring"),
        "No operation available for request {urn:partner.soap.sforce.com}frobnicate"
    );
    let foreign = stage.client.call("<query xmlns=\"urn:enterprise.soap.sforce.com\"/>").await;
    assert_eq!(
        foreign.value("faultstring"),
        "No operation available for request {urn:enterprise.soap.sforce.com}query"
    );
    let unsupported = stage.client.call("<convertLead/>").await;
    assert!(
        unsupported
            .value("sf:exceptionMessage")
            .contains("mock-salesforce does not support the operation convertLead")
    );
    let element =
        stage.client.call("<query><queryString>x</queryString><limit>1</limit></query>").await;
    assert_eq!(
        element.value("faultstring"),
        "Element {urn:partner.soap.sforce.com}limit invalid at this location"
    );
    let mut client = crate::support::Client::new(&stage.mock);
    client.session.clone_from(&stage.client.session);
    client.headers = "<ShinyHeader/>".to_owned();
    let header = client.call("<getServerTimestamp/>").await;
    assert_eq!(
        header.value("faultstring"),
        "Element {urn:partner.soap.sforce.com}ShinyHeader invalid at this location"
    );
    let path = send(&stage, "/services/data/v58.0/", SOAP_HEADERS, b"").await;
    assert_eq!(path.status, 404);
    assert!(path.text().contains("/services/data/v58.0/"));
    let get = stage
        .client
        .raw(b"GET /services/Soap/u/58.0 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        .await;
    assert_eq!(get.status, 405);
}

#[tokio::test]
async fn broken_xml_is_an_unknown_exception_in_the_parsers_words() {
    let stage = stage().await;
    for (body, words) in [
        (r#"<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>"#.to_owned(), "DOCTYPE is disallowed"),
        (
            format!(
                "{ENVELOPE}<e:Body><login><password>a&Cl b</password></login></e:Body></e:Envelope>"
            ),
            "The reference to entity \"Cl\" must end with the ';' delimiter.",
        ),
        (format!("{ENVELOPE}<e:Body><login></e:Body></e:Envelope>"), ""),
    ] {
        let answer = stage.client.post(&body).await;
        assert_eq!(
            (answer.status, answer.value("faultcode").as_str()),
            (500, "UNKNOWN_EXCEPTION"),
            "{body}"
        );
        assert!(answer.value("sf:exceptionMessage").contains(words), "{}", answer.text());
    }
    let invalid =
        stage.client.send("/services/Soap/u/58.0", SOAP_HEADERS, b"<a>\xff\xfe</a>").await;
    assert_eq!(invalid.value("faultcode"), "UNKNOWN_EXCEPTION");
    let soap12 = stage
        .client
        .post("<e:Envelope xmlns:e=\"http://www.w3.org/2003/05/soap-envelope\"/>")
        .await;
    assert!(soap12.value("faultstring").contains("http://www.w3.org/2003/05/soap-envelope"));
    let deep = stage.client.post(&format!("{ENVELOPE}<e:Body>{}", "<a>".repeat(1_000_000))).await;
    assert_eq!(deep.status, 500);
}

#[tokio::test]
async fn a_body_of_100_megabytes_is_refused_without_being_taken() {
    let stage = stage().await;
    let head = format!(
        "POST /services/Soap/u/58.0 HTTP/1.1\r\nHost: h\r\n{SOAP_HEADERS}Content-Length: 104857600\r\n\r\n"
    );
    let mut stream = stage.client.connect().await;
    stream.write_all(head.as_bytes()).await.unwrap();
    let block = vec![b'x'; 1024 * 1024];
    let mut sent = 0;
    while sent < 100 && stream.write_all(&block).await.is_ok() {
        sent += 1;
    }
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;

    assert!(
        answer.is_empty() || answer.starts_with(b"HTTP/1.1 413"),
        "{}",
        String::from_utf8_lossy(&answer)
    );
    assert_eq!(stage.client.call("<getServerTimestamp/>").await.status, 200);
}

#[tokio::test]
async fn many_clients_at_once_are_all_served() {
    let stage = stage().await;
    let stage = std::sync::Arc::new(stage);
    let mut clients = tokio::task::JoinSet::new();
    for _ in 0..200 {
        let stage = std::sync::Arc::clone(&stage);
        clients.spawn(async move { stage.client.call("<getServerTimestamp/>").await.status });
    }

    assert!(clients.join_all().await.into_iter().all(|status| status == 200));
    assert_eq!(stage.mock.calls()["getServerTimestamp"], 200);
}

#[tokio::test]
async fn answers_are_dated_by_the_mocks_clock() {
    let stage = stage().await;

    let answer = stage.client.call("<getServerTimestamp/>").await;

    assert_eq!(answer.headers.matches("\r\ndate: ").count(), 1);
    assert!(answer.headers.contains("date: mon, 23 nov 2026 12:00:00 gmt"), "{}", answer.headers);
}

#[tokio::test]
async fn a_host_of_pages_is_no_host_of_the_api() {
    let stage = stage().await;
    let request = |host: &str| {
        format!(
            "POST /services/Soap/u/58.0 HTTP/1.1\r\nHost: {host}\r\n{SOAP_HEADERS}Connection: close\r\nContent-Length: 0\r\n\r\n"
        )
    };

    let page = stage.client.raw(request("nord.lightning.force.com:443").as_bytes()).await;
    let own = stage.client.raw(request("nord.my.salesforce.com").as_bytes()).await;

    assert_eq!((page.status, own.status), (405, 500));
    assert_eq!(own.value("faultstring"), "Premature end of file.");
}

#[tokio::test]
async fn a_connection_is_closed_when_the_client_asks_for_it_or_speaks_http_1_0() {
    let stage = stage().await;
    let body = timestamp_call(&stage);
    for (version, header) in [("1.1", "Connection: close\r\n"), ("1.0", "")] {
        let request = format!(
            "POST /services/Soap/u/58.0 HTTP/{version}\r\nHost: h\r\n{header}{SOAP_HEADERS}Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut stream = stage.client.connect().await;
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.contains(" 200 OK") && answer.contains("<timestamp>"), "{version}");
    }
}

#[tokio::test]
async fn a_thousand_connections_at_once_keep_nobody_out() {
    let stage = stage().await;
    let mut idle = Vec::new();
    for _ in 0..1_000 {
        let mut stream = stage.client.connect().await;
        stream.write_all(b"POST /services/Soap/u/58.0 HTTP/1.1\r\nHost:").await.unwrap();
        idle.push(stream);
    }

    assert_eq!(stage.client.call("<getServerTimestamp/>").await.status, 200);
    drop(idle);
    assert_eq!(stage.client.call("<getServerTimestamp/>").await.status, 200);
}

#[tokio::test]
async fn nonsense_in_every_place_is_answered() {
    let stage = stage().await;
    let bodies: [Vec<u8>; 9] = [
        b"\0\0\0\0".to_vec(),
        b"\xef\xbb\xbf".to_vec(),
        b"<".repeat(10_000),
        b"<!--".repeat(10_000),
        b"<![CDATA[".repeat(10_000),
        b"&#x110000;".to_vec(),
        format!("<a {}/>", "b='c' ".repeat(100_000)).into_bytes(),
        format!(
            "{ENVELOPE}<e:Body><query><queryString>{}</queryString></query></e:Body></e:Envelope>",
            "(".repeat(90_000)
        )
        .into_bytes(),
        format!("{ENVELOPE}<e:Body>{}</e:Body></e:Envelope>", "<query/>".repeat(60_000))
            .into_bytes(),
    ];
    for body in bodies {
        let answer = send(&stage, "/services/Soap/u/58.0", SOAP_HEADERS, &body).await;
        let start = String::from_utf8_lossy(&body[..body.len().min(20)]).into_owned();
        assert_eq!(answer.status, 500, "{start}");
        assert!(!answer.value("faultstring").is_empty(), "{start}");
    }
    for request in [
        "\0\0\0\0\r\n\r\n",
        "POST  HTTP/9.9\r\n\r\n",
        "GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        "POST /services/Soap/u/58.0 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\n",
    ] {
        let mut stream = stage.client.connect().await;
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{request}: {answer}");
    }
    assert_eq!(stage.client.call("<getServerTimestamp/>").await.status, 200);
}

#[tokio::test]
async fn clients_that_ask_for_much_and_read_nothing_cost_a_bounded_amount() {
    let stage = stage().await;
    let long = "x".repeat(32_000);
    for _ in 0..250 {
        stage.mock.org().insert_account(&json!({ "Name": "n", "Description": long })).unwrap();
    }
    let call = "<query><queryString>SELECT Description FROM Account</queryString></query>";
    let body = timestamp_call(&stage).replace("<getServerTimestamp/>", call);
    let request = format!(
        "POST /services/Soap/u/58.0 HTTP/1.1\r\nHost: h\r\n{SOAP_HEADERS}Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut silent = Vec::new();
    for _ in 0..100 {
        let mut stream = stage.client.connect().await;
        stream.write_all(request.as_bytes()).await.unwrap();
        silent.push(stream);
    }
    let answers = || stage.mock.calls().get("query").copied().unwrap_or_default();
    let mut seen = 0;
    // Only these tasks run here, so who has been answered is known as soon as nothing more changes.
    for _ in 0..2_000 {
        tokio::task::yield_now().await;
        seen = answers();
    }

    assert!((5..60).contains(&seen), "{seen} of 100 answers of 8 MB are kept at once");
    assert_eq!(stage.client.call("<getServerTimestamp/>").await.status, 200, "others go on");
    drop(silent);
    assert_eq!(stage.client.query("SELECT COUNT() FROM Account").await.value("size"), "250");
}
