//! The block `authenticationConfiguration`.

use std::time::Duration;

use http::{StatusCode, header::WWW_AUTHENTICATE};
use serde_json::json;
use tower_oidc::{
    Config,
    config::TrustedIssuer,
    principal::rules::scope,
    testing::{Endpoint, SigningKey, TestProvider},
    types::Algorithm,
};

use crate::support::{Field, SERVER, Stand, authentication, is_alive, list, set_cookies, text};

const NOT_A_TEXT: &str = ": expected a text (in quotes if it looks like a number or a boolean), found a list; \
                          mend: write a text (in quotes if it looks like a number or a boolean)";
const NOT_A_SWITCH: &str = ": expected true or false, found another text; mend: write true or false";
const NOT_A_NUMBER: &str =
    ": expected a whole number, not negative, found another text; mend: write a whole number, not negative";
const NOT_A_LIST: &str =
    ": expected a list of texts, such as [a, b], found a number; mend: write a list of texts, such as [a, b]";
const NOT_A_URL: &str = "is not a full URL; mend: write a full URL, such as https://tenant.us.auth0.com";

#[tokio::test]
async fn provider_name() {
    let field = authentication("providerName", "CUSTOM_OIDC_AUTHENTICATION_PROVIDER_NAME");
    let stand = Stand::login().await.with("AUTHENTICATION_ENABLE_AUTO_REDIRECT", "false");
    for app in stand.three_ways(field, "Acme Login", |c| c.authentication.provider_name = text("Acme Login")).await {
        assert!(app.open("/me").await.text.contains("Acme Login"), "on the button");
        let challenge = app.get("no token").await.headers[WWW_AUTHENTICATE].clone();
        assert!(challenge.to_str().unwrap().starts_with("Bearer realm=\"Acme Login\""), "{challenge:?}");
    }
    assert!(stand.unset(field).await.open("/me").await.text.contains("127.0.0.1"), "the host");
    let auth0 = stand.with("AUTHENTICATION_PROVIDER", "auth0");
    assert!(auth0.unset(field).await.open("/me").await.text.contains("Auth0"));
    auth0.refuses_in_file(field, "[Acme]", NOT_A_TEXT);
}

#[tokio::test]
async fn provider() {
    const ALL: &str = "mend: write one of auth0, azure, google, okta, aws-cognito, custom-oidc";
    let field = authentication("provider", "AUTHENTICATION_PROVIDER");
    let stand = Stand::bearer().await;
    // A quirk of Auth0: permissions count as scopes do.
    let token = stand.provider.token("jane").claim("permissions", ["read:orders"]).sign();
    for app in stand.three_ways(field, "auth0", |c| c.authentication.provider = text("auth0")).await {
        assert_eq!(app.ask(scope("read:orders"), &token).await.status, StatusCode::OK);
    }
    let okta = stand.variable(field, "okta").await;
    assert_eq!(okta.ask(scope("read:orders"), &token).await.status, StatusCode::FORBIDDEN);
    for other in ["basic", "ldap", "saml", "openmetadata"] {
        stand.refuses(field, other, &format!(": {other:?} is not OpenID Connect; {ALL}"));
    }
    stand.refuses(field, "keycloak", &format!(": \"keycloak\" is not a value of this key; {ALL}"));
}

#[tokio::test]
async fn client_type() {
    let field = authentication("clientType", "AUTHENTICATION_CLIENT_TYPE");
    let stand = Stand::public().await;
    for app in stand.three_ways(field, "public", |c| c.authentication.client_type = text("public")).await {
        assert_eq!(app.asked().await["response_type"], "id_token", "the implicit flow");
        app.signed_in("alice").await;
    }
    assert_eq!(stand.provider.requests(Endpoint::Token), 0);
    let secret = "authenticationConfiguration.oidcConfiguration.secret";
    let required = "is required: the client is confidential; \
                    mend: set it, or use privateKey with private_key_jwt, or write clientType: public";
    for confidential in ["", "confidential"] {
        stand.refuses_besides(field, confidential, &format!("{secret}: {required}"));
    }
    let one_of = "mend: write one of confidential, public";
    stand.refuses(field, "confidental", &format!(": \"confidental\" is not a value of this key; {one_of}"));

    let confidential = Stand::login().await;
    let mend = "mend: take it out, or write clientType: confidential";
    confidential.refuses_besides(field, "public", &format!("{secret}: is set, and the client is public; {mend}"));
    let app = confidential.unset(field).await;
    assert_eq!(app.asked().await["response_type"], "code");
    app.signed_in("alice").await;
}

