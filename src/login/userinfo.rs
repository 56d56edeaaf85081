//! Userinfo: whether it is asked, and what of it is taken (OpenID Connect Core 1.0 section 5.3).

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use serde_json::value::RawValue;

use crate::{
    config::{LoadUserinfo, PrincipalSettings},
    provider::{Causes, UserinfoAnswer},
    session::{Session, is_of_another_email, is_of_the_person},
    types::{Claims, Issuer, Secret},
    validator::TokenError,
};

use super::{Login, LoginError};

/// Longest wait for userinfo at a renewal: the new tokens are not stored yet, and lost if the process dies meanwhile. A third of what
/// a request waits for its renewal, of which the token endpoint and the store need the rest.
const RENEWAL_LIMIT: Duration = Duration::from_secs(1);

impl Login {
    /// What userinfo says of the person beyond the ID token, if it is asked (`loadUserinfo`) and there is an access token to ask
    /// with: the implicit flow with `response_type=id_token` has none.
    ///
    /// With `auto` a failure is a failure of the login too. A session lives for days, and would be one without the claims that
    /// the rules need.
    ///
    /// # Errors
    /// - [`LoginError::Userinfo`]: the endpoint was asked and did not answer;
    /// - [`LoginError::UserinfoToken`]: it answered with a JWT that was refused;
    /// - [`LoginError::NotOffered`]: it must always be asked, and there is none.
    pub(super) async fn more_claims(
        &self,
        id_token: &Claims,
        access_token: Option<&Secret>,
    ) -> Result<Option<Claims>, LoginError> {
        let load = self.settings.load_userinfo;
        let Some(access_token) = access_token.filter(|_| is_asked(load, id_token, &self.principal)) else {
            return Ok(None);
        };
        match self.client.userinfo(access_token).await {
            Err(error) => Err(LoginError::Userinfo(Arc::new(error))),
            Ok(None) if load == LoadUserinfo::Always => Err(LoginError::NotOffered { what: "a userinfo endpoint" }),
            Ok(None) => Ok(None),
            Ok(Some(answer)) => {
                let userinfo = self.claims_of(answer, id_token).await?;
                let more = more_of_the_person(&userinfo, id_token);
                if more.is_none() {
                    tracing::warn!(provider = self.provider_name, "userinfo speaks of somebody else and is dropped");
                }
                Ok(more.or_else(|| nothing_more(id_token)))
            }
        }
    }

    /// What userinfo says of the person at a renewal, asked as at the login: by the new ID token, or else by what the last one said.
    ///
    /// `None` leaves the session what userinfo said before: it is not asked, or an endpoint that is down would sign everybody out,
    /// whose new tokens are good. The next renewal asks again. An endpoint that refuses has spoken: what it said before is no
    /// longer its word, and the session goes on with the ID token's.
    pub(super) async fn more_claims_again(
        &self,
        session: &Session,
        id_token: Option<&Claims>,
        access_token: &Secret,
    ) -> Option<Claims> {
        let last = session.id_token_claims().ok()?;
        let asking = self.more_claims(id_token.unwrap_or(&last), Some(access_token));
        let provider = self.provider_name.as_str();
        let answer = tokio::select! {
            biased;
            answer = asking => answer,
            () = self.clock.sleep(RENEWAL_LIMIT) => {
                tracing::debug!(provider, "userinfo takes too long at a renewal: what it said before stays");
                return None;
            }
        };
        match answer {
            Ok(more) => more,
            Err(error) if has_no_answer(&error) => {
                tracing::debug!(provider, error = %Causes(&error), "no userinfo at a renewal: what it said before stays");
                None
            }
            Err(error) => {
                tracing::warn!(provider, error = %Causes(&error), "userinfo is refused at a renewal: what it said before is gone");
                nothing_more(&last)
            }
        }
    }

    /// The claims of an answer. One that is signed is by the issuer of the ID token; the keys alone do not say so of the tenants of
    /// a template.
    async fn claims_of(&self, answer: UserinfoAnswer, id_token: &Claims) -> Result<Claims, LoginError> {
        let jwt = match answer {
            UserinfoAnswer::Claims(claims) => return Ok(claims),
            UserinfoAnswer::Jwt(jwt) => jwt,
        };
        let (claims, issuer) = self.validator.userinfo(&jwt).await.map_err(LoginError::UserinfoToken)?.into_parts();
        if is_of(id_token, &issuer) { Ok(claims) } else { Err(LoginError::UserinfoToken(TokenError::UnknownIssuer)) }
    }
}

/// Whether userinfo has not said anything, for a reason that may pass by itself.
fn has_no_answer(error: &LoginError) -> bool {
    match error {
        LoginError::Userinfo(error) => error.is_unavailable(),
        LoginError::UserinfoToken(error) => error.is_unavailable(),
        _ => false,
    }
}

/// Whether that issuer made the ID token.
fn is_of(id_token: &Claims, issuer: &Issuer) -> bool {
    id_token.string("iss").is_ok_and(|named| named.as_deref() == Some(issuer.as_str()))
}

