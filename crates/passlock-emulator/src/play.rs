//! Does a fault to a connection.

use std::time::Duration;

use tokio::time::sleep;

use crate::answer::Answer;
use crate::connection::{Exchange, Then};
use crate::fault::{Fault, Headers, Hit, decode_base64};
use crate::journal::Outcome;
use crate::socket::Gone;
use crate::store::Effect;

/// What `garbage` sends when nothing else is asked for: no status line by any reading, and more than one line.
const GARBAGE: &[u8] = b"\x16\x03\x01\x00\xff\xfenot HTTP at all\r\n\x00\x80:\r\n\r\n";
/// How long a client has to read what was sent before the reset, which may take unread bytes away from it.
const BEFORE_RESET: Duration = Duration::from_millis(20);
const ENDLESS_PIECE: usize = 16 * 1024;

/// Answers with a fault. An error says that the client closed the connection before the fault had done all it does.
pub(crate) async fn play(exchange: &mut Exchange<'_>, hit: &Hit) -> Result<Then, Gone> {
    // What sends the real answer, or a part of it, asks for it itself.
    let effect = if hit.apply { Effect::CarryOut } else { Effect::Preview };
    match &hit.fault {
        Fault::Delay { millis } => delay(exchange, Duration::from_millis(*millis), hit.apply).await,
        Fault::Drip { millis_per_byte } => drip(exchange, Duration::from_millis(*millis_per_byte)).await,
        Fault::CloseIdle { after_millis } => close_idle(exchange, Duration::from_millis(*after_millis)).await,
        Fault::Stall { after_bytes } => stall(exchange, *after_bytes, effect).await,
        Fault::StallHead { after_bytes } => stall_head(exchange, *after_bytes, effect).await,
        Fault::Truncate { after_bytes } => truncate(exchange, *after_bytes, effect).await,
        Fault::ResetAfterHead => reset_after_head(exchange, effect).await,
        fault => {
            if hit.apply {
                exchange.ask(Effect::CarryOut).await;
            }
            instead(exchange, fault).await
        }
    }
}

/// The faults that send nothing of the real answer.
async fn instead(exchange: &mut Exchange<'_>, fault: &Fault) -> Result<Then, Gone> {
    match fault {
        Fault::Status { status, headers, body, body_base64 } => {
            let body = match body_base64 {
                Some(text) => decode_base64(text),
                None => body.clone().unwrap_or_default().into_bytes(),
            };
            status_answer(exchange, *status, headers, body).await
        }
        Fault::Redirect { location, status } => {
            let headers = Headers::new().with("location", location);
            status_answer(exchange, status.unwrap_or(302), &headers, Vec::new()).await
        }
        Fault::Garbage { bytes_base64 } => {
            let bytes = bytes_base64.as_deref().map_or_else(|| GARBAGE.to_vec(), decode_base64);
            exchange.end(Outcome::Faulted);
            exchange.socket.write(&bytes).await?;
            Ok(Then::Close)
        }
        Fault::Reset => {
            exchange.end(Outcome::Faulted);
            Ok(Then::Reset)
        }
        Fault::Endless { status } => endless(exchange, status.unwrap_or(200)).await,
        Fault::EndlessHead => endless_head(exchange).await,
        // `hang`, and nothing else: all others have been dealt with.
        _ => Err(hang(exchange).await),
    }
}

async fn status_answer(
    exchange: &mut Exchange<'_>,
    status: u16,
    headers: &Headers,
    body: Vec<u8>,
) -> Result<Then, Gone> {
    let answer = exchange.fitted(Answer::from_fault(status, headers, body, exchange.request_id()));
    exchange.send(&answer, Outcome::Faulted).await
}

async fn delay(exchange: &mut Exchange<'_>, time: Duration, apply_first: bool) -> Result<Then, Gone> {
    let answer = if apply_first {
        let answer = exchange.ask(Effect::CarryOut).await;
        exchange.socket.wait(sleep(time)).await?;
        answer
    } else {
        exchange.socket.wait(sleep(time)).await?;
        exchange.ask(Effect::CarryOut).await
    };
    exchange.send(&answer, Outcome::Faulted).await
}