#[tokio::test]
async fn enable_self_signup() {
    let field = authentication("enableSelfSignup", "AUTHENTICATION_ENABLE_SELF_SIGNUP");
    let stand = Stand::login().await.knowing(["alice@example.com"]);
    for app in stand.three_ways(field, "true", |c| c.authentication.enable_self_signup = Some(true)).await {
        app.signed_in("bob").await;
    }
    let closed = stand.unset(field).await;
    closed.signed_in("alice").await;
    let (browser, page) = closed.sign_in("bob").await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    assert!(page.text().contains("<code>not_registered</code>") && !is_alive(&browser).await);
    stand.refuses(field, "yes", NOT_A_SWITCH);
}

#[tokio::test]
async fn authority() {
    let field = authentication("authority", "AUTHENTICATION_AUTHORITY");
    let stand = Stand::bearer().await;
    let issuer = stand.provider.issuer().to_owned();
    let token = || stand.provider.token("jane");
    for app in stand
        .three_ways(field, &format!("{issuer}/"), |c| c.authentication.authority = text(format!("{issuer}/")))
        .await
    {
        assert_eq!(app.principal(token().sign()).await["iss"], issuer);
        // The key is right, and it is compared who issued the token.
        let foreign = app.get(token().issuer("https://elsewhere.example").sign()).await;
        assert_eq!(foreign.status, StatusCode::UNAUTHORIZED);
    }
    let mend = "mend: set authority, or oidcConfiguration.discoveryUri or .issuer";
    let required = format!("authenticationConfiguration.authority: is required: no provider is named; {mend}");
    stand.refuses_besides(field, "", &required);
    stand.refuses(
        field,
        "https://dev\u{2011}abc123.us.auth0.com",
        ": character 12 is a typographic hyphen (U+2011); \
         mend: write - (U+002D) in its place; it likely came in by copying from a page",
    );
    let url = "mend: write a full URL, such as https://tenant.us.auth0.com";
    stand.refuses(field, "https://{domain}", &format!(": still holds a placeholder; {url}"));
    stand.refuses(field, "ftp://id.example", &format!(": is neither https nor http; {url}"));
    stand.refuses(
        field,
        "https://tenant.us.auth0.com/.well-known/openid-configuration",
        ": is the URL of the metadata, not the base URL; \
         mend: leave out /.well-known/openid-configuration, or write the whole as discoveryUri",
    );
}

#[tokio::test]
async fn public_key_urls() {
    let field = authentication("publicKeyUrls", "AUTHENTICATION_PUBLIC_KEYS");
    let (stand, keys) = (Stand::bearer().await, TestProvider::start().await);
    let url = keys.endpoint(Endpoint::Jwks).url();
    let (theirs, ours) = (keys.signing_key(), stand.provider.signing_key());
    let token = |key: &SigningKey| stand.provider.token("jane").key(key).sign();
    let (named, own) = (token(&theirs), token(&ours));
    // Under the id of a key that is there: nobody has to look for another first.
    let own_disguised = token(&ours.clone().with_key_id(theirs.key_id()));
    let named_disguised = token(&theirs.clone().with_key_id(ours.key_id()));
    for app in stand.three_ways(field, &format!("[{url}]"), |c| c.authentication.public_key_urls = list([&url])).await {
        app.principal(&named).await;
        assert_eq!(app.get(&own_disguised).await.status, StatusCode::UNAUTHORIZED, "they take the others' place");
    }
    let discovered = stand.unset(field).await;
    discovered.principal(&own).await;
    assert_eq!(discovered.get(&named_disguised).await.status, StatusCode::UNAUTHORIZED);
    stand.refuses(field, "[https://id.example/jwks, jwks]", &format!("[1]: {NOT_A_URL}"));
}

