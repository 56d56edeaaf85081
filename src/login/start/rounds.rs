//! Rounds to the provider and back that would never end, and the cookies by which they are known.

use std::time::Duration;

use http::{HeaderMap, HeaderValue};

use crate::{
    config::LoginSettings,
    login::{Login, LoginError},
    session::{SameSite, request_cookies},
};

use super::transaction;

/// Shorter than a person takes to sign in, and longer than a browser takes to go there and back.
const ROUND: Duration = Duration::from_secs(5);

/// Most rounds, each within that time of the one before. A session that the provider ends at once is no loop yet.
const MOST_ROUNDS: u8 = 3;

/// What a browser has just come back from, or was just sent to.
#[derive(Debug, Clone, Copy)]
pub(in crate::login) enum Round {
    /// A login that was finished. Whoever comes without a session now has lost it on the way: a store behind a balancer that
    /// is not shared, a proxy that drops long cookies.
    Finished,
    /// A login that is to be stronger than the last, or else newer. Whoever is still not let in has met a provider that asks nothing
    /// and counts time otherwise than we do, or a page whose rules undo one another's logins.
    StepUp {
        /// Whether strength is what was missing.
        is_too_weak: bool,
    },
    /// A callback that belonged to no login, after which another was started. Whoever comes back like that again has met a
    /// provider that answers with a state that is not ours.
    Healed,
}

impl Round {
    fn cookie(self) -> &'static str {
        match self {
            Self::Finished => "oidc_signed_in",
            Self::StepUp { .. } => "oidc_step_up",
            Self::Healed => "oidc_healed",
        }
    }

    fn error(self) -> LoginError {
        match self {
            Self::Finished => LoginError::SessionLost,
            Self::StepUp { is_too_weak: true } => LoginError::TooWeak,
            Self::StepUp { is_too_weak: false } => LoginError::StillTooOld,
            Self::Healed => LoginError::Loop,
        }
    }

    /// What is counted at a callback must come along with it, and that may be a form that the provider's page posts.
    fn same_site(self, settings: &LoginSettings) -> SameSite {
        match self {
            Self::Finished | Self::Healed => transaction::same_site(settings),
            Self::StepUp { .. } => SameSite::Lax,
        }
    }
}

impl Login {
    /// Refuses to send a browser round again that has gone round and round within the last seconds.
    ///
    /// # Errors
    /// [`LoginError::SessionLost`], [`LoginError::StillTooOld`], [`LoginError::TooWeak`], [`LoginError::Loop`].
    pub(in crate::login) fn check_round(&self, round: Round, headers: &HeaderMap) -> Result<(), LoginError> {
        if self.rounds(round, headers) < MOST_ROUNDS { Ok(()) } else { Err(round.error()) }
    }

    /// The cookie that remembers one round more for a few seconds.
    ///
    /// # Errors
    /// As for [`check_round`](Self::check_round): without it there would be no end.
    pub(in crate::login) fn note_round(&self, round: Round, headers: &HeaderMap) -> Result<HeaderValue, LoginError> {
        let count = self.rounds(round, headers).saturating_add(1).to_string();
        let (name, same_site) = (self.cookies.name(round.cookie()), round.same_site(&self.settings));
        let set = self.cookies.set(&name, &count, same_site, Some(ROUND));
        set.map_err(|_| round.error())
    }

    fn rounds(&self, round: Round, headers: &HeaderMap) -> u8 {
        let name = self.cookies.name(round.cookie());
        let count = request_cookies(headers).find(|(cookie, _)| *cookie == name).map(|(_, count)| count.parse());
        count.map_or(0, |count| count.unwrap_or(MOST_ROUNDS))
    }

    /// The removal of that cookie, if it is there: somebody who signs out may sign in again at once, and a login that was finished
    /// has ended what was healed before.
    pub(in crate::login) fn forget_round(&self, round: Round, headers: &HeaderMap) -> Option<HeaderValue> {
        let (name, same_site) = (self.cookies.name(round.cookie()), round.same_site(&self.settings));
        let removal = || self.cookies.removal(&name, same_site).ok();
        (self.rounds(round, headers) > 0).then(removal).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_of_each_kind_are_counted_by_themselves() {
        let rounds = [Round::Finished, Round::StepUp { is_too_weak: true }, Round::Healed];
        assert_eq!(rounds.map(Round::cookie), ["oidc_signed_in", "oidc_step_up", "oidc_healed"]);
    }
}
