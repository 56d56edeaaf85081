//! Who may come in: the user directory, self-signup, and the domains. Whoever may not is told so, and has no session.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use http::{Request, StatusCode};
use tower_oidc::{
    Config, Principal,
    login::LoginError,
    principal::{MemoryDirectory, PrincipalError, UserDirectory},
    testing::{Browser, Endpoint, Visited},
    types::{BoxError, BoxFuture},
};

use super::support::{Stand, set_cookies};

/// A directory that outlives the application, counts, and fails when it is told to.
#[derive(Debug, Clone, Default)]
struct Directory {
    inner: Arc<MemoryDirectory>,
    asked: Arc<AtomicUsize>,
    failing: Arc<Mutex<Option<&'static str>>>,
}

impl Directory {
    fn knowing(names: &[&str]) -> Self {
        let inner = Arc::new(MemoryDirectory::knowing(names.iter().copied()));
        Self { inner, ..Self::default() }
    }

    fn fail_at(&self, call: Option<&'static str>) {
        *self.failing.lock().unwrap() = call;
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }

    fn fails(&self, call: &str) -> Result<(), BoxError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        match *self.failing.lock().unwrap() {
            Some(failing) if failing == call => Err("db.internal:5432 refused the password hunter2".into()),
            _ => Ok(()),
        }
    }
}

impl UserDirectory for Directory {
    fn find<'a>(&'a self, principal: &'a Principal) -> BoxFuture<'a, Result<bool, BoxError>> {
        Box::pin(async {
            self.fails("find")?;
            self.inner.find(principal).await
        })
    }

    fn create<'a>(&'a self, principal: &'a Principal) -> BoxFuture<'a, Result<(), BoxError>> {
        Box::pin(async {
            self.fails("create")?;
            self.inner.create(principal).await
        })
    }
}

/// A service with that directory, that lets people sign up or not.
async fn stand(directory: &Directory, self_signup: bool) -> Stand {
    let directory = directory.clone();
    Stand::parts(|config| config.self_signup(self_signup), |builder| builder.with_directory(directory)).await
}

