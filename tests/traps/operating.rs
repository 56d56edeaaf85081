//! What an operator relies on: classes Q, R and U.

use http::StatusCode;
use tower_oidc::{Auth, layer::SetupError, provider::MAX_STALE, testing::Endpoint};

use crate::{
    asking::{authorized, is_signed_in, session_cookies},
    events,
    support::{SECRET, SERVER, Stand, callback_of, login_config, navigation, parameter, provider},
};

/// A login, a bad answer of the provider, a renewal, a bad token and a logout: nothing that was secret in them stands in a log, in a page or in
/// what a type says of itself.
#[tokio::test]
async fn class_q_no_secret_reaches_a_log_a_page_or_a_debug_text() {
    let (shown, logged) = events::during(async {
        let stand = Stand::with(|config| config.scope("openid email offline_access")).await;
        let mut texts = vec![format!("{:?} {:?} {:?}", stand.config(), stand.auth, stand.auth.settings())];
        let mut browser = stand.signed_in("alice").await;
        let values = |cookies: Vec<(String, String)>| cookies.into_iter().map(|(_, value)| value);
        let mut secrets: Vec<String> = values(session_cookies(&browser)).collect();
        stand.advance(3590);
        texts.push(browser.fetch("/me").await.text());
        secrets.extend(values(session_cookies(&browser)));

        let mut other = stand.browser();
        let callback = callback_of(&stand, &mut other, "bob").await;
        secrets.extend(values(other.cookies()));
        let [code, state] = ["code=", "state="]
            .map(|name| callback.split(['?', '&']).find_map(|part| part.strip_prefix(name)).unwrap().to_owned());
        let description = "a-description-of-the-provider";
        let failed = callback.replace("code=", &format!("error=server_error&error_description={description}&x="));
        texts.push(other.navigate(&failed).await.text());
        texts.push(stand.browser().navigate(&callback).await.text());

        let token = stand.provider.token("zq7-subject").claim("exp", 1).sign();
        texts.push(authorized(&stand, "/me", &format!("Bearer {token}")).await.text);
        texts.push(browser.post("/logout", &[]).await.text());
        texts.push(format!("{:?}", stand.refusals()));
        secrets.extend(token.split('.').map(str::to_owned));
        secrets.extend([code, state, description.to_owned(), "zq7-subject".to_owned()]);
        secrets.extend([SECRET.to_owned(), stand.provider.client_secret().to_owned()]);
        let tokens = stand.provider.endpoint(Endpoint::Token).recent_requests();
        assert!(tokens.len() >= 2, "a code and a refresh token were sent");
        secrets.extend(tokens.iter().flat_map(|request| {
            let form = url::form_urlencoded::parse(request.body()).into_owned();
            form.filter(|(name, _)| ["code", "code_verifier", "refresh_token"].contains(&&**name))
                .map(|(_, value)| value)
        }));
        (texts, secrets)
    })
    .await;
    let (mut texts, secrets) = shown;
    assert!(logged.len() > 2, "what is refused is logged: {logged:?}");
    texts.push(format!("{logged:?}"));
    let short: Vec<_> = secrets.iter().filter(|secret| secret.len() < 10).collect();
    assert!(short.is_empty(), "{short:?}");
    for secret in &secrets {
        for text in &texts {
            assert!(!text.contains(secret.as_str()), "{secret} in {text}");
        }
    }
}

#[tokio::test]
async fn class_r_the_smallest_configuration_has_every_check() {
    let (provider, clock) = provider().await;
    let config = provider.login_config(SERVER);
    let stand = Stand::built(provider, clock, config, |builder| builder).await;
    let url = stand.send(navigation("/me")).await.location();
    for sent in ["state", "nonce", "code_challenge"] {
        assert!(parameter(&url, sent).is_some_and(|value| value.len() >= 43), "{sent}");
    }
    for wrong in ["nonce", "aud", "iss", "exp"] {
        stand.provider.change_id_token(move |token, _| token.without(wrong));
        assert_eq!(stand.sign_in(&mut stand.browser(), "alice").await.status, StatusCode::BAD_REQUEST, "{wrong}");
    }
}

