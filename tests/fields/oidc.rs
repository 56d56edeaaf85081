//! The block `authenticationConfiguration.oidcConfiguration`.

use std::{collections::BTreeMap, time::Duration};

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use http::StatusCode;
use serde_json::{Value, json};
use tower_oidc::{
    Config,
    config::SessionStoreKind,
    testing::{Endpoint, SigningKey, TestProvider},
    types::{Algorithm, Clock as _, unix_seconds},
};
use url::form_urlencoded;

use crate::{
    support::{App, SECRET, SERVER, Stand, is_alive, list, oidc, text},
    tls,
};

const NOT_A_TEXT: &str = ": expected a text (in quotes if it looks like a number or a boolean), found a list; \
                          mend: write a text (in quotes if it looks like a number or a boolean)";
const NOT_A_SWITCH: &str = ": expected true or false, found another text; mend: write true or false";
const NOT_A_NUMBER: &str =
    ": expected a whole number, not negative, found another text; mend: write a whole number, not negative";
const NOT_A_URL: &str = ": is not a full URL; mend: write a full URL, such as https://tenant.us.auth0.com";
const HMAC: &str = ": \"HS256\" is refused: only signatures by a public key are accepted; \
                    mend: write one of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, EdDSA";
const NEVER_LIVES: &str = ": is 0: no session could live; mend: write a number of seconds, at least 1";
const WHITE_SPACE: &str = ": holds white space or a control character; mend: take it out";

/// The last request at the token endpoint: its `Authorization` and its form.
fn exchange(provider: &TestProvider) -> (Option<String>, BTreeMap<String, String>) {
    let request = provider.last_request(Endpoint::Token).unwrap();
    let header = request.headers().get("authorization").map(|value| value.to_str().unwrap().to_owned());
    (header, form_urlencoded::parse(request.body()).into_owned().collect())
}

#[tokio::test]
async fn oidc_id() {
    let field = oidc("id", "OIDC_CLIENT_ID");
    let stand = Stand::login().await.with("OIDC_AUDIENCE", "");
    let client = stand.provider.client_id().to_owned();
    for app in stand.three_ways(field, &client, |c| c.authentication.oidc.id = text(&client)).await {
        assert_eq!(app.asked().await["client_id"], client);
        app.signed_in("alice").await;
        // Where no audience is named, bearer tokens are for the client.
        app.principal(stand.provider.token("jane").audience(&client).sign()).await;
        assert_eq!(app.get(stand.provider.token("jane").sign()).await.status, StatusCode::UNAUTHORIZED);
    }
    stand.provider.change_id_token(|token, _| token.audience("another-client"));
    assert!(!stand.variable(field, &client).await.lets_in("alice").await, "the ID token of somebody else's client");
    let required = "is required for login; mend: set the client id that the provider gave";
    stand.refuses_besides(field, "", &format!("authenticationConfiguration.oidcConfiguration.id: {required}"));
}

#[tokio::test]
async fn oidc_secret() {
    let field = oidc("secret", "OIDC_CLIENT_SECRET");
    let stand = Stand::login().await;
    let secret = stand.provider.client_secret();
    for app in stand.three_ways(field, secret, |c| c.authentication.oidc.secret = Some(secret.into())).await {
        app.signed_in("alice").await;
    }
    assert!(!stand.variable(field, "another secret").await.lets_in("alice").await);
    let path = "authenticationConfiguration.oidcConfiguration.secret";
    let mend = "mend: set it, or use privateKey with private_key_jwt, or write clientType: public";
    stand.refuses_besides(field, "", &format!("{path}: is required: the client is confidential; {mend}"));

    // The fourth way: a file that holds it.
    let file = SecretFile::new("client-secret", &format!("{secret}\n"));
    let by_file = Stand::login().await.with("OIDC_CLIENT_SECRET_FILE", &file.0);
    by_file.unset(field).await.signed_in("alice").await;
    let both = "OIDC_CLIENT_SECRET and OIDC_CLIENT_SECRET_FILE are both set; mend: set one of the two";
    by_file.refuses_besides(field, secret, &format!("{path}: {both}"));
}

#[tokio::test]
async fn oidc_scope() {
    let field = oidc("scope", "OIDC_SCOPE");
    let stand = Stand::login().await;
    let scope = "openid offline_access";
    for app in stand.three_ways(field, scope, |c| c.authentication.oidc.scope = text(scope)).await {
        assert_eq!(app.asked().await["scope"], scope);
    }
    assert_eq!(stand.unset(field).await.asked().await["scope"], "openid email profile");
    stand.refuses(field, "email profile", ": lacks openid; mend: add openid, with a space between scopes");
    let what = "holds a character that no scope has (RFC 6749 section 3.3)";
    stand.refuses(field, "openid “email”", &format!(": {what}; mend: write words of plain ASCII with a space between"));
}

#[tokio::test]
async fn oidc_discovery_uri() {
    let field = oidc("discoveryUri", "OIDC_DISCOVERY_URI");
    let stand = Stand::bearer().await.with("AUTHENTICATION_AUTHORITY", "https://elsewhere.example");
    let url = stand.provider.endpoint(Endpoint::Discovery).url();
    for app in stand.three_ways(field, &url, |c| c.authentication.oidc.discovery_uri = text(&url)).await {
        assert_eq!(app.principal(stand.provider.token("jane").sign()).await["iss"], stand.provider.issuer());
        let notice = app.auth.settings().notices[0].to_string();
        assert!(
            notice.contains("discoveryUri: has another origin than authenticationConfiguration.authority"),
            "{notice}"
        );
    }
    // What the metadata call themselves must be where they were found.
    stand.provider.set_metadata("issuer", "https://elsewhere.example");
    assert!(stand.start(field, &url).await.is_err());
    stand.refuses(field, "tenant.us.auth0.com/.well-known/openid-configuration", NOT_A_URL);
}

