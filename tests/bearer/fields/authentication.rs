//! The block `authenticationConfiguration`.

use http::{StatusCode, header::WWW_AUTHENTICATE};
use serde_json::json;
use tower_oidc::{
    config::TrustedIssuer,
    jose::JoseError,
    layer::{AuthErrorKind, SetupError},
    principal::{PrincipalError, rules::signed_in},
    testing::{Endpoint, SigningKey, TestProvider},
    types::{Algorithm, NameError},
    validator::TokenError,
};

use super::Elsewhere;
use crate::events;
use crate::support::{Stand, ask, discover, from_file, from_variables, provider};

#[tokio::test]
async fn provider_name_is_the_realm_of_the_challenge_and_the_provider_of_the_log() {
    let named = Stand::file(
        "
        authenticationConfiguration:
          providerName: Acme Login
          provider: custom-oidc
          authority: ${ISSUER}
          oidcConfiguration:
            audience: ${AUDIENCE}
        ",
    )
    .await;
    let (answer, logged) = events::during(ask(&named.auth, signed_in(), None)).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer.headers[WWW_AUTHENTICATE], "Bearer realm=\"Acme Login\"");
    assert_eq!(logged.last().unwrap().fields["provider"], "Acme Login");

    for (provider, name) in [("auth0", "Auth0"), ("custom-oidc", "127.0.0.1")] {
        let unnamed = Stand::variables(&[("AUTHENTICATION_PROVIDER", provider)]).await;
        let answer = ask(&unnamed.auth, signed_in(), None).await;
        assert_eq!(answer.headers[WWW_AUTHENTICATE], format!("Bearer realm=\"{name}\""));
    }
}

#[tokio::test]
async fn authority_is_where_the_metadata_are_looked_for() {
    for (path, tail) in [("", ""), ("", "/"), ("/realms/a", ""), ("/realms/a", "//")] {
        let clock = provider().await.1;
        let provider = TestProvider::builder().clock(clock.clone()).issuer_path(path).start().await;
        let config = provider.config().authority(format!("{}{tail}", provider.issuer()));
        let stand = Stand::of(provider, clock, config).await;
        assert_eq!(stand.principal(&stand.provider.token("jane").sign()).await["iss"], stand.provider.issuer());
    }
}

#[tokio::test]
async fn authority_of_auth0_may_be_a_bare_domain() {
    let (provider, clock) = provider().await;
    provider.set_metadata("issuer", "https://dev-abc.us.auth0.com/");
    let over = [("AUTHENTICATION_PROVIDER", "auth0"), ("AUTHENTICATION_AUTHORITY", "dev-abc.us.auth0.com")];
    let elsewhere = Elsewhere::new(&provider);
    let auth = elsewhere.discover(from_variables(&provider, &over), &clock).await.unwrap();

    assert_eq!(elsewhere.asked()[0], "https://dev-abc.us.auth0.com/.well-known/openid-configuration");
    let token = provider.token("jane").issuer("https://dev-abc.us.auth0.com/").sign();
    assert_eq!(auth.validate(&token).await.unwrap().issuer().as_str(), "https://dev-abc.us.auth0.com/");
}

#[tokio::test]
async fn public_key_urls_take_the_place_of_the_jwks_uri() {
    let (provider, clock) = provider().await;
    let keys = TestProvider::start().await;
    let text = "
        authenticationConfiguration:
          provider: custom-oidc
          authority: ${ISSUER}
          publicKeyUrls: ['${KEYS}']
          oidcConfiguration:
            audience: ${AUDIENCE}
        ";
    let config = from_file(text, &provider, &[("KEYS", &keys.endpoint(Endpoint::Jwks).url())]);
    let stand = Stand::of(provider, clock, config).await;

    stand.principal(&stand.provider.token("jane").key(&keys.signing_key()).sign()).await;
    assert_eq!(stand.refusal(&stand.provider.token("jane").sign()).await, TokenError::UnknownKey);
    assert_eq!(stand.provider.requests(Endpoint::Jwks), 0);
}

