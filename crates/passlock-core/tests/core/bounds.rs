//! What only a compiler can check: that futures and values may cross threads.

use passlock_core::{Call, Config, Error, GetUser, Principal, User, UserUpdate, asynchronous, blocking};

use crate::support::{OPERATIONS, Script};

/// Compiles only if the futures of all operations are `Send` for any transport.
fn spawnable<T: asynchronous::Transport + Clone + 'static>(
    client: asynchronous::Client<T>,
) -> tokio::task::JoinHandle<()> {
    tokio::spawn(async move {
        for operation in &OPERATIONS {
            drop((operation.call)("any".to_owned()).asynchronous(&client).await);
        }
    })
}

/// The same for threads.
fn threadable<T: blocking::Transport + Clone + 'static>(
    client: blocking::Client<T>,
) -> std::thread::JoinHandle<()> {
    std::thread::spawn(move || {
        for operation in &OPERATIONS {
            drop((operation.call)("any".to_owned()).blocking(&client));
        }
    })
}

fn shared<T: Send + Sync + 'static>() {}

#[test]
fn values_may_be_shared_between_threads() {
    shared::<Error>();
    shared::<Principal>();
    shared::<User>();
    shared::<UserUpdate>();
    shared::<Config>();
    shared::<Call<'static, GetUser<'static>>>();
    shared::<asynchronous::Client<Script>>();
    shared::<blocking::Client<Script>>();
}

#[tokio::test]
async fn a_call_may_be_spawned() {
    let config = std::sync::Arc::new(
        Config::builder().tenancy_id("t").api_key("any-api-key").max_retries(0).build().unwrap(),
    );
    let script = || {
        let turns = OPERATIONS.iter().map(|_| crate::support::answer(404, "")).collect();
        Script::new(turns, std::time::SystemTime::UNIX_EPOCH, 0, std::time::Duration::ZERO)
    };
    let (one, other) = (script(), script());
    spawnable(asynchronous::Client::new(config.clone(), one.clone())).await.unwrap();
    assert_eq!(one.played().0.len(), OPERATIONS.len());
    threadable(blocking::Client::new(config, other.clone())).join().unwrap();
    assert_eq!(other.played().0.len(), OPERATIONS.len());
}
