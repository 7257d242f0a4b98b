//! The body of a response, collected within the attempt's size limit.

use bytes::{Bytes, BytesMut};
use passlock_core::{TransportError, TransportErrorKind};

/// Takes a body piece by piece. A body in one piece is not copied, and memory grows with what has arrived, never with what
/// was announced.
#[derive(Debug)]
pub struct BodyBuffer {
    most: u64,
    length: u64,
    first: Bytes,
    rest: BytesMut,
}

impl BodyBuffer {
    /// For a body of at most `most` bytes, of which the head may have announced its length.
    ///
    /// # Errors
    ///
    /// `TooLarge` if it announced more.
    pub fn new(most: u64, announced: Option<u64>) -> Result<Self, TransportError> {
        match announced {
            Some(length) if length > most => Err(too_large()),
            _ => Ok(Self { most, length: 0, first: Bytes::new(), rest: BytesMut::new() }),
        }
    }

    /// Takes the next piece.
    ///
    /// # Errors
    ///
    /// `TooLarge` if it is more than the body may have.
    pub fn push(&mut self, piece: Bytes) -> Result<(), TransportError> {
        self.length = self.length.saturating_add(piece.len() as u64);
        if self.length > self.most {
            return Err(too_large());
        }
        if self.first.is_empty() {
            self.first = piece;
        } else {
            if self.rest.is_empty() {
                self.rest.extend_from_slice(&self.first);
            }
            self.rest.extend_from_slice(&piece);
        }
        Ok(())
    }

    /// The whole body.
    #[must_use]
    pub fn finish(self) -> Bytes {
        if self.rest.is_empty() { self.first } else { self.rest.freeze() }
    }
}

fn too_large() -> TransportError {
    TransportError::new(TransportErrorKind::TooLarge, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(most: u64, pieces: &[&'static str]) -> Result<Bytes, TransportError> {
        let mut body = BodyBuffer::new(most, None)?;
        for piece in pieces {
            body.push(Bytes::from_static(piece.as_bytes()))?;
        }
        Ok(body.finish())
    }

    #[test]
    fn a_body_is_put_together_up_to_its_largest_size() {
        assert_eq!(body(0, &[]).unwrap(), "");
        assert_eq!(body(6, &["abc", "", "de", "f"]).unwrap(), "abcdef");
        for (most, pieces) in [(2, &["abc"][..]), (5, &["abc", "def"]), (0, &["a"])] {
            assert_eq!(body(most, pieces).unwrap_err().kind(), TransportErrorKind::TooLarge);
        }
        assert_eq!(BodyBuffer::new(5, Some(6)).unwrap_err().kind(), TransportErrorKind::TooLarge);
        assert!(BodyBuffer::new(5, Some(5)).is_ok());
    }

    #[test]
    fn a_body_in_one_piece_is_not_copied() {
        let piece = Bytes::from(vec![7; 100]);
        let mut body = BodyBuffer::new(100, Some(100)).unwrap();
        body.push(piece.clone()).unwrap();
        assert_eq!(body.finish().as_ptr(), piece.as_ptr());
    }
}
