//! What `jsonwebtoken` asks of cryptography, by ring: it brings another stack along otherwise.

use ::signature::{Error, Signer, Verifier};
use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{ErrorKind, Result};
use jsonwebtoken::{Algorithm, DecodingKey, DecodingKeyKind, EncodingKey};
use ring::rand::SystemRandom;
use ring::signature::{self, EcdsaKeyPair, KeyPair as _, RsaPublicKeyComponents, UnparsedPublicKey};

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: |algorithm, key| match algorithm {
        Algorithm::ES256 => Ok(Box::new(Es256(pair(key.as_bytes())?))),
        _ => Err(ErrorKind::UnsupportedAlgorithm.into()),
    },
    verifier_factory: |algorithm, key| match algorithm {
        Algorithm::ES256 | Algorithm::RS256 => Ok(Box::new(PublicKey(*algorithm, key.clone()))),
        _ => Err(ErrorKind::UnsupportedAlgorithm.into()),
    },
    // They are for keys of other kinds.
    key_utils: KeyUtils::new_unimplemented(),
};

/// A program that has a provider of its own keeps it.
pub(crate) fn install() {
    if CryptoProvider::try_get_default().is_none() {
        // Another thread may have been faster, with this one.
        let _ = PROVIDER.install_default();
    }
}

/// A new private key, and the coordinates of its public one.
pub(crate) fn generate() -> Result<(EncodingKey, Vec<u8>, Vec<u8>)> {
    let failed = |_| ErrorKind::InvalidEcdsaKey;
    let pkcs8 =
        EcdsaKeyPair::generate_pkcs8(&signature::ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
            .map_err(failed)?;
    let public = pair(pkcs8.as_ref())?.public_key().as_ref().to_vec();
    // 0x04, and two coordinates of 32 bytes.
    let (x, y) =
        public.get(1..).and_then(|both| both.split_at_checked(32)).ok_or(ErrorKind::InvalidEcdsaKey)?;
    Ok((EncodingKey::from_ec_der(pkcs8.as_ref()), x.to_vec(), y.to_vec()))
}

fn pair(pkcs8: &[u8]) -> Result<EcdsaKeyPair> {
    EcdsaKeyPair::from_pkcs8(&signature::ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8, &SystemRandom::new())
        .map_err(|_| ErrorKind::InvalidEcdsaKey.into())
}

struct Es256(EcdsaKeyPair);

impl Signer<Vec<u8>> for Es256 {
    fn try_sign(&self, message: &[u8]) -> std::result::Result<Vec<u8>, Error> {
        let signed = self.0.sign(&SystemRandom::new(), message).map_err(|_| Error::new())?;
        Ok(signed.as_ref().to_vec())
    }
}

impl JwtSigner for Es256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::ES256
    }
}

struct PublicKey(Algorithm, DecodingKey);

impl Verifier<Vec<u8>> for PublicKey {
    fn verify(&self, message: &[u8], signed: &Vec<u8>) -> std::result::Result<(), Error> {
        let verified = match (self.0, self.1.kind()) {
            (Algorithm::RS256, DecodingKeyKind::RsaModulusExponent { n, e }) => {
                RsaPublicKeyComponents { n, e }.verify(
                    &signature::RSA_PKCS1_2048_8192_SHA256,
                    message,
                    signed,
                )
            }
            (Algorithm::ES256, DecodingKeyKind::SecretOrDer(point)) => {
                UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, point).verify(message, signed)
            }
            _ => return Err(Error::new()),
        };
        verified.map_err(|_| Error::new())
    }
}

impl JwtVerifier for PublicKey {
    fn algorithm(&self) -> Algorithm {
        self.0
    }
}
