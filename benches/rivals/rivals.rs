//! The rivals, each set up as its documentation says.

use std::{convert::Infallible, future::Future, hint::black_box, sync::Arc};

use axum::{Extension, Router, body::Body, routing::get};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use futures_util::FutureExt;
use http::{HeaderMap, HeaderValue, Method, Request, Response, Uri, header::AUTHORIZATION};
use huskarl_resource_server::{
    core::server_metadata::AuthorizationServerMetadata, validator::rfc9068::Rfc9068Validator,
};
use jwt_simple::algorithms::{RS256PublicKey, RSAPublicKeyLike};
use oauth_resource_server::{Credential, KeyNaming, OAuthConfig, OAuthValidator, http_layer::HttpAuthLayer};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tower::Service;
use tower_oauth2_resource_server::{server::OAuth2ResourceServer, tenant::TenantConfiguration};
use tower_oidc::testing::TestProvider;

/// Checks the token once.
pub(crate) type Call = Box<dyn FnMut()>;

/// What everybody is given.
pub(crate) struct Given {
    pub(crate) token: String,
    issuer: String,
    audience: String,
    jwks_uri: String,
    jwks: Value,
}

/// The claims as a service would ask for them.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    email: String,
    scope: String,
    permissions: Vec<String>,
}

/// Those of them that jwt-simple does not give by itself.
#[derive(Debug, Serialize, Deserialize)]
struct PrivateClaims {
    email: String,
    scope: String,
    permissions: Vec<String>,
}

impl Given {
    pub(crate) fn of(provider: &TestProvider) -> Self {
        let token = provider
            .token("auth0|5f7c8ec7c33c6c004bbafe82")
            .claim("email", "jane@company.com")
            .claim("email_verified", true)
            .claim("permissions", ["read:orders", "write:orders"])
            .claim("https://company.com/filling", "x".repeat(100));
        Self {
            token: token.sign(),
            issuer: provider.issuer().to_string(),
            audience: provider.audience().to_owned(),
            jwks_uri: provider.metadata()["jwks_uri"].as_str().expect("it has one").to_owned(),
            jwks: provider.jwks(),
        }
    }

    fn key(&self) -> &Value {
        &self.jwks["keys"][0]
    }

    fn modulus_and_exponent(&self) -> [&str; 2] {
        ["n", "e"].map(|member| self.key()[member].as_str().expect("an RSA key has it"))
    }

    fn authorization(&self) -> HeaderValue {
        HeaderValue::try_from(format!("Bearer {}", self.token)).expect("visible characters")
    }

    /// Requests with the token, to `/orders`. A router of axum's has its state, as one that is served: without, it makes its routes
    /// at each request.
    pub(crate) fn requests<S, A, B>(&self, mut router: S, body: fn() -> A) -> Call
    where
        S: Service<Request<A>, Response = Response<B>, Error = Infallible> + 'static,
        A: 'static,
    {
        let authorization = self.authorization();
        Box::new(move || {
            let request = Request::get("/orders").header(AUTHORIZATION, authorization.clone()).body(body());
            let Ok(response) = at_once(router.call(request.expect("a request")));
            assert!(response.status().is_success());
        })
    }
}

/// Those of the fourth bar.
pub(crate) async fn layers(given: &Given) -> Vec<(&'static str, Call)> {
    vec![
        ("axum-jwt-auth", axum_jwt_auth(given).await),
        ("tower-oauth2-resource-server", tower_oauth2_resource_server(given).await),
        ("jwt-authorizer", jwt_authorizer(given).await),
        ("huskarl-resource-server", huskarl(given).await),
        ("oauth-resource-server", oauth_resource_server(given).await),
    ]
}

/// What others build on.
pub(crate) fn libraries(given: &Given) -> Vec<(&'static str, Call)> {
    vec![("jsonwebtoken", jsonwebtoken(given)), ("jwt-simple, pure Rust", jwt_simple(given))]
}

/// The output of a check that waits for nothing, not even for its turn among tasks, as tokio's locks would have it.
fn at_once<T>(check: impl Future<Output = T>) -> T {
    black_box(tokio::task::unconstrained(check).now_or_never().expect("it does not wait"))
}

/// The decoder that takes its keys from the provider: the other one takes the first key it has for every token.
async fn axum_jwt_auth(given: &Given) -> Call {
    use axum_jwt_auth::{Claims as Extracted, Decoder, RemoteJwksDecoder};
    use jsonwebtoken_10::{Algorithm, Validation, crypto::aws_lc::DEFAULT_PROVIDER};
    let _ = DEFAULT_PROVIDER.install_default();
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_audience(&[&given.audience]);
    validation.set_issuer(&[&given.issuer]);
    let decoder = RemoteJwksDecoder::builder().jwks_url(given.jwks_uri.clone()).validation(validation);
    let decoder = decoder.build().expect("it is right");
    decoder.refresh().await.expect("the provider is there");
    let handler = |Extracted { claims, .. }: Extracted<Claims>| async move { drop(black_box(claims)) };
    let routes = Router::new().route("/orders", get(handler));
    let decoder: Decoder<Claims> = Arc::new(decoder);
    given.requests(routes.with_state(decoder), Body::empty)
}

