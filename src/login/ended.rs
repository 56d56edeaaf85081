//! Why sessions end, counted.

use crate::{metrics, session::Void};

use super::Login;

/// Why a session has ended. It stands in a metric's label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// The person signed out.
    Logout,
    /// The provider said so: one for each logout token, however many sessions it meant.
    BackChannelLogout,
    /// Likewise through the browser.
    FrontChannelLogout,
    /// The service said so: one for each call, however many sessions it meant.
    Service,
    /// The browser signed in anew. With `form_post` and sessions in cookies it may have been over before: since the login began.
    Replaced,
    /// `maxActiveSessionsPerUser`: a newer one of the same person took its place.
    TooMany,
    /// The provider does not renew it.
    RenewalRefused,
    /// The provider renewed it with tokens that are not to be trusted.
    RenewalUntrusted,
    /// It was renewed with more than it has room for.
    Outgrown,
    /// `sessionExpiry`.
    Expired,
    /// `sessionIdleTimeout`.
    Idle,
    /// `tokenValidity`.
    Stale,
}

impl Cause {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Logout => "logout",
            Self::BackChannelLogout => "back_channel_logout",
            Self::FrontChannelLogout => "front_channel_logout",
            Self::Service => "service",
            Self::Replaced => "replaced",
            Self::TooMany => "too_many",
            Self::RenewalRefused => "renewal_refused",
            Self::RenewalUntrusted => "renewal_untrusted",
            Self::Outgrown => "outgrown",
            Self::Expired => "expired",
            Self::Idle => "idle",
            Self::Stale => "stale",
        }
    }

    /// What a cookie without a live session tells of the end of one. One that was ended was counted then; nobody can tell what an
    /// unreadable one was.
    pub(super) const fn of(void: Void) -> Option<Self> {
        match void {
            Void::Expired => Some(Self::Expired),
            Void::Idle => Some(Self::Idle),
            Void::Stale => Some(Self::Stale),
            Void::Ended | Void::Unreadable => None,
        }
    }
}

impl Login {
    pub(super) fn count_end(&self, cause: Cause) {
        metrics::session_ended(&self.provider_name, cause.as_str());
    }
}
