//! Inputs that are nearly right.

use std::ops::Range;

use proptest::{
    prelude::*,
    sample::{Index, select},
    test_runner::{Config, RngSeed},
};
use serde_json::{Map, Value, json};

use super::targets;

fn fixed(cases: u32) -> Config {
    Config { cases, rng_seed: RngSeed::Fixed(8259), failure_persistence: None, ..Config::default() }
}

proptest! {
    #![proptest_config(fixed(400))]

    #[test]
    fn metadata_are_taken_only_from_whom_they_were_asked(members in members(METADATA)) {
        targets::metadata(Value::Object(members).to_string().as_bytes());
    }

    #[test]
    fn key_documents_give_public_keys_alone(keys in prop::collection::vec(jwk(), 0..4)) {
        targets::jwks(json!({"keys": keys}).to_string().as_bytes());
    }

    #[test]
    fn sessions_come_out_of_their_own_cookies(lines in prop::collection::vec(cookies(), 0..3)) {
        targets::session_cookies(lines.join("\n").as_bytes());
    }

    #[test]
    fn a_sealed_session_with_a_letter_changed_is_none(
        word in select(vec!["{session}", "{long_session}", "{full_session}"]),
        place: Index,
        letter in select(b"A0_-.;= ".to_vec()),
    ) {
        let mut cookies = targets::expanded(word.as_bytes());
        let place = place.index(cookies.len());
        cookies[place] = letter;
        targets::session_cookies(&cookies);
    }

    #[test]
    fn a_plaintext_is_a_session_to_the_last_byte_or_nothing(which in 0..3_usize, place: Index, byte: u8, cut: Index) {
        let mut plaintext = targets::plaintexts().swap_remove(which);
        targets::sealed_session(&plaintext[..cut.index(plaintext.len())]);
        let place = place.index(plaintext.len());
        plaintext[place] = byte;
        targets::sealed_session(&plaintext);
    }

    #[test]
    fn a_callback_signs_in_only_with_all_it_takes(posted: bool, fields in fields(CALLBACK), headers in headers()) {
        targets::callback(request(if posted { "/posted" } else { "/callback" }, posted, &fields, &headers).as_bytes());
    }

    #[test]
    fn no_other_path_signs_anybody_in(
        path in select(vec!["/login", "/logout", "/refresh", "/backchannel-logout", "/frontchannel-logout"]),
        posted: bool,
        fields in fields(OTHER_PATHS),
        headers in headers(),
    ) {
        targets::login_paths(request(path, posted, &fields, &headers).as_bytes());
    }

    #[test]
    fn a_return_address_never_leaves(text in pieces(ADDRESS, 1..8)) {
        targets::return_address(text.as_bytes());
        targets::return_address(format!("https://app.example{text}").as_bytes());
    }

    #[test]
    fn a_configuration_gives_settings_or_problems(
        secrets: bool,
        authentication in members(AUTHENTICATION),
        oidc in members(OIDC),
        authorizer in members(AUTHORIZER),
    ) {
        let mut authentication = authentication;
        authentication.insert("oidcConfiguration".to_owned(), oidc.into());
        let file = json!({"authenticationConfiguration": authentication, "authorizerConfiguration": authorizer});
        let start = if secrets { "#secrets\n" } else { "" };
        targets::configuration(format!("{start}{file}").as_bytes());
    }

    #[test]
    fn any_text_is_a_configuration_or_a_problem(text in pieces(YAML, 0..24)) {
        targets::configuration(text.as_bytes());
    }

    #[test]
    fn the_authorization_header_counts_alone(lines in prop::collection::vec(pieces(AUTHORIZATION, 1..6), 0..3), session: bool) {
        let mut lines: String = lines.iter().map(|line| format!("authorization: {line}\n")).collect();
        if session {
            lines.push_str("cookie: {session}\n");
        }
        targets::authorization(lines.as_bytes());
    }
}

