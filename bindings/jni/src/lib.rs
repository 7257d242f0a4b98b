//! The native half of the Kotlin package: the async client behind the Java Native Interface.
//!
//! Nothing is decided here. The public API in `kotlin/` is written by hand, and gives these functions the form that its users
//! expect.
//!
//! - Clients and calls are numbers on the other side, so that none of its mistakes is a memory error here.
//! - A call is begun by the thread that makes it. It continues, when its socket or its clock is ready, on the one thread that
//!   is in `drive`: a thread that Java has created, that does not keep the JVM alive, and that ends with the last client. None
//!   of our own threads is ever attached to the JVM.
//! - No reference to a class of Kotlin's is kept, so that its loader can be collected.
//! - An outcome is passed to Kotlin as the parameters of one of its functions, on the thread that it occurred on. How the call went
//!   comes first in the same way, if that was asked for; a call that nobody asks about creates nothing for it.
//! - A panic is caught on every path and becomes an ordinary exception; it never ends the host's process.

mod calls;
mod clients;
mod native;
mod outcome;
mod report;
mod runtime;
mod settings;
mod test_hooks;
mod upcalls;
