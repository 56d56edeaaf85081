//! The list of all modules: each has a test, or a test and the reason for which it stands in the ledger.

use std::collections::BTreeSet;

use tower_oidc::testing::Scenario;

/// A module of the suite.
#[derive(Debug)]
pub(crate) struct Module {
    /// Its name in the suite.
    pub(crate) name: &'static str,
    /// A profile that it belongs to.
    pub(crate) profile: &'static str,
    /// Its test.
    test: &'static str,
    /// Why it stands in the ledger, if it does.
    pub(crate) reason: Option<&'static str>,
}

/// For each profile the file with its tests; for each module its test, its name and, in a ledger, the reason. A test that is not
/// there does not compile.
macro_rules! modules {
    ($($profile:literal in $file:ident { $($test:ident = $name:literal $(: $reason:literal)?;)+ })+) => {
        $($(const _: fn() = crate::$file::$test;)+)+

        /// Every module, in the order of the table.
        pub(crate) const MODULES: &[Module] = &[$($(Module {
            name: $name,
            profile: $profile,
            test: stringify!($test),
            reason: { let reason: &[&str] = &[$($reason)?]; reason.first().copied() },
        },)+)+];
    };
}

modules! {
    "Basic" in basic {
        oidcc_client_test = "oidcc-client-test";
        oidcc_client_test_invalid_iss = "oidcc-client-test-invalid-iss";
        oidcc_client_test_invalid_aud = "oidcc-client-test-invalid-aud";
        oidcc_client_test_missing_iat = "oidcc-client-test-missing-iat";
        oidcc_client_test_missing_sub = "oidcc-client-test-missing-sub";
        oidcc_client_test_nonce_invalid = "oidcc-client-test-nonce-invalid";
        oidcc_client_test_idtoken_sig_rs256 = "oidcc-client-test-idtoken-sig-rs256";
        oidcc_client_test_idtoken_sig_none = "oidcc-client-test-idtoken-sig-none";
        oidcc_client_test_invalid_sig_rs256 = "oidcc-client-test-invalid-sig-rs256";
        oidcc_client_test_kid_absent_single_jwks = "oidcc-client-test-kid-absent-single-jwks";
        oidcc_client_test_kid_absent_multiple_jwks = "oidcc-client-test-kid-absent-multiple-jwks";
        oidcc_client_test_userinfo_bearer_header = "oidcc-client-test-userinfo-bearer-header";
        oidcc_client_test_userinfo_invalid_sub = "oidcc-client-test-userinfo-invalid-sub";
        oidcc_client_test_scope_userinfo_claims = "oidcc-client-test-scope-userinfo-claims";
        oidcc_client_test_client_secret_basic = "oidcc-client-test-client-secret-basic";
    }
    "Basic" in ledger {
        oidcc_client_test_userinfo_bearer_body = "oidcc-client-test-userinfo-bearer-body":
            "On purpose: the access token goes in the header alone, as RFC 6750 section 2 wants it.";
    }
    "Implicit" in basic {
        oidcc_client_test_nonce_unless_code_flow = "oidcc-client-test-nonce-unless-code-flow";
        oidcc_client_test_invalid_athash = "oidcc-client-test-invalid-athash";
    }
    "Implicit" in ledger {
        oidcc_client_test_missing_athash = "oidcc-client-test-missing-athash":
            "On purpose: no access token goes through the browser (response_type=id_token token; RFC 9700 section 2.1.2).";
    }
    "Hybrid" in ledger {
        oidcc_client_test_invalid_chash = "oidcc-client-test-invalid-chash":
            "On purpose: there is no hybrid flow (response_type=code id_token); PKCE and the nonce protect the code.";
        oidcc_client_test_missing_chash = "oidcc-client-test-missing-chash":
            "On purpose: there is no hybrid flow (response_type=code id_token); PKCE and the nonce protect the code.";
    }
    "Config" in config {
        oidcc_client_test_discovery_openid_config = "oidcc-client-test-discovery-openid-config";
        oidcc_client_test_discovery_jwks_uri_keys = "oidcc-client-test-discovery-jwks-uri-keys";
        oidcc_client_test_discovery_issuer_mismatch = "oidcc-client-test-discovery-issuer-mismatch";
        oidcc_client_test_signing_key_rotation = "oidcc-client-test-signing-key-rotation";
        oidcc_client_test_signing_key_rotation_just_before_signing =
            "oidcc-client-test-signing-key-rotation-just-before-signing";
    }
    "Dynamic" in ledger {
        oidcc_client_test_discovery_webfinger_acct = "oidcc-client-test-discovery-webfinger-acct":
            "On purpose: the operator names the provider; a name that a visitor types must not choose it.";
        oidcc_client_test_discovery_webfinger_url = "oidcc-client-test-discovery-webfinger-url":
            "On purpose: the operator names the provider; a name that a visitor types must not choose it.";
        oidcc_client_test_dynamic_registration = "oidcc-client-test-dynamic-registration":
            "On purpose: the operator registers the client and knows its id; a service does not make clients at each start.";
        oidcc_client_test_request_uri_signed_rs256 = "oidcc-client-test-request-uri-signed-rs256":
            "On purpose: request objects by reference make the provider fetch from the service; what replaces them is PAR.";
        oidcc_client_test_request_uri_signed_none = "oidcc-client-test-request-uri-signed-none":
            "On purpose: request objects by reference make the provider fetch from the service; what replaces them is PAR.";
    }
    "Dynamic" in basic {
        oidcc_client_test_userinfo_signed = "oidcc-client-test-userinfo-signed";
    }
    "Comprehensive" in basic {
        oidcc_client_test_missing_aud = "oidcc-client-test-missing-aud";
        oidcc_client_test_invalid_sig_hs256 = "oidcc-client-test-invalid-sig-hs256";
        oidcc_client_test_invalid_sig_es256 = "oidcc-client-test-invalid-sig-es256";
    }
    "Comprehensive" in ledger {
        oidcc_client_test_aggregated_claims = "oidcc-client-test-aggregated-claims":
            "On purpose: claims of a source that the operator has not named are nobody's word.";
        oidcc_client_test_distributed_claims = "oidcc-client-test-distributed-claims":
            "On purpose: nothing is fetched from an address that a token or an answer brings.";
        oidcc_client_test_mtls_endpoint_aliases = "oidcc-client-test-mtls-endpoint-aliases":
            "Not yet: there is no client authentication by certificate (RFC 8705).";
    }
    "Form Post" in form_post {
        oidcc_client_test_form_post_error = "oidcc-client-test-form-post-error";
    }
    "Refresh Token" in refresh {
        oidcc_client_test_refresh_token = "oidcc-client-test-refresh-token";
        oidcc_client_test_refresh_token_invalid_issuer = "oidcc-client-test-refresh-token-invalid-issuer";
        oidcc_client_test_refresh_token_invalid_sub = "oidcc-client-test-refresh-token-invalid-sub";
    }
    "3rd Party-Init" in third_party {
        oidcc_client_test_3rd_party_init_login = "oidcc-client-test-3rd-party-init-login";
    }
    "RP-Initiated" in logout {
        oidcc_client_test_rp_init_logout = "oidcc-client-test-rp-init-logout";
        oidcc_client_test_rp_init_logout_no_state = "oidcc-client-test-rp-init-logout-no-state";
        oidcc_client_test_rp_init_logout_other_state = "oidcc-client-test-rp-init-logout-other-state";
    }
    "Back-Channel" in back_channel {
        oidcc_client_test_rp_backchannel_rpinitlogout = "oidcc-client-test-rp-backchannel-rpinitlogout";
        oidcc_client_test_rp_backchannel_rpinitlogout_alg_none =
            "oidcc-client-test-rp-backchannel-rpinitlogout-alg-none";
        oidcc_client_test_rp_backchannel_rpinitlogout_wrong_alg =
            "oidcc-client-test-rp-backchannel-rpinitlogout-wrong-alg";
        oidcc_client_test_rp_backchannel_rpinitlogout_wrong_iss =
            "oidcc-client-test-rp-backchannel-rpinitlogout-wrong-iss";
        oidcc_client_test_rp_backchannel_rpinitlogout_wrong_aud =
            "oidcc-client-test-rp-backchannel-rpinitlogout-wrong-aud";
        oidcc_client_test_rp_backchannel_rpinitlogout_no_event =
            "oidcc-client-test-rp-backchannel-rpinitlogout-no-event";
        oidcc_client_test_rp_backchannel_rpinitlogout_wrong_event =
            "oidcc-client-test-rp-backchannel-rpinitlogout-wrong-event";
        oidcc_client_test_rp_backchannel_rpinitlogout_with_nonce =
            "oidcc-client-test-rp-backchannel-rpinitlogout-with-nonce";
    }
    "Front-Channel" in front_channel {
        oidcc_client_test_rp_frontchannel_rpinitlogout = "oidcc-client-test-rp-frontchannel-rpinitlogout";
        oidcc_client_test_rp_frontchannel_opinitlogout = "oidcc-client-test-rp-frontchannel-opinitlogout";
    }
    "Session" in ledger {
        oidcc_client_test_session_management = "oidcc-client-test-session-management":
            "On purpose: browsers keep third-party cookies from the frame it needs; back-channel logout does its work.";
    }
    "FAPI 2.0" in fapi2 {
        fapi2_security_profile_final_client_test_discovery_issuer_mismatch =
            "fapi2-security-profile-final-client-test-discovery-issuer-mismatch";
        fapi2_security_profile_final_client_test_invalid_iss = "fapi2-security-profile-final-client-test-invalid-iss";
        fapi2_security_profile_final_client_test_invalid_aud = "fapi2-security-profile-final-client-test-invalid-aud";
        fapi2_security_profile_final_client_test_invalid_secondary_aud =
            "fapi2-security-profile-final-client-test-invalid-secondary-aud";
        fapi2_security_profile_final_client_test_valid_aud_as_array =
            "fapi2-security-profile-final-client-test-valid-aud-as-array";
        fapi2_security_profile_final_client_test_invalid_null_alg =
            "fapi2-security-profile-final-client-test-invalid-null-alg";
        fapi2_security_profile_final_client_test_invalid_alternate_alg =
            "fapi2-security-profile-final-client-test-invalid-alternate-alg";
        fapi2_security_profile_final_client_test_invalid_expired_exp =
            "fapi2-security-profile-final-client-test-invalid-expired-exp";
        fapi2_security_profile_final_client_test_invalid_missing_exp =
            "fapi2-security-profile-final-client-test-invalid-missing-exp";
        fapi2_security_profile_final_client_test_invalid_missing_aud =
            "fapi2-security-profile-final-client-test-invalid-missing-aud";
        fapi2_security_profile_final_client_test_invalid_missing_iss =
            "fapi2-security-profile-final-client-test-invalid-missing-iss";
        fapi2_security_profile_final_client_test_invalid_missing_nonce =
            "fapi2-security-profile-final-client-test-invalid-missing-nonce";
        fapi2_security_profile_final_client_test_invalid_nonce =
            "fapi2-security-profile-final-client-test-invalid-nonce";
        fapi2_security_profile_final_client_test_invalid_authorization_response_iss =
            "fapi2-security-profile-final-client-test-invalid-authorization-response-iss";
        fapi2_security_profile_final_client_test_remove_authorization_response_iss =
            "fapi2-security-profile-final-client-test-remove-authorization-response-iss";
        fapi2_security_profile_final_client_test_ensure_authorization_response_with_invalid_state_fails =
            "fapi2-security-profile-final-client-test-ensure-authorization-response-with-invalid-state-fails";
        fapi2_security_profile_final_client_test_ensure_authorization_response_with_invalid_missing_state_fails =
            "fapi2-security-profile-final-client-test-ensure-authorization-response-with-invalid-missing-state-fails";
        fapi2_security_profile_final_client_test_token_endpoint_response_without_expires_in =
            "fapi2-security-profile-final-client-test-token-endpoint-response-without-expires_in";
        fapi2_security_profile_final_client_test_token_type_case_insensitivity =
            "fapi2-security-profile-final-client-test-token-type-case-insensitivity";
        fapi2_security_profile_final_client_refresh_token_test =
            "fapi2-security-profile-final-client-refresh-token-test";
    }
    "FAPI 2.0" in fapi2_ledger {
        fapi2_security_profile_final_client_test_happy_path = "fapi2-security-profile-final-client-test-happy-path":
            "Not yet: it takes access tokens bound by DPoP or a certificate.";
        fapi2_security_profile_final_client_test_happy_path_no_dpop_nonce =
            "fapi2-security-profile-final-client-test-happy-path-no-dpop-nonce":
            "Not yet: DPoP (RFC 9449) is looked at, and no request to a provider brings a proof.";
        fapi2_security_profile_final_client_test_rs_dpop_auth_scheme_case_insensitivity =
            "fapi2-security-profile-final-client-test-rs-dpop-auth-scheme-case-insensitivity":
            "Not yet: DPoP (RFC 9449) is looked at, and no request to a provider brings a proof.";
        fapi2_security_profile_final_client_test_invalid_openbanking_intent_id =
            "fapi2-security-profile-final-client-test-invalid-openbanking-intent-id":
            "On purpose: the profile of one country's banks; the claim means nothing to others.";
    }
    "FAPI 2.0 Message Signing" in fapi2_ledger {
        fapi2_security_profile_final_client_test_ensure_jarm_signature_is_not_none =
            "fapi2-security-profile-final-client-test-ensure-jarm-signature-is-not-none":
            "Not yet: there is no JARM.";
        fapi2_security_profile_final_client_test_ensure_jarm_with_expired_exp_fails =
            "fapi2-security-profile-final-client-test-ensure-jarm-with-expired-exp-fails":
            "Not yet: there is no JARM.";
        fapi2_security_profile_final_client_test_ensure_jarm_with_invalid_aud_fails =
            "fapi2-security-profile-final-client-test-ensure-jarm-with-invalid-aud-fails":
            "Not yet: there is no JARM.";
        fapi2_security_profile_final_client_test_ensure_jarm_with_invalid_iss_fails =
            "fapi2-security-profile-final-client-test-ensure-jarm-with-invalid-iss-fails":
            "Not yet: there is no JARM.";
        fapi2_security_profile_final_client_test_ensure_jarm_with_invalid_sig_fails =
            "fapi2-security-profile-final-client-test-ensure-jarm-with-invalid-sig-fails":
            "Not yet: there is no JARM.";
        fapi2_security_profile_final_client_test_ensure_jarm_without_aud_fails =
            "fapi2-security-profile-final-client-test-ensure-jarm-without-aud-fails":
            "Not yet: there is no JARM.";
        fapi2_security_profile_final_client_test_ensure_jarm_without_exp_fails =
            "fapi2-security-profile-final-client-test-ensure-jarm-without-exp-fails":
            "Not yet: there is no JARM.";
        fapi2_security_profile_final_client_test_ensure_jarm_without_iss_fails =
            "fapi2-security-profile-final-client-test-ensure-jarm-without-iss-fails":
            "Not yet: there is no JARM.";
    }
    "Python suite" in earlier {
        rp_claims_request_id_token = "rp-claims_request-id_token";
        rp_claims_request_userinfo = "rp-claims_request-userinfo";
        rp_key_rotation_rp_sign_key = "rp-key-rotation-rp-sign-key";
    }
    "Python suite" in earlier_ledger {
        rp_id_token_sig_enc = "rp-id_token-sig+enc":
            "On purpose: an ID token holds nothing that TLS does not keep; what is encrypted is refused.";
        rp_id_token_sig_enc_a128kw = "rp-id_token-sig+enc-a128kw":
            "On purpose: an ID token holds nothing that TLS does not keep; what is encrypted is refused.";
        rp_userinfo_enc = "rp-userinfo-enc":
            "On purpose: userinfo holds nothing that TLS does not keep; what is encrypted is refused.";
        rp_userinfo_sig_enc = "rp-userinfo-sig+enc":
            "On purpose: userinfo holds nothing that TLS does not keep; what is encrypted is refused.";
        rp_key_rotation_op_enc_key = "rp-key-rotation-op-enc-key":
            "On purpose: there are no request objects to encrypt with the provider's key.";
        rp_key_rotation_rp_enc_key = "rp-key-rotation-rp-enc-key":
            "On purpose: there is no key of the application's to encrypt for.";
    }
}