#[tokio::test]
async fn token_validation_algorithm() {
    const ALL: &str = "mend: write one of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, EdDSA";
    let field = authentication("tokenValidationAlgorithm", "AUTHENTICATION_TOKEN_VALIDATION_ALGORITHM");
    let stand = Stand::bearer().await;
    let token = |algorithm| stand.provider.token("jane").algorithm(algorithm).sign();
    let (rsa, curve, edwards) = (token(Algorithm::Rs256), token(Algorithm::Es256), token(Algorithm::EdDsa));
    let set = |c: &mut Config| c.authentication.token_validation_algorithm = list(["ES256", "EdDSA"]);
    for app in stand.three_ways(field, "[ES256,EdDSA]", set).await {
        app.principal(&curve).await;
        app.principal(&edwards).await;
        assert_eq!(app.get(&rsa).await.status, StatusCode::UNAUTHORIZED);
    }
    let unset = stand.unset(field).await;
    unset.principal(&rsa).await;
    assert_eq!(unset.get(&curve).await.status, StatusCode::UNAUTHORIZED);
    for weak in ["none", "HS256"] {
        let what = format!("[0]: {weak:?} is refused: only signatures by a public key are accepted; {ALL}");
        stand.refuses(field, weak, &what);
    }
    stand.refuses(field, "[RS256, rs512]", &format!("[1]: \"rs512\" is not a known algorithm; {ALL}"));
}

#[tokio::test]
async fn client_id() {
    let field = authentication("clientId", "AUTHENTICATION_CLIENT_ID");
    let stand = Stand::bearer().await.with("OIDC_CLIENT_ID", "").with("OIDC_AUDIENCE", "");
    let token = stand.provider.token("jane").audience("outer").sign();
    for app in stand.three_ways(field, "outer", |c| c.authentication.client_id = text("outer")).await {
        app.principal(&token).await;
    }
    let both = stand.with("OIDC_CLIENT_ID", "nested");
    let app = both.variable(field, "outer").await;
    assert_eq!(app.get(&token).await.status, StatusCode::UNAUTHORIZED, "the nested one counts");
    let notices: Vec<_> = app.auth.settings().notices.iter().map(ToString::to_string).collect();
    let counts = "authenticationConfiguration.oidcConfiguration.id, which counts";
    assert_eq!(notices, [format!("authenticationConfiguration.clientId: differs from {counts}")]);
    both.refuses_in_file(field, "[outer]", NOT_A_TEXT);
}

#[tokio::test]
async fn callback_url() {
    const CALLBACK: &str = "https://app.example/elsewhere/done";
    let field = authentication("callbackUrl", "AUTHENTICATION_CALLBACK_URL");
    let stand = Stand::login().await;
    stand.provider.add_redirect_uri(CALLBACK);
    for app in stand.three_ways(field, CALLBACK, |c| c.authentication.callback_url = text(CALLBACK)).await {
        assert_eq!(app.asked().await["redirect_uri"], CALLBACK);
        app.signed_in("alice").await;
    }
    let server = "authenticationConfiguration.oidcConfiguration.serverUrl";
    let origin = format!(": is not on the origin of {server}; mend: give both the same scheme, host and port");
    stand.refuses(field, "https://other.example/callback", &origin);
    stand.refuses(field, "/callback", &format!(": {NOT_A_URL}"));
}

#[tokio::test]
async fn response_type() {
    let field = authentication("responseType", "AUTHENTICATION_RESPONSE_TYPE");
    let stand = Stand::login().await;
    for app in stand.three_ways(field, "id_token", |c| c.authentication.response_type = text("id_token")).await {
        assert_eq!(app.asked().await["response_type"], "id_token");
    }
    // OpenMetadata's file has `id_token` here, and `code` where it counts.
    let both = Stand::login().await.with("OIDC_RESPONSE_TYPE", "code");
    assert_eq!(both.variable(field, "id_token").await.asked().await["response_type"], "code");
    let message = ": \"token\" is not a value of this key; mend: write one of code, id_token";
    stand.refuses(field, "token", message);
}

