//! Rules at routes: whom each one lets through.

use std::time::Duration;

use axum::{Router, body::Body, extract::Request, middleware::map_request, routing::get};
use http::{StatusCode, header::AUTHORIZATION};
use serde_json::json;
use tower::ServiceExt;
use tower_oidc::{
    Config, Principal,
    principal::{
        Rule,
        rules::{admin, all, any, bot, claim, domain, max_age, not, role, rule_fn, scope, scopes, signed_in},
    },
    testing::TokenBuilder,
    types::{Clock, Domain, unix_seconds},
};

use crate::support::Stand;

const IN: StatusCode = StatusCode::OK;
const FORBIDDEN: StatusCode = StatusCode::FORBIDDEN;
const UNAUTHORIZED: StatusCode = StatusCode::UNAUTHORIZED;

fn company(config: Config) -> Config {
    let mut config = config.principal_domain("company.example").admin("root").bot("robot");
    config.authorizer.use_roles_from_provider = Some(true);
    config
}

impl Stand {
    /// A token of somebody whose verified address is `name@company.example`.
    fn employee(&self, name: &str) -> TokenBuilder {
        self.person(&format!("{name}@company.example"))
    }

    fn person(&self, address: &str) -> TokenBuilder {
        self.provider.token("s").claim("email", address).claim("email_verified", true)
    }

    /// What a route with that rule answers.
    async fn at(&self, rule: impl Into<Rule>, token: TokenBuilder) -> StatusCode {
        let guarded = get(|| async { "in" }).layer(self.auth.require(rule));
        self.answer(Router::new().route("/", guarded), "/", Some(token)).await
    }

    async fn answer(&self, app: Router, path: &str, token: Option<TokenBuilder>) -> StatusCode {
        let mut request = Request::get(path);
        if let Some(token) = token {
            request = request.header(AUTHORIZATION, format!("Bearer {}", token.sign()));
        }
        let request = request.body(Body::empty()).unwrap();
        app.layer(self.auth.layer()).oneshot(request).await.unwrap().status()
    }
}

#[tokio::test]
async fn admins_and_bots_are_those_of_the_configuration() {
    let stand = Stand::with(company).await;
    assert_eq!(stand.at(admin(), stand.employee("root")).await, IN);
    assert_eq!(stand.at(admin(), stand.employee("Root")).await, IN);
    assert_eq!(stand.at(admin(), stand.employee("jane")).await, FORBIDDEN);
    assert_eq!(stand.at(admin(), stand.person("root@elsewhere.example")).await, FORBIDDEN);
    assert_eq!(stand.at(admin(), stand.employee("root").claim("email_verified", false)).await, FORBIDDEN);
    assert_eq!(stand.at(bot(), stand.provider.machine_token("robot")).await, IN);
    assert_eq!(stand.at(bot(), stand.provider.machine_token("other")).await, FORBIDDEN);
    assert_eq!(stand.at(signed_in(), stand.provider.machine_token("other")).await, IN);
}

#[tokio::test]
async fn scopes_are_asked_for_whole_and_together() {
    let stand = Stand::with(company).await;
    let jane = |granted: &str| stand.employee("jane").scope(granted);
    assert_eq!(stand.at(scope("read:orders"), jane("openid read:orders")).await, IN);
    assert_eq!(stand.at(scope("read:orders"), jane("read:orders:all")).await, FORBIDDEN);
    assert_eq!(stand.at(scope("read:orders"), jane("READ:ORDERS")).await, FORBIDDEN);
    let both = || scopes(["read:orders", "write:orders"]);
    assert_eq!(stand.at(both(), jane("write:orders read:orders")).await, IN);
    assert_eq!(stand.at(both(), jane("read:orders")).await, FORBIDDEN);
    let listed = stand.employee("jane").without("scope").claim("scp", ["read:orders", "write:orders"]);
    assert_eq!(stand.at(both(), listed).await, IN);
    let smuggled = stand.employee("jane").without("scope").claim("scp", ["read:orders write:orders"]);
    assert_eq!(stand.at(both(), smuggled).await, FORBIDDEN);
}

#[tokio::test]
async fn roles_come_from_the_provider_when_they_are_switched_on() {
    let stand = Stand::with(company).await;
    let editor = || stand.employee("jane").claim("roles", ["editor", "viewer"]);
    assert_eq!(stand.at(role("editor"), editor()).await, IN);
    assert_eq!(stand.at(role("Editor"), editor()).await, FORBIDDEN);
    assert_eq!(stand.at(role("editor"), stand.employee("jane")).await, FORBIDDEN);
    let without_roles = Stand::new().await;
    let editor = without_roles.provider.token("s").claim("roles", ["editor"]);
    assert_eq!(without_roles.at(role("editor"), editor).await, FORBIDDEN);
}