#[tokio::test]
async fn public_key_urls_do_without_one_that_is_dead() {
    let (provider, clock) = provider().await;
    let (dead, alive) = (TestProvider::start().await, TestProvider::start().await);
    dead.go_down();
    let urls = [&dead, &alive].map(|provider| provider.endpoint(Endpoint::Jwks).url()).join(", ");
    let config = from_variables(&provider, &[("AUTHENTICATION_PUBLIC_KEYS", &format!("[{urls}]"))]);
    let stand = Stand::of(provider, clock, config).await;

    stand.principal(&stand.provider.token("jane").key(&alive.signing_key()).sign()).await;
    assert!(stand.status().problem.is_some(), "the dead one is told");
}

#[tokio::test]
async fn public_key_urls_do_not_vouch_for_another_issuer() {
    let (provider, clock) = provider().await;
    let other = TestProvider::builder().clock(clock.clone()).start().await;
    let keys = TestProvider::start().await;
    let mut trusted = TrustedIssuer::default();
    trusted.issuer = Some(other.issuer().to_owned());
    let config = provider.config().public_key_url(keys.endpoint(Endpoint::Jwks).url()).trusted_issuer(trusted);
    let stand = Stand::of(provider, clock, config).await;

    let token = || other.token("jane").audience(stand.provider.audience());
    stand.principal(&token().sign()).await;
    assert_eq!(stand.refusal(&token().key(&keys.signing_key()).sign()).await, TokenError::UnknownKey);
    let disguised = keys.signing_key().with_key_id(other.signing_key().key_id());
    assert_eq!(stand.refusal(&token().key(&disguised).sign()).await, JoseError::Signature.into());
}

#[tokio::test]
async fn token_validation_algorithm_is_the_one_that_a_token_may_be_signed_with() {
    let (provider, clock) = provider().await;
    let sign = |algorithm| (algorithm, provider.token("jane").algorithm(algorithm).sign());
    let tokens: Vec<_> = Algorithm::ALL.iter().copied().map(sign).collect();
    for &only in Algorithm::ALL {
        let over = [("AUTHENTICATION_TOKEN_VALIDATION_ALGORITHM", only.name())];
        let auth = discover(from_variables(&provider, &over), &clock).await.unwrap();
        let fetched = provider.requests(Endpoint::Jwks);
        for (algorithm, token) in &tokens {
            let answer = ask(&auth, signed_in(), Some(token)).await;
            let expected = if *algorithm == only { StatusCode::OK } else { StatusCode::UNAUTHORIZED };
            assert_eq!(answer.status, expected, "{algorithm} where {only} is wanted: {:?}", answer.reason);
        }
        assert_eq!(provider.requests(Endpoint::Jwks), fetched, "no key is looked for");
    }
}

#[tokio::test]
async fn token_validation_algorithm_may_be_a_list_and_is_rs256_by_default() {
    let algorithms = [Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDsa];
    let (provider, clock) = provider().await;
    let tokens = algorithms.map(|algorithm| provider.token("jane").algorithm(algorithm).sign());
    let text = "
        authenticationConfiguration:
          provider: custom-oidc
          authority: ${ISSUER}
          tokenValidationAlgorithm: [RS256, ES256]
          oidcConfiguration:
            audience: ${AUDIENCE}
        ";
    for (config, accepted) in [(from_file(text, &provider, &[]), 2), (provider.config(), 1)] {
        let auth = discover(config, &clock).await.unwrap();
        for token in &tokens[..accepted] {
            auth.validate(token).await.unwrap();
        }
        for (token, algorithm) in tokens.iter().zip(algorithms).skip(accepted) {
            let error = auth.validate(token).await.unwrap_err();
            assert_eq!(error.to_string(), TokenError::AlgorithmNotAllowed { algorithm }.to_string());
        }
    }
}

