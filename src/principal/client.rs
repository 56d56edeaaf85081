//! The client that a token was issued to: machines and bots.

use std::borrow::Cow;

use crate::{
    config::{PrincipalSettings, ProviderKind},
    types::{ClaimError, Claims, same_without_case},
};

use super::Via;

/// What Auth0 appends to a client id to make the `sub` of a machine.
const AUTH0_MACHINE_SUFFIX: &str = "@clients";

/// Claims that only a login leaves in a token (OpenID Connect Core 1.0 section 2, Front-Channel Logout 1.0 section 3).
const LOGIN_CLAIMS: [&str; 4] = ["nonce", "at_hash", "auth_time", "sid"];

/// How the client authenticated, in access tokens of Microsoft Entra: v2.0 and v1.0.
const ENTRA_CLIENT_CLAIMS: [&str; 2] = ["azpacr", "appidacr"];

/// The client that a token was issued to.
pub(super) struct Client<'a> {
    subject: &'a str,
    id: Option<Cow<'a, str>>,
    machine: bool,
    /// Issued to nobody but its subject: no client stands in it, and no trace of a login.
    minted: bool,
}

impl<'a> Client<'a> {
    /// # Errors
    /// [`ClaimError`] when a claim that names the client is not a string.
    pub(super) fn of(
        claims: &'a Claims,
        subject: &'a str,
        provider: ProviderKind,
        via: Via,
    ) -> Result<Self, ClaimError> {
        let id = id(claims, provider)?;
        // A session began with a person's login.
        let bearer = via == Via::Bearer;
        let machine = bearer && is_machine(claims, subject, id.as_deref(), provider);
        let minted = bearer && id.is_none() && !LOGIN_CLAIMS.iter().any(|claim| claims.contains(claim));
        Ok(Self { subject, id, machine, minted })
    }

    /// Whether the client acts for itself, and no person is involved.
    pub(super) fn is_machine(&self) -> bool {
        self.machine
    }

    /// Whether `botPrincipals` lists who the token speaks of and names `name`.
    ///
    /// 1. In a machine's token an entry may be its subject, its client id with or without `@clients`, or its name; without
    ///    case.
    /// 2. A token without a client and without a trace of a login, as OpenMetadata mints them for its bots, is a bot's where
    ///    an entry equals its `sub`, with case.
    /// 3. Any other token is a person's, and no entry counts: its client is the application that the person logged in
    ///    through, and its name and even its `sub` may be the person's own choice (RFC 9068 section 5).
    pub(super) fn is_bot(&self, name: &str, settings: &PrincipalSettings) -> bool {
        settings.bots.iter().any(|entry| match self.machine {
            true => self.machine_is(entry, name),
            false => self.minted && entry == self.subject,
        })
    }

    fn machine_is(&self, entry: &str, name: &str) -> bool {
        let id = entry.strip_suffix(AUTH0_MACHINE_SUFFIX).unwrap_or(entry);
        same_without_case(entry, self.subject)
            || same_without_case(entry, name)
            || self.id.as_ref().is_some_and(|own| same_without_case(id, own))
    }
}

