//! A dry run of a token: every step, in the order of the validator, and every rule behind it.

use std::time::SystemTime;

use serde_json::json;
use tower_oidc::{
    Config,
    doctor::{self, Outcome, PrincipalVerdict, TokenReport, TokenStep, Verdict},
    testing::{SigningKey, TestProvider, TokenBuilder},
    types::{Algorithm, unix_seconds},
};

use crate::support::good;

const FUTURE: u64 = 9_000_000_000;

type Flaw = fn(TokenBuilder, &TestProvider) -> TokenBuilder;

/// A flaw for each step of an access token.
const OF_ACCESS_TOKENS: [(&str, Flaw); 13] = [
    ("form", |token, _| token.header("crit", ["x"])),
    ("type (typ)", |token, _| token.type_("dpop+jwt")),
    ("issuer (iss)", |token, _| token.issuer("https://elsewhere.example")),
    ("algorithm (alg)", |token, _| token.header("alg", "ES256")),
    ("key (kid)", |token, _| token.header("kid", "unheard of")),
    ("signature", forged),
    ("kind", |token, _| token.claim("token_use", "id")),
    ("audience (aud)", |token, _| token.audience("https://other.example")),
    ("expiry (exp)", |token, _| token.claim("exp", 1)),
    ("not before (nbf)", |token, _| token.claim("nbf", FUTURE)),
    ("issued at (iat)", |token, _| token.claim("iat", FUTURE)),
    ("age", |token, _| token.claim("iat", 1)),
    ("holder (cnf)", |token, provider| token.bound_to(&provider.dpop_key())),
];

/// A flaw for each step of an ID token behind the signature: before that nobody knows that it is one.
const OF_ID_TOKENS: [(&str, Flaw); 8] = [
    ("kind", |token, _| token.claim("events", json!({ "http://schemas.openid.net/event/backchannel-logout": {} }))),
    ("subject (sub)", |token, _| token.claim("sub", "")),
    ("audience (aud)", |token, _| token.audience("another-client")),
    ("expiry (exp)", |token, _| token.claim("exp", 1)),
    ("not before (nbf)", |token, _| token.claim("nbf", FUTURE)),
    ("issued at (iat)", |token, _| token.claim("iat", FUTURE)),
    ("age", |token, _| token.claim("iat", 1)),
    ("login", |token, _| token.claim("nonce", 5)),
];

fn forged(token: TokenBuilder, provider: &TestProvider) -> TokenBuilder {
    token.key(&SigningKey::generate(Algorithm::Rs256).with_key_id(provider.signing_key().key_id()))
}

fn now() -> u64 {
    unix_seconds(SystemTime::now())
}

fn outcomes(report: &TokenReport) -> Vec<(&'static str, Outcome)> {
    report.steps.iter().map(|step| (step.name, step.outcome)).collect()
}

fn step<'r>(report: &'r TokenReport, name: &str) -> &'r TokenStep {
    report.steps.iter().find(|step| step.name == name).unwrap_or_else(|| panic!("{name} in\n{report}"))
}

fn refused(report: &TokenReport) -> &TokenStep {
    report
        .steps
        .iter()
        .find(|step| step.outcome == Outcome::Refused)
        .unwrap_or_else(|| panic!("a refusal in\n{report}"))
}

#[track_caller]
fn accepted(report: &TokenReport) -> &PrincipalVerdict {
    assert!(report.is_accepted() && report.steps.iter().all(|step| step.outcome == Outcome::Passed), "{report}");
    match &report.verdict {
        Verdict::Accepted { principal } => principal,
        other => panic!("expected somebody, got {other:?}"),
    }
}

/// A configuration with a bound on the age of tokens.
fn bounded(config: Config) -> Config {
    let mut config = config;
    config.authentication.oidc.token_validity = Some(86_400);
    config
}

