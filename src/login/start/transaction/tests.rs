//! Traps E and F: CVE-2026-73419, CVE-2025-68158 and their like.

use crate::login::{
    MAX_RETURN_TO_BYTES, samples,
    samples::{APP, Counting, Dry, ISSUER, settings, start_to},
};

use super::*;

const NOW: u64 = 1_700_000_000;

const BEGUN: (u64, LoginBegin) = (NOW, LoginBegin::at(NOW * 1000 + 1));

fn transaction(settings: &LoginSettings, start: &Start, kind: ProviderKind) -> Transaction {
    Transaction::new(start, settings, kind, Issuer::new(ISSUER), BEGUN, &Counting::default()).unwrap()
}

fn usual() -> (LoginSettings, Transaction) {
    let settings = settings(|_| ());
    let transaction = transaction(&settings, &start_to("/a?b=c", &settings), ProviderKind::CustomOidc);
    (settings, transaction)
}

fn strength(class: &str, method: &str, asked_by: &str) -> Strength {
    Strength::new(vec![class.into()], vec![method.into()], vec![asked_by.into()])
}

fn a_session() -> Option<BroughtSession> {
    Some(BroughtSession { id: SessionId::parse(&"A".repeat(43))?, opened_at: NOW })
}

#[test]
fn each_value_has_256_bits_of_its_own() {
    let (_, made) = usual();
    let (nonce, verifier) = (made.nonce.unwrap(), made.code_verifier.unwrap());
    let values = [made.state.expose(), nonce.expose(), verifier.expose()];
    let bytes = values.map(|value| URL_SAFE_NO_PAD.decode(value).unwrap());
    assert_eq!(bytes, [[1; 32], [2; 32], [3; 32]]);
    assert_eq!(values.map(str::len), [43; 3]);
}

#[test]
fn only_the_state_of_a_second_attempt_says_so() {
    let settings = settings(|_| ());
    for second_attempt in [false, true] {
        let start = Start { second_attempt, ..start_to("/", &settings) };
        let state = transaction(&settings, &start, ProviderKind::CustomOidc).state;
        assert_eq!(is_second_attempt(&state), second_attempt);
        assert_eq!(state.expose().trim_start_matches(SECOND_ATTEMPT).len(), 43, "the randomness is all there");
    }
}

#[test]
fn without_randomness_no_login_starts() {
    let (settings, start) = (settings(|_| ()), start_to("/", &settings(|_| ())));
    let made = Transaction::new(&start, &settings, ProviderKind::CustomOidc, Issuer::new(ISSUER), BEGUN, &Dry);
    assert_eq!(made.unwrap_err(), RandomError);
}

#[test]
fn nonce_and_verifier_are_drawn_when_they_are_used() {
    let settings = settings(|config| {
        config.authentication.oidc.use_nonce = Some(false);
        config.authentication.oidc.disable_pkce = Some(true);
    });
    let made = transaction(&settings, &start_to("/", &settings), ProviderKind::CustomOidc);
    assert!(made.nonce.is_none() && made.code_verifier.is_none());
}

#[test]
fn the_stricter_max_age_counts() {
    let secs = |seconds| Some(Duration::from_secs(seconds));
    for (configured, asked, sent) in [
        (None, None, None),
        (Some(60), None, secs(60)),
        (None, secs(30), secs(30)),
        (Some(60), secs(30), secs(30)),
        (Some(0), secs(30), secs(0)),
    ] {
        let settings = settings(|config| config.authentication.oidc.max_age = configured);
        let start = Start { max_age: asked, ..start_to("/", &settings) };
        assert_eq!(transaction(&settings, &start, ProviderKind::CustomOidc).max_age, sent);
    }
}

#[test]
fn a_link_chooses_no_other_organization_than_the_configured_one() {
    let open = settings(|_| ());
    let bound = settings(|config| *config = config.clone().custom_param("organization", "org_own"));
    let asked = |settings: &LoginSettings, kind, organization: Option<&str>| {
        let start = Start { organization: organization.map(str::to_owned), ..start_to("/", settings) };
        transaction(settings, &start, kind).organization
    };
    assert_eq!(asked(&open, ProviderKind::Auth0, Some("org_x")).as_deref(), Some("org_x"));
    assert_eq!(asked(&open, ProviderKind::Auth0, None), None);
    assert_eq!(asked(&bound, ProviderKind::Auth0, None).as_deref(), Some("org_own"));
    assert_eq!(asked(&bound, ProviderKind::Auth0, Some("org_x")).as_deref(), Some("org_own"));
    assert_eq!(asked(&bound, ProviderKind::CustomOidc, None), None);
}