/// The client id: `client_id` (RFC 9068 section 2.2), `azp` (OpenID Connect Core 1.0 section 2), or the provider's own claim.
fn id(claims: &Claims, provider: ProviderKind) -> Result<Option<Cow<'_, str>>, ClaimError> {
    let own = match provider {
        ProviderKind::Okta => Some("cid"),
        ProviderKind::Azure => Some("appid"),
        _ => None,
    };
    for claim in ["client_id", "azp"].into_iter().chain(own) {
        if let Some(id) = claims.string(claim)? {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

/// Whether a token says of itself that it is a machine's. A missing e-mail address says nothing.
fn is_machine(claims: &Claims, subject: &str, id: Option<&str>, provider: ProviderKind) -> bool {
    let says = |claim, value| claims.string(claim).is_ok_and(|text| text.as_deref() == Some(value));
    let auth0_subject = subject
        .strip_suffix(AUTH0_MACHINE_SUFFIX)
        .is_some_and(|client| !client.is_empty() && id.map_or(provider == ProviderKind::Auth0, |id| id == client));
    // The subject of a client-credentials token is the client (RFC 9068 section 2.2), but not with Auth0 and Entra.
    id == Some(subject)
        || auth0_subject
        || says("gty", "client-credentials")
        || (provider == ProviderKind::Azure && id.is_some() && is_entra_application(claims, subject))
}

/// Microsoft Entra says it in `idtyp`, which must be asked for. Without it, an access token that names a client and grants nothing on
/// anybody's behalf (`scp`) is the client's own. Of an application subject and object are one.
fn is_entra_application(claims: &Claims, subject: &str) -> bool {
    match claims.string("idtyp") {
        Ok(Some(kind)) => kind == "app",
        Ok(None) => {
            let is_own_object = claims.string("oid").is_ok_and(|object| object.is_none_or(|object| object == subject));
            let names_client = ENTRA_CLIENT_CLAIMS.iter().any(|claim| claims.contains(claim));
            names_client && is_own_object && !claims.contains("scp")
        }
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{
        PrincipalError,
        fixtures::{at, domain, enforcing, made, settings, strings},
    };
    use super::*;
    use crate::types::JsonKind;

    #[test]
    fn a_machine_is_told_by_what_its_token_says() {
        use ProviderKind::{Auth0, AwsCognito, Azure, CustomOidc, Okta};
        for (provider, json, machine) in [
            (Auth0, r#"{"sub":"C@clients","azp":"C","gty":"client-credentials"}"#, true),
            (Auth0, r#"{"sub":"C@clients","client_id":"C"}"#, true),
            (Auth0, r#"{"sub":"C@clients"}"#, true),
            (Auth0, r#"{"sub":"agent","gty":"client-credentials"}"#, true),
            (CustomOidc, r#"{"sub":"C@clients","azp":"C"}"#, true),
            (AwsCognito, r#"{"sub":"C","client_id":"C"}"#, true),
            (Okta, r#"{"sub":"C","cid":"C"}"#, true),
            (Azure, r#"{"sub":"o","azp":"C","idtyp":"app"}"#, true),
            (Azure, r#"{"sub":"o","azp":"C","azpacr":"1","roles":["Orders.Read.All"]}"#, true),
            (Azure, r#"{"sub":"o","oid":"o","appid":"C","appidacr":"2"}"#, true),
            // People, and tokens that do not say.
            (Auth0, r#"{"sub":"auth0|1","azp":"C"}"#, false),
            (Auth0, r#"{"sub":"auth0|x@clients","azp":"C"}"#, false),
            (Auth0, r#"{"sub":"@clients","preferred_username":"x"}"#, false),
            (Auth0, r#"{"sub":"@clients","azp":"","preferred_username":"x"}"#, false),
            (Auth0, r#"{"sub":"auth0|1","gty":["client-credentials"]}"#, false),
            (Auth0, r#"{"sub":"auth0|1","gty":"password"}"#, false),
            (Azure, r#"{"sub":"o","azp":"C","azpacr":"1","scp":"Orders.Read"}"#, false),
            (Azure, r#"{"sub":"o","azp":"C","azpacr":"1","idtyp":"user"}"#, false),
            (Azure, r#"{"sub":"pairwise","oid":"o","azp":"C","azpacr":"1","roles":["Approver"]}"#, false),
            (Azure, r#"{"sub":"o","azpacr":"1"}"#, false),
            (Azure, r#"{"sub":"o","azp":"C","azpacr":"1","idtyp":7}"#, false),
            (Azure, r#"{"sub":"o","azp":"C"}"#, false),
            (CustomOidc, r#"{"sub":"o","azp":"C","azpacr":"1"}"#, false),
            (CustomOidc, r#"{"sub":"C@clients"}"#, false),
            (CustomOidc, r#"{"sub":"c","azp":"C"}"#, false),
            (CustomOidc, r#"{"sub":"o","azp":"C","idtyp":"app"}"#, false),
            (CustomOidc, r#"{"sub":"C","cid":"C"}"#, false),
            (CustomOidc, r#"{"sub":"s"}"#, false),
        ] {
            assert_eq!(at(provider, json, &settings()).unwrap().is_machine(), machine, "{provider:?} {json}");
        }
    }

    #[test]
    fn a_listed_machine_is_a_bot() {
        for (entry, json) in [
            ("C1@clients", r#"{"sub":"C1@clients","azp":"C1","gty":"client-credentials"}"#),
            ("c1@CLIENTS", r#"{"sub":"C1@clients","azp":"C1","gty":"client-credentials"}"#),
            ("C1", r#"{"sub":"C1@clients","azp":"C1","gty":"client-credentials"}"#),
            ("C1@clients", r#"{"sub":"C1","client_id":"C1"}"#),
            ("c1", r#"{"sub":"C1","client_id":"C1"}"#),
            ("orders", r#"{"sub":"C1","client_id":"C1","preferred_username":"Orders"}"#),
        ] {
            let listing = PrincipalSettings { bots: strings(["other", entry]), ..settings() };
            assert!(made(json, &listing).unwrap().is_bot(), "{entry} {json}");
            assert!(!made(json, &settings()).unwrap().is_bot(), "{json}");
        }
    }

    #[test]
    fn a_token_without_client_and_login_is_a_bots_by_its_exact_subject() {
        let settings = PrincipalSettings { bots: strings(["ingestion-bot"]), ..settings() };
        for (json, bot) in [
            (r#"{"sub":"ingestion-bot","email":"ingestion-bot@open-metadata.org","isBot":true}"#, true),
            (r#"{"sub":"Ingestion-Bot"}"#, false),
            (r#"{"sub":"s","preferred_username":"ingestion-bot"}"#, false),
            (r#"{"sub":"ingestion-bot","client_id":"web-app"}"#, false),
            (r#"{"sub":"ingestion-bot","nonce":"n"}"#, false),
            (r#"{"sub":"ingestion-bot","at_hash":"h"}"#, false),
            (r#"{"sub":"ingestion-bot","auth_time":1700000000}"#, false),
            (r#"{"sub":"ingestion-bot","sid":"s"}"#, false),
        ] {
            assert_eq!(made(json, &settings).unwrap().is_bot(), bot, "{json}");
        }
    }

    #[test]
    fn a_person_does_not_become_a_bot_by_a_name_or_by_the_application_that_was_used() {
        let settings = PrincipalSettings { bots: strings(["web-app", "orders"]), ..enforcing() };
        for json in [
            r#"{"sub":"u1","azp":"web-app","email":"eve@evil.com"}"#,
            r#"{"sub":"u1","client_id":"web-app","email":"eve@evil.com"}"#,
            r#"{"sub":"u1","azp":"web-app","preferred_username":"orders@evil.com"}"#,
            // A provider whose subjects are user names: RFC 9068 section 5.
            r#"{"sub":"orders","azp":"web-app","email":"eve@evil.com"}"#,
        ] {
            assert_eq!(made(json, &settings).unwrap_err(), PrincipalError::DomainNotAllowed, "{json}");
        }
        let by_username = PrincipalSettings { claims: strings(["preferred_username"]), ..settings };
        let named = made(r#"{"sub":"u1","azp":"web-app","preferred_username":"orders"}"#, &by_username).unwrap();
        assert!(!named.is_bot());
    }

    #[test]
    fn a_session_is_never_a_machines_or_a_bots() {
        let settings = PrincipalSettings { bots: strings(["C"]), ..settings() };
        for json in [r#"{"sub":"C"}"#, r#"{"sub":"C","azp":"C","gty":"client-credentials"}"#] {
            let claims = super::super::fixtures::claims(json);
            let of = |via| Client::of(&claims, "C", ProviderKind::Auth0, via).unwrap();
            assert!(of(Via::Bearer).is_bot("C", &settings), "{json}");
            assert!(!of(Via::Session).is_bot("C", &settings), "{json}");
            assert!(!of(Via::Session).is_machine(), "{json}");
        }
    }

    #[test]
    fn a_client_that_is_not_a_string_is_refused() {
        let error = made(r#"{"sub":"ingestion-bot","azp":["web-app"]}"#, &settings()).unwrap_err();
        let expected = ClaimError { claim: "azp".into(), expected: "a string", found: JsonKind::Array };
        assert_eq!(error, PrincipalError::Claim(expected));
    }

    #[test]
    fn the_principal_domain_is_not_appended_to_a_machine() {
        let settings = PrincipalSettings { domain: Some(domain("company.com")), ..settings() };
        assert_eq!(made(r#"{"sub":"C","client_id":"C"}"#, &settings).unwrap().name(), "C");
        let listing = PrincipalSettings { bots: strings(["ingestion-bot"]), ..settings };
        assert_eq!(made(r#"{"sub":"ingestion-bot"}"#, &listing).unwrap().name(), "ingestion-bot");
        assert_eq!(made(r#"{"sub":"jane"}"#, &listing).unwrap().name(), "jane@company.com");
    }
}
