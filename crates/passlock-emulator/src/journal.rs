//! The requests that the emulator received, and how they ended. Pure: times come in from outside.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::head::Head;
use crate::operation::Operation;

/// How many requests are remembered.
const CAPACITY: usize = 10_000;
/// How many bytes of a body are remembered.
const BODY_LIMIT: usize = 64 * 1024;

/// One request to the API, as `GET /_emulator/journal` shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct JournalEntry {
    /// The method.
    pub method: String,
    /// The request target, exactly as on the wire.
    pub path: String,
    /// The headers by their lower-case names; the values of a repeated one are joined with `, `. The values of
    /// `authorization` and `proxy-authorization` are replaced by their SHA-256 in hexadecimal digits.
    pub headers: BTreeMap<String, String>,
    /// The first 64 KiB of the body, without its transfer coding. Invalid UTF-8 is replaced with U+FFFD.
    pub body: String,
    /// The number of its TCP connection; the first is 1. Resetting the emulator does not restart the numbering.
    pub connection: u64,
    /// How it ended.
    pub outcome: Outcome,
    /// When its head arrived, in milliseconds since the Unix epoch. The clock of all entries is monotonic.
    pub at_millis: u64,
    /// When it ended, on the same clock.
    pub ended_at_millis: Option<u64>,
    /// The operation; null for any other request.
    pub operation: Option<Operation>,
    /// The `kind` of the fault that was applied.
    pub fault: Option<String>,
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Outcome {
    /// It has not ended yet.
    Pending,
    /// It was answered, without a fault.
    Answered,
    /// The client closed the connection first.
    ClientClosed,
    /// A fault was injected, in full.
    Faulted,
}

/// Names an entry for as long as the emulator lives, past a reset and past the entry itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EntryId(u64);

#[derive(Debug, Default)]
pub(crate) struct Journal {
    entries: VecDeque<JournalEntry>,
    /// The id of the first entry.
    first: u64,
}

impl Journal {
    pub(crate) fn begin(
        &mut self,
        head: &Head,
        operation: Option<Operation>,
        fault: Option<&'static str>,
        connection: u64,
        at_millis: u64,
    ) -> EntryId {
        if self.entries.len() == CAPACITY {
            self.entries.pop_front();
            self.first += 1;
        }
        let id = EntryId(self.first + self.entries.len() as u64);
        self.entries.push_back(JournalEntry {
            method: head.method.to_string(),
            path: head.target.clone(),
            headers: shown_headers(head),
            body: String::new(),
            connection,
            outcome: Outcome::Pending,
            at_millis,
            ended_at_millis: None,
            operation,
            fault: fault.map(str::to_owned),
        });
        id
    }

    pub(crate) fn body(&mut self, id: EntryId, body: &[u8]) {
        if let Some(entry) = self.entry(id) {
            entry.body = String::from_utf8_lossy(&body[..body.len().min(BODY_LIMIT)]).into_owned();
        }
    }

    pub(crate) fn end(&mut self, id: EntryId, outcome: Outcome, at_millis: u64) {
        if let Some(entry) = self.entry(id) {
            entry.outcome = outcome;
            entry.ended_at_millis = Some(at_millis);
        }
    }

    pub(crate) fn entries(&self) -> Vec<JournalEntry> {
        self.entries.iter().cloned().collect()
    }

    /// Forgets all entries. What is still under way ends without a trace.
    pub(crate) fn clear(&mut self) {
        self.first += self.entries.len() as u64;
        self.entries.clear();
    }

    fn entry(&mut self, id: EntryId) -> Option<&mut JournalEntry> {
        let index = usize::try_from(id.0.checked_sub(self.first)?).ok()?;
        self.entries.get_mut(index)
    }
}

fn shown_headers(head: &Head) -> BTreeMap<String, String> {
    let mut shown = BTreeMap::<String, String>::new();
    for (name, value) in &head.headers {
        let value = match name.as_str() {
            "authorization" | "proxy-authorization" => hex(&Sha256::digest(value)),
            _ => String::from_utf8_lossy(value).into_owned(),
        };
        shown
            .entry(name.clone())
            .and_modify(|earlier| {
                earlier.push_str(", ");
                earlier.push_str(&value);
            })
            .or_insert(value);
    }
    shown
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::head::parse_head;

    fn head() -> Head {
        let text =
            b"GET /t/token/x?y HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer k\r\nProxy-Authorization: Bearer k\r\n\
              X-A: 1\r\nx-a: 2\r\n\r\n";
        parse_head(text).unwrap().unwrap()
    }

    #[test]
    fn headers_are_lower_case_joined_and_without_the_key() {
        let mut journal = Journal::default();
        journal.begin(&head(), None, None, 1, 5);
        let entry = &journal.entries()[0];
        assert_eq!(entry.path, "/t/token/x?y");
        assert_eq!(entry.headers["x-a"], "1, 2");
        for name in ["authorization", "proxy-authorization"] {
            assert_eq!(
                entry.headers[name], // printf 'Bearer k' | sha256sum
                "cc9b1550d4cb5d22909bcb07a2e79e78b50d455125d587de5345d84940fa1c4e"
            );
        }
    }

    #[test]
    fn the_ring_forgets_the_oldest_and_ids_stay_true() {
        let mut journal = Journal::default();
        let first = journal.begin(&head(), None, None, 1, 0);
        let ids: Vec<_> = (1..=CAPACITY as u64).map(|at| journal.begin(&head(), None, None, 1, at)).collect();
        journal.end(first, Outcome::Answered, 9);
        journal.end(ids[0], Outcome::ClientClosed, 9);
        let entries = journal.entries();
        assert_eq!(entries.len(), CAPACITY);
        assert_eq!((entries[0].at_millis, entries[0].outcome), (1, Outcome::ClientClosed));
        assert_eq!(entries[1].outcome, Outcome::Pending);
        journal.clear();
        journal.end(ids[5], Outcome::Answered, 9);
        let after = journal.begin(&head(), None, None, 1, 0);
        journal.body(after, &vec![b'x'; BODY_LIMIT + 1]);
        assert_eq!(journal.entries()[0].outcome, Outcome::Pending);
        assert_eq!(journal.entries()[0].body.len(), BODY_LIMIT);
    }
}
