//! WebAuthn, all of it by `webauthn-rs`: what is here only chooses its settings and words its refusals.

use std::time::Duration;

use passlock_emulator::ApiError;
use serde_json::Value;
use webauthn_rs_core::WebauthnCore;
use webauthn_rs_core::error::WebauthnError;
use webauthn_rs_core::proto::{
    AuthenticationResult, AuthenticationState, AuthenticatorTransport, Credential, PublicKeyCredential,
    RegisterPublicKeyCredential, RegistrationState, UserVerificationPolicy,
};

use crate::config::Settings;

/// How long a ceremony may take.
pub(crate) const CEREMONY_TIME: Duration = Duration::from_secs(300);

/// The one relying party. Each allowed origin has a verifier of its own, since only some allow any port.
#[derive(Debug)]
pub(crate) struct RelyingParty {
    first: WebauthnCore,
    others: Vec<WebauthnCore>,
}

/// Who registers a passkey.
pub(crate) struct Registrant<'a> {
    pub(crate) handle: &'a [u8],
    pub(crate) email: &'a str,
    pub(crate) display_name: &'a str,
}

impl RelyingParty {
    pub(crate) fn new(settings: &Settings) -> Self {
        let verifier = |origins, any_port| {
            WebauthnCore::new_unsafe_experts_only(
                "Passlock emulator",
                &settings.rp_id,
                origins,
                CEREMONY_TIME,
                Some(false),
                Some(any_port),
            )
        };
        let mut verifiers =
            settings.origins.iter().map(|origin| verifier(vec![origin.url().clone()], origin.any_port()));
        Self {
            // Without any origin nothing is allowed.
            first: verifiers.next().unwrap_or_else(|| verifier(Vec::new(), false)),
            others: verifiers.collect(),
        }
    }

    pub(crate) fn begin_registration(
        &self,
        registrant: &Registrant<'_>,
        policy: UserVerificationPolicy,
    ) -> Result<(Value, RegistrationState), ApiError> {
        let builder = self
            .first
            .new_challenge_register_builder(registrant.handle, registrant.email, registrant.display_name)
            .map_err(refused)?
            .user_verification_policy(policy)
            // The browser offers it without being told who logs in.
            .require_resident_key(true);
        let (challenge, state) = self.first.generate_challenge_register(builder).map_err(refused)?;
        Ok((serde_json::json!(challenge.public_key), state))
    }

    pub(crate) fn finish_registration(
        &self,
        credential: &RegisterPublicKeyCredential,
        state: &RegistrationState,
    ) -> Result<Credential, ApiError> {
        let mut registered = self
            .by_origin(|verifier| verifier.register_credential(credential, state, None))
            .map_err(refused)?;
        // A client refuses to read any other name.
        if let Some(transports) = &mut registered.transports {
            transports.retain(|transport| {
                !matches!(transport, AuthenticatorTransport::Test | AuthenticatorTransport::Unknown)
            });
        }
        Ok(registered)
    }

    pub(crate) fn begin_authentication(
        &self,
        credentials: Vec<Credential>,
        policy: UserVerificationPolicy,
    ) -> Result<(Value, AuthenticationState), ApiError> {
        let builder =
            self.first.new_challenge_authenticate_builder(credentials, Some(policy)).map_err(refused)?;
        let (challenge, state) = self.first.generate_challenge_authenticate(builder).map_err(refused)?;
        let mut public_key = serde_json::json!(challenge.public_key);
        // None named: the user chooses. Absent says the same as empty, to every client.
        if let Some(fields) = public_key.as_object_mut() {
            fields.retain(|name, value| name != "allowCredentials" || value != &Value::Array(Vec::new()));
        }
        Ok((public_key, state))
    }

    /// Checks an assertion against the credential as it is stored now: its counter may have moved on in the meantime.
    pub(crate) fn finish_authentication(
        &self,
        assertion: &PublicKeyCredential,
        state: &AuthenticationState,
        stored: &mut Credential,
    ) -> Result<AuthenticationResult, ApiError> {
        let result = self
            .by_origin(|verifier| verifier.authenticate_single_credential(assertion, state, stored))
            .map_err(refused)?;
        if result.needs_update() {
            stored.counter = result.counter();
            stored.backup_state = result.backup_state();
            stored.backup_eligible = result.backup_eligible();
        }
        Ok(result)
    }

    /// The first verifier whose origin it is decides.
    fn by_origin<T>(
        &self,
        verify: impl Fn(&WebauthnCore) -> Result<T, WebauthnError>,
    ) -> Result<T, WebauthnError> {
        self.others.iter().fold(verify(&self.first), |result, verifier| match result {
            Err(WebauthnError::InvalidRPOrigin) => verify(verifier),
            decided => decided,
        })
    }
}

/// The tag of a refusal: what breaks a rule of the relying party is `Forbidden`, what proves nothing is `Unauthorized`, and
/// what can't be understood is `BadRequest`.
fn refused(error: WebauthnError) -> ApiError {
    use WebauthnError as E;
    let message = error.to_string();
    match error {
        E::InvalidRPOrigin
        | E::InvalidRPIDHash
        | E::CredentialCrossOrigin
        | E::UserNotPresent
        | E::UserNotVerified => ApiError::forbidden(message),
        E::MismatchedChallenge
        | E::AuthenticationFailure
        | E::SignatureInvalid
        | E::AttestationStatementSigInvalid
        | E::CredentialNotFound
        | E::CredentialPossibleCompromise
        | E::CredentialBackupEligibilityInconsistent
        | E::CredentialMayNotBeHardwareBound => ApiError::unauthorized(message),
        _ => ApiError::bad_request(message),
    }
}
