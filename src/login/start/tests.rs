use crate::{provider::IssuerTemplate, types::Issuer};

use super::{super::samples::settings, *};

fn paths() -> LoginPaths {
    LoginPaths::new(&settings(|_| ()))
}

fn to(text: &str) -> ReturnTo {
    ReturnTo::parse(text, &settings(|_| ())).unwrap()
}

#[test]
fn the_redirect_is_kept_by_nobody_and_tells_the_provider_no_page() {
    let url = Url::parse("https://id.example/authorize?state=x").unwrap();
    let cookies = ["a=1", "b=2"].map(HeaderValue::from_static).to_vec();
    let response = redirect(&url, cookies).unwrap();
    assert_eq!(response.status(), StatusCode::FOUND);
    let headers = response.headers();
    assert_eq!(headers[LOCATION], "https://id.example/authorize?state=x");
    assert_eq!(headers[CACHE_CONTROL], "no-store");
    assert_eq!(headers[REFERRER_POLICY], "no-referrer");
    assert_eq!(headers[VARY], "Cookie, Accept, Sec-Fetch-Mode, Sec-Fetch-Dest");
    assert_eq!(headers.get_all(SET_COOKIE).iter().collect::<Vec<_>>(), ["a=1", "b=2"]);
}

#[test]
fn the_sign_in_button_leads_to_the_login_and_back_to_the_page() {
    let url = login_url(&paths(), &to("/a?b=c&return_to=//x+%2B"));
    assert_eq!(url, "/login?return_to=%2Fa%3Fb%3Dc%26return_to%3D%2F%2Fx%2B%252B");
}

#[test]
fn the_logins_own_paths_are_no_return_address() {
    for own in ["/login", "/login?return_to=/a", "/callback?code=x", "/logout", "/refresh", "/backchannel-logout"] {
        assert!(is_own(&to(own), &paths()), "{own}");
    }
    for other in ["/", "/login/", "/a?x=/login", "/loginx", "/a/login"] {
        assert!(!is_own(&to(other), &paths()), "{other}");
    }
    let trusting = settings(|config| {
        config.authentication.additional_trusted_redirect_uris = vec!["https://other.example/login".to_owned()];
    });
    assert!(!is_own(&ReturnTo::parse("https://other.example/login", &trusting).unwrap(), &paths()));
}

#[test]
fn a_third_party_must_name_our_provider() {
    let exact = |issuer: &str| IssuerRule::Exact(Issuer::new(issuer));
    let rule = exact("https://id.example");
    assert!(is_of("https://id.example", &rule, ProviderKind::CustomOidc));
    for other in ["https://id.example/", "https://ID.example", "https://evil.example", "id.example", ""] {
        assert!(!is_of(other, &rule, ProviderKind::CustomOidc), "{other}");
    }
    let auth0 = exact("https://tenant.auth0.com/");
    assert!(is_of("https://tenant.auth0.com/", &auth0, ProviderKind::Auth0));
    assert!(is_of("https://tenant.auth0.com", &auth0, ProviderKind::Auth0));
    assert!(!is_of("https://tenant.auth0.com//", &auth0, ProviderKind::Auth0));
    assert!(!is_of("https://tenant.auth0.com", &auth0, ProviderKind::CustomOidc));
}

#[test]
fn a_third_party_may_name_each_tenant_of_ours() {
    const TENANT: &str = "72f988bf-86f1-41af-91ab-2d7cd011db47";
    let of = |tenant: &str| format!("https://login.microsoftonline.com/{tenant}/v2.0");
    let rule = |only| IssuerRule::Template(IssuerTemplate::parse(&of("{tenantid}"), only).unwrap());
    assert!(is_of(&of(TENANT), &rule(None), ProviderKind::Azure));
    assert!(is_of(&of(TENANT), &rule(Some(TENANT)), ProviderKind::Azure));
    assert!(!is_of(&of(TENANT), &rule(Some("another")), ProviderKind::Azure));
    for other in
        [of("evil.example/x"), of(""), of(TENANT).replace("microsoft", "macrosoft"), format!("{}/", of(TENANT))]
    {
        assert!(!is_of(&other, &rule(None), ProviderKind::Azure), "{other}");
    }
}
