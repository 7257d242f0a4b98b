//! The Passlock REST API in a box: an in-memory emulator for development and tests.
