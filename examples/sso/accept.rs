//! What a client would rather have.

use axum::http::{HeaderMap, header::ACCEPT};

/// Whether a client would rather have JSON than a page: at a higher quality, or at the same quality by a closer name.
/// Browsers name `text/html`, programs `application/json`; `*/*` alone, as curl sends it, prefers neither.
pub(super) fn prefers_json(headers: &HeaderMap) -> bool {
    let accept: Vec<&str> = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect();
    wish(&accept, ["*/*", "application/*", "application/json"]) > wish(&accept, ["*/*", "text/*", "text/html"])
}

/// How much a media type is wished for (RFC 9110 section 12.5.1): the quality of the closest range that covers it, then how
/// close that is. `ranges` are those that cover it, the closest last.
fn wish(accept: &[&str], ranges: [&str; 3]) -> (f32, usize) {
    let wishes = accept.iter().flat_map(|value| value.split(',')).filter_map(|wish| {
        let mut parts = wish.split(';').map(str::trim);
        let range = parts.next()?;
        let closeness = ranges.iter().position(|covering| covering.eq_ignore_ascii_case(range))?;
        let quality = parts.find_map(|parameter| parameter.strip_prefix("q="));
        Some((quality.map_or(Ok(1.0), str::parse).ok()?, closeness))
    });
    wishes.max_by_key(|(_, closeness)| *closeness).unwrap_or_default()
}
