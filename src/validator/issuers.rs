//! Whose token is this: the way from an `iss` to the provider whose keys may sign it.

use std::{collections::HashMap, time::Duration};

use crate::{
    jose::{Jws, RoutingClaim},
    provider::{IssuerRule, Provider},
    types::Issuer,
};

use super::TokenError;

/// When to try again, where the provider's own schedule is not known.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// All trusted issuers. Finding one costs the same with one and with a hundred.
#[derive(Debug)]
pub(super) struct Issuers {
    providers: Vec<Provider>,
    /// Issuers that the operator pinned.
    pinned: HashMap<Issuer, usize>,
    /// Providers whose issuer their metadata tells, or whose issuer is a template.
    discovered: Vec<usize>,
}

impl Issuers {
    pub(super) fn new(providers: Vec<Provider>) -> Self {
        let mut pinned = HashMap::new();
        let mut discovered = Vec::new();
        for (position, provider) in providers.iter().enumerate() {
            match provider.snapshot().issuer() {
                Some(IssuerRule::Exact(issuer)) if provider.settings().issuer.is_some() => {
                    pinned.insert(issuer.clone(), position);
                }
                _ => discovered.push(position),
            }
        }
        Self { providers, pinned, discovered }
    }

    /// The provider at a position that [`of`](Self::of) gave.
    pub(super) fn provider(&self, position: usize) -> &Provider {
        &self.providers[position]
    }

    /// Whether that is the position of a trusted issuer: the configured provider is the first.
    pub(super) fn is_trusted(&self, position: usize) -> bool {
        position > 0
    }

    /// The position of the provider of the issuer that a token names, and that issuer's exact text.
    pub(super) fn of(&self, token: &Jws<'_>) -> Result<(usize, Issuer), TokenError> {
        let name = token.unverified_routing_claim(RoutingClaim::Issuer)?.ok_or(TokenError::Missing { claim: "iss" })?;
        if let Some((issuer, position)) = self.pinned.get_key_value(&*name) {
            return Ok((*position, issuer.clone()));
        }
        let mut undiscovered = false;
        for position in self.discovered.iter().copied() {
            match self.provider(position).snapshot().issuer() {
                Some(rule) => match matching(rule, &name, token)? {
                    Some(issuer) => return Ok((position, issuer)),
                    None => continue,
                },
                None => undiscovered = true,
            }
        }
        // Until every provider has told its issuer, nobody can say that this one is not trusted.
        Err(if undiscovered {
            TokenError::KeysUnavailable { retry_after: RETRY_AFTER }
        } else {
            TokenError::UnknownIssuer
        })
    }
}

/// The exact text of the issuer that a token names, which must be that of this one provider.
pub(super) fn issuer_of(token: &Jws<'_>, provider: &Provider) -> Result<Issuer, TokenError> {
    let name = token.unverified_routing_claim(RoutingClaim::Issuer)?.ok_or(TokenError::Missing { claim: "iss" })?;
    match provider.snapshot().issuer() {
        Some(rule) => matching(rule, &name, token)?.ok_or(TokenError::UnknownIssuer),
        None => Err(TokenError::KeysUnavailable { retry_after: RETRY_AFTER }),
    }
}

/// The issuer of that name, if the rule lets it in. `tid` means the tenant where the rule has a place for one; elsewhere it is some claim
/// of the provider's own.
fn matching(rule: &IssuerRule, name: &str, token: &Jws<'_>) -> Result<Option<Issuer>, TokenError> {
    let tenant = match rule {
        IssuerRule::Exact(_) => None,
        IssuerRule::Template(_) => token.unverified_routing_claim(RoutingClaim::Tenant)?,
    };
    Ok(rule.matches(name, tenant.as_deref()))
}
