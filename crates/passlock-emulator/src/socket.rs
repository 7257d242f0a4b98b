//! One TCP connection: what was read and not yet used, and whether the client is still there.

use std::future::Future;
use std::io;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::ReadHalf;

use crate::head::{
    BODY_LIMIT, ChunkedDecoder, Framing, HEAD_LIMIT, Head, Malformed, body_too_large, parse_head,
};

/// How much a client may send ahead while its request is under way.
const AHEAD_LIMIT: usize = BODY_LIMIT + HEAD_LIMIT;
/// How long and for how many bytes a client whose request was refused may go on sending. Closing at once would reset
/// the connection, and the client might never see why.
const DRAIN_TIME: Duration = Duration::from_secs(1);
const DRAIN_LIMIT: usize = 4 * BODY_LIMIT;

/// The client has closed its side, or the connection broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ClientClosed;

/// Why a request did not come to its end.
#[derive(Debug)]
pub(crate) enum ReadError {
    ClientClosed,
    Malformed(Malformed),
}

impl From<Malformed> for ReadError {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(malformed)
    }
}

impl From<ClientClosed> for ReadError {
    fn from(_: ClientClosed) -> Self {
        Self::ClientClosed
    }
}

pub(crate) struct Socket {
    stream: TcpStream,
    input: BytesMut,
}

impl Socket {
    pub(crate) fn new(stream: TcpStream) -> Self {
        // A byte that is to drip is to leave at once. Where this fails, only the timing differs.
        let _ = stream.set_nodelay(true);
        Self { stream, input: BytesMut::new() }
    }

    /// The next request's head.
    pub(crate) async fn read_head(&mut self) -> Result<Head, ReadError> {
        loop {
            if let Some(head) = parse_head(&self.input)? {
                let _ = self.input.split_to(head.length);
                return Ok(head);
            }
            self.read().await?;
        }
    }

    /// The body that belongs to `head`.
    pub(crate) async fn read_body(&mut self, head: &Head) -> Result<Vec<u8>, ReadError> {
        if let Framing::Length(length) = head.framing {
            if length > BODY_LIMIT as u64 {
                return Err(body_too_large().into());
            }
        }
        if head.expects_continue && head.framing != Framing::Length(0) && self.input.is_empty() {
            self.write(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
        }
        match head.framing {
            Framing::Length(length) => {
                let length = usize::try_from(length).map_err(|_| body_too_large())?;
                while self.input.len() < length {
                    self.read().await?;
                }
                Ok(self.input.split_to(length).to_vec())
            }
            Framing::Chunked => {
                let mut decoder = ChunkedDecoder::default();
                loop {
                    if let Some(body) = decoder.decode(&mut self.input)? {
                        return Ok(body);
                    }
                    self.read().await?;
                }
            }
        }
    }

    /// Writes, whether or not the client has closed its own side: it may have said all that it has to say.
    pub(crate) async fn write(&mut self, bytes: &[u8]) -> Result<(), ClientClosed> {
        self.stream.write_all(bytes).await.map_err(|_| ClientClosed)
    }

    /// Writes, and stops when the client closes its side.
    pub(crate) async fn write_watched(&mut self, bytes: &[u8]) -> Result<(), ClientClosed> {
        let Self { stream, input } = self;
        let (mut reader, mut writer) = stream.split();
        tokio::select! {
            biased;
            () = closed(&mut reader, input) => Err(ClientClosed),
            written = writer.write_all(bytes) => written.map_err(|_| ClientClosed),
        }
    }

    /// Waits for something, and stops when the client closes its side.
    pub(crate) async fn wait<T>(&mut self, until: impl Future<Output = T>) -> Result<T, ClientClosed> {
        let Self { stream, input } = self;
        let (mut reader, _writer) = stream.split();
        tokio::select! {
            biased;
            () = closed(&mut reader, input) => Err(ClientClosed),
            output = until => Ok(output),
        }
    }

    /// Waits for nothing but the client's closing of its side.
    pub(crate) async fn wait_until_closed(&mut self) {
        let (mut reader, _writer) = self.stream.split();
        closed(&mut reader, &mut self.input).await;
    }

    /// Closes after an answer to a request that was not read to its end.
    pub(crate) async fn drain_and_close(mut self) {
        if self.stream.shutdown().await.is_err() {
            return;
        }
        let mut scratch = vec![0; 16 * 1024];
        let mut left = DRAIN_LIMIT;
        let drained = async {
            while let Ok(count @ 1..) = self.stream.read(&mut scratch).await {
                left = left.saturating_sub(count);
                if left == 0 {
                    break;
                }
            }
        };
        // Whether it ended or was cut off, the socket closes now.
        let _ = tokio::time::timeout(DRAIN_TIME, drained).await;
    }

    /// Closes with a reset instead of the orderly end.
    pub(crate) fn reset(self) -> io::Result<()> {
        self.stream.set_zero_linger()
    }

    async fn read(&mut self) -> Result<(), ClientClosed> {
        match self.stream.read_buf(&mut self.input).await {
            Ok(0) | Err(_) => Err(ClientClosed),
            Ok(_) => Ok(()),
        }
    }
}

/// Reads ahead until the client closes its side. A client that sends on and on counts as gone too: with a full
/// buffer its end could no longer be seen.
async fn closed(reader: &mut ReadHalf<'_>, input: &mut BytesMut) {
    while let Ok(1..) = reader.read_buf(input).await {
        if input.len() > AHEAD_LIMIT {
            return;
        }
    }
}
