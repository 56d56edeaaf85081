//! The way of a request, on one page.

use http::{HeaderMap, Method, Request, Uri};

use crate::{
    metrics::Lookup,
    principal::{Principal, Rule},
    types::{BoxFuture, Issuer},
    validator::{AccessToken, Proof, Renewal, TokenError, Unfinished, Verified},
};

use super::{
    AuthError,
    browser::{Attendance, Visiting, Visitor},
    credentials::{self, Credentials},
    decision::About,
    realm::Realm,
    setup::Setup,
};

/// What is looked at of a request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) method: &'a Method,
    pub(super) uri: &'a Uri,
    pub(super) headers: &'a HeaderMap,
}

impl<'a> Asked<'a> {
    pub(super) fn of<A>(request: &'a Request<A>) -> Self {
        Self { method: request.method(), uri: request.uri(), headers: request.headers() }
    }
}

/// What becomes of a request before its handler sees it: it goes on, with a principal if it brought credentials, or is refused.
pub(super) type Verdict = Result<Option<Principal>, AuthError>;

/// What is decided about a request without waiting.
pub(super) enum Decision {
    /// The verdict.
    Made(Verdict),
    /// It waits, and is then decided with [`resume`].
    Wait(BoxFuture<'static, Awaited>),
}

/// Why a token has no principal, or none without waiting.
pub(super) enum Undecided {
    /// The verdict: refused.
    Refused(AuthError),
    /// The verdict waits for a renewal of the issuer's keys.
    Renewal(Renewal),
}

/// What a request has waited for.
pub(super) enum Awaited {
    /// A renewal of the keys that its token may be signed with.
    Keys(Result<(), TokenError>),
    /// Its session.
    Session(Attendance),
}

/// Credentials, then verified token or live session, then principal. Pure but for the time of day and what is remembered.
///
/// The `visitor` is there when the request has no `Authorization` header and the service has a login.
pub(super) fn decide(setup: &Setup, asked: Asked<'_>, visitor: Option<&mut Visitor>) -> Decision {
    credentials(setup, asked, visitor).unwrap_or_else(|error| Decision::Made(Err(error)))
}

/// The decision after waiting: nothing is waited for twice. What was decided before has noted nothing: a token without a verdict leaves
/// its proof alone.
pub(super) fn resume(setup: &Setup, asked: Asked<'_>, visitor: Option<&mut Visitor>, awaited: Awaited) -> Verdict {
    match (awaited, visitor) {
        (Awaited::Keys(Err(error)), _) => Err(error.into()),
        (Awaited::Keys(Ok(())), visitor) => match decide(setup, asked, visitor) {
            Decision::Made(verdict) => verdict,
            Decision::Wait(_) => Err(TokenError::UnknownKey.into()),
        },
        (Awaited::Session(attendance), Some(visitor)) => visitor.receive(attendance),
        (Awaited::Session(_), None) => Ok(None),
    }
}

fn credentials(setup: &Setup, asked: Asked<'_>, visitor: Option<&mut Visitor>) -> Result<Decision, AuthError> {
    match (Credentials::of(asked.headers, setup.realm().dpop_scheme())?, visitor) {
        (Credentials::Bearer(token), _) => bearer(setup, token, None),
        (Credentials::Dpop(token), _) => bound(setup, token, asked),
        (Credentials::None, Some(visitor)) => session(visitor, asked.headers),
        (Credentials::None, None) => Ok(Decision::Made(Ok(None))),
    }
}

/// A token that is bound to a key, with the proof beside it (RFC 9449 section 7.1).
fn bound(setup: &Setup, token: &[u8], asked: Asked<'_>) -> Result<Decision, AuthError> {
    let proofs = credentials::proofs(asked.headers);
    let proof = Proof::read(proofs, asked.method, asked.uri).map_err(TokenError::from)?;
    bearer(setup, token, Some(&proof))
}

fn bearer(setup: &Setup, token: &[u8], proof: Option<&Proof<'_>>) -> Result<Decision, AuthError> {
    match principal_of(setup, token, proof) {
        Ok(principal) => Ok(Decision::Made(Ok(Some(principal)))),
        Err(Undecided::Refused(error)) => Err(error),
        Err(Undecided::Renewal(renewal)) => Ok(Decision::Wait(Box::pin(async { Awaited::Keys(renewal.wait().await) }))),
    }
}

/// The one way from a token to its principal: remembered from an earlier request, or verified and made now. A proof is looked at either
/// way, and used up by it.
pub(super) fn principal_of(setup: &Setup, token: &[u8], proof: Option<&Proof<'_>>) -> Result<Principal, Undecided> {
    let validate = |lookup: &mut Lookup| {
        let Some(cache) = setup.token_cache() else {
            lookup.without_cache();
            return make(setup, setup.validator().try_access_token_with(token, proof)?);
        };
        cache.get_or_make_with(token, proof, |verified| {
            lookup.missed();
            make(setup, verified)
        })
    };
    let realm = setup.realm();
    realm.journal.meters().validated(|| realm.clock.elapsed(), validate, Undecided::is_verdict)
}

fn make(setup: &Setup, verified: Verified<AccessToken>) -> Result<Principal, Undecided> {
    Ok(Principal::from_access_token(verified, &setup.settings().principal)?.let_in_to(setup.realm()))
}

fn session(visitor: &mut Visitor, headers: &HeaderMap) -> Result<Decision, AuthError> {
    Ok(match visitor.look(headers)? {
        Visiting::Known(principal) => Decision::Made(Ok(principal)),
        Visiting::Waiting(attendance) => Decision::Wait(Box::pin(async { Awaited::Session(attendance.await) })),
    })
}

/// A principal that a rule of the route lets in.
pub(super) fn admit<A>(
    realm: &Realm,
    principal: Option<&Principal>,
    rule: &Rule,
    request: &Request<A>,
) -> Result<(), AuthError> {
    let principal = principal.ok_or(AuthError::NoCredentials)?;
    rule.check(principal, realm.clock.now())?;
    realm.journal.admitted(principal, rule, || About::request(request));
    Ok(())
}

/// Which of the trusted issuers the token of a refused request names. It proves nothing; the log shows it.
pub(super) fn named_issuer(setup: &Setup, headers: &HeaderMap) -> Option<Issuer> {
    match Credentials::of(headers, setup.realm().dpop_scheme()) {
        Ok(Credentials::Bearer(token) | Credentials::Dpop(token)) => setup.validator().named_issuer(token),
        _ => None,
    }
}

impl Undecided {
    fn is_verdict(&self) -> bool {
        matches!(self, Self::Refused(_))
    }

    /// The verdict when nothing more is waited for.
    pub(super) fn into_verdict(self) -> AuthError {
        match self {
            Self::Refused(error) => error,
            Self::Renewal(_) => TokenError::UnknownKey.into(),
        }
    }
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
