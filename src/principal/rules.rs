//! The rules that routes ask for.
//!
//! ```
//! use std::time::Duration;
//! use tower_oidc::principal::rules::{admin, all, any, max_age, scope};
//!
//! let rule = any([admin(), all([scope("write:orders"), max_age(Duration::from_secs(300))])]);
//! assert_eq!(rule.to_string(), "any(admin, all(scope(write:orders), max_age(300s)))");
//! ```
//!
//! A rule that cannot be decided is not met: a claim that is absent or of another type, a login whose time is unknown, an
//! empty list of rules.

use std::time::Duration;

use serde_json::Value;

use crate::types::Domain;

use super::{Principal, Rule, rule::RuleKind};

/// The value of `acr_values` by which Auth0, and others that follow OpenID PAPE 1.0, ask for more than one factor.
pub const MULTI_FACTOR: &str = "http://schemas.openid.net/pape/policies/2007/06/multi-factor";

/// Everybody who brings good credentials, machines included.
#[must_use]
pub fn signed_in() -> Rule {
    Rule::new(RuleKind::SignedIn)
}

/// Administrators: [`Principal::is_admin`].
#[must_use]
pub fn admin() -> Rule {
    Rule::new(RuleKind::Admin)
}

/// Bots: [`Principal::is_bot`].
#[must_use]
pub fn bot() -> Rule {
    Rule::new(RuleKind::Bot)
}

/// A granted scope, or a permission of Auth0. It is one word; a text that no scope can be (RFC 6749 section 3.3) is never
/// granted.
#[must_use]
pub fn scope(scope: &str) -> Rule {
    scopes([scope])
}

/// All of these scopes. An empty list lets nobody in.
#[must_use]
pub fn scopes<'a>(scopes: impl IntoIterator<Item = &'a str>) -> Rule {
    Rule::new(RuleKind::Scopes(scopes.into_iter().map(Into::into).collect()))
}

/// A role that the provider gives: [`Principal::has_role`].
#[must_use]
pub fn role(role: &str) -> Rule {
    Rule::new(RuleKind::Role(role.into()))
}

/// A claim that equals the value, or is an array that contains it. Types count: `"1"` is not `1`.
#[must_use]
pub fn claim(name: &str, value: impl Into<Value>) -> Rule {
    Rule::new(RuleKind::Claim { name: name.into(), value: value.into() })
}

/// Principals of that domain and no other, as far as the provider vouches for it: [`Principal::domain`].
#[must_use]
pub fn domain(domain: Domain) -> Rule {
    Rule::new(RuleKind::Domain(domain))
}

/// People whose last login (`auth_time`) is at most this old, in whole seconds and without leeway.
///
/// Without `auth_time` it is not met. A person is then sent to log in anew, with `max_age`, for which a provider must say the time; a
/// bearer token is refused.
#[must_use]
pub fn max_age(max_age: Duration) -> Rule {
    Rule::new(RuleKind::MaxAge(max_age))
}

/// People whose login was of one of these classes: `acr`, compared whole (OpenID Connect Core 1.0 section 2). An empty list lets
/// nobody in.
///
/// It says nothing of when that was: a session keeps its login's class. See [`max_age`].
///
/// What one page wants of a login belongs in one [`all`]: a new login is asked for what its rule says and no more, and takes the place of
/// the session. Two guards around one page, each with a rule of its own, undo each other's login, and the person goes round between
/// them. Together the classes, methods and values of a rule may have some 200 bytes.
#[must_use]
pub fn acr<'a>(classes: impl IntoIterator<Item = &'a str>) -> Rule {
    Rule::new(RuleKind::Acr(classes.into_iter().map(Into::into).collect()))
}

/// People whose login was by that method: `amr` has it (RFC 8176), such as `mfa` or `hwk`.
///
/// No specification lets a provider be asked for a method. What it is asked for are these `acr_values`, which make this provider
/// use it; with an empty list nobody is sent to log in again. As with [`acr`], what one page wants belongs in one [`all`]. Auth0 is
/// asked for a second factor so:
///
/// ```
/// use tower_oidc::principal::rules::{MULTI_FACTOR, amr};
///
/// let rule = amr("mfa", [MULTI_FACTOR]);
/// # assert_eq!(rule.to_string(), "amr(mfa)");
/// ```
#[must_use]
pub fn amr<'a>(method: &str, acr_values: impl IntoIterator<Item = &'a str>) -> Rule {
    let acr_values = acr_values.into_iter().map(Into::into).collect();
    Rule::new(RuleKind::Amr { method: method.into(), acr_values })
}

/// At least one of these rules. An empty list lets nobody in.
#[must_use]
pub fn any<R: Into<Rule>>(rules: impl IntoIterator<Item = R>) -> Rule {
    Rule::new(RuleKind::Any(rules.into_iter().map(Into::into).collect()))
}

