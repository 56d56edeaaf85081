//! Inputs as long as they are read, that want more memory than they are worth. The targets themselves say how much that may be.
//!
//! `tests/allocations.rs` has those of tokens, claims and keys.

use tower_oidc::{
    config::MAX_FILE_BYTES, jose::MAX_TOKEN_BYTES, login::MAX_RETURN_TO_BYTES, provider::MAX_METADATA_BYTES,
};

use super::targets::{self, Target};

/// Longest query that `http` takes, in bytes, but for the path.
const QUERY: usize = 65_000;

/// Longest body of a callback.
const CALLBACK_BODY: usize = 256 * 1024;

/// Longest body of another path.
const BODY: usize = 32 * 1024;

const FORM: &str = "content-type: application/x-www-form-urlencoded\n";

/// A text of `bytes` at most: as many of `unit` as there is room for between `before` and `after`.
fn filled(bytes: usize, before: &str, unit: &str, after: &str) -> String {
    let around = before.len() + after.len();
    [before, &unit.repeat((bytes - around) / unit.len()), after].concat()
}

/// The target reads it, and holds no more memory than it may.
fn read(limit: usize, target: Target, text: &str) {
    let peak = targets::peak_of(|| target(text.as_bytes()));
    let start: String = text.chars().take(80).collect();
    println!("{:4.1} times the limit of {limit} bytes: {start:?}", peak as f64 / limit as f64);
}

