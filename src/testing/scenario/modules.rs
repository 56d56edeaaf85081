//! The table: each module of the suite with its name, what shows it, and what a relying party must do.

use super::{Duty, Occasion};

/// One row for each module: what the provider does, the module's name, what shows it, and what is right then.
macro_rules! scenarios {
    ($($(#[doc = $told:literal])+ $scenario:ident = $name:literal, $occasion:ident, $duty:ident;)+) => {
        /// A module of the OpenID conformance suite for relying parties: how a provider behaves in it, once
        /// [`TestProvider::play`](crate::testing::TestProvider::play) has been told to.
        ///
        /// Those that begin with `Fapi2` are of the FAPI 2.0 Security Profile, in its final version.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Scenario {
            $($(#[doc = $told])+ $scenario,)+
        }

        impl Scenario {
            /// Every one of them.
            pub const ALL: &'static [Self] = &[$(Self::$scenario,)+];

            /// The module's name in the suite.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$scenario => $name,)+
                }
            }

            /// What shows it.
            #[must_use]
            pub const fn occasion(self) -> Occasion {
                match self {
                    $(Self::$scenario => Occasion::$occasion,)+
                }
            }

            /// What a relying party must do.
            #[must_use]
            pub const fn duty(self) -> Duty {
                match self {
                    $(Self::$scenario => Duty::$duty,)+
                }
            }
        }
    };
}

scenarios! {
    /// The provider does all as it should.
    HappyPath = "oidcc-client-test", Login, Accept;
    /// `iss` of ID tokens is another's.
    InvalidIss = "oidcc-client-test-invalid-iss", Login, Refuse;
    /// `aud` of ID tokens is another client.
    InvalidAud = "oidcc-client-test-invalid-aud", Login, Refuse;
    /// ID tokens have no `aud`.
    MissingAud = "oidcc-client-test-missing-aud", Login, Refuse;
    /// ID tokens have no `iat`.
    MissingIat = "oidcc-client-test-missing-iat", Login, Refuse;
    /// ID tokens have no `sub`.
    MissingSub = "oidcc-client-test-missing-sub", Login, Refuse;
    /// `nonce` of ID tokens is not the one that was sent.
    NonceInvalid = "oidcc-client-test-nonce-invalid", Login, Refuse;
    /// A request for an ID token without a nonce is refused, as it always is.
    NonceUnlessCodeFlow = "oidcc-client-test-nonce-unless-code-flow", Login, Accept;
    /// ID tokens are signed by RS256, as they are by default.
    IdTokenSigRs256 = "oidcc-client-test-idtoken-sig-rs256", Login, Accept;
    /// ID tokens are not signed: `alg` is `none`.
    IdTokenSigNone = "oidcc-client-test-idtoken-sig-none", Login, AcceptOrRefuse;
    /// ID tokens are signed by RS256 and another key than the one that `kid` names.
    InvalidSigRs256 = "oidcc-client-test-invalid-sig-rs256", Login, Refuse;
    /// ID tokens are signed by HS256 and another secret than the client's.
    InvalidSigHs256 = "oidcc-client-test-invalid-sig-hs256", Login, Refuse;
    /// ID tokens are signed by ES256 and another key than the one that `kid` names; a key for ES256 is published.
    InvalidSigEs256 = "oidcc-client-test-invalid-sig-es256", Login, Refuse;
    /// Neither ID tokens nor published keys have a `kid`, and one key fits. A key for ES256 is published beside it.
    KidAbsentSingleJwks = "oidcc-client-test-kid-absent-single-jwks", Login, Accept;
    /// Neither ID tokens nor published keys have a `kid`, and two keys fit.
    KidAbsentMultipleJwks = "oidcc-client-test-kid-absent-multiple-jwks", Login, AcceptOrRefuse;
    /// Userinfo takes the access token in the header alone.
    UserinfoBearerHeader = "oidcc-client-test-userinfo-bearer-header", Login, Accept;
    /// Userinfo takes the access token in the body alone.
    UserinfoBearerBody = "oidcc-client-test-userinfo-bearer-body", Login, Optional;
    /// Userinfo is of somebody else: its `sub` is not the ID token's.
    UserinfoInvalidSub = "oidcc-client-test-userinfo-invalid-sub", Login, AcceptOrRefuse;
    /// Userinfo is a signed JWT.
    UserinfoSigned = "oidcc-client-test-userinfo-signed", Login, Optional;
    /// What the scope asks for is in userinfo alone, and in the ID token where no access token comes with it.
    ScopeUserinfoClaims = "oidcc-client-test-scope-userinfo-claims", Login, Accept;
    /// The token endpoint offers and takes `client_secret_basic` alone.
    ClientSecretBasic = "oidcc-client-test-client-secret-basic", Login, Accept;
    /// The endpoints answer only under the URLs of the metadata, which nobody can guess.
    DiscoveryOpenIdConfig = "oidcc-client-test-discovery-openid-config", Login, Accept;
    /// The keys are found only under the `jwks_uri` of the metadata, which nobody can guess.
    DiscoveryJwksUriKeys = "oidcc-client-test-discovery-jwks-uri-keys", Login, Accept;
    /// `issuer` of the metadata is another's.
    DiscoveryIssuerMismatch = "oidcc-client-test-discovery-issuer-mismatch", Start, Refuse;
    /// WebFinger tells the issuer of `acct:` names.
    DiscoveryWebfingerAcct = "oidcc-client-test-discovery-webfinger-acct", Start, Optional;
    /// WebFinger tells the issuer of URLs.
    DiscoveryWebfingerUrl = "oidcc-client-test-discovery-webfinger-url", Start, Optional;
    /// From the second ID token on, each is signed by a new key, and the one before is published no longer.
    SigningKeyRotation = "oidcc-client-test-signing-key-rotation", Login, Accept;
    /// Likewise from the first one on.
    SigningKeyRotationJustBeforeSigning = "oidcc-client-test-signing-key-rotation-just-before-signing", Login, Accept;
    /// The metadata offer registration.
    DynamicRegistration = "oidcc-client-test-dynamic-registration", Start, Optional;
    /// Only an authorization request that names a signed request object by its URL is answered.
    RequestUriSignedRs256 = "oidcc-client-test-request-uri-signed-rs256", Login, Optional;
    /// Only an authorization request that names an unsigned request object by its URL is answered.
    RequestUriSignedNone = "oidcc-client-test-request-uri-signed-none", Login, Optional;
    /// `at_hash` of ID tokens is of another access token.
    InvalidAtHash = "oidcc-client-test-invalid-athash", Login, Refuse;
    /// An access token comes beside an ID token without `at_hash`, by the browser (`response_type=id_token token`).
    MissingAtHash = "oidcc-client-test-missing-athash", Login, Optional;
    /// An ID token with the `c_hash` of another code comes beside the code (`response_type=code id_token`).
    InvalidCHash = "oidcc-client-test-invalid-chash", Login, Optional;
    /// An ID token without `c_hash` comes beside the code (`response_type=code id_token`).
    MissingCHash = "oidcc-client-test-missing-chash", Login, Optional;
    /// Every authorization request is answered with `login_required`.
    FormPostError = "oidcc-client-test-form-post-error", Login, Refuse;
    /// Userinfo holds claims of another source, as a JWT of its own (OpenID Connect Core 1.0 section 5.6.2.1).
    AggregatedClaims = "oidcc-client-test-aggregated-claims", Login, Optional;
    /// Userinfo says where claims of another source are to be fetched (section 5.6.2.2).
    DistributedClaims = "oidcc-client-test-distributed-claims", Login, Optional;
    /// The metadata name another token endpoint for clients with a certificate (RFC 8705 section 5).
    MtlsEndpointAliases = "oidcc-client-test-mtls-endpoint-aliases", Login, Optional;
    /// The provider does all as it should.
    RefreshToken = "oidcc-client-test-refresh-token", Renewal, Accept;
    /// `iss` of the ID tokens of a refresh is another's.
    RefreshTokenInvalidIssuer = "oidcc-client-test-refresh-token-invalid-issuer", Renewal, Refuse;
    /// `sub` of the ID tokens of a refresh is another than at the login.
    RefreshTokenInvalidSub = "oidcc-client-test-refresh-token-invalid-sub", Renewal, Refuse;
    /// The provider does all as it should; another site starts the login.
    ThirdPartyInitLogin = "oidcc-client-test-3rd-party-init-login", Login, Accept;
    /// The provider does all as it should.
    RpInitLogout = "oidcc-client-test-rp-init-logout", Logout, Accept;
    /// The browser comes back from a logout without a `state`, whatever was sent.
    RpInitLogoutNoState = "oidcc-client-test-rp-init-logout-no-state", Logout, Accept;
    /// The browser comes back from a logout with another `state`, whatever was sent.
    RpInitLogoutOtherState = "oidcc-client-test-rp-init-logout-other-state", Logout, Accept;
    /// The provider does all as it should.
    BackChannelLogout = "oidcc-client-test-rp-backchannel-rpinitlogout", Logout, Accept;
    /// Logout tokens are not signed: `alg` is `none`.
    BackChannelLogoutAlgNone = "oidcc-client-test-rp-backchannel-rpinitlogout-alg-none", Logout, Refuse;
    /// Logout tokens are signed by RS256, or by ES256 where RS256 is registered; the key is published.
    BackChannelLogoutWrongAlg = "oidcc-client-test-rp-backchannel-rpinitlogout-wrong-alg", Logout, Refuse;
    /// `iss` of logout tokens is another's.
    BackChannelLogoutWrongIss = "oidcc-client-test-rp-backchannel-rpinitlogout-wrong-iss", Logout, Refuse;
    /// `aud` of logout tokens is another client.
    BackChannelLogoutWrongAud = "oidcc-client-test-rp-backchannel-rpinitlogout-wrong-aud", Logout, Refuse;
    /// Logout tokens have no `events`.
    BackChannelLogoutNoEvent = "oidcc-client-test-rp-backchannel-rpinitlogout-no-event", Logout, Refuse;
    /// Logout tokens tell of another event.
    BackChannelLogoutWrongEvent = "oidcc-client-test-rp-backchannel-rpinitlogout-wrong-event", Logout, Refuse;
    /// Logout tokens have a `nonce`.
    BackChannelLogoutWithNonce = "oidcc-client-test-rp-backchannel-rpinitlogout-with-nonce", Logout, Refuse;
    /// The provider does all as it should; the application starts the logout.
    FrontChannelLogoutByRp = "oidcc-client-test-rp-frontchannel-rpinitlogout", Logout, Accept;
    /// The provider does all as it should, and starts the logout.
    FrontChannelLogoutByOp = "oidcc-client-test-rp-frontchannel-opinitlogout", Logout, Accept;
    /// The metadata name a frame to be asked whether the session goes on, and logins bring a `session_state`.
    SessionManagement = "oidcc-client-test-session-management", Logout, Optional;
    /// `issuer` of the metadata is another's.
    Fapi2DiscoveryIssuerMismatch = "fapi2-security-profile-final-client-test-discovery-issuer-mismatch", Start, Refuse;
    /// `iss` of ID tokens is another's.
    Fapi2InvalidIss = "fapi2-security-profile-final-client-test-invalid-iss", Login, Refuse;
    /// `aud` of ID tokens is another client.
    Fapi2InvalidAud = "fapi2-security-profile-final-client-test-invalid-aud", Login, Refuse;
    /// `aud` of ID tokens is a list of the client and somebody else.
    Fapi2InvalidSecondaryAud = "fapi2-security-profile-final-client-test-invalid-secondary-aud", Login, Refuse;
    /// `aud` of ID tokens is a list of the client alone.
    Fapi2ValidAudAsArray = "fapi2-security-profile-final-client-test-valid-aud-as-array", Login, Accept;
    /// ID tokens are not signed: `alg` is `none`.
    Fapi2InvalidNullAlg = "fapi2-security-profile-final-client-test-invalid-null-alg", Login, Refuse;
    /// ID tokens are signed by RS256, which the profile does not allow, or by ES256 where RS256 is registered; the key is published.
    Fapi2InvalidAlternateAlg = "fapi2-security-profile-final-client-test-invalid-alternate-alg", Login, Refuse;
    /// ID tokens expired more than five minutes ago.
    Fapi2InvalidExpiredExp = "fapi2-security-profile-final-client-test-invalid-expired-exp", Login, Refuse;
    /// ID tokens have no `exp`.
    Fapi2InvalidMissingExp = "fapi2-security-profile-final-client-test-invalid-missing-exp", Login, Refuse;
    /// ID tokens have no `aud`.
    Fapi2InvalidMissingAud = "fapi2-security-profile-final-client-test-invalid-missing-aud", Login, Refuse;
    /// ID tokens have no `iss`.
    Fapi2InvalidMissingIss = "fapi2-security-profile-final-client-test-invalid-missing-iss", Login, Refuse;
    /// ID tokens have no `nonce`.
    Fapi2InvalidMissingNonce = "fapi2-security-profile-final-client-test-invalid-missing-nonce", Login, Refuse;
    /// `nonce` of ID tokens is not the one that was sent.
    Fapi2InvalidNonce = "fapi2-security-profile-final-client-test-invalid-nonce", Login, Refuse;
    /// `iss` of authorization responses is another's (RFC 9207).
    Fapi2InvalidAuthorizationResponseIss =
        "fapi2-security-profile-final-client-test-invalid-authorization-response-iss", Login, Refuse;
    /// Authorization responses have no `iss`, though the metadata announce it.
    Fapi2RemoveAuthorizationResponseIss =
        "fapi2-security-profile-final-client-test-remove-authorization-response-iss", Login, Refuse;
    /// `state` of authorization responses is not the one that was sent.
    Fapi2InvalidState =
        "fapi2-security-profile-final-client-test-ensure-authorization-response-with-invalid-state-fails", Login, Refuse;
    /// Authorization responses have no `state`.
    Fapi2MissingState =
        "fapi2-security-profile-final-client-test-ensure-authorization-response-with-invalid-missing-state-fails",
        Login, Refuse;
    /// Answers of the token endpoint have no `expires_in`.
    Fapi2WithoutExpiresIn =
        "fapi2-security-profile-final-client-test-token-endpoint-response-without-expires_in", Login, Accept;
    /// `token_type` of the token endpoint's answers is written in other letters: `bEARER`.
    Fapi2TokenTypeCase =
        "fapi2-security-profile-final-client-test-token-type-case-insensitivity", Login, Accept;
    /// The provider does all as it should.
    Fapi2RefreshToken = "fapi2-security-profile-final-client-refresh-token-test", Renewal, Accept;
}
