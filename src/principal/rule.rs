//! What a route asks of its principal.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use serde_json::Value;

use crate::types::{Claims, Domain, unix_seconds};

use super::{Denied, Principal};

/// How far ahead of the clock an `auth_time` may lie and still count as a login of just now: the largest clock skew that a
/// configuration may allow (`maxClockSkew`).
const MAX_AHEAD: Duration = Duration::from_secs(300);

/// What a route asks of its principal. Made by the functions of [`rules`](super::rules), or from a closure:
///
/// ```
/// use tower_oidc::principal::{Principal, Rule};
///
/// let rule = Rule::from(|principal: &Principal| principal.username().starts_with("a"));
/// ```
///
/// Cheap to clone. `Display` and `Debug` show its structure: `any(admin, scope(write:orders))`.
#[derive(Clone)]
pub struct Rule(Arc<RuleKind>);

pub(super) enum RuleKind {
    SignedIn,
    Admin,
    Bot,
    Scopes(Vec<Box<str>>),
    Role(Box<str>),
    Claim { name: Box<str>, value: Value },
    Domain(Domain),
    MaxAge(Duration),
    Acr(Vec<Box<str>>),
    Amr { method: Box<str>, acr_values: Vec<Box<str>> },
    Any(Vec<Rule>),
    All(Vec<Rule>),
    Not(Rule),
    Closure { name: Box<str>, holds: Box<dyn Fn(&Principal) -> bool + Send + Sync> },
}

impl Rule {
    pub(super) fn new(kind: RuleKind) -> Self {
        Self(Arc::new(kind))
    }

    pub(super) fn kind(&self) -> &RuleKind {
        &self.0
    }

    /// Whether the principal meets the rule, at the time `now`.
    ///
    /// # Errors
    /// [`Denied`] when it does not: which part of the rule refused, and what would help.
    pub fn check(&self, principal: &Principal, now: SystemTime) -> Result<(), Denied> {
        if self.holds(principal, now) { Ok(()) } else { Err(Denied::new(self, principal, now)) }
    }

    pub(super) fn holds(&self, principal: &Principal, now: SystemTime) -> bool {
        match self.kind() {
            RuleKind::SignedIn => true,
            RuleKind::Admin => principal.is_admin(),
            RuleKind::Bot => principal.is_bot(),
            RuleKind::Scopes(words) => all(words, |word| principal.scopes().contains(word)),
            RuleKind::Role(role) => principal.has_role(role),
            RuleKind::Claim { name, value } => claim_holds(principal.claims(), name, value),
            RuleKind::Domain(domain) => principal.domain() == Some(domain),
            // These are of people: a machine does not log in, whatever its token says.
            RuleKind::MaxAge(_) | RuleKind::Acr(_) | RuleKind::Amr { .. } if principal.is_machine() => false,
            RuleKind::MaxAge(max_age) => principal.authenticated_at().is_some_and(|at| is_within(at, *max_age, now)),
            RuleKind::Acr(classes) => principal.acr().is_some_and(|own| classes.iter().any(|class| **class == *own)),
            RuleKind::Amr { method, .. } => principal.amr().any(|own| *own == **method),
            RuleKind::Any(rules) => rules.iter().any(|rule| rule.holds(principal, now)),
            RuleKind::All(rules) => all(rules, |rule| rule.holds(principal, now)),
            RuleKind::Not(rule) => !rule.holds(principal, now),
            RuleKind::Closure { holds, .. } => holds(principal),
        }
    }
}

/// Whether all of them hold, and there are any: a list that came out empty by mistake lets nobody in.
fn all<T>(parts: &[T], holds: impl Fn(&T) -> bool) -> bool {
    !parts.is_empty() && parts.iter().all(holds)
}

/// Whether the claim equals the value, or is an array that contains it.
fn claim_holds(claims: &Claims, name: &str, wanted: &Value) -> bool {
    match claims.get::<Value>(name) {
        Ok(Some(Value::Array(values))) if !wanted.is_array() => values.contains(wanted),
        Ok(Some(value)) => value == *wanted,
        Ok(None) | Err(_) => false,
    }
}

fn is_within(authenticated_at: u64, max_age: Duration, now: SystemTime) -> bool {
    let now = unix_seconds(now);
    authenticated_at <= now.saturating_add(MAX_AHEAD.as_secs())
        && now.saturating_sub(authenticated_at) <= max_age.as_secs()
}

impl<F> From<F> for Rule
where
    F: Fn(&Principal) -> bool + Send + Sync + 'static,
{
    fn from(holds: F) -> Self {
        super::rules::rule_fn("closure", holds)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind() {
            RuleKind::SignedIn => f.write_str("signed_in"),
            RuleKind::Admin => f.write_str("admin"),
            RuleKind::Bot => f.write_str("bot"),
            RuleKind::Scopes(words) if words.len() == 1 => call(f, "scope", words),
            RuleKind::Scopes(words) => call(f, "scopes", words),
            RuleKind::Role(role) => call(f, "role", [role]),
            RuleKind::Claim { name, value } => write!(f, "claim({name}, {value})"),
            RuleKind::Domain(domain) => call(f, "domain", [domain]),
            RuleKind::MaxAge(max_age) => write!(f, "max_age({}s)", max_age.as_secs()),
            RuleKind::Acr(classes) => call(f, "acr", classes),
            RuleKind::Amr { method, .. } => call(f, "amr", [method]),
            RuleKind::Any(rules) => call(f, "any", rules),
            RuleKind::All(rules) => call(f, "all", rules),
            RuleKind::Not(rule) => call(f, "not", [rule]),
            RuleKind::Closure { name, .. } => f.write_str(name),
        }
    }
}

fn call<T: fmt::Display>(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    arguments: impl IntoIterator<Item = T>,
) -> fmt::Result {
    write!(f, "{name}(")?;
    for (position, argument) in arguments.into_iter().enumerate() {
        let separator = if position > 0 { ", " } else { "" };
        write!(f, "{separator}{argument}")?;
    }
    f.write_str(")")
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
