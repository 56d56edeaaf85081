//! The answer of a rule that is not met.

use std::time::{Duration, SystemTime};

use crate::types::Scopes;

use super::{Principal, Rule, Strength, rule::RuleKind};

/// A principal does not meet a rule. It holds parts of the rule and nothing of the principal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the rule `{rule}` is not met")]
pub struct Denied {
    rule: Box<str>,
    /// Boxed: every request passes a result that may hold one.
    remedy: Box<Remedy>,
}

/// What a client could bring for a rule to be met. Empty: nothing that it could fetch by itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Remedy {
    scopes: Scopes,
    max_age: Option<Duration>,
    strength: Option<Strength>,
    /// The login of now is not of that strength.
    is_too_weak: bool,
    /// What decides about the part that refused, for the operator.
    decided_by: Option<&'static str>,
}

impl Denied {
    pub(super) fn new(rule: &Rule, principal: &Principal, now: SystemTime) -> Self {
        let remedy = remedy(rule, principal, now).unwrap_or_default();
        let (rule, part) = refused(rule, principal, now);
        Self { rule: rule.into(), remedy: Box::new(Remedy { decided_by: decided_by(part), ..remedy }) }
    }

    /// The part of the rule that refused, on its path through the whole: `all(scope(read:orders))`.
    #[must_use]
    pub fn rule(&self) -> &str {
        &self.rule
    }

    /// What of the configuration decides about the part that refused, where that can be said.
    pub(crate) fn decided_by(&self) -> Option<&'static str> {
        self.remedy.decided_by
    }

    /// The scopes of a token that would be let in, those that it holds already included: the `scope` of an
    /// `insufficient_scope` challenge (RFC 6750 section 3). Empty when no scopes would help.
    #[must_use]
    pub fn scopes(&self) -> &Scopes {
        &self.remedy.scopes
    }

    /// How old a login may be, when a newer one would help (RFC 9470 section 3).
    #[must_use]
    pub fn max_age(&self) -> Option<Duration> {
        self.remedy.max_age
    }

    /// Whether a stronger login would help.
    #[must_use]
    pub fn is_too_weak(&self) -> bool {
        self.remedy.is_too_weak
    }

    /// How strong a new login must be, where one would help: all that the rule asks of it, met by now or not (RFC 9470 section 3).
    #[must_use]
    pub fn strength(&self) -> Option<&Strength> {
        let helps = self.is_too_weak() || self.max_age().is_some();
        self.remedy.strength.as_ref().filter(|_| helps)
    }
}

/// The first part that is not met, and its name in those of the groups around it.
fn refused<'a>(rule: &'a Rule, principal: &Principal, now: SystemTime) -> (String, &'a Rule) {
    if let RuleKind::All(rules) = rule.kind()
        && let Some(part) = rules.iter().find(|part| !part.holds(principal, now))
    {
        let (name, part) = refused(part, principal, now);
        return (format!("all({name})"), part);
    }
    (rule.to_string(), rule)
}

fn decided_by(part: &Rule) -> Option<&'static str> {
    Some(match part.kind() {
        RuleKind::Admin => "one of adminPrincipals or adminEmails, whose address the provider has verified",
        RuleKind::Role(_) => "that role in the claim of rolesClaim, with useRolesFromProvider",
        RuleKind::Domain(_) => "a name of that domain, which the provider has verified",
        _ => return None,
    })
}

/// What the client must bring for the rule to be met. `None`: nothing that it could fetch by itself would do.
fn remedy(rule: &Rule, principal: &Principal, now: SystemTime) -> Option<Remedy> {
    let met = || rule.holds(principal, now);
    match rule.kind() {
        // Named even where it is met: a new token without it would be refused in turn.
        RuleKind::Scopes(words) => Remedy::of_scopes(words),
        // A machine does not log in.
        RuleKind::MaxAge(_) | RuleKind::Acr(_) | RuleKind::Amr { .. } if principal.is_machine() => None,
        RuleKind::MaxAge(_) if met() => Some(Remedy::default()),
        RuleKind::MaxAge(max_age) => Some(Remedy::of_max_age(*max_age)),
        // Named even where it is met, as scopes are.
        RuleKind::Acr(classes) => Remedy::of_strength(Strength::of_class(classes), met()),
        RuleKind::Amr { method, acr_values } => Remedy::of_strength(Strength::by_method(method, acr_values), met()),
        RuleKind::All(rules) if !rules.is_empty() => {
            rules.iter().try_fold(Remedy::default(), |all, part| all.and(remedy(part, principal, now)?))
        }
        RuleKind::Any(rules) => match rules.iter().find(|part| part.holds(principal, now)) {
            Some(part) => remedy(part, principal, now),
            None => rules.iter().find_map(|part| remedy(part, principal, now)),
        },
        _ => met().then(Remedy::default),
    }
}

