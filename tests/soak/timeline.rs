//! What was wrong when, and so which answers are excused.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use tower_oidc::{
    provider::{DEMAND_INTERVAL, FETCH_LIMIT, PAUSE},
    testing::{Endpoint, Fault},
};

/// How long it may take, after metadata and keys can be had again, until they are had: an answer that trickles is waited for
/// until its end, and troubles of two seconds make for pauses of four at most.
const DOCUMENTS_RECOVER: Duration = FETCH_LIMIT.saturating_add(Duration::from_secs(6));

/// How long an answer may be under way on a busy machine after its trouble is over.
const ON_ITS_WAY: Duration = Duration::from_secs(1);

/// For how long a renewal that failed is not tried again.
const RENEWAL_PAUSE: Duration = Duration::from_secs(31);

/// How long a new key may stay unknown when made-up keys have used up the budget.
const NEW_KEY: Duration = DEMAND_INTERVAL.saturating_add(PAUSE).saturating_add(ON_ITS_WAY);

/// Longest pause of a task that only sleeps, beyond which the machine counts as standing still.
const STALL: Duration = Duration::from_secs(1);

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The provider is down.
    Down,
    /// Something else stands before its endpoints, which no application is to trust.
    Front,
    /// An endpoint has a fault.
    At(Endpoint, Fault),
    /// This machine does something else.
    Stall,
}

#[derive(Debug)]
struct Window {
    trouble: Trouble,
    from: Instant,
    until: Option<Instant>,
}

#[derive(Debug, Default)]
struct State {
    windows: Vec<Window>,
    rotations: Vec<Instant>,
    /// Whose refresh token the provider has replaced, and when.
    renewals: Vec<(String, Instant)>,
    /// Nothing before this excuses anything.
    well_since: Option<Instant>,
}

/// A request, from its sending to its answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    pub(crate) from: Instant,
    pub(crate) until: Instant,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Timeline(Arc<Mutex<State>>);

impl Timeline {
    /// To be called before the trouble begins.
    pub(crate) fn begin(&self, trouble: Trouble) -> usize {
        let mut state = self.0.lock().unwrap();
        state.windows.push(Window { trouble, from: Instant::now(), until: None });
        state.windows.len() - 1
    }

    /// To be called after the trouble has ended.
    pub(crate) fn end(&self, window: usize) {
        self.0.lock().unwrap().windows[window].until = Some(Instant::now());
    }

    /// To be called after the keys have changed; requests that were sent before are excused too.
    pub(crate) fn rotated(&self) {
        self.0.lock().unwrap().rotations.push(Instant::now());
    }

    /// To be called when the provider has replaced somebody's refresh token, before it answers.
    pub(crate) fn renewed(&self, name: String) {
        self.0.lock().unwrap().renewals.push((name, Instant::now()));
    }

    /// Nothing from before now excuses anything, but for what it has done to sessions and to renewals.
    pub(crate) fn forget_excuses(&self) {
        self.0.lock().unwrap().well_since = Some(Instant::now());
    }

    /// Notes when nothing on this machine gets on.
    pub(crate) fn watch_the_machine(&self) {
        let timeline = self.clone();
        tokio::spawn(async move {
            loop {
                let from = Instant::now();
                tokio::time::sleep(Duration::from_millis(50)).await;
                if from.elapsed() > STALL {
                    let window = Window { trouble: Trouble::Stall, from, until: Some(Instant::now()) };
                    timeline.0.lock().unwrap().windows.push(window);
                }
            }
        });
    }

    /// Whether the provider may not have been reached at all.
    pub(crate) fn excuses_the_provider(&self, span: Span) -> bool {
        self.any(span, ON_ITS_WAY, |trouble| matches!(trouble, Trouble::Down | Trouble::Stall))
    }

    /// Whether metadata or keys may have been out of reach.
    pub(crate) fn excuses_documents(&self, span: Span) -> bool {
        let documents = |trouble: &Trouble| match trouble {
            Trouble::At(endpoint, _) => matches!(endpoint, Endpoint::Jwks | Endpoint::Discovery),
            Trouble::Down | Trouble::Front | Trouble::Stall => true,
        };
        self.any(span, DOCUMENTS_RECOVER, documents)
    }

    /// Whether a new key may not have been looked for.
    pub(crate) fn excuses_a_new_key(&self, span: Span) -> bool {
        let state = self.0.lock().unwrap();
        let may_matter = |rotated: Instant| {
            span.from <= rotated + NEW_KEY && rotated <= span.until + ON_ITS_WAY && state.counts(rotated)
        };
        state.rotations.iter().copied().any(may_matter)
    }