/// Whether userinfo is asked for the person of this ID token.
fn is_asked(load: LoadUserinfo, id_token: &Claims, settings: &PrincipalSettings) -> bool {
    match load {
        LoadUserinfo::Always => true,
        LoadUserinfo::Never => false,
        LoadUserinfo::Auto => !has_what_is_needed(id_token, settings),
    }
}

/// Whether the ID token has every claim that makes a principal by these settings. An optional claim of the provider's that it
/// never sends counts as missing each time: the provider alone knows.
fn has_what_is_needed(id_token: &Claims, settings: &PrincipalSettings) -> bool {
    let has = |claim: &String| id_token.contains(claim);
    let has_one = |claims: &[String]| claims.is_empty() || claims.iter().any(has);
    let mapped = settings.attributes.iter().map(|(_, claim)| claim);
    let mut single =
        settings.username_claim.iter().chain(&settings.team_claim).chain(&settings.roles_claim).chain(mapped);
    let has_given_name = ["given_name", "family_name"].into_iter().any(|claim| id_token.contains(claim));
    single.all(has)
        && has_one(&settings.claims)
        && has_one(&settings.email_claims)
        && (has_one(&settings.display_name_claims) || has_given_name)
        && (id_token.contains("email_verified") || !rests_on_verification(settings))
}

/// Whether somebody gets in, or gets a right, by a verified e-mail address.
fn rests_on_verification(settings: &PrincipalSettings) -> bool {
    let by_domain = !settings.enforced_domains.is_empty() || !settings.email_domains.is_empty();
    let by_list = !settings.admins.is_empty() || !settings.admin_emails.is_empty();
    by_domain || by_list || (settings.self_signup && settings.registration_domains.is_some())
}

/// What `userinfo` says of the person of the ID token. `None` when it is of somebody else, or does not say of whom (section
/// 5.3.2): then nothing of it may be used.
fn more_of_the_person(userinfo: &Claims, id_token: &Claims) -> Option<Claims> {
    let subject = id_token.string("sub").ok().flatten();
    if subject.is_none() || userinfo.string("sub").ok().flatten() != subject {
        return None;
    }
    let mut members = userinfo.decode::<BTreeMap<String, Box<RawValue>>>().ok()?;
    members.retain(|claim, _| {
        let is_wanted = claim == "sub" || is_of_the_person(claim);
        is_wanted && !is_of_another_email(claim, userinfo, id_token)
    });
    Claims::parse(serde_json::to_string(&members).ok()?).ok()
}

