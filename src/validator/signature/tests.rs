//! Signatures that hold, and what a key may not sign for all that.

use futures_util::FutureExt as _;
use serde_json::{Value, json};
use url::Url;

use super::*;
use crate::{
    config::ProviderKind,
    jose::JoseError,
    testing::{Endpoint, SigningKey, TestProvider, TokenBuilder},
    types::Issuer,
    validator::{Asked, ClientValidator, Validator, fixtures, token_kind::LOGOUT_EVENT},
};

const TENANT: &str = "aaaaaaaa-86f1-41af-91ab-2d7cd011db47";
const OTHER_TENANT: &str = "bbbbbbbb-86f1-41af-91ab-2d7cd011db47";
/// The tenant of all personal accounts.
const CONSUMERS: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

fn of(tenant: &str) -> String {
    format!("https://login.microsoftonline.com/{tenant}/v2.0")
}

/// A provider whose key is published once beside each of these issuers, and of which tokens with `issuer` are taken.
struct Stand {
    provider: TestProvider,
    keys: Provider,
    validator: Validator,
}

impl Stand {
    async fn new(issuer: &str, of_key: &[Value]) -> Self {
        let provider = TestProvider::builder().algorithm(fixtures::REGISTERED).start().await;
        let key = &provider.jwks()["keys"][0];
        let published = of_key.iter().map(|issuer| {
            let mut key = key.clone();
            key["issuer"] = issuer.clone();
            key
        });
        provider.publish_raw_jwks(json!({"keys": published.collect::<Vec<_>>()}).to_string());
        let keys = fixtures::start(&provider, |settings| {
            let settings = &mut settings.issuers[0];
            settings.kind = ProviderKind::Azure;
            settings.issuer = Some(Issuer::new(issuer));
            settings.discovery = None;
            settings.key_urls = vec![Url::parse(provider.metadata()["jwks_uri"].as_str().unwrap()).unwrap()];
        });
        keys.first_attempt().await.unwrap();
        let validator = Validator::new(vec![keys.clone()], provider.clock());
        Self { provider, keys, validator }
    }

    /// The verdict on an access token of a tenant, without waiting for anything.
    fn verdict(&self, tenant: &str) -> Result<(), TokenError> {
        self.at_once(self.validator.try_access_token(of_tenant(self.provider.token("jane"), tenant)))
    }

    /// The verdict, which waits for no keys.
    fn at_once<K>(&self, verdict: Result<Verified<K>, Unfinished>) -> Result<(), TokenError> {
        assert_eq!(self.provider.requests(Endpoint::Jwks), 1, "no keys are asked for");
        match verdict {
            Ok(_) => Ok(()),
            Err(Unfinished::Refused(error)) => Err(error),
            Err(Unfinished::Renewal(renewal)) => panic!("waits for {renewal:?}"),
        }
    }
}

fn of_tenant(token: TokenBuilder, tenant: &str) -> String {
    token.issuer(&of(tenant)).claim("tid", tenant).sign()
}

#[tokio::test]
async fn the_key_of_one_tenant_signs_for_no_other() {
    let stand = Stand::new(&of("{tenantid}"), &[json!(of(CONSUMERS))]).await;
    assert_eq!(stand.verdict(CONSUMERS), Ok(()));
    assert_eq!(stand.verdict(TENANT), Err(TokenError::KeyIssuer));
    // Whoever does not have the key learns nothing of whose it is.
    let signed = [CONSUMERS, TENANT].map(|tenant| of_tenant(stand.provider.token("jane"), tenant));
    let [(_, signature), (input, _)] = signed.each_ref().map(|token| token.rsplit_once('.').unwrap());
    let refused = stand.at_once(stand.validator.try_access_token(format!("{input}.{signature}")));
    assert_eq!(refused, Err(TokenError::Jose(JoseError::Signature)));
}

#[tokio::test]
async fn the_key_of_every_tenant_signs_for_each_with_its_own_tid() {
    let stand = Stand::new(&of("{tenantid}"), &[json!(of("{tenantid}"))]).await;
    for tenant in [TENANT, OTHER_TENANT, CONSUMERS] {
        assert_eq!(stand.verdict(tenant), Ok(()), "{tenant}");
    }
    let token = stand.provider.token("jane").issuer(&of(TENANT));
    let another = stand.validator.try_access_token(token.claim("tid", OTHER_TENANT).sign());
    assert_eq!(stand.at_once(another), Err(TokenError::UnknownIssuer));
}

