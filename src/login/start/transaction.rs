//! A login that was started and has not come back.

use std::{borrow::Cow, time::Duration};

use aws_lc_rs::{
    constant_time::verify_slices_are_equal,
    digest::{SHA256, digest},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderValue};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::{
    config::{LoginSettings, ProviderKind, ResponseMode},
    principal::Strength,
    session::{BroughtSession, LONGEST_LOGIN, LoginBegin, SameSite, SessionId, request_cookies},
    types::{Issuer, Random, RandomError, Secret},
};

use crate::login::{Login, ReturnTo};

use super::{Start, pending};

/// How long a person may take at the provider.
const TRANSACTION_LIFETIME: Duration = LONGEST_LOGIN;

/// How far the clocks of two replicas may be apart, in seconds.
const MAX_CLOCK_DIFFERENCE: u64 = 60;

/// Bytes of state, nonce and code verifier: 256 bits each, and a verifier of 43 characters, the fewest that RFC 7636 section 4.1
/// allows.
const RANDOM_BYTES: usize = 32;

/// Most bytes of a strength, as it is written into the cookie: the cookie has room for so many beside the longest return address.
pub(super) const MAX_STRENGTH_BYTES: usize = 240;

/// What the state of a second attempt begins with. No other state has a dot.
const SECOND_ATTEMPT: &str = "again.";

/// What the cookies of all logins are named by; the rest of a name tells one login from another.
const COOKIE_PREFIX: &str = "oidc_login.";

/// Bytes of the hash in a cookie's name: 72 bits. It finds the cookie and proves nothing.
const NAME_HASH_BYTES: usize = 9;

/// A login that was started and has not come back: one sealed value, in a cookie of its own.
#[derive(Debug)]
pub(in crate::login) struct Transaction {
    pub(in crate::login) state: Secret,
    pub(in crate::login) nonce: Option<Secret>,
    pub(in crate::login) code_verifier: Option<Secret>,
    /// The provider's, as its metadata write it. A template (Microsoft Entra) is kept as one.
    pub(in crate::login) issuer: Issuer,
    pub(in crate::login) client_id: String,
    pub(in crate::login) redirect_uri: Url,
    pub(in crate::login) return_to: ReturnTo,
    /// In seconds since 1970.
    pub(in crate::login) started_at: u64,
    /// The same, in order with the logouts of the time.
    pub(in crate::login) begun: LoginBegin,
    /// The `max_age` that was sent.
    pub(in crate::login) max_age: Option<Duration>,
    /// How strong the login must be that `acr_values` were sent for.
    pub(in crate::login) strength: Option<Strength>,
    /// The Auth0 organization that was asked for.
    pub(in crate::login) organization: Option<String>,
    /// The session that the browser had when the login began, where its cookie does not come along with the answer.
    pub(in crate::login) replaces: Option<BroughtSession>,
}

impl Transaction {
    /// A new login with that issuer, begun at `now` in seconds since 1970 and at `begun` beside logouts.
    pub(in crate::login) fn new(
        start: &Start,
        settings: &LoginSettings,
        kind: ProviderKind,
        issuer: Issuer,
        (now, begun): (u64, LoginBegin),
        random: &dyn Random,
    ) -> Result<Self, RandomError> {
        let drawn_if = |wanted: bool| wanted.then(|| draw(random)).transpose();
        Ok(Self {
            state: draw_state(start.second_attempt, random)?,
            nonce: drawn_if(settings.use_nonce)?,
            code_verifier: drawn_if(settings.use_pkce)?,
            issuer,
            client_id: settings.client_id.clone(),
            redirect_uri: settings.callback_url.clone(),
            return_to: start.return_to.clone(),
            started_at: now,
            begun,
            max_age: [settings.max_age, start.max_age].into_iter().flatten().min(),
            strength: start.strength.clone(),
            organization: organization(start, settings, kind),
            replaces: None,
        })
    }

    /// The same, in the place of that session.
    pub(super) fn replacing(self, replaces: Option<BroughtSession>) -> Self {
        Self { replaces, ..self }
    }

