//! The rules of login and of sessions.

use tower_oidc::config::{
    ClientAuthentication, DpopPolicy, LoginSettings, ResponseMode, ResponseType, SessionStoreKind,
};
use tower_oidc::types::Algorithm;

use super::*;

fn nested(key: &str) -> String {
    format!("{OIDC}.{key}")
}

fn login(config: &Config) -> LoginSettings {
    config.check().unwrap_or_else(|errors| panic!("{errors}")).login.expect("login is off")
}

/// A public client that signs users in with a code.
fn public() -> Config {
    let mut config = Config::new()
        .authority("https://tenant.us.auth0.com")
        .client_id("client")
        .public_client()
        .server_url("https://app.example.com")
        .session_secret(SECRET);
    config.authentication.oidc.response_type = Some("code".to_owned());
    config
}

#[test]
fn login_is_on_when_an_address_or_a_credential_is_set() {
    let on = [
        bearer().callback_url("https://app.example.com/callback"),
        bearer().server_url("https://app.example.com"),
        bearer().client_secret(SECRET),
    ];
    for config in on {
        let errors = config.check().unwrap_err();
        assert!(paths(&errors).contains(&nested("id").as_str()), "{errors}");
    }
    let mut outer = bearer();
    outer.authentication.callback_url = Some("https://app.example.com/callback".to_owned());
    assert_refused(&outer, &[&nested("secret"), &nested("id")]);
}

/// An API without people needs its own address for proofs, and no login for that.
#[test]
fn a_server_url_for_proofs_alone_is_no_login() {
    for (policy, meant) in [("accepted", DpopPolicy::Accepted), ("Required", DpopPolicy::Required)] {
        let settings = bearer().server_url("https://api.example.com/shop").dpop(policy).check().unwrap();
        let dpop = settings.dpop.as_ref().expect("it is on");
        assert!(settings.login.is_none());
        assert_eq!((dpop.policy, dpop.server_url.as_str()), (meant, "https://api.example.com/shop"));
        assert_eq!(settings.server_url(), Some(&dpop.server_url));
        assert!(settings.notices.is_empty(), "{:?}", settings.notices);
        let with_id = bearer().server_url("https://api.example.com").client_id("client").dpop(policy).check().unwrap();
        assert!(with_id.login.is_none());
        let told: Vec<_> = with_id.notices.iter().map(|notice| &*notice.path).collect();
        assert_eq!(told, [nested("serverUrl")], "its credential may have been forgotten");
    }
    let off = bearer().server_url("https://api.example.com").dpop("off").check().unwrap_err();
    assert!(paths(&off).contains(&nested("id").as_str()), "{off}");
    let misspelt = bearer().server_url("https://api.example.com").dpop("require").check().unwrap_err();
    assert_eq!(paths(&misspelt), [nested("dpop")], "and nothing of a login");
    let public = public().dpop("accepted").check().unwrap();
    assert!(public.login.is_some(), "a public client has no credential to tell it by");
}

#[test]
fn proofs_are_for_the_address_of_a_login_where_there_is_one() {
    let settings = client().dpop("accepted").check().unwrap();
    let (login, dpop) = (settings.login.unwrap(), settings.dpop.unwrap());
    assert_eq!(dpop.server_url, login.server_url);
    let mut by_callback = client().callback_url("https://app.example.com/callback").dpop("required");
    by_callback.authentication.oidc.server_url = None;
    assert_eq!(by_callback.check().unwrap().dpop.unwrap().server_url.as_str(), "https://app.example.com/");
}

#[test]
fn proofs_without_an_address_are_a_problem() {
    for policy in ["accepted", "required"] {
        let errors = bearer().dpop(policy).check().unwrap_err();
        assert_eq!(paths(&errors), [nested("serverUrl")]);
        assert!(errors.to_string().contains("set the URL that clients use, or write dpop: off"), "{errors}");
    }
    let errors = bearer().server_url("https://api.example.com?a").dpop("accepted").check().unwrap_err();
    assert_eq!(paths(&errors), [nested("serverUrl")]);
    assert!(bearer().dpop("off").check().unwrap().dpop.is_none());
    assert!(bearer().check().unwrap().dpop.is_none());
}

