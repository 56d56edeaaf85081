//! The principal as JSON.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};
use serde_json::Value;

use super::{Principal, Via};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Json<'a> {
    iss: &'a str,
    sub: &'a str,
    name: &'a str,
    username: &'a str,
    email: Option<&'a str>,
    email_verified: bool,
    display_name: Option<&'a str>,
    admin: bool,
    bot: bool,
    roles: Vec<&'a str>,
    teams: Vec<&'a str>,
    scopes: Vec<&'a str>,
    attributes: &'a BTreeMap<String, Value>,
    via: Via,
}

impl Serialize for Principal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let json = Json {
            iss: self.issuer().as_str(),
            sub: self.subject(),
            name: self.name(),
            username: self.username(),
            email: self.email(),
            email_verified: self.email_verified(),
            display_name: self.display_name(),
            admin: self.is_admin(),
            bot: self.is_bot(),
            roles: self.roles().collect(),
            teams: self.teams().collect(),
            scopes: self.scopes().iter().collect(),
            attributes: self.attributes(),
            via: self.via(),
        };
        json.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{json, to_value};

    use super::super::fixtures::{admins, made, principal, settings};
    use crate::config::PrincipalSettings;

    #[test]
    fn a_principal_is_written_with_every_member() {
        let settings = PrincipalSettings {
            roles_claim: Some("roles".to_owned()),
            team_claim: Some("teams".to_owned()),
            attributes: vec![("tenant".to_owned(), "https://company.com/tenant".to_owned())],
            admins: admins(["jane@company.com"]),
            ..settings()
        };
        let jane = r#"{"sub":"auth0|1","email":"jane@company.com","email_verified":true,"name":"Jane Doe","roles":["editor"],
            "teams":"sales","scope":"openid read:orders","https://company.com/tenant":"acme"}"#;
        assert_eq!(
            to_value(made(jane, &settings).unwrap()).unwrap(),
            json!({
                "iss": "https://issuer.example/", "sub": "auth0|1", "name": "jane@company.com", "username": "jane",
                "email": "jane@company.com", "emailVerified": true, "displayName": "Jane Doe", "admin": true, "bot": false,
                "roles": ["editor"], "teams": ["sales"], "scopes": ["openid", "read:orders"],
                "attributes": {"tenant": "acme"}, "via": "bearer"
            })
        );
    }

    #[test]
    fn what_is_absent_is_null_or_empty() {
        assert_eq!(
            to_value(principal(r#"{"sub":"s"}"#)).unwrap(),
            json!({
                "iss": "https://issuer.example/", "sub": "s", "name": "s", "username": "s", "email": null,
                "emailVerified": false, "displayName": null, "admin": false, "bot": false, "roles": [], "teams": [],
                "scopes": [], "attributes": {}, "via": "bearer"
            })
        );
    }
}