#[tokio::test]
async fn oidc_use_nonce() {
    let field = oidc("useNonce", "OIDC_USE_NONCE");
    let stand = Stand::login().await;
    for app in stand.three_ways(field, "false", |c| c.authentication.oidc.use_nonce = Some(false)).await {
        assert!(!app.asked().await.contains_key("nonce"));
    }
    let unset = stand.unset(field).await;
    assert!(unset.asked().await.contains_key("nonce"));
    stand.provider.change_id_token(|token, _| token.nonce("of another login"));
    assert!(!unset.lets_in("alice").await, "it is compared");
    stand.refuses(field, "no", NOT_A_SWITCH);
    let why = "the response type is id_token (OpenID Connect Core 1.0 section 3.2.2.1)";
    let implicit = stand.with("OIDC_RESPONSE_TYPE", "id_token");
    implicit.refuses(field, "false", &format!(": is false, and {why}; mend: write true"));
}

#[tokio::test]
async fn oidc_preferred_jws_algorithm() {
    let field = oidc("preferredJwsAlgorithm", "OIDC_PREFERRED_JWS");
    let stand = Stand::login().await;
    let unset = stand.unset(field).await;
    unset.signed_in("alice").await;
    stand.provider.add_key(&SigningKey::generate(Algorithm::Es256));
    stand.provider.set_id_token_algorithm(Algorithm::Es256);
    for app in stand.three_ways(field, "ES256", |c| c.authentication.oidc.preferred_jws_algorithm = text("ES256")).await
    {
        app.signed_in("alice").await;
    }
    assert!(!unset.lets_in("alice").await, "the algorithm is the configuration's choice, not the token's");
    stand.refuses(field, "HS256", HMAC);
}

#[tokio::test]
async fn oidc_response_type() {
    let field = oidc("responseType", "OIDC_RESPONSE_TYPE");
    let stand = Stand::login().await;
    for app in stand.three_ways(field, "id_token", |c| c.authentication.oidc.response_type = text("id_token")).await {
        let asked = app.asked().await;
        assert_eq!((&*asked["response_type"], &*asked["response_mode"]), ("id_token", "form_post"));
        app.signed_in("alice").await;
        assert_eq!(stand.provider.requests(Endpoint::Token), 0, "the ID token came by the browser");
    }
    let code = stand.unset(field).await;
    assert_eq!(code.asked().await["response_type"], "code");
    code.signed_in("alice").await;
    assert_eq!(stand.provider.requests(Endpoint::Token), 1);
    stand.refuses(field, "token", ": \"token\" is not a value of this key; mend: write one of code, id_token");
}

#[tokio::test]
async fn oidc_disable_pkce() {
    let field = oidc("disablePkce", "OIDC_DISABLE_PKCE");
    let stand = Stand::login().await;
    for app in stand.three_ways(field, "true", |c| c.authentication.oidc.disable_pkce = Some(true)).await {
        assert!(!app.asked().await.contains_key("code_challenge"));
        app.signed_in("alice").await;
        assert!(!exchange(&stand.provider).1.contains_key("code_verifier"));
    }
    let unset = stand.unset(field).await;
    assert_eq!(unset.asked().await["code_challenge_method"], "S256");
    unset.signed_in("alice").await;
    assert!(exchange(&stand.provider).1.contains_key("code_verifier"));
    stand.refuses(field, "1x", NOT_A_SWITCH);
    let public = Stand::public().await.with("AUTHENTICATION_CLIENT_TYPE", "public").with("OIDC_RESPONSE_TYPE", "code");
    let message = ": is true, and the client is public: nothing would protect the code; mend: write false";
    public.refuses(field, "true", message);
}

#[tokio::test]
async fn oidc_max_clock_skew() {
    let field = oidc("maxClockSkew", "OIDC_MAX_CLOCK_SKEW");
    let stand = Stand::bearer().await;
    let now = unix_seconds(stand.clock.now());
    let ended = |ago: u64| stand.provider.token("jane").claim("exp", now - ago).sign();
    for app in stand.three_ways(field, "5", |c| c.authentication.oidc.max_clock_skew = Some(5)).await {
        app.principal(ended(4)).await;
        assert_eq!(app.get(ended(5)).await.status, StatusCode::UNAUTHORIZED);
    }
    for (value, leeway) in [("", 60), ("0", 0)] {
        let app = stand.variable(field, value).await;
        assert_eq!(app.get(ended(leeway)).await.status, StatusCode::UNAUTHORIZED, "{value:?}");
        app.principal(stand.provider.token("jane").claim("exp", now - leeway + 1).sign()).await;
    }
    stand.refuses(field, "60s", NOT_A_NUMBER);
    stand.refuses(field, "301", ": 301 seconds are more than 300; mend: write at most 300, and set the clocks right");
}

