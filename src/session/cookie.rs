//! The session cookie: one text in as many cookies as it needs.
//!
//! The first is `oidc_session` (with `__Host-` over https), `COUNT.TEXT`; the others are `oidc_session.1` and so on. The count
//! says how many to read: leftovers of an earlier, longer session do no harm.

use std::{borrow::Cow, time::Duration};

use http::{HeaderMap, HeaderValue};

use super::{CookiePolicy, SameSite, SetCookies, request_cookies};

/// The first cookie's name, but for the prefix that [`CookiePolicy::name`] gives it.
const NAME: &str = "oidc_session";

/// Most cookies that one session is spread over. Together they have 16 KB: what load balancers and Node take in one header.
/// A proxy that takes less wants larger buffers (nginx's take two cookies by default) or sessions on the server.
pub const MAX_CHUNKS: usize = 4;

/// Longest `Set-Cookie` header: what every browser keeps, attributes and all (RFC 6265 section 6.1).
pub const MAX_SET_COOKIE_BYTES: usize = 4096;

/// What a header holds besides its part of the text. The longest has 113 bytes: 22 of the name, 71 of attributes with 20 digits
/// of `Max-Age` between them.
const AROUND: usize = 128;

/// Characters of the text in one cookie.
const CHUNK: usize = MAX_SET_COOKIE_BYTES - AROUND;

/// Cookies that are recognised: those of a session with more chunks than are written today are removed too.
const PLACES: usize = 10;

/// Characters that all cookies hold together.
pub(super) const ROOM: usize = MAX_CHUNKS * CHUNK;

/// Where a session's text stands in requests and answers.
#[derive(Debug)]
pub(super) struct SessionCookie {
    policy: CookiePolicy,
    name: String,
}

/// What the session cookies of a request hold together.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Brought<'h> {
    Nothing,
    /// Something that was never written so.
    Broken,
    /// A text, and in how many cookies it came.
    Text(Cow<'h, str>, u8),
}

/// In how many cookies a text of so many characters goes; `None`: it is too long.
pub(super) fn chunks(characters: usize) -> Option<u8> {
    let chunks = characters.div_ceil(CHUNK).max(1);
    u8::try_from(chunks).ok().filter(|_| chunks <= MAX_CHUNKS)
}

impl SessionCookie {
    pub(super) fn new(policy: CookiePolicy) -> Self {
        Self { policy, name: policy.name(NAME) }
    }

    /// The full name of the first cookie.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// What the request brings.
    ///
    /// A name that stands twice is [`Broken`](Brought::Broken), whatever it holds: a sibling domain or another path can set
    /// it beside ours where there is no `__Host-` prefix, and nobody can tell which is which.
    pub(super) fn read<'h>(&self, headers: &'h HeaderMap) -> Brought<'h> {
        let mut parts = [None; PLACES];
        let mut any = false;
        for (place, value) in self.places(headers) {
            if parts[place].replace(value).is_some() {
                return Brought::Broken;
            }
            any = true;
        }
        if any { join(&parts).unwrap_or(Brought::Broken) } else { Brought::Nothing }
    }

    /// Sets the text, which has at most [`ROOM`] characters, and removes the leftovers that the request brought.
    pub(super) fn write(&self, text: &str, max_age: Duration, headers: &HeaderMap) -> SetCookies {
        let parts: Vec<_> =
            (0..text.len()).step_by(CHUNK).filter_map(|at| text.get(at..text.len().min(at + CHUNK))).collect();
        let counted = parts.first().map(|first| format!("{}.{first}", parts.len()));
        let values = counted.iter().map(String::as_str).chain(parts.iter().skip(1).copied());
        let set = values.enumerate().filter_map(|(place, value)| {
            self.policy.set(&self.name_at(place), value, SameSite::Lax, Some(max_age)).ok()
        });
        SetCookies(set.chain(self.removals(parts.len(), headers)).collect())
    }

    /// Removes all that the request brought.
    pub(super) fn removal(&self, headers: &HeaderMap) -> SetCookies {
        SetCookies(self.removals(0, headers).collect())
    }

    fn removals(&self, from: usize, headers: &HeaderMap) -> impl Iterator<Item = HeaderValue> {
        let mut brought = [false; PLACES];
        self.places(headers).for_each(|(place, _)| brought[place] = true);
        let leftovers = (from..PLACES).filter(move |place| brought[*place]);
        leftovers.filter_map(|place| self.policy.removal(&self.name_at(place), SameSite::Lax).ok())
    }

    /// The cookies of the request that are ours: place and value.
    fn places<'h>(&self, headers: &'h HeaderMap) -> impl Iterator<Item = (usize, &'h str)> {
        request_cookies(headers).filter_map(|(name, value)| match name.strip_prefix(self.name.as_str())?.as_bytes() {
            [] => Some((0, value)),
            [b'.', digit @ b'1'..=b'9'] => Some((usize::from(digit - b'0'), value)),
            _ => None,
        })
    }

    fn name_at(&self, place: usize) -> Cow<'_, str> {
        if place == 0 { Cow::Borrowed(&self.name) } else { Cow::Owned(format!("{}.{place}", self.name)) }
    }
}