#[test]
fn login_needs_an_id_a_credential_and_an_address() {
    let errors = bearer().callback_url("https://app.example.com/callback").check().unwrap_err();
    assert_eq!(paths(&errors), [nested("secret"), nested("id")]);
    let errors = bearer().client_secret(SECRET).client_id("client").check().unwrap_err();
    assert_eq!(paths(&errors), [nested("callbackUrl")]);
}

#[test]
fn a_confidential_client_is_the_default() {
    let login = login(&client());
    assert!(matches!(&login.client_authentication, ClientAuthentication::Basic(s) if s.secret.expose() == SECRET));
    assert_eq!((login.response_type, login.response_mode), (ResponseType::Code, ResponseMode::Query));
    assert!(login.use_pkce && login.use_nonce && login.auto_redirect && login.session.secure_cookie);
    assert_eq!(login.client_id, "client");
}

#[test]
fn every_method_of_client_authentication_is_read() {
    let with = |method: &str| {
        let mut config = client();
        config.authentication.oidc.client_authentication_method = Some(method.to_owned());
        login(&config).client_authentication
    };
    assert!(matches!(with("client_secret_basic"), ClientAuthentication::Basic(_)));
    assert!(matches!(with("client_secret_post"), ClientAuthentication::Post(_)));
    assert!(matches!(with("client_secret_jwt"), ClientAuthentication::SecretJwt(_)));
}

#[test]
fn private_key_jwt_needs_a_key_that_can_be_read() {
    let mut config = client();
    let settings = &mut config.authentication.oidc;
    settings.client_authentication_method = Some("private_key_jwt".to_owned());
    assert_refused(&config, &[&nested("privateKey")]);

    for (key, passes) in [
        ("-----BEGIN PRIVATE KEY-----\nx", true),
        ("{\"kty\":\"RSA\"}", true),
        ("-----BEGIN ENCRYPTED PRIVATE KEY-----\nx", false),
        ("/run/secrets/key.pem", false),
    ] {
        config.authentication.oidc.private_key = Some(key.into());
        if passes {
            config.check().unwrap();
        } else {
            assert_refused(&config, &[&nested("privateKey")]);
        }
    }

    let settings = &mut config.authentication.oidc;
    settings.private_key = Some("-----BEGIN PRIVATE KEY-----\nx".into());
    settings.private_key_id = Some("kid".to_owned());
    let authentication = login(&config).client_authentication;
    let ClientAuthentication::PrivateKeyJwt { key_id, algorithm, .. } = authentication else { panic!() };
    assert_eq!((key_id.as_deref(), algorithm), (Some("kid"), Algorithm::Rs256));

    config.authentication.oidc.private_key_algorithm = Some("ES256".to_owned());
    let authentication = login(&config).client_authentication;
    assert!(matches!(authentication, ClientAuthentication::PrivateKeyJwt { algorithm: Algorithm::Es256, .. }));
    config.authentication.oidc.private_key_algorithm = Some("HS256".to_owned());
    assert_refused(&config, &[&nested("privateKeyAlgorithm")]);
}

#[test]
fn a_private_key_is_a_credential_of_its_own() {
    let mut config = bearer().client_id("client").callback_url("https://app.example.com/callback");
    config.authentication.oidc.private_key = Some("-----BEGIN PRIVATE KEY-----\nx".into());
    assert_refused(&config, &[&nested("secret")]);
    config.authentication.oidc.client_authentication_method = Some("private_key_jwt".to_owned());
    config.check().unwrap();
}

#[test]
fn a_client_secret_may_lie_in_a_file() {
    let path = std::env::temp_dir().join(format!("tower-oidc-client-secret-{}", std::process::id()));
    std::fs::write(&path, format!("{SECRET}\n")).unwrap();
    let mut config = client().client_secret_file(&path);
    config.authentication.oidc.secret = None;
    let ClientAuthentication::Basic(secret) = login(&config).client_authentication else { panic!() };
    assert_eq!(secret.secret.expose(), SECRET);
    assert_eq!(secret.file.as_deref(), Some(path.as_path()));
    std::fs::remove_file(&path).unwrap();
    assert_refused(&config, &[&nested("secret")]);
}