    /// The cookies that keep it in the browser: its own, and the removal of the oldest ones beyond the most that may be pending.
    pub(in crate::login) fn cookies(
        &self,
        login: &Login,
        headers: &HeaderMap,
    ) -> Result<Vec<HeaderValue>, RandomError> {
        let (policy, same_site) = (login.cookies, same_site(&login.settings));
        let name = policy.name(&cookie_name(self.state.expose()));
        let value = login.seal.seal(name.as_bytes(), &self.encode(), &*login.random)?;
        let now = login.now();
        let started_at = |name: &str, sealed: &str| {
            let plaintext = login.seal.open(name.as_bytes(), sealed)?;
            let other = Self::decode(&plaintext, &login.settings)?;
            other.is_in_time(now).then_some(other.started_at)
        };
        let surplus = pending::surplus(
            request_cookies(headers),
            &policy.name(COOKIE_PREFIX),
            name.len() + value.len(),
            started_at,
        );
        let own = policy.set(&name, &value, same_site, Some(TRANSACTION_LIFETIME));
        let removals = surplus.into_iter().map(|name| policy.removal(name, same_site));
        Ok(std::iter::once(own).chain(removals).flatten().collect())
    }

    /// The login with that state that this browser has started, if it is not too old and is this client's.
    pub(in crate::login) fn find(login: &Login, headers: &HeaderMap, state: &str) -> Option<Self> {
        let issuer = login.provider.snapshot().metadata()?.issuer.clone();
        let name = login.cookies.name(&cookie_name(state));
        let opened = request_cookies(headers)
            .filter(|(other, _)| *other == name)
            .filter_map(|(_, sealed)| Self::decode(&login.seal.open(name.as_bytes(), sealed)?, &login.settings));
        let now = login.now();
        opened
            .into_iter()
            .find(|found| found.has_state(state) && found.is_in_time(now) && found.is_between(&login.settings, &issuer))
    }

    /// The removal of its cookie.
    pub(in crate::login) fn removal(&self, login: &Login) -> Option<HeaderValue> {
        let name = login.cookies.name(&cookie_name(self.state.expose()));
        login.cookies.removal(&name, same_site(&login.settings)).ok()
    }

    fn has_state(&self, state: &str) -> bool {
        verify_slices_are_equal(self.state.expose().as_bytes(), state.as_bytes()).is_ok()
    }

    /// Whether it may still come back at `now`.
    fn is_in_time(&self, now: u64) -> bool {
        let end = self.started_at.saturating_add(TRANSACTION_LIFETIME.as_secs());
        now < end && self.started_at <= now.saturating_add(MAX_CLOCK_DIFFERENCE)
    }

    /// Whether it is between the client of these settings and that provider. An answer to another one is none to us.
    fn is_between(&self, settings: &LoginSettings, issuer: &Issuer) -> bool {
        self.client_id == settings.client_id && self.redirect_uri == settings.callback_url && self.issuer == *issuer
    }

    fn encode(&self) -> Vec<u8> {
        let written = Written {
            state: self.state.expose().into(),
            nonce: self.nonce.as_ref().map(|nonce| nonce.expose().into()),
            verifier: self.code_verifier.as_ref().map(|verifier| verifier.expose().into()),
            issuer: self.issuer.as_str().into(),
            client: self.client_id.as_str().into(),
            redirect: self.redirect_uri.as_str().into(),
            to: self.return_to.as_str().into(),
            at: self.started_at,
            begun: self.begun.milliseconds().wrapping_sub(milliseconds(self.started_at)).cast_signed(),
            max_age: self.max_age.map(|max_age| max_age.as_secs()),
            strength: self.strength.as_ref().map(WrittenStrength::of),
            organization: self.organization.as_deref().map(Cow::from),
            replaces: self.replaces.as_ref().map(|session| (session.id.to_text().into(), session.opened_at)),
        };
        serde_json::to_vec(&written).unwrap_or_default()
    }

