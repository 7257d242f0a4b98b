//! What the browser's client sends. Fields that are not known are passed over, as the service does with newer clients.

use http::HeaderMap;
use http::header::CONTENT_TYPE;
use passlock_emulator::ApiError;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use webauthn_rs_core::proto::{PublicKeyCredential, RegisterPublicKeyCredential, UserVerificationPolicy};

use crate::id_token::Provider;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Status {
    pub(crate) email: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RegistrationOptions {
    pub(crate) email: String,
    pub(crate) given_name: Option<String>,
    pub(crate) family_name: Option<String>,
    #[serde(default)]
    pub(crate) user_verification: UserVerification,
    pub(crate) verify_email: Option<VerifyEmail>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RegistrationVerification {
    pub(crate) session: String,
    pub(crate) credential: RegisterPublicKeyCredential,
    pub(crate) verify_email: Option<VerifyEmail>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AuthenticationOptions {
    pub(crate) email: Option<String>,
    #[serde(default)]
    pub(crate) user_verification: UserVerification,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AuthenticationVerification {
    pub(crate) session: String,
    pub(crate) credential: PublicKeyCredential,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CodeVerification {
    pub(crate) code: String,
    pub(crate) token: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Resend {
    pub(crate) user_id: String,
    pub(crate) verify_email: VerifyEmail,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Social {
    pub(crate) provider: Provider,
    pub(crate) id_token: String,
    pub(crate) nonce: String,
}

/// How an email address must be verified.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "method", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(crate) enum VerifyEmail {
    Code,
    Link { redirect_url: String },
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum UserVerification {
    Required,
    #[default]
    Preferred,
    Discouraged,
}

impl From<UserVerification> for UserVerificationPolicy {
    fn from(wish: UserVerification) -> Self {
        match wish {
            UserVerification::Required => Self::Required,
            UserVerification::Preferred => Self::Preferred,
            UserVerification::Discouraged => Self::Discouraged_DO_NOT_USE,
        }
    }
}

/// Reads a body. Its type must be JSON's: a page can't send that to another origin without asking first.
pub(crate) fn parse<T: DeserializeOwned>(headers: &HeaderMap, body: &[u8]) -> Result<T, ApiError> {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let is_json = types.next().is_some_and(|value| {
        let essence = value.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default();
        essence.trim_ascii().eq_ignore_ascii_case(b"application/json")
    });
    if !is_json || types.next().is_some() {
        return Err(ApiError::bad_request("Content-Type must be application/json"));
    }
    serde_json::from_slice(body).map_err(|error| ApiError::bad_request(format!("Malformed body: {error}")))
}
