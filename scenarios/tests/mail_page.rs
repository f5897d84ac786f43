//! The pages on which the demo's mails are read: whatever a mail says, it is shown and does nothing.

#![expect(clippy::unwrap_used, reason = "a test fails where it cannot go on")]

use bytes::Bytes;
use http::{HeaderMap, Method, Request};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use scenarios::mail_page::MailPage;
use scenarios::mail_sink::{MailSink, Options};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const MAIL: &str = "From: Importer <importer@example.com>\r
To: Ada <ada@example.com>\r
Date: Mon, 5 Jan 2026 09:00:00 +0000\r
Subject: 1 created <b>&\r
MIME-Version: 1.0\r
Content-Type: multipart/mixed; boundary=outer\r
\r
--outer\r
Content-Type: multipart/alternative; boundary=inner\r
\r
--inner\r
Content-Type: text/plain; charset=utf-8\r
\r
<script>alert('text')</script>\r
--inner\r
Content-Type: text/html; charset=utf-8\r
\r
<html><head></head><body><script>alert('html')</script><p>Created</p></body></html>\r
--inner--\r
--outer\r
Content-Type: text/csv\r
Content-Disposition: attachment; filename=\"run-1.csv\"\r
\r
kind,<i>outcome</i>\r
--outer--\r
.\r
QUIT\r
";

/// A mail server that was sent the mail, and its pages.
async fn given_pages(mails: usize, folder: &TempDir) -> (MailSink, MailPage) {
    let sink = MailSink::start(Options::default(), folder.path()).await.unwrap();
    for _ in 0..mails {
        let mut stream = TcpStream::connect(("127.0.0.1", sink.port())).await.unwrap();
        let opening = "EHLO test\r\nMAIL FROM:<importer@example.com>\r\nRCPT TO:<ada@example.com>\r\nDATA\r\n";
        stream.write_all(format!("{opening}{MAIL}").as_bytes()).await.unwrap();
        let mut replies = String::new();
        stream.read_to_string(&mut replies).await.unwrap();
        assert!(replies.contains("250 taken"), "{replies}");
    }
    let pages = MailPage::start(sink.mails()).await.unwrap();
    (sink, pages)
}

async fn ask(method: Method, url: &str) -> (u16, HeaderMap, String) {
    let client = Client::builder(TokioExecutor::new()).build_http();
    let request =
        Request::builder().method(method).uri(url).body(Full::<Bytes>::default()).unwrap();
    let (parts, body) = client.request(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (parts.status.as_u16(), parts.headers, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn mails_are_listed_with_the_newest_first() {
    let folder = TempDir::new().unwrap();
    let (_sink, none) = given_pages(0, &folder).await;
    let (_, _, empty) = ask(Method::GET, &none.url()).await;
    let (_sink, pages) = given_pages(2, &folder).await;
    let (_, _, list) = ask(Method::GET, &pages.url()).await;

    assert!(empty.contains("None was sent yet"), "{empty}");
    let places = ["/mails/2\"", "/mails/1\""].map(|link| list.find(link).unwrap());
    assert!(places[0] < places[1], "{list}");
    assert!(
        list.contains("1 created &#60;b&#62;&#38;") && list.contains("ada@example.com"),
        "{list}"
    );
}

#[tokio::test]
async fn a_mail_is_text_on_its_page_and_its_html_is_locked_up() {
    let folder = TempDir::new().unwrap();
    let (_sink, pages) = given_pages(1, &folder).await;

    let (status, headers, page) = ask(Method::GET, &format!("{}mails/1", pages.url())).await;
    let (_, framed, html) = ask(Method::GET, &format!("{}mails/1/html", pages.url())).await;

    assert_eq!(status, 200);
    assert!(!page.contains("<script") && page.contains("alert("), "{page}");
    assert!(page.contains("run-1.csv") && page.contains("kind,&#60;i&#62;"), "{page}");
    assert!(page.contains("sandbox=\"allow-popups allow-popups-to-escape-sandbox\""), "{page}");
    let policy =
        |headers: &HeaderMap| headers["content-security-policy"].to_str().unwrap().to_owned();
    for policy in [policy(&headers), policy(&framed)] {
        assert!(
            policy.starts_with("default-src 'none'") && !policy.contains("script-src"),
            "{policy}"
        );
    }
    assert!(policy(&framed).contains("; sandbox allow-popups"), "also where nobody frames it");
    assert!(!policy(&framed).contains("allow-scripts"), "{}", policy(&framed));
    assert!(html.contains("<base target=\"_blank\">") && html.contains("<p>Created</p>"), "{html}");
}

#[tokio::test]
async fn what_is_not_there_is_missing() {
    let folder = TempDir::new().unwrap();
    let (_sink, pages) = given_pages(1, &folder).await;

    for path in ["mails/0", "mails/2", "mails/x", "mails/1/text", "mails/-1", "../etc/passwd"] {
        let (status, _, body) = ask(Method::GET, &format!("{}{path}", pages.url())).await;
        assert_eq!(status, 404, "{path}: {body}");
    }
    assert_eq!(ask(Method::DELETE, &format!("{}mails/1", pages.url())).await.0, 404);
}