impl Remedy {
    fn of_scopes(words: &[Box<str>]) -> Option<Self> {
        let mut scopes = Scopes::default();
        scopes.extend(words.iter().map(AsRef::as_ref));
        let grantable = words.iter().all(|word| scopes.contains(word));
        (grantable && !words.is_empty()).then_some(Self { scopes, ..Self::default() })
    }

    fn of_max_age(max_age: Duration) -> Self {
        Self { max_age: Some(max_age), ..Self::default() }
    }

    /// What is met needs nobody to be asked for it; the next login is to be of it all the same.
    fn of_strength(strength: Strength, is_met: bool) -> Option<Self> {
        let can_be_had = is_met || strength.can_be_asked();
        can_be_had.then(|| Self { strength: Some(strength), is_too_weak: !is_met, ..Self::default() })
    }

    fn and(mut self, other: Self) -> Option<Self> {
        self.scopes.extend(other.scopes.iter());
        self.max_age = self.max_age.into_iter().chain(other.max_age).min();
        self.strength = match (self.strength, other.strength) {
            (Some(one), Some(other)) => Some(one.and(other)?),
            (one, other) => one.or(other),
        };
        self.is_too_weak |= other.is_too_weak;
        Some(self)
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::super::{
        fixtures::principal,
        rules::{acr, admin, all, amr, any, claim, max_age, not, role, rule_fn, scope, scopes, signed_in},
    };
    use super::*;

    const NOW: u64 = 1_700_000_000;
    const FIVE_MINUTES: Duration = Duration::from_secs(300);

    fn denied(rule: &Rule, principal: &Principal) -> Denied {
        rule.check(principal, UNIX_EPOCH + Duration::from_secs(NOW)).unwrap_err()
    }

    fn jane() -> Principal {
        principal(r#"{"sub":"SUBJECT","scope":"a","auth_time":1600000000,"tenant":"TENANT"}"#)
    }

    #[test]
    fn the_part_that_refused_is_named_with_its_path() {
        for (rule, part) in [
            (admin(), "admin"),
            (all([scope("a"), scope("b"), admin()]), "all(scope(b))"),
            (all([signed_in(), all([scope("a"), role("editor")])]), "all(all(role(editor)))"),
            (any([scope("b"), admin()]), "any(scope(b), admin)"),
            (all([any([scope("b"), admin()])]), "all(any(scope(b), admin))"),
            (not(all([scope("a")])), "not(all(scope(a)))"),
            (all([rule_fn("office_hours", |_| false)]), "all(office_hours)"),
            (all::<Rule>([]), "all()"),
        ] {
            let denied = denied(&rule, &jane());
            assert_eq!(denied.rule(), part, "{rule}");
            assert_eq!(denied.to_string(), format!("the rule `{part}` is not met"));
        }
    }

    #[test]
    fn what_decides_is_named_for_the_part_that_refused() {
        for (rule, key) in [
            (admin(), Some("adminPrincipals")),
            (all([scope("a"), role("editor")]), Some("rolesClaim")),
            (all([scope("b"), admin()]), None),
            (any([admin(), role("editor")]), None),
        ] {
            let decided_by = denied(&rule, &jane()).decided_by();
            assert_eq!(decided_by.is_some(), key.is_some(), "{rule}");
            assert!(key.is_none_or(|key| decided_by.unwrap().contains(key)), "{rule}: {decided_by:?}");
        }
    }

    #[test]
    fn scopes_are_named_where_a_token_with_them_would_be_let_in() {
        for (rule, named) in [
            (scope("b"), "b"),
            (scopes(["b", "a"]), "b a"),
            (all([scope("a"), scope("b")]), "a b"),
            (all([scope("c"), scope("b"), signed_in()]), "c b"),
            (any([scope("b"), scope("c")]), "b"),
            (any([admin(), scope("c")]), "c"),
            (all([any([admin(), scope("a")]), scope("b")]), "a b"),
            // A token with other scopes would be refused all the same.
            (all([scope("b"), admin()]), ""),
            (all([admin(), scope("b")]), ""),
            (all([scope("a"), admin()]), ""),
            (any([admin(), role("editor")]), ""),
            (not(scope("a")), ""),
            (scope("b c"), ""),
            (scopes(["b", "b c"]), ""),
            (any([all::<Rule>([]), scope("b")]), "b"),
            (scopes([]), ""),
            (claim("tenant", "acme"), ""),
        ] {
            assert_eq!(denied(&rule, &jane()).scopes().as_str(), named, "{rule}");
        }
    }

    #[test]
    fn a_newer_login_is_asked_for_where_it_would_help() {
        let minutes = |count| max_age(FIVE_MINUTES * count);
        for (rule, helps) in [
            (minutes(1), Some(FIVE_MINUTES)),
            (all([scope("a"), minutes(1)]), Some(FIVE_MINUTES)),
            (all([minutes(2), minutes(1)]), Some(FIVE_MINUTES)),
            (all([scope("b"), minutes(1)]), Some(FIVE_MINUTES)),
            (any([admin(), minutes(1)]), Some(FIVE_MINUTES)),
            (all([minutes(1), admin()]), None),
            (all([scope("b"), max_age(Duration::from_secs(NOW))]), None),
            (scope("b"), None),
        ] {
            assert_eq!(denied(&rule, &jane()).max_age(), helps, "{rule}");
        }
        let without_login_time = principal(r#"{"sub":"s"}"#);
        assert_eq!(denied(&minutes(1), &without_login_time).max_age(), Some(FIVE_MINUTES));
    }

    #[test]
    fn a_stronger_login_is_asked_for_where_it_would_help() {
        let silver = principal(r#"{"sub":"s","acr":"silver","amr":["pwd"],"auth_time":1600000000}"#);
        let (gold, mfa, new) = (|| acr(["gold"]), || amr("mfa", ["m"]), || max_age(FIVE_MINUTES));
        for (rule, is_too_weak, asked) in [
            (gold(), true, Some("gold")),
            (acr(["platinum", "gold"]), true, Some("platinum gold")),
            (mfa(), true, Some("m")),
            (all([gold(), mfa(), gold()]), true, Some("gold m")),
            (all([gold(), new()]), true, Some("gold")),
            (any([admin(), gold(), mfa()]), true, Some("gold")),
            (all([scope("a"), gold()]), true, Some("gold")),
            // A new login must be as strong as this one is.
            (all([acr(["silver"]), new()]), false, Some("silver")),
            (all([amr("pwd", []), new()]), false, Some("")),
            (all([amr("pwd", []), gold()]), true, Some("gold")),
            (all([acr(["silver"]), scope("a")]), false, None),
            // Nobody can be asked for it, or it would not be enough.
            (amr("mfa", []), false, None),
            (acr(["a b"]), false, None),
            (acr([]), false, None),
            (all([gold(), acr(["silver"])]), false, None),
            (all([gold(), admin()]), false, None),
            (not(acr(["silver"])), false, None),
        ] {
            let denied = denied(&rule, &silver);
            let strength = denied.strength().map(Strength::acr_values);
            assert_eq!((denied.is_too_weak(), strength.as_deref()), (is_too_weak, asked), "{rule}");
        }
    }

    #[test]
    fn a_machine_is_not_asked_to_log_in() {
        let machine = principal(r#"{"sub":"C","client_id":"C","auth_time":1700000000,"acr":"gold","amr":["mfa"]}"#);
        for rule in [max_age(FIVE_MINUTES), acr(["gold"]), amr("mfa", ["m"])] {
            let denied = denied(&rule, &machine);
            assert_eq!((denied.max_age(), denied.strength(), denied.is_too_weak()), (None, None, false), "{rule}");
        }
    }

    #[test]
    fn a_refusal_holds_nothing_of_the_principal() {
        let refusal = denied(&all([claim("tenant", "acme"), admin()]), &jane());
        let text = format!("{refusal} {refusal:?}");
        assert!(!text.contains("TENANT") && !text.contains("SUBJECT"), "{text}");
    }
}