#[tokio::test]
async fn oidc_client_authentication_method() {
    let field = oidc("clientAuthenticationMethod", "OIDC_CLIENT_AUTH_METHOD");
    let stand = Stand::login().await;
    let post = "client_secret_post";
    for app in stand.three_ways(field, post, |c| c.authentication.oidc.client_authentication_method = text(post)).await
    {
        app.signed_in("alice").await;
        let (header, form) = exchange(&stand.provider);
        assert_eq!((header, &*form["client_secret"]), (None, stand.provider.client_secret()));
    }
    stand.unset(field).await.signed_in("alice").await;
    assert!(exchange(&stand.provider).0.unwrap().starts_with("Basic "));
    stand.variable(field, "client_secret_jwt").await.signed_in("alice").await;
    assert!(exchange(&stand.provider).1.contains_key("client_assertion"));

    let all = "client_secret_basic, client_secret_post, client_secret_jwt, private_key_jwt, none";
    let message = format!(": \"tls_client_auth\" is not a value of this key; mend: write one of {all}");
    stand.refuses(field, "tls_client_auth", &message);
    let mend = "mend: write another method, or clientType: public";
    stand.refuses(field, "none", &format!(": is none, and the client is confidential; {mend}"));
    stand.provider.set_metadata("token_endpoint_auth_methods_supported", ["client_secret_basic"]);
    let error = stand.start(field, post).await.err().expect("the provider does not offer it").to_string();
    let offered =
        "clientAuthenticationMethod: client_secret_post is configured, and the provider offers \"client_secret_basic\"";
    assert!(error.contains(offered), "{error}");
}

/// A key on the curve P-256 as PEM, and its public half as the provider knows it.
fn key_pair(key_id: &str) -> (String, Value) {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let point = pair.public_key().as_ref();
    let (x, y) = (URL_SAFE_NO_PAD.encode(&point[1..33]), URL_SAFE_NO_PAD.encode(&point[33..]));
    let encoded = STANDARD.encode(pair.to_pkcs8v1().unwrap().as_ref());
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{encoded}\n-----END PRIVATE KEY-----\n");
    (pem, json!({"kty": "EC", "crv": "P-256", "alg": "ES256", "kid": key_id, "x": x, "y": y}))
}

const KEY_ID: &str = "key-of-ours";

/// A client that proves itself by a key, and the key.
async fn by_private_key() -> (Stand, String) {
    let (pem, public) = key_pair(KEY_ID);
    let stand = Stand::login().await;
    stand.provider.add_service_account_with_key(stand.provider.client_id(), &public);
    let stand = stand.with("OIDC_CLIENT_SECRET", "").with("OIDC_CLIENT_AUTH_METHOD", "private_key_jwt");
    (
        stand
            .with("OIDC_PRIVATE_KEY", &pem)
            .with("OIDC_PRIVATE_KEY_ID", KEY_ID)
            .with("OIDC_PRIVATE_KEY_ALGORITHM", "ES256"),
        pem,
    )
}

/// The header of the assertion that the client last proved itself with.
fn assertion_header(provider: &TestProvider) -> Value {
    let (header, form) = exchange(provider);
    assert!(header.is_none() && !form.contains_key("client_secret"));
    let head = form["client_assertion"].split('.').next().unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(head).unwrap()).unwrap()
}

#[tokio::test]
async fn oidc_private_key() {
    let field = oidc("privateKey", "OIDC_PRIVATE_KEY");
    let (stand, pem) = by_private_key().await;
    let in_file = json!(pem).to_string();
    let set = |c: &mut Config| c.authentication.oidc.private_key = Some(pem.as_str().into());
    for app in stand.three_ways_written(field, &in_file, &pem, set).await {
        app.signed_in("alice").await;
        assert_eq!(assertion_header(&stand.provider)["alg"], "ES256");
    }
    assert!(!stand.variable(field, &key_pair(KEY_ID).0).await.lets_in("alice").await, "another key");
    let path = "authenticationConfiguration.oidcConfiguration.privateKey";
    let required = "is required by private_key_jwt; mend: set it to the key as PEM or JWK";
    stand.refuses_besides(field, "", &format!("{path}: {required}"));
    let mend = "mend: write the key itself, or name its file by OIDC_PRIVATE_KEY_FILE";
    stand.refuses(field, "/run/secrets/key.pem", &format!(": is neither PEM nor JWK; {mend}"));

    let file = SecretFile::new("private-key", &pem);
    stand.with("OIDC_PRIVATE_KEY_FILE", &file.0).unset(field).await.signed_in("alice").await;
}

#[tokio::test]
async fn oidc_private_key_id() {
    let field = oidc("privateKeyId", "OIDC_PRIVATE_KEY_ID");
    let stand = by_private_key().await.0;
    for app in stand.three_ways(field, KEY_ID, |c| c.authentication.oidc.private_key_id = text(KEY_ID)).await {
        app.signed_in("alice").await;
        assert_eq!(assertion_header(&stand.provider)["kid"], KEY_ID);
    }
    stand.unset(field).await.lets_in("alice").await;
    assert_eq!(assertion_header(&stand.provider)["kid"], Value::Null);
    stand.refuses_in_file(field, "[a]", NOT_A_TEXT);
}

