//! One request that was read, and its way to an answer.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request};
use tower_service::Service as _;

use crate::answer::Answer;
use crate::head::Head;
use crate::journal::{EntryId, Outcome};
use crate::shared::Shared;
use crate::socket::{ClientClosed, Socket};
use crate::store::Effect;

/// What becomes of a connection after a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    NextRequest,
    Close,
    /// Close, but let the client finish what it is sending.
    DrainAndClose,
    Reset,
}

/// One request that was read, and its way to an answer.
pub(crate) struct Exchange<'a> {
    pub(crate) socket: &'a mut Socket,
    pub(crate) shared: &'a Arc<Shared>,
    pub(crate) router: Router,
    pub(crate) head: Head,
    pub(crate) body: Bytes,
    pub(crate) entry: Option<EntryId>,
}

impl Exchange<'_> {
    /// Asks the handlers. With [`Effect::Preview`] nothing changes, whatever they answer.
    pub(crate) async fn ask(&mut self, effect: Effect) -> Answer {
        let mut request = Request::new(Body::from(self.body.clone()));
        *request.method_mut() = self.head.method.clone();
        *request.uri_mut() = self.head.uri.clone();
        for (name, value) in &self.head.headers {
            // What the parser lets pass and `http` does not, no handler could ask for.
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_bytes(value)) {
                request.headers_mut().append(name, value);
            }
        }
        if let Some(extension) = self.shared.extension_of(request.method(), request.uri()) {
            let request = request.map(|_| self.body.clone());
            let response = self.shared.with_accounts(effect, |accounts| extension.serve(accounts, &request));
            let answer = Answer::from_response(response.map(Body::from), self.shared.request_id()).await;
            return self.fitted(answer);
        }
        request.extensions_mut().insert(effect);
        let response = match self.router.call(request).await {
            Ok(response) => response,
            Err(never) => {
                let never: Infallible = never;
                match never {}
            }
        };
        let answer = Answer::from_response(response, self.shared.request_id()).await;
        self.fitted(answer)
    }

    /// Makes an answer one to this request.
    pub(crate) fn fitted(&self, mut answer: Answer) -> Answer {
        answer.closes |= !self.head.keep_alive;
        if self.head.method == Method::HEAD {
            answer.without_body();
        }
        answer
    }

    pub(crate) fn request_id(&self) -> String {
        self.shared.request_id()
    }

    /// Sends a whole answer. The journal is written first: a client that has read the answer finds it there.
    pub(crate) async fn send(&mut self, answer: &Answer, outcome: Outcome) -> Result<Then, ClientClosed> {
        self.end(outcome);
        self.socket.write(&answer.bytes()).await?;
        Ok(if answer.ends_connection() { Then::Close } else { Then::NextRequest })
    }

    pub(crate) fn end(&self, outcome: Outcome) {
        end(self.shared, self.entry, outcome);
    }

    pub(crate) async fn answer(&mut self) -> Result<Then, ClientClosed> {
        let answer = self.ask(Effect::CarryOut).await;
        self.send(&answer, Outcome::Answered).await
    }
}

pub(crate) fn end(shared: &Shared, entry: Option<EntryId>, outcome: Outcome) {
    if let Some(id) = entry {
        shared.end(id, outcome);
    }
}
