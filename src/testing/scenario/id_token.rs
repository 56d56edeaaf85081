//! What ID tokens say.

use std::time::Duration;

use crate::testing::{GrantType, TestProvider};

use super::answer::ANOTHER;

/// How long ago a token expired that is expired whatever the leeway: FAPI's is minutes.
const LONG_AGO: Duration = Duration::from_secs(1800);

pub(super) fn of_another_issuer(provider: &TestProvider) {
    provider.change_id_token(|token, _| token.issuer(ANOTHER));
}

pub(super) fn for_another_client(provider: &TestProvider) {
    provider.change_id_token(|token, _| token.audience("another-client"));
}

pub(super) fn for_another_client_too(provider: &TestProvider) {
    let client_id = provider.client_id().to_owned();
    provider.change_id_token(move |token, _| token.audience([client_id.as_str(), "another-client"]));
}

pub(super) fn for_a_list_of_one(provider: &TestProvider) {
    let client_id = provider.client_id().to_owned();
    provider.change_id_token(move |token, _| token.audience([&client_id]));
}

pub(super) fn without(provider: &TestProvider, claim: &'static str) {
    provider.change_id_token(move |token, _| token.without(claim));
}

pub(super) fn expired(provider: &TestProvider) {
    let clock = provider.clock();
    provider.change_id_token(move |token, _| token.issued_at(clock.now() - LONG_AGO).expires_in(LONG_AGO / 2));
}

pub(super) fn of_another_login(provider: &TestProvider) {
    provider.change_id_token(|token, _| token.nonce("of-another-login"));
}

pub(super) fn beside_another_access_token(provider: &TestProvider) {
    provider.change_id_token(|token, _| token.access_token("another access token"));
}

pub(super) fn renewed_by_another_issuer(provider: &TestProvider) {
    provider.change_id_token(|token, grant| match grant {
        GrantType::RefreshToken => token.issuer(ANOTHER),
        _ => token,
    });
}

pub(super) fn renewed_for_another_person(provider: &TestProvider) {
    provider.change_id_token(|token, grant| match grant {
        GrantType::RefreshToken => token.claim("sub", "somebody-else"),
        _ => token,
    });
}