/// The page is the 403 for people, with that code, and nobody is signed in.
async fn assert_not_allowed(browser: &Browser, page: &Visited, code: &str) {
    assert_eq!((page.status, page.url.path()), (StatusCode::FORBIDDEN, "/callback"), "{code}");
    let text = page.text();
    assert!(text.contains("You have no access") && text.contains(&format!("<code>{code}</code>")), "{text}");
    assert!(text.contains("Sign in as somebody else") && text.contains("href=\"/logout\""), "{text}");
    assert!(set_cookies(&page.headers).iter().all(|cookie| cookie.contains("Max-Age=0")), "no session was ever opened");
    assert_eq!(browser.fetch("/me").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn without_a_directory_everybody_is_known_whom_the_rules_let_in() {
    for self_signup in [false, true] {
        let stand = Stand::with(|config| config.self_signup(self_signup)).await;
        stand.signed_in("a-stranger").await;
    }
}

/// What was written to keep people out keeps nobody out then. Who wrote nothing reads nothing of it.
#[tokio::test]
async fn without_a_directory_a_closed_signup_is_a_warning() {
    let registration = |mut config: Config, domains: &[&str]| {
        config.authorizer.allowed_email_registration_domains = domains.iter().map(|text| (*text).to_owned()).collect();
        config
    };
    let told = |stand: &Stand| -> Vec<String> {
        stand.auth.settings().notices.iter().map(|notice| notice.path.clone()).collect()
    };
    const SIGNUP: &str = "authenticationConfiguration.enableSelfSignup";
    const DOMAINS: &str = "authorizerConfiguration.allowedEmailRegistrationDomains";
    let stand = Stand::with(|config| config).await;
    assert_eq!(told(&stand), [""; 0]);
    let base = stand.config();
    for (config, expected) in [
        (base.clone().self_signup(false), &[SIGNUP][..]),
        (base.clone().self_signup(true), &[]),
        (registration(base.clone(), &["company.example"]), &[DOMAINS]),
        (registration(base.clone(), &["all"]), &[]),
        (registration(base.clone().self_signup(false), &["company.example"]), &[SIGNUP, DOMAINS]),
    ] {
        stand.auth.reload(config.clone()).await.unwrap();
        assert_eq!(told(&stand), expected);
        let of_the_check = config.check().unwrap().notices;
        assert!(of_the_check.is_empty(), "who checks says nothing of a directory: {of_the_check:?}");
    }
    let closed = |config: Config| registration(config.self_signup(false), &["company.example"]);
    let stand = Stand::parts(closed, |builder| builder.with_directory(MemoryDirectory::default())).await;
    assert_eq!(told(&stand), [""; 0]);
}

#[tokio::test]
async fn enable_self_signup_off_lets_in_whom_the_directory_knows_and_nobody_else() {
    let stand = stand(&Directory::knowing(&["alice@example.com"]), false).await;
    stand.signed_in("alice").await;
    let mut browser = stand.browser();
    let page = stand.sign_in(&mut browser, "bob").await;
    assert!(matches!(stand.login_error(), LoginError::NotRegistered));
    assert_not_allowed(&browser, &page, "not_registered").await;
    assert!(page.text().contains("does not let people sign up by themselves"));
}

#[tokio::test]
async fn enable_self_signup_on_makes_a_user_who_stays_one() {
    let directory = Directory::knowing(&[]);
    let mut stand = stand(&directory, true).await;
    stand.signed_in("bob").await;
    assert_eq!(directory.asked(), 2, "found not, then made");
    let closed = stand.config().self_signup(false);
    let again = directory.clone();
    stand.restart_with(closed, |builder| builder.with_directory(again)).await;
    stand.signed_in("bob").await;
    stand.sign_in(&mut stand.browser(), "alice").await;
    assert!(matches!(stand.login_error(), LoginError::NotRegistered), "it is closed for others");
}

#[tokio::test]
async fn allowed_email_registration_domains_say_who_may_sign_up() {
    let directory = Directory::knowing(&["old@elsewhere.example"]);
    let known = directory.clone();
    let stand = Stand::parts(
        |mut config| {
            config.authorizer.allowed_email_registration_domains = vec!["company.example".to_owned()];
            config.self_signup(true)
        },
        |builder| builder.with_directory(known),
    )
    .await;
    for (address, verified, comes_in) in [
        ("jane@company.example", true, true),
        ("jane@COMPANY.example", true, true),
        ("joan@company.example", false, false),
        ("mallory@evil.example", true, false),
        ("mallory@evilcompany.example", true, false),
        ("mallory@company.example.evil.example", true, false),
        ("old@elsewhere.example", true, true),
    ] {
        let user = format!("{address}-{verified}");
        stand.provider.add_user(&user).email(address).claim("email_verified", verified);
        let mut browser = stand.browser();
        let page = stand.sign_in(&mut browser, &user).await;
        if comes_in {
            assert_eq!(page.status, StatusCode::OK, "{address} {verified}");
        } else {
            assert_not_allowed(&browser, &page, "not_registered").await;
        }
    }
}

/// Class U of the traps: a directory that fails lets nobody in, and nothing of its error is shown.
#[tokio::test]
async fn a_directory_that_is_down_is_a_503_and_never_a_pass() {
    for call in ["find", "create"] {
        let directory = Directory::knowing(&[]);
        let stand = stand(&directory, true).await;
        directory.fail_at(Some(call));
        let mut browser = stand.browser();
        let page = stand.sign_in(&mut browser, "alice").await;
        assert_eq!((page.status, page.url.path()), (StatusCode::SERVICE_UNAVAILABLE, "/callback"), "{call}");
        let error = stand.login_error();
        assert!(matches!(error, LoginError::Directory(_)) && page.headers.contains_key("retry-after"), "{call}");
        assert!(!page.text().contains("hunter2") && !page.text().contains("db.internal"), "{call}");
        assert_eq!(browser.fetch("/me").await.status, StatusCode::UNAUTHORIZED, "{call}");
        directory.fail_at(None);
        assert_eq!(browser.navigate("/login?return_to=/me").await.status, StatusCode::OK, "{call}: it is up again");
    }
}

#[tokio::test]
async fn the_directory_is_asked_at_login_and_not_for_requests_or_bearer_tokens() {
    let directory = Directory::knowing(&["alice@example.com"]);
    let stand = stand(&directory, false).await;
    let mut browser = stand.signed_in("alice").await;
    assert_eq!(directory.asked(), 1);
    browser.navigate("/me").await;
    let token = stand.provider.token("somebody").sign();
    let request = Request::get("/me").header("authorization", format!("Bearer {token}")).body("").unwrap();
    assert_eq!(stand.send(request).await.status, StatusCode::OK);
    assert_eq!(directory.asked(), 1);
}

/// Nobody is looked up, let alone made, for an ID token that was refused or a person whom the rules keep out.
#[tokio::test]
async fn the_directory_is_not_asked_about_whom_the_rules_refuse() {
    let directory = Directory::knowing(&[]);
    let asked = directory.clone();
    let stand = Stand::parts(
        |config| config.self_signup(true).principal_domain("company.example").enforce_principal_domain(true),
        |builder| builder.with_directory(asked),
    )
    .await;
    stand.sign_in(&mut stand.browser(), "alice").await;
    assert!(matches!(stand.login_error(), LoginError::Principal(PrincipalError::DomainNotAllowed)));
    stand.provider.change_id_token(|token, _| token.nonce("of another login"));
    stand.sign_in(&mut stand.browser(), "alice").await;
    assert_eq!(directory.asked(), 0);
}

/// A change of the settings, a change of the person, and the code of the page.
#[tokio::test]
async fn whom_the_rules_keep_out_gets_the_page_at_login() {
    type Change = fn(Config) -> Config;
    type Case = (&'static str, Change, &'static [(&'static str, &'static str)], &'static str);
    let enforced: Change = |config| config.principal_domain("company.example").enforce_principal_domain(true);
    let by_email: Change = |mut config| {
        config.authorizer.allowed_email_domains = vec!["company.example".to_owned()];
        config
    };
    let named: Change = |mut config| {
        config.authentication.jwt_principal_claims = vec!["upn".to_owned()];
        config
    };
    let cases: [Case; 5] = [
        ("another domain", enforced, &[], "domain_not_allowed"),
        ("a domain that ends so", enforced, &[("email", "a@evilcompany.example")], "domain_not_allowed"),
        ("an e-mail of another domain", by_email, &[], "email_domain_not_allowed"),
        ("no name", named, &[], "no_name"),
        (
            "two at signs (CVE-2026-40574)",
            |config| config,
            &[("email", "a@evil.example@company.example")],
            "invalid_name",
        ),
    ];
    for (what, change, claims, code) in cases {
        let stand = Stand::with(change).await;
        let user = stand.provider.add_user("alice");
        claims.iter().fold(user, |user, (name, value)| user.claim(name, value));
        let mut browser = stand.browser();
        let page = stand.sign_in(&mut browser, "alice").await;
        assert_eq!(stand.login_error().code(), code, "{what}");
        assert_not_allowed(&browser, &page, code).await;
    }
}

/// The address of the login is the person's to change. The provider then says nothing of an e-mail address, and whoever has any account
/// there would be of `principalDomain`, which is appended to what else names them.
#[tokio::test]
async fn who_cuts_the_scopes_out_of_the_address_is_of_no_domain() {
    let stand = Stand::with(|config| config.principal_domain("company.example").enforce_principal_domain(true)).await;
    stand.provider.add_user("eve").email("eve@evil.example");
    for scope in ["openid email profile", "openid", "openid profile"] {
        let mut browser = stand.browser();
        let mut way = browser.navigate("/me").await.url.clone();
        let asked: Vec<_> = way.query_pairs().into_owned().filter(|(name, _)| name != "scope").collect();
        way.query_pairs_mut().clear().extend_pairs(asked).append_pair("scope", scope);
        browser.navigate(way.as_str()).await;
        let page = browser.log_in_as(&stand.provider, "eve").await;
        let code = if scope.contains("email") { "domain_not_allowed" } else { "domain_unstated" };
        assert_eq!(stand.login_error().code(), code, "{scope}");
        assert_not_allowed(&browser, &page, code).await;
    }
}

/// An address that the provider says is unverified counts for no domain: class O.
#[tokio::test]
async fn an_unverified_address_is_of_no_domain() {
    let stand = Stand::with(|config| config.principal_domain("company.example").enforce_principal_domain(true)).await;
    stand.provider.add_user("alice").email("alice@company.example").claim("email_verified", false);
    let mut browser = stand.browser();
    let page = stand.sign_in(&mut browser, "alice").await;
    assert_eq!((page.status, stand.login_error().code()), (StatusCode::FORBIDDEN, "email_not_verified"));
    stand.provider.add_user("alice").claim("email_verified", true);
    stand.signed_in("alice").await;
}

/// Sign out there, come back as somebody else: the way on that the page offers works.
#[tokio::test]
async fn whoever_is_kept_out_can_come_back_as_somebody_else() {
    let stand = stand(&Directory::knowing(&["alice@example.com"]), false).await;
    let mut browser = stand.browser();
    stand.sign_in(&mut browser, "bob").await;
    let away = browser.navigate("/logout").await;
    assert!(away.history.iter().any(|hop| hop.url.path() == Endpoint::EndSession.path()), "{:?}", away.history);
    let me = stand.sign_in(&mut browser, "alice").await;
    assert_eq!((me.status, me.url.path()), (StatusCode::OK, "/me"));
}
