//! ID tokens that nobody should accept (OpenID Connect Core 1.0 sections 3.1.3.7 and 3.2.2.11): each is refused with its own reason
//! in both flows, and nobody is signed in. The rows that stand for a module of the conformance suite are named after it.

use std::time::Duration;

use http::StatusCode;
use tower_oidc::{
    Config,
    jose::JoseError,
    login::LoginError,
    testing::{Endpoint, SigningKey, TokenBuilder, jws},
    types::{Algorithm, ClaimError, ClaimsError, Clock as _, JsonKind},
    validator::TokenError,
};

use super::support::{SERVER, Stand, discover, login_config, parameter, provider};

type Change = Box<dyn Fn(TokenBuilder) -> TokenBuilder + Send + Sync>;

/// What is wrong, how the token is changed, and the reason that it must be refused for.
struct Bad(&'static str, Change, TokenError);

fn bad(
    what: &'static str,
    change: impl Fn(TokenBuilder) -> TokenBuilder + Send + Sync + 'static,
    reason: impl Into<TokenError>,
) -> Bad {
    Bad(what, Box::new(change), reason.into())
}

fn missing(claim: &'static str) -> TokenError {
    TokenError::Missing { claim }
}

fn wrong_type(claim: &str, expected: &'static str, found: JsonKind) -> TokenError {
    ClaimError { claim: claim.into(), expected, found }.into()
}

const SECONDS: &str = "a whole number of seconds since 1970";
const AUDIENCE: &str = "a string or an array of strings";

/// Who made it, and for whom.
fn parties() -> Vec<Bad> {
    vec![
        bad("oidcc-client-test-invalid-iss", |token| token.issuer("https://evil.example"), TokenError::UnknownIssuer),
        bad("iss with a slash", |token| token.issuer("http://127.0.0.1/"), TokenError::UnknownIssuer),
        bad("no iss", |token| token.without("iss"), missing("iss")),
        bad(
            "iss in an array (CVE-2025-30144)",
            |token| token.claim("iss", ["x"]),
            wrong_type("iss", "a string", JsonKind::Array),
        ),
        bad("oidcc-client-test-invalid-aud", |token| token.audience("another-client"), TokenError::Audience),
        bad("oidcc-client-test-missing-aud", |token| token.without("aud"), missing("aud")),
        bad("aud in capitals", |token| token.audience("TEST-CLIENT"), TokenError::Audience),
        bad("aud that only begins so", |token| token.audience("test-client-2"), TokenError::Audience),
        bad("aud of a number", |token| token.audience(1), wrong_type("aud", AUDIENCE, JsonKind::Number)),
        bad("no audience at all", |token| token.audience(Vec::<String>::new()), TokenError::Audience),
        bad("two audiences and no azp", |token| token.audience(["test-client", "other"]), TokenError::AuthorizedParty),
        bad("azp of another client", |token| token.claim("azp", "other"), TokenError::AuthorizedParty),
        bad(
            "azp of another client beside two audiences",
            |token| token.audience(["test-client", "other"]).claim("azp", "other"),
            TokenError::AuthorizedParty,
        ),
        bad("oidcc-client-test-missing-sub", |token| token.without("sub"), missing("sub")),
        bad("an empty sub", |token| token.claim("sub", ""), TokenError::Empty { claim: "sub" }),
        bad("sub of a number", |token| token.claim("sub", 1), wrong_type("sub", "a string", JsonKind::Number)),
        bad(
            "a long sub",
            |token| token.claim("sub", "s".repeat(256)),
            TokenError::TooLong { claim: "sub", limit: 255 },
        ),
    ]
}

/// When. The clock stands still, so that a time is wrong by a known number of seconds; 60 are let pass.
fn times(now: u64) -> Vec<Bad> {
    vec![
        bad("no exp", |token| token.without("exp"), missing("exp")),
        bad("expired to the second", move |token| token.claim("exp", now - 60), TokenError::Expired { ago: 60 }),
        bad(
            "exp of a text (CVE-2026-25537)",
            |token| token.claim("exp", "9999999999"),
            wrong_type("exp", SECONDS, JsonKind::String),
        ),
        bad("exp of null", |token| token.claim("exp", ()), wrong_type("exp", SECONDS, JsonKind::Null)),
        bad("oidcc-client-test-missing-iat", |token| token.without("iat"), missing("iat")),
        bad(
            "iat in the future",
            move |token| token.claim("iat", now + 61),
            TokenError::IssuedInTheFuture { ahead: 61 },
        ),
        bad("nbf in the future", move |token| token.claim("nbf", now + 61), TokenError::NotYetValid { ahead: 61 }),
        bad(
            "nbf of a text (CVE-2026-25537)",
            |token| token.claim("nbf", "1"),
            wrong_type("nbf", SECONDS, JsonKind::String),
        ),
    ]
}

/// Signatures: class H of the traps.
fn signatures(stand: &Stand) -> Vec<Bad> {
    let stranger = SigningKey::generate(Algorithm::Rs256);
    let unpublished = SigningKey::generate(Algorithm::Rs256);
    let key_id = stand.provider.signing_key().key_id().to_owned();
    vec![
        bad("oidcc-client-test-idtoken-sig-none", |token| token.header("alg", "none"), JoseError::Unsigned),
        bad("alg None in another case", |token| token.header("alg", "nOnE"), JoseError::Unsigned),
        bad("oidcc-client-test-invalid-sig-hs256", |token| token.header("alg", "HS256"), JoseError::Symmetric),
        bad(
            "oidcc-client-test-invalid-sig-es256",
            |token| token.algorithm(Algorithm::Es256),
            TokenError::AlgorithmNotAllowed { algorithm: Algorithm::Es256 },
        ),
        bad(
            "another RSA algorithm",
            |token| token.algorithm(Algorithm::Rs512),
            TokenError::AlgorithmNotAllowed { algorithm: Algorithm::Rs512 },
        ),
        bad(
            "oidcc-client-test-invalid-sig-rs256",
            move |token| token.key(&stranger).header("kid", key_id.clone()),
            JoseError::Signature,
        ),
        bad("a key that is not published", move |token| token.key(&unpublished), TokenError::UnknownKey),
        bad("no alg", |token| token.without_header("alg"), JoseError::NoAlgorithm),
        bad("crit (CVE-2025-59420)", |token| token.header("crit", ["x"]), JoseError::Critical),
        bad(
            "a key of its own",
            |token| token.header("jwk", serde_json::json!({"kty": "RSA"})),
            JoseError::EmbeddedKey { parameter: "jwk" },
        ),
        bad(
            "a payload that is an array (CVE-2026-107723)",
            |token| token.raw_claims("[]"),
            JoseError::Payload(ClaimsError::NotAnObject),
        ),
        bad("a payload that is no JSON", |token| token.raw_claims("{"), JoseError::Payload(ClaimsError::Json)),
    ]
}

/// Other kinds of token of the same provider (RFC 8725 section 3.12).
fn kinds() -> Vec<Bad> {
    vec![
        bad("typ of an access token", |token| token.type_("at+jwt"), TokenError::AccessToken),
        bad("typ of a logout token", |token| token.type_("logout+jwt"), TokenError::LogoutToken),
        bad("typ of something else", |token| token.type_("secevent+jwt"), TokenError::Type),
        bad("a claim of Cognito's access tokens", |token| token.claim("token_use", "access"), TokenError::AccessToken),
        bad("a claim of Keycloak's access tokens", |token| token.claim("typ", "Bearer"), TokenError::AccessToken),
        bad("an access token without a nonce", |token| token.scope("openid").without("nonce"), missing("nonce")),
        bad(
            "claims of a logout token",
            |token| {
                token.claim("events", serde_json::json!({"http://schemas.openid.net/event/backchannel-logout": {}}))
            },
            TokenError::LogoutToken,
        ),
    ]
}

/// It answers to this login.
fn nonces() -> Vec<Bad> {
    vec![
        bad("oidcc-client-test-nonce-invalid", |token| token.nonce("of another login"), TokenError::Nonce),
        bad("no nonce", |token| token.without("nonce"), missing("nonce")),
        bad("an empty nonce", |token| token.nonce(""), TokenError::Nonce),
        bad("a nonce of a number", |token| token.claim("nonce", 1), wrong_type("nonce", "a string", JsonKind::Number)),
    ]
}

async fn assert_refused(stand: &Stand, table: Vec<Bad>) {
    for Bad(what, change, reason) in table {
        let mut browser = stand.browser();
        stand.provider.change_id_token(move |token, _| change(token));
        let page = stand.eventually(stand.sign_in(&mut browser, "alice")).await;
        assert_eq!(stand.token_error(), reason, "{what}");
        assert_eq!((page.status, page.url.path()), (StatusCode::BAD_REQUEST, "/callback"), "{what}");
        assert!(page.text().contains("<code>id_token_refused</code>"), "{what}");
        assert_eq!(browser.fetch("/me").await.status, StatusCode::UNAUTHORIZED, "{what}");
        assert_eq!(stand.provider.requests(Endpoint::Userinfo), 0, "{what}: that would be acting on it");
        assert_eq!(stand.principals(), 0, "{what}: the application has seen nobody");
    }
    stand.provider.behave();
    stand.signed_in("alice").await;
}

fn hostile(stand: &Stand) -> Vec<Bad> {
    [parties(), times(stand.now()), signatures(stand), kinds(), nonces()].into_iter().flatten().collect()
}

/// `loadUserinfo: always`, so that a request to userinfo would show that a token was believed.
fn with_userinfo(mut config: Config) -> Config {
    config.authentication.oidc.load_userinfo = Some("always".to_owned());
    config
}

#[tokio::test]
async fn a_bad_id_token_of_the_code_flow_is_refused_before_anything_is_done_with_it() {
    let stand = Stand::new().await;
    assert_refused(&stand, hostile(&stand)).await;
    let mut strict = Stand::new().await;
    let config = with_userinfo(strict.config());
    strict.restart(config).await;
    strict.provider.change_id_token(|token, _| token.nonce("of another login"));
    strict.sign_in(&mut strict.browser(), "alice").await;
    assert_eq!((strict.token_error(), strict.provider.requests(Endpoint::Userinfo)), (TokenError::Nonce, 0));
}

#[tokio::test]
async fn a_bad_id_token_of_the_implicit_flow_is_refused() {
    let stand = Stand::implicit(|config| config).await;
    assert_refused(&stand, hostile(&stand)).await;
}

type Good = fn(TokenBuilder) -> TokenBuilder;

/// What looks odd and is right. The last moment of each time is here, its first wrong one in the table above.
#[tokio::test]
async fn an_id_token_that_only_looks_odd_is_accepted() {
    const NOW: u64 = 1_767_225_600;
    let cases: [(&str, Good); 10] = [
        ("oidcc-client-test-idtoken-sig-rs256", |token| token),
        ("aud in an array", |token| token.audience(["test-client"])),
        ("two audiences and our azp", |token| token.audience(["other", "test-client"]).claim("azp", "test-client")),
        ("the last second with its leeway", |token| token.claim("exp", NOW - 59)),
        ("iat ahead within the leeway", |token| token.claim("iat", NOW + 60)),
        ("nbf ahead within the leeway", |token| token.claim("nbf", NOW + 60)),
        ("the longest sub", |token| token.claim("sub", "s".repeat(255))),
        ("no typ", |token| token.without_header("typ")),
        ("no at_hash in the code flow", |token| token.without("at_hash")),
        ("oidcc-client-test-kid-absent-single-jwks", |token| token.without_header("kid")),
    ];
    for stand in [Stand::new().await, Stand::implicit(|config| config).await] {
        assert_eq!(stand.now(), NOW);
        for (what, change) in cases {
            stand.provider.change_id_token(move |token, _| change(token));
            let me = stand.sign_in(&mut stand.browser(), "alice").await;
            assert_eq!(me.status, StatusCode::OK, "{what}: {:?}", stand.refusals());
        }
    }
}

#[tokio::test]
async fn oidcc_client_test_kid_absent_multiple_jwks() {
    let (provider, clock) = provider().await;
    provider.rotate_keys(Algorithm::Rs256);
    let config = login_config(&provider, SERVER);
    let stand = Stand::built(provider, clock, config, |builder| builder).await;
    stand.provider.change_id_token(|token, _| token.without_header("kid"));
    stand.eventually(stand.sign_in(&mut stand.browser(), "alice")).await;
    assert_eq!(stand.token_error(), TokenError::AmbiguousKey);
}

#[tokio::test]
async fn oidcc_client_test_signing_key_rotation() {
    for stand in [Stand::new().await, Stand::implicit(|config| config).await] {
        stand.signed_in("alice").await;
        stand.provider.rotate_keys(Algorithm::Rs256);
        let me = stand.eventually(stand.sign_in(&mut stand.browser(), "alice")).await;
        assert_eq!(me.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn oidcc_client_test_signing_key_rotation_just_before_signing() {
    let stand = Stand::new().await;
    let mut browser = stand.browser();
    browser.navigate("/me").await;
    stand.provider.rotate_keys(Algorithm::Rs256);
    let me = stand.eventually(browser.log_in_as(&stand.provider, "alice")).await;
    assert_eq!(me.status, StatusCode::OK);
}

/// Section 3.1.3.8: an access token that was put beside another one's ID token.
#[tokio::test]
async fn an_access_token_that_is_not_of_the_at_hash_is_refused() {
    let stand = Stand::new().await;
    stand.provider.change_token_response(|members, _| drop(members.insert("access_token".into(), "another".into())));
    let mut browser = stand.browser();
    stand.sign_in(&mut browser, "alice").await;
    assert_eq!(stand.token_error(), TokenError::AccessTokenHash);
    stand.provider.behave();
    for at_hash in ["", "AAAAAAAAAAAAAAAAAAAAAA"] {
        stand.provider.change_id_token(move |token, _| token.claim("at_hash", at_hash));
        stand.sign_in(&mut stand.browser(), "alice").await;
        assert_eq!(stand.token_error(), TokenError::AccessTokenHash, "{at_hash}");
    }
    assert_eq!(browser.fetch("/me").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn preferred_jws_algorithm_is_the_one_that_is_accepted() {
    let (provider, clock) = provider().await;
    let mut config = login_config(&provider, SERVER);
    config.authentication.oidc.preferred_jws_algorithm = Some("ES256".to_owned());
    let error = discover(config.clone(), &clock, |builder| builder).await.unwrap_err().to_string();
    assert!(error.contains("preferredJwsAlgorithm: ES256 is configured, and the provider offers \"RS256\""), "{error}");

    provider.add_key(&SigningKey::generate(Algorithm::Es256));
    let stand = Stand::built(provider, clock, config, |builder| builder).await;
    stand.sign_in(&mut stand.browser(), "alice").await;
    assert_eq!(stand.token_error(), TokenError::AlgorithmNotAllowed { algorithm: Algorithm::Rs256 });
    stand.provider.set_id_token_algorithm(Algorithm::Es256);
    stand.signed_in("alice").await;
}

/// Section 3.1.3.7 step 13: `auth_time` when `max_age` was sent.
#[tokio::test]
async fn max_age_asks_for_an_auth_time_that_is_new_enough() {
    const NOW: u64 = 1_767_225_600;
    let stand = Stand::with(|mut config| {
        config.authentication.oidc.max_age = Some(600);
        config
    })
    .await;
    let cases: [(&str, Good, Option<TokenError>); 6] = [
        ("just now", |token| token, None),
        ("the last second with its leeway", |token| token.claim("auth_time", NOW - 660), None),
        (
            "a second too long ago",
            |token| token.claim("auth_time", NOW - 661),
            Some(TokenError::AuthenticationTooOld { max_age: 600 }),
        ),
        ("no auth_time", |token| token.without("auth_time"), Some(missing("auth_time"))),
        (
            "auth_time in the future",
            |token| token.claim("auth_time", NOW + 61),
            Some(TokenError::AuthenticatedInTheFuture { ahead: 61 }),
        ),
        (
            "auth_time of a text",
            |token| token.claim("auth_time", "now"),
            Some(wrong_type("auth_time", SECONDS, JsonKind::String)),
        ),
    ];
    for (what, change, reason) in cases {
        assert_eq!(stand.now(), NOW);
        stand.provider.change_id_token(move |token, _| change(token));
        let page = stand.sign_in(&mut stand.browser(), "alice").await;
        match reason {
            None => assert_eq!(page.status, StatusCode::OK, "{what}"),
            Some(reason) => assert_eq!(stand.token_error(), reason, "{what}"),
        }
    }
}

#[tokio::test]
async fn without_max_age_nobody_asks_for_auth_time() {
    let stand = Stand::new().await;
    stand.provider.change_id_token(|token, _| token.without("auth_time"));
    stand.signed_in("alice").await;
}

/// `maxAge: 0` counts from the start of the login, so that a person who takes their time at the provider gets in.
#[tokio::test]
async fn max_age_0_asks_for_a_login_since_this_one_was_started() {
    let stand = Stand::with(|mut config| {
        config.authentication.oidc.max_age = Some(0);
        config.authentication.oidc.max_clock_skew = Some(0);
        config
    })
    .await;
    let mut browser = stand.browser();
    browser.navigate("/me").await;
    stand.advance(300);
    assert_eq!(browser.log_in_as(&stand.provider, "alice").await.status, StatusCode::OK);

    browser.navigate("/login").await;
    let before = stand.now() - 1;
    stand.provider.change_id_token(move |token, _| token.claim("auth_time", before));
    browser.log_in_as(&stand.provider, "alice").await;
    assert_eq!(stand.token_error(), TokenError::AuthenticationTooOld { max_age: 0 });
}

#[tokio::test]
async fn max_clock_skew_is_the_leeway_of_an_id_token_to_the_second() {
    let stand = Stand::with(|mut config| {
        config.authentication.oidc.max_clock_skew = Some(5);
        config
    })
    .await;
    let now = stand.now();
    for (ago, accepted) in [(4, true), (5, false)] {
        stand.provider.change_id_token(move |token, _| token.claim("exp", now - ago));
        let page = stand.sign_in(&mut stand.browser(), "alice").await;
        assert_eq!(page.status == StatusCode::OK, accepted, "{ago}");
    }
}

#[tokio::test]
async fn token_validity_bounds_the_age_of_an_id_token() {
    let stand = Stand::with(|mut config| {
        config.authentication.oidc.token_validity = Some(600);
        config
    })
    .await;
    let clock = stand.clock.clone();
    stand.provider.change_id_token(move |token, _| {
        token.issued_at(clock.now() - Duration::from_secs(600)).expires_in(Duration::from_secs(36_000))
    });
    stand.sign_in(&mut stand.browser(), "alice").await;
    assert_eq!(stand.token_error(), TokenError::TooOld { limit: 600 });
}

/// Auth0 Organizations: what was asked for is what must come.
#[tokio::test]
async fn the_organization_must_be_the_one_that_was_asked_for() {
    type Case = (&'static str, &'static str, Good, bool);
    let cases: [Case; 8] = [
        ("org_1", "an id", |token| token.claim("org_id", "org_1"), true),
        ("org_1", "another id", |token| token.claim("org_id", "org_2"), false),
        ("org_1", "an id in capitals", |token| token.claim("org_id", "ORG_1"), false),
        ("org_1", "none", |token| token, false),
        ("org_1", "an id as name", |token| token.claim("org_name", "org_1"), false),
        ("acme", "a name, whatever its case", |token| token.claim("org_id", "org_1").claim("org_name", "ACME"), true),
        ("acme", "another name", |token| token.claim("org_name", "other"), false),
        ("acme", "an array", |token| token.claim("org_name", ["acme"]), false),
    ];
    for configured in [true, false] {
        for (asked, what, change, accepted) in cases {
            let stand = Stand::with(|config| {
                let config = config.provider("auth0");
                if configured { config.custom_param("organization", asked) } else { config }
            })
            .await;
            stand.provider.change_id_token(move |token, _| change(token));
            let mut browser = stand.browser();
            let login =
                if configured { "/login?return_to=/me" } else { &format!("/login?return_to=/me&organization={asked}") };
            browser.navigate(login).await;
            let page = browser.log_in_as(&stand.provider, "alice").await;
            assert_eq!(page.status == StatusCode::OK, accepted, "{configured} {asked}: {what}");
            if !accepted {
                assert_eq!(page.status, StatusCode::FORBIDDEN);
                assert!(matches!(stand.login_error(), LoginError::Organization), "{asked}: {what}");
            }
        }
    }
}

/// To any other provider the parameter is a word of its own, and its tokens say nothing of it.
#[tokio::test]
async fn a_parameter_named_organization_binds_nothing_where_auth0_is_not() {
    let stand = Stand::with(|config| config.custom_param("organization", "acme")).await;
    let mut browser = stand.browser();
    browser.navigate("/login?return_to=/me").await;
    assert_eq!(browser.log_in_as(&stand.provider, "alice").await.status, StatusCode::OK);
}

/// The whole login is bound together: an ID token that is good, but of another login of the same person, does not pass.
#[tokio::test]
async fn an_id_token_of_another_login_is_refused_in_the_implicit_flow() {
    let stand = Stand::implicit(|config| config).await;
    let mut first = stand.browser();
    let page = first.navigate("/me").await;
    let nonce = parameter(&page.url, "nonce").unwrap();
    stand.provider.change_id_token(move |token, _| token.nonce(&nonce));
    let mut second = stand.browser();
    stand.sign_in(&mut second, "alice").await;
    assert_eq!(stand.token_error(), TokenError::Nonce);
    assert_eq!(first.log_in_as(&stand.provider, "alice").await.status, StatusCode::OK, "to its own login it is good");
}

/// HMAC with the public key, which is what `alg: HS256` means to who does not tell keys apart: class H.
#[tokio::test]
async fn a_token_signed_with_the_public_key_as_a_secret_is_refused() {
    let stand = Stand::implicit(|config| config).await;
    let key = stand.provider.signing_key();
    let forged = jws(r#"{"alg":"HS256"}"#, r#"{"sub":"admin"}"#, &key);
    stand.provider.change_authorization_response(move |parameters| {
        for (name, value) in parameters.iter_mut().filter(|(name, _)| name == "id_token") {
            assert_eq!(name, "id_token");
            value.clone_from(&forged);
        }
    });
    stand.sign_in(&mut stand.browser(), "alice").await;
    assert_eq!(stand.token_error(), JoseError::Symmetric.into());
}
