//! The configurations that the provider gives away.

use super::TestProvider;
use crate::{
    config::{ClientAuthentication, ResponseMode, ResponseType},
    types::Algorithm,
};

async fn fast() -> TestProvider {
    TestProvider::builder().algorithm(Algorithm::Es256).start().await
}

#[tokio::test]
async fn a_login_configuration_is_good_and_has_the_clients_secret() {
    let provider = fast().await;
    for server_url in ["http://127.0.0.1:3000", "http://127.0.0.1:3000/"] {
        let settings = provider.login_config(server_url).check().unwrap();
        let login = settings.login.unwrap();
        assert_eq!(login.callback_url.as_str(), "http://127.0.0.1:3000/callback");
        assert_eq!((login.client_id.as_str(), login.response_type), (provider.client_id(), ResponseType::Code));
        let ClientAuthentication::Basic(secret) = login.client_authentication else { panic!("client_secret_basic") };
        assert_eq!(secret.secret.expose(), provider.client_secret());
        assert_eq!(settings.issuers[0].audiences, [provider.audience()]);
    }
}

#[tokio::test]
async fn a_public_login_configuration_is_good_and_has_no_secret() {
    let settings = fast().await.public_login_config("http://127.0.0.1:3000/app").check().unwrap();
    let login = settings.login.unwrap();
    assert_eq!(login.callback_url.as_str(), "http://127.0.0.1:3000/app/callback");
    assert!(matches!(login.client_authentication, ClientAuthentication::None));
    assert_eq!((login.response_type, login.response_mode), (ResponseType::IdToken, ResponseMode::FormPost));
}

#[tokio::test]
async fn the_bearer_configuration_signs_nobody_in() {
    assert!(fast().await.config().check().unwrap().login.is_none());
}

#[tokio::test]
#[should_panic = "is not a URL in visible ASCII"]
async fn an_address_that_no_browser_could_come_back_to_is_a_mistake_of_the_test() {
    fast().await.add_redirect_uri("/callback");
}