#[tokio::test]
async fn jwt_principal_claims() {
    let field = authentication("jwtPrincipalClaims", "AUTHENTICATION_JWT_PRINCIPAL_CLAIMS");
    let stand = Stand::bearer().await;
    let token = || stand.provider.token("auth0|1").claim("email", "jane@company.com");
    let set = |c: &mut Config| c.authentication.jwt_principal_claims = list(["nickname", "https://acme.example/user"]);
    for app in stand.three_ways(field, "[nickname, https://acme.example/user]", set).await {
        let both = token().claim("nickname", "jj").claim("https://acme.example/user", "jane");
        assert_eq!(app.principal(both.clone().sign()).await["name"], "jj");
        assert_eq!(app.principal(both.claim("nickname", "").sign()).await["name"], "jane", "empty is absent");
        assert_eq!(app.get(token().sign()).await.status, StatusCode::FORBIDDEN, "nobody is named");
        let two = app.get(token().claim("nickname", "jane@company.com@evil.example").sign()).await;
        assert_eq!(two.status, StatusCode::FORBIDDEN, "no name is refused, and not passed over");
    }
    let unset = stand.unset(field).await;
    assert_eq!(unset.principal(token().sign()).await["name"], "jane@company.com");
    assert_eq!(unset.principal(stand.provider.token("auth0|1").sign()).await["name"], "auth0|1");
    stand.refuses_in_file(field, "5", NOT_A_LIST);
}

#[tokio::test]
async fn jwt_principal_claims_mapping() {
    let field = authentication("jwtPrincipalClaimsMapping", "AUTHENTICATION_JWT_PRINCIPAL_CLAIMS_MAPPING");
    let stand = Stand::bearer().await;
    let token = || stand.provider.token("auth0|1").claim("email", "jane@company.com").claim("dept", "data");
    let mapping = ["username:https://acme.example/user", "department:dept"];
    let set = |c: &mut Config| c.authentication.jwt_principal_claims_mapping = list(mapping);
    let written = format!("[\"{}\", \"{}\"]", mapping[0], mapping[1]);
    for app in stand.three_ways(field, &written, set).await {
        let jane = app.principal(token().claim("https://acme.example/user", "jdoe").sign()).await;
        assert_eq!((&jane["name"], &jane["email"]), (&json!("jdoe"), &json!("jane@company.com")));
        assert_eq!(jane["attributes"], json!({"department": "data"}));
        assert_eq!(
            app.principal(token().sign()).await["name"],
            "jane@company.com",
            "the claims in order are behind it"
        );
    }
    let mend = "mend: write FIELD:CLAIM, such as username:nickname";
    for wrong in ["[username]", "[\":nickname\"]", "[\"username:\"]"] {
        stand.refuses(field, wrong, &format!("[0]: is not a field and a claim; {mend}"));
    }
    let twice = "[1]: maps a field that is mapped already; mend: leave one of the entries";
    stand.refuses(field, "[\"email:mail\", \"email:upn\"]", twice);
}

#[tokio::test]
async fn email_claim() {
    let field = authentication("emailClaim", "AUTHENTICATION_EMAIL_CLAIM");
    let stand = Stand::bearer().await;
    let token = stand.provider.token("1").claim("mail", "m@company.com").claim("email", "e@company.com").sign();
    for app in stand.three_ways(field, "mail", |c| c.authentication.email_claim = text("mail")).await {
        assert_eq!(app.principal(&token).await["email"], "m@company.com");
    }
    assert_eq!(stand.unset(field).await.principal(&token).await["email"], "e@company.com");
    stand.refuses_in_file(field, "[mail]", NOT_A_TEXT);
}

