//! What strangers can make the service fetch: class N.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use futures_util::{FutureExt as _, future::join_all};
use serde_json::json;
use tower_oidc::{
    jose::MAX_KEYS,
    provider::{DEMAND_BURST, DEMAND_INTERVAL},
    testing::{Endpoint, Fault},
};

use crate::support::Stand;

/// So many times somebody sends tokens under keys that were made up.
const ROUNDS: usize = 30;

/// A token under a key that nobody has asks a background task for new keys, and can make it do no more than a few attempts, whatever it finds
/// there; a token under a known key does not wait for it.
#[tokio::test]
async fn class_n_made_up_keys_cost_a_handful_of_requests_and_nobody_else_anything() {
    let stand = Stand::new().await;
    let good = stand.provider.token("alice").sign();
    let rest = good.split_once('.').unwrap().1;
    let before = stand.provider.requests(Endpoint::Jwks);
    let made_up = |number: usize| {
        let header = json!({"alg": "RS256", "typ": "at+jwt", "kid": format!("made-up-{number}")}).to_string();
        format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header))
    };
    let keys = json!({"keys": vec![json!({"kty": "oct"}); MAX_KEYS + 1]}).to_string();
    for round in 0..ROUNDS {
        match round {
            10 => stand.provider.publish_raw_jwks(keys.clone()),
            20 => stand.provider.endpoint(Endpoint::Jwks).fail_with(Fault::Status(500)),
            _ => {}
        }
        let tokens: Vec<_> = (0..20).map(|number| made_up(round * 100 + number)).collect();
        let flood = join_all(tokens.iter().map(|token| stand.auth.validate(token)));
        let known = async { stand.auth.validate(&good).now_or_never().expect("it does not wait").is_ok() };
        let (refused, known) = stand.eventually(async { tokio::join!(flood, known) }).await;
        assert!(refused.iter().all(Result::is_err) && known, "{round}");
    }
    let fetched = stand.provider.requests(Endpoint::Jwks) - before;
    let elapsed = tower_oidc::types::Clock::elapsed(&stand.clock);
    let most = u64::from(DEMAND_BURST) + elapsed.as_secs() / DEMAND_INTERVAL.as_secs() + 1;
    assert!(fetched as u64 <= most, "{fetched} requests in {elapsed:?}");
    assert!(stand.auth.validate(&good).now_or_never().unwrap().is_ok(), "the old keys serve on");
}
