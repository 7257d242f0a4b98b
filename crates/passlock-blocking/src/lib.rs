//! Blocking client for the Passlock REST API: verify passkey logins without an async runtime.
