//! How many requests are under way at a time.

use importer::domain::ids::CompanyId;
use importer::domain::model::Kind;
use importer::ports::{Find, NewRecord, Target};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::*;
use crate::wire::{answer, read_request};

/// Accepts so many connections, and makes sure that no more come.
async fn accept(listener: &TcpListener, number: usize) -> Vec<TcpStream> {
    let mut connections = Vec::new();
    for _ in 0..number {
        connections.push(listener.accept().await.unwrap().0);
    }
    let some_time = async {
        for _ in 0..2_000 {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        biased;
        _ = listener.accept() => panic!("more than {number} at a time"),
        () = some_time => {}
    }
    connections
}

/// Answers each and returns the requests' first lines, in order.
async fn answer_all(connections: Vec<TcpStream>) -> Vec<String> {
    let mut lines = Vec::new();
    for mut connection in connections {
        let request = read_request(&mut connection).await.unwrap();
        let body = r#"{"items":[],"itemId":7}"#;
        connection.write_all(&answer("200 OK", "application/json", body)).await.unwrap();
        lines.push(request.lines().next().unwrap().to_owned());
    }
    lines.sort();
    lines
}

/// Autotask counts them by kind of record; a contact written through its company is a contact.
#[tokio::test]
async fn requests_wait_for_a_place_at_their_kind_of_record() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = format!("http://{}", listener.local_addr().unwrap());
    let finder = MockServer::start().await;
    Mock::given(method("GET")).respond_with(ok(zone(&server))).mount(&finder).await;
    let autotask = Arc::new(autotask_at(&finder.uri(), &TestClock::new()));
    autotask.connect().await.unwrap();
    let mut tasks = JoinSet::new();
    for _ in 0..3 {
        let autotask = Arc::clone(&autotask);
        tasks.spawn(async move { autotask.find(Kind::Company, &Find::After(None)).await.is_ok() });
    }
    for _ in 0..3 {
        let autotask = Arc::clone(&autotask);
        let contact = NewRecord {
            company: Some(CompanyId(174)),
            salesforce_id: "0036F00002SasNYQAZ".parse().unwrap(),
            fields: vec![],
        };
        tasks.spawn(async move { autotask.create(Kind::Contact, &contact).await.is_ok() });
    }

    let first = answer_all(accept(&listener, 4).await).await;
    let rest = answer_all(accept(&listener, 2).await).await;

    let company = &format!("POST {API}/Companies/query HTTP/1.1");
    let contact = &format!("POST {API}/Companies/174/Contacts HTTP/1.1");
    assert_eq!(first.iter().collect::<Vec<_>>(), [contact, contact, company, company]);
    assert_eq!(rest.iter().collect::<Vec<_>>(), [contact, company]);
    assert!(tasks.join_all().await.into_iter().all(|fine| fine));
}
