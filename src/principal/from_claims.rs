//! The one way from claims to a principal.

use std::borrow::Cow;
#[cfg(feature = "login")]
use std::collections::BTreeMap;

#[cfg(feature = "login")]
use serde_json::value::RawValue;

use crate::{
    config::{PrincipalSettings, ProviderKind},
    types::{Claims, Issuer},
    validator::{AccessToken, Verified},
};
#[cfg(feature = "login")]
use crate::{
    session::{Session, is_of_the_token},
    types::ClaimsError,
    validator::IdToken,
};

use super::{
    Identity, Principal, PrincipalError, Via,
    admin::is_admin,
    admission::{check_domain, check_email_domain, check_organization},
    client::Client,
    email::Email,
    grants,
    handle::Inner,
    name::{Name, NameClaim},
    profile,
};

impl Principal {
    /// The principal that an accepted token speaks of, if the settings let it in. No guard takes it: guards take what a layer has put
    /// into the request.
    ///
    /// # Errors
    /// - [`PrincipalError::NoSubject`], [`PrincipalError::Claim`]: the token is malformed;
    /// - [`PrincipalError::NoPrincipalClaim`], [`PrincipalError::InvalidName`]: no usable claim names the principal;
    /// - [`PrincipalError::DomainNotAllowed`], [`PrincipalError::DomainUnstated`], [`PrincipalError::HostedDomainNotAllowed`],
    ///   [`PrincipalError::EmailNotVerified`], [`PrincipalError::EmailDomainNotAllowed`]: it is of no domain that is let in;
    /// - [`PrincipalError::Organization`]: it is of another Auth0 organization.
    pub fn from_access_token(
        token: Verified<AccessToken>,
        settings: &PrincipalSettings,
    ) -> Result<Self, PrincipalError> {
        let (provider, is_of_trusted_issuer) = (token.provider(), token.is_of_trusted_issuer());
        let (claims, issuer) = token.into_parts();
        let principal = from_claims(claims, issuer, provider, Via::Bearer, settings)?;
        // Organizations are those of one tenant.
        if !is_of_trusted_issuer {
            check_organization(&principal, provider, settings)?;
        }
        Ok(principal)
    }

    /// The principal of a live session, if the settings of this moment let it in. `provider` is the configured provider.
    ///
    /// # Errors
    /// As [`from_access_token`](Self::from_access_token).
    #[doc(hidden)]
    #[cfg(feature = "login")]
    pub fn from_session(
        session: Session,
        provider: ProviderKind,
        settings: &PrincipalSettings,
    ) -> Result<Self, PrincipalError> {
        let (claims, issuer) = session.into_parts();
        let principal = from_claims(claims, issuer, provider, Via::Session, settings)?;
        check_organization(&principal, provider, settings)?;
        Ok(principal)
    }

    /// The principal that a session opened by this ID token will have, if the settings let it in. `more` are claims from
    /// userinfo, of the same `sub`: those that the ID token does not have are added.
    ///
    /// # Errors
    /// As [`from_access_token`](Self::from_access_token); and [`PrincipalError::Claims`].
    #[cfg(feature = "login")]
    pub(crate) fn from_id_token(
        id_token: &Verified<IdToken>,
        more: Option<&Claims>,
        settings: &PrincipalSettings,
    ) -> Result<Self, PrincipalError> {
        let claims = joined(id_token.claims(), more).map_err(PrincipalError::Claims)?;
        let principal = from_claims(claims, id_token.issuer().clone(), id_token.provider(), Via::Session, settings)?;
        check_organization(&principal, id_token.provider(), settings)?;
        Ok(principal)
    }
}

