//! Long sessions in several cookies, and every way to spoil them (class J).

use http::StatusCode;
use tower_oidc::{
    login::LoginError,
    session::{MAX_CHUNKS, MAX_SET_COOKIE_BYTES, SessionError},
    testing::{Browser, Visited},
};

use crate::{
    support::{Stand, parameter, set_cookies},
    support_sessions::{Cookies, SESSION, cookie, copy, form, of_callback, page, removed, set},
};

/// Characters that a full cookie has of a session, and the bytes under them.
const FULL: usize = 3968;
const FULL_BYTES: usize = FULL / 4 * 3;

/// Jane signs in, and the provider gives a refresh token of that length: a session as long as the test wants it, to the byte.
async fn sign_in(stand: &Stand, length: usize) -> (Browser, Visited) {
    stand.provider.change_token_response(move |members, _| {
        members.insert("refresh_token".to_owned(), "r".repeat(length).into());
    });
    let mut browser = stand.browser();
    let visited = stand.sign_in(&mut browser, "jane").await;
    (browser, visited)
}

/// Somebody who is signed in by so many cookies.
async fn spread(stand: &Stand, chunks: usize) -> Browser {
    let (browser, _) = sign_in(stand, (chunks - 1) * FULL_BYTES + 100).await;
    assert_eq!(copy(&browser).len(), chunks);
    browser
}

/// Characters of the session, without the count in front.
fn characters(cookies: &Cookies) -> usize {
    cookies.iter().map(|(_, value)| value.len()).sum::<usize>() - "1.".len()
}

fn values(cookies: &Cookies) -> Vec<String> {
    cookies.iter().map(|(_, value)| value.clone()).collect()
}

/// Cookies of a session with these values in their order.
fn with(values: &[String]) -> Cookies {
    let name = |place| if place == 0 { SESSION.to_owned() } else { format!("{SESSION}.{place}") };
    values.iter().enumerate().map(|(place, value)| (name(place), value.clone())).collect()
}

#[tokio::test]
async fn a_session_fills_as_many_cookies_as_it_needs_and_not_one_more() {
    let stand = Stand::new().await;
    let (browser, _) = sign_in(&stand, 1).await;
    let shortest = characters(&copy(&browser)) * 3 / 4 - 1;
    for full in 1..=MAX_CHUNKS {
        for (more, cookies) in [(0, full), (1, full + 1)] {
            if cookies > MAX_CHUNKS {
                continue;
            }
            let (browser, visited) = sign_in(&stand, full * FULL_BYTES + more - shortest).await;
            let brought = copy(&browser);
            assert_eq!(brought.len(), cookies, "{full} full cookies and {more} bytes");
            assert!(more > 0 || characters(&brought) == full * FULL);
            assert!(stand.is_alive(&brought).await, "{full} full cookies and {more} bytes");
            for line in set_cookies(of_callback(&visited)) {
                assert!(line.len() <= MAX_SET_COOKIE_BYTES, "{} bytes", line.len());
            }
        }
    }
}

#[tokio::test]
async fn a_session_without_room_for_its_id_token_goes_without_it() {
    let stand = Stand::new().await;
    let (browser, _) = sign_in(&stand, 1).await;
    let shortest = characters(&copy(&browser)) * 3 / 4 - 1;
    for (more, has_hint) in [(0, true), (1, false)] {
        let (browser, _) = sign_in(&stand, MAX_CHUNKS * FULL_BYTES + more - shortest).await;
        let answer = stand.send(form("/logout", &copy(&browser), "")).await;
        assert_eq!(parameter(&answer.location(), "id_token_hint").is_some(), has_hint);
    }
}

