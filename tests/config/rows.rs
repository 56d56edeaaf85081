//! Every key, once: through the struct, the file and its variable, its default, and values it refuses.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tower_oidc::config::{ClientAuthentication, Config, Settings, Source};

use super::*;

struct Row {
    path: String,
    variable: &'static str,
    /// As a variable, and as a text of the file.
    text: &'static str,
    /// What else stands for the same in a file.
    values: Vec<Value>,
    set: fn(&mut Config),
    /// What the settings say.
    seen: fn(&Settings) -> String,
    wanted: &'static str,
    default: &'static str,
    /// Keys that must be set too.
    with: Vec<(String, &'static str, &'static str)>,
    refused: Vec<Value>,
}

impl Row {
    fn values(mut self, values: impl IntoIterator<Item = Value>) -> Self {
        self.values.extend(values);
        self
    }

    fn with(mut self, path: String, variable: &'static str, text: &'static str) -> Self {
        self.with.push((path, variable, text));
        self
    }

    fn refuses(mut self, values: impl IntoIterator<Item = Value>) -> Self {
        self.refused.extend(values);
        self
    }
}

/// Path and variable; text and setter; what is seen: wanted and by default.
fn row(
    (path, variable): (String, &'static str),
    (text, set): (&'static str, fn(&mut Config)),
    (seen, wanted, default): (fn(&Settings) -> String, &'static str, &'static str),
) -> Row {
    let (values, with, refused) = (Vec::new(), Vec::new(), Vec::new());
    Row { path, variable, text, values, set, seen, wanted, default, with, refused }
}

fn outer(key: &str) -> String {
    format!("{AUTHENTICATION}.{key}")
}

fn nested(key: &str) -> String {
    format!("{OIDC}.{key}")
}

fn authorizer(key: &str) -> String {
    format!("{AUTHORIZER}.{key}")
}

macro_rules! seen {
    ($settings:ident => $value:expr) => {
        |$settings: &Settings| format!("{:?}", $value)
    };
}

macro_rules! login {
    ($login:ident => $value:expr) => {
        |settings: &Settings| {
            let $login = settings.login.as_ref().unwrap();
            format!("{:?}", $value)
        }
    };
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn list(items: &[&str]) -> Vec<String> {
    items.iter().map(|item| (*item).to_owned()).collect()
}

fn authentication_rows() -> Vec<Row> {
    vec![
        row(
            (outer("providerName"), "CUSTOM_OIDC_AUTHENTICATION_PROVIDER_NAME"),
            ("Company Auth0", |c| c.authentication.provider_name = text("Company Auth0")),
            (seen!(s => s.provider_name), r#""Company Auth0""#, r#""Auth0""#),
        )
        .refuses([json!(5), json!(["a"]), json!({ "a": 1 })]),
        row(
            (outer("provider"), "AUTHENTICATION_PROVIDER"),
            ("google", |c| c.authentication.provider = text("google")),
            (seen!(s => s.issuers[0].kind), "Google", "Auth0"),
        )
        .values([json!("Google")])
        .refuses([
            json!("basic"),
            json!("ldap"),
            json!("saml"),
            json!("openmetadata"),
            json!("keycloak"),
            json!(true),
        ]),
        row(
            (outer("enableSelfSignup"), "AUTHENTICATION_ENABLE_SELF_SIGNUP"),
            ("true", |c| c.authentication.enable_self_signup = Some(true)),
            (seen!(s => s.principal.self_signup), "true", "false"),
        )
        .values([json!(true), json!("True")])
        .refuses([json!("yes"), json!(1), json!([true])]),
        row(
            (outer("authority"), "AUTHENTICATION_AUTHORITY"),
            ("https://other.auth0.com/", |c| c.authentication.authority = text("https://other.auth0.com/")),
            (
                seen!(s => s.issuers[0].discovery.as_ref().unwrap().as_str()),
                r#""https://other.auth0.com/.well-known/openid-configuration""#,
                r#""https://tenant.us.auth0.com/.well-known/openid-configuration""#,
            ),
        )
        .values([json!("https://other.auth0.com"), json!("other.auth0.com"), json!("https://other.auth0.com//")])
        .refuses([
            json!("https://dev\u{2011}abc.us.auth0.com"),
            json!("https://{domain}"),
            json!("ftp://a.b"),
            json!("https://a.b/?x=1"),
            json!("https://a.b/#x"),
            json!("https://user:pass@a.b"),
            json!("https://a b"),
            json!("https:/a.b/://"),
            json!("https://tenant.auth0.com/.well-known/openid-configuration"),
            json!(5),
        ]),
        row(
            (outer("publicKeyUrls"), "AUTHENTICATION_PUBLIC_KEYS"),
            ("[https://a.example/jwks,https://b.example/jwks]", |c| {
                c.authentication.public_key_urls = list(&["https://a.example/jwks", "https://b.example/jwks"]);
            }),
            (
                seen!(s => s.issuers[0].key_urls.iter().map(|url| url.as_str()).collect::<Vec<_>>()),
                r#"["https://a.example/jwks", "https://b.example/jwks"]"#,
                "[]",
            ),
        )
        .values([
            json!(["https://a.example/jwks", "https://b.example/jwks"]),
            json!("https://a.example/jwks, https://b.example/jwks"),
        ])
        .refuses([json!(["jwks"]), json!("https://a\u{2010}b.example/jwks"), json!([5]), json!({ "a": "b" })]),
        row(
            (outer("tokenValidationAlgorithm"), "AUTHENTICATION_TOKEN_VALIDATION_ALGORITHM"),
            ("[ES256,RS512]", |c| c.authentication.token_validation_algorithm = list(&["RS512", "ES256"])),
            (seen!(s => s.issuers[0].algorithms), "{Rs512, Es256}", "{Rs256}"),
        )
        .values([json!(["RS512", "ES256"]), json!("RS512, ES256")])
        .refuses([
            json!("none"),
            json!("HS256"),
            json!(["RS256", "HS512"]),
            json!("rs256"),
            json!("ES512"),
            json!(256),
        ]),
        row(
            (outer("jwtPrincipalClaims"), "AUTHENTICATION_JWT_PRINCIPAL_CLAIMS"),
            ("[https://company.com/login,sub]", |c| {
                c.authentication.jwt_principal_claims = list(&["https://company.com/login", "sub"]);
            }),
            (
                seen!(s => s.principal.claims),
                r#"["https://company.com/login", "sub"]"#,
                r#"["email", "preferred_username", "sub"]"#,
            ),
        )
        .values([json!(["https://company.com/login", "sub"]), json!(["https://company.com/login", "", "sub", null])])
        .refuses([json!([["sub"]]), json!(5)]),
        row(
            (outer("jwtPrincipalClaimsMapping"), "AUTHENTICATION_JWT_PRINCIPAL_CLAIMS_MAPPING"),
            (r#"["username:https://company.com/login", "costCentre:cc"]"#, |c| {
                c.authentication.jwt_principal_claims_mapping =
                    list(&["username:https://company.com/login", "costCentre:cc"]);
            }),
            (
                seen!(s => (&s.principal.username_claim, &s.principal.attributes)),
                r#"(Some("https://company.com/login"), [("costCentre", "cc")])"#,
                "(None, [])",
            ),
        )
        .values([json!(["username:https://company.com/login", "costCentre : cc"])])
        .refuses([
            json!(["username"]),
            json!([":a"]),
            json!(["a:"]),
            json!(["a:b", "a:c"]),
            json!([{ "a": "b" }]),
        ]),
        row(
            (outer("responseType"), "AUTHENTICATION_RESPONSE_TYPE"),
            ("id_token", |c| c.authentication.response_type = text("id_token")),
            (login!(l => l.response_type), "IdToken", "Code"),
        )
        .refuses([json!("token"), json!("code id_token"), json!(["code"])]),
        row(
            (outer("sessionExpiry"), "AUTHENTICATION_SESSION_EXPIRY"),
            ("3600", |c| c.authentication.session_expiry = Some(3600)),
            (login!(l => l.session.expiry), "3600s", "604800s"),
        )
        .values([json!(3600)])
        .refuses([json!(0), json!("a week")]),
        row(
            (outer("emailClaim"), "AUTHENTICATION_EMAIL_CLAIM"),
            ("mail", |c| c.authentication.email_claim = text("mail")),
            (seen!(s => s.principal.email_claims), r#"["mail"]"#, r#"["email"]"#),
        )
        .refuses([json!(false)]),
        row(
            (outer("displayNameClaim"), "AUTHENTICATION_DISPLAY_NAME_CLAIM"),
            ("nickname", |c| c.authentication.display_name_claim = text("nickname")),
            (seen!(s => s.principal.display_name_claims), r#"["nickname"]"#, r#"["name"]"#),
        )
        .refuses([json!(["name"])]),
        row(
            (outer("jwtTeamClaimMapping"), "AUTHENTICATION_JWT_TEAM_CLAIM_MAPPING"),
            ("groups", |c| c.authentication.jwt_team_claim_mapping = text("groups")),
            (seen!(s => s.principal.team_claim), r#"Some("groups")"#, "None"),
        )
        .refuses([json!(["groups"])]),
        row(
            (outer("maxActiveSessionsPerUser"), "AUTHENTICATION_MAX_ACTIVE_SESSIONS_PER_USER"),
            ("3", |c| {
                c.authentication.max_active_sessions_per_user = Some(3);
                c.authentication.oidc.session_store = Some("memory".into());
            }),
            (login!(l => l.session.max_per_user), "Some(3)", "None"),
        )
        .with(nested("sessionStore"), "OIDC_SESSION_STORE", "memory")
        .values([json!(3)])
        .refuses([json!(0), json!(4_294_967_296_u64), json!(-1), json!("many")]),
        row(
            (outer("additionalTrustedRedirectUris"), "AUTHENTICATION_ADDITIONAL_TRUSTED_REDIRECT_URIS"),
            ("[https://other.example/]", |c| {
                c.authentication.additional_trusted_redirect_uris = list(&["https://other.example/"]);
            }),
            (
                login!(l => l.trusted_redirects.iter().map(|url| url.as_str()).collect::<Vec<_>>()),
                r#"["https://other.example/"]"#,
                "[]",
            ),
        )
        .refuses([
            json!(["/path"]),
            json!(["javascript:alert(1)"]),
            json!(["https://other\u{2013}x.example/"]),
        ]),
        row(
            (outer("enableAutoRedirect"), "AUTHENTICATION_ENABLE_AUTO_REDIRECT"),
            ("false", |c| c.authentication.enable_auto_redirect = Some(false)),
            (login!(l => l.auto_redirect), "false", "true"),
        )
        .values([json!(false)])
        .refuses([json!("off")]),
    ]
}

fn nested_rows() -> Vec<Row> {
    vec![
        row(
            (nested("responseType"), "OIDC_RESPONSE_TYPE"),
            ("id_token", |c| c.authentication.oidc.response_type = text("id_token")),
            (
                login!(l => (l.response_type, l.response_mode, l.use_pkce)),
                "(IdToken, FormPost, false)",
                "(Code, Query, true)",
            ),
        )
        .refuses([json!("token"), json!("code id_token")]),
        row(
            (nested("clientAuthenticationMethod"), "OIDC_CLIENT_AUTH_METHOD"),
            ("client_secret_jwt", |c| {
                c.authentication.oidc.client_authentication_method = text("client_secret_jwt");
            }),
            (login!(l => matches!(l.client_authentication, ClientAuthentication::SecretJwt(_))), "true", "false"),
        )
        .refuses([json!("tls_client_auth"), json!("none"), json!(true)]),
        row(
            (nested("scope"), "OIDC_SCOPE"),
            ("openid offline_access", |c| c.authentication.oidc.scope = text("openid offline_access")),
            (login!(l => l.scope), r#""openid offline_access""#, r#""openid email profile""#),
        )
        .refuses([json!("email profile"), json!("openid,email"), json!("openid “email”"), json!(["openid"])]),
        row(
            (nested("discoveryUri"), "OIDC_DISCOVERY_URI"),
            ("https://tenant.us.auth0.com/x?p=1", |c| {
                c.authentication.oidc.discovery_uri = text("https://tenant.us.auth0.com/x?p=1");
            }),
            (
                seen!(s => s.issuers[0].discovery.as_ref().unwrap().as_str()),
                r#""https://tenant.us.auth0.com/x?p=1""#,
                r#""https://tenant.us.auth0.com/.well-known/openid-configuration""#,
            ),
        )
        .refuses([
            json!("tenant.us.auth0.com"),
            json!("https://dev\u{2212}x.auth0.com/"),
            json!("https:a.b"),
            json!(1),
        ]),
        row(
            (nested("useNonce"), "OIDC_USE_NONCE"),
            ("false", |c| c.authentication.oidc.use_nonce = Some(false)),
            (login!(l => l.use_nonce), "false", "true"),
        )
        .values([json!(false)])
        .refuses([json!("no")]),
        row(
            (nested("preferredJwsAlgorithm"), "OIDC_PREFERRED_JWS"),
            ("ES256", |c| c.authentication.oidc.preferred_jws_algorithm = text("ES256")),
            (login!(l => l.id_token_algorithm), "Es256", "Rs256"),
        )
        .refuses([json!("HS256"), json!("none"), json!("RS256, ES256"), json!(["RS256"])]),
        row(
            (nested("disablePkce"), "OIDC_DISABLE_PKCE"),
            ("true", |c| c.authentication.oidc.disable_pkce = Some(true)),
            (login!(l => l.use_pkce), "false", "true"),
        )
        .values([json!(true)])
        .refuses([json!("1")]),
        row(
            (nested("maxClockSkew"), "OIDC_MAX_CLOCK_SKEW"),
            ("0", |c| c.authentication.oidc.max_clock_skew = Some(0)),
            (seen!(s => s.issuers[0].clock_skew), "0ns", "60s"),
        )
        .values([json!(0)])
        .refuses([json!(301), json!("-5"), json!("60s"), json!(1.5)]),
        row(
            (nested("tokenValidity"), "OIDC_OM_REFRESH_TOKEN_VALIDITY"),
            ("3600", |c| c.authentication.oidc.token_validity = Some(3600)),
            (seen!(s => s.issuers[0].token_validity), "Some(3600s)", "None"),
        )
        .values([json!(3600)])
        .refuses([json!(u64::MAX), json!("1h")]),
        row(
            (nested("tokenValidity"), "OIDC_TOKEN_VALIDITY"),
            ("0", |c| c.authentication.oidc.token_validity = Some(0)),
            (seen!(s => s.issuers[0].token_validity), "None", "None"),
        ),
        row(
            (nested("serverUrl"), "OIDC_SERVER_URL"),
            ("https://app.example.com/base/", |c| {
                c.authentication.oidc.server_url = text("https://app.example.com/base/");
            }),
            (login!(l => l.server_url.as_str()), r#""https://app.example.com/base/""#, r#""https://app.example.com/""#),
        )
        .refuses([
            json!("app.example.com"),
            json!("https://app\u{2010}x.example.com"),
            json!("https://app.example.com/?a"),
        ]),
        row(
            (nested("maxAge"), "OIDC_MAX_AGE"),
            ("600", |c| c.authentication.oidc.max_age = Some(600)),
            (login!(l => l.max_age), "Some(600s)", "None"),
        )
        .values([json!(600)])
        .refuses([json!("soon"), json!(u64::MAX)]),
        row(
            (nested("prompt"), "OIDC_PROMPT_TYPE"),
            ("login  consent", |c| c.authentication.oidc.prompt = text("login consent")),
            (login!(l => l.prompt), r#"Some("login consent")"#, "None"),
        )
        .values([json!("login consent")])
        .refuses([json!("none login"), json!("always"), json!(["login"])]),
        row(
            (nested("sessionExpiry"), "OIDC_SESSION_EXPIRY"),
            ("3600", |c| c.authentication.oidc.session_expiry = Some(3600)),
            (login!(l => l.session.expiry), "3600s", "604800s"),
        )
        .values([json!(3600)])
        .refuses([json!(0), json!("7d"), json!(u64::MAX)]),
        row(
            (nested("sessionIdleTimeout"), "OIDC_SESSION_IDLE_TIMEOUT"),
            ("900", |c| c.authentication.oidc.session_idle_timeout = Some(900)),
            (login!(l => l.session.idle_timeout), "Some(900s)", "None"),
        )
        .values([json!(900)])
        .refuses([json!(0), json!("-1")]),
        row(
            (nested("sessionStore"), "OIDC_SESSION_STORE"),
            ("memory", |c| c.authentication.oidc.session_store = Some("memory".into())),
            (login!(l => l.session.store), "Memory", "Cookie"),
        )
        .refuses([json!("postgres://a"), json!("redis://"), json!("redis:/a"), json!(6379)]),
        row(
            (nested("customParams"), "OIDC_CUSTOM_PARAMS"),
            ("{screen_hint: signup, max: 1}", |c| {
                c.authentication.oidc.custom_params =
                    BTreeMap::from([("screen_hint".into(), "signup".into()), ("max".into(), "1".into())]);
            }),
            (login!(l => l.custom_params), r#"{"max": "1", "screen_hint": "signup"}"#, "{}"),
        )
        .values([json!({ "screen_hint": "signup", "max": 1 }), json!(r#"{"screen_hint":"signup","max":"1"}"#)])
        .refuses([
            json!({ "response_mode": "query" }),
            json!({ "STATE": "x" }),
            json!({ "customParamKey1": "nonce", "customParamValue1": "x" }),
            json!({ "customParamKey1": "a" }),
            json!({ "customParamValue2": "a" }),
            json!({ "a": ["b"] }),
            json!("a=b"),
        ]),
        row(
            (nested("loginParams"), "OIDC_LOGIN_PARAMS"),
            ("[screen_hint=signup,prompt=create]", |c| {
                c.authentication.oidc.login_params = list(&["screen_hint=signup", "prompt=create"])
            }),
            (login!(l => l.login_params), r#"[("screen_hint", "signup"), ("prompt", "create")]"#, "[]"),
        )
        .values([json!(["screen_hint=signup", "prompt=create"])])
        .refuses([
            json!([5]),
            json!(["screen_hint"]),
            json!(["=x"]),
            json!(["state=x"]),
            json!(["prompt=none"]),
        ]),
        row(
            (nested("audience"), "OIDC_AUDIENCE"),
            ("[https://api,https://other]", |c| {
                c.authentication.oidc.audience = list(&["https://api", "https://other"])
            }),
            (seen!(s => s.issuers[0].audiences), r#"["https://api", "https://other"]"#, r#"["client"]"#),
        )
        .values([json!(["https://api", "https://other"])])
        .refuses([json!([5]), json!({ "a": "b" })]),
        row(
            (nested("bearerTokenKind"), "OIDC_BEARER_TOKEN_KIND"),
            ("any", |c| c.authentication.oidc.bearer_token_kind = text("any")),
            (seen!(s => s.issuers[0].bearer_token_kind), "Any", "AccessToken"),
        )
        .refuses([json!("jwt")]),
        row(
            (nested("dpop"), "OIDC_DPOP"),
            ("required", |c| c.authentication.oidc.dpop = text("required")),
            (seen!(s => s.dpop.as_ref().map(|dpop| dpop.policy)), "Some(Required)", "None"),
        )
        .refuses([json!("on"), json!(["off"])]),
        row(
            (nested("responseMode"), "OIDC_RESPONSE_MODE"),
            ("form_post", |c| c.authentication.oidc.response_mode = text("form_post")),
            (login!(l => l.response_mode), "FormPost", "Query"),
        )
        .refuses([json!("fragment")]),
        row(
            (nested("loadUserinfo"), "OIDC_LOAD_USERINFO"),
            ("always", |c| c.authentication.oidc.load_userinfo = text("always")),
            (login!(l => l.load_userinfo), "Always", "Auto"),
        )
        .refuses([json!("sometimes"), json!(true)]),
        row(
            (nested("keepAccessToken"), "OIDC_KEEP_ACCESS_TOKEN"),
            ("true", |c| c.authentication.oidc.keep_access_token = Some(true)),
            (login!(l => l.keep_access_token), "true", "false"),
        )
        .values([json!(true)])
        .refuses([json!("maybe")]),
        row(
            (nested("pushedAuthorizationRequests"), "OIDC_PUSHED_AUTHORIZATION_REQUESTS"),
            ("ifAvailable", |c| c.authentication.oidc.pushed_authorization_requests = text("ifAvailable")),
            (login!(l => l.pushed_authorization_requests), "IfAvailable", "Auto"),
        )
        .refuses([json!("always"), json!("if_available"), json!(true)]),
        row(
            (nested("federatedLogout"), "OIDC_FEDERATED_LOGOUT"),
            ("true", |c| c.authentication.oidc.federated_logout = Some(true)),
            (login!(l => l.federated_logout), "true", "false"),
        )
        .values([json!(true)])
        .refuses([json!("maybe")]),
        row(
            (nested("caFile"), "OIDC_CA_FILE"),
            (concat!(env!("CARGO_MANIFEST_DIR"), "/tests/config/root.pem"), |c| {
                c.authentication.oidc.ca_file = text(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/config/root.pem"));
            }),
            (seen!(s => s.http.ca_pem.as_ref().map(String::len).is_some()), "true", "false"),
        )
        .refuses([
            json!("/does/not/exist.pem"),
            json!(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")),
            json!(1),
        ]),
        row(
            (nested("issuer"), "OIDC_ISSUER"),
            ("https://tenant.us.auth0.com/", |c| {
                c.authentication.oidc.issuer = text("https://tenant.us.auth0.com/");
            }),
            (seen!(s => s.issuers[0].issuer), r#"Some("https://tenant.us.auth0.com/")"#, "None"),
        )
        .refuses([
            json!("https://dev\u{2011}x.auth0.com/"),
            json!("two words"),
            json!("https://<tenant>/"),
            json!(1),
        ]),
        row(
            (nested("type"), "OIDC_TYPE"),
            ("okta", |c| c.authentication.oidc.r#type = text("okta")),
            (seen!(s => s.issuers[0].kind), "Okta", "Auth0"),
        )
        .refuses([json!("saml"), json!("elsewhere")]),
    ]
}

fn authorizer_rows() -> Vec<Row> {
    vec![
        row(
            (authorizer("adminPrincipals"), "AUTHORIZER_ADMIN_PRINCIPALS"),
            ("[admin, jane@company.com]", |c| c.authorizer.admin_principals = list(&["admin", "jane@company.com"])),
            (seen!(s => s.principal.admins.len()), "2", "0"),
        )
        .values([json!(["admin", "jane@company.com"])])
        .refuses([
            json!(["a@b@c.com"]),
            json!(["jane\u{ff20}company.com"]),
            json!(["two words"]),
            json!([1]),
            json!(1),
        ]),
        row(
            (authorizer("adminEmails"), "AUTHORIZER_ADMIN_EMAILS"),
            ("[jane@company.com]", |c| c.authorizer.admin_emails = list(&["jane@company.com"])),
            (
                seen!(s => s.principal.admin_emails.iter().map(|email| email.as_str()).collect::<Vec<_>>()),
                r#"["jane@company.com"]"#,
                "[]",
            ),
        )
        .refuses([json!(["jane"]), json!(["@company.com"])]),
        row(
            (authorizer("botPrincipals"), "AUTHORIZER_BOT_PRINCIPALS"),
            ("[abc@clients, ingestion-bot]", |c| c.authorizer.bot_principals = list(&["abc@clients", "ingestion-bot"])),
            (seen!(s => s.principal.bots), r#"["abc@clients", "ingestion-bot"]"#, "[]"),
        )
        .refuses([json!({ "a": "b" })]),
        row(
            (authorizer("principalDomain"), "AUTHORIZER_PRINCIPAL_DOMAIN"),
            ("Company.com", |c| c.authorizer.principal_domain = text("Company.com")),
            (seen!(s => s.principal.domain), r#"Some("company.com")"#, "None"),
        )
        .refuses([json!("@company.com"), json!("my\u{2011}company.com"), json!("a b"), json!(["company.com"])]),
        row(
            (authorizer("enforcePrincipalDomain"), "AUTHORIZER_ENFORCE_PRINCIPAL_DOMAIN"),
            ("true", |c| {
                c.authorizer.enforce_principal_domain = Some(true);
                c.authorizer.principal_domain = text("company.com");
            }),
            (seen!(s => s.principal.enforced_domains), r#"["company.com"]"#, "[]"),
        )
        .with(authorizer("principalDomain"), "AUTHORIZER_PRINCIPAL_DOMAIN", "company.com")
        .values([json!(true)])
        .refuses([json!("maybe")]),
        row(
            (authorizer("allowedDomains"), "AUTHORIZER_ALLOWED_DOMAINS"),
            ("[a.com,bücher.example]", |c| {
                c.authorizer.allowed_domains = list(&["a.com", "bücher.example"]);
                c.authorizer.enforce_principal_domain = Some(true);
            }),
            (seen!(s => s.principal.enforced_domains), r#"["a.com", "xn--bcher-kva.example"]"#, "[]"),
        )
        .with(authorizer("enforcePrincipalDomain"), "AUTHORIZER_ENFORCE_PRINCIPAL_DOMAIN", "true")
        .refuses([json!(["a_b.com"]), json!(["a\u{2013}b.com"])]),
        row(
            (authorizer("allowedEmailDomains"), "AUTHORIZER_ALLOWED_EMAIL_DOMAINS"),
            ("[a.com]", |c| c.authorizer.allowed_email_domains = list(&["a.com"])),
            (seen!(s => s.principal.email_domains), r#"["a.com"]"#, "[]"),
        )
        .refuses([json!(["jane@a.com"])]),
        row(
            (authorizer("allowedEmailRegistrationDomains"), "AUTHORIZER_ALLOWED_REGISTRATION_DOMAIN"),
            ("[a.com]", |c| c.authorizer.allowed_email_registration_domains = list(&["a.com"])),
            (seen!(s => s.principal.registration_domains), r#"Some(["a.com"])"#, "None"),
        )
        .refuses([json!(["*"])]),
        row(
            (authorizer("useRolesFromProvider"), "AUTHORIZER_USE_ROLES_FROM_PROVIDER"),
            ("true", |c| c.authorizer.use_roles_from_provider = Some(true)),
            (seen!(s => s.principal.roles_claim), r#"Some("roles")"#, "None"),
        )
        .refuses([json!("always")]),
        row(
            (authorizer("rolesClaim"), "AUTHORIZER_ROLES_CLAIM"),
            ("https://company.com/roles", |c| {
                c.authorizer.roles_claim = text("https://company.com/roles");
                c.authorizer.use_roles_from_provider = Some(true);
            }),
            (seen!(s => s.principal.roles_claim), r#"Some("https://company.com/roles")"#, "None"),
        )
        .with(authorizer("useRolesFromProvider"), "AUTHORIZER_USE_ROLES_FROM_PROVIDER", "true")
        .refuses([json!(["roles"])]),
        row(
            (authorizer("enableSecureSocketConnection"), "AUTHORIZER_ENABLE_SECURE_SOCKET"),
            ("true", |c| c.authorizer.enable_secure_socket_connection = Some(true)),
            (seen!(s => s.http.https_only), "true", "false"),
        )
        .refuses([json!("tls")]),
    ]
}

fn rows() -> Vec<Row> {
    [authentication_rows(), nested_rows(), authorizer_rows()].into_iter().flatten().collect()
}

/// The base of [`client`] as a file, with further keys.
fn file(keys: &[(&str, Value)]) -> String {
    let mut tree = json!({
        AUTHENTICATION: {
            "authority": "https://tenant.us.auth0.com",
            "oidcConfiguration": {
                "id": "client",
                "secret": SECRET,
                "callbackUrl": "https://app.example.com/callback",
                "sessionSecret": SECRET,
            },
        },
        AUTHORIZER: {},
    });
    for (path, value) in keys {
        let pointer = format!("/{}", path.replace('.', "/"));
        let (block, key) = pointer.rsplit_once('/').unwrap();
        let block = tree.pointer_mut(block).and_then(Value::as_object_mut).unwrap();
        block.insert(key.to_owned(), value.clone());
    }
    tree.to_string()
}

/// The base of [`client`] as variables.
fn base_variables() -> Vec<(&'static str, &'static str)> {
    vec![
        ("AUTHENTICATION_AUTHORITY", "https://tenant.us.auth0.com"),
        ("OIDC_CLIENT_ID", "client"),
        ("OIDC_CLIENT_SECRET", SECRET),
        ("OIDC_CALLBACK", "https://app.example.com/callback"),
        ("OIDC_SESSION_SECRET", SECRET),
    ]
}

/// Like [`base_variables`], with the row's own before them.
fn row_variables(row: &Row, text: &'static str) -> Vec<(&'static str, &'static str)> {
    let own = [(row.variable, text)];
    own.into_iter().chain(row.with.iter().map(|(_, name, text)| (*name, *text))).chain(base_variables()).collect()
}

fn with_value(row: &Row, value: Value) -> String {
    let mut keys: Vec<_> = row.with.iter().map(|(path, _, text)| (path.as_str(), json!(text))).collect();
    keys.push((&row.path, value));
    file(&keys)
}

#[test]
fn every_key_is_read_from_the_struct() {
    for row in rows() {
        let mut config = client();
        (row.set)(&mut config);
        let settings = config.check().unwrap_or_else(|errors| panic!("{}: {errors}", row.path));
        assert_eq!((row.seen)(&settings), row.wanted, "{}", row.path);
    }
}

#[test]
fn every_key_is_read_from_the_file() {
    for row in rows() {
        for value in row.values.iter().cloned().chain([json!(row.text)]) {
            let config = load(&with_value(&row, value.clone())).unwrap_or_else(|errors| panic!("{value}: {errors}"));
            let settings = config.check().unwrap_or_else(|errors| panic!("{value}: {errors}"));
            assert_eq!((row.seen)(&settings), row.wanted, "{} {value}", row.path);
        }
    }
}

#[test]
fn every_key_is_read_from_its_variable() {
    for row in rows() {
        let list = row_variables(&row, row.text);
        let config = Config::load(Source::Environment, &variables(&list)).unwrap();
        let settings = config.check().unwrap_or_else(|errors| panic!("{}: {errors}", row.variable));
        assert_eq!((row.seen)(&settings), row.wanted, "{}", row.variable);
    }
}

#[test]
fn every_key_has_its_default() {
    let settings = client().check().unwrap();
    assert_eq!(notices(&settings), [""; 0]);
    for row in rows() {
        assert_eq!((row.seen)(&settings), row.default, "{}", row.path);
    }
}

#[test]
fn an_empty_value_is_the_default() {
    for row in rows().iter().filter(|row| row.path != outer("authority")) {
        for value in [json!(null), json!(""), json!("${MISSING:-}"), json!("${MISSING:-\"\"}")] {
            let settings = load(&file(&[(&row.path, value.clone())])).unwrap().check().unwrap();
            assert_eq!((row.seen)(&settings), row.default, "{} {value}", row.path);
        }
        for empty in ["", "\"\"", "null"] {
            let list: Vec<_> = [(row.variable, empty)].into_iter().chain(base_variables()).collect();
            let settings = Config::load(Source::Environment, &variables(&list)).unwrap().check().unwrap();
            assert_eq!((row.seen)(&settings), row.default, "{}", row.variable);
        }
    }
}

#[test]
fn a_value_that_is_refused_is_told_with_its_path() {
    for row in rows() {
        for value in &row.refused {
            let errors = load(&with_value(&row, value.clone())).and_then(|config| config.check()).err();
            let errors = errors.unwrap_or_else(|| panic!("{} takes {value}", row.path));
            assert!(paths(&errors).iter().all(|path| path.starts_with(&row.path)), "{}: {value}: {errors}", row.path);
        }
    }
}

#[test]
fn a_variable_that_is_refused_is_told_with_its_name_and_path() {
    for row in rows() {
        for text in row.refused.iter().filter_map(Value::as_str) {
            let list: Vec<_> = [(row.variable, text)].into_iter().chain(row_variables(&row, row.text)).collect();
            let errors =
                Config::load(Source::Environment, &variables(&list)).and_then(|config| config.check()).unwrap_err();
            for problem in errors.problems() {
                assert!(problem.path.starts_with(&row.path), "{}: {text}: {errors}", row.path);
                assert_eq!(problem.variable.as_deref(), Some(row.variable), "{errors}");
                assert!(problem.to_string().contains(row.variable), "{errors}");
            }
        }
    }
}

#[test]
fn a_variable_goes_over_the_file() {
    for row in rows() {
        let other: Vec<_> = row_variables(&row, row.text).into_iter().take(1 + row.with.len()).collect();
        let wrong = file(&[(&row.path, json!([["not read"]]))]);
        let settings = Config::load(Source::Text(&wrong), &variables(&other)).unwrap().check().unwrap();
        assert_eq!((row.seen)(&settings), row.wanted, "{}", row.path);
    }
}
