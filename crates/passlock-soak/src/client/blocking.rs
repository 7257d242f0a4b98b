//! The blocking client, on a thread for each caller.

use std::sync::{Arc, RwLock};
use std::thread;
use std::time::Instant;

use passlock_blocking::{Client, Http};
use passlock_core::{Error, UserUpdate, blocking};

use super::work::{Ended, Task, Work};

fn open(work: &Work) -> Result<Client, Error> {
    let (config, resolver) = work.config()?;
    let transport = Http::with_resolver(&config, resolver)?;
    Ok(blocking::Client::new(Arc::new(config), transport).into())
}

pub(crate) fn run(work: &Arc<Work>) -> Result<(), String> {
    work.follow(|| {
        let client = open(work).map(|client| Arc::new(RwLock::new(client)));
        let callers: Vec<_> = client
            .into_iter()
            .flat_map(|client| {
                let spawn = |caller| {
                    let (work, client) = (Arc::clone(work), Arc::clone(&client));
                    thread::spawn(move || calls(&work, &client, caller))
                };
                (0..work.at_once()).map(spawn).collect::<Vec<_>>()
            })
            .collect();
        move || callers.into_iter().for_each(|caller| drop(caller.join()))
    })
}

fn calls(work: &Work, shared: &RwLock<Client>, caller: usize) {
    while work.goes() {
        if fastrand::u16(..300) == 0 {
            if let Ok(another) = open(work) {
                *shared.write().unwrap_or_else(|poisoned| poisoned.into_inner()) = another;
            }
        }
        let client = shared.read().unwrap_or_else(|poisoned| poisoned.into_inner()).clone();
        let task = work.next(caller);
        let began = Instant::now();
        let ended = call(&client, &task);
        work.ended(&task, began, ended);
    }
}

fn call(client: &Client, task: &Task) -> Ended {
    match (task.operation, &task.name) {
        ("exchange_token", _) => Ended::of_principal(client.exchange_token(&task.argument)),
        (_, Some(name)) => {
            Ended::of_user(client.update_user(&task.argument, UserUpdate::new().given_name(name)))
        }
        _ => Ended::of_user(client.get_user(&task.argument)),
    }
}
