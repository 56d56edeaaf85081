//! Every refusal: a request, and what becomes of it.

use std::{fmt, time::Duration};

use axum::{Router, routing::get};
use serde::Deserialize;
use tower_oidc::{
    Auth, Config, Principal,
    axum::ClaimsAs,
    layer::AuthErrorKind as Kind,
    principal::rules::{MULTI_FACTOR, acr, admin, all, amr, any, claim, domain, max_age, not, scope, scopes},
    testing::{TestProvider, TokenBuilder},
    types::Domain,
};

use crate::support::Stand;

/// The claims of [`jane`], which must stand in no answer and in no event.
pub(super) const PERSONAL: [&str; 5] =
    ["subject-4711", "jane@company.example", "Jane Personal", "acme-tenant", "granted:scope"];

/// A request that must be refused, and how.
pub(super) struct Refused {
    pub(super) name: &'static str,
    pub(super) app: Router,
    pub(super) path: &'static str,
    pub(super) authorization: Vec<String>,
    pub(super) kind: Kind,
    /// How the error's `Debug` begins.
    pub(super) error: &'static str,
    /// What the challenge says besides its error code.
    pub(super) wanted: &'static str,
}

/// How a failed test names it.
impl fmt::Debug for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.name, self.path)
    }
}

impl Refused {
    fn wanting(self, wanted: &'static str) -> Self {
        Self { wanted, ..self }
    }
}

/// Typed claims that [`jane`]'s do not fit.
#[derive(Deserialize)]
struct NumberedTenant {
    #[serde(rename = "https://company.example/tenant")]
    _number: u64,
}

pub(super) fn company(config: Config) -> Config {
    let mut config = config.principal_domain("company.example").enforce_principal_domain(true);
    config.authentication.provider_name = Some("Acme \"ID\"".to_owned());
    config.authentication.jwt_principal_claims = vec!["email".to_owned()];
    config
}

/// A good token, whose every claim is personal.
pub(super) fn jane(provider: &TestProvider) -> TokenBuilder {
    provider
        .token(PERSONAL[0])
        .claim("email", PERSONAL[1])
        .claim("email_verified", true)
        .claim("name", PERSONAL[2])
        .claim("https://company.example/tenant", PERSONAL[3])
        .scope(PERSONAL[4])
}

/// Routes with every kind of guard. `/open`, `/me` and `/maybe` let [`jane`] in, the others do not.
pub(super) fn routes(auth: &Auth) -> Router {
    let guarded = |rule| get(|| async { "in" }).layer(auth.require(rule));
    let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
    let write = || scopes(["read:orders", "write:orders"]);
    Router::new()
        .route("/open", get(|| async { "in" }))
        .route("/me", get(|principal: Principal| async move { principal.username().to_owned() }))
        .route("/maybe", get(maybe))
        .route("/tenant", get(|_: ClaimsAs<NumberedTenant>| async { "in" }))
        .route("/admin", guarded(admin()))
        .route("/orders", guarded(scope("read:orders")))
        .route("/orders/write", guarded(write()))
        .route("/orders/all", guarded(all([any([admin(), write()]), scope("delete:orders")])))
        .route("/recent", guarded(max_age(minutes(5))))
        .route("/recent/orders", guarded(all([scope("read:orders"), max_age(minutes(1))])))
        .route("/strong", guarded(acr(["phr", "phrh"])))
        .route("/strong/recent", guarded(all([amr("mfa", [MULTI_FACTOR]), max_age(minutes(1))])))
        .route("/sales", guarded(domain(Domain::parse("sales.example").unwrap())))
        .route("/tenants/other", guarded(claim("https://company.example/tenant", "other")))
        .route("/strangers", guarded(not(domain(Domain::parse("company.example").unwrap()))))
        .route("/bots", guarded((|principal: &Principal| principal.is_bot()).into()))
}

async fn maybe(principal: Option<Principal>) -> String {
    principal.map_or_else(|| "nobody".to_owned(), |principal| principal.username().to_owned())
}

/// A service that was started while its provider was down, and a token of that provider.
async fn cut_off() -> (Router, String) {
    let provider = TestProvider::start().await;
    provider.go_down();
    let auth = Auth::discover(company(provider.config())).await.unwrap();
    (routes(&auth).layer(auth.layer()), jane(&provider).sign())
}