#[tokio::test]
async fn client_id_counts_where_the_nested_one_is_absent() {
    let aud = |stand: &Stand, client: &str| stand.provider.token("jane").audience(client).sign();
    let over = [("AUTHENTICATION_CLIENT_ID", "outer"), ("OIDC_AUDIENCE", "")];

    let outer = Stand::variables(&[&over[..], &[("OIDC_CLIENT_ID", "")]].concat()).await;
    outer.principal(&aud(&outer, "outer")).await;

    let both = Stand::variables(&[&over[..], &[("OIDC_CLIENT_ID", "nested")]].concat()).await;
    both.principal(&aud(&both, "nested")).await;
    assert_eq!(both.refusal(&aud(&both, "outer")).await, TokenError::Audience);
    assert!(both.auth.settings().notices.iter().any(|notice| notice.to_string().contains("clientId")));
}

#[tokio::test]
async fn jwt_principal_claims_name_the_principal_in_their_order() {
    let stand = Stand::file(
        "
        authenticationConfiguration:
          provider: custom-oidc
          authority: ${ISSUER}
          jwtPrincipalClaims: [nickname, 'https://acme.example/user', email]
          oidcConfiguration:
            audience: ${AUDIENCE}
        ",
    )
    .await;
    let token = || stand.provider.token("auth0|1").claim("email", "jane@company.com");
    let name = async |token: String| stand.principal(&token).await["name"].clone();

    assert_eq!(name(token().claim("nickname", "jj").claim("https://acme.example/user", "jane").sign()).await, "jj");
    for unusable in [json!(""), json!(7), json!(null), json!(["jj"])] {
        let token = token().claim("nickname", unusable).claim("https://acme.example/user", "jane");
        assert_eq!(name(token.sign()).await, "jane");
    }
    assert_eq!(name(token().sign()).await, "jane@company.com");

    let answer = stand.get(&stand.provider.token("auth0|1").sign()).await;
    let shown = answer.body.to_string();
    assert!(
        !shown.contains("nickname") && !shown.contains("email"),
        "the claims tried are not for the client: {shown}"
    );
    let tried = ["nickname", "https://acme.example/user", "email"].map(str::to_owned).to_vec();
    assert_eq!(answer.not_admitted(), PrincipalError::NoPrincipalClaim { tried });
}

#[tokio::test]
async fn jwt_principal_claims_are_email_preferred_username_and_sub_by_default() {
    let stand = Stand::new().await;
    let token = || stand.provider.token("auth0|1");
    let name = async |token: String| stand.principal(&token).await["name"].clone();
    assert_eq!(name(token().sign()).await, "auth0|1");
    assert_eq!(name(token().claim("preferred_username", "jj").sign()).await, "jj");
    assert_eq!(name(token().claim("preferred_username", "jj").claim("email", "j@x.org").sign()).await, "j@x.org");
}

#[tokio::test]
async fn jwt_principal_claims_that_hold_no_name_are_refused_and_not_passed_over() {
    let stand = Stand::new().await;
    for (text, reason) in [
        ("jane@company.com@evil.example", NameError::CommercialAt),
        ("jane\u{ff20}company.com", NameError::LookAlike),
        ("jane\u{fe6b}company.com", NameError::LookAlike),
        ("jane doe@company.com", NameError::WhiteSpace),
        ("jane\u{a0}", NameError::WhiteSpace),
        ("jane\n@company.com", NameError::WhiteSpace),
    ] {
        let answer = stand.get(&stand.provider.token("auth0|1").claim("email", text).sign()).await;
        let PrincipalError::InvalidName { claim, reason: found } = answer.not_admitted() else { panic!("{text:?}") };
        assert_eq!((&*claim, found), ("email", reason), "{text:?}");
    }
}