#[test]
fn a_private_key_and_session_secrets_may_lie_in_files() {
    let path = std::env::temp_dir().join(format!("tower-oidc-files-{}", std::process::id()));
    let config = |text: &str| {
        std::fs::write(&path, text).unwrap();
        client()
    };
    let key = "-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----";
    let mut with_key = config(&format!("{key}\n")).private_key_file(&path);
    with_key.authentication.oidc.client_authentication_method = Some("private_key_jwt".to_owned());
    let ClientAuthentication::PrivateKeyJwt { key: read, .. } = login(&with_key).client_authentication else {
        panic!()
    };
    assert_eq!((read.secret.expose(), read.file.as_deref()), (key, Some(path.as_path())));
    config("no key");
    assert_refused(&with_key, &[&nested("privateKey")]);

    for (text, count) in [(format!("{SECRET}\n"), 1), (format!("[\"{SECRET} 2\", \"{SECRET}\"]"), 2)] {
        let mut with_secret = config(&text).session_secret_file(&path);
        with_secret.authentication.oidc.session_secret.clear();
        let session = login(&with_secret).session;
        assert_eq!(session.secrets.len(), count);
        assert_eq!(session.secrets.last().unwrap().expose(), SECRET);
        assert_eq!(session.secret_file.as_deref(), Some(path.as_path()));
    }
    for text in ["", "short", "[", "[short]"] {
        let mut with_secret = config(text).session_secret_file(&path);
        with_secret.authentication.oidc.session_secret.clear();
        let errors = with_secret.check().unwrap_err();
        assert!(errors.problems()[0].path.starts_with(&nested("sessionSecret")), "{text:?}: {errors}");
    }
    std::fs::remove_file(&path).unwrap();
    assert_refused(&with_key, &[&nested("privateKey")]);
}

#[test]
fn a_public_client_has_no_credential() {
    let login = login(&public());
    assert!(matches!(login.client_authentication, ClientAuthentication::None));
    assert!(login.use_pkce);

    let mut with_key = public().client_secret(SECRET);
    with_key.authentication.oidc.private_key = Some("-----BEGIN PRIVATE KEY-----".into());
    assert_refused(&with_key, &[&nested("secret"), &nested("privateKey")]);

    let mut method = public();
    method.authentication.oidc.client_authentication_method = Some("client_secret_post".to_owned());
    assert!(notices(&method.check().unwrap())[0].starts_with(&nested("clientAuthenticationMethod")));
    method.authentication.oidc.client_authentication_method = Some("none".to_owned());
    assert_eq!(notices(&method.check().unwrap()), [""; 0]);
}

#[test]
fn a_public_client_logs_in_by_id_token_unless_told_otherwise() {
    let mut config = public();
    config.authentication.oidc.response_type = None;
    let login = login(&config);
    assert_eq!((login.response_type, login.response_mode), (ResponseType::IdToken, ResponseMode::FormPost));
    assert!(!login.use_pkce, "there is no code to protect");
}

#[test]
fn the_client_type_is_a_word() {
    let mut config = client();
    for (word, passes) in [("Confidential", true), ("confidental", false)] {
        config.authentication.client_type = Some(word.to_owned());
        if passes {
            config.check().unwrap();
        } else {
            assert_refused(&config, &[&format!("{AUTHENTICATION}.clientType")]);
        }
    }
}

#[test]
fn a_public_client_with_a_code_needs_pkce() {
    let mut config = public();
    config.authentication.oidc.disable_pkce = Some(true);
    assert_refused(&config, &[&nested("disablePkce")]);
}

