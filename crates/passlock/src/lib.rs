//! Async client for the Passlock REST API: verify passkey logins.