#[test]
fn metadata_take_no_more_memory_than_a_few_times_their_text() {
    const ISSUER: &str = r#""issuer":"https://id.example""#;
    for (member, unit, after) in [
        (r#""scopes_supported":["""#, r#","""#, "]}"),
        (r#""scopes_supported":["openid""#, ",0", "]}"),
        (r#""scopes_supported":[""#, r"\u0061", r#""]}"#),
        (r#""scopes_supported":"#, "[", ""),
        (r#""jwks_uri":"https://id.example/"#, r#"\""#, r#""}"#),
        (r#""jwks_uri":"https://id.example/"#, "\u{fc}", r#""}"#),
        (r#""jwks_uri":"https://"#, "\u{fc}", r#""}"#),
        (r#""jwks_uri":"https://"#, "\u{fc}.", r#""}"#),
        (r#""x":"#, r#"{"a":"#, ""),
        (r#""x":0"#, r#","":0"#, "}"),
    ] {
        let text = filled(MAX_METADATA_BYTES, &format!("{{{ISSUER},{member}"), unit, after);
        read(MAX_METADATA_BYTES, targets::metadata, &text);
    }
}

#[test]
fn cookies_take_no_more_memory_than_a_few_times_the_room_for_them() {
    const ROOM: usize = 4 * 4096;
    for (before, unit) in [
        ("{full_session}; ", "a=b; "),
        ("", "{session}; "),
        ("", ";"),
        ("__Host-oidc_session=1.", "x"),
        ("__Host-oidc_session.1=x; __Host-oidc_session=4.", "x"),
        ("", "a=b\n"),
    ] {
        read(ROOM, targets::session_cookies, &filled(8 * ROOM, before, unit, ""));
    }
    let chunk = "x".repeat(3968);
    let rest: String = (1..4).map(|place| format!("; __Host-oidc_session.{place}={chunk}")).collect();
    read(ROOM, targets::session_cookies, &format!("__Host-oidc_session=4.{chunk}{rest}"));
    for plaintext in targets::plaintexts() {
        let peak = targets::peak_of(|| targets::sealed_session(&plaintext));
        println!("{:4.1} times the room: a session of {} bytes", peak as f64 / ROOM as f64, plaintext.len());
    }
}

#[test]
fn a_callback_takes_no_more_memory_than_a_few_times_what_is_read_of_it() {
    for (query, unit) in [
        ("", "a&"),
        ("", "%ff=&"),
        ("code=", "%41"),
        ("code=", "%ff"),
        ("code=x&state=", "%ff"),
        ("error=x&iss=", "%ff"),
        ("code=good&state={state}&x=", "%ff"),
    ] {
        let target = filled(QUERY, &format!("GET /callback?{query}"), unit, "");
        read(QUERY, targets::callback, &format!("{target}\ncookie: {{login}}\n"));
    }
    for (form, unit) in [
        ("", "a&"),
        ("", "%ff=&"),
        ("id_token=", "%ff"),
        ("state=", "%ff"),
        ("state={posted_state}&id_token=", "a"),
        ("state={posted_state}&id_token=", "a."),
        ("state={posted_state}&id_token=a.", "%ff"),
    ] {
        let body = filled(CALLBACK_BODY - 100, form, unit, "");
        let text = format!("POST /posted\ncookie: {{posted_login}}\n{FORM}\n{body}");
        read(CALLBACK_BODY, targets::callback, &text);
    }
}

#[test]
fn no_other_path_takes_more_memory_than_a_few_times_what_is_read() {
    for path in ["/login", "/logout", "/refresh", "/frontchannel-logout", "/backchannel-logout"] {
        for (fields, unit) in [
            ("", "a&"),
            ("", "%ff=%ff&"),
            ("return_to=/", "%41"),
            ("return_to=", "%ff"),
            ("login_hint=", "%ff"),
            ("sid=1&iss=", "%ff"),
            ("iss=https://id.example&sid=", "%ff"),
            ("logout_token=", "a."),
            ("logout_token=", "%ff"),
        ] {
            read(QUERY, targets::login_paths, &filled(QUERY, &format!("GET {path}?{fields}"), unit, ""));
            let body = filled(BODY, fields, unit, "");
            read(BODY, targets::login_paths, &format!("POST {path}\n{FORM}\n{body}"));
        }
    }
}

#[test]
fn return_addresses_take_no_more_memory_than_a_few_times_their_text() {
    for before in ["/", "/?", "https://app.example/", "https://other.example/"] {
        for unit in ["a", "\"", "%41", "%ff", "a/", "../", "{", "?"] {
            read(MAX_RETURN_TO_BYTES, targets::return_address, &filled(MAX_RETURN_TO_BYTES, before, unit, ""));
        }
    }
    // The longest label that is read as Punycode.
    read(MAX_RETURN_TO_BYTES, targets::return_address, &filled(1000, "//a.xn--c0e", "a", ""));
    read(MAX_RETURN_TO_BYTES, targets::return_address, &"/a".repeat(1 << 20));
}

#[test]
fn an_authorization_header_takes_no_more_memory_than_a_few_times_a_token() {
    for (before, unit) in [
        ("authorization: Bearer ", "a"),
        ("authorization: Bearer ", "."),
        ("authorization: Bearer eyJhbGciOiJFUzI1NiJ9.", "a"),
        ("authorization: Bearer {token}", "a"),
        ("authorization: ", "Bearer "),
        ("", "authorization: Bearer a\n"),
        ("cookie: {full_session}; a=", "x"),
        ("accept: text/html\nsec-fetch-mode: navigate\nsec-fetch-dest: document\ncookie: a=", "x"),
    ] {
        read(MAX_TOKEN_BYTES, targets::authorization, &filled(8 * MAX_TOKEN_BYTES, before, unit, ""));
        read(MAX_TOKEN_BYTES, targets::authorization, &filled(MAX_TOKEN_BYTES, before, unit, ""));
    }
}

#[test]
fn a_configuration_takes_no_more_memory_than_a_few_times_a_file() {
    const LIMIT: usize = MAX_FILE_BYTES as usize;
    let claims = "authenticationConfiguration: { jwtPrincipalClaims: [";
    let client = "authenticationConfiguration: { clientId: \"";
    for (before, unit, after) in [
        ("", "a", ""),
        ("", "[", ""),
        ("", "{", ""),
        ("", "- ", ""),
        ("", "- a\n", ""),
        ("", "? ", ""),
        ("", "#\n", ""),
        ("", "\n", ""),
        ("", "---\n", ""),
        ("", "&a ", ""),
        ("", "!a ", ""),
        ("a: |\n", " x\n", ""),
        ("a: '", "x\n", "'"),
        ("a: &a [x,x,x,x,x,x,x,x]\nb: [", "*a,", "]"),
        ("a: &a { issuer: x }\nauthenticationConfiguration:\n trustedIssuers:\n", " - *a\n", ""),
        (claims, "a,", "] }"),
        (client, "\\n", "\" }"),
        (client, "${A:-}", "\" }"),
        (client, "${HOST}", "\" }"),
    ] {
        read(LIMIT, targets::configuration, &filled(LIMIT, before, unit, after));
    }
    for (before, line) in [
        ("", "k:"),
        ("authenticationConfiguration:\n", " k:"),
        ("authenticationConfiguration:\n jwtPrincipalClaimsMapping:\n", " - k"),
        ("authenticationConfiguration:\n publicKeyUrls:\n", " - k@"),
        ("authenticationConfiguration:\n trustedIssuers:\n", " - k"),
        ("authenticationConfiguration:\n trustedIssuers:\n", " - { a: k }"),
        ("authenticationConfiguration:\n trustedIssuers:\n", " - { issuer: \"https://k.example\" }"),
        ("authenticationConfiguration:\n oidcConfiguration:\n  customParams:\n", "   k: scope"),
        ("authorizerConfiguration:\n allowedDomains:\n", " - k@"),
        ("authorizerConfiguration:\n adminEmails:\n", " - k"),
    ] {
        // Nearly as many keys and items as a file may have.
        let nodes = 1 + line.matches([':', '-']).count();
        let lines = (0..9_900 / nodes).map(|number| format!("{}\n", line.replace('k', &format!("k{number:x}"))));
        read(LIMIT, targets::configuration, &[before.to_owned(), lines.collect()].concat());
    }
    for aliases in [900, 2400, 3300] {
        let start = "a: &a { issuer: x }\nauthenticationConfiguration:\n trustedIssuers:\n";
        read(LIMIT, targets::configuration, &[start, &" - *a\n".repeat(aliases)].concat());
    }
    let text = "x".repeat(LIMIT / 4);
    read(LIMIT, targets::configuration, &format!("a: &a {text}\nb: [{}]", "*a,".repeat(1000)));
    read(LIMIT, targets::configuration, &format!("a: &a {text}\n{claims}{}] }}", "*a,".repeat(1000)));
}