#[tokio::test]
async fn oidc_private_key_algorithm() {
    let field = oidc("privateKeyAlgorithm", "OIDC_PRIVATE_KEY_ALGORITHM");
    let stand = by_private_key().await.0;
    for app in stand.three_ways(field, "ES256", |c| c.authentication.oidc.private_key_algorithm = text("ES256")).await {
        app.signed_in("alice").await;
        assert_eq!(assertion_header(&stand.provider)["alg"], "ES256");
    }
    assert!(stand.start(field, "").await.is_err(), "RS256, which this key cannot make");
    stand.refuses(field, "HS256", HMAC);
}

#[tokio::test]
async fn oidc_token_validity() {
    let stand = Stand::bearer().await;
    for variable in ["OIDC_OM_REFRESH_TOKEN_VALIDITY", "OIDC_TOKEN_VALIDITY"] {
        let field = oidc("tokenValidity", variable);
        for app in stand.three_ways(field, "600", |c| c.authentication.oidc.token_validity = Some(600)).await {
            let token = stand.provider.token("jane").expires_in(Duration::from_secs(86_400)).sign();
            stand.clock.advance(Duration::from_secs(599));
            app.principal(&token).await;
            stand.clock.advance(Duration::from_secs(1));
            assert_eq!(app.get(&token).await.status, StatusCode::UNAUTHORIZED, "whatever exp says");
            // 0 is the provider's exp alone.
            stand.variable(field, "0").await.principal(&token).await;
        }
        stand.refuses(field, "1h", NOT_A_NUMBER);
    }
}

#[tokio::test]
async fn oidc_tenant() {
    let field = oidc("tenant", "OIDC_TENANT");
    let stand = Stand::bearer_at(|provider| provider.issuer_path("/contoso/v2.0")).await;
    let templated = stand.provider.issuer().replace("contoso", "{tenant}");
    let stand = stand.with("AUTHENTICATION_AUTHORITY", templated);
    for app in stand.three_ways(field, "contoso", |c| c.authentication.oidc.tenant = text("contoso")).await {
        assert_eq!(app.principal(stand.provider.token("jane").sign()).await["iss"], stand.provider.issuer());
    }
    let mend = "mend: set authenticationConfiguration.oidcConfiguration.tenant";
    let unset = format!("authenticationConfiguration.authority: holds {{tenant}}, and no tenant is set; {mend}");
    stand.refuses_besides(field, "", &unset);
    stand.refuses(field, "two words", WHITE_SPACE);
    let mend = "mend: write letters, digits, - . and _ alone";
    stand.refuses(field, "../evil", &format!(": is not the name, id or domain of a tenant; {mend}"));
}

#[tokio::test]
async fn oidc_server_url() {
    let field = oidc("serverUrl", "OIDC_SERVER_URL");
    let stand = Stand::login().await;
    let server = "https://app.example/base";
    for app in stand.three_ways(field, server, |c| c.authentication.oidc.server_url = text(server)).await {
        let login = app.open("/base/login").await.location();
        assert!(login.as_str().contains("redirect_uri=https%3A%2F%2Fapp.example%2Fbase%2Fcallback"), "{login}");
        assert_eq!(
            app.open("/login").await.location().path(),
            login.path(),
            "a page as any other, where nobody is signed in"
        );
    }
    let path = "authenticationConfiguration.oidcConfiguration.callbackUrl";
    let required = format!("{path}: is required for login; mend: set callbackUrl or serverUrl");
    stand.refuses_besides(field, "", &required);
    stand.refuses(field, "https://app.example/?a=b", ": holds a query (?); mend: write the base URL alone");
    stand.refuses(field, "app.example", NOT_A_URL);
}

#[tokio::test]
async fn oidc_callback_url() {
    const CALLBACK: &str = "https://app.example/elsewhere/done";
    let field = oidc("callbackUrl", "OIDC_CALLBACK");
    let stand = Stand::login().await;
    stand.provider.add_redirect_uri(CALLBACK);
    for app in stand.three_ways(field, CALLBACK, |c| c.authentication.oidc.callback_url = text(CALLBACK)).await {
        let (_, me) = app.sign_in("alice").await;
        let way: Vec<_> = me.history.iter().map(|hop| hop.url.path()).collect();
        assert!(me.status == StatusCode::OK && way.contains(&"/elsewhere/done"), "{way:?}");
    }
    assert_eq!(stand.unset(field).await.asked().await["redirect_uri"], format!("{SERVER}/callback"));
    let no_path = ": has no path: nobody would see the start page; mend: give it one, such as /callback";
    stand.refuses(field, "https://app.example/", no_path);
    let server = "authenticationConfiguration.oidcConfiguration.serverUrl";
    let origin = format!(": is not on the origin of {server}; mend: give both the same scheme, host and port");
    stand.refuses(field, "https://other.example/callback", &origin);
}

#[tokio::test]
async fn oidc_max_age() {
    let field = oidc("maxAge", "OIDC_MAX_AGE");
    let stand = Stand::login().await;
    let long_ago = unix_seconds(stand.clock.now()) - 661;
    stand.unset(field).await.signed_in("alice").await;
    for app in stand.three_ways(field, "600", |c| c.authentication.oidc.max_age = Some(600)).await {
        assert_eq!(app.asked().await["max_age"], "600");
        app.signed_in("alice").await;
        // The provider took no notice.
        stand.provider.change_id_token(move |token, _| token.claim("auth_time", long_ago));
        assert!(!app.lets_in("alice").await);
        stand.unset(field).await.signed_in("alice").await;
        stand.provider.behave();
    }
    stand.refuses(field, "soon", NOT_A_NUMBER);
}

