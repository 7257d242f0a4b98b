use serde_json::json;

use super::build::*;

const NAME: &str = "https://api.corp.test";
const V4: &str = "https://192.0.2.1";
const V6: &str = "https://[2001:db8::1]";

/// What `NO_PROXY` says, an endpoint that it keeps from the proxy, and the name of the case.
const DIRECT: &[(&str, &str, &str)] = &[
    ("*", NAME, "everything"),
    ("*", V4, "everything-v4"),
    ("*", V6, "everything-v6"),
    (" other.test , * ", V4, "everything-among-others"),
    ("api.corp.test", NAME, "the-host"),
    ("API.Corp.TEST", NAME, "the-host-in-other-letters"),
    ("api.corp.test.", NAME, "the-host-with-its-root"),
    ("corp.test", NAME, "a-domain"),
    ("corp.test.", NAME, "a-domain-with-its-root"),
    (".corp.test", NAME, "a-domain-with-a-dot"),
    (".corp.test", "https://corp.test", "a-domain-with-a-dot-itself"),
    ("*.corp.test", NAME, "a-domain-with-a-star"),
    ("*.TEST.", NAME, "a-domain-with-a-star-and-its-root"),
    ("api.corp.test:443", NAME, "the-host-and-its-default-port"),
    ("api.corp.test:8443", "https://api.corp.test:8443", "the-host-and-its-port"),
    ("api.corp.test", "https://api.corp.test:8443", "the-host-on-another-port"),
    (".corp.test:443", NAME, "a-domain-and-a-port"),
    ("*.corp.test:443", NAME, "a-domain-with-a-star-and-a-port"),
    ("a.test,api.corp.test", NAME, "a-comma"),
    ("a.test, api.corp.test", NAME, "a-comma-and-a-blank"),
    ("a.test api.corp.test b.test", NAME, "blanks"),
    ("a.test\tapi.corp.test", NAME, "a-tab"),
    (",,api.corp.test,", NAME, "empty-entries"),
    ("192.0.2.1", V4, "v4"),
    ("192.0.2.1:443", V4, "v4-and-a-port"),
    ("192.0.2.0/24", V4, "v4-network"),
    ("192.0.2.77/24", V4, "v4-network-by-another-address"),
    ("192.0.2.1/32", V4, "v4-network-of-one"),
    ("0.0.0.0/0", V4, "v4-network-of-all"),
    ("::ffff:192.0.2.1", V4, "v4-in-v6"),
    ("2001:db8::1", V6, "v6"),
    ("2001:DB8:0:0::0001", V6, "v6-at-length"),
    ("[2001:db8::1]", V6, "v6-in-brackets"),
    ("[2001:db8::1]:443", V6, "v6-and-a-port"),
    ("2001:db8::/32", V6, "v6-network"),
    ("[2001:db8::]/32", V6, "v6-network-in-brackets"),
];

/// What `NO_PROXY` says, an endpoint that is asked by the proxy all the same, and the name of the case.
const PROXIED: &[(&str, &str, &str)] = &[
    (",  ,", NAME, "nothing"),
    ("other.test", NAME, "another-host"),
    ("orp.test", NAME, "a-part-of-a-label"),
    ("api.corp.test.example", NAME, "a-longer-host"),
    ("*.corp.test", "https://corp.test", "a-domain-with-a-star-itself"),
    ("*.corp.test", "https://notcorp.test", "a-star-in-a-label"),
    ("api.*.test", NAME, "a-star-within"),
    ("*api.corp.test", NAME, "a-star-without-a-dot"),
    (".", NAME, "a-dot"),
    ("*.", NAME, "a-star-and-a-dot"),
    ("api.corp.test:8443", NAME, "another-port"),
    (".corp.test:80", NAME, "a-domain-on-another-port"),
    ("api.corp.test:", NAME, "no-port-after-the-colon"),
    ("api.corp.test:https", NAME, "a-port-by-name"),
    (":443", NAME, "a-port-alone"),
    ("https://api.corp.test", NAME, "a-url"),
    ("0.0.0.0/0", NAME, "a-network-and-a-name"),
    ("192.0.2.2", V4, "another-v4"),
    ("192.0.2", V4, "a-part-of-v4"),
    ("2.1", V4, "the-end-of-v4"),
    ("192.0.2.1:80", V4, "v4-on-another-port"),
    ("192.0.3.0/24", V4, "another-v4-network"),
    ("192.0.2.1/33", V4, "too-small-a-network"),
    ("192.0.2.0/", V4, "no-size-of-a-network"),
    ("::/0", V4, "v6-network-and-v4"),
    ("2001:db8::2", V6, "another-v6"),
    ("[2001:db8::1]:80", V6, "v6-on-another-port"),
    ("[2001:db8::1", V6, "v6-with-one-bracket"),
    ("0.0.0.0/0", V6, "v4-network-and-v6"),
];

/// Whether the proxy would be asked shows when the client is made: it is one that no client can use.
pub(super) fn all() -> Vec<Draft> {
    let draft = |group: &str, (exceptions, endpoint, name): &(&str, &str, &str)| {
        construct(format!("network/no-proxy/{group}/{name}"))
            .set("endpoint", *endpoint)
            .env("HTTPS_PROXY", "socks5://proxy.example.com")
            .env("NO_PROXY", exceptions)
    };
    let mut drafts: Vec<_> = DIRECT.iter().map(|case| draft("direct", case).gives(json!({}))).collect();
    drafts.extend(PROXIED.iter().map(|case| draft("proxied", case).refused(&["proxy"])));
    for (name, exceptions, direct) in
        [("http", "api.corp.test:80", true), ("http-on-443", "api.corp.test:443", false)]
    {
        let draft = construct(format!("network/no-proxy/port/{name}"))
            .set("endpoint", "http://api.corp.test")
            .set("allow_http", true)
            .env("HTTP_PROXY", "socks5://proxy.example.com")
            .env("no_proxy", exceptions);
        drafts.push(if direct { draft.gives(json!({})) } else { draft.refused(&["proxy"]) });
    }
    drafts
}