#[test]
fn a_login_without_pkce_or_without_a_nonce_is_a_warning() {
    let mut config = client();
    assert_eq!(notices(&config.check().unwrap()), Vec::<String>::new());
    config.authentication.oidc.disable_pkce = Some(true);
    config.authentication.oidc.use_nonce = Some(false);
    let notices = notices(&config.check().unwrap());
    for key in ["disablePkce", "useNonce"] {
        assert!(notices.iter().any(|notice| notice.starts_with(&nested(key))), "{key}: {notices:?}");
    }
}

#[test]
fn an_id_token_response_needs_a_nonce_and_a_form_post() {
    let mut config = client();
    config.authentication.oidc.response_type = Some("id_token".to_owned());
    assert!(notices(&config.check().unwrap())[0].starts_with(&nested("responseType")));
    config.authentication.oidc.use_nonce = Some(false);
    config.authentication.oidc.response_mode = Some("query".to_owned());
    assert_refused(&config, &[&nested("responseMode"), &nested("useNonce")]);
}

#[test]
fn the_nested_key_counts_and_another_outer_one_is_a_warning() {
    let mut config = client();
    config.authentication.response_type = Some("id_token".to_owned());
    config.authentication.oidc.response_type = Some("code".to_owned());
    config.authentication.callback_url = Some("https://elsewhere.example/callback".to_owned());
    config.authentication.session_expiry = Some(1);
    config.authentication.oidc.session_expiry = Some(2);
    let settings = config.check().unwrap();
    let login = settings.login.as_ref().unwrap();
    assert_eq!(login.response_type, ResponseType::Code);
    assert_eq!(login.callback_url.as_str(), "https://app.example.com/callback");
    assert_eq!(login.session.expiry.as_secs(), 2);
    let lines = notices(&settings);
    for key in ["responseType", "callbackUrl", "sessionExpiry"] {
        let line = format!("{AUTHENTICATION}.{key}: differs from {OIDC}.{key}, which counts");
        assert!(lines.contains(&line), "{lines:?}");
    }
}

#[test]
fn the_server_url_and_the_callback_url_give_each_other() {
    let mut config = client();
    assert_eq!(login(&config).server_url.as_str(), "https://app.example.com/");
    config.authentication.oidc.callback_url = None;
    for server in ["https://app.example.com/base", "https://app.example.com/base/"] {
        config.authentication.oidc.server_url = Some(server.to_owned());
        assert_eq!(login(&config).callback_url.as_str(), "https://app.example.com/base/callback");
    }
}

#[test]
fn the_way_back_from_a_logout_is_the_server_url_as_written() {
    assert_eq!(login(&client()).post_logout_url, "https://app.example.com");
    for server in ["https://app.example.com", "https://app.example.com/", "https://App.example.com:443/base"] {
        assert_eq!(login(&client().server_url(server)).post_logout_url, server);
    }
}

#[test]
fn the_callback_url_is_on_the_origin_of_the_server_url() {
    for server in ["https://example.com", "http://app.example.com", "https://app.example.com:444"] {
        let errors = client().server_url(server).check().unwrap_err();
        assert_eq!(paths(&errors), [nested("callbackUrl")], "{server}");
    }
    client().server_url("https://app.example.com:443/base").check().unwrap();
}

#[test]
fn a_callback_url_without_a_path_would_hide_the_start_page() {
    for callback in ["https://app.example.com", "https://app.example.com/", "https://app.example.com/?a=b"] {
        let errors = client().callback_url(callback).check().unwrap_err();
        assert_eq!(paths(&errors), [nested("callbackUrl")], "{callback}");
    }
}

#[test]
fn userinfo_at_every_login_is_a_warning_where_no_access_token_comes() {
    let mut config = client();
    config.authentication.oidc.load_userinfo = Some("always".to_owned());
    assert!(!notices(&config.check().unwrap()).iter().any(|line| line.starts_with(&nested("loadUserinfo"))));
    config.authentication.oidc.response_type = Some("id_token".to_owned());
    assert!(notices(&config.check().unwrap()).iter().any(|line| line.starts_with(&nested("loadUserinfo"))));
}

