//! The modules of the conformance suite, as the provider plays them.

use serde_json::{Value, json};

use super::flow::{Flow, claims};
use crate::testing::{Duty, Occasion, Scenario};

/// What a login is answered with, and what the provider says of itself then.
async fn honest(flow: &mut Flow) -> (Value, Value, Value) {
    flow.browser.clear_cookies();
    let tokens = flow.tokens().await;
    let mut id_token = claims(&tokens["id_token"]);
    for made_anew in ["sid", "at_hash"] {
        assert!(id_token[made_anew].take().is_string(), "{made_anew}");
    }
    let (_, userinfo) = flow.userinfo(&tokens["access_token"]).await;
    let mut metadata = flow.provider.metadata();
    assert!(metadata["id_token_signing_alg_values_supported"].take().is_array(), "keys that were published stay so");
    (id_token, userinfo, metadata)
}

#[tokio::test]
async fn every_scenario_is_ended_by_the_word_to_behave() {
    let mut flow = Flow::start().await;
    let before = honest(&mut flow).await;
    for scenario in Scenario::ALL {
        flow.provider.play(*scenario);
        flow.provider.behave();
        assert_eq!(honest(&mut flow).await, before, "{}", scenario.name());
    }
}

#[tokio::test]
async fn a_scenario_takes_the_place_of_the_one_before() {
    let mut flow = Flow::start().await;
    flow.provider.play(Scenario::MissingAud);
    flow.provider.play(Scenario::UserinfoInvalidSub);
    let tokens = flow.tokens().await;
    assert_eq!(claims(&tokens["id_token"])["aud"], json!("test-client"));
    assert_eq!(flow.userinfo(&tokens["access_token"]).await.1["sub"], "somebody-else");
}

/// Side by side, each provider plays its own.
#[tokio::test]
async fn a_scenario_is_one_providers_own() {
    let (mut one, mut other) = (Flow::start().await, Flow::start().await);
    one.provider.play(Scenario::MissingIat);
    other.provider.play(Scenario::MissingSub);
    let (of_one, of_other) = tokio::join!(one.tokens(), other.tokens());
    let (of_one, of_other) = (claims(&of_one["id_token"]), claims(&of_other["id_token"]));
    assert_eq!((of_one.get("iat"), of_one["sub"].as_str()), (None, Some("jane")));
    assert_eq!((of_other.get("sub"), of_other["iat"].is_u64()), (None, true));
}

#[test]
fn a_scenario_says_what_shows_it_and_what_is_right_then() {
    let says = |scenario: Scenario| (scenario.name(), scenario.occasion(), scenario.duty());
    assert_eq!(says(Scenario::InvalidIss), ("oidcc-client-test-invalid-iss", Occasion::Login, Duty::Refuse));
    assert_eq!(says(Scenario::RefreshToken), ("oidcc-client-test-refresh-token", Occasion::Renewal, Duty::Accept));
    let count = |duty| Scenario::ALL.iter().filter(|scenario| scenario.duty() == duty).count();
    assert_eq!([Duty::Accept, Duty::Refuse, Duty::AcceptOrRefuse, Duty::Optional].map(count), [23, 37, 3, 14]);
}
