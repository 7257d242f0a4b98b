//! What the routes share while they answer.

use passlock_emulator::Accounts;

use crate::config::Settings;
use crate::relying_party::RelyingParty;
use crate::state::State;

/// All that it takes to answer a request.
pub(crate) struct Context<'a, 'b> {
    pub(crate) settings: &'a Settings,
    pub(crate) relying_party: &'a RelyingParty,
    pub(crate) accounts: &'a mut Accounts<'b>,
    pub(crate) state: &'a mut State,
    pub(crate) now_millis: i64,
}