#[tokio::test]
async fn oidc_prompt() {
    let field = oidc("prompt", "OIDC_PROMPT_TYPE");
    let stand = Stand::login().await;
    let prompt = "login consent";
    for app in stand.three_ways(field, prompt, |c| c.authentication.oidc.prompt = text(prompt)).await {
        assert_eq!(app.asked().await["prompt"], prompt);
    }
    assert!(!stand.unset(field).await.asked().await.contains_key("prompt"));
    let mend = "mend: write some of none, login, consent, select_account, with a space between";
    stand.refuses(field, "always", &format!(": \"always\" is not a value of prompt; {mend}"));
    stand.refuses(field, "none login", ": has none beside other values; mend: leave none alone, or take it out");
}

/// Says that a session lives for ten minutes, in each of these applications.
async fn assert_ten_minutes(stand: &Stand, apps: Vec<App>) {
    for app in apps {
        let browser = app.signed_in("alice").await;
        stand.clock.advance(Duration::from_secs(599));
        assert!(is_alive(&browser.tab()).await);
        stand.clock.advance(Duration::from_secs(1));
        assert!(!is_alive(&browser).await);
    }
}

#[tokio::test]
async fn oidc_session_expiry() {
    let field = oidc("sessionExpiry", "OIDC_SESSION_EXPIRY");
    let stand = Stand::login().await;
    let apps = stand.three_ways(field, "600", |c| c.authentication.oidc.session_expiry = Some(600)).await;
    assert_ten_minutes(&stand, apps).await;
    let week = stand.unset(field).await.signed_in("alice").await;
    stand.clock.advance(Duration::from_secs(604_799));
    assert!(is_alive(&week).await);
    stand.clock.advance(Duration::from_secs(1));
    assert!(!is_alive(&week).await);
    stand.refuses(field, "7d", NOT_A_NUMBER);
    stand.refuses(field, "0", NEVER_LIVES);
}

#[tokio::test]
async fn oidc_session_idle_timeout() {
    let field = oidc("sessionIdleTimeout", "OIDC_SESSION_IDLE_TIMEOUT");
    let stand = Stand::login().await;
    for app in stand.three_ways(field, "600", |c| c.authentication.oidc.session_idle_timeout = Some(600)).await {
        let browser = app.signed_in("alice").await;
        for _ in 0..3 {
            stand.clock.advance(Duration::from_secs(540));
            assert!(is_alive(&browser).await, "it is used");
        }
        stand.clock.advance(Duration::from_secs(600));
        assert!(!is_alive(&browser).await);
    }
    stand.refuses(field, "a while", NOT_A_NUMBER);
    stand.refuses(field, "0", NEVER_LIVES);
}

#[tokio::test]
async fn oidc_session_secret() {
    const NEW: &str = "a new secret of the tests that has many more than 32 bytes";
    let field = oidc("sessionSecret", "OIDC_SESSION_SECRET");
    let stand = Stand::login().await;
    let before = stand.variable(field, SECRET).await.signed_in("alice").await.cookies();
    let opens = async |app: &App| {
        let browser = app.browser();
        before.iter().for_each(|(name, value)| browser.set_cookie(name, value));
        is_alive(&browser).await
    };
    // Another process with the same secret, or with one that was rotated.
    for (value, secrets) in [(SECRET.to_owned(), vec![SECRET]), (format!("[{NEW},{SECRET}]"), vec![NEW, SECRET])] {
        let set = |c: &mut Config| c.authentication.oidc.session_secret = secrets.into_iter().map(Into::into).collect();
        for app in stand.three_ways(field, &value, set).await {
            assert!(opens(&app).await, "{value}");
        }
    }
    assert!(!opens(&stand.variable(field, NEW).await).await);
    assert!(!opens(&stand.unset(field).await).await, "a random one");
    stand.refuses(field, "short", "[0]: has fewer than 32 bytes; mend: make one by `openssl rand -base64 32`");

    let file = SecretFile::new("session-secret", &format!("{SECRET}\n"));
    let by_file = stand.with("OIDC_SESSION_SECRET_FILE", &file.0);
    assert!(opens(&by_file.unset(field).await).await);
}

#[tokio::test]
async fn oidc_session_store() {
    let field = oidc("sessionStore", "OIDC_SESSION_STORE");
    let stand = Stand::login().await;
    let size =
        async |app: App| -> usize { app.signed_in("alice").await.cookies().iter().map(|(_, value)| value.len()).sum() };
    for app in stand.three_ways(field, "memory", |c| c.authentication.oidc.session_store = Some("memory".into())).await
    {
        assert!(size(app).await < 100, "an id");
    }
    for value in ["", "cookie"] {
        assert!(size(stand.variable(field, value).await).await > 500, "all of it, sealed");
    }
    let url = "redis://:hunter2@cache.example:6379/1";
    let config = stand.base(field).session_store(url);
    let settings = config.check().unwrap();
    assert!(matches!(&settings.login.as_ref().unwrap().session.store, SessionStoreKind::Redis(_)));
    assert!(!format!("{settings:?}{config:?}").contains("hunter2"));
    let mend = "mend: write cookie, memory or a redis:// URL";
    stand.refuses(field, "postgres://cache.example", &format!(": is not a known store; {mend}"));
    let mend = "mend: write redis://[:PASSWORD@]HOST[:PORT][/DB]";
    stand.refuses(field, "redis://", &format!(": is not a valid redis:// URL; {mend}"));
}

