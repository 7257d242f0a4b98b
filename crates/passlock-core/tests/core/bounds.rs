//! What only a compiler can check: that futures and values may cross threads.

use passlock_core::{
    Call, Config, Error, ExchangeToken, GetUser, Principal, UpdateUser, User, UserUpdate, asynchronous,
    blocking,
};

use crate::support::Script;

/// Compiles only if the futures of all three operations are `Send` for any transport.
fn spawnable<T: asynchronous::Transport + Clone + 'static>(
    client: asynchronous::Client<T>,
) -> tokio::task::JoinHandle<()> {
    tokio::spawn(async move {
        drop(client.call(ExchangeToken::new("token")).await);
        drop(client.call(GetUser::new("sub")).await);
        drop(client.call(UpdateUser::new("sub", UserUpdate::new().given_name("Ada"))).await);
    })
}

/// The same for threads.
fn threadable<T: blocking::Transport + Clone + 'static>(
    client: blocking::Client<T>,
) -> std::thread::JoinHandle<()> {
    std::thread::spawn(move || {
        drop(client.call(ExchangeToken::new("token")));
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
        let turns = (0..3).map(|_| crate::support::answer(404, "")).collect();
        Script::new(turns, std::time::SystemTime::UNIX_EPOCH, 0, std::time::Duration::ZERO)
    };
    let (one, other) = (script(), script());
    spawnable(asynchronous::Client::new(config.clone(), one.clone())).await.unwrap();
    assert_eq!(one.played().0.len(), 3);
    threadable(blocking::Client::new(config, other)).join().unwrap();
}
