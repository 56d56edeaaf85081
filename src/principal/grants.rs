//! What a token grants: scopes, permissions, roles and teams.

use crate::{
    config::ProviderKind,
    types::{ClaimError, Claims, JsonKind, Scopes},
};

/// The scopes of `scope` (RFC 9068 section 2.2.3) and `scp` (Okta, Entra), and the permissions of Auth0's role-based access
/// control, which count the same.
///
/// A string holds words with spaces between them, in an array each entry is one word.
///
/// # Errors
/// [`ClaimError`] when one of the claims is anything else.
pub(super) fn scopes(claims: &Claims, provider: ProviderKind) -> Result<Scopes, ClaimError> {
    let permissions = (provider == ProviderKind::Auth0).then_some("permissions");
    let mut scopes = Scopes::default();
    for claim in ["scope", "scp"].into_iter().chain(permissions) {
        if claims.kind(claim) == Some(JsonKind::String) {
            scopes.extend(claims.string(claim)?.iter().flat_map(|text| Scopes::words(text)));
        } else {
            claims.for_each_string(claim, |text| scopes.extend([text.as_ref()]))?;
        }
    }
    Ok(scopes)
}

/// The roles or teams in `claim`, a string or an array of strings. None without such a setting or claim.
///
/// # Errors
/// [`ClaimError`] when the claim is anything else.
pub(super) fn list(claims: &Claims, claim: Option<&str>) -> Result<Vec<Box<str>>, ClaimError> {
    let Some(claim) = claim else { return Ok(Vec::new()) };
    let texts = claims.strings(claim)?.unwrap_or_default();
    Ok(texts.into_iter().filter(|text| !text.is_empty()).map(|text| text.as_ref().into()).collect())
}

#[cfg(test)]
mod tests {
    use super::super::{
        PrincipalError,
        fixtures::{at, claims, made, principal, settings},
    };
    use super::*;
    use crate::config::PrincipalSettings;

    #[test]
    fn scopes_come_in_every_form_that_providers_use() {
        use ProviderKind::{Auth0, Azure, CustomOidc, Okta};
        for (provider, json, granted) in [
            (CustomOidc, r#"{"scope":"openid read:orders"}"#, "openid read:orders"),
            (Azure, r#"{"scp":"Orders.Read Orders.Write"}"#, "Orders.Read Orders.Write"),
            (Okta, r#"{"scp":["openid","orders"]}"#, "openid orders"),
            (CustomOidc, r#"{"scope":["openid","orders"]}"#, "openid orders"),
            (Auth0, r#"{"scope":"openid","permissions":["read:orders","openid"]}"#, "openid read:orders"),
            (Auth0, r#"{"permissions":[]}"#, ""),
            (CustomOidc, r#"{"scope":"openid","permissions":["read:orders"]}"#, "openid"),
            (CustomOidc, r#"{"scope":["admin write"]}"#, ""),
            (CustomOidc, "{}", ""),
        ] {
            assert_eq!(scopes(&claims(json), provider).unwrap().as_str(), granted, "{provider:?} {json}");
        }
    }

    #[test]
    fn a_claim_that_grants_something_and_has_the_wrong_type_is_refused() {
        let settings = PrincipalSettings {
            roles_claim: Some("roles".to_owned()),
            team_claim: Some("teams".to_owned()),
            ..settings()
        };
        for claim in ["scope", "scp", "permissions", "roles", "teams"] {
            for value in ["7", "null", "true", "{}", r#"["a",7]"#, r#"[["a"]]"#] {
                let json = format!(r#"{{"sub":"s","{claim}":{value}}}"#);
                let error = at(ProviderKind::Auth0, &json, &settings).unwrap_err();
                assert!(matches!(&error, PrincipalError::Claim(error) if &*error.claim == claim), "{json}: {error}");
                assert!(error.is_malformed());
            }
        }
    }

    #[test]
    fn roles_and_teams_come_from_the_claims_of_those_exact_names() {
        let settings = PrincipalSettings {
            roles_claim: Some("https://company.com/roles".to_owned()),
            team_claim: Some("groups".to_owned()),
            ..settings()
        };
        let json = r#"{"sub":"s","roles":["admin"],"https://company.com/roles":["editor","","data steward"],"groups":"sales"}"#;
        let made = made(json, &settings).unwrap();
        assert_eq!(made.roles().collect::<Vec<_>>(), ["editor", "data steward"]);
        assert_eq!(made.teams().collect::<Vec<_>>(), ["sales"]);
        assert!(made.has_role("editor") && !made.has_role("Editor") && !made.has_role("admin") && !made.has_role(""));

        let without_settings = principal(json);
        assert_eq!((without_settings.roles().count(), without_settings.teams().count()), (0, 0));
    }
}
