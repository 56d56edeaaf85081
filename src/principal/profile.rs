//! What a principal is shown with: display name and attributes. Nothing is decided by it.

use std::{borrow::Cow, collections::BTreeMap};

use serde_json::Value;

use crate::{
    config::PrincipalSettings,
    types::{ClaimError, Claims},
};

use super::name::non_empty_string;

/// The first display name claim that is a non-empty string, else `given_name` and `family_name`, or the one there is.
pub(super) fn display_name(claims: &Claims, settings: &PrincipalSettings) -> Option<Box<str>> {
    let text = |claim| non_empty_string(claims, claim);
    let whole = || settings.display_name_claims.iter().find_map(|claim| text(claim));
    let parts = || match (text("given_name"), text("family_name")) {
        (Some(given), Some(family)) => Some(Cow::Owned(format!("{given} {family}"))),
        (given, family) => given.or(family),
    };
    whole().or_else(parts).map(|name| Box::from(name.as_ref()))
}

/// The mapping's further fields, as the JSON values that stand in their claims. Absent claims are left out.
///
/// # Errors
/// [`ClaimError`] when a claim holds a number that no JSON reader of ours can hold.
pub(super) fn attributes(claims: &Claims, settings: &PrincipalSettings) -> Result<BTreeMap<String, Value>, ClaimError> {
    let mut attributes = BTreeMap::new();
    for (attribute, claim) in &settings.attributes {
        if let Some(value) = claims.get(claim)? {
            attributes.insert(attribute.clone(), value);
        }
    }
    Ok(attributes)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::fixtures::{made, principal, settings, strings};
    use super::*;

    #[test]
    fn the_display_name_falls_back_to_given_and_family_name() {
        for (others, shown) in [
            (r#""name":"Jane Doe","given_name":"J""#, Some("Jane Doe")),
            (r#""given_name":"Jane","family_name":"Doe""#, Some("Jane Doe")),
            (r#""name":"","given_name":"Jane""#, Some("Jane")),
            (r#""name":7,"family_name":"Doe""#, Some("Doe")),
            (r#""nickname":"jd""#, None),
        ] {
            assert_eq!(principal(&format!(r#"{{"sub":"s",{others}}}"#)).display_name(), shown, "{others}");
        }
    }

    #[test]
    fn the_mapping_gives_the_display_name_first() {
        let settings =
            PrincipalSettings { display_name_claims: strings(["https://company.com/cn", "name"]), ..settings() };
        let shown = |json| made(json, &settings).unwrap().display_name().map(str::to_owned);
        assert_eq!(shown(r#"{"sub":"s","name":"N","https://company.com/cn":"C"}"#).as_deref(), Some("C"));
        assert_eq!(shown(r#"{"sub":"s","name":"N"}"#).as_deref(), Some("N"));
    }

    #[test]
    fn further_fields_of_the_mapping_become_attributes() {
        let pair = |attribute: &str, claim: &str| (attribute.to_owned(), claim.to_owned());
        let attributes =
            vec![pair("tenant", "https://company.com/tenant"), pair("levels", "levels"), pair("office", "office")];
        let settings = PrincipalSettings { attributes, ..settings() };
        let made =
            made(r#"{"sub":"s","https://company.com/tenant":"acme","levels":[1,2],"hidden":1}"#, &settings).unwrap();
        assert_eq!(serde_json::to_value(made.attributes()).unwrap(), json!({"tenant": "acme", "levels": [1, 2]}));
    }
}