/// All of these rules. An empty list lets nobody in.
#[must_use]
pub fn all<R: Into<Rule>>(rules: impl IntoIterator<Item = R>) -> Rule {
    Rule::new(RuleKind::All(rules.into_iter().map(Into::into).collect()))
}

/// Whoever does not meet the rule, for whatever reason: an absent claim, or an empty list, counts as not met.
#[must_use]
pub fn not(rule: impl Into<Rule>) -> Rule {
    Rule::new(RuleKind::Not(rule.into()))
}

/// A rule of one's own. The name is what logs show of it; the function may be called more than once for one request.
#[must_use]
pub fn rule_fn(name: &str, holds: impl Fn(&Principal) -> bool + Send + Sync + 'static) -> Rule {
    Rule::new(RuleKind::Closure { name: name.into(), holds: Box::new(holds) })
}

#[cfg(test)]
mod tests {
    use std::time::{SystemTime, UNIX_EPOCH};

    use serde_json::json;

    use super::super::fixtures::{admins, at, domain as a_domain, made, principal, settings, strings};
    use super::*;
    use crate::config::{PrincipalSettings, ProviderKind};

    const LOGIN: u64 = 1_700_000_000;

    fn at_second(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn holds(rule: impl Into<Rule>, principal: &Principal) -> bool {
        rule.into().check(principal, at_second(LOGIN)).is_ok()
    }

    #[test]
    fn admin_and_bot_follow_the_settings() {
        let settings = PrincipalSettings { admins: admins(["jane"]), bots: strings(["C"]), ..settings() };
        let jane = made(r#"{"sub":"jane"}"#, &settings).unwrap();
        let bot_principal = made(r#"{"sub":"C","client_id":"C"}"#, &settings).unwrap();
        for (principal, is_admin, is_bot) in [(&jane, true, false), (&bot_principal, false, true)] {
            assert_eq!((holds(admin(), principal), holds(bot(), principal)), (is_admin, is_bot));
            assert!(holds(signed_in(), principal) && !holds(not(signed_in()), principal));
        }
    }

    #[test]
    fn scopes_are_met_whole_and_all_together() {
        let json = r#"{"sub":"s","scope":"read:orders openid","permissions":["write:orders"]}"#;
        let jane = at(ProviderKind::Auth0, json, &settings()).unwrap();
        for (rule, expected) in [
            (scope("read:orders"), true),
            (scope("write:orders"), true),
            (scopes(["read:orders", "write:orders"]), true),
            (scopes(["read:orders", "delete:orders"]), false),
            (scope("read"), false),
            (scope("READ:ORDERS"), false),
            (scope("read:orders openid"), false),
            (scope(""), false),
            (scopes([]), false),
        ] {
            assert_eq!(holds(rule.clone(), &jane), expected, "{rule}");
        }
    }

    #[test]
    fn roles_are_met_only_by_the_roles_claim() {
        let settings = PrincipalSettings { roles_claim: Some("roles".to_owned()), ..settings() };
        let jane = made(r#"{"sub":"s","roles":["editor"],"groups":["owner"]}"#, &settings).unwrap();
        assert!(holds(role("editor"), &jane));
        assert!(!holds(role("Editor"), &jane) && !holds(role("owner"), &jane));
    }

    #[test]
    fn a_claim_equals_the_value_or_contains_it() {
        let jane = principal(
            r#"{"sub":"s","https://company.com/tenant":"acme","groups":["a","b"],"mfa":true,"level":3,"big":1e999}"#,
        );
        for (rule, expected) in [
            (claim("https://company.com/tenant", "acme"), true),
            (claim("https://company.com/tenant", "acm"), false),
            (claim("groups", "b"), true),
            (claim("groups", "c"), false),
            (claim("groups", json!(["a", "b"])), true),
            (claim("groups", json!(["a"])), false),
            (claim("mfa", true), true),
            (claim("mfa", "true"), false),
            (claim("level", 3), true),
            (claim("level", "3"), false),
            (claim("big", 1), false),
            (claim("absent", false), false),
            (claim("absent", Value::Null), false),
        ] {
            assert_eq!(holds(rule.clone(), &jane), expected, "{rule}");
        }
    }

    #[test]
    fn a_domain_is_met_whole_and_only_where_the_provider_vouches_for_it() {
        let company = || domain(a_domain("Company.com"));
        for (others, expected) in [
            (r#""email":"jane@COMPANY.com","email_verified":true"#, true),
            (r#""preferred_username":"jane@company.com""#, true),
            (r#""email":"jane@company.com""#, false),
            (r#""email":"jane@company.com","email_verified":false"#, false),
            (r#""preferred_username":"jane@evilcompany.com""#, false),
            (r#""preferred_username":"jane@company.com.evil.com""#, false),
            (r#""preferred_username":"jane@sub.company.com""#, false),
            (r#""preferred_username":"jane""#, false),
        ] {
            assert_eq!(holds(company(), &principal(&format!(r#"{{"sub":"s",{others}}}"#))), expected, "{others}");
        }
    }

    #[test]
    fn a_login_is_recent_up_to_its_last_second() {
        let rule = max_age(Duration::from_secs(300));
        let jane = principal(&format!(r#"{{"sub":"s","auth_time":{LOGIN}}}"#));
        for (now, expected) in [
            (LOGIN, true),
            (LOGIN + 300, true),
            (LOGIN + 301, false),
            // The provider's clock is ahead of ours, by as much as may be and by more.
            (LOGIN - 300, true),
            (LOGIN - 301, false),
            (0, false),
        ] {
            assert_eq!(rule.check(&jane, at_second(now)).is_ok(), expected, "{now}");
        }
        assert!(!holds(rule, &principal(r#"{"sub":"s","iat":1700000000}"#)));
    }

    /// A machine does not log in, whatever its token says.
    #[test]
    fn what_is_asked_of_a_login_lets_no_machine_in() {
        let claims = format!(r#""acr":"gold","amr":["mfa"],"auth_time":{LOGIN}}}"#);
        let person = principal(&format!(r#"{{"sub":"jane",{claims}"#));
        let machine = principal(&format!(r#"{{"sub":"C","client_id":"C",{claims}"#));
        for rule in [acr(["gold"]), amr("mfa", []), max_age(Duration::from_secs(300))] {
            assert_eq!((holds(rule.clone(), &person), holds(rule.clone(), &machine)), (true, false), "{rule}");
        }
    }

    #[test]
    fn a_login_is_of_a_class_and_by_a_method_as_its_claims_say() {
        let jane = principal(r#"{"sub":"s","acr":"gold","amr":["pwd","mfa"]}"#);
        for (rule, expected) in [
            (acr(["gold"]), true),
            (acr(["silver", "gold"]), true),
            (acr(["silver"]), false),
            (acr(["Gold"]), false),
            (acr([]), false),
            (amr("mfa", []), true),
            (amr("mfa", [MULTI_FACTOR]), true),
            (amr("hwk", [MULTI_FACTOR]), false),
            (amr("MFA", []), false),
        ] {
            assert_eq!(holds(rule.clone(), &jane), expected, "{rule}");
        }
        assert_eq!(
            (jane.acr().as_deref(), jane.amr().collect::<Vec<_>>()),
            (Some("gold"), vec!["pwd".into(), "mfa".into()])
        );
        for json in
            [r#"{"sub":"s"}"#, r#"{"sub":"s","acr":["gold"],"amr":[["mfa"]]}"#, r#"{"sub":"s","acr":0,"amr":{}}"#]
        {
            let unknown = principal(json);
            assert!(!holds(acr(["gold", "0"]), &unknown) && !holds(amr("mfa", []), &unknown), "{json}");
        }
    }

    #[test]
    fn rules_combine_and_empty_groups_let_nobody_in() {
        let jane = principal(r#"{"sub":"s","scope":"a"}"#);
        let (yes, no) = (|| scope("a"), || scope("b"));
        for (rule, expected) in [
            (any([no(), yes()]), true),
            (any([no(), no()]), false),
            (all([yes(), yes()]), true),
            (all([yes(), no()]), false),
            (not(no()), true),
            (not(yes()), false),
            (not(any([no(), all([yes(), no()])])), true),
            (any::<Rule>([]), false),
            (all::<Rule>([]), false),
        ] {
            assert_eq!(holds(rule.clone(), &jane), expected, "{rule}");
        }
    }

    #[test]
    fn a_closure_is_a_rule() {
        let jane = principal(r#"{"sub":"s","preferred_username":"jane"}"#);
        assert!(holds(|principal: &Principal| principal.username() == "jane", &jane));
        assert!(!holds(|principal: &Principal| principal.username() == "john", &jane));
        let named = rule_fn("short_name", |principal| principal.username().len() < 5);
        assert!(holds(all([named.clone(), signed_in()]), &jane));
        assert_eq!(named.to_string(), "short_name");
    }

    #[test]
    fn a_rule_shows_its_structure() {
        let rule = any([
            all([signed_in(), admin(), bot(), scope("a"), scopes(["b", "c"]), role("editor")]),
            not(claim("tenant", "acme")),
            all([domain(a_domain("company.com")), max_age(Duration::from_secs(60)), (|_: &Principal| true).into()]),
            all([acr(["gold", "silver"]), amr("mfa", [MULTI_FACTOR])]),
        ]);
        let text = "any(all(signed_in, admin, bot, scope(a), scopes(b, c), role(editor)), not(claim(tenant, \"acme\")), \
                    all(domain(company.com), max_age(60s), closure), all(acr(gold, silver), amr(mfa)))";
        assert_eq!(format!("{rule:?}"), text);
    }
}