#[tokio::test]
async fn a_claim_is_compared_with_its_type() {
    let stand = Stand::with(company).await;
    let tenant = || stand.employee("jane").claim("https://company.example/tenant", "acme");
    assert_eq!(stand.at(claim("https://company.example/tenant", "acme"), tenant()).await, IN);
    assert_eq!(stand.at(claim("https://company.example/tenant", "ACME"), tenant()).await, FORBIDDEN);
    assert_eq!(stand.at(claim("tenant", "acme"), tenant()).await, FORBIDDEN);
    let level = |value| stand.employee("jane").claim("level", value);
    assert_eq!(stand.at(claim("level", 3), level(json!(3))).await, IN);
    assert_eq!(stand.at(claim("level", 3), level(json!([1, 3]))).await, IN);
    assert_eq!(stand.at(claim("level", 3), level(json!("3"))).await, FORBIDDEN);
}

#[tokio::test]
async fn a_domain_is_the_whole_domain_of_a_verified_name() {
    let stand = Stand::with(company).await;
    let company = || domain(Domain::parse("Company.example").unwrap());
    assert_eq!(stand.at(company(), stand.employee("jane")).await, IN);
    // A name of its own in that claim; and one that only stands in for the missing one.
    assert_eq!(stand.at(company(), stand.employee("jane").claim("email", "jane")).await, IN);
    assert_eq!(stand.at(company(), stand.provider.token("jdoe")).await, FORBIDDEN);
    for address in ["jane@sub.company.example", "jane@evilcompany.example", "jane@company.example.evil.example"] {
        assert_eq!(stand.at(company(), stand.person(address)).await, FORBIDDEN, "{address}");
    }
    assert_eq!(stand.at(company(), stand.employee("jane").without("email_verified")).await, FORBIDDEN);
}

#[tokio::test]
async fn rules_combine() {
    let stand = Stand::with(company).await;
    let rule = || any([admin(), all([scope("write:orders"), not(role("guest"))])]);
    let jane = || stand.employee("jane");
    for (token, status) in [
        (stand.employee("root"), IN),
        (jane().scope("write:orders"), IN),
        (jane().scope("write:orders").claim("roles", "guest"), FORBIDDEN),
        (jane(), FORBIDDEN),
    ] {
        assert_eq!(stand.at(rule(), token).await, status);
    }
    assert_eq!(stand.at(any::<Rule>([]), stand.employee("root")).await, FORBIDDEN);
    assert_eq!(stand.at(all::<Rule>([]), stand.employee("root")).await, FORBIDDEN);
}

#[tokio::test]
async fn a_closure_is_a_rule() {
    let stand = Stand::with(company).await;
    let short = |principal: &Principal| principal.username().len() < 5;
    for (name, status) in [("jane", IN), ("joanna", FORBIDDEN)] {
        assert_eq!(stand.at(short, stand.employee(name)).await, status);
        assert_eq!(stand.at(all([rule_fn("short", short), signed_in()]), stand.employee(name)).await, status);
    }
}

#[tokio::test]
async fn a_login_grows_too_old_while_its_token_is_still_good() {
    let stand = Stand::with(company).await;
    let fresh = || max_age(Duration::from_secs(300));
    let jane = stand.employee("jane").claim("auth_time", unix_seconds(stand.clock.now()));
    assert_eq!(stand.at(fresh(), jane.clone()).await, IN);
    stand.clock.advance(Duration::from_secs(300));
    assert_eq!(stand.at(fresh(), jane.clone()).await, IN);
    stand.clock.advance(Duration::from_secs(1));
    assert_eq!(stand.at(fresh(), jane.clone()).await, UNAUTHORIZED);
    assert_eq!(stand.at(signed_in(), jane).await, IN);
    assert_eq!(stand.at(fresh(), stand.employee("jane")).await, UNAUTHORIZED, "a login at an unknown time");
}

