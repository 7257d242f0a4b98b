//! One client, many threads: checks tokens from standard input, one per line.
//!
//! ```text
//! PASSLOCK_TENANCY_ID=.. PASSLOCK_API_KEY=.. cargo run -p passlock-blocking --example threads < tokens
//! ```

use std::io::{self, BufRead, Write};
use std::sync::Mutex;
use std::thread;

use passlock_blocking::Client;

const THREADS: usize = 4;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = Client::from_env()?;
    check_all(&client, io::BufReader::new(io::stdin()), io::stdout())?;
    Ok(())
}

/// Writes the outcome for each token, in the order of the responses.
///
/// # Errors
///
/// The tokens can't be read, or the results can't be written.
pub fn check_all(client: &Client, tokens: impl BufRead + Send, out: impl Write + Send) -> io::Result<()> {
    let tokens = Mutex::new(tokens.lines());
    let out = Mutex::new(out);
    let next = || tokens.lock().ok()?.next();
    let work = || -> io::Result<()> {
        while let Some(token) = next() {
            let line = match client.exchange_token(&token?) {
                Ok(principal) => format!("{} has logged in by {}", principal.sub, principal.auth_type),
                Err(error) => format!("{}: {error}", error.kind()),
            };
            if let Ok(mut out) = out.lock() {
                writeln!(out, "{line}")?;
            }
        }
        Ok(())
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(work)).collect();
        threads.into_iter().try_for_each(|thread| thread.join().unwrap_or(Ok(())))
    })
}