#[tokio::test]
async fn display_name_claim() {
    let field = authentication("displayNameClaim", "AUTHENTICATION_DISPLAY_NAME_CLAIM");
    let stand = Stand::bearer().await;
    let token = stand.provider.token("1").claim("nickname", "jj").claim("name", "Jane Doe").sign();
    for app in stand.three_ways(field, "nickname", |c| c.authentication.display_name_claim = text("nickname")).await {
        assert_eq!(app.principal(&token).await["displayName"], "jj");
    }
    assert_eq!(stand.unset(field).await.principal(&token).await["displayName"], "Jane Doe");
    stand.refuses_in_file(field, "[name]", NOT_A_TEXT);
}

#[tokio::test]
async fn jwt_team_claim_mapping() {
    let field = authentication("jwtTeamClaimMapping", "AUTHENTICATION_JWT_TEAM_CLAIM_MAPPING");
    let stand = Stand::bearer().await;
    let token = stand.provider.token("1").claim("groups", ["data", "ops"]).sign();
    for app in stand.three_ways(field, "groups", |c| c.authentication.jwt_team_claim_mapping = text("groups")).await {
        assert_eq!(app.principal(&token).await["teams"], json!(["data", "ops"]));
    }
    assert_eq!(stand.unset(field).await.principal(&token).await["teams"], json!([]));
    stand.refuses_in_file(field, "[groups]", NOT_A_TEXT);
}

#[tokio::test]
async fn force_secure_session_cookie() {
    let stand = Stand::login_at("http://localhost:3000").await;
    // The second is how OpenMetadata's file names it.
    for variable in ["AUTHENTICATION_FORCE_SECURE_SESSION_COOKIE", "FORCE_SECURE_SESSION_COOKIE"] {
        force_secure_session_cookie_by(&stand, authentication("forceSecureSessionCookie", variable)).await;
    }
}

async fn force_secure_session_cookie_by(stand: &Stand, field: Field) {
    let is_secure = |cookies: Vec<&str>| cookies[0].starts_with("__Host-") && cookies[0].contains("; Secure");
    for app in stand.three_ways(field, "true", |c| c.authentication.force_secure_session_cookie = Some(true)).await {
        assert!(is_secure(set_cookies(&app.open("/me").await.headers)));
    }
    assert!(!is_secure(set_cookies(&stand.unset(field).await.open("/me").await.headers)));
    stand.refuses(field, "maybe", NOT_A_SWITCH);
}

#[tokio::test]
async fn session_expiry() {
    let field = authentication("sessionExpiry", "AUTHENTICATION_SESSION_EXPIRY");
    let stand = Stand::login().await;
    for app in stand.three_ways(field, "600", |c| c.authentication.session_expiry = Some(600)).await {
        let browser = app.signed_in("alice").await;
        stand.clock.advance(Duration::from_secs(599));
        assert!(is_alive(&browser).await);
        stand.clock.advance(Duration::from_secs(1));
        assert!(!is_alive(&browser).await);
    }
    stand.refuses(field, "a week", NOT_A_NUMBER);
    stand.refuses(field, "0", ": is 0: no session could live; mend: write a number of seconds, at least 1");
}

#[tokio::test]
async fn max_active_sessions_per_user() {
    let field = authentication("maxActiveSessionsPerUser", "AUTHENTICATION_MAX_ACTIVE_SESSIONS_PER_USER");
    let stand = Stand::login().await.with("OIDC_SESSION_STORE", "memory");
    for app in stand.three_ways(field, "1", |c| c.authentication.max_active_sessions_per_user = Some(1)).await {
        let (first, other) = (app.signed_in("alice").await, app.signed_in("bob").await);
        stand.clock.advance(Duration::from_secs(1));
        let second = app.signed_in("alice").await;
        assert!(!is_alive(&first).await && is_alive(&second).await && is_alive(&other).await);
    }
    stand.refuses(field, "0", ": is out of range; mend: write a count from 1 to 4294967295");
    let mend = "mend: take it out, or set sessionStore to memory or a redis:// URL";
    let message = format!(": needs sessions on the server, and the session store is cookie; {mend}");
    Stand::login().await.refuses(field, "1", &message);
}