#[tokio::test]
async fn oidc_custom_params() {
    let field = oidc("customParams", "OIDC_CUSTOM_PARAMS");
    let stand = Stand::login().await;
    let set = |c: &mut Config| {
        c.authentication.oidc.custom_params = BTreeMap::from([("screen_hint".into(), "signup".into())])
    };
    for app in stand.three_ways(field, "{ screen_hint: signup }", set).await {
        assert_eq!(app.asked().await["screen_hint"], "signup");
    }
    // OpenMetadata's own spelling.
    let pair = r#"{"customParamKey1": "organization", "customParamValue1": "org_acme"}"#;
    assert_eq!(stand.variable(field, pair).await.asked().await["organization"], "org_acme");
    let mend = "mend: take it out; what can be set has a key of its own";
    for own in ["state", "redirect_uri", "response_mode", "nonce"] {
        let message = format!(".{own}: {own:?} is a parameter of the protocol; {mend}");
        stand.refuses(field, &format!("{{ {own}: x }}"), &message);
    }
    let lone = ".customParamKey1: has no customParamValue1; mend: add it, or write NAME: VALUE";
    stand.refuses(field, "{ customParamKey1: a }", lone);
}

#[tokio::test]
async fn oidc_login_params() {
    let field = oidc("loginParams", "OIDC_LOGIN_PARAMS");
    let stand = Stand::login().await;
    let asked = async |app: &App, path: &str| {
        let way = app.open(path).await.location();
        let value = way.query_pairs().find_map(|(name, value)| (name == "screen_hint").then(|| value.into_owned()));
        value.unwrap_or_default()
    };
    let set = |c: &mut Config| c.authentication.oidc.login_params = list(["screen_hint=signup"]);
    for app in stand.three_ways_written(field, "[screen_hint=signup]", "screen_hint=signup", set).await {
        assert_eq!(asked(&app, "/login?screen_hint=signup").await, "signup");
        for path in ["/login?screen_hint=other", "/login", "/me?screen_hint=signup"] {
            assert_eq!(asked(&app, path).await, "", "{path}");
        }
    }
    assert_eq!(asked(&stand.unset(field).await, "/login?screen_hint=signup").await, "");
    stand.refuses(field, "signup", "[0]: is no pair; mend: write NAME=VALUE");
    for own in ["state", "redirect_uri", "return_to", "organization"] {
        let message = format!("[0]: {own:?} is a parameter of the protocol or of the login itself; mend: take it out");
        stand.refuses(field, &format!("{own}=x"), &message);
    }
    let mend = "mend: write one of consent, create, login, select_account";
    stand.refuses(field, "prompt=none", &format!("[0]: \"none\" is no page that a person may ask for; {mend}"));
}

#[tokio::test]
async fn oidc_audience() {
    let field = oidc("audience", "OIDC_AUDIENCE");
    let stand = Stand::bearer().await;
    let token = |audience: &str| stand.provider.token("jane").audience(audience).sign();
    let set = |c: &mut Config| c.authentication.oidc.audience = list(["https://one.example", "https://two.example"]);
    for app in stand.three_ways(field, "[https://one.example, https://two.example]", set).await {
        app.principal(token("https://one.example")).await;
        app.principal(token("https://two.example")).await;
        assert_eq!(app.get(token(stand.provider.client_id())).await.status, StatusCode::UNAUTHORIZED);
    }
    let unset = stand.unset(field).await;
    unset.principal(token(stand.provider.client_id())).await;
    assert_eq!(unset.get(token("https://one.example")).await.status, StatusCode::UNAUTHORIZED);
    let wanted = "a list of texts, such as [a, b]";
    stand.refuses_in_file(field, "{ a: b }", &format!(": expected {wanted}, found a map; mend: write {wanted}"));
    let required = "is required: bearer tokens must be meant for someone; mend: name the API, or set id";
    let nobody = Stand::bearer().await.with("OIDC_CLIENT_ID", "");
    nobody.refuses_besides(field, "", &format!("authenticationConfiguration.oidcConfiguration.audience: {required}"));
}

#[tokio::test]
async fn oidc_bearer_token_kind() {
    let field = oidc("bearerTokenKind", "OIDC_BEARER_TOKEN_KIND");
    let stand = Stand::bearer().await;
    let access = stand.provider.token("jane").sign();
    let id = stand.provider.id_token("jane").nonce("n").sign();
    for app in stand.three_ways(field, "id_token", |c| c.authentication.oidc.bearer_token_kind = text("id_token")).await
    {
        app.principal(&id).await;
        assert_eq!(app.get(&access).await.status, StatusCode::UNAUTHORIZED);
    }
    let unset = stand.unset(field).await;
    unset.principal(&access).await;
    assert_eq!(unset.get(&id).await.status, StatusCode::UNAUTHORIZED);
    let any = stand.variable(field, "any").await;
    any.principal(&access).await;
    any.principal(&id).await;
    let message = ": \"jwt\" is not a value of this key; mend: write one of access_token, id_token, any";
    stand.refuses(field, "jwt", message);
}