#[test]
fn a_token_validity_that_ends_sessions_early_is_a_warning() {
    const WEEK: u64 = 7 * 24 * 3600;
    for (validity, scope, warned) in [
        (3600, "openid email", true),
        (WEEK - 1, "openid", true),
        (WEEK, "openid", false),
        (0, "openid", false),
        (3600, "openid offline_access", false),
    ] {
        let mut config = client().scope(scope);
        config.authentication.oidc.token_validity = Some(validity);
        let lines = notices(&config.check().unwrap());
        assert_eq!(lines.iter().any(|line| line.starts_with(&nested("tokenValidity"))), warned, "{validity} {scope}");
    }
    let mut bearer_alone = bearer();
    bearer_alone.authentication.oidc.token_validity = Some(3600);
    assert!(notices(&bearer_alone.check().unwrap()).is_empty());
}

/// A pushed request brings the proof of the client; a secret that proves nothing is a warning.
#[test]
fn the_secret_of_an_implicit_flow_is_of_use_where_requests_must_be_pushed() {
    for (word, warned) in
        [("required", false), ("auto", true), ("ifAvailable", true), ("off", true), ("REQUIRED", false)]
    {
        let mut config = client();
        config.authentication.oidc.response_type = Some("id_token".to_owned());
        config.authentication.oidc.pushed_authorization_requests = Some(word.to_owned());
        let notices = notices(&config.check().unwrap());
        assert_eq!(notices.iter().any(|line| line.starts_with(&nested("responseType"))), warned, "{word}");
    }
}

#[test]
fn an_access_token_to_keep_is_a_warning_where_there_is_none() {
    for (response_type, warned) in [("code", false), ("id_token", true)] {
        let mut config = client();
        config.authentication.oidc.response_type = Some(response_type.to_owned());
        config.authentication.oidc.keep_access_token = Some(true);
        let notices = notices(&config.check().unwrap());
        assert_eq!(notices.iter().any(|line| line.starts_with(&nested("keepAccessToken"))), warned, "{response_type}");
    }
}

#[test]
fn a_federated_logout_is_a_warning_where_the_provider_is_not_auth0() {
    for (provider, warned) in [("auth0", false), ("custom-oidc", true), ("okta", true)] {
        let mut config = client().provider(provider);
        config.authentication.oidc.federated_logout = Some(true);
        let notices = notices(&config.check().unwrap());
        assert_eq!(notices.iter().any(|line| line.starts_with(&nested("federatedLogout"))), warned, "{provider}");
    }
}

#[test]
fn a_callback_url_in_another_spelling_than_it_is_sent_in_is_a_warning() {
    let warnings = |callback: &str| -> Vec<_> {
        let notices = client().callback_url(callback).check().unwrap().notices;
        notices.iter().map(ToString::to_string).filter(|line| line.contains("callbackUrl")).collect()
    };
    assert_eq!(warnings("https://app.example.com/callback?a=b"), Vec::<String>::new());
    for written in [
        "https://App.example.com/callback",
        "https://app.example.com:443/callback",
        "https://app.example.com/a/../callback",
    ] {
        let expected = "is sent as https://app.example.com/callback: register it at the provider in this spelling";
        assert_eq!(warnings(written).len(), 1, "{written}");
        assert!(warnings(written)[0].ends_with(expected), "{:?}", warnings(written));
    }
}

#[test]
fn an_address_that_is_no_url_is_told_once() {
    for wrong in ["/callback", "https://app\u{2011}x.example.com/callback", "https://app.example.com/callback#x"] {
        assert_refused(&client().callback_url(wrong), &[&nested("callbackUrl")]);
    }
}

