//! The requests to the login's own paths.

use std::borrow::Cow;

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Method, Request, Response,
    header::{COOKIE, LOCATION, SET_COOKIE},
};
use tower_oidc::login::Route;
use url::{Url, form_urlencoded};

use super::{
    memory::bounded,
    request,
    stand::{self, Client, GOOD_CODE, SERVER, Stand},
};

/// A text that stands on no page, whoever sends it.
const MARK: &str = "<hunter2";

/// A request to the callback signs somebody in only with a login's own cookie, its state, and what only the provider can give; the
/// browser stays here or is sent to the provider.
pub fn callback(input: &[u8]) {
    stand::with(|stand| {
        let Some((client, answer, request)) = answered(stand, input, |route| route == Route::Callback) else { return };
        if sets_session(&answer) {
            assert!(earned(stand, client, &request), "signed in: {request:?}");
        }
    });
}

/// Whether a request to the callback signs somebody in.
pub fn signs_in(input: &[u8]) -> bool {
    stand::with(|stand| {
        answered(stand, input, |route| route == Route::Callback).is_some_and(|(_, answer, _)| sets_session(&answer))
    })
}

/// A request to any other path of the login signs nobody in; the browser stays here, or is sent to the provider or to where the
/// operator allows.
pub fn login_paths(input: &[u8]) {
    stand::with(|stand| {
        let Some((_, answer, _)) = answered(stand, input, |route| route != Route::Callback) else { return };
        assert!(!sets_session(&answer));
    });
}

/// Most bytes at once: for the longest body that is read, and the longest query that `http` takes.
fn most_bytes(route: Route) -> usize {
    4 * (route.body_limit(&Method::POST) + usize::from(u16::MAX))
}

/// The answer to a request for one of those routes.
fn answered<'s>(
    stand: &'s Stand,
    input: &[u8],
    is_meant: impl Fn(Route) -> bool,
) -> Option<(&'s Client, Response<Bytes>, Request<Bytes>)> {
    let text = stand.expand(input);
    let request = request::read(&text)?;
    let (client, route) = stand.route(request.uri()).filter(|(_, route)| is_meant(*route))?;
    if request.body().len() > route.body_limit(request.method()) {
        return None;
    }
    let answer = bounded(most_bytes(route), || stand.answer(client, route, request.clone()))?;
    if let Some(location) = answer.headers().get(LOCATION) {
        assert_leads_to_friends(location, client);
    }
    let page = String::from_utf8(answer.body().to_vec()).expect("pages are text");
    assert!(!page.contains(MARK), "{page}");
    Some((client, answer, request))
}

/// Whether the answer gives the browser a session.
fn sets_session(answer: &Response<Bytes>) -> bool {
    let lines = answer.headers().get_all(SET_COOKIE).iter().map(HeaderValue::as_bytes);
    lines.into_iter().any(|line| line.starts_with(b"__Host-oidc_session") && !line.ends_with(b"Max-Age=0"))
}

/// Whether a callback has all that a session is given for.
fn earned(stand: &Stand, client: &Client, request: &Request<Bytes>) -> bool {
    let posted = request.method() == Method::POST;
    let sent = if posted { request.body() } else { request.uri().query().unwrap_or_default().as_bytes() };
    let sent: Vec<_> = form_urlencoded::parse(sent).collect();
    let proof = if posted { once(&sent, "id_token", stand.word("{id_token}")) } else { once(&sent, "code", GOOD_CODE) };
    proof && once(&sent, "state", &client.pending.state) && has_cookie(request.headers(), &client.pending.cookie)
}

/// Whether a parameter stands once and has that value.
fn once(sent: &[(Cow<'_, str>, Cow<'_, str>)], name: &str, value: &str) -> bool {
    let values: Vec<_> = sent.iter().filter_map(|(own, value)| (own == name).then_some(&**value)).collect();
    values == [value]
}

fn has_cookie(headers: &HeaderMap, cookie: &str) -> bool {
    let pairs = headers.get_all(COOKIE).iter().flat_map(|line| line.as_bytes().split(|byte| *byte == b';'));
    pairs.into_iter().any(|pair| pair.trim_ascii() == cookie.as_bytes())
}

/// A browser that follows it stays on the origin, or comes to an endpoint of the provider's or to a trusted address.
fn assert_leads_to_friends(location: &HeaderValue, client: &Client) {
    let text = location.to_str().expect("visible");
    let url = Url::parse(SERVER).and_then(|server| server.join(text)).expect("an address");
    let of_provider = ["/authorize?", "/logout?"].map(|path| [stand::ISSUER, path].concat());
    let is_ours = url.origin() == client.login.server_url.origin();
    let is_providers = of_provider.iter().any(|endpoint| text.starts_with(endpoint.as_str()));
    assert!(is_ours || is_providers || text == stand::TRUSTED, "{text}");
}