/// The claims of the ID token, but for what a session does not keep of it, and those of `more` that it does not have.
#[cfg(feature = "login")]
fn joined(id_token: &Claims, more: Option<&Claims>) -> Result<Claims, ClaimsError> {
    let members = |claims: &Claims| claims.decode::<BTreeMap<String, Box<RawValue>>>().map_err(|_| ClaimsError::Json);
    let mut joined = more.map(members).transpose()?.unwrap_or_default();
    joined.append(&mut members(id_token)?);
    joined.retain(|claim, _| !is_of_the_token(claim));
    Claims::parse(serde_json::to_string(&joined).map_err(|_| ClaimsError::Json)?)
}

fn from_claims(
    claims: Claims,
    issuer: Issuer,
    provider: ProviderKind,
    via: Via,
    settings: &PrincipalSettings,
) -> Result<Principal, PrincipalError> {
    let subject = subject(&claims)?;
    let client = Client::of(&claims, &subject, provider, via)?;
    let email = Email::of(&claims, settings);
    let named = NameClaim::of(&claims, settings)?;
    let machine = client.is_machine();
    let bot = client.is_bot(named.value(), settings);
    // A machine is nobody's colleague: with the domain appended, every client would pass the domain's enforcement.
    let domain = settings.domain.as_ref().filter(|_| !machine && !bot);
    let verification = named.verification(&claims, email.as_ref(), settings);
    let name = Name::new(&named, verification, domain, email.as_ref())?;
    if !bot {
        check_domain(&name, &claims, provider, settings)?;
        check_email_domain(email.as_ref(), settings)?;
    }
    Ok(Principal::new(Inner {
        identity: Identity::new(issuer, &*subject),
        display_name: profile::display_name(&claims, settings),
        attributes: profile::attributes(&claims, settings)?,
        scopes: grants::scopes(&claims, provider)?,
        roles: grants::list(&claims, settings.roles_claim.as_deref())?,
        teams: grants::list(&claims, settings.team_claim.as_deref())?,
        authenticated_at: claims.seconds("auth_time")?,
        admin: is_admin(&name, email.as_ref(), settings),
        machine,
        bot,
        via,
        name,
        email,
        claims,
        access_token: None,
        realm: None,
    }))
}

/// `sub`, which every token must have (OpenID Connect Core 1.0 section 2, RFC 9068 section 2.2).
fn subject(claims: &Claims) -> Result<Cow<'_, str>, PrincipalError> {
    claims.string("sub")?.filter(|subject| !subject.is_empty()).ok_or(PrincipalError::NoSubject)
}

#[cfg(test)]
mod tests {
    #[cfg(feature = "login")]
    use super::super::fixtures::{claims, enforcing};
    use super::super::fixtures::{made, principal, settings};
    use super::*;
    use crate::types::{ClaimError, JsonKind};