    /// Reads what was sealed. The return address is parsed again: the settings decide today.
    fn decode(plaintext: &[u8], settings: &LoginSettings) -> Option<Self> {
        let written: Written<'_> = serde_json::from_slice(plaintext).ok()?;
        let replaces = match &written.replaces {
            Some((id, opened_at)) => Some(BroughtSession { id: SessionId::parse(id)?, opened_at: *opened_at }),
            None => None,
        };
        Some(Self {
            state: Secret::new(written.state.into_owned()),
            nonce: written.nonce.map(|nonce| Secret::new(nonce.into_owned())),
            code_verifier: written.verifier.map(|verifier| Secret::new(verifier.into_owned())),
            issuer: Issuer::new(&written.issuer),
            client_id: written.client.into_owned(),
            redirect_uri: Url::parse(&written.redirect).ok()?,
            return_to: ReturnTo::parse(&written.to, settings)?,
            started_at: written.at,
            begun: LoginBegin::at(milliseconds(written.at).wrapping_add_signed(written.begun)),
            max_age: written.max_age.map(Duration::from_secs),
            strength: written.strength.map(WrittenStrength::read),
            organization: written.organization.map(Cow::into_owned),
            replaces,
        })
    }
}

/// A [`Transaction`] as it is sealed. A member more, less or of another type makes it unreadable.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written<'a> {
    state: Cow<'a, str>,
    nonce: Option<Cow<'a, str>>,
    verifier: Option<Cow<'a, str>>,
    issuer: Cow<'a, str>,
    client: Cow<'a, str>,
    redirect: Cow<'a, str>,
    to: Cow<'a, str>,
    at: u64,
    /// Milliseconds after `at`, which are few digits as a rule: the cookie has little room.
    begun: i64,
    max_age: Option<u64>,
    strength: Option<WrittenStrength<'a>>,
    organization: Option<Cow<'a, str>>,
    replaces: Option<(Cow<'a, str>, u64)>,
}

fn milliseconds(seconds: u64) -> u64 {
    seconds.wrapping_mul(1000)
}

/// The [parts](Strength::parts) of a [`Strength`], as they are sealed.
#[derive(Serialize, Deserialize)]
struct WrittenStrength<'a>([Cow<'a, [Box<str>]>; 3]);

impl<'a> WrittenStrength<'a> {
    fn of(strength: &'a Strength) -> Self {
        Self(strength.parts().map(Cow::Borrowed))
    }

    fn read(self) -> Strength {
        let [acr, amr, asked_by] = self.0.map(Cow::into_owned);
        Strength::new(acr, amr, asked_by)
    }
}

/// Whether the cookie of a login has room for that strength.
pub(super) fn has_room(strength: &Strength) -> bool {
    serde_json::to_vec(&WrittenStrength::of(strength)).is_ok_and(|written| written.len() <= MAX_STRENGTH_BYTES)
}

/// Whether a state is that of a login that was [started again](crate::login::callback::healing). Anybody can make such a one up, which only
/// keeps a login from being started.
pub(in crate::login) fn is_second_attempt(state: &Secret) -> bool {
    state.expose().starts_with(SECOND_ATTEMPT)
}

fn draw_state(second_attempt: bool, random: &dyn Random) -> Result<Secret, RandomError> {
    let state = draw(random)?;
    Ok(if second_attempt { Secret::new([SECOND_ATTEMPT, state.expose()].concat()) } else { state })
}

/// A value that nobody can guess, of unreserved characters.
fn draw(random: &dyn Random) -> Result<Secret, RandomError> {
    let mut bytes = [0; RANDOM_BYTES];
    random.fill(&mut bytes)?;
    Ok(Secret::new(URL_SAFE_NO_PAD.encode(bytes)))
}

/// The configured organization, which no link can change for another; without one, that of the link.
fn organization(start: &Start, settings: &LoginSettings, kind: ProviderKind) -> Option<String> {
    let configured = || settings.custom_params.get("organization").or(start.organization.as_ref()).cloned();
    (kind == ProviderKind::Auth0).then(configured)?
}

/// By the state's hash, so that the state finds its cookie and a list of cookies does not tell the state.
fn cookie_name(state: &str) -> String {
    let hash = digest(&SHA256, state.as_bytes());
    [COOKIE_PREFIX, &URL_SAFE_NO_PAD.encode(&hash.as_ref()[..NAME_HASH_BYTES])].concat()
}

/// A form that the provider's page posts comes from another site; an answer by the query is a navigation.
pub(super) fn same_site(settings: &LoginSettings) -> SameSite {
    match settings.response_mode {
        ResponseMode::FormPost => SameSite::None,
        ResponseMode::Query => SameSite::Lax,
    }
}

#[cfg(test)]
mod tests;
