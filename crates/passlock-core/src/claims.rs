//! The checks on a principal's claims.

use std::time::{Duration, SystemTime};

use crate::error::{Claim, Error, Message, Name};
use crate::message;
use crate::model::{AuthType, Principal};

/// Which claims are checked after an exchange, and against what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimChecks {
    pub(crate) enabled: bool,
    pub(crate) leeway: Duration,
    pub(crate) issuer: Option<String>,
    pub(crate) require_user_verified: bool,
    /// Empty: any.
    pub(crate) auth_types: Vec<AuthType>,
}

impl Default for ClaimChecks {
    fn default() -> Self {
        Self {
            enabled: true,
            leeway: Duration::from_secs(60),
            issuer: None,
            require_user_verified: false,
            auth_types: Vec::new(),
        }
    }
}

/// A claim that fails its check, and why.
#[derive(Debug, PartialEq, Eq)]
pub struct ClaimMismatch {
    pub(crate) claim: Claim,
    pub(crate) message: Message,
}

impl ClaimChecks {
    /// Refuses settings that no principal could meet, or that would take the meaning out of the checks.
    pub(crate) fn validate(&self) -> Result<(), Error> {
        if self.leeway > Duration::from_secs(3600) {
            return Err(Error::config(message![Name("leeway"), " must be at most one hour"]));
        }
        if self.issuer.as_deref() == Some("") {
            return Err(Error::config(message![Name("issuer"), " is empty"]));
        }
        Ok(())
    }

    /// Checks `principal` for `tenancy_id` at the time `now`.
    pub(crate) fn check(
        &self,
        principal: &Principal,
        tenancy_id: &str,
        now: SystemTime,
    ) -> Result<(), ClaimMismatch> {
        if !self.enabled {
            return Ok(());
        }
        let refuse = |claim, message| Err(ClaimMismatch { claim, message });
        if principal.aud != tenancy_id {
            return refuse(
                Claim::Aud,
                // What to do comes first: whoever reports this may cut what the service wrote.
                message![
                    "the token was issued for another tenancy: check ",
                    Name("tenancy_id"),
                    " (",
                    Name("verify_claims"),
                    " = false switches all claim checks off); its aud is `",
                    principal.aud.as_str(),
                    "`",
                ],
            );
        }
        if plus(now, self.leeway) < principal.nbf {
            return refuse(Claim::Nbf, "the principal is not valid yet: check this machine's clock".into());
        }
        if now >= plus(principal.exp, self.leeway) {
            return refuse(
                Claim::Exp,
                "the principal has expired: log in again, and check this machine's clock".into(),
            );
        }
        if self.issuer.as_ref().is_some_and(|issuer| *issuer != principal.iss) {
            return refuse(
                Claim::Iss,
                message![
                    "the issuer is not the one that ",
                    Name("issuer"),
                    " requires: `",
                    principal.iss.as_str(),
                    "`"
                ],
            );
        }
        if self.require_user_verified && !principal.user_verified {
            return refuse(
                Claim::UserVerified,
                message![
                    "the authenticator did not verify the user, and ",
                    Name("require_user_verified"),
                    " is on"
                ],
            );
        }
        if !self.auth_types.is_empty() && !self.auth_types.contains(&principal.auth_type) {
            return refuse(
                Claim::AuthType,
                message![
                    "the authentication method is not one of ",
                    Name("auth_types"),
                    ": `",
                    principal.auth_type.as_str(),
                    "`",
                ],
            );
        }
        Ok(())
    }
}

/// Times of principals end in the year 9999 and a leeway is at most an hour, so only the clock can overflow: a clock
/// beyond that is past every expiry.
fn plus(time: SystemTime, leeway: Duration) -> SystemTime {
    time.checked_add(leeway).unwrap_or(time)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::tests::principal;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn claim(checks: &ClaimChecks, now: u64) -> Option<Claim> {
        checks.check(&principal(), "tenancy", at(now)).err().map(|mismatch| mismatch.claim)
    }

    #[test]
    fn a_principal_holds_from_nbf_to_exp_and_the_leeway_around_it() {
        let checks = ClaimChecks { leeway: Duration::from_secs(5), ..ClaimChecks::default() };
        for (now, expected) in
            [(994, Some(Claim::Nbf)), (995, None), (1000, None), (1364, None), (1365, Some(Claim::Exp))]
        {
            assert_eq!(claim(&checks, now), expected, "{now}");
        }
    }

    #[test]
    fn each_further_check_names_its_claim() {
        let checks = ClaimChecks::default();
        assert_eq!(checks.check(&principal(), "other", at(1000)).unwrap_err().claim, Claim::Aud);
        let with = |change: fn(&mut ClaimChecks)| {
            let mut checks = checks.clone();
            change(&mut checks);
            claim(&checks, 1000)
        };
        assert_eq!(with(|c| c.issuer = Some("elsewhere".into())), Some(Claim::Iss));
        assert_eq!(with(|c| c.issuer = Some("https://idp.passlock.dev".into())), None);
        assert_eq!(with(|c| c.require_user_verified = true), Some(Claim::UserVerified));
        assert_eq!(with(|c| c.auth_types = vec![AuthType::Apple, AuthType::Google]), Some(Claim::AuthType));
        assert_eq!(with(|c| c.auth_types = vec![AuthType::Apple, AuthType::Passkey]), None);
    }

    #[test]
    fn one_switch_turns_all_checks_off() {
        let checks = ClaimChecks { enabled: false, require_user_verified: true, ..ClaimChecks::default() };
        assert_eq!(checks.check(&principal(), "other", at(9_999_999)), Ok(()));
    }
}