#[test]
fn the_cookie_is_secure_over_https_or_when_forced() {
    let local = || client().callback_url("http://localhost:3000/callback");
    assert!(login(&client()).session.secure_cookie);
    assert!(!login(&local()).session.secure_cookie);
    let mut forced = local();
    forced.authentication.force_secure_session_cookie = Some(true);
    assert!(login(&forced).session.secure_cookie);
    let list = [("AUTHENTICATION_FORCE_SECURE_SESSION_COOKIE", "true")];
    let text = "authenticationConfiguration: { forceSecureSessionCookie: \"maybe\" }";
    let config = Config::load(Source::Text(text), &variables(&list)).unwrap();
    assert_eq!(config.authentication.force_secure_session_cookie, Some(true));
    let errors = load(text).unwrap_err();
    assert_eq!(paths(&errors)[0], format!("{AUTHENTICATION}.forceSecureSessionCookie"));
}

#[test]
fn every_url_is_held_to_https_when_it_is_demanded() {
    let mut config = client().callback_url("http://localhost:3000/callback").server_url("http://localhost:3000");
    config.authentication.additional_trusted_redirect_uris = vec!["http://other.example".to_owned()];
    config.authorizer.enable_secure_socket_connection = Some(true);
    assert_refused(
        &config,
        &[&format!("{AUTHENTICATION}.additionalTrustedRedirectUris[0]"), &nested("callbackUrl"), &nested("serverUrl")],
    );
}

#[test]
fn a_prompt_of_none_stands_alone() {
    let mut config = client();
    for (prompt, passes) in [("none", true), ("login select_account", true), ("login none", false)] {
        config.authentication.oidc.prompt = Some(prompt.to_owned());
        if passes {
            assert_eq!(login(&config).prompt.as_deref(), Some(prompt));
        } else {
            assert_refused(&config, &[&nested("prompt")]);
        }
    }
}

#[test]
fn a_max_age_of_0_is_honoured_with_a_warning() {
    let mut config = client();
    config.authentication.oidc.max_age = Some(0);
    let settings = config.check().unwrap();
    assert_eq!(settings.login.as_ref().unwrap().max_age, Some(std::time::Duration::ZERO));
    assert!(notices(&settings)[0].starts_with(&nested("maxAge")));
}

#[test]
fn google_is_asked_for_a_refresh_token_as_it_wants_to_be_asked() {
    let params = |config: &Config| login(config).custom_params.get("access_type").cloned();
    let google = client().provider("google").authority("https://accounts.google.com");
    assert_eq!(params(&google).as_deref(), Some("offline"));
    assert_eq!(params(&google.clone().custom_param("access_type", "online")).as_deref(), Some("online"));
    assert_eq!(params(&client()), None);
}

#[test]
fn pairs_of_custom_parameters_are_resolved() {
    let config = client()
        .custom_param("customParamKey1", "connection")
        .custom_param("customParamValue1", "github")
        .custom_param("screen_hint", "signup");
    let params = login(&config).custom_params;
    assert_eq!(
        params.into_iter().collect::<Vec<_>>(),
        [("connection".to_owned(), "github".to_owned()), ("screen_hint".to_owned(), "signup".to_owned())]
    );
    assert_refused(&config.custom_param("connection", "x"), &[&nested("customParams.customParamKey1")]);
}

#[test]
fn no_custom_parameter_overrides_the_protocol() {
    for name in ["response_mode", "state", "nonce", "redirect_uri", "scope", "prompt", "Client_Id", "request_uri"] {
        assert_refused(&client().custom_param(name, "x"), &[&nested(&format!("customParams.{name}"))]);
    }
}

#[test]
fn auth0_is_asked_for_the_first_audience() {
    let audience = |config: &Config| login(config).custom_params.get("audience").cloned();
    assert_eq!(audience(&client()), None);
    let config = client().audience("https://api").audience("https://other");
    assert_eq!(audience(&config).as_deref(), Some("https://api"));
    assert_eq!(audience(&config.clone().custom_param("audience", "mine")).as_deref(), Some("mine"));
    assert_eq!(audience(&config.provider("okta")), None);
}

#[test]
fn a_session_secret_has_32_bytes_at_least() {
    let config = client().session_secret("0123456789abcdef0123456789abcde");
    assert_refused(&config, &[&nested("sessionSecret[1]")]);
    let rotated = client().session_secret("0123456789abcdef0123456789abcdef");
    assert_eq!(login(&rotated).session.secrets.len(), 2);
    assert_eq!(login(&rotated).session.secrets[0].expose(), SECRET);
}

