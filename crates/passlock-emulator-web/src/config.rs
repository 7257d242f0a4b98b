//! The settings of the browser API.

use passlock_emulator::StartError;

use crate::origins::OriginPattern;

/// The settings of a [`Browser`](crate::Browser), checked once when it is created.
#[derive(Clone, Debug, Default)]
pub struct BrowserConfig {
    origins: Vec<String>,
    rp_id: Option<String>,
    single_use_tokens: bool,
}

impl BrowserConfig {
    /// Pages of `http://localhost:*`, and the relying party `localhost`.
    pub fn new() -> Self {
        Self::default()
    }

    /// Allows the pages of an origin: `http://localhost:3000`, `http://localhost:*` for any port, or `https://` with a
    /// host name. May be given more than once; the first one replaces the default.
    pub fn origin(mut self, origin: impl Into<String>) -> Self {
        self.origins.push(origin.into());
        self
    }

    /// The relying party id that passkeys are bound to: the host of every origin, or a domain above it. By default the host
    /// of the first origin.
    pub fn rp_id(mut self, rp_id: impl Into<String>) -> Self {
        self.rp_id = Some(rp_id.into());
        self
    }

    /// Whether a token issued by a login can be exchanged only once. Off by default, because Passlock does not document
    /// this.
    pub fn single_use_tokens(mut self, on: bool) -> Self {
        self.single_use_tokens = on;
        self
    }

    pub(crate) fn check(self) -> Result<Settings, StartError> {
        let texts =
            if self.origins.is_empty() { vec!["http://localhost:*".to_owned()] } else { self.origins };
        let origins = texts
            .iter()
            .map(|text| {
                OriginPattern::parse(text)
                    .map_err(|why| StartError::Config(format!("the origin {text:?} {why}")))
            })
            .collect::<Result<Vec<_>, _>>()?;
        let rp_id = match (self.rp_id, origins.first()) {
            (Some(rp_id), _) => rp_id,
            (None, Some(first)) => first.host().to_owned(),
            (None, None) => "localhost".to_owned(),
        };
        if let Some(origin) = origins.iter().find(|origin| !origin.is_below(&rp_id)) {
            return Err(StartError::Config(format!(
                "the relying party id {rp_id:?} is neither the host of {origin} nor a domain above it"
            )));
        }
        Ok(Settings { origins, rp_id, single_use_tokens: self.single_use_tokens })
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) origins: Vec<OriginPattern>,
    pub(crate) rp_id: String,
    pub(crate) single_use_tokens: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_relying_party_is_the_host_or_above_it() {
        let rp_id = |config: BrowserConfig| config.check().map(|settings| settings.rp_id).ok();
        assert_eq!(rp_id(BrowserConfig::new()).as_deref(), Some("localhost"));
        let app = BrowserConfig::new().origin("https://app.example.test");
        assert_eq!(rp_id(app.clone()).as_deref(), Some("app.example.test"));
        assert_eq!(rp_id(app.clone().rp_id("example.test")).as_deref(), Some("example.test"));
        for wrong in ["test", "ample.test", "b.app.example.test", "localhost", ""] {
            assert_eq!(rp_id(app.clone().rp_id(wrong)), None, "{wrong}");
        }
        assert_eq!(rp_id(app.origin("http://localhost:1")), None);
    }
}
