//! The core without sockets: every scenario is played by a scripted transport, on a clock that moves only as the script
//! says, and in both flavours of the client.

#[cfg(test)]
mod answers;
#[cfg(test)]
mod bounds;
#[cfg(test)]
mod corpora;
#[cfg(test)]
mod errors;
#[cfg(test)]
mod observe;
#[cfg(test)]
mod retry;
#[cfg(test)]
mod routes;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod settings;
#[cfg(test)]
mod support;
#[cfg(test)]
#[path = "../../../../tests/tables/mod.rs"]
mod tables;
#[cfg(test)]
mod time;
#[cfg(test)]
mod updates;
#[cfg(test)]
mod warm_up;