#[test]
fn every_module_of_the_suite_stands_once_on_the_list() {
    let of = |prefix: &str| MODULES.iter().filter(|module| module.name.starts_with(prefix)).count();
    assert_eq!((of("oidcc-client-test"), of("fapi2-security-profile-final-client-"), of("rp-")), (57, 32, 9));
    assert_eq!(MODULES.len(), 57 + 32 + 9);
    let names: BTreeSet<_> = MODULES.iter().map(|module| module.name).collect();
    assert_eq!(names.len(), MODULES.len(), "a name stands twice");
}

#[test]
fn every_test_is_named_after_its_module() {
    for module in MODULES {
        assert_eq!(module.test, module.name.replace(['-', '+'], "_"));
    }
}

/// The provider plays every module of the suite proper, and of FAPI 2.0 what is there.
#[test]
fn the_provider_plays_every_module_whether_or_not_this_crate_offers_it() {
    let on_list: BTreeSet<_> = MODULES.iter().map(|module| module.name).collect();
    let played: BTreeSet<_> = Scenario::ALL.iter().map(|scenario| scenario.name()).collect();
    assert_eq!(played.len(), Scenario::ALL.len(), "a name stands twice");
    assert_eq!(played.difference(&on_list).collect::<Vec<_>>(), [&""; 0]);
    let not_played = MODULES.iter().filter(|module| !played.contains(module.name));
    let elsewhere = |name: &str| name.starts_with("fapi2-") || name.starts_with("rp-");
    assert_eq!(not_played.map(|module| module.name).filter(|name| !elsewhere(name)).collect::<Vec<_>>(), [""; 0]);
}