#[tokio::test]
async fn additional_trusted_redirect_uris() {
    const OTHER: &str = "https://other.example/welcome";
    let field = authentication("additionalTrustedRedirectUris", "AUTHENTICATION_ADDITIONAL_TRUSTED_REDIRECT_URIS");
    let stand = Stand::login().await;
    let login = format!("/login?return_to={OTHER}");
    let set = |c: &mut Config| c.authentication.additional_trusted_redirect_uris = list([OTHER]);
    for app in stand.three_ways(field, &format!("[{OTHER}]"), set).await {
        let mut browser = app.browser();
        browser.navigate(&login).await;
        let end = browser.log_in_as(&stand.provider, "alice").await;
        assert_eq!((end.url.path(), end.header("location")), ("/callback", Some(OTHER)));
    }
    assert_eq!(stand.unset(field).await.open(&login).await.status, StatusCode::BAD_REQUEST, "nobody is sent anywhere");
    stand.refuses(field, "[/welcome]", &format!("[0]: {NOT_A_URL}"));
}

#[tokio::test]
async fn enable_auto_redirect() {
    let field = authentication("enableAutoRedirect", "AUTHENTICATION_ENABLE_AUTO_REDIRECT");
    let stand = Stand::login().await;
    for app in stand.three_ways(field, "false", |c| c.authentication.enable_auto_redirect = Some(false)).await {
        let page = app.open("/me").await;
        assert_eq!(page.status, StatusCode::UNAUTHORIZED);
        assert!(page.text.contains("href=\"/login?return_to=%2Fme\""), "a page with a button: {}", page.text);
    }
    assert_eq!(stand.unset(field).await.open("/me").await.status, StatusCode::FOUND);
    stand.refuses(field, "off", NOT_A_SWITCH);
}

/// The one setting without a variable.
#[tokio::test]
async fn trusted_issuers() {
    let field = authentication("trustedIssuers", "");
    let (stand, second) = (Stand::bearer().await, TestProvider::builder().audience("https://second.example"));
    let second = second.clock(stand.clock.clone()).start().await;
    let mut in_rust = stand.base(field);
    let trusted = TrustedIssuer::new(second.issuer()).audience(second.audience());
    in_rust.authentication.trusted_issuers = vec![trusted];
    let file = format!(
        "authenticationConfiguration: {{ trustedIssuers: [{{ issuer: \"{}\", audience: {} }}] }}",
        second.issuer(),
        second.audience()
    );
    for app in [stand.app(in_rust).await.unwrap(), stand.file(&file).await] {
        assert_eq!(app.principal(second.token("jane").sign()).await["iss"], second.issuer());
        app.principal(stand.provider.token("jane").sign()).await;
        // Its keys vouch for its own tokens alone, and its audience is its own.
        let disguised = second.signing_key().with_key_id(stand.provider.signing_key().key_id());
        let forged = stand.provider.token("jane").key(&disguised).sign();
        let elsewhere = second.token("jane").audience(stand.provider.audience()).sign();
        for token in [forged, elsewhere] {
            assert_eq!(app.get(token).await.status, StatusCode::UNAUTHORIZED);
        }
    }
    let alone = stand.unset(field).await;
    assert_eq!(alone.get(second.token("jane").sign()).await.status, StatusCode::UNAUTHORIZED);
    let required = "[0].issuer: is required; mend: write the exact `iss` of its tokens";
    stand.refuses_in_file(field, "[{ audience: a }]", required);
    stand.refuses_in_file(field, "a", ": expected a list of blocks, found another text; mend: write a list of blocks");
}

#[tokio::test]
async fn saml_configuration() {
    passed_over("samlConfiguration").await;
}

#[tokio::test]
async fn ldap_configuration() {
    passed_over("ldapConfiguration").await;
}

async fn passed_over(block: &str) {
    let stand = Stand::login().await;
    let app = stand.file(&format!("authenticationConfiguration: {{ {block}: {{ host: ldap.example }} }}")).await;
    let notices: Vec<_> = app.auth.settings().notices.iter().map(ToString::to_string).collect();
    assert_eq!(notices, [format!("authenticationConfiguration.{block}: has no meaning here and is passed over")]);
    assert_eq!(app.asked().await["redirect_uri"], format!("{SERVER}/callback"));
}