/// Userinfo of the person of the ID token that says nothing.
fn nothing_more(id_token: &Claims) -> Option<Claims> {
    let subject = id_token.get::<&RawValue>("sub").ok().flatten()?;
    Claims::parse(format!(r#"{{"sub":{subject}}}"#)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::{AdminPrincipal, Config},
        types::{Domain, EmailAddress},
    };

    const COMPLETE: &str = r#"{"sub":"s","email":"jane@company.com","name":"Jane"}"#;

    fn claims(json: &str) -> Claims {
        Claims::parse(json.to_owned()).unwrap()
    }

    /// The settings of a configuration that says nothing of principals.
    fn settings() -> PrincipalSettings {
        Config::new().authority("https://tenant.auth0.com").audience("api").check().unwrap().principal
    }

    #[test]
    fn userinfo_is_asked_always_never_or_when_a_claim_is_missing() {
        let missing = claims(r#"{"sub":"s"}"#);
        for (load, of_complete, of_missing) in
            [(LoadUserinfo::Always, true, true), (LoadUserinfo::Never, false, false), (LoadUserinfo::Auto, false, true)]
        {
            assert_eq!(is_asked(load, &claims(COMPLETE), &settings()), of_complete, "{load:?}");
            assert_eq!(is_asked(load, &missing, &settings()), of_missing, "{load:?}");
        }
    }

    #[test]
    fn every_claim_that_the_settings_name_is_needed() {
        const UPN: &str = r#"{"sub":"s","email":"e","name":"n","upn":"u"}"#;
        type Change = fn(&mut PrincipalSettings);
        let table: [(Change, &str, &str); 8] = [
            (|_| {}, COMPLETE, r#"{"sub":"s","name":"n"}"#),
            (|_| {}, r#"{"sub":"s","email":"","given_name":"n"}"#, r#"{"sub":"s","email":"e"}"#),
            (|settings| settings.claims = vec!["oid".to_owned(), "upn".to_owned()], UPN, COMPLETE),
            (|settings| settings.email_claims = vec!["mail".to_owned(), "upn".to_owned()], UPN, COMPLETE),
            (|settings| settings.username_claim = Some("upn".to_owned()), UPN, COMPLETE),
            (|settings| settings.team_claim = Some("upn".to_owned()), UPN, COMPLETE),
            (|settings| settings.roles_claim = Some("upn".to_owned()), UPN, COMPLETE),
            (|settings| settings.attributes = vec![("tenant".to_owned(), "upn".to_owned())], UPN, COMPLETE),
        ];
        for (number, (change, complete, incomplete)) in table.into_iter().enumerate() {
            let mut settings = settings();
            change(&mut settings);
            assert!(has_what_is_needed(&claims(complete), &settings), "row {number}");
            assert!(!has_what_is_needed(&claims(incomplete), &settings), "row {number}");
        }
    }

    #[test]
    fn the_verification_of_the_address_is_needed_where_something_rests_on_it() {
        fn company() -> Domain {
            Domain::parse("company.com").unwrap()
        }
        fn jane() -> EmailAddress {
            EmailAddress::parse("jane@company.com").unwrap()
        }
        type Change = fn(&mut PrincipalSettings);
        let table: [(Change, bool); 8] = [
            (|_| {}, false),
            (|settings| settings.admins = vec![AdminPrincipal::Address(jane())], true),
            (|settings| settings.admin_emails = vec![jane()], true),
            (|settings| settings.enforced_domains = vec![company()], true),
            (|settings| settings.email_domains = vec![company()], true),
            (|settings| settings.registration_domains = Some(vec![company()]), false),
            (|settings| settings.self_signup = true, false),
            (|settings| (settings.self_signup, settings.registration_domains) = (true, Some(vec![company()])), true),
        ];
        for (number, (change, needed)) in table.into_iter().enumerate() {
            let mut settings = settings();
            change(&mut settings);
            assert_eq!(has_what_is_needed(&claims(COMPLETE), &settings), !needed, "row {number}");
            let stated = COMPLETE.replace('}', r#","email_verified":false}"#);
            assert!(has_what_is_needed(&claims(&stated), &settings), "row {number}");
        }
    }

    // Conformance module `oidcc-client-test-userinfo-invalid-sub`.
    #[test]
    fn userinfo_of_another_subject_is_dropped_whole() {
        let id_token = claims(r#"{"sub":"s"}"#);
        for (userinfo, taken) in [
            (r#"{"sub":"s","email":"e"}"#, true),
            (r#"{"sub":"other","email":"e"}"#, false),
            (r#"{"sub":"S","email":"e"}"#, false),
            (r#"{"sub":"","email":"e"}"#, false),
            (r#"{"sub":["s"],"email":"e"}"#, false),
            (r#"{"sub":null,"email":"e"}"#, false),
            (r#"{"email":"e"}"#, false),
        ] {
            assert_eq!(more_of_the_person(&claims(userinfo), &id_token).is_some(), taken, "{userinfo}");
        }
        assert!(more_of_the_person(&claims(r#"{"email":"e"}"#), &claims("{}")).is_none());
    }

    #[test]
    fn signed_userinfo_is_of_the_tenant_of_the_id_token() {
        let tenant = Issuer::new("https://login.microsoftonline.com/t1/v2.0");
        for (id_token, is_the_same) in [
            (r#"{"iss":"https://login.microsoftonline.com/t1/v2.0"}"#, true),
            (r#"{"iss":"https://login.microsoftonline.com/t2/v2.0"}"#, false),
            (r#"{"iss":["https://login.microsoftonline.com/t1/v2.0"]}"#, false),
            ("{}", false),
        ] {
            assert_eq!(is_of(&claims(id_token), &tenant), is_the_same, "{id_token}");
        }
    }

    /// Sessions are found, ended and judged by these, and routes let in by what is granted.
    #[test]
    fn only_what_is_said_of_the_person_is_taken() {
        let id_token = claims(r#"{"sub":"s"}"#);
        let others = "acr amr at_hash aud auth_time azp c_hash client_id events exp gty iat iss jti nbf nonce org_id org_name permissions rat s_hash scope scp session_expiry sid token_use typ";
        for claim in others.split(' ') {
            let userinfo = claims(&format!(r#"{{"sub":"s","{claim}":"x","roles":["editor"],"big":1e999}}"#));
            let more = more_of_the_person(&userinfo, &id_token).unwrap();
            assert_eq!(more.as_json(), r#"{"big":1e999,"roles":["editor"],"sub":"s"}"#, "{claim}");
        }
    }

    #[test]
    fn an_address_and_its_verification_are_of_the_same_mailbox() {
        const BOTH: &str = r#","email":"e","email_verified":true"#;
        for (id_token, userinfo, more) in [
            ("", BOTH, r#"{"email":"e","email_verified":true,"sub":"s"}"#),
            (r#","email":"e""#, BOTH, r#"{"email":"e","email_verified":true,"sub":"s"}"#),
            (r#","email":"other""#, BOTH, r#"{"email":"e","sub":"s"}"#),
            (r#","email":"e""#, r#","email_verified":true"#, r#"{"sub":"s"}"#),
            (r#","email_verified":true"#, BOTH, r#"{"email":"e","email_verified":true,"sub":"s"}"#),
            (r#","email_verified":false"#, BOTH, r#"{"email_verified":true,"sub":"s"}"#),
        ] {
            let id_token = claims(&format!(r#"{{"sub":"s"{id_token}}}"#));
            let userinfo = claims(&format!(r#"{{"sub":"s"{userinfo}}}"#));
            assert_eq!(more_of_the_person(&userinfo, &id_token).unwrap().as_json(), more, "{id_token:?} {userinfo:?}");
        }
    }
}
