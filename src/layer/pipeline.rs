//! The way of a request, on one page.

use http::HeaderMap;

use crate::{
    principal::{Principal, Rule},
    validator::{Renewal, TokenError, Unfinished},
};

use super::{Auth, AuthError, credentials::Credentials};

/// What is decided about a request before its handler sees it.
#[derive(Debug)]
pub(super) enum Decision {
    /// It goes on, with a principal if it brought credentials.
    Pass(Option<Principal>),
    /// It is refused.
    Refuse(AuthError),
    /// It waits for a renewal of keys, and is then decided with [`decide_again`].
    Renew(Renewal),
}

/// Credentials, then verified token, then principal. Pure but for the time of day.
pub(super) fn decide(auth: &Auth, headers: &HeaderMap) -> Decision {
    match principal_of(auth, headers) {
        Ok(principal) => Decision::Pass(principal),
        Err(Undecided::Refused(error)) => Decision::Refuse(error),
        Err(Undecided::Renewal(renewal)) => Decision::Renew(renewal),
    }
}

/// The decision after a renewal: there is no second one.
pub(super) fn decide_again(auth: &Auth, headers: &HeaderMap, renewed: Result<(), TokenError>) -> Decision {
    match renewed {
        Err(error) => Decision::Refuse(error.into()),
        Ok(()) => match decide(auth, headers) {
            Decision::Renew(_) => Decision::Refuse(TokenError::UnknownKey.into()),
            decided => decided,
        },
    }
}

fn principal_of(auth: &Auth, headers: &HeaderMap) -> Result<Option<Principal>, Undecided> {
    let token = match Credentials::of(headers)? {
        Credentials::None => return Ok(None),
        Credentials::Bearer(token) => token,
    };
    let verified = auth.validator().try_access_token(token)?;
    Ok(Some(Principal::from_access_token(verified, &auth.settings().principal)?))
}

/// A principal that a rule of the route lets in.
pub(super) fn admit(auth: &Auth, principal: Option<&Principal>, rule: &Rule) -> Result<(), AuthError> {
    let principal = principal.ok_or(AuthError::NoCredentials)?;
    Ok(rule.check(principal, auth.clock().now())?)
}

/// The mark in a request's extensions that the layer was passed, and by whom.
#[derive(Debug, Clone)]
pub(crate) struct Layered(pub(crate) Auth);

enum Undecided {
    Refused(AuthError),
    Renewal(Renewal),
}

impl From<Unfinished> for Undecided {
    fn from(unfinished: Unfinished) -> Self {
        match unfinished {
            Unfinished::Refused(error) => Self::Refused(error.into()),
            Unfinished::Renewal(renewal) => Self::Renewal(renewal),
        }
    }
}

impl<E: Into<AuthError>> From<E> for Undecided {
    fn from(error: E) -> Self {
        Self::Refused(error.into())
    }
}
