//! Id tokens of Apple and Google, or of issuers that stand in for them: set through the control API, verified by `jsonwebtoken`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, EncodingKey, Header, Validation};
use passlock_emulator::ApiError;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::ring_provider;

/// Who signs in for others. No other names are known to Passlock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Provider {
    Apple,
    Google,
}

impl Provider {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Apple => "apple",
            Self::Google => "google",
        }
    }
}

/// What `POST /_emulator/issuers` takes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewIssuer {
    pub(crate) provider: Provider,
    issuer: String,
    audience: String,
    jwks: Option<JwkSet>,
}

/// Whose id tokens are accepted.
#[derive(Clone, Debug)]
pub(crate) struct Issuer {
    issuer: String,
    audience: String,
    jwks: JwkSet,
    /// Only for an issuer that the emulator acts as.
    signing_key: Option<EncodingKey>,
}

/// What an id token says of its user.
#[derive(Debug, Deserialize)]
pub(crate) struct Claims {
    pub(crate) sub: String,
    pub(crate) email: Option<String>,
    #[serde(default)]
    email_verified: Truth,
    pub(crate) given_name: Option<String>,
    pub(crate) family_name: Option<String>,
    nonce: Option<String>,
}

/// Apple writes "true".
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Truth {
    Bool(bool),
    Text(String),
}

impl Default for Truth {
    fn default() -> Self {
        Self::Bool(false)
    }
}

impl Claims {
    pub(crate) fn email_verified(&self) -> bool {
        match &self.email_verified {
            Truth::Bool(verified) => *verified,
            Truth::Text(text) => text == "true",
        }
    }
}

impl Issuer {
    pub(crate) fn new(new: NewIssuer) -> Result<Self, ApiError> {
        ring_provider::install();
        if new.issuer.is_empty() || new.audience.is_empty() {
            return Err(ApiError::bad_request("issuer and audience must not be empty"));
        }
        let (jwks, signing_key) = match new.jwks {
            Some(jwks) => (jwks, None),
            None => {
                let (jwks, key) = own_key().map_err(|_| ApiError::bad_request("No key could be made"))?;
                (jwks, Some(key))
            }
        };
        if jwks.keys.is_empty() || keys(&jwks, None).count() != jwks.keys.len() {
            return Err(ApiError::bad_request(
                "jwks must contain public keys for RS256 or ES256, and no others",
            ));
        }
        Ok(Self { issuer: new.issuer, audience: new.audience, jwks, signing_key })
    }

    pub(crate) fn jwks(&self) -> &JwkSet {
        &self.jwks
    }

    /// An id token with these claims in place of the usual ones.
    pub(crate) fn sign(&self, claims: Map<String, Value>, now_seconds: i64) -> Result<String, ApiError> {
        let key = self.signing_key.as_ref().ok_or_else(|| {
            ApiError::bad_request("This issuer has keys of its own: only it can sign its id tokens")
        })?;
        let Some(email) = claims.get("email").cloned() else {
            return Err(ApiError::bad_request("claims must have an email"));
        };
        let mut all = json!({
            "iss": self.issuer, "aud": self.audience, "sub": email, "email_verified": true,
            "iat": now_seconds, "exp": now_seconds.saturating_add(3_600),
        });
        if let Some(all) = all.as_object_mut() {
            all.extend(claims);
        }
        let mut header = Header::new(Algorithm::ES256);
        header.kid = self.jwks.keys.first().and_then(|key| key.common.key_id.clone());
        jsonwebtoken::encode(&header, &all, key).map_err(|_| ApiError::bad_request("claims can't be signed"))
    }

    /// Whose id token this is, if it is one of this issuer, for this audience, now, and for this login.
    pub(crate) fn verify(&self, id_token: &str, nonce: &str, now_seconds: i64) -> Result<Claims, ApiError> {
        let header = jsonwebtoken::decode_header(id_token).map_err(refused)?;
        let no_key =
            || ApiError::unauthorized("The id token is signed with a key that its issuer does not have");
        let mut result = Err(no_key());
        for (key, algorithm) in keys(&self.jwks, header.kid.as_deref()) {
            let decoded = jsonwebtoken::decode(id_token, &key, &self.validation(algorithm, now_seconds));
            result = decoded.map(|data| data.claims).map_err(refused);
            if result.is_ok() {
                break;
            }
        }
        let claims: Claims = result?;
        if claims.nonce.as_deref() == Some(nonce) {
            Ok(claims)
        } else {
            Err(ApiError::unauthorized("The id token has another nonce"))
        }
    }

    fn validation(&self, algorithm: Algorithm, now_seconds: i64) -> Validation {
        let mut validation = Validation::new(algorithm);
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[&self.audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.validate_nbf = true;
        // The library has the real time, and the emulator's clock is ahead of it by this much. The leeway lets in what
        // is valid from then on; it would also let in what has expired for as long, so that is taken off again.
        let real = jsonwebtoken::get_current_timestamp();
        let ahead = u64::try_from(now_seconds).unwrap_or(0).saturating_sub(real);
        validation.leeway = validation.leeway.saturating_add(ahead).min(real);
        validation.reject_tokens_expiring_in_less_than = ahead.saturating_mul(2);
        validation
    }
}

/// The public keys that may have signed what names this key, or none.
fn keys<'a>(jwks: &'a JwkSet, kid: Option<&'a str>) -> impl Iterator<Item = (DecodingKey, Algorithm)> + 'a {
    jwks.keys
        .iter()
        .filter(move |jwk| kid.is_none() || jwk.common.key_id.as_deref() == kid)
        .filter_map(|jwk| DecodingKey::from_jwk(jwk).ok())
        .filter_map(|key| match key.family() {
            AlgorithmFamily::Rsa => Some((key, Algorithm::RS256)),
            AlgorithmFamily::Ec => Some((key, Algorithm::ES256)),
            _ => None,
        })
}

fn own_key() -> Result<(JwkSet, EncodingKey), Error> {
    let (key, x, y) = ring_provider::generate()?;
    let encoded = [x, y].map(|bytes| URL_SAFE_NO_PAD.encode(bytes));
    let jwk = json!({
        "kty": "EC", "crv": "P-256", "x": encoded[0], "y": encoded[1], "alg": "ES256", "use": "sig", "kid": "emulator",
    });
    Ok((serde_json::from_value(json!({ "keys": [jwk] }))?, key))
}

/// Whatever proves nothing is `Unauthorized`, and what is no id token is `BadRequest`.
fn refused(error: Error) -> ApiError {
    match error.kind() {
        ErrorKind::InvalidSignature => ApiError::unauthorized("The id token has a wrong signature"),
        ErrorKind::ExpiredSignature => ApiError::unauthorized("The id token has expired"),
        ErrorKind::ImmatureSignature => ApiError::unauthorized("The id token is not valid yet"),
        ErrorKind::InvalidIssuer => ApiError::unauthorized("The id token is of another issuer"),
        ErrorKind::InvalidAudience => ApiError::unauthorized("The id token is for another audience"),
        ErrorKind::InvalidAlgorithm | ErrorKind::UnsupportedAlgorithm => {
            ApiError::unauthorized("The id token is not signed by the algorithm of its issuer's key")
        }
        ErrorKind::MissingRequiredClaim(name) | ErrorKind::InvalidClaimFormat(name) => {
            ApiError::unauthorized(format!("The id token has no valid claim {name:?}"))
        }
        _ => ApiError::bad_request("idToken is not an id token"),
    }
}
