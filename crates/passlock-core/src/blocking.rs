//! The client for blocking code.

use maybe_async::must_be_sync as maybe_async;

/// An example of a call, for this client.
macro_rules! example {
    ($call:literal) => {
        concat!(
            "```\n# use passlock_core::blocking::{Client, Transport};\n",
            "# fn example(client: Client<impl Transport>) -> Result<(), passlock_core::Error> {\n",
            "let value = client.",
            $call,
            "?;\n# let _ = value;\n# Ok(())\n# }\n```"
        )
    };
}

#[path = "client.rs"]
#[expect(clippy::duplicate_mod, reason = "the same source is compiled twice on purpose")]
mod client;

pub use client::{Client, Transport};
