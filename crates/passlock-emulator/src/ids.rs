//! The ids, tokens and keys that the emulator generates.

use std::hash::{BuildHasher, RandomState};

use sha2::{Digest, Sha256};

const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// What an id is for. Each purpose counts on its own, so that requests don't change which token comes next.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Purpose {
    Tenancy,
    ApiKey,
    User,
    Authenticator,
    Token,
    Request,
    /// Names a ceremony of the browser API.
    Session,
    /// Six digits for an email.
    Code,
}

const PURPOSES: usize = 8;

/// A hash of a secret (or of the seed) and a counter: no id tells of another one, and with a seed the same ids come
/// out on every platform and with every version of every dependency.
#[derive(Clone, Debug)]
pub(crate) struct Ids {
    secret: [u8; 32],
    counters: [u64; PURPOSES],
}

impl Ids {
    pub(crate) fn new(seed: Option<u64>) -> Self {
        let mut hash = Sha256::new();
        match seed {
            Some(seed) => hash.update(seed.to_be_bytes()),
            // Each RandomState is keyed by the operating system's entropy, and its SipHash is a keyed function of
            // the counter: the standard library's road to unguessable bytes, without one more dependency.
            None => {
                for counter in 0..8_u64 {
                    hash.update(RandomState::new().hash_one(counter).to_be_bytes());
                }
            }
        }
        Self { secret: hash.finalize().into(), counters: [0; PURPOSES] }
    }

    /// With a seed, the next ids are again the first ones; without, this changes nothing that can be seen.
    pub(crate) fn rewind(&mut self, seed: Option<u64>) {
        *self = Self::new(seed);
    }

    pub(crate) fn next(&mut self, purpose: Purpose) -> String {
        let counter = &mut self.counters[purpose as usize];
        let digest: [u8; 32] = Sha256::new()
            .chain_update(self.secret)
            .chain_update([purpose as u8])
            .chain_update(counter.to_be_bytes())
            .finalize()
            .into();
        *counter += 1;
        let length = match purpose {
            Purpose::Tenancy | Purpose::User => 20,
            Purpose::ApiKey | Purpose::Token | Purpose::Session => 32,
            Purpose::Authenticator | Purpose::Request => 22,
            Purpose::Code => 6,
        };
        let alphabet: &[u8] = if matches!(purpose, Purpose::Code) { b"0123456789" } else { ALPHABET };
        digest
            .iter()
            .take(length)
            .map(|byte| char::from(alphabet[usize::from(*byte) % alphabet.len()]))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_and_no_seed_does_not() {
        let (mut a, mut b) = (Ids::new(Some(7)), Ids::new(Some(7)));
        assert_eq!(a.next(Purpose::Token), b.next(Purpose::Token));
        assert_ne!(a.next(Purpose::Token), Ids::new(Some(8)).next(Purpose::Token));
        assert_ne!(Ids::new(None).next(Purpose::Token), Ids::new(None).next(Purpose::Token));
    }

    #[test]
    fn purposes_count_apart() {
        let (mut a, mut b) = (Ids::new(Some(7)), Ids::new(Some(7)));
        a.next(Purpose::Request);
        assert_eq!(a.next(Purpose::Token), b.next(Purpose::Token));
        assert_ne!(a.next(Purpose::User), a.next(Purpose::User));
    }
}
