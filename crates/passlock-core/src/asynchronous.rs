//! The client for async code.

use maybe_async::must_be_async as maybe_async;

/// An example of a call, for this client.
macro_rules! example {
    ($call:literal) => {
        concat!(
            "```\n# use passlock_core::asynchronous::{Client, Transport};\n",
            "# async fn example(client: Client<impl Transport>) -> Result<(), passlock_core::Error> {\n",
            "let value = client.",
            $call,
            ".await?;\n# let _ = value;\n# Ok(())\n# }\n```"
        )
    };
}

#[path = "client.rs"]
mod client;

pub use client::{Client, Transport};
