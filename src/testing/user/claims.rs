//! What is said of a person, and to whom (OpenID Connect Core 1.0 section 5).

use serde_json::{Map, Value, json};

/// The scopes that ask for claims, and which they ask for (section 5.4).
const SCOPES: [(&str, &[&str]); 4] = [
    (
        "profile",
        &[
            "name",
            "family_name",
            "given_name",
            "middle_name",
            "nickname",
            "preferred_username",
            "profile",
            "picture",
            "website",
            "gender",
            "birthdate",
            "zoneinfo",
            "locale",
            "updated_at",
        ],
    ),
    ("email", &["email", "email_verified"]),
    ("address", &["address"]),
    ("phone", &["phone_number", "phone_number_verified"]),
];

/// Every claim that some scope asks for.
pub(in crate::testing) fn claims_of_scopes() -> impl Iterator<Item = &'static str> {
    SCOPES.iter().flat_map(|(_, names)| names.iter().copied())
}

/// The claims that a client with that scope gets. Those that no scope asks for, such as a company's own, everybody gets.
pub(super) fn by_scope(claims: &Map<String, Value>, scope: &str) -> Map<String, Value> {
    let granted = |name: &str| {
        let asked_by = SCOPES.iter().find(|(_, names)| names.contains(&name));
        asked_by.is_none_or(|(asked, _)| scope.split(' ').any(|word| word == *asked))
    };
    claims.iter().filter(|(name, _)| granted(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// The claims of a new account. A name that is an address is that address.
pub(super) fn of_new_account(name: &str) -> Map<String, Value> {
    let (local, email) = match name.split_once('@') {
        Some((local, _)) => (local, name.to_owned()),
        None => (name, format!("{name}@example.com")),
    };
    [
        ("sub", json!(name)),
        ("name", json!(capitalised(local))),
        ("preferred_username", json!(local)),
        ("email", json!(email)),
        ("email_verified", json!(true)),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

fn capitalised(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_asks_for_its_claims_and_a_companys_own_need_none() {
        let mut claims = of_new_account("jane");
        claims.insert("https://company.com/roles".to_owned(), json!(["editor"]));
        let names = |scope| by_scope(&claims, scope).keys().cloned().collect::<Vec<_>>().join(" ");
        assert_eq!(names("openid"), "https://company.com/roles sub");
        assert_eq!(names("openid email"), "email email_verified https://company.com/roles sub");
        assert_eq!(names("openid profile"), "https://company.com/roles name preferred_username sub");
    }

    #[test]
    fn a_name_may_be_an_address() {
        let claims = of_new_account("jane@company.com");
        assert_eq!((&claims["email"], &claims["name"]), (&json!("jane@company.com"), &json!("Jane")));
    }
}
