use std::{borrow::Cow as Borrowed, collections::BTreeMap, time::Duration};

use openidconnect::{
    AuthUrl, ClientId, CsrfToken, IssuerUrl, JsonWebKeySet, LanguageTag, LoginHint, Nonce, PkceCodeChallenge,
    PkceCodeVerifier, RedirectUrl, Scope,
    core::{CoreAuthPrompt, CoreAuthenticationFlow, CoreClient},
};

use crate::{
    config::{Config, ProviderKind},
    login::samples::{Counting, ISSUER, metadata, settings, start_to},
    session::LoginBegin,
    types::Issuer,
};

use super::*;

const ENDPOINT: &str = "https://id.example/authorize";

/// Parameters by name; the test fails when one stands twice.
fn query(url: &Url) -> BTreeMap<String, String> {
    let pairs: Vec<_> = url.query_pairs().into_owned().collect();
    let query: BTreeMap<_, _> = pairs.iter().cloned().collect();
    assert_eq!(query.len(), pairs.len(), "a parameter stands twice: {url}");
    query
}

fn request_at(
    endpoint: &str,
    kind: ProviderKind,
    change: impl FnOnce(&mut Config),
    particular: impl FnOnce(&mut Start),
) -> Url {
    let settings = settings(change);
    let mut start = start_to("/page", &settings);
    particular(&mut start);
    let random = Counting::default();
    let begun = (1_700_000_000, LoginBegin::at(1_700_000_000_000));
    let transaction = Transaction::new(&start, &settings, kind, Issuer::new(ISSUER), begun, &random).unwrap();
    request(&Url::parse(endpoint).unwrap(), &settings, &transaction, &start)
}

/// The parameters that a configuration sends.
fn sent(change: impl FnOnce(&mut Config)) -> BTreeMap<String, String> {
    query(&request_at(ENDPOINT, ProviderKind::CustomOidc, change, |_| ()))
}

fn drawn(byte: u8) -> String {
    URL_SAFE_NO_PAD.encode([byte; 32])
}

fn names(query: &BTreeMap<String, String>) -> Vec<&str> {
    query.keys().map(String::as_str).collect()
}

#[test]
fn what_one_login_chooses_stands_in_the_place_of_what_all_have() {
    let change = |config: &mut Config| {
        let oidc = &mut config.authentication.oidc;
        oidc.prompt = Some("login".to_owned());
        oidc.custom_params = BTreeMap::from([("connection".to_owned(), "acme".to_owned())]);
    };
    let of = |chosen: &[(&str, &str)]| {
        let chosen = chosen.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let sent = query(&request_at(ENDPOINT, ProviderKind::CustomOidc, change, |start| start.chosen = chosen));
        ["prompt", "connection", "screen_hint"].map(|name| sent.get(name).cloned().unwrap_or_default())
    };
    assert_eq!(of(&[]), ["login", "acme", ""]);
    assert_eq!(of(&[("prompt", "create"), ("screen_hint", "signup")]), ["create", "acme", "signup"]);
    assert_eq!(of(&[("connection", "google-oauth2")]), ["login", "google-oauth2", ""]);
}

#[test]
fn a_pushed_request_leaves_the_client_and_the_reference_to_the_browser() {
    let reference = |endpoint: &str, client_id: &str, request_uri: &str| {
        reference(&Url::parse(endpoint).unwrap(), client_id, &Secret::from(request_uri)).to_string()
    };
    assert_eq!(
        reference(ENDPOINT, "client", "urn:ietf:params:oauth:request_uri:a+b&state=c#d"),
        format!(
            "{ENDPOINT}?client_id=client&request_uri=urn%3Aietf%3Aparams%3Aoauth%3Arequest_uri%3Aa%2Bb%26state%3Dc%23d"
        ),
    );
    let own_query = format!("{ENDPOINT}?p=b2c_1_sign_in");
    assert_eq!(reference(&own_query, "a b&c", "u"), format!("{own_query}&client_id=a+b%26c&request_uri=u"));
}

