//! The memory all answers may take together, so that clients who ask for much and read nothing cost a bounded amount.
//!
//! Before a call that answers with records is carried out it reserves what a full page takes; once the answer is there,
//! only its own size stays reserved until it has gone out. A call for which nothing is left waits, in its turn. Those
//! who do not read lose their connection before long, which `mock_kit::server` sees to. Other answers are small, and
//! never wait.

use std::sync::Arc;

use http_body_util::BodyExt;
use mock_kit::server::Body;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The unit in which memory is counted.
const PORTION: usize = 64 * 1024;

/// What a call reserves while it is carried out: a full page, its last record, and room: 10 MB.
const RESERVED: u32 = 160;

/// All there is: 80 MB.
const ALL: usize = 8 * 160;

/// The calls that answer with records.
const WITH_RECORDS: [&str; 4] = ["query", "queryAll", "queryMore", "retrieve"];

/// The memory for answers.
#[derive(Debug, Clone)]
pub(crate) struct AnswerMemory(Arc<Semaphore>);

impl Default for AnswerMemory {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(ALL)))
    }
}

/// A part of it; given back when dropped.
#[derive(Debug)]
pub(crate) struct Share(Option<OwnedSemaphorePermit>);

impl AnswerMemory {
    /// Waits until there is memory for one more answer to that call.
    pub(crate) async fn reserve(&self, call: &str) -> Share {
        if !WITH_RECORDS.contains(&call) {
            return Share(None);
        }
        Share(Arc::clone(&self.0).acquire_many_owned(RESERVED).await.ok())
    }
}

impl Share {
    /// Gives back what an answer of so many bytes does not need.
    pub(crate) fn shrink(&mut self, bytes: usize) {
        if let Some(share) = &mut self.0 {
            let needed = bytes.div_ceil(PORTION);
            drop(share.split(share.num_permits().saturating_sub(needed)));
        }
    }

    /// Keeps the share for as long as the body is there.
    pub(crate) fn held_by(self, body: Body) -> Body {
        body.map_frame(move |frame| {
            let _held = &self;
            frame
        })
        .boxed_unsync()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mock_kit::server::full;

    #[tokio::test]
    async fn an_answer_keeps_its_size_reserved_and_gives_it_back_in_the_end() {
        let memory = AnswerMemory::default();

        let mut share = memory.reserve("query").await;
        assert_eq!(memory.0.available_permits(), ALL - 160);
        share.shrink(3 * PORTION - 1);
        assert_eq!(memory.0.available_permits(), ALL - 3);
        let body = share.held_by(full("x"));
        assert_eq!(memory.0.available_permits(), ALL - 3);
        drop(body);
        assert_eq!(memory.0.available_permits(), ALL);
        let mut large = memory.reserve("query").await;
        large.shrink(usize::MAX);
        assert_eq!(memory.0.available_permits(), ALL - 160);
    }
}