const METADATA: &[&str] = &[
    "issuer",
    "jwks_uri",
    "authorization_endpoint",
    "token_endpoint",
    "end_session_endpoint",
    "scopes_supported",
    "response_types_supported",
    "backchannel_logout_supported",
    "authorization_response_iss_parameter_supported",
];

const JWK: &[&str] = &["kty", "crv", "kid", "alg", "use", "key_ops", "n", "e", "x", "y", "d"];

const AUTHENTICATION: &[&str] = &[
    "provider",
    "authority",
    "clientId",
    "callbackUrl",
    "responseType",
    "publicKeyUrls",
    "jwtPrincipalClaims",
    "jwtPrincipalClaimsMapping",
    "additionalTrustedRedirectUris",
    "sessionExpiry",
    "trustedIssuers",
    "enableAutoRedirect",
    "unknown",
];

const OIDC: &[&str] = &[
    "id",
    "secret",
    "discoveryUri",
    "serverUrl",
    "callbackUrl",
    "audience",
    "issuer",
    "tenant",
    "scope",
    "customParams",
    "privateKey",
    "sessionSecret",
    "sessionStore",
    "clientAuthenticationMethod",
    "preferredJwsAlgorithm",
    "maxAge",
];

const AUTHORIZER: &[&str] = &[
    "adminPrincipals",
    "adminEmails",
    "allowedEmailDomains",
    "principalDomain",
    "enforcePrincipalDomain",
    "rolesClaim",
];

/// Members of these names, each with a value that is right for some of them.
fn members(names: &'static [&'static str]) -> impl Strategy<Value = Map<String, Value>> {
    let text = || {
        select(vec![
            "https://id.example",
            "https://id.example/",
            "http://id.example",
            "https://app.example/callback",
            "//evil.example",
            "client",
            "auth0",
            "custom-oidc",
            "a secret that is long enough for everything",
            "${HOST}",
            "${QUOTED:-x}",
            "${MISSING",
            "jane@company.com",
            "code",
            "RSA",
            "EC",
            "OKP",
            "P-256",
            "ES256",
            "sig",
            "AQAB",
            "7",
            "true",
            "",
        ])
    };
    let value = prop_oneof![
        6 => text().prop_map(Value::from),
        2 => prop::collection::vec(text(), 0..3).prop_map(Value::from),
        1 => prop::collection::btree_map(text(), text(), 0..3).prop_map(|map| json!(map)),
        1 => any::<bool>().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => Just(Value::Null),
        1 => any::<String>().prop_map(Value::from),
    ];
    prop::collection::btree_map(select(names).prop_map(str::to_owned), value, 0..12)
        .prop_map(|members| members.into_iter().collect())
}

/// A good key, with some members changed or left out.
fn jwk() -> impl Strategy<Value = Map<String, Value>> {
    let changes = (members(JWK), prop::collection::vec(select(JWK), 0..2));
    changes.prop_map(|(changed, left_out)| {
        let x = "axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY";
        let y = "T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU";
        let mut key = json!({"kty": "EC", "crv": "P-256", "x": x, "y": y});
        let key = key.as_object_mut().unwrap();
        key.extend(changed.into_iter().take(1));
        left_out.iter().for_each(|name| drop(key.remove(*name)));
        std::mem::take(key)
    })
}

/// A `Cookie` header that has to do with sessions.
fn cookies() -> impl Strategy<Value = String> {
    let name = prop_oneof![
        4 => Just("__Host-oidc_session".to_owned()),
        3 => "__Host-oidc_session\\.[0-9]{1,2}",
        1 => "[a-zA-Z_.-]{0,8}",
    ];
    let value = prop_oneof!["[0-9]{0,2}\\.[A-Za-z0-9_-]{0,9}", Just("x".repeat(3968)), "[ -~]{0,9}"];
    let pair = (name, value).prop_map(|(name, value)| format!("{name}={value}"));
    let word = select(vec!["{session}", "{long_session}"]).prop_map(str::to_owned);
    prop::collection::vec(prop_oneof![2 => word, 3 => pair], 0..3).prop_map(|pairs| pairs.join("; "))
}

