//! A connection's buffers, in which an answer's head can be changed before ureq reads it.

use ureq::unversioned::transport::Buffers;

/// How much is read at once. ureq also reads a request's body through this room.
const READ: usize = 16 * 1024;
/// Must hold the longest request line.
const OUTPUT: usize = 40 * 1024;

/// Grows with what arrives.
#[derive(Default)]
pub(crate) struct WireBuffers {
    input: Vec<u8>,
    start: usize,
    end: usize,
    output: Vec<u8>,
    has_progressed: bool,
}

impl WireBuffers {
    /// What was read and not consumed yet.
    pub(crate) fn input_mut(&mut self) -> &mut [u8] {
        &mut self.input[self.start..self.end]
    }

    /// Whether what ureq has left there may be a chunk's size, or the end of a chunk.
    pub(crate) fn may_be_chunk(&self) -> bool {
        self.input().first().is_none_or(|byte| byte.is_ascii_hexdigit() || matches!(byte, b'\r' | b'\n'))
    }

    fn make_room(&mut self) {
        self.input.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        if self.input.len() < self.end + READ {
            self.input.resize(self.end + READ, 0);
        }
        self.output.resize(OUTPUT, 0);
    }
}

impl Buffers for WireBuffers {
    fn output(&mut self) -> &mut [u8] {
        self.output.resize(OUTPUT, 0);
        &mut self.output
    }

    fn input(&self) -> &[u8] {
        &self.input[self.start..self.end]
    }

    fn input_append_buf(&mut self) -> &mut [u8] {
        self.make_room();
        &mut self.input[self.end..]
    }

    fn input_appended(&mut self, amount: usize) {
        self.end += amount;
    }

    fn input_consume(&mut self, amount: usize) {
        self.has_progressed = amount > 0;
        self.start += amount;
    }

    fn tmp_and_output(&mut self) -> (&mut [u8], &mut [u8]) {
        self.make_room();
        (&mut self.input[self.end..], &mut self.output)
    }

    fn can_use_input(&self) -> bool {
        self.start < self.end && self.has_progressed
    }
}