#[test]
fn without_a_session_secret_a_shared_store_is_an_error_and_any_other_a_warning() {
    let mut config = client();
    config.authentication.oidc.session_secret.clear();
    for store in ["cookie", "memory"] {
        let settings = config.clone().session_store(store).check().unwrap();
        assert!(notices(&settings)[0].starts_with(&nested("sessionSecret")), "{store}");
    }
    assert_refused(&config.session_store("redis://localhost"), &[&nested("sessionSecret")]);
    assert_eq!(notices(&bearer().check().unwrap()), [""; 0], "without login there is nothing to seal");
}

#[test]
fn a_session_store_is_a_word_or_a_redis_url() {
    for url in ["redis://localhost:6379/0", "rediss://:password@redis.example"] {
        let store = login(&client().session_store(url)).session.store;
        assert!(matches!(store, SessionStoreKind::Redis(secret) if secret.expose() == url));
    }
    for wrong in ["postgres://a", "redis://", "redis://a\u{2011}b"] {
        assert_refused(&client().session_store(wrong), &[&nested("sessionStore")]);
    }
}

#[test]
fn a_redis_of_another_machine_without_tls_is_a_warning() {
    let warned = |url: &str| notices(&client().session_store(url).check().unwrap());
    for url in ["redis://redis.example", "redis://:hunter2@10.0.0.1:6379/0", "redis://[2001:db8::1]"] {
        let expected = "is redis:// without TLS: passwords can be read on the way, and sessions deleted or put back";
        assert_eq!(warned(url), [format!("{}: {expected}", nested("sessionStore"))], "{url}");
    }
    for url in ["rediss://redis.example", "redis://localhost:6379/0", "redis://127.0.0.1", "redis://[::1]/1"] {
        assert_eq!(warned(url), [""; 0], "{url}");
    }
}

#[test]
fn sessions_per_user_are_counted_on_the_server() {
    let mut config = client();
    config.authentication.max_active_sessions_per_user = Some(3);
    assert_refused(&config, &[&format!("{AUTHENTICATION}.maxActiveSessionsPerUser")]);
    assert_eq!(login(&config.clone().session_store("memory")).session.max_per_user, Some(3));
    assert_eq!(login(&config.session_store("redis://localhost")).session.max_per_user, Some(3));
}

#[cfg(feature = "login")]
#[test]
fn a_store_that_the_service_brings_is_on_the_server_and_shared() {
    let mut config = client();
    config.authentication.max_active_sessions_per_user = Some(3);
    for store in [None, Some("cookie"), Some("memory")] {
        let mut config = config.clone();
        config.authentication.oidc.session_store = store.map(Into::into);
        let settings = config.check_with_own_session_store().unwrap();
        assert_eq!(notices(&settings), [""; 0], "{store:?}");
        assert_eq!(settings.login.unwrap().session.max_per_user, Some(3), "{store:?}");
        config.authentication.oidc.session_secret.clear();
        let errors = config.check_with_own_session_store().unwrap_err();
        assert_eq!(paths(&errors), [nested("sessionSecret")], "{store:?}");
    }
    config.authentication.max_active_sessions_per_user = Some(0);
    let errors = config.check_with_own_session_store().unwrap_err();
    assert_eq!(paths(&errors), [format!("{AUTHENTICATION}.maxActiveSessionsPerUser")]);
    assert_eq!(notices(&bearer().check_with_own_session_store().unwrap()), [""; 0]);
}

#[test]
fn words_of_the_login_are_checked_without_login_too() {
    let mut config = bearer().scope("email");
    config.authentication.oidc.load_userinfo = Some("sometimes".to_owned());
    config.authentication.oidc.pushed_authorization_requests = Some("sometimes".to_owned());
    assert_refused(&config, &[&nested("scope"), &nested("loadUserinfo"), &nested("pushedAuthorizationRequests")]);
}
