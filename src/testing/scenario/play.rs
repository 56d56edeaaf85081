//! Which file plays which scenario.

use crate::{testing::TestProvider, types::Algorithm};

use super::{Scenario, answer, authentication, discovery, id_token, keys, logout, userinfo};

/// The OpenID conformance suite, played in the process.
impl TestProvider {
    /// Behaves as the provider of a module of the OpenID conformance suite does, from now on and in place of any other change;
    /// [`behave`](Self::behave) ends it.
    ///
    /// Each provider is an issuer of its own, so that tests side by side play what they like. What shows a scenario, and what is
    /// right then, it says itself. All that a service must refuse at a login:
    ///
    #[cfg_attr(all(feature = "axum", feature = "login"), doc = "```")]
    #[cfg_attr(not(all(feature = "axum", feature = "login")), doc = "```ignore")]
    /// use axum::{Router, routing::get};
    /// use tower_oidc::{Auth, Principal, testing::{Browser, Duty, Occasion, Scenario, TestProvider}};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let at_login = Scenario::ALL.iter().filter(|scenario| scenario.occasion() == Occasion::Login);
    /// for scenario in at_login.filter(|scenario| scenario.duty() == Duty::Refuse) {
    ///     let provider = TestProvider::start().await;
    ///     provider.play(*scenario);
    ///
    ///     let auth = Auth::discover(provider.login_config("https://app.example")).await?;
    ///     let me = async |principal: Principal| principal.name().to_owned();
    ///     let service = Router::new().route("/me", get(me)).layer(auth.layer());
    ///
    ///     let mut browser = Browser::new(service, "https://app.example");
    ///     provider.log_in(&mut browser, "jane").await;
    ///     assert_eq!(browser.fetch("/me").await.status, 401, "{}", scenario.name());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn play(&self, scenario: Scenario) {
        use Scenario as S;

        self.behave();
        match scenario {
            S::HappyPath | S::NonceUnlessCodeFlow | S::IdTokenSigRs256 | S::RefreshToken | S::ThirdPartyInitLogin => {}
            S::RpInitLogout | S::BackChannelLogout | S::FrontChannelLogoutByRp | S::FrontChannelLogoutByOp => {}
            S::Fapi2RefreshToken => {}

            S::InvalidIss | S::Fapi2InvalidIss => id_token::of_another_issuer(self),
            S::InvalidAud | S::Fapi2InvalidAud => id_token::for_another_client(self),
            S::Fapi2InvalidSecondaryAud => id_token::for_another_client_too(self),
            S::Fapi2ValidAudAsArray => id_token::for_a_list_of_one(self),
            S::MissingAud | S::Fapi2InvalidMissingAud => id_token::without(self, "aud"),
            S::MissingIat => id_token::without(self, "iat"),
            S::MissingSub => id_token::without(self, "sub"),
            S::Fapi2InvalidMissingIss => id_token::without(self, "iss"),
            S::Fapi2InvalidMissingExp => id_token::without(self, "exp"),
            S::Fapi2InvalidMissingNonce => id_token::without(self, "nonce"),
            S::Fapi2InvalidExpiredExp => id_token::expired(self),
            S::NonceInvalid | S::Fapi2InvalidNonce => id_token::of_another_login(self),
            S::InvalidAtHash => id_token::beside_another_access_token(self),
            S::RefreshTokenInvalidIssuer => id_token::renewed_by_another_issuer(self),
            S::RefreshTokenInvalidSub => id_token::renewed_for_another_person(self),

            S::IdTokenSigNone | S::Fapi2InvalidNullAlg => keys::unsigned(self),
            S::InvalidSigRs256 => keys::signed_by_a_stranger(self, None),
            S::InvalidSigEs256 => keys::signed_by_a_stranger(self, Some(Algorithm::Es256)),
            S::InvalidSigHs256 => keys::signed_by_a_wrong_secret(self),
            S::Fapi2InvalidAlternateAlg => keys::signed_by_another_algorithm(self),
            S::KidAbsentSingleJwks => keys::without_names(self, Algorithm::Es256),
            S::KidAbsentMultipleJwks => keys::without_names(self, Algorithm::Rs256),
            S::SigningKeyRotation => keys::new_for_each_but_the_first(self),
            S::SigningKeyRotationJustBeforeSigning => keys::new_for_each(self),

            S::DiscoveryIssuerMismatch | S::Fapi2DiscoveryIssuerMismatch => discovery::of_another_issuer(self),
            S::DiscoveryOpenIdConfig => discovery::hidden_endpoints(self),
            S::DiscoveryJwksUriKeys => discovery::hidden_keys(self),
            S::DiscoveryWebfingerAcct | S::DiscoveryWebfingerUrl => discovery::webfinger(self),
            S::DynamicRegistration => discovery::registration(self),
            S::MtlsEndpointAliases => discovery::mtls_aliases(self),
            S::SessionManagement => discovery::session_frame(self),

            S::RequestUriSignedRs256 | S::RequestUriSignedNone => authentication::request_objects_alone(self),
            S::ClientSecretBasic => authentication::basic_alone(self),

            S::UserinfoBearerHeader => userinfo::by_header_alone(self),
            S::UserinfoBearerBody => userinfo::by_body_alone(self),
            S::UserinfoInvalidSub => userinfo::of_somebody_else(self),
            S::UserinfoSigned => userinfo::signed(self),
            S::ScopeUserinfoClaims => userinfo::alone_has_what_the_scope_asks_for(self),
            S::AggregatedClaims => userinfo::with_claims_of_another_source(self),
            S::DistributedClaims => userinfo::with_claims_from_elsewhere(self),

            S::FormPostError => answer::login_required(self),
            S::MissingAtHash => answer::with_an_access_token(self),
            S::InvalidCHash => answer::with_an_id_token(self, Some("AAAAAAAAAAAAAAAAAAAAAA")),
            S::MissingCHash => answer::with_an_id_token(self, None),
            S::Fapi2InvalidAuthorizationResponseIss => answer::of_another_issuer(self),
            S::Fapi2RemoveAuthorizationResponseIss => answer::without(self, "iss"),
            S::Fapi2InvalidState => answer::with_a_changed_state(self),
            S::Fapi2MissingState => answer::without(self, "state"),
            S::Fapi2WithoutExpiresIn => answer::without_expires_in(self),
            S::Fapi2TokenTypeCase => answer::with_a_token_type_in_other_letters(self),

            S::RpInitLogoutNoState => logout::back_without_state(self),
            S::RpInitLogoutOtherState => logout::back_with_another_state(self),
            S::BackChannelLogoutAlgNone => logout::unsigned(self),
            S::BackChannelLogoutWrongAlg => logout::signed_by_another_algorithm(self),
            S::BackChannelLogoutWrongIss => logout::of_another_issuer(self),
            S::BackChannelLogoutWrongAud => logout::for_another_client(self),
            S::BackChannelLogoutNoEvent => logout::without_event(self),
            S::BackChannelLogoutWrongEvent => logout::with_another_event(self),
            S::BackChannelLogoutWithNonce => logout::with_a_nonce(self),
        }
    }
}