/// A token with the flaw of a step and with those of every step after it is refused at that step: whatever is told to have
/// passed has passed, and what is told as not reached was not.
async fn assert_order(
    flaws: &[(&'static str, Flaw)],
    config: impl Fn(&TestProvider) -> Config,
    begin: impl Fn(&TestProvider) -> TokenBuilder,
) {
    let provider = TestProvider::start().await;
    let config = bounded(config(&provider));
    for (first, (name, _)) in flaws.iter().enumerate() {
        let token =
            flaws[first..].iter().rev().fold(begin(&provider), |token, (_, flaw)| flaw(token, &provider)).sign();
        let report = doctor::check_token(&config, &token).await;
        let outcomes = outcomes(&report);
        let refused = outcomes.iter().position(|(_, outcome)| *outcome == Outcome::Refused).unwrap();
        assert_eq!(outcomes[refused].0, *name, "{report}");
        assert!(outcomes[..refused].iter().all(|(_, outcome)| *outcome == Outcome::Passed), "{name}\n{report}");
        assert!(outcomes[refused + 1..].iter().all(|(_, outcome)| *outcome == Outcome::NotReached), "{name}\n{report}");
        assert!(matches!(&report.verdict, Verdict::Refused { by } if by.starts_with(name)), "{report}");
        let step = step(&report, name);
        assert!(step.seen.is_some() && !step.expected.is_empty(), "{step:?}");
        assert!(!report.to_string().contains(token.rsplit('.').next().unwrap()), "the signature is nobody's business");
    }
}

#[tokio::test]
async fn a_token_is_refused_at_its_first_flaw_and_the_steps_say_so() {
    assert_order(&OF_ACCESS_TOKENS, TestProvider::config, |provider| provider.token("jane").type_("JWT")).await;
}

/// The doctor has no key to make a proof with: it says that all else is good.
#[tokio::test]
async fn a_bound_token_is_told_to_need_a_proof() {
    let provider = TestProvider::start().await;
    let token = provider.token("jane").bound_to(&provider.dpop_key()).sign();
    let off = doctor::check_token(&provider.config(), &token).await;
    assert_eq!(refused(&off).name, "holder (cnf)");
    assert!(refused(&off).remedy.as_ref().unwrap().contains("oidcConfiguration.dpop"), "{off}");
    let with = |policy: &str| provider.config().server_url("https://api.example").dpop(policy);
    for policy in ["accepted", "required"] {
        let report = doctor::check_token(&with(policy), &token).await;
        assert_eq!(refused(&report).name, "holder (cnf)");
        assert!(refused(&report).remedy.as_ref().unwrap().contains("all else is good"), "{report}");
    }
    let bearer = provider.token("jane").sign();
    assert!(doctor::check_token(&with("accepted"), &bearer).await.is_accepted());
    assert_eq!(refused(&doctor::check_token(&with("required"), &bearer).await).name, "holder (cnf)");
}

#[tokio::test]
async fn an_id_token_is_taken_as_that_of_a_login() {
    assert_order(&OF_ID_TOKENS, good, |provider| provider.id_token("jane").nonce("n")).await;
    let provider = TestProvider::start().await;
    let token =
        provider.id_token("jane").nonce("n").claim("email", "jane@company.com").claim("email_verified", true).sign();
    let report = doctor::check_token(&bounded(good(&provider)), &token).await;
    assert!(
        report.taken_as.contains("ID token of a login") && report.taken_as.contains("is not an access token"),
        "{report}"
    );
    assert!(accepted(&report).admin);
    let bearer_alone = doctor::check_token(&provider.config(), &token).await;
    assert_eq!(refused(&bearer_alone).name, "kind");
}

#[tokio::test]
async fn a_refusal_says_what_was_expected_and_what_to_do() {
    let provider = TestProvider::start().await;
    let config = good(&provider);
    let told = async |token: TokenBuilder| doctor::check_token(&config, &token.sign()).await;
    let report = told(provider.token("jane").audience(["https://other.example", "x"])).await;
    let audience = step(&report, "audience (aud)");
    assert_eq!(audience.expected, provider.audience());
    assert!(audience.seen.as_ref().unwrap().contains("https://other.example, x"), "{audience:?}");
    assert!(audience.remedy.as_ref().unwrap().contains("oidcConfiguration.audience"));

    let report = told(provider.token("jane").issuer("https://elsewhere.example")).await;
    let issuer = step(&report, "issuer (iss)");
    assert_eq!(issuer.expected, provider.issuer());
    assert!(issuer.seen.as_ref().unwrap().contains("https://elsewhere.example"), "{issuer:?}");

    let hs256 = doctor::check_token(&config, "eyJhbGciOiJIUzI1NiJ9.e30.AAAA").await;
    assert!(refused(&hs256).remedy.as_ref().unwrap().contains("RS256"), "{hs256}");
    let opaque = doctor::check_token(&config.clone().provider("auth0"), "gL4nQ").await;
    assert!(refused(&opaque).remedy.as_ref().unwrap().contains("audience"), "{opaque}");
}

#[tokio::test]
async fn without_keys_there_is_no_verdict_on_the_token() {
    let provider = TestProvider::start().await;
    let (config, token) = (good(&provider), provider.token("jane").sign());
    provider.go_down();
    let report = doctor::check_token(&config, &token).await;
    assert_eq!(refused(&report).name, "issuer (iss)", "its metadata are not known either");
    let pinned =
        Config::new().issuer(provider.issuer()).audience(provider.audience()).public_key_url("http://127.0.0.1:9/keys");
    assert_eq!(refused(&doctor::check_token(&pinned, &token).await).name, "key (kid)");
    let wrong = config.scope("email");
    let unchecked = doctor::check_token(&wrong, &token).await;
    assert!(matches!(unchecked.verdict, Verdict::Unchecked { .. }));
    assert!(unchecked.to_string().contains("Not checked: the configuration has errors"), "{unchecked}");
}

#[tokio::test]
async fn an_accepted_token_says_who_it_is_and_why() {
    let provider = TestProvider::start().await;
    let config = good(&provider).principal_domain("company.com").enforce_principal_domain(true).bot("billing");
    let jane = provider.token("jane").claim("email", "jane@company.com").scope("read:orders");
    let verified = doctor::check_token(&config, &jane.clone().claim("email_verified", true).sign()).await;
    let principal = accepted(&verified);
    assert_eq!((&*principal.name, &*principal.subject, principal.kind), ("jane@company.com", "jane", "person"));
    assert!(principal.admin && principal.admin_because.contains("entry 1 of authorizerConfiguration.adminPrincipals"));
    assert!(principal.domain.contains("company.com, which is let in"), "{principal:?}");
    assert_eq!(principal.scopes, ["read:orders"]);

    let unstated = doctor::check_token(&config, &jane.sign()).await;
    let principal = accepted(&unstated);
    assert!(!principal.admin && principal.admin_because.contains("email_verified"), "{principal:?}");

    let bot = doctor::check_token(&config, &provider.machine_token("billing").sign()).await;
    assert_eq!((accepted(&bot).kind, accepted(&bot).domain.contains("exempt")), ("bot", true));
    assert!(step(&bot, "domain").seen.as_ref().unwrap().contains("exempt"));
    let joe = provider.token("joe").claim("email", "joe@company.com").sign();
    let nobody = doctor::check_token(&config, &joe).await;
    assert_eq!(accepted(&nobody).admin_because, "no entry names it");

    let mut by_email = good(&provider);
    by_email.authorizer.admin_principals.clear();
    let unlisted = doctor::check_token(&by_email, &joe).await;
    assert_eq!(accepted(&unlisted).admin_because, "no administrator is listed");
    by_email.authorizer.admin_emails = vec!["ann@company.com".to_owned(), "joe@company.com".to_owned()];
    let joe = provider.token("joe").claim("email", "joe@company.com").claim("email_verified", true).sign();
    let listed = doctor::check_token(&by_email, &joe).await;
    assert_eq!(accepted(&listed).admin_because, "entry 2 of authorizerConfiguration.adminEmails");
    let machine = doctor::check_token(&by_email, &provider.machine_token("billing").sign()).await;
    assert_eq!((accepted(&machine).kind, accepted(&machine).admin), ("machine", false));
}

#[tokio::test]
async fn the_text_of_an_accepted_token_ends_with_who_it_is() {
    let provider = TestProvider::start().await;
    let jane = provider.token("jane").claim("email", "jane@company.com").claim("email_verified", true);
    let report = doctor::check_token(&good(&provider), &jane.scope("read:orders write:orders").sign()).await;
    let text = report.to_string();
    let (_, person) = text.split_once("\n\n  name").unwrap_or_else(|| panic!("{text}"));
    for (name, value) in [
        ("subject", "jane"),
        ("kind", "person"),
        ("e-mail", "jane@company.com (verified)"),
        ("administrator", "yes: entry 1 of authorizerConfiguration.adminPrincipals"),
        ("scopes", "read:orders write:orders"),
    ] {
        assert!(person.contains(&format!("\n  {name:<14} {value}\n")), "{name} in\n{text}");
    }
    assert!(!person.contains("roles") && text.trim_end().ends_with("Accepted."), "{text}");
    let coloured = report.coloured().to_string();
    assert!(coloured.contains("\x1b[") && !text.contains('\x1b'), "{coloured}");
}

/// A token whose kind nobody can tell by a mark is that of a login when it is for the client.
#[tokio::test]
async fn a_token_without_a_mark_is_taken_for_what_its_audience_says() {
    let provider = TestProvider::start().await;
    let config = good(&provider);
    let unmarked = |audience: &str| {
        let claims =
            json!({"iss": provider.issuer(), "sub": "jane", "aud": audience, "iat": now(), "exp": now() + 300});
        provider.token("jane").type_("JWT").raw_claims(claims.to_string()).sign()
    };
    let for_the_api = doctor::check_token(&config, &unmarked(provider.audience())).await;
    let kind = refused(&for_the_api);
    assert_eq!(kind.name, "kind");
    assert!(kind.remedy.as_ref().unwrap().contains("at+jwt"), "{kind:?}");
    let for_the_client = doctor::check_token(&config, &unmarked(provider.client_id())).await;
    assert!(for_the_client.taken_as.contains("ID token of a login"), "{for_the_client}");
}

#[tokio::test]
async fn each_flaw_has_a_remedy_of_its_own() {
    let provider = TestProvider::start().await;
    let config = good(&provider);
    let mut by_es256 = config.clone();
    by_es256.authentication.oidc.preferred_jws_algorithm = Some("ES256".to_owned());
    let mut for_id_tokens = config.clone();
    for_id_tokens.authentication.oidc.bearer_token_kind = Some("id_token".to_owned());
    let id_token = || provider.id_token("jane");
    let of_another = id_token().audience([provider.client_id(), "other"]).claim("azp", "other");
    for (config, token, remedy) in [
        (&config, "gL4nQ".to_owned(), "ask the provider for one that is meant for this API"),
        (&by_es256, id_token().sign(), "preferredJwsAlgorithm"),
        (&config, of_another.sign(), "issued to the client"),
        (&for_id_tokens, provider.token("jane").sign(), "send the ID token"),
    ] {
        let report = doctor::check_token(config, &token).await;
        assert!(refused(&report).remedy.as_ref().unwrap().contains(remedy), "{remedy} in\n{report}");
    }
    let kind = doctor::check_token(&for_id_tokens, &provider.token("jane").sign()).await;
    assert_eq!(step(&kind, "kind").expected, "an ID token");

    let key = SigningKey::generate(Algorithm::Rs256);
    provider.add_key(&key);
    let nameless = provider.token("jane").without_header("kid").sign();
    let ambiguous = doctor::check_token(&config, &nameless).await;
    assert!(refused(&ambiguous).remedy.as_ref().unwrap().contains("an id of its own"), "{ambiguous}");
}

#[tokio::test]
async fn the_rule_that_refuses_is_named() {
    let provider = TestProvider::start().await;
    let jane = || provider.token("jane").claim("email", "jane@company.com");
    let mut by_email = good(&provider);
    by_email.authorizer.allowed_email_domains = vec!["company.com".to_owned()];
    let by_name = good(&provider).principal_domain("company.com").enforce_principal_domain(true);
    let mut both = by_name.clone();
    both.authorizer.allowed_email_domains = vec!["company.com".to_owned()];
    let mut by_upn = good(&provider);
    by_upn.authentication.jwt_principal_claims = vec!["upn".to_owned()];
    let mut by_organization = good(&provider).provider("auth0");
    let asked = [("organization".to_owned(), "org_1a".to_owned())];
    by_organization.authentication.oidc.custom_params = asked.into();
    let unverified = || jane().claim("email_verified", false);
    for (config, token, name, setting) in [
        (&by_name, provider.token("jane").claim("email", "jane@evil.com"), "domain", "enforcePrincipalDomain"),
        (&by_name, unverified(), "domain", "enforcePrincipalDomain"),
        (&by_email, unverified(), "e-mail domain", "allowedEmailDomains"),
        (&both, unverified(), "domain", "enforcePrincipalDomain"),
        (&both, jane(), "e-mail domain", "allowedEmailDomains"),
        (
            &by_email,
            provider.token("j").claim("email", "j@evil.com").claim("email_verified", true),
            "e-mail domain",
            "allowedEmailDomains",
        ),
        (&by_name, provider.token("jane"), "domain", "enforcePrincipalDomain"),
        (&by_organization, jane(), "organization", "customParams"),
        (&by_organization, jane().claim("org_id", "org_2b"), "organization", "customParams"),
        (&by_upn, jane(), "name", "jwtPrincipalClaims"),
        (&by_name, provider.token("jane").claim("email", "a@b@company.com"), "name", "jwtPrincipalClaims"),
        (&by_name, jane().claim("scope", 5), "grants", ""),
        (&by_name, jane().claim("client_id", 5), "who (sub)", ""),
    ] {
        let report = doctor::check_token(config, &token.sign()).await;
        assert_eq!(refused(&report).name, name, "{report}");
        assert!(refused(&report).remedy.is_some());
        assert!(
            matches!(&report.verdict, Verdict::Refused { by } if by.starts_with(name) && by.contains(setting)),
            "{report}"
        );
        assert_eq!(step(&report, "age").outcome, Outcome::Passed);
    }
}