/// The text of as many parts as the first one counts. All but the last are full.
fn join<'h>(parts: &[Option<&'h str>; PLACES]) -> Option<Brought<'h>> {
    let (count, first) = parts[0]?.split_once('.')?;
    let count = match count.as_bytes() {
        [digit @ b'1'..=b'9'] => digit - b'0',
        _ => return None,
    };
    if usize::from(count) > MAX_CHUNKS {
        return None;
    }
    let (last, full) = parts[..usize::from(count)].split_last()?;
    if full.is_empty() {
        return (first.len() <= CHUNK).then_some(Brought::Text(Cow::Borrowed(first), count));
    }
    let others = full[1..].iter().copied().collect::<Option<Vec<_>>>()?;
    let last = last.filter(|last| !last.is_empty() && last.len() <= CHUNK)?;
    let is_full = first.len() == CHUNK && others.iter().all(|part| part.len() == CHUNK);
    is_full.then(|| Brought::Text(Cow::Owned([&[first], &others[..], &[last]].concat().concat()), count))
}

#[cfg(test)]
mod tests {
    use http::header::COOKIE;

    use super::super::tests::browse;
    use super::*;

    const WEEK: Duration = Duration::from_secs(604_800);

    fn cookie() -> SessionCookie {
        SessionCookie::new(CookiePolicy::new(true))
    }

    fn text(characters: usize) -> String {
        ('a'..='z').cycle().take(characters).collect()
    }

    /// The headers of a request with these cookies.
    fn brings(cookies: &[(&str, &str)]) -> HeaderMap {
        let line = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
        HeaderMap::from_iter([(COOKIE, HeaderValue::try_from(line).unwrap())])
    }

    fn names(cookies: &SetCookies) -> Vec<&str> {
        cookies.0.iter().map(|line| line.to_str().unwrap().split('=').next().unwrap()).collect()
    }

    fn is_broken(cookies: &[(&str, &str)]) -> bool {
        cookie().read(&brings(cookies)) == Brought::Broken
    }

    #[test]
    fn a_text_comes_back_whatever_its_length_and_at_every_boundary() {
        let lengths = (1..=MAX_CHUNKS).flat_map(|n| [n * CHUNK - 1, n * CHUNK, n * CHUNK + 1]).filter(|n| *n <= ROOM);
        for length in lengths.chain([1, 43]) {
            let text = text(length);
            let set = cookie().write(&text, WEEK, &HeaderMap::new());
            assert_eq!(Some(set.0.len()), chunks(length).map(usize::from), "{length}");
            let expected = Brought::Text(Cow::Borrowed(&text), chunks(length).unwrap());
            assert_eq!(cookie().read(&browse(&HeaderMap::new(), &set)), expected, "{length}");
        }
    }

    /// CVE-2024-24814 (mod_auth_openidc) and the exact multiple: a full last chunk is followed by nothing.
    #[test]
    fn an_exact_multiple_needs_no_further_chunk() {
        assert_eq!((chunks(0), chunks(1), chunks(CHUNK), chunks(CHUNK + 1)), (Some(1), Some(1), Some(1), Some(2)));
        assert_eq!((chunks(ROOM), chunks(ROOM + 1), chunks(usize::MAX)), (Some(4), None, None));
    }

    #[test]
    fn no_header_is_longer_than_browsers_keep() {
        for policy in [CookiePolicy::new(true), CookiePolicy::new(false)] {
            let set = SessionCookie::new(policy).write(&text(ROOM), Duration::MAX, &HeaderMap::new());
            assert_eq!(set.0.len(), MAX_CHUNKS);
            assert!(set.0.iter().all(|line| line.len() <= MAX_SET_COOKIE_BYTES && line.is_sensitive()));
        }
    }

    #[test]
    fn cookies_are_named_after_their_place() {
        let set = cookie().write(&text(CHUNK + 1), WEEK, &HeaderMap::new());
        assert_eq!(names(&set), ["__Host-oidc_session", "__Host-oidc_session.1"]);
        let first = set.0[0].to_str().unwrap();
        assert!(first.starts_with("__Host-oidc_session=2.abc"), "{first}");
        assert!(first.ends_with("; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=604800"), "{first}");
        let plain = SessionCookie::new(CookiePolicy::new(false)).write("x", WEEK, &HeaderMap::new());
        assert_eq!(plain.0[0], "oidc_session=1.x; HttpOnly; SameSite=Lax; Path=/; Max-Age=604800");
    }

