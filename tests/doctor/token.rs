//! A dry run of a token: every step, in the order of the validator, and every rule behind it.

use tower_oidc::{
    Config,
    doctor::{self, Outcome, PrincipalVerdict, TokenReport, TokenStep, Verdict},
    testing::{SigningKey, TestProvider, TokenBuilder},
    types::Algorithm,
};

use crate::support::good;

const FUTURE: u64 = 9_000_000_000;

type Flaw = fn(TokenBuilder, &TestProvider) -> TokenBuilder;

/// A flaw for each step of an access token.
const OF_ACCESS_TOKENS: [(&str, Flaw); 12] = [
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
];

/// A flaw for each step of an ID token behind the signature: before that nobody knows that it is one.
const OF_ID_TOKENS: [(&str, Flaw); 8] = [
    ("kind", |token, _| token.claim("typ", "Bearer")),
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
    assert!(matches!(doctor::check_token(&wrong, &token).await.verdict, Verdict::Unchecked { .. }));
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
