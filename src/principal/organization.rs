//! Auth0 Organizations: the login must be of the organization that was asked for.

use crate::types::{Claims, same_without_case};

/// What the ids of organizations begin with. Everything else that can be asked for is a name.
const ID_PREFIX: &str = "org_";

/// Whether a token is of that organization: by `org_id` when an id was asked for, by `org_name` without case when a name was.
pub(crate) fn is_of_organization(token: &Claims, asked: &str) -> bool {
    let says = |claim, is_asked: fn(&str, &str) -> bool| {
        token.string(claim).ok().flatten().is_some_and(|said| is_asked(&said, asked))
    };
    if asked.starts_with(ID_PREFIX) {
        says("org_id", |said, asked| said == asked)
    } else {
        says("org_name", same_without_case)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_compared_whole_and_a_name_without_case() {
        for (claims, asked, holds) in [
            (r#"{"org_id":"org_1a"}"#, "org_1a", true),
            (r#"{"org_id":"org_1A"}"#, "org_1a", false),
            (r#"{"org_id":"org_1ab"}"#, "org_1a", false),
            (r#"{"org_name":"org_1a"}"#, "org_1a", false),
            (r#"{"org_id":["org_1a"]}"#, "org_1a", false),
            (r#"{"org_id":null}"#, "org_1a", false),
            (r#"{}"#, "org_1a", false),
            (r#"{"org_id":"org_1a","org_name":"acme"}"#, "acme", true),
            (r#"{"org_id":"org_1a","org_name":"acme"}"#, "ACME", true),
            (r#"{"org_id":"org_1a","org_name":"acme2"}"#, "acme", false),
            (r#"{"org_id":"acme"}"#, "acme", false),
            (r#"{"org_name":7}"#, "acme", false),
            (r#"{"org_id":"org_1a"}"#, "acme", false),
            (r#"{"org_id":"","org_name":"acme"}"#, "", false),
        ] {
            let claims_set = Claims::parse(claims.to_owned()).unwrap();
            assert_eq!(is_of_organization(&claims_set, asked), holds, "{claims} {asked}");
        }
    }
}