#[test]
fn what_was_sealed_is_read_again_whole() {
    let settings = settings(|config| config.authentication.oidc.max_age = Some(60));
    let strength = strength("gold", "mfa", "m");
    let start = Start {
        organization: Some("org_x".to_owned()),
        strength: Some(strength.clone()),
        ..start_to("/a?b=c", &settings)
    };
    let made = transaction(&settings, &start, ProviderKind::Auth0).replacing(a_session());
    let read = Transaction::decode(&made.encode(), &settings).unwrap();
    assert_eq!(read.encode(), made.encode());
    let secrets = |of: &Transaction| {
        [Some(&of.state), of.nonce.as_ref(), of.code_verifier.as_ref()]
            .map(|secret| secret.unwrap().expose().to_owned())
    };
    assert_eq!(secrets(&read), secrets(&made));
    assert_eq!(
        (&read.issuer, &read.client_id, &read.redirect_uri),
        (&made.issuer, &made.client_id, &made.redirect_uri)
    );
    assert_eq!((read.return_to.as_str(), (read.started_at, read.begun)), ("/a?b=c", BEGUN));
    assert!(read.replaces.is_some() && read.replaces == made.replaces);
    assert_eq!((read.max_age, read.organization.as_deref()), (Some(Duration::from_secs(60)), Some("org_x")));
    assert_eq!(read.strength, Some(strength));
}

#[test]
fn the_order_of_a_login_is_kept_however_far_it_is_from_the_time_of_day() {
    let (settings, made) = usual();
    for begun in [0, NOW * 1000 - 25_001, NOW * 1000 + 999, u64::MAX / 2, u64::MAX] {
        let begun = LoginBegin::at(begun);
        let read = Transaction::decode(&Transaction { begun, ..usual().1 }.encode(), &settings).unwrap();
        assert_eq!((read.begun, read.started_at), (begun, made.started_at));
    }
}

#[test]
fn anything_odd_is_no_transaction() {
    let (settings, made) = usual();
    let text = String::from_utf8(made.encode()).unwrap();
    let read = |text: &str| Transaction::decode(text.as_bytes(), &settings);
    assert!(read(&text).is_some());
    for (from, to) in [
        ("{", "{\"more\":1,"),
        ("{", "{\"at\":1,"),
        ("{", "[{"),
        ("\"state\"", "\"stale\""),
        ("\"at\":1700000000", "\"at\":\"1700000000\""),
        ("\"at\":1700000000", "\"at\":-1"),
        ("\"at\":1700000000", "\"at\":1.7e9"),
        (",\"begun\":1", ""),
        ("\"begun\":1", "\"begun\":null"),
        ("\"begun\":1", "\"begun\":1.5"),
        ("\"client\":\"client\"", "\"client\":null"),
        ("\"replaces\":null", "\"replaces\":[\"\",1]"),
        ("\"strength\":null", "\"strength\":[[],[]]"),
        ("https://app.example/callback", "/callback"),
        ("\"/a?b=c\"", "\"//evil.example\""),
        ("\"/a?b=c\"", "\"https://other.example/\""),
    ] {
        assert!(text.contains(from), "{from}");
        assert!(read(&text.replacen(from, to, 1)).is_none(), "{to}");
    }
    assert!(read("").is_none() && read(&text[..text.len() - 1]).is_none() && read(&[&text, "x"].concat()).is_none());
}

#[test]
fn a_login_takes_ten_minutes_at_most() {
    let (_, made) = usual();
    for (now, in_time) in [
        (NOW, true),
        (NOW + 599, true),
        (NOW + 600, false),
        (NOW - 60, true),
        (NOW - 61, false),
        (u64::MAX, false),
        (0, false),
    ] {
        assert_eq!(made.is_in_time(now), in_time, "{now}");
    }
}