/// A setting that leaves a check out has the name that OpenMetadata gave it; the operator is told at each start what is lost.
#[tokio::test]
async fn class_r_a_check_that_is_left_out_is_told_at_the_start() {
    type Change = fn(&mut tower_oidc::config::Oidc);
    let changes: [(&str, Change); 3] = [
        ("useNonce", |oidc| oidc.use_nonce = Some(false)),
        ("disablePkce", |oidc| oidc.disable_pkce = Some(true)),
        ("", |_| ()),
    ];
    for (key, change) in changes {
        let stand = Stand::with(|mut config| {
            change(&mut config.authentication.oidc);
            config
        })
        .await;
        let notices = &stand.auth.settings().notices;
        let told: Vec<_> = notices.iter().filter_map(|notice| notice.path.rsplit('.').next()).collect();
        assert_eq!(told, if key.is_empty() { vec![] } else { vec![key] });
    }
}

/// Two services without a secret cannot open each other's sessions, and the operator is told.
#[tokio::test]
async fn class_r_no_secret_is_a_random_one() {
    let (provider, clock) = provider().await;
    let config = || {
        let mut config = login_config(&provider, SERVER);
        config.authentication.oidc.session_secret.clear();
        config
    };
    let first = Stand::built(provider.clone(), clock.clone(), config(), |builder| builder).await;
    let second = Stand::built(provider.clone(), clock, config(), |builder| builder).await;
    let browser = first.signed_in("alice").await;
    let elsewhere = second.browser();
    browser.cookies().iter().for_each(|(name, value)| elsewhere.set_cookie(name, value));
    assert!(!is_signed_in(&elsewhere).await && is_signed_in(&browser).await);
    let told = |notice: &tower_oidc::config::Notice| notice.path.ends_with("sessionSecret");
    assert!(first.auth.settings().notices.iter().any(told), "{:?}", first.auth.settings().notices);
}

/// Without a right configuration there is no layer, and without keys that can be trusted no verdict: a 503 on every route, with a token and
/// with a session's renewal alike, and never an anonymous pass.
#[tokio::test]
async fn class_u_what_cannot_be_checked_is_no_pass() {
    let (provider, clock) = provider().await;
    let mut for_nobody = provider.config();
    for_nobody.authentication.oidc.audience.clear();
    for_nobody.authentication.oidc.id = None;
    for_nobody.authentication.client_id = None;
    for wrong in [
        provider.config().token_algorithm("none"),
        provider.config().authority(""),
        for_nobody,
        login_config(&provider, SERVER).session_secret("short"),
    ] {
        let made = Auth::builder(wrong).with_clock(clock.clone()).discover().await;
        assert!(matches!(made, Err(SetupError::Config(_) | SetupError::Login(_))), "{made:?}");
    }

    let stand = Stand::new().await;
    let token = stand.provider.token("alice").expires_in(MAX_STALE * 2).sign();
    assert_eq!(authorized(&stand, "/", &format!("Bearer {token}")).await.status, StatusCode::OK);
    stand.provider.go_down();
    stand.advance(MAX_STALE.as_secs() + 60);
    for path in ["/", "/me", "/admin", "/answer/200"] {
        let answer = authorized(&stand, path, &format!("Bearer {token}")).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert!(answer.headers.contains_key("retry-after"), "{path}");
    }
}

/// RUSTSEC-2023-0071 (`rsa`): the time of its private-key operations shows the key. Nothing of the crate is built with it: it comes in with a
/// library that tests alone use, and nothing in `src/` names it.
#[test]
fn rustsec_2023_0071_rsa_is_no_part_of_the_crate() {
    let manifest = include_str!("../../Cargo.toml");
    let dependencies = manifest.split_once("[dependencies]").unwrap().1.split_once("\n[").unwrap().0;
    assert!(
        dependencies.contains("aws-lc-rs")
            && !dependencies.contains("\nrsa")
            && !dependencies.contains("openidconnect")
    );

    let lock = include_str!("../../Cargo.lock");
    let packages = lock.split("[[package]]").skip(1);
    let names = packages.filter(|package| package.lines().any(|line| line.trim() == "\"rsa\","));
    let users: Vec<_> =
        names.filter_map(|package| package.lines().find_map(|line| line.strip_prefix("name = "))).collect();
    assert_eq!(users, ["\"openidconnect\""], "the dev-dependency, and nobody else");
}