#[tokio::test]
async fn every_guard_on_the_way_must_let_through() {
    let stand = Stand::with(company).await;
    let app = || {
        let inner = Router::new()
            .route("/orders", get(|| async { "in" }).layer(stand.auth.require(scope("read:orders"))))
            .route("/rest", get(|| async { "in" }))
            .route_layer(stand.auth.require(role("editor")));
        Router::new().nest("/shop", inner).route("/open", get(|| async { "in" }))
    };
    let jane = || stand.employee("jane").scope("read:orders");
    let editor = || jane().claim("roles", "editor");
    for (path, token, status) in [
        ("/shop/orders", None, UNAUTHORIZED),
        ("/shop/orders", Some(jane()), FORBIDDEN),
        ("/shop/orders", Some(editor().scope("openid")), FORBIDDEN),
        ("/shop/orders", Some(editor()), IN),
        ("/shop/rest", Some(jane()), FORBIDDEN),
        ("/shop/rest", Some(editor().scope("openid")), IN),
        ("/shop/nowhere", None, StatusCode::NOT_FOUND),
        ("/open", None, IN),
    ] {
        assert_eq!(stand.answer(app(), path, token).await, status, "{path}");
    }
}

#[tokio::test]
async fn a_guard_is_met_only_by_a_principal_of_its_own_auth() {
    let (ours, theirs) = (Stand::new().await, Stand::new().await);
    let guarded = || Router::new().route("/", get(|| async { "in" }).layer(ours.auth.require(signed_in())));
    let status = async |stand: &Stand| {
        let app = guarded().layer(stand.auth.layer());
        let token = stand.provider.token("jane").sign();
        let request = Request::get("/").header(AUTHORIZATION, format!("Bearer {token}")).body(Body::empty()).unwrap();
        app.oneshot(request).await.unwrap().status()
    };
    assert_eq!(status(&ours).await, IN);
    assert_eq!(status(&theirs).await, StatusCode::INTERNAL_SERVER_ERROR);
}

/// A principal says itself who lets it in: whatever else the request passed, the guard of another `Auth` answers 500.
#[tokio::test]
async fn a_guard_knows_a_principal_by_the_auth_that_lets_it_in() {
    let [here, elsewhere] = [Stand::new().await, Stand::new().await];
    let bearer = |stand: &Stand| stand.provider.token("jane").sign();
    let own = here.auth.validate(&bearer(&here)).await.unwrap();
    let foreign = elsewhere.auth.validate(&bearer(&elsewhere)).await.unwrap();
    let guarded = |principal: Principal| {
        let guard = get(|| async { "in" }).layer(here.auth.require(signed_in()));
        Router::new().route("/", guard).layer(axum::Extension(principal))
    };
    let ask = |app: Router| app.oneshot(Request::get("/").body(Body::empty()).unwrap());
    let refused = StatusCode::INTERNAL_SERVER_ERROR;

    // Put there by a middleware of the service's own, with and without the layer outside of it.
    for planted in [&own, &foreign] {
        assert_eq!(ask(guarded(planted.clone())).await.unwrap().status(), refused);
        assert_eq!(ask(guarded(planted.clone()).layer(here.auth.layer())).await.unwrap().status(), refused);
    }
    // What stood there before the layer is taken away by it.
    let removed = Router::new()
        .route("/", get(|| async { "in" }).layer(here.auth.require(signed_in())))
        .layer(here.auth.layer())
        .layer(axum::Extension(own.clone()));
    assert_eq!(ask(removed).await.unwrap().status(), UNAUTHORIZED);

    // Whose principal was taken away is not nobody.
    let take_away = map_request(async |mut request: Request| {
        request.extensions_mut().remove::<Principal>();
        request
    });
    let bereft = Router::new()
        .route("/", get(|| async { "in" }).layer(here.auth.require(signed_in())).layer(take_away))
        .layer(here.auth.layer());
    let with_token = Request::get("/").header(AUTHORIZATION, format!("Bearer {}", bearer(&here))).body(Body::empty());
    assert_eq!(bereft.oneshot(with_token.unwrap()).await.unwrap().status(), refused);

    // Nor does an extractor take one that no layer has put there, remembered or not.
    let whoever = Router::new().route("/", get(|principal: Principal| async move { principal.subject().to_owned() }));
    let token = bearer(&here);
    let with_token = Request::get("/").header(AUTHORIZATION, format!("Bearer {token}")).body(Body::empty());
    let layered = whoever.clone().layer(here.auth.layer()).oneshot(with_token.unwrap());
    assert_eq!(layered.await.unwrap().status(), IN);
    let remembered = here.auth.validate(&token).await.unwrap();
    for planted in [own, foreign, remembered] {
        assert_eq!(ask(whoever.clone().layer(axum::Extension(planted))).await.unwrap().status(), refused);
    }
    assert_eq!(ask(whoever).await.unwrap().status(), refused);
}