#[test]
fn the_state_is_compared_whole() {
    let (_, made) = usual();
    let state = made.state.expose().to_owned();
    assert!(made.has_state(&state));
    for other in ["", &state[1..], &format!("{state}x"), &state.to_lowercase()] {
        assert!(!made.has_state(other), "{other}");
    }
}

#[test]
fn a_login_of_another_client_or_provider_is_none_of_ours() {
    let (settings, made) = usual();
    assert!(made.is_between(&settings, &Issuer::new(ISSUER)));
    assert!(!made.is_between(&settings, &Issuer::new("https://id.example/")));
    let other_client = samples::settings(|config| *config = config.clone().client_id("another"));
    assert!(!made.is_between(&other_client, &Issuer::new(ISSUER)));
    let elsewhere = samples::settings(|config| *config = config.clone().callback_url([APP, "/done"].concat()));
    assert!(!made.is_between(&elsewhere, &Issuer::new(ISSUER)));
}

#[test]
fn the_state_names_its_cookie_and_is_not_told_by_it() {
    let (_, made) = usual();
    let name = cookie_name(made.state.expose());
    assert_eq!(name, cookie_name(made.state.expose()));
    assert_ne!(name, cookie_name("another"));
    let hash = name.strip_prefix(COOKIE_PREFIX).unwrap();
    assert_eq!(hash.len(), 12);
    assert!(hash.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')));
    assert!(!made.state.expose().contains(hash));
}

#[test]
fn the_cookie_goes_along_as_the_response_mode_needs() {
    assert_eq!(same_site(&settings(|_| ())), SameSite::Lax);
    let posted = settings(|config| config.authentication.oidc.response_mode = Some("form_post".to_owned()));
    assert_eq!(same_site(&posted), SameSite::None);
}

#[test]
fn the_longest_return_address_fits_in_one_cookie() {
    /// Nonce and tag of AES-256-GCM, and as much again for what a seal may add.
    const SEAL_BYTES: usize = 2 * (12 + 16);
    /// RFC 6265bis section 5.6.
    const MAX_COOKIE_BYTES: usize = 4096;

    let settings = settings(|config| {
        config.authentication.oidc.id = Some("c".repeat(64));
        config.authentication.oidc.callback_url = Some(format!("{APP}/{}", "c".repeat(80)));
        config.authentication.oidc.max_age = Some(315_360_000);
    });
    let longest = format!("/{}", "a".repeat(MAX_RETURN_TO_BYTES - 1));
    let at_most = |length: usize| strength(&"a".repeat(length), "mfa", "m");
    let frame = serde_json::to_vec(&WrittenStrength::of(&at_most(0))).unwrap().len();
    let strength = at_most(MAX_STRENGTH_BYTES - frame);
    assert!(has_room(&strength) && !has_room(&at_most(MAX_STRENGTH_BYTES - frame + 1)));
    let start = Start { organization: Some("o".repeat(50)), strength: Some(strength), ..start_to(&longest, &settings) };
    let issuer = Issuer::new(&format!("https://{}/", "i".repeat(80)));
    let made = Transaction::new(&start, &settings, ProviderKind::Auth0, issuer, BEGUN, &Counting::default()).unwrap();
    let made = made.replacing(a_session());
    assert!(made.replaces.is_some());
    let sealed = URL_SAFE_NO_PAD.encode(vec![0; made.encode().len() + SEAL_BYTES]);
    let policy = crate::session::CookiePolicy::new(true);
    let name = policy.name(&cookie_name(made.state.expose()));
    let cookie = policy.set(&name, &sealed, SameSite::None, Some(TRANSACTION_LIFETIME)).unwrap();
    assert!(cookie.len() <= MAX_COOKIE_BYTES, "{}", cookie.len());
}

#[test]
fn nothing_secret_is_shown() {
    let (_, made) = usual();
    let made = made.replacing(a_session());
    let shown = format!("{made:?}");
    let id = &made.replaces.as_ref().unwrap().id;
    assert!(!shown.contains(&id.to_text()) && !shown.contains("0, 0"), "{shown}");
    for secret in [Some(&made.state), made.nonce.as_ref(), made.code_verifier.as_ref()].into_iter().flatten() {
        assert!(!shown.contains(secret.expose()));
    }
}