#[tokio::test]
async fn jwt_principal_claims_mapping_goes_before_the_claims_and_falls_back_to_them() {
    let mapping =
        "[username:https://acme.example/user, email:mail, displayName:nickname, department:https://acme.example/dept]";
    let stand = Stand::variables(&[("AUTHENTICATION_JWT_PRINCIPAL_CLAIMS_MAPPING", mapping)]).await;
    let token = || stand.provider.token("auth0|1").claim("email", "private@mail.example").claim("name", "Jane Doe");

    let mapped = token()
        .claim("https://acme.example/user", "jdoe")
        .claim("mail", "jane@company.com")
        .claim("nickname", "jj")
        .claim("https://acme.example/dept", json!({"id": 7}));
    let principal = stand.principal(&mapped.sign()).await;
    assert_eq!(principal["name"], "jdoe", "the mapping's email names nobody");
    assert_eq!(principal["email"], "jane@company.com");
    assert_eq!(principal["displayName"], "jj");
    assert_eq!(principal["attributes"], json!({"department": {"id": 7}}));

    let principal = stand.principal(&token().sign()).await;
    assert_eq!(principal["name"], "private@mail.example");
    assert_eq!(principal["email"], "private@mail.example");
    assert_eq!(principal["displayName"], "Jane Doe");
    assert_eq!(principal["attributes"], json!({}));
}

#[tokio::test]
async fn email_claim_and_display_name_claim_say_where_both_are_read() {
    let set = Stand::with(|mut config| {
        config.authentication.email_claim = Some("mail".to_owned());
        config.authentication.display_name_claim = Some("nickname".to_owned());
        config
    })
    .await;
    let token = |stand: &Stand| {
        let token = stand.provider.token("1").claim("mail", "m@x.org").claim("email", "e@x.org");
        token.claim("nickname", "jj").claim("name", "Jane").claim("given_name", "J").claim("family_name", "Doe")
    };
    let principal = set.principal(&token(&set).sign()).await;
    assert_eq!((&principal["email"], &principal["displayName"]), (&json!("m@x.org"), &json!("jj")));

    let default = Stand::new().await;
    let principal = default.principal(&token(&default).sign()).await;
    assert_eq!((&principal["email"], &principal["displayName"]), (&json!("e@x.org"), &json!("Jane")));
    let principal = default.principal(&token(&default).without("name").sign()).await;
    assert_eq!(principal["displayName"], "J Doe");
}

#[tokio::test]
async fn jwt_team_claim_mapping_gives_the_teams() {
    let stand = Stand::variables(&[("AUTHENTICATION_JWT_TEAM_CLAIM_MAPPING", "https://acme.example/groups")]).await;
    let token =
        |value: serde_json::Value| stand.provider.token("jane").claim("https://acme.example/groups", value).sign();
    assert_eq!(stand.principal(&token(json!(["data", "ops"]))).await["teams"], json!(["data", "ops"]));
    assert_eq!(stand.principal(&token(json!("data"))).await["teams"], json!(["data"]));
    assert_eq!(stand.principal(&stand.provider.token("jane").sign()).await["teams"], json!([]));
    assert_eq!(stand.get(&token(json!({"data": true}))).await.kind(), Some(AuthErrorKind::InvalidToken));

    let unset = Stand::new().await;
    let token = unset.provider.token("jane").claim("groups", ["data"]).claim("teams", ["data"]);
    assert_eq!(unset.principal(&token.sign()).await["teams"], json!([]));
}

