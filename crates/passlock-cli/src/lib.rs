//! The passlock command: call the Passlock API, or run its emulator.
