//! The one way from claims to a principal.

use std::borrow::Cow;

use crate::{
    config::{PrincipalSettings, ProviderKind},
    types::{Claims, Issuer},
    validator::{AccessToken, Verified},
};

use super::{
    Identity, Principal, PrincipalError, Via,
    admin::is_admin,
    admission::{check_domain, check_email_domain},
    client::Client,
    email::Email,
    grants,
    handle::Inner,
    name::{Name, NameClaim},
    profile,
};

impl Principal {
    /// The principal that an accepted token speaks of, if the settings let it in.
    ///
    /// # Errors
    /// - [`PrincipalError::NoSubject`], [`PrincipalError::Claim`]: the token is malformed;
    /// - [`PrincipalError::NoPrincipalClaim`], [`PrincipalError::InvalidName`]: no usable claim names the principal;
    /// - [`PrincipalError::DomainNotAllowed`], [`PrincipalError::HostedDomainNotAllowed`],
    ///   [`PrincipalError::EmailNotVerified`], [`PrincipalError::EmailDomainNotAllowed`]: it is of a domain that is not let
    ///   in.
    pub fn from_access_token(
        token: Verified<AccessToken>,
        settings: &PrincipalSettings,
    ) -> Result<Self, PrincipalError> {
        let provider = token.provider();
        let (claims, issuer) = token.into_parts();
        from_claims(claims, issuer, provider, Via::Bearer, settings)
    }
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
    let name = Name::new(&named, named.verification(&claims, email.as_ref(), settings), domain)?;
    if !bot {
        check_domain(&name, &claims, provider, settings)?;
        check_email_domain(email.as_ref(), settings)?;
    }
    Ok(Principal::new(Inner {
        identity: Identity::new(issuer, &subject),
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
    }))
}

/// `sub`, which every token must have (OpenID Connect Core 1.0 section 2, RFC 9068 section 2.2).
fn subject(claims: &Claims) -> Result<Cow<'_, str>, PrincipalError> {
    claims.string("sub")?.filter(|subject| !subject.is_empty()).ok_or(PrincipalError::NoSubject)
}

#[cfg(test)]
mod tests {
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
