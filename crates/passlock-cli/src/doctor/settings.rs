//! The settings that are in use, and where each comes from.

use passlock_core::{Config, Limit};
use passlock_net::{ProxyRule, ROOT_VARIABLES};

use super::check::Setting;
use crate::args::CallArgs;

const DEFAULT: &str = "default";

/// What is shown of each; of what could not be read only where it comes from.
pub(crate) fn list(args: &CallArgs, config: Option<&Config>) -> Vec<Setting> {
    let key = match &args.api_key_file {
        Some(_) => "argument --api-key-file".to_owned(),
        None => environment("PASSLOCK_API_KEY").unwrap_or_else(|| "missing".to_owned()),
    };
    let show = |value: fn(&Config) -> String| config.map(value).unwrap_or_default();
    let roots = ROOT_VARIABLES.iter().filter_map(|name| environment(name));
    let roots = roots.reduce(|all, one| format!("{all}, {one}"));
    let proxy = config.map_or(ProxyRule::Unset, ProxyRule::of);
    vec![
        Setting {
            name: "tenancyId",
            value: config.map(tenancy).unwrap_or_default(),
            origin: environment("PASSLOCK_TENANCY_ID").unwrap_or_else(|| "missing".to_owned()),
        },
        Setting { name: "apiKey", value: show(|_| "[redacted]".to_owned()), origin: key },
        Setting {
            name: "endpoint",
            value: show(|config| config.endpoint().as_str().to_owned()),
            origin: environment("PASSLOCK_ENDPOINT").unwrap_or_else(|| DEFAULT.to_owned()),
        },
        Setting {
            name: "timeout",
            value: show(|config| format!("{} s", config.limits().of(Limit::Timeout).as_secs_f64())),
            origin: args.timeout.map_or(DEFAULT, |_| "argument --timeout").to_owned(),
        },
        Setting {
            name: "proxy",
            // Its credentials are never shown.
            value: config.map(proxy_shown).unwrap_or_default(),
            origin: match proxy {
                ProxyRule::Variable(variable) => format!("environment {variable}"),
                ProxyRule::Excepted(_) => "environment NO_PROXY".to_owned(),
                _ => DEFAULT.to_owned(),
            },
        },
        Setting {
            name: "roots",
            value: if roots.is_some() { "replaced" } else { "the platform's" }.to_owned(),
            origin: roots.unwrap_or_else(|| DEFAULT.to_owned()),
        },
    ]
}

/// Where a variable is set, and not empty.
fn environment(name: &str) -> Option<String> {
    let value = passlock_net::process_environment(name)?;
    (!value.trim().is_empty()).then(|| format!("environment {name}"))
}

/// Tenancy and key are swapped now and then, and this report is made to be shown to others: enough of it to know it again, of one
/// that is long enough to be a key.
fn tenancy(config: &Config) -> String {
    let id = config.tenancy_id();
    match id.chars().count() {
        ..8 => id.to_owned(),
        count => format!("{}… ({count} characters)", id.chars().take(3).collect::<String>()),
    }
}

fn proxy_shown(config: &Config) -> String {
    match passlock_net::proxy_for(config) {
        Ok(Some(proxy)) => proxy.authority().to_owned(),
        Ok(None) => "none".to_owned(),
        Err(_) => "can't be used".to_owned(),
    }
}
