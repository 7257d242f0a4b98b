//! The async clients.

use std::sync::{Arc, RwLock};
use std::time::Instant;

use passlock_core::{Error, UserUpdate, asynchronous};
use tokio::runtime::Builder;
use tokio::time::timeout;

use super::work::{Ended, Task, Work};

/// What the async clients have in common. They have no type in common.
pub(crate) trait Client: Clone + Send + Sync + 'static {
    fn open(work: &Work) -> Result<Self, Error>;
    fn call(&self, task: &Task) -> impl Future<Output = Ended> + Send;
}

macro_rules! client {
    ($($package:ident)*) => {$(
        impl Client for $package::Client {
            fn open(work: &Work) -> Result<Self, Error> {
                let (config, resolver) = work.config()?;
                let transport = $package::Http::with_resolver(&config, resolver)?;
                Ok(asynchronous::Client::new(Arc::new(config), transport).into())
            }

            async fn call(&self, task: &Task) -> Ended {
                match (task.operation, &task.name) {
                    ("exchange_token", _) => Ended::of_principal(self.exchange_token(&task.argument).await),
                    (_, Some(name)) => {
                        let update = UserUpdate::new().given_name(name);
                        Ended::of_user(self.update_user(&task.argument, update).await)
                    }
                    _ => Ended::of_user(self.get_user(&task.argument).await),
                }
            }
        }
    )*};
}

client!(passlock passlock_hyper);

pub(crate) fn run<C: Client>(work: &Arc<Work>) -> Result<(), String> {
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    work.follow(|| {
        let client = C::open(work).map(|client| Arc::new(RwLock::new(client)));
        let callers: Vec<_> = client
            .into_iter()
            .flat_map(|client| {
                let spawn = |caller| runtime.spawn(calls(Arc::clone(work), Arc::clone(&client), caller));
                (0..work.at_once()).map(spawn).collect::<Vec<_>>()
            })
            .collect();
        let runtime = &runtime;
        move || {
            for caller in callers {
                drop(runtime.block_on(caller));
            }
        }
    })
}

async fn calls<C: Client>(work: Arc<Work>, shared: Arc<RwLock<C>>, caller: usize) {
    while work.goes() {
        // Now and then all get another client, while calls of the last one are in flight.
        if fastrand::u16(..300) == 0 {
            if let Ok(another) = C::open(&work) {
                *shared.write().unwrap_or_else(|poisoned| poisoned.into_inner()) = another;
            }
        }
        let client = shared.read().unwrap_or_else(|poisoned| poisoned.into_inner()).clone();
        let task = work.next(caller);
        let began = Instant::now();
        if work.is_doubled(&task) {
            client.call(&task).await;
        }
        if work.hangs() {
            std::future::pending::<()>().await;
        }
        let ended = match task.cancel_after {
            Some(after) => timeout(after, client.call(&task)).await.unwrap_or(Ended::Cancelled),
            None => client.call(&task).await,
        };
        work.ended(&task, began, ended);
    }
}