#[tokio::test]
async fn a_key_of_which_nothing_is_said_signs_for_every_tenant_and_one_of_nobody_for_none() {
    let stand = Stand::new(&of("{tenantid}"), &[Value::Null]).await;
    assert_eq!((stand.verdict(TENANT), stand.verdict(CONSUMERS)), (Ok(()), Ok(())));
    for issuer in ["", "{tenantid}", "https://sts.windows.net/{tenantid}/", &of(&TENANT.to_uppercase())] {
        let stand = Stand::new(&of("{tenantid}"), &[json!(issuer)]).await;
        assert_eq!(stand.verdict(TENANT), Err(TokenError::KeyIssuer), "{issuer}");
    }
}

#[tokio::test]
async fn a_key_that_is_published_twice_holds_to_all_that_is_said_of_it() {
    let every = json!(of("{tenantid}"));
    for of_key in
        [[json!(of(CONSUMERS)), Value::Null], [Value::Null, json!(of(CONSUMERS))], [every, json!(of(CONSUMERS))]]
    {
        let stand = Stand::new(&of("{tenantid}"), &of_key).await;
        assert_eq!(stand.verdict(CONSUMERS), Ok(()), "{of_key:?}");
        assert_eq!(stand.verdict(TENANT), Err(TokenError::KeyIssuer), "{of_key:?}");
    }
    let stand = Stand::new(&of("{tenantid}"), &[json!(of(TENANT)), json!(of(OTHER_TENANT))]).await;
    for tenant in [TENANT, OTHER_TENANT] {
        assert_eq!(stand.verdict(tenant), Err(TokenError::KeyIssuer), "{tenant}");
    }
}

#[tokio::test]
async fn where_there_is_one_issuer_nothing_is_asked_of_its_keys() {
    for of_key in [&[json!(of(CONSUMERS))][..], &[json!(""), Value::Null, json!(of("{tenantid}"))]] {
        let stand = Stand::new(&of(TENANT), of_key).await;
        assert_eq!(stand.verdict(TENANT), Ok(()), "{of_key:?}");
    }
}

#[tokio::test]
async fn every_kind_of_token_is_held_to_the_issuer_of_its_key() {
    let stand = Stand::new(&of("{tenantid}"), &[json!(of(CONSUMERS))]).await;
    let (client_id, clock) = (stand.provider.client_id().to_owned(), stand.provider.clock());
    let client = ClientValidator::new(stand.keys.clone(), client_id, fixtures::REGISTERED, clock);
    for (tenant, expected) in [(CONSUMERS, Ok(())), (TENANT, Err(TokenError::KeyIssuer))] {
        let id_token = of_tenant(stand.provider.id_token("jane"), tenant);
        let logout = stand.provider.id_token("jane").claim("events", json!({ LOGOUT_EVENT: {} }));
        let logout_token = of_tenant(logout.type_("logout+jwt").claim("jti", "bWJq"), tenant);
        let answer = stand.provider.id_token("jane").without("exp").without("auth_time").without("sid");
        let userinfo = of_tenant(answer, tenant);
        // None of them waits.
        let id_token = client.id_token(&id_token, Asked::default()).now_or_never().unwrap();
        assert_eq!(id_token.map(drop), expected, "ID token, {tenant}");
        let logout_token = client.logout_token(&logout_token).now_or_never().unwrap();
        assert_eq!(logout_token.map(drop), expected, "logout token, {tenant}");
        let userinfo = client.userinfo(userinfo.as_bytes()).now_or_never().unwrap();
        assert_eq!(userinfo.map(drop), expected, "userinfo, {tenant}");
    }
    assert_eq!(stand.provider.requests(Endpoint::Jwks), 1, "no keys are asked for");
}

#[tokio::test]
async fn what_waits_for_a_key_shows_the_issuer_and_not_the_kid() {
    let provider = TestProvider::builder().algorithm(fixtures::REGISTERED).start().await;
    let keys = fixtures::start(&provider, |settings| {
        settings.issuers[0].issuer = Some(Issuer::new(provider.issuer()));
    });
    keys.first_attempt().await.unwrap();
    let token = provider.token("jane").key(&SigningKey::generate(fixtures::REGISTERED).with_key_id("SECRET")).sign();
    let unfinished = Validator::new(vec![keys], provider.clock()).try_access_token(token).unwrap_err();
    let shown = format!("{unfinished:?}");
    assert!(matches!(unfinished, Unfinished::Renewal(_)));
    assert!(shown.contains(provider.issuer()) && !shown.contains("SECRET"), "{shown}");
}