pub(super) async fn table(stand: &Stand) -> Vec<Refused> {
    let app = routes(&stand.auth).layer(stand.auth.layer());
    let row = |name, path, authorization: &[String], kind, error| {
        let (app, authorization) = (app.clone(), authorization.to_vec());
        Refused { name, app, path, authorization, kind, error, wanted: "" }
    };
    let bearer = |token: &str| [format!("Bearer {token}")];
    let jane = || jane(&stand.provider);
    let signed = |token: TokenBuilder| bearer(&token.sign());
    let good = signed(jane());
    let twice = |first: &str| [first.to_owned(), good[0].clone()];

    let mut table = vec![
        row("nothing, at a guard", "/admin", &[], Kind::NoCredentials, "NoCredentials"),
        row("nothing, at an extractor", "/me", &[], Kind::NoCredentials, "NoCredentials"),
        row("nothing, at typed claims", "/tenant", &[], Kind::NoCredentials, "NoCredentials"),
        row("Basic", "/me", &["Basic amFuZTpzZWNyZXQ=".to_owned()], Kind::NoCredentials, "NoCredentials"),
        // Credentials that cannot be read, on routes that ask for nothing too.
        row("two headers", "/open", &twice("Basic YTpi"), Kind::InvalidRequest, "Credentials(Repeated)"),
        row("two equal headers", "/me", &twice(&good[0]), Kind::InvalidRequest, "Credentials(Repeated)"),
        row("Bearer alone", "/open", &["Bearer".to_owned()], Kind::InvalidToken, "Credentials(Malformed)"),
        row("Bearer and spaces", "/me", &bearer("   "), Kind::InvalidToken, "Credentials(Malformed)"),
        // Tokens that are not accepted.
        row("no JWT", "/me", &bearer("opaque-token"), Kind::InvalidToken, "Token(Jose("),
        row("a bad JWT", "/open", &bearer("a.b.c"), Kind::InvalidToken, "Token(Jose("),
        row("a bad JWT, optional", "/maybe", &bearer("a.b.c"), Kind::InvalidToken, "Token(Jose("),
        row("expired", "/me", &signed(jane().claim("exp", 1)), Kind::InvalidToken, "Token(Expired"),
        row("unknown kid", "/me", &signed(jane().header("kid", "kid-4711")), Kind::InvalidToken, "Token(UnknownKey)"),
        row(
            "issuer",
            "/me",
            &signed(jane().issuer("https://i-4711.example")),
            Kind::InvalidToken,
            "Token(UnknownIssuer)",
        ),
        row("no sub", "/me", &signed(jane().without("sub")), Kind::InvalidToken, "Principal(NoSubject)"),
        // Good tokens of principals that may not come in.
        row("no name", "/open", &signed(jane().without("email")), Kind::Forbidden, "Principal(NoPrincipalClaim"),
        row(
            "domain",
            "/open",
            &signed(jane().claim("email", "a@b-4711.example")),
            Kind::Forbidden,
            "Principal(DomainNotAllowed)",
        ),
        row(
            "unverified",
            "/open",
            &signed(jane().claim("email_verified", false)),
            Kind::Forbidden,
            "Principal(EmailNotVerified)",
        ),
        row("claims of another type", "/tenant", &good, Kind::Forbidden, "Claims("),
        // Principals that a rule refuses.
        row("no admin", "/admin", &good, Kind::Forbidden, "Denied("),
        row("a domain", "/sales", &good, Kind::Forbidden, "Denied("),
        row("a claim", "/tenants/other", &good, Kind::Forbidden, "Denied("),
        row("a negation", "/strangers", &good, Kind::Forbidden, "Denied("),
        row("a closure", "/bots", &good, Kind::Forbidden, "Denied("),
        row("a scope", "/orders", &good, Kind::InsufficientScope, "Denied(").wanting(r#", scope="read:orders""#),
        row(
            "several scopes",
            "/orders/write",
            &signed(jane().scope("read:orders")),
            Kind::InsufficientScope,
            "Denied(",
        )
        .wanting(r#", scope="read:orders write:orders""#),
        row("scopes, one way of two", "/orders/all", &good, Kind::InsufficientScope, "Denied(")
            .wanting(r#", scope="read:orders write:orders delete:orders""#),
        row("a login of unknown age", "/recent", &good, Kind::LoginTooOld, "Denied(").wanting(r#", max_age="300""#),
        row("an old login", "/recent/orders", &signed(jane().claim("auth_time", 1)), Kind::LoginTooOld, "Denied(")
            .wanting(r#", scope="read:orders", max_age="60""#),
        row("a weak login", "/strong", &signed(jane().claim("acr", "pwd")), Kind::LoginTooWeak, "Denied(")
            .wanting(r#", acr_values="phr phrh""#),
        row("a weak and old login", "/strong/recent", &good, Kind::LoginTooWeak, "Denied(")
            .wanting(r#", acr_values="http://schemas.openid.net/pape/policies/2007/06/multi-factor", max_age="60""#),
    ];
    let (without_keys, token) = cut_off().await;
    for path in ["/open", "/me", "/admin"] {
        let row = row("no keys", path, &bearer(&token), Kind::Unavailable, "Token(KeysUnavailable");
        table.push(Refused { app: without_keys.clone(), ..row });
    }
    let unlayered = routes(&stand.auth);
    for path in ["/me", "/maybe", "/tenant", "/admin"] {
        for authorization in [&good[..], &[]] {
            let row = row("no layer", path, authorization, Kind::Misconfigured, "NotLayered");
            table.push(Refused { app: unlayered.clone(), ..row });
        }
    }
    table
}
