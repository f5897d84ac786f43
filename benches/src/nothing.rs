//! A server with nothing behind it: what a request costs before anybody does anything about it.

use std::net::SocketAddr;

use async_trait::async_trait;
use http::{Request, Response};
use hyper::body::Incoming;
use mock_kit::server::{Body, Dropped, Service, full, read_body};

/// Reads a request and answers what a create would.
#[derive(Debug)]
pub struct Nothing;

#[async_trait]
impl Service for Nothing {
    async fn call(
        &self,
        request: Request<Incoming>,
        _: SocketAddr,
    ) -> Result<Response<Body>, Dropped> {
        read_body(request.into_body(), 1_000_000).await.map_err(|_| Dropped)?;
        Ok(Response::new(full("{\"itemId\":29683500}")))
    }
}
