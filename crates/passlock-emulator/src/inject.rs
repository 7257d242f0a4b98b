//! Injects a fault into a connection.

use std::time::Duration;

use tokio::time::sleep;

use crate::answer::Answer;
use crate::exchange::{Exchange, Then};
use crate::fault::{Fault, decode_base64};
use crate::headers::Headers;
use crate::journal::Outcome;
use crate::rule::MatchedRule;
use crate::socket::ClientClosed;
use crate::store::Effect;

/// What `garbage` sends when nothing else is asked for: no status line by any reading, and more than one line.
const GARBAGE: &[u8] = b"\x16\x03\x01\x00\xff\xfenot HTTP at all\r\n\x00\x80:\r\n\r\n";
/// How long a client has to read what was sent before the reset, which may take unread bytes away from it.
const BEFORE_RESET: Duration = Duration::from_millis(20);
const ENDLESS_PIECE: usize = 16 * 1024;

/// Answers with a fault. An error says that the client closed the connection before the fault had done all it does.
pub(crate) async fn inject(exchange: &mut Exchange<'_>, matched: &MatchedRule) -> Result<Then, ClientClosed> {
    // These two deliver the real answer in the end: it would be a lie if nothing had been carried out.
    let delivers = matches!(matched.fault, Fault::Drip { .. } | Fault::CloseIdle { .. });
    let effect = if matched.apply || delivers { Effect::CarryOut } else { Effect::Preview };
    let answer = exchange.ask(effect).await;
    match &matched.fault {
        Fault::Status { status, headers, body, body_base64 } => {
            let body = match body_base64 {
                Some(text) => decode_base64(text),
                None => body.clone().unwrap_or_default().into_bytes(),
            };
            prescribed(exchange, *status, headers, body).await
        }
        Fault::Redirect { location, status } => {
            let headers = Headers::new().with("location", location);
            prescribed(exchange, status.unwrap_or(302), &headers, Vec::new()).await
        }
        Fault::Delay { millis } => {
            exchange.socket.wait(sleep(Duration::from_millis(*millis))).await?;
            let answer = if matched.apply { answer } else { exchange.ask(Effect::CarryOut).await };
            exchange.send(&answer, Outcome::Faulted).await
        }
        Fault::Hang => hang(exchange).await,
        Fault::Stall { after_bytes } => {
            exchange.socket.write_watched(&cut(&answer, *after_bytes)).await?;
            hang(exchange).await
        }
        Fault::StallHead { after_bytes } => {
            let head = answer.head(answer.body.len());
            // Without its last byte a head is not complete.
            let sent = (*after_bytes).min(head.len() - 1);
            exchange.socket.write_watched(&head[..sent]).await?;
            hang(exchange).await
        }
        Fault::Drip { millis_per_byte } => {
            drip(exchange, &answer, Duration::from_millis(*millis_per_byte)).await
        }
        Fault::Reset => {
            exchange.end(Outcome::Faulted);
            Ok(Then::Reset)
        }
        Fault::ResetAfterHead => {
            exchange.end(Outcome::Faulted);
            exchange.socket.write(&answer.head(answer.body.len().max(1))).await?;
            // The reset comes either way.
            let _ = exchange.socket.wait(sleep(BEFORE_RESET)).await;
            Ok(Then::Reset)
        }
        Fault::Truncate { after_bytes } => {
            let bytes = cut(&answer, after_bytes.unwrap_or(answer.body.len() / 2));
            exchange.end(Outcome::Faulted);
            exchange.socket.write(&bytes).await?;
            Ok(Then::Close)
        }
        Fault::Garbage { bytes_base64 } => {
            let bytes = bytes_base64.as_deref().map_or_else(|| GARBAGE.to_vec(), decode_base64);
            exchange.end(Outcome::Faulted);
            exchange.socket.write(&bytes).await?;
            Ok(Then::Close)
        }
        Fault::Endless { status } => endless(exchange, status.unwrap_or(200)).await,
        Fault::EndlessHead => endless_head(exchange).await,
        Fault::CloseIdle { after_millis } => {
            exchange.send(&answer, Outcome::Faulted).await?;
            // The request has ended well: that the client closes first changes nothing.
            let _ = exchange.socket.wait(sleep(Duration::from_millis(*after_millis))).await;
            Ok(Then::Close)
        }
    }
}

async fn prescribed(
    exchange: &mut Exchange<'_>,
    status: u16,
    headers: &Headers,
    body: Vec<u8>,
) -> Result<Then, ClientClosed> {
    let answer = exchange.fitted(Answer::from_fault(status, headers, body, exchange.request_id()));
    exchange.send(&answer, Outcome::Faulted).await
}

async fn drip(exchange: &mut Exchange<'_>, answer: &Answer, pause: Duration) -> Result<Then, ClientClosed> {
    let bytes = answer.bytes();
    for (index, byte) in bytes.iter().enumerate() {
        exchange.socket.wait(sleep(pause)).await?;
        if index + 1 == bytes.len() {
            exchange.end(Outcome::Faulted);
        }
        exchange.socket.write_watched(&[*byte]).await?;
    }
    Ok(if answer.ends_connection() { Then::Close } else { Then::NextRequest })
}

async fn endless(exchange: &mut Exchange<'_>, status: u16) -> Result<Then, ClientClosed> {
    let headers =
        Headers::new().with("content-type", "application/json").with("transfer-encoding", "chunked");
    let answer = Answer::from_fault(status, &headers, Vec::new(), exchange.request_id());
    exchange.socket.write_watched(&answer.head(0)).await?;
    // It begins as JSON, so that a reader who parses as it reads has no other reason to stop.
    exchange.socket.write_watched(b"9\r\n{\"user\":\"\r\n").await?;
    let size = format!("{ENDLESS_PIECE:x}\r\n").into_bytes();
    let piece = [size, vec![b'a'; ENDLESS_PIECE], b"\r\n".to_vec()].concat();
    loop {
        exchange.socket.write_watched(&piece).await?;
    }
}

async fn endless_head(exchange: &mut Exchange<'_>) -> Result<Then, ClientClosed> {
    exchange.socket.write_watched(b"HTTP/1.1 200 OK\r\n").await?;
    let value = "a".repeat(64);
    let mut number: u64 = 0;
    loop {
        let lines: String = (number..number + 64).map(|n| format!("x-endless-{n}: {value}\r\n")).collect();
        exchange.socket.write_watched(lines.as_bytes()).await?;
        number += 64;
    }
}

/// Sends nothing more until the client closes its side.
async fn hang(exchange: &mut Exchange<'_>) -> Result<Then, ClientClosed> {
    exchange.socket.wait_until_closed().await;
    Err(ClientClosed)
}

/// The answer's head and so many bytes of its body. The head promises at least one byte more.
fn cut(answer: &Answer, after_bytes: usize) -> Vec<u8> {
    let sent = after_bytes.min(answer.body.len());
    let mut bytes = answer.head(answer.body.len().max(sent + 1));
    bytes.extend_from_slice(&answer.body[..sent]);
    bytes
}