async fn tower_oauth2_resource_server(given: &Given) -> Call {
    let _ = jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default();
    let tenant = TenantConfiguration::static_builder(given.jwks.to_string()).audiences(&[&given.audience]);
    let server = <OAuth2ResourceServer<Claims>>::builder().add_tenant(tenant.build().expect("it is right"));
    let server = server.build().await.expect("it is right");
    let handler = |Extension(claims): Extension<Claims>| async move { drop(black_box(claims)) };
    given.requests(Router::new().route("/orders", get(handler)).layer(server.into_layer()).with_state(()), Body::empty)
}

async fn jwt_authorizer(given: &Given) -> Call {
    use axum_07::{Router, body::Body, routing::get};
    use jwt_authorizer::{IntoLayer, JwtAuthorizer, JwtClaims, Validation};
    let validation = Validation::new().iss(&[&given.issuer]).aud(&[&given.audience]);
    let authorizer = JwtAuthorizer::<Claims>::from_jwks_text(&given.jwks.to_string()).validation(validation);
    let layer = authorizer.build().await.expect("it is right").into_layer();
    let handler = |JwtClaims(claims): JwtClaims<Claims>| async move { drop(black_box(claims)) };
    given.requests(Router::new().route("/orders", get(handler)).layer(layer).with_state(()), Body::empty)
}

async fn huskarl(given: &Given) -> Call {
    let http = huskarl_reqwest::ReqwestClient::builder().build().await.expect("a client");
    let issuer = given.issuer.clone();
    let metadata = AuthorizationServerMetadata::oidc_fetch().http_client(&http).issuer(issuer).call().await;
    let validator = Rfc9068Validator::builder_from_metadata(&metadata.expect("metadata")).jwks_source(http);
    let validator = validator.audience(given.audience.clone()).build().await.expect("it is right");
    let headers = HeaderMap::from_iter([(AUTHORIZATION, given.authorization())]);
    let uri = Uri::from_static("https://api.company.com/orders");
    Box::new(move || {
        let result = at_once(validator.validate_request(black_box(&headers), &Method::GET, &uri, None));
        assert!(result.outcome.is_ok());
    })
}

async fn oauth_resource_server(given: &Given) -> Call {
    let config = OAuthConfig {
        enabled: true,
        issuer: given.issuer.clone(),
        jwks_uri: Some(given.jwks_uri.clone()),
        audience: given.audience.clone(),
        resource: "https://api.company.com".to_owned(),
        required_scopes: vec!["openid".to_owned()],
        ..OAuthConfig::default()
    };
    let config = config.resolve(KeyNaming::Dotted("oauth")).expect("it is right").expect("it is on");
    let validator = Arc::new(OAuthValidator::new(&config).expect("it is right"));
    validator.refresh_now().await.expect("the provider is there");
    let layer = HttpAuthLayer::builder().oauth(validator).build().expect("it is right");
    let handler = |Extension(credential): Extension<Credential>| async move { drop(black_box(credential)) };
    given.requests(Router::new().route("/orders", get(handler)).layer(layer).with_state(()), Body::empty)
}

fn jsonwebtoken(given: &Given) -> Call {
    use jsonwebtoken::{Algorithm, DecodingKey, Validation};
    let [modulus, exponent] = given.modulus_and_exponent();
    let key = DecodingKey::from_rsa_components(modulus, exponent).expect("an RSA key");
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_audience(&[&given.audience]);
    validation.set_issuer(&[&given.issuer]);
    let token = given.token.clone();
    Box::new(move || {
        drop(black_box(jsonwebtoken::decode::<Claims>(black_box(&token), &key, &validation)).expect("good"));
    })
}

fn jwt_simple(given: &Given) -> Call {
    use jwt_simple::common::VerificationOptions;
    let [modulus, exponent] = given.modulus_and_exponent().map(|part| URL_SAFE_NO_PAD.decode(part).expect("base64url"));
    let key = RS256PublicKey::from_components(&modulus, &exponent).expect("an RSA key");
    let options = VerificationOptions {
        allowed_issuers: Some([given.issuer.clone()].into()),
        allowed_audiences: Some([given.audience.clone()].into()),
        required_signature_type: Some("at+jwt".to_owned()),
        ..VerificationOptions::default()
    };
    let token = given.token.clone();
    Box::new(move || {
        drop(black_box(key.verify_token::<PrivateClaims>(black_box(&token), Some(options.clone()))).expect("good"));
    })
}