#[tokio::test]
async fn trusted_issuers_have_keys_an_audience_and_algorithms_of_their_own() {
    let (provider, clock) = provider().await;
    let second = TestProvider::builder()
        .clock(clock.clone())
        .algorithm(Algorithm::Es256)
        .audience("https://second.example")
        .start()
        .await;
    let text = "
        authenticationConfiguration:
          provider: custom-oidc
          authority: ${ISSUER}
          oidcConfiguration:
            audience: ${AUDIENCE}
          trustedIssuers:
            - issuer: ${SECOND}
              audience: https://second.example
              algorithms: ES256
        ";
    let config = from_file(text, &provider, &[("SECOND", second.issuer())]);
    let stand = Stand::of(provider, clock, config).await;
    let first = &stand.provider;

    let principals = [first.token("jane"), second.token("jane")].map(|token| token.sign());
    assert_eq!(stand.principal(&principals[0]).await["iss"], first.issuer());
    assert_eq!(stand.principal(&principals[1]).await["iss"], second.issuer());

    // Each audience and each algorithm is good for its own issuer alone.
    for token in [first.token("jane").audience(second.audience()), second.token("jane").audience(first.audience())] {
        assert_eq!(stand.refusal(&token.sign()).await, TokenError::Audience);
    }
    for (provider, algorithm) in [(first, Algorithm::Es256), (&second, Algorithm::Rs256)] {
        let token = provider.token("jane").algorithm(algorithm).sign();
        assert_eq!(stand.refusal(&token).await, TokenError::AlgorithmNotAllowed { algorithm });
    }

    // No key of the one verifies a token that names the other, under its own id or the other's.
    let key = SigningKey::generate(Algorithm::Es256);
    first.add_key(&key);
    assert_eq!(stand.refusal(&second.token("jane").key(&key).sign()).await, TokenError::UnknownKey);
    let disguised = key.with_key_id(second.signing_key().key_id());
    assert_eq!(stand.refusal(&second.token("jane").key(&disguised).sign()).await, JoseError::Signature.into());
    let named = first.token("jane").issuer(second.issuer()).audience(second.audience());
    let algorithm = Algorithm::Rs256;
    assert_eq!(stand.refusal(&named.sign()).await, TokenError::AlgorithmNotAllowed { algorithm });

    for issuer in [format!("{}/", second.issuer()), "https://third.example".to_owned()] {
        assert_eq!(stand.refusal(&second.token("jane").issuer(&issuer).sign()).await, TokenError::UnknownIssuer);
    }
}

#[tokio::test]
async fn trusted_issuers_need_no_discovery_when_their_keys_are_named() {
    let (provider, clock) = provider().await;
    let bots = TestProvider::builder().clock(clock.clone()).start().await;
    let text = "
        authenticationConfiguration:
          provider: custom-oidc
          authority: ${ISSUER}
          oidcConfiguration:
            audience: ${AUDIENCE}
          trustedIssuers:
            - issuer: open-metadata.org
              publicKeyUrls: ['${BOT_KEYS}']
        ";
    let config = from_file(text, &provider, &[("BOT_KEYS", &bots.endpoint(Endpoint::Jwks).url())]);
    let stand = Stand::of(provider, clock, config).await;

    let token = bots.token("ingestion-bot").issuer("open-metadata.org").audience(stand.provider.audience()).sign();
    assert_eq!(stand.principal(&token).await["iss"], "open-metadata.org");
    assert_eq!(bots.requests(Endpoint::Discovery), 0);
    let own = stand.provider.token("ingestion-bot").issuer("open-metadata.org").sign();
    assert_eq!(stand.refusal(&own).await, TokenError::UnknownKey);
}

#[tokio::test]
async fn trusted_issuers_that_are_down_stop_nobody_else() {
    let (provider, clock) = provider().await;
    let down = TestProvider::builder().clock(clock.clone()).start().await;
    down.go_down();
    let mut trusted = TrustedIssuer::default();
    trusted.issuer = Some(down.issuer().to_owned());
    let config = provider.config().trusted_issuer(trusted);
    let stand = Stand::of(provider, clock, config).await;

    stand.principal(&stand.provider.token("jane").sign()).await;
    let answer = stand.get(&down.token("jane").audience(stand.provider.audience()).sign()).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn trusted_issuers_that_contradict_the_configuration_stop_the_start_and_are_named() {
    let (provider, clock) = provider().await;
    let other = TestProvider::start().await;
    other.set_metadata("issuer", "https://elsewhere.example");
    let mut trusted = TrustedIssuer::default();
    trusted.issuer = Some(other.issuer().to_owned());
    let refused = discover(provider.config().trusted_issuer(trusted), &clock).await;
    let Err(SetupError::Provider { path, .. }) = refused else { panic!("it starts") };
    assert_eq!(path, "authenticationConfiguration.trustedIssuers[0]");
}
