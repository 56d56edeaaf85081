//! Who can sign somebody out: class P.

use http::{Request, StatusCode};

use crate::{
    asking::is_signed_in,
    support::{Stand, provider},
};

#[tokio::test]
async fn class_p_another_site_signs_nobody_out() {
    let stand = Stand::new().await;
    let browser = stand.signed_in("alice").await;
    let cookie: Vec<_> = browser.cookies().iter().map(|(name, value)| format!("{name}={value}")).collect();
    for (method, header, value) in [
        ("POST", "origin", "https://evil.example"),
        ("POST", "origin", "null"),
        ("POST", "sec-fetch-site", "cross-site"),
        ("POST", "sec-fetch-site", "same-site"),
        ("GET", "sec-fetch-site", "cross-site"),
        ("GET", "accept", "text/html"),
    ] {
        let request = Request::builder().method(method).uri("/logout").header("cookie", cookie.join("; "));
        let answer = stand.send(request.header(header, value).body("").unwrap()).await;
        assert!(answer.set_cookies().is_empty(), "{method} {header}: {value}");
        assert!(is_signed_in(&browser).await, "{method} {header}: {value}");
    }
}

#[tokio::test]
async fn class_p_a_logout_token_of_another_issuer_ends_nobody() {
    let stand = Stand::new().await;
    let (other, _) = provider().await;
    let browser = stand.signed_in("alice").await;
    let [sid] = stand.provider.session_ids("alice").try_into().unwrap();
    let own = || stand.provider.logout_token("alice").claim("sid", &sid);
    for (what, token, ends) in [
        ("of a stranger", other.logout_token("alice").claim("sid", &sid).sign(), false),
        (
            "of a stranger in our issuer's name",
            other.logout_token("alice").issuer(stand.provider.issuer()).sign(),
            false,
        ),
        ("that names another issuer", own().issuer(other.issuer()).sign(), false),
        ("for another client", own().audience("other").sign(), false),
        ("an ID token", stand.provider.id_token("alice").claim("sid", &sid).sign(), false),
        ("our provider's", own().sign(), true),
    ] {
        let request = Request::post("/backchannel-logout").header("content-type", "application/x-www-form-urlencoded");
        let answer = stand.eventually(stand.send(request.body(format!("logout_token={token}")).unwrap())).await;
        assert_eq!(answer.status, if ends { StatusCode::OK } else { StatusCode::BAD_REQUEST }, "{what}");
        assert_eq!(is_signed_in(&browser).await, !ends, "{what}");
    }
}