#[tokio::test]
async fn a_session_that_no_browser_would_keep_is_an_error_and_no_session() {
    let stand = Stand::new().await;
    let (browser, visited) = sign_in(&stand, MAX_CHUNKS * FULL_BYTES).await;
    assert_eq!(visited.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(copy(&browser).is_empty());
    assert!(visited.text().contains("session_too_long"));
    assert!(matches!(stand.login_error(), LoginError::Session(SessionError::TooLong { .. })));
}

#[tokio::test]
async fn big_claims_come_back_whole() {
    let stand = Stand::with(|mut config| {
        config.authorizer.use_roles_from_provider = Some(true);
        config.authorizer.roles_claim = Some("groups".to_owned());
        config
    })
    .await;
    let groups: Vec<String> = (0..200).map(|n| format!("group-{n:03}-{}", "é\"\\".repeat(3))).collect();
    stand.provider.add_user("jane").claim("groups", &groups);
    let browser = stand.signed_in("jane").await;
    let cookies = copy(&browser);
    assert!(cookies.len() > 1, "{}", cookies.len());
    assert_eq!(stand.me(&cookies).await.json()["roles"], serde_json::json!(groups));
}

#[tokio::test]
async fn the_leftovers_of_a_longer_session_are_removed() {
    let stand = Stand::new().await;
    let mut browser = spread(&stand, 3).await;
    stand.provider.behave();
    let visited = browser.navigate("/login?return_to=/me").await;
    assert_eq!(visited.status, StatusCode::OK);
    let session = |names: Vec<&str>| {
        names.into_iter().filter(|name| name.contains("session")).map(str::to_owned).collect::<Vec<_>>()
    };
    let headers = of_callback(&visited);
    assert_eq!(session(set(headers)), [SESSION]);
    assert_eq!(session(removed(headers)), ["__Host-oidc_session.1", "__Host-oidc_session.2"]);
    assert_eq!(copy(&browser).len(), 1);
}

#[tokio::test]
async fn every_cookie_of_a_session_is_removed_at_its_end() {
    let stand = Stand::new().await;
    let browser = spread(&stand, 3).await;
    let answer = stand.send(form("/logout", &copy(&browser), "")).await;
    let of_the_session: Vec<_> =
        removed(&answer.headers).into_iter().filter(|name| name.starts_with("__Host-oidc_session")).collect();
    assert_eq!(of_the_session, ["__Host-oidc_session", "__Host-oidc_session.1", "__Host-oidc_session.2"]);
}

#[tokio::test]
async fn a_change_anywhere_in_the_cookies_makes_them_nobody() {
    let stand = Stand::new().await;
    for chunks in [1, 2] {
        let cookies = copy(&spread(&stand, chunks).await);
        let step = if chunks == 1 { 1 } else { 97 };
        for (place, (_, value)) in cookies.iter().enumerate() {
            for at in (0..value.len()).step_by(step).chain([value.len() - 1]) {
                let other = if value.as_bytes()[at] == b'A' { "B" } else { "A" };
                let mut changed = cookies.clone();
                changed[place].1.replace_range(at..=at, other);
                assert!(!stand.is_alive(&changed).await, "cookie {place} at {at}");
            }
        }
        assert!(stand.is_alive(&cookies).await);
    }
}

#[tokio::test]
async fn cookies_that_lack_one_or_have_another_length_are_nobody() {
    let stand = Stand::new().await;
    let whole = values(&copy(&spread(&stand, 3).await));
    assert!(stand.is_alive(&with(&whole)).await);
    for place in 0..3 {
        let mut lacking = with(&whole);
        lacking.remove(place);
        assert!(!stand.is_alive(&lacking).await, "without {place}");
        let mut shorter = whole.clone();
        shorter[place].pop();
        assert!(!stand.is_alive(&with(&shorter)).await, "{place} is shorter");
        let mut empty = whole.clone();
        empty[place].clear();
        assert!(!stand.is_alive(&with(&empty)).await, "{place} is empty");
    }
    let moved = [whole[0].clone(), whole[2].clone(), whole[1].clone()];
    assert!(!stand.is_alive(&with(&moved)).await);
}

/// CVE-2024-24814: the number in a cookie is the browser's word. What it cannot do is make work.
#[tokio::test]
async fn a_count_that_was_never_written_makes_nobody_and_no_work() {
    let stand = Stand::new().await;
    let cookies = copy(&stand.signed_in("jane").await);
    let (_, text) = cookies[0].1.split_once('.').unwrap();
    for count in ["0", "2", "4", "5", "9", "10", "01", "-1", "+1", "4294967296", "99999999", "", " 1", "x"] {
        assert!(!stand.is_alive(&[cookie(SESSION, &format!("{count}.{text}"))]).await, "{count}");
    }
    let full = "A".repeat(FULL);
    let counted = [vec![format!("9.{full}")], vec![full; 9]].concat();
    assert_eq!(stand.me(&with(&counted)).await.status, StatusCode::UNAUTHORIZED);
    let opened = stand.send(page("/", &with(&counted))).await;
    assert_eq!(removed(&opened.headers).len(), 10, "all of them are removed");
}

/// Two good sessions, and each has parts of the other: the seal is one for all of it.
#[tokio::test]
async fn parts_of_two_sessions_make_none() {
    let stand = Stand::new().await;
    let one = values(&copy(&spread(&stand, 2).await));
    let other = values(&copy(&spread(&stand, 2).await));
    assert_ne!(one, other);
    for mixed in [[&one[0], &other[1]], [&other[0], &one[1]]] {
        assert!(!stand.is_alive(&with(&mixed.map(Clone::clone))).await);
    }
    assert!(stand.is_alive(&with(&one)).await && stand.is_alive(&with(&other)).await);
}

/// A sealed text is bound to its cookie's name and to its purpose: what one secret sealed for a login is no session.
#[tokio::test]
async fn what_was_sealed_for_another_cookie_is_no_session() {
    let stand = Stand::new().await;
    let mut browser = stand.browser();
    browser.navigate("/me").await;
    let pending = browser.cookies();
    let (_, value) = pending.iter().find(|(name, _)| !name.contains("session")).expect("a login is pending");
    for text in [value.clone(), format!("1.{value}"), format!("1.{}", value.rsplit('.').next().unwrap())] {
        assert!(!stand.is_alive(&[cookie(SESSION, &text)]).await);
    }
}