    #[test]
    fn a_token_without_a_subject_names_nobody() {
        let jane = r#""email":"jane@company.com""#;
        let wrong_type = |found| PrincipalError::Claim(ClaimError { claim: "sub".into(), expected: "a string", found });
        for (json, expected) in [
            (format!("{{{jane}}}"), PrincipalError::NoSubject),
            (format!(r#"{{"sub":"",{jane}}}"#), PrincipalError::NoSubject),
            (format!(r#"{{"sub":7,{jane}}}"#), wrong_type(JsonKind::Number)),
            (format!(r#"{{"sub":null,{jane}}}"#), wrong_type(JsonKind::Null)),
            (format!(r#"{{"sub":["s"],{jane}}}"#), wrong_type(JsonKind::Array)),
        ] {
            assert_eq!(made(&json, &settings()).unwrap_err(), expected, "{json}");
        }
    }

    #[cfg(feature = "login")]
    fn signed_in(
        id_token: &str,
        more: Option<&str>,
        settings: &PrincipalSettings,
    ) -> Result<Principal, PrincipalError> {
        let issuer = Issuer::new("https://issuer.example/");
        let id_token = Verified::for_tests(claims(id_token), issuer, ProviderKind::CustomOidc);
        Principal::from_id_token(&id_token, more.map(claims).as_ref(), settings)
    }

    #[cfg(feature = "login")]
    #[test]
    fn an_id_token_goes_before_userinfo() {
        const ID_TOKEN: &str = r#"{"sub":"s","email":"jane@company.com"}"#;
        const USERINFO: &str =
            r#"{"sub":"other","email":"eve@evil.com","email_verified":true,"name":"Jane","big":1e999}"#;
        let alone = signed_in(ID_TOKEN, None, &settings()).unwrap();
        assert_eq!((alone.email(), alone.display_name(), alone.via()), (Some("jane@company.com"), None, Via::Session));
        let jane = signed_in(ID_TOKEN, Some(USERINFO), &settings()).unwrap();
        assert_eq!((jane.subject(), jane.email()), ("s", Some("jane@company.com")));
        assert_eq!((jane.display_name(), jane.email_verified()), (Some("Jane"), true));
        assert_eq!(jane.issuer().as_str(), "https://issuer.example/");
    }

    /// A directory would know somebody by what no later request has.
    #[cfg(feature = "login")]
    #[test]
    fn whoever_signs_in_has_the_claims_that_the_session_will_have() {
        let settings = PrincipalSettings { attributes: vec![("client".to_owned(), "azp".to_owned())], ..settings() };
        for more in [None, Some(r#"{"azp":"c","name":"Jane"}"#)] {
            let jane = signed_in(r#"{"sub":"s","aud":"c","azp":"c","exp":1,"nonce":"n","acr":"a"}"#, more, &settings);
            let jane = jane.unwrap();
            let names: Vec<_> = jane.claims().names().filter(|name| *name != "name").collect();
            assert_eq!((names, jane.attributes().len()), (vec!["acr", "sub"], 0), "{more:?}");
        }
    }

    #[cfg(feature = "login")]
    #[test]
    fn who_signs_in_is_held_against_the_settings() {
        let (enforcing, jane) = (enforcing(), r#"{"sub":"s","email":"jane@company.com"}"#);
        assert!(signed_in(jane, None, &enforcing).is_ok());
        let refused = signed_in(jane, Some(r#"{"email_verified":false}"#), &enforcing).unwrap_err();
        assert_eq!(refused, PrincipalError::EmailNotVerified);
    }

    #[cfg(feature = "login")]
    #[test]
    fn more_claims_than_a_set_may_hold_are_refused() {
        let many = |prefix: char| {
            let members = (0..crate::types::MAX_CLAIMS - 1).map(|number| format!(r#","{prefix}{number}":1"#));
            format!(r#"{{"sub":"s"{}}}"#, members.collect::<String>())
        };
        assert!(signed_in(&many('a'), Some(&many('a')), &settings()).is_ok());
        let refused = signed_in(&many('a'), Some(&many('b')), &settings()).unwrap_err();
        assert_eq!(refused, PrincipalError::Claims(ClaimsError::TooMany));
    }

    #[test]
    fn a_login_time_of_the_wrong_type_is_refused() {
        assert_eq!(principal(r#"{"sub":"s","auth_time":1700000000}"#).authenticated_at(), Some(1_700_000_000));
        assert_eq!(principal(r#"{"sub":"s"}"#).authenticated_at(), None);
        for value in [r#""1700000000""#, "-1", "1.5", "null"] {
            let error = made(&format!(r#"{{"sub":"s","auth_time":{value}}}"#), &settings()).unwrap_err();
            assert!(error.is_malformed(), "{value}");
        }
    }

    #[test]
    fn an_error_holds_nothing_of_the_token() {
        let settings = PrincipalSettings { roles_claim: Some("roles".to_owned()), ..settings() };
        for json in [
            r#"{"sub":"SECRET","email":"SECRET@evil.com@company.com"}"#,
            r#"{"sub":"SECRET","roles":{"SECRET":"SECRET"}}"#,
            r#"{"sub":["SECRET"]}"#,
        ] {
            let error = made(json, &settings).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("SECRET"), "{error}");
        }
    }
}