    /// Whether an endpoint that every login asks may have failed.
    pub(crate) fn excuses_a_login(&self, span: Span) -> bool {
        let asked = |trouble: &Trouble| match trouble {
            Trouble::At(endpoint, _) => matches!(endpoint, Endpoint::Token | Endpoint::Userinfo),
            Trouble::Down | Trouble::Front | Trouble::Stall => true,
        };
        self.any(span, ON_ITS_WAY, asked) || self.excuses_documents(span)
    }

    /// Whether the token endpoint may have led elsewhere, or not have been where it is to be: somebody must mend that.
    pub(crate) fn excuses_a_mistake(&self, span: Span) -> bool {
        let is_away = |trouble: &Trouble| {
            matches!(trouble, Trouble::At(Endpoint::Token, Fault::RedirectTo(_) | Fault::Status(404)))
        };
        self.any(span, ON_ITS_WAY, is_away)
    }

    /// Whether a renewal may have failed lately. That lasts, however well the provider is now.
    pub(crate) fn excuses_a_renewal(&self, span: Span) -> bool {
        self.any_ever(span, RENEWAL_PAUSE, at_the_token_endpoint)
    }

    /// Whether the answer with a new refresh token of that person's may have got lost in that time. That lasts too.
    pub(crate) fn has_lost_tokens(&self, name: &str, span: Span) -> bool {
        let loses = |trouble: &Trouble| match trouble {
            Trouble::At(Endpoint::Token, fault) => {
                matches!(fault, Fault::Truncated | Fault::Malformed | Fault::Huge(_) | Fault::Trickle(_))
            }
            Trouble::At(..) => false,
            // What was on its way when the provider went down, when its connections broke, or when this machine stood still for a
            // time-out.
            Trouble::Down | Trouble::Front | Trouble::Stall => true,
        };
        let state = self.0.lock().unwrap();
        let own = state.renewals.iter().filter(|(who, at)| who == name && span.from <= *at && *at <= span.until);
        let mut answers = own.map(|(_, at)| Span { from: *at, until: *at + ON_ITS_WAY });
        // A request has met its fault before the provider acts on it.
        answers.any(|answer| {
            state.windows.iter().any(|window| window.touches(answer, ON_ITS_WAY) && loses(&window.trouble))
        })
    }

    pub(crate) fn troubles(&self) -> usize {
        self.0.lock().unwrap().windows.len()
    }

    /// How often TLS has failed.
    pub(crate) fn fronts(&self) -> usize {
        self.0.lock().unwrap().windows.iter().filter(|window| window.trouble == Trouble::Front).count()
    }

    pub(crate) fn rotations(&self) -> usize {
        self.0.lock().unwrap().rotations.len()
    }

    /// How often there was trouble with metadata or keys.
    pub(crate) fn troubles_with_documents(&self) -> usize {
        let state = self.0.lock().unwrap();
        let elsewhere = |window: &&Window| {
            matches!(window.trouble, Trouble::At(Endpoint::Token | Endpoint::Userinfo | Endpoint::Revoke, _))
        };
        state.windows.iter().filter(|window| !elsewhere(window)).count()
    }

    fn any(&self, span: Span, after: Duration, is_meant: impl Fn(&Trouble) -> bool) -> bool {
        let state = self.0.lock().unwrap();
        let counts = |window: &&Window| window.until.is_none_or(|until| state.counts(until));
        state.windows.iter().filter(counts).any(|window| window.touches(span, after) && is_meant(&window.trouble))
    }

    fn any_ever(&self, span: Span, after: Duration, is_meant: impl Fn(&Trouble) -> bool) -> bool {
        let state = self.0.lock().unwrap();
        state.windows.iter().any(|window| window.touches(span, after) && is_meant(&window.trouble))
    }
}

impl State {
    fn counts(&self, at: Instant) -> bool {
        self.well_since.is_none_or(|since| at >= since)
    }
}

impl Window {
    fn touches(&self, span: Span, after: Duration) -> bool {
        self.from <= span.until && self.until.is_none_or(|until| until + after >= span.from)
    }
}

fn at_the_token_endpoint(trouble: &Trouble) -> bool {
    matches!(trouble, Trouble::Down | Trouble::Front | Trouble::Stall | Trouble::At(Endpoint::Token, _))
}