#[tokio::test]
async fn oidc_dpop() {
    let field = oidc("dpop", "OIDC_DPOP");
    let stand = Stand::bearer().await.with("OIDC_SERVER_URL", "https://api.example");
    let key = stand.provider.dpop_key();
    let (bound, plain) = (stand.provider.token("jane").bound_to(&key).sign(), stand.provider.token("jane").sign());
    let proved = async |app: &App| {
        let uri = "/orders".parse().unwrap();
        let proof = key.proof("GET", "https://api.example/orders", &bound).sign();
        app.auth.validate_bound(&bound, &proof, &http::Method::GET, &uri).await.is_ok()
    };
    for app in stand.three_ways(field, "required", |c| c.authentication.oidc.dpop = text("required")).await {
        assert!(proved(&app).await && app.auth.validate(&plain).await.is_err());
    }
    let accepted = stand.variable(field, "accepted").await;
    assert!(proved(&accepted).await && accepted.auth.validate(&plain).await.is_ok());
    let without = Stand::bearer().await;
    for value in ["", "off"] {
        let off = without.variable(field, value).await;
        let (bound, plain) =
            (without.provider.token("jane").bound_to(&key).sign(), without.provider.token("jane").sign());
        assert!(!proved(&off).await && off.auth.validate(&bound).await.is_err(), "{value:?}");
        assert!(off.auth.validate(&plain).await.is_ok());
    }
    let message = ": \"on\" is not a value of this key; mend: write one of off, accepted, required";
    without.refuses(field, "on", message);
}

#[tokio::test]
async fn oidc_response_mode() {
    let field = oidc("responseMode", "OIDC_RESPONSE_MODE");
    let stand = Stand::login().await;
    for app in stand.three_ways(field, "form_post", |c| c.authentication.oidc.response_mode = text("form_post")).await {
        assert_eq!(app.asked().await["response_mode"], "form_post");
        app.signed_in("alice").await;
    }
    assert_eq!(stand.unset(field).await.asked().await.get("response_mode"), None, "query is a code's own");
    let message = ": \"fragment\" is not a value of this key; mend: write one of query, form_post";
    stand.refuses(field, "fragment", message);
    let implicit = stand.with("OIDC_RESPONSE_TYPE", "id_token");
    implicit.refuses(field, "query", ": is query, and the response type is id_token; mend: write form_post");
}

#[tokio::test]
async fn oidc_load_userinfo() {
    let field = oidc("loadUserinfo", "OIDC_LOAD_USERINFO");
    let stand = Stand::login().await;
    let asked = async |app: App| {
        let before = stand.provider.requests(Endpoint::Userinfo);
        app.signed_in("alice").await;
        stand.provider.requests(Endpoint::Userinfo) - before
    };
    for app in stand.three_ways(field, "always", |c| c.authentication.oidc.load_userinfo = text("always")).await {
        assert_eq!(asked(app).await, 1);
    }
    assert_eq!(asked(stand.unset(field).await).await, 0, "nothing is missing");
    stand.provider.change_id_token(|token, _| token.without("email"));
    assert_eq!(asked(stand.unset(field).await).await, 1, "the address is");
    assert_eq!(asked(stand.variable(field, "never").await).await, 0);
    let message = ": \"sometimes\" is not a value of this key; mend: write one of auto, always, never";
    stand.refuses(field, "sometimes", message);
}

#[tokio::test]
async fn oidc_keep_access_token() {
    let field = oidc("keepAccessToken", "OIDC_KEEP_ACCESS_TOKEN");
    let stand = Stand::login().await;
    let is_kept =
        async |app: App| -> bool { !app.signed_in("alice").await.fetch("/access-token").await.text().is_empty() };
    for app in stand.three_ways(field, "true", |c| c.authentication.oidc.keep_access_token = Some(true)).await {
        assert!(is_kept(app).await);
    }
    for value in ["", "false"] {
        assert!(!is_kept(stand.variable(field, value).await).await, "{value:?}");
    }
    stand.refuses(field, "1x", NOT_A_SWITCH);
}

#[tokio::test]
async fn oidc_pushed_authorization_requests() {
    let field = oidc("pushedAuthorizationRequests", "OIDC_PUSHED_AUTHORIZATION_REQUESTS");
    let stand = Stand::login().await;
    let set = |c: &mut Config| c.authentication.oidc.pushed_authorization_requests = text("ifAvailable");
    let is_pushed = async |app: App| {
        let before = stand.provider.requests(Endpoint::PushedAuthorization);
        let carried: Vec<_> = app.asked().await.into_keys().collect();
        let pushed = stand.provider.requests(Endpoint::PushedAuthorization) - before;
        assert_eq!(carried == ["client_id", "request_uri"], pushed == 1, "{carried:?}");
        assert!(app.lets_in("alice").await);
        pushed == 1
    };
    for app in stand.three_ways(field, "ifAvailable", set).await {
        assert!(is_pushed(app).await);
    }
    assert!(is_pushed(stand.variable(field, "required").await).await);
    for word in ["", "auto", "off"] {
        assert!(!is_pushed(stand.variable(field, word).await).await, "{word}");
    }
    stand.provider.require_pushed_requests(true);
    for word in ["", "auto", "ifAvailable", "required"] {
        assert!(is_pushed(stand.variable(field, word).await).await, "{word}");
    }
    let off = stand.variable(field, "off").await.browser().navigate("/me").await;
    assert_eq!(off.status, StatusCode::INTERNAL_SERVER_ERROR, "the provider takes no other: {}", off.text());

    stand.provider.require_pushed_requests(false);
    stand.provider.remove_metadata("pushed_authorization_request_endpoint");
    assert!(!is_pushed(stand.variable(field, "ifAvailable").await).await);
    let Err(error) = stand.start(field, "required").await else { panic!("there is nowhere to push to") };
    assert!(error.to_string().contains("pushedAuthorizationRequests: required is configured"), "{error}");
    let message = ": \"always\" is not a value of this key; mend: write one of auto, ifAvailable, required, off";
    stand.refuses(field, "always", message);
}