    /// CVE-2024-24814: a counter of a billion cost the server its memory.
    #[test]
    fn a_count_beyond_the_maximum_is_refused() {
        for count in ["0", "5", "9", "10", "1000000000", "-1", "+1", "01", "", " 1", "１"] {
            let value = format!("{count}.abc");
            assert!(is_broken(&[("__Host-oidc_session", &value)]), "{count}");
        }
        assert!(!is_broken(&[("__Host-oidc_session", "1.abc")]));
    }

    #[test]
    fn a_missing_chunk_is_refused() {
        let full = text(CHUNK);
        let first = format!("3.{full}");
        let all =
            [("__Host-oidc_session", &*first), ("__Host-oidc_session.1", &*full), ("__Host-oidc_session.2", "abc")];
        assert!(!is_broken(&all));
        for missing in 0..all.len() {
            let rest: Vec<_> = (0..all.len()).filter(|n| *n != missing).map(|n| all[n]).collect();
            assert!(is_broken(&rest), "{missing}");
        }
        assert!(is_broken(&[("__Host-oidc_session", "1")]));
        assert!(is_broken(&[("__Host-oidc_session", "")]));
    }

    #[test]
    fn a_chunk_of_another_length_than_was_written_is_refused() {
        let (full, short, long) = (text(CHUNK), text(CHUNK - 1), text(CHUNK + 1));
        for (first, second) in [(&short, "abc"), (&long, "abc"), (&full, &*long), (&full, "")] {
            let first = format!("2.{first}");
            assert!(is_broken(&[("__Host-oidc_session", &first), ("__Host-oidc_session.1", second)]));
        }
        assert!(is_broken(&[("__Host-oidc_session", &format!("1.{long}"))]));
    }

    /// Cookie tossing: a sibling domain sets a cookie of the same name, and browsers send both.
    #[test]
    fn a_name_that_stands_twice_is_refused() {
        assert!(is_broken(&[("__Host-oidc_session", "1.abc"), ("__Host-oidc_session", "1.abc")]));
        let mut headers = brings(&[("__Host-oidc_session", "1.abc")]);
        headers.append(COOKIE, HeaderValue::from_static("__Host-oidc_session=1.xyz"));
        assert_eq!(cookie().read(&headers), Brought::Broken);
    }

    #[test]
    fn other_cookies_are_not_ours() {
        let others = [
            ("oidc_session", "1.abc"),
            ("__Host-oidc_session.0", "abc"),
            ("__Host-oidc_session.10", "abc"),
            ("__Host-oidc_session_1", "abc"),
            ("__Host-oidc_sessions", "1.abc"),
            ("__host-oidc_session", "1.abc"),
        ];
        assert_eq!(cookie().read(&brings(&others)), Brought::Nothing);
        assert_eq!(cookie().removal(&brings(&others)).0.len(), 0);
        assert_eq!(cookie().read(&HeaderMap::new()), Brought::Nothing);
    }

    #[test]
    fn leftovers_do_no_harm_and_are_removed_at_the_next_write() {
        let longer = cookie().write(&text(ROOM), WEEK, &HeaderMap::new());
        let mut browser = browse(&HeaderMap::new(), &longer);
        browser.append(COOKIE, HeaderValue::from_static("__Host-oidc_session.9=x"));
        let shorter = cookie().write("abc", WEEK, &browser);
        let removed =
            ["__Host-oidc_session.1", "__Host-oidc_session.2", "__Host-oidc_session.3", "__Host-oidc_session.9"];
        assert_eq!(names(&shorter)[1..], removed);
        assert!(shorter.0[1..].iter().all(|line| line.to_str().unwrap().ends_with("Max-Age=0")));

        let half_way = SetCookies(shorter.0[..1].to_vec());
        let expected = Brought::Text("abc".into(), 1);
        assert_eq!(cookie().read(&browse(&browser, &half_way)), expected);
        assert_eq!(cookie().read(&browse(&browser, &shorter)), expected);
    }

    #[test]
    fn removal_removes_what_was_brought_and_nothing_else() {
        let set = cookie().write(&text(CHUNK + 1), WEEK, &HeaderMap::new());
        let browser = browse(&HeaderMap::new(), &set);
        let removal = cookie().removal(&browser);
        assert_eq!(names(&removal), ["__Host-oidc_session", "__Host-oidc_session.1"]);
        assert_eq!(cookie().read(&browse(&browser, &removal)), Brought::Nothing);
    }
}