async fn drip(exchange: &mut Exchange<'_>, pause: Duration) -> Result<Then, Gone> {
    let answer = exchange.ask(Effect::CarryOut).await;
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

async fn close_idle(exchange: &mut Exchange<'_>, after: Duration) -> Result<Then, Gone> {
    let answer = exchange.ask(Effect::CarryOut).await;
    exchange.send(&answer, Outcome::Faulted).await?;
    // The request has ended well: that the client closes first changes nothing.
    let _ = exchange.socket.wait(sleep(after)).await;
    Ok(Then::Close)
}

async fn stall(exchange: &mut Exchange<'_>, after_bytes: usize, effect: Effect) -> Result<Then, Gone> {
    let bytes = cut(&exchange.ask(effect).await, after_bytes);
    exchange.socket.write_watched(&bytes).await?;
    Err(hang(exchange).await)
}

async fn stall_head(exchange: &mut Exchange<'_>, after_bytes: usize, effect: Effect) -> Result<Then, Gone> {
    let answer = exchange.ask(effect).await;
    let head = answer.head(answer.body.len());
    // Without its last byte a head is not complete.
    let sent = after_bytes.min(head.len() - 1);
    exchange.socket.write_watched(&head[..sent]).await?;
    Err(hang(exchange).await)
}

async fn truncate(
    exchange: &mut Exchange<'_>,
    after_bytes: Option<usize>,
    effect: Effect,
) -> Result<Then, Gone> {
    let answer = exchange.ask(effect).await;
    let bytes = cut(&answer, after_bytes.unwrap_or(answer.body.len() / 2));
    exchange.end(Outcome::Faulted);
    exchange.socket.write(&bytes).await?;
    Ok(Then::Close)
}

async fn reset_after_head(exchange: &mut Exchange<'_>, effect: Effect) -> Result<Then, Gone> {
    let answer = exchange.ask(effect).await;
    let head = answer.head(answer.body.len().max(1));
    exchange.end(Outcome::Faulted);
    exchange.socket.write(&head).await?;
    // The reset comes either way.
    let _ = exchange.socket.wait(sleep(BEFORE_RESET)).await;
    Ok(Then::Reset)
}

async fn endless(exchange: &mut Exchange<'_>, status: u16) -> Result<Then, Gone> {
    let headers =
        Headers::new().with("content-type", "application/json").with("transfer-encoding", "chunked");
    let answer = Answer::from_fault(status, &headers, Vec::new(), exchange.request_id());
    exchange.socket.write_watched(&answer.head(0)).await?;
    // It begins as JSON, so that a reader who parses as it reads has no other reason to stop.
    exchange.socket.write_watched(b"9\r\n{\"user\":\"\r\n").await?;
    let piece =
        [format!("{ENDLESS_PIECE:x}\r\n").into_bytes(), vec![b'a'; ENDLESS_PIECE], b"\r\n".to_vec()].concat();
    loop {
        exchange.socket.write_watched(&piece).await?;
    }
}

async fn endless_head(exchange: &mut Exchange<'_>) -> Result<Then, Gone> {
    exchange.socket.write_watched(b"HTTP/1.1 200 OK\r\n").await?;
    let mut number: u64 = 0;
    loop {
        let lines: String =
            (number..number + 64).map(|n| format!("x-endless-{n}: {}\r\n", "a".repeat(64))).collect();
        exchange.socket.write_watched(lines.as_bytes()).await?;
        number += 64;
    }
}

/// Sends nothing more until the client closes its side.
async fn hang(exchange: &mut Exchange<'_>) -> Gone {
    exchange.socket.wait_until_gone().await;
    Gone
}

/// The answer's head and so many bytes of its body. The head promises at least one byte more.
fn cut(answer: &Answer, after_bytes: usize) -> Vec<u8> {
    let sent = after_bytes.min(answer.body.len());
    let mut bytes = answer.head(answer.body.len().max(sent + 1));
    bytes.extend_from_slice(&answer.body[..sent]);
    bytes
}