#[test]
fn the_usual_request_says_this_and_no_more() {
    let url = request_at(ENDPOINT, ProviderKind::CustomOidc, |_| (), |_| ());
    assert_eq!(url[..url::Position::AfterPath], *ENDPOINT);
    let expected = [
        ("client_id", "client"),
        ("code_challenge_method", "S256"),
        ("nonce", &drawn(2)),
        ("redirect_uri", "https://app.example/callback"),
        ("response_type", "code"),
        ("scope", "openid email profile"),
        ("state", &drawn(1)),
    ];
    let mut query = query(&url);
    assert_eq!(query.remove("code_challenge"), Some(challenge(&Secret::new(drawn(3)))));
    assert_eq!(query, expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
}

/// RFC 7636 appendix B.
#[test]
fn the_challenge_is_the_specifications() {
    let verifier = Secret::from("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    assert_eq!(challenge(&verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
}

#[test]
fn use_nonce_off_sends_none() {
    assert!(!names(&sent(|config| config.authentication.oidc.use_nonce = Some(false))).contains(&"nonce"));
}

#[test]
fn disable_pkce_sends_no_challenge() {
    let query = sent(|config| config.authentication.oidc.disable_pkce = Some(true));
    assert!(!names(&query).iter().any(|name| name.starts_with("code_challenge")), "{query:?}");
}

#[test]
fn scope_prompt_and_max_age_are_sent_as_configured() {
    let query = sent(|config| {
        let oidc = &mut config.authentication.oidc;
        oidc.scope = Some("openid offline_access read:a+b".to_owned());
        oidc.prompt = Some("login consent".to_owned());
        oidc.max_age = Some(0);
    });
    assert_eq!(query["scope"], "openid offline_access read:a+b");
    assert_eq!(query["prompt"], "login consent");
    assert_eq!(query["max_age"], "0");
}

#[test]
fn response_type_and_mode_are_sent_as_configured() {
    let posted = sent(|config| config.authentication.oidc.response_mode = Some("form_post".to_owned()));
    assert_eq!((&*posted["response_type"], &*posted["response_mode"]), ("code", "form_post"));
    let implicit = sent(|config| config.authentication.oidc.response_type = Some("id_token".to_owned()));
    assert_eq!((&*implicit["response_type"], &*implicit["response_mode"]), ("id_token", "form_post"));
    assert!(implicit.contains_key("nonce") && !implicit.contains_key("code_challenge"));
    let asked = sent(|config| config.authentication.oidc.response_mode = Some("query".to_owned()));
    assert!(!asked.contains_key("response_mode"));
}

#[test]
fn a_rules_acr_values_come_before_the_configured_and_drop_none_of_them() {
    let words = |words: &[&str]| words.iter().copied().map(Into::into).collect::<Vec<Box<str>>>();
    for (acr, configured, expected) in [
        (&["gold"][..], Some("silver gold tin"), Some("gold silver tin")),
        (&["gold"], None, Some("gold")),
        (&[], Some("silver"), Some("silver")),
        (&[], None, None),
    ] {
        let change = |config: &mut Config| {
            if let Some(configured) = configured {
                *config = config.clone().custom_param("acr_values", configured);
            }
        };
        let strength = Strength::new(words(acr), words(&["mfa"]), Vec::new());
        let url = request_at(ENDPOINT, ProviderKind::CustomOidc, change, |start| start.strength = Some(strength));
        assert_eq!(query(&url).get("acr_values").map(String::as_str), expected, "{acr:?} {configured:?}");
    }
}

#[test]
fn callback_url_is_the_redirect_uri_with_its_query() {
    let callback = "https://app.example/done?tenant=a%20b";
    let query = sent(|config| config.authentication.oidc.callback_url = Some(callback.to_owned()));
    assert_eq!(query["redirect_uri"], callback);
}

#[test]
fn custom_params_are_added() {
    let query = sent(|config| {
        *config = config.clone().custom_param("connection", "a&b=c").custom_param("access_type", "offline");
    });
    assert_eq!((&*query["connection"], &*query["access_type"]), ("a&b=c", "offline"));
}

#[test]
fn auth0_gets_its_audience_and_others_do_not() {
    let query = sent(|config| *config = config.clone().provider("auth0"));
    assert_eq!(query["audience"], "https://api.example");
    assert!(!sent(|_| ()).contains_key("audience"));
}

#[test]
fn what_is_particular_about_a_login_goes_before_what_is_configured() {
    let configure = |config: &mut Config| {
        *config = config
            .clone()
            .custom_param("login_hint", "anybody")
            .custom_param("ui_locales", "en")
            .custom_param("acr_values", "tin");
    };
    let particular = |start: &mut Start| {
        start.login_hint = Some("joe&max_age=0".to_owned());
        start.ui_locales = Some("de-CH fr".to_owned());
        start.max_age = Some(Duration::from_secs(5));
        start.strength = Some(Strength::new(vec!["gold".into()], vec!["mfa".into()], vec!["m".into()]));
    };
    let query = query(&request_at(ENDPOINT, ProviderKind::CustomOidc, configure, particular));
    assert_eq!((&*query["login_hint"], &*query["ui_locales"]), ("joe&max_age=0", "de-CH fr"));
    assert_eq!((&*query["max_age"], &*query["acr_values"]), ("5", "gold m tin"));
}

#[test]
fn an_auth0_invitation_is_passed_on() {
    let invited = |start: &mut Start| {
        start.organization = Some("org_x".to_owned());
        start.invitation = Some("ticket".to_owned());
    };
    let open = query(&request_at(ENDPOINT, ProviderKind::Auth0, |_| (), invited));
    assert_eq!((&*open["organization"], &*open["invitation"]), ("org_x", "ticket"));
    let bind = |config: &mut Config| *config = config.clone().custom_param("organization", "org_own");
    let bound = query(&request_at(ENDPOINT, ProviderKind::Auth0, bind, invited));
    assert_eq!((&*bound["organization"], &*bound["invitation"]), ("org_own", "ticket"));
}

#[test]
fn the_endpoint_keeps_its_own_query() {
    let url = request_at("https://id.example/a?p=b2c_1&x=a%20b", ProviderKind::Azure, |_| (), |_| ());
    assert!(url.as_str().starts_with("https://id.example/a?p=b2c_1&x=a%20b&response_type=code&"), "{url}");
}

/// A second opinion: the request of another library for the same login.
#[test]
fn openidconnect_asks_for_the_same() {
    let configure = |implicit: bool| {
        move |config: &mut Config| {
            let oidc = &mut config.authentication.oidc;
            oidc.response_type = implicit.then(|| "id_token".to_owned());
            oidc.scope = Some("openid email a:b".to_owned());
            oidc.prompt = Some("login consent".to_owned());
            oidc.max_age = Some(1800);
            *config = config.clone().custom_param("screen_hint", "sign up & in");
        }
    };
    let particular = |start: &mut Start| {
        start.login_hint = Some("j\u{f6}e@example.com".to_owned());
        start.ui_locales = Some("fr-CA fr en".to_owned());
    };
    for implicit in [false, true] {
        let ours =
            request_at("https://id.example/authorize?a=b", ProviderKind::CustomOidc, configure(implicit), particular);
        assert_eq!(query(&ours), query(&openidconnect_request(implicit)));
    }
}

fn openidconnect_request(implicit: bool) -> Url {
    let issuer = IssuerUrl::new(ISSUER.to_owned()).unwrap();
    let client = CoreClient::new(ClientId::new("client".to_owned()), issuer, JsonWebKeySet::default())
        .set_auth_uri(AuthUrl::new("https://id.example/authorize?a=b".to_owned()).unwrap());
    let flow =
        if implicit { CoreAuthenticationFlow::Implicit(false) } else { CoreAuthenticationFlow::AuthorizationCode };
    let redirect_uri = RedirectUrl::new("https://app.example/callback".to_owned()).unwrap();
    let mut request = client
        .authorize_url(flow, || CsrfToken::new(drawn(1)), || Nonce::new(drawn(2)))
        .set_redirect_uri(Borrowed::Owned(redirect_uri))
        .add_scopes(["email", "a:b"].map(|scope| Scope::new(scope.to_owned())))
        .add_prompt(CoreAuthPrompt::Login)
        .add_prompt(CoreAuthPrompt::Consent)
        .set_max_age(Duration::from_secs(1800))
        .set_login_hint(LoginHint::new("j\u{f6}e@example.com".to_owned()))
        .add_extra_param("screen_hint", "sign up & in");
    for locale in ["fr-CA", "fr", "en"] {
        request = request.add_ui_locale(LanguageTag::new(locale.to_owned()));
    }
    if implicit {
        request = request.add_extra_param("response_mode", "form_post");
    } else {
        let verifier = PkceCodeVerifier::new(drawn(3));
        request = request.set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier));
    }
    request.url().0
}

#[test]
fn openidconnect_makes_the_same_challenge() {
    for byte in 0..=u8::MAX {
        let theirs = PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(drawn(byte)));
        assert_eq!(challenge(&Secret::new(drawn(byte))), theirs.as_str());
    }
}

#[test]
fn the_metadata_name_the_endpoint() {
    let metadata = metadata();
    assert_eq!(super::super::offered::offered(&metadata, &settings(|_| ())).unwrap().as_str(), ENDPOINT);
}
