//! One connection, request after request.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request};
use tokio::net::TcpStream;
use tower_service::Service as _;

use crate::answer::Answer;
use crate::control::is_control;
use crate::head::{Head, Malformed};
use crate::inject::inject;
use crate::journal::{EntryId, Outcome};
use crate::shared::Shared;
use crate::socket::{ClientClosed, ReadError, Socket};
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

pub(crate) async fn serve(stream: TcpStream, shared: Arc<Shared>, router: Router, number: u64) {
    let mut socket = Socket::new(stream);
    loop {
        match serve_one(&mut socket, &shared, &router, number).await {
            Then::NextRequest => {}
            Then::Close => return,
            Then::DrainAndClose => return socket.drain_and_close().await,
            Then::Reset => {
                // Where it can't be set, the connection still closes in the middle of what it should carry.
                let _ = socket.reset();
                return;
            }
        }
    }
}

async fn serve_one(socket: &mut Socket, shared: &Arc<Shared>, router: &Router, number: u64) -> Then {
    let head = match socket.read_head().await {
        Ok(head) => head,
        Err(ReadError::ClientClosed) => return Then::Close,
        Err(ReadError::Malformed(malformed)) => return refuse(socket, shared, &malformed).await,
    };
    let (entry, matched) = if is_control(head.uri.path()) {
        (None, None)
    } else {
        let (id, matched) = shared.arrive(&head, number);
        (Some(id), matched)
    };
    let body = match socket.read_body(&head).await {
        Ok(body) => Bytes::from(body),
        Err(ReadError::ClientClosed) => {
            end(shared, entry, Outcome::ClientClosed);
            return Then::Close;
        }
        Err(ReadError::Malformed(malformed)) => {
            end(shared, entry, Outcome::Answered);
            return refuse(socket, shared, &malformed).await;
        }
    };
    if let Some(id) = entry {
        shared.arrived_body(id, &body);
    }
    let mut exchange = Exchange { socket, shared, router: router.clone(), head, body, entry };
    let then = match matched {
        Some(matched) => inject(&mut exchange, &matched).await,
        None => exchange.answer().await,
    };
    then.unwrap_or_else(|ClientClosed| {
        exchange.end(Outcome::ClientClosed);
        Then::Close
    })
}

/// One request that was read, and its way to an answer.
pub(crate) struct Exchange<'a> {
    pub(crate) socket: &'a mut Socket,
    shared: &'a Arc<Shared>,
    router: Router,
    head: Head,
    body: Bytes,
    entry: Option<EntryId>,
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

    /// Sends a whole answer. The journal is written first: whoever has read the answer finds it there.
    pub(crate) async fn send(&mut self, answer: &Answer, outcome: Outcome) -> Result<Then, ClientClosed> {
        self.end(outcome);
        self.socket.write(&answer.bytes()).await?;
        Ok(if answer.ends_connection() { Then::Close } else { Then::NextRequest })
    }

    pub(crate) fn end(&self, outcome: Outcome) {
        end(self.shared, self.entry, outcome);
    }

    async fn answer(&mut self) -> Result<Then, ClientClosed> {
        let answer = self.ask(Effect::CarryOut).await;
        self.send(&answer, Outcome::Answered).await
    }
}

fn end(shared: &Shared, entry: Option<EntryId>, outcome: Outcome) {
    if let Some(id) = entry {
        shared.end(id, outcome);
    }
}

async fn refuse(socket: &mut Socket, shared: &Shared, malformed: &Malformed) -> Then {
    let answer = Answer::from_malformed(malformed.status, malformed.message, shared.request_id());
    match socket.write(&answer.bytes()).await {
        Ok(()) => Then::DrainAndClose,
        Err(ClientClosed) => Then::Close,
    }
}
