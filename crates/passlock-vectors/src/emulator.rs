//! The emulator, set up as a vector requires.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use passlock_emulator::{BlockingEmulator, EmulatorConfig};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::expand::Variables;

/// The most that the control API takes, in bytes.
const LARGEST_BODY: usize = 1 << 20;

pub(crate) fn start(tenancy_id: &str, api_key: &str) -> Result<BlockingEmulator, String> {
    let config = EmulatorConfig::new().tenancy_id(tenancy_id).api_key(api_key);
    BlockingEmulator::start(config).map_err(|error| error.to_string())
}

/// Does one step, named as the route of the control API and with its body. What the emulator generates is kept.
pub(crate) fn step(
    emulator: &BlockingEmulator,
    step: &Map<String, Value>,
    variables: &mut Variables,
) -> Result<(), String> {
    for (route, body) in variables.object(step)? {
        // Nothing limits a body in-process, but other languages must send it.
        if body.to_string().len() >= LARGEST_BODY {
            return Err(format!("the body for {route} is larger than the control API takes"));
        }
        // In-process, the emulator panics where its control API would answer with an error.
        catch_unwind(AssertUnwindSafe(|| post(emulator, &route, body, variables)))
            .unwrap_or_else(|panic| Err(said(&*panic)))
            .map_err(|why| format!("the emulator refused {route}: {why}"))?;
    }
    Ok(())
}

fn post(
    emulator: &BlockingEmulator,
    route: &str,
    body: Value,
    variables: &mut Variables,
) -> Result<(), String> {
    match route {
        "users" => drop(emulator.add_user(parse(body)?)),
        "tokens" => {
            let issued = emulator.issue_token_with(parse(body)?);
            variables.0.insert("token", issued.token.into());
            variables.0.insert("exp", issued.exp.into());
        }
        "faults" => emulator.fault(parse(body)?),
        "behaviour" => drop(emulator.configure(parse(body)?)),
        "clock" => {
            let by = body["advanceSeconds"].as_f64().and_then(|by| Duration::try_from_secs_f64(by).ok());
            emulator.advance(by.ok_or("advanceSeconds must be a number of seconds")?);
        }
        _ => return Err("there is no such route".to_owned()),
    }
    Ok(())
}

fn parse<T: DeserializeOwned>(body: Value) -> Result<T, String> {
    serde_json::from_value(body).map_err(|error| error.to_string())
}

fn said(panic: &(dyn Any + Send)) -> String {
    panic.downcast_ref::<String>().cloned().unwrap_or_else(|| "it panicked".to_owned())
}
