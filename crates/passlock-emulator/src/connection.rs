//! One connection, request after request.

use std::sync::Arc;

use axum::Router;
use bytes::Bytes;
use tokio::net::TcpStream;

use crate::answer::Answer;
use crate::control::is_control;
use crate::exchange::{Exchange, Then, end};
use crate::head::Malformed;
use crate::inject::inject;
use crate::journal::Outcome;
use crate::shared::Shared;
use crate::socket::{ClientClosed, ReadError, Socket};

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

async fn refuse(socket: &mut Socket, shared: &Shared, malformed: &Malformed) -> Then {
    let answer = Answer::from_malformed(malformed.status, malformed.message, shared.request_id());
    match socket.write(&answer.bytes()).await {
        Ok(()) => Then::DrainAndClose,
        Err(ClientClosed) => Then::Close,
    }
}