/// Parameters with values that are right, or nearly.
type Fields = &'static [(&'static str, &'static [&'static str])];

const CALLBACK: Fields = &[
    ("code", &["good", "good", "good", "bad", "", "good%20"]),
    ("state", &["{state}", "{posted_state}", "{state}x", "again.x", ""]),
    ("id_token", &["{id_token}", "{id_token}", "{forged_id_token}", "{token}", "a.b.c"]),
    ("iss", &["https://id.example", "https://evil.example"]),
    ("error", &["login_required", "<hunter2>"]),
    ("st%61te", &["{state}"]),
];

const OTHER_PATHS: Fields = &[
    ("return_to", &["/a", "//evil.example", "https://other.example/exact?a=1", "/<hunter2>", "%2f%2fevil.example"]),
    ("target_link_uri", &["/b", "https://evil.example"]),
    ("iss", &["https://id.example", "https://evil.example"]),
    ("login_hint", &["<hunter2>", "jane%00"]),
    ("logout_token", &["{id_token}", "{token}", "a.b.c"]),
    ("sid", &["1", "<hunter2>"]),
    ("code", &["good"]),
    ("state", &["{state}"]),
];

/// The fields of a form or of a query.
fn fields(known: Fields) -> impl Strategy<Value = String> {
    let field = select(known).prop_flat_map(|(name, values)| (Just(name), select(values)));
    let written = |(name, value)| format!("{name}={value}");
    prop::collection::vec(field.prop_map(written), 0..5).prop_map(|fields| fields.join("&"))
}

/// What a browser sends along.
fn headers() -> impl Strategy<Value = String> {
    let line = select(vec![
        "cookie: {login}",
        "cookie: {login}",
        "cookie: {posted_login}; a=b",
        "cookie: {posted_login}",
        "cookie: {session}",
        "cookie: {long_session}",
        "sec-fetch-site: same-origin",
        "sec-fetch-site: cross-site",
        "sec-fetch-mode: navigate",
        "sec-purpose: prefetch",
        "origin: https://app.example",
        "origin: https://evil.example",
        "accept: text/html",
        "accept: application/json",
    ]);
    prop::collection::vec(line, 0..5).prop_map(|lines| lines.iter().map(|line| format!("{line}\n")).collect())
}

fn request(path: &str, posted: bool, fields: &str, headers: &str) -> String {
    let form = "content-type: application/x-www-form-urlencoded\n";
    if posted { format!("POST {path}\n{headers}{form}\n{fields}") } else { format!("GET {path}?{fields}\n{headers}") }
}

const ADDRESS: &[&str] = &[
    "/",
    "/",
    "//",
    "\\",
    "..",
    ".",
    "%2f",
    "%5C",
    "%2e",
    "%09",
    "\t",
    "\n",
    "@",
    ":",
    ";",
    "?",
    "#",
    "a",
    "%e2%82%ac",
    "\u{ff0f}",
    "evil.example",
    "app.example",
    "https:",
    "javascript:",
    "return_to=/",
    "%00",
    "&",
];

const YAML: &[&str] = &[
    "authenticationConfiguration",
    "authorizerConfiguration",
    "oidcConfiguration",
    "authority",
    "secret",
    ": ",
    ":\n",
    "\n",
    "  ",
    "- ",
    "&a ",
    "*a",
    "[",
    "]",
    "{",
    "}",
    ", ",
    "\"",
    "'",
    "|\n",
    "#",
    "!!str ",
    "<<: ",
    "---\n",
    "${",
    "}",
    "https://id.example",
    "1",
];

const AUTHORIZATION: &[&str] = &[
    "Bearer ",
    "bearer ",
    "Bearer",
    "Basic ",
    "{token}",
    "{token}",
    "{forged_token}",
    "{id_token}",
    " ",
    ",",
    "\t",
    "a.b.c",
    "x",
];

/// Pieces of a text in any order.
fn pieces(all: &'static [&'static str], count: Range<usize>) -> impl Strategy<Value = String> {
    prop::collection::vec(select(all), count).prop_map(|pieces| pieces.concat())
}
