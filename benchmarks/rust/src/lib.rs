//! What the benchmarks share.

pub mod measure;
pub mod peer;

/// The documented answer to an exchange, as every server and client of the benchmarks sees it.
pub const PRINCIPAL: &str = r#"{"iss":"https://idp.passlock.dev","aud":"tenancy-1","sub":"AZEsvivlFSmjNuaC0nVq","iat":1732406400,"nbf":1732406400,"exp":253402300000,"jti":"EpVzO2wfpqEDcs3ChKWJ1m9rDc8OtCE6","token":"EpVzO2wfpqEDcs3ChKWJ1m9rDc8OtCE6","userVerified":true,"authType":"passkey","authId":"9DxHAUYdjgVcWNXjLWsaG8","givenName":"Ada","familyName":"Lovelace","email":"ada@example.com","emailVerified":true}"#;

/// The tenancy of that answer.
pub const TENANCY: &str = "tenancy-1";

/// A key of the usual length.
pub const KEY: &str = "a-key-of-the-usual-length-0123456789";

/// The token that is exchanged.
pub const TOKEN: &str = "EpVzO2wfpqEDcs3ChKWJ1m9rDc8OtCE6";
