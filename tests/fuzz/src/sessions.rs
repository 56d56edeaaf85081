//! The cookies that sessions live in.

use http::{HeaderMap, HeaderValue, header::COOKIE};
use tower_oidc::session::{Found, MAX_CHUNKS, MAX_SET_COOKIE_BYTES, SetCookies};

use super::{
    memory::bounded,
    stand::{self, Sealed, Stand},
};

/// The first cookie of a session.
const NAME: &str = "__Host-oidc_session";

/// Characters of a sealed text in one cookie.
const CHUNK: usize = MAX_SET_COOKIE_BYTES - 128;

/// Most bytes at once.
const MOST_BYTES: usize = 4 * MAX_CHUNKS * MAX_SET_COOKIE_BYTES;

/// Each line is a `Cookie` header: a session comes out only when the cookies of one that was sealed went in, each once.
pub fn session_cookies(input: &[u8]) {
    stand::with(|stand| {
        let text = stand.expand(input);
        let lines = text.split(|byte| *byte == b'\n').map(HeaderValue::from_bytes);
        let Ok(headers) = lines.map(|line| Ok((COOKIE, line?))).collect::<Result<HeaderMap, http::Error>>() else {
            return;
        };
        match bounded(MOST_BYTES, || stand.sessions.find(&headers)) {
            Found::Live(session) => {
                let of_session = |sealed: &&Sealed| sealed.claims == session.claims().as_json();
                let sealed = stand.sealed.iter().find(of_session).expect("a session that was sealed");
                assert!(brought(&headers, sealed), "a session without its cookies");
            }
            found => {
                let alone =
                    |sealed: &&Sealed| brought(&headers, sealed) && own_cookies(&headers) == sealed.cookies.len();
                assert!(stand.sealed.iter().find(alone).is_none(), "{found:?}");
            }
        }
        assert!(bounded(MOST_BYTES, || removals(stand.sessions.removal(&headers))) <= 10);
    });
}

/// A plaintext, sealed by our own key: whatever an older or a newer version of the service has sealed, or somebody else who has the
/// key. It is a session, to the last byte, or nothing.
pub fn sealed_session(input: &[u8]) {
    stand::with(|stand| {
        let is_live = matches!(opened(stand, input), Some(Found::Live(_)));
        if is_live {
            let longer = [input, b"\0"].concat();
            assert!(!matches!(opened(stand, &longer), Some(Found::Live(_))), "a byte too many");
            assert!(!matches!(opened(stand, &input[..input.len() - 1]), Some(Found::Live(_))), "a byte too few");
        }
    });
}

/// Whether that plaintext is a live session today.
pub fn is_session(plaintext: &[u8]) -> bool {
    stand::with(|stand| matches!(opened(stand, plaintext), Some(Found::Live(_))))
}

/// What is inside of the sessions that the stand has sealed.
pub fn plaintexts() -> Vec<Vec<u8>> {
    stand::with(|stand| {
        let text = |sealed: &Sealed| {
            let values: String = sealed.cookies.iter().map(|(_, value)| value.as_str()).collect();
            values.split_once('.').expect("a count").1.to_owned()
        };
        stand.sealed.iter().map(|sealed| stand.seal.open(NAME.as_bytes(), &text(sealed)).expect("ours")).collect()
    })
}

/// What the cookies of a plaintext hold, when there is room for it.
fn opened(stand: &Stand, plaintext: &[u8]) -> Option<Found> {
    let text = stand.sealed(NAME, plaintext);
    let chunks: Vec<_> = text.as_bytes().chunks(CHUNK).map(|chunk| str::from_utf8(chunk).expect("ASCII")).collect();
    if chunks.len() > MAX_CHUNKS {
        return None;
    }
    let mut headers = HeaderMap::new();
    for (place, chunk) in chunks.iter().enumerate() {
        let pair = match place {
            0 => format!("{NAME}={}.{chunk}", chunks.len()),
            _ => format!("{NAME}.{place}={chunk}"),
        };
        headers.append(COOKIE, HeaderValue::try_from(pair).expect("ASCII"));
    }
    Some(bounded(MOST_BYTES, || stand.sessions.find(&headers)))
}

/// Whether the headers have every cookie of a session, each once.
fn brought(headers: &HeaderMap, sealed: &Sealed) -> bool {
    sealed.cookies.iter().all(|(name, value)| {
        let values: Vec<_> = pairs(headers).filter_map(|(own, value)| (own == name).then_some(value)).collect();
        values == [value]
    })
}

/// How many cookies of the headers are named as a session's are, or nearly.
fn own_cookies(headers: &HeaderMap) -> usize {
    pairs(headers).filter(|(name, _)| name.starts_with(NAME)).count()
}

fn pairs(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    let pairs = headers.get_all(COOKIE).iter().flat_map(|line| line.as_bytes().split(|byte| *byte == b';'));
    pairs.filter_map(|pair| str::from_utf8(pair.trim_ascii()).ok()?.split_once('='))
}

/// How many cookies are removed, each in a line that removes it.
fn removals(cookies: SetCookies) -> usize {
    let mut headers = HeaderMap::new();
    cookies.apply(&mut headers);
    let lines = headers.get_all(http::header::SET_COOKIE).iter();
    lines.filter(|line| line.as_bytes().ends_with(b"Max-Age=0")).count()
}