#[tokio::test]
async fn oidc_federated_logout() {
    let field = oidc("federatedLogout", "OIDC_FEDERATED_LOGOUT");
    let stand = Stand::login().await.with("AUTHENTICATION_PROVIDER", "auth0");
    let is_federated = async |stand: &Stand, app: App| {
        app.signed_in("alice").await.post("/logout", &[]).await;
        let request = stand.provider.last_request(Endpoint::EndSession).expect("the provider is visited");
        request.uri().query().unwrap().split('&').any(|parameter| parameter == "federated")
    };
    for app in stand.three_ways(field, "true", |c| c.authentication.oidc.federated_logout = Some(true)).await {
        assert!(is_federated(&stand, app).await);
    }
    assert!(!is_federated(&stand, stand.unset(field).await).await);
    stand.refuses(field, "1x", NOT_A_SWITCH);
    let other = Stand::login().await;
    let app = other.variable(field, "true").await;
    assert!(!is_federated(&other, app).await, "nobody else knows it");
}

#[tokio::test]
async fn oidc_ca_file() {
    let field = oidc("caFile", "OIDC_CA_FILE");
    let stand = Stand::bearer().await;
    let origin = tls::front(&stand.provider).await;
    stand.provider.set_metadata("issuer", &origin);
    stand.provider.set_metadata("jwks_uri", format!("{origin}{}", Endpoint::Jwks.path()));
    let stand = stand.with("AUTHENTICATION_AUTHORITY", &origin);
    let token = stand.provider.token("jane").issuer(&origin).sign();
    for app in stand.three_ways(field, tls::ROOT_FILE, |c| c.authentication.oidc.ca_file = text(tls::ROOT_FILE)).await {
        app.principal(&token).await;
    }
    let unset = stand.unset(field).await;
    assert!(!unset.auth.is_ready(), "nobody else vouches for the provider");
    let mend = "mend: name a PEM file of certificates";
    stand.refuses(field, "/nonexistent/ca.pem", &format!(": the file cannot be read: entity not found; {mend}"));
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    stand.refuses(field, manifest, &format!(": the file holds no certificate; {mend}"));
}

#[tokio::test]
async fn oidc_issuer() {
    let field = oidc("issuer", "OIDC_ISSUER");
    let stand = Stand::bearer().await;
    let jwks = stand.provider.endpoint(Endpoint::Jwks).url();
    let stand = stand.with("AUTHENTICATION_AUTHORITY", "").with("AUTHENTICATION_PUBLIC_KEYS", jwks);
    for app in
        stand.three_ways(field, "urn:acme:login", |c| c.authentication.oidc.issuer = text("urn:acme:login")).await
    {
        app.principal(stand.provider.token("jane").issuer("urn:acme:login").sign()).await;
        assert_eq!(app.get(stand.provider.token("jane").sign()).await.status, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(stand.provider.requests(Endpoint::Discovery), 0);
    let discovered = Stand::bearer().await;
    assert!(discovered.start(field, "urn:acme:login").await.is_err(), "the metadata say otherwise");
    stand.refuses(field, "two words", WHITE_SPACE);
    let mend = "mend: set authority or discoveryUri: login needs the provider's endpoints";
    let login = Stand::login()
        .await
        .with("AUTHENTICATION_AUTHORITY", "")
        .with("AUTHENTICATION_PUBLIC_KEYS", "https://id.example/jwks");
    login.refuses(field, "https://id.example", &format!(": is pinned without discovery, and login is on; {mend}"));
}

#[tokio::test]
async fn oidc_type() {
    let field = oidc("type", "OIDC_TYPE");
    let stand = Stand::bearer().await.with("AUTHENTICATION_PROVIDER", "");
    let token = stand.provider.token("jane").claim("permissions", ["read:orders"]).sign();
    let read = || tower_oidc::principal::rules::scope("read:orders");
    for app in stand.three_ways(field, "okta", |c| c.authentication.oidc.r#type = text("okta")).await {
        assert_eq!(app.ask(read(), &token).await.status, StatusCode::FORBIDDEN);
    }
    assert_eq!(stand.variable(field, "auth0").await.ask(read(), &token).await.status, StatusCode::OK);
    let all = "auth0, azure, google, okta, aws-cognito, custom-oidc";
    stand.refuses(field, "saml", &format!(": \"saml\" is not OpenID Connect; mend: write one of {all}"));
    let both = stand.with("AUTHENTICATION_PROVIDER", "okta").variable(field, "auth0").await;
    assert_eq!(both.ask(read(), &token).await.status, StatusCode::FORBIDDEN, "provider counts");
}

/// A file for as long as it is held.
struct SecretFile(String);

impl SecretFile {
    fn new(name: &str, text: &str) -> Self {
        let path = std::env::temp_dir().join(format!("tower-oidc-fields-{}-{name}", std::process::id()));
        std::fs::write(&path, text).unwrap();
        Self(path.to_str().unwrap().to_owned())
    }
}

impl Drop for SecretFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
