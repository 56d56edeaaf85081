//! A person with a browser.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use http::{StatusCode, header};
use reqwest::Method;
use tower_oidc::testing::Endpoint;

use crate::{
    agent::{Agent, Answer},
    random::Random,
    tally::Verdict,
    timeline::Span,
    world::World,
};

pub(crate) struct Person {
    name: String,
    agent: Agent,
    random: Random,
    /// When somebody is signed in here: since when.
    session: Option<Instant>,
    /// Never signs out.
    stays: bool,
}

impl Person {
    pub(crate) fn new(number: usize, world: &Arc<World>, random: Random) -> Self {
        let (name, agent) = (format!("person-{number}"), Agent::new(number, world));
        Self { name, agent, random, session: None, stays: number.is_multiple_of(3) }
    }

    /// Does one thing after another.
    pub(crate) async fn live_until(mut self, end: Instant) {
        while Instant::now() < end {
            match (self.session, self.random.below(0..100)) {
                (None, 0..10) => self.look_in().await,
                (None, _) => self.sign_in().await,
                (Some(_), 0..70) => self.use_it().await,
                (Some(_), 70..78) => self.use_it_with_a_bad_token().await,
                (Some(_), 78..86) => self.renew().await,
                (Some(_), _) if self.stays => self.use_it().await,
                (Some(_), 86..95) => self.sign_out().await,
                (Some(_), _) => self.be_signed_out().await,
            }
            tokio::time::sleep(Duration::from_millis(self.random.below(0..60))).await;
        }
    }

    /// Everything once, while nothing is wrong.
    pub(crate) async fn come_and_go(mut self) {
        self.look_in().await;
        self.sign_in().await;
        self.use_it().await;
        self.renew().await;
        self.use_it().await;
        self.sign_out().await;
        self.look_in().await;
        self.sign_in().await;
        self.be_signed_out().await;
        self.look_in().await;
    }

    /// Nobody is signed in.
    async fn look_in(&mut self) {
        let answer = self.agent.get("/me", &[]).await;
        let verdict = match answer.status {
            StatusCode::UNAUTHORIZED => Verdict::Right,
            _ => Verdict::Wrong("401 without a session"),
        };
        self.judge(&answer, verdict);
    }

    async fn sign_in(&mut self) {
        let answer = self.agent.get("/login?return_to=/me", &[("accept", "text/html")]).await;
        let to_the_provider = answer.status == StatusCode::FOUND;
        self.judge(&answer, if to_the_provider { Verdict::Right } else { Verdict::Wrong("302 to the provider") });
        let Some(callback) = self.sign_in_there(answer.location()).await else { return };
        self.agent.world.tally.callback();
        let answer = self.agent.get(&callback, &[("accept", "text/html")]).await;
        let (timeline, span) = (self.agent.timeline(), answer.span);
        let verdict = match answer.status {
            StatusCode::SEE_OTHER if answer.location() == "/me" => Verdict::Right,
            StatusCode::SERVICE_UNAVAILABLE => {
                Verdict::excused_if(timeline.excuses_a_login(span), "a login without trouble")
            }
            StatusCode::INTERNAL_SERVER_ERROR => Verdict::excused_if(timeline.excuses_a_mistake(span), "a login"),
            StatusCode::BAD_REQUEST => Verdict::excused_if(timeline.excuses_a_new_key(span), "a login with known keys"),
            _ => Verdict::Wrong("a login"),
        };
        if matches!(verdict, Verdict::Right) {
            self.session = Some(span.from);
            self.agent.world.tally.session();
        }
        self.judge(&answer, verdict);
        if self.session.is_some() {
            self.use_it().await;
        }
    }

    /// At the provider's page: the path of the callback. None when the provider is not there.
    async fn sign_in_there(&self, authorization: &str) -> Option<String> {
        let from = Instant::now();
        let (_, request) = authorization.split_once('?')?;
        let form = [("request", request), ("name", &*self.name)];
        let login = self.agent.world.provider.endpoint(Endpoint::Login).url();
        let answer = self.agent.world.client.post(login).form(&form).send().await;
        let Ok(answer) = answer else {
            let excused = self.agent.timeline().excuses_the_provider(Span { from, until: Instant::now() });
            assert!(excused, "the provider is there: {answer:?}");
            return None;
        };
        let location = answer.headers().get(header::LOCATION).expect("the provider leads back").to_str().unwrap();
        Some(location.strip_prefix(&self.agent.application().origin).expect("to where it came from").to_owned())
    }

    /// A page, with one request or with several side by side.
    async fn use_it(&mut self) {
        let count = *self.random.one_of(&[1, 1, 3, 4]);
        for answer in self.agent.get_side_by_side("/me", count).await {
            let verdict = self.with_a_session(&answer);
            self.judge(&answer, verdict);
        }
    }

    /// The session is live, whatever the provider does, unless its refresh token was lost.
    fn with_a_session(&mut self, answer: &Answer) -> Verdict {
        match answer.status {
            StatusCode::OK if answer.subject().as_ref() == Some(&self.name) => Verdict::Right,
            StatusCode::OK => Verdict::Wrong("one's own name"),
            StatusCode::UNAUTHORIZED => self.is_over(answer),
            _ => Verdict::Wrong("200 with a session"),
        }
    }

    fn is_over(&mut self, answer: &Answer) -> Verdict {
        // One of several side by side has told it already.
        let Some(since) = self.session.take() else { return Verdict::Excused };
        let lost = self.agent.timeline().has_lost_tokens(&self.name, Span { from: since, until: answer.span.until });
        Verdict::excused_if(lost, "a session that goes on")
    }

    /// The header counts alone.
    async fn use_it_with_a_bad_token(&mut self) {
        let answer = self.agent.get("/me", &[("authorization", "Bearer a.b.c")]).await;
        let refused = answer.status == StatusCode::UNAUTHORIZED;
        self.judge(
            &answer,
            if refused { Verdict::Right } else { Verdict::Wrong("401 for a bad token, cookie or not") },
        );
    }

    async fn renew(&mut self) {
        let answer = self.agent.post("/refresh", &[]).await;
        let (timeline, span) = (self.agent.timeline(), answer.span);
        let verdict = match answer.status {
            StatusCode::OK => Verdict::Right,
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::INTERNAL_SERVER_ERROR => {
                Verdict::excused_if(timeline.excuses_a_renewal(span), "a renewal")
            }
            StatusCode::UNAUTHORIZED => self.is_over(&answer),
            _ => Verdict::Wrong("a renewal"),
        };
        self.judge(&answer, verdict);
    }

    async fn sign_out(&mut self) {
        let copy = self.agent.cookies();
        self.agent.world.tally.logout();
        let answer = self.agent.post("/logout", &[]).await;
        let to_the_provider = answer.status == StatusCode::SEE_OTHER;
        self.judge(&answer, if to_the_provider { Verdict::Right } else { Verdict::Wrong("303 at a logout") });
        self.assert_is_out(&copy).await;
    }

    /// By the provider, behind the browser's back.
    async fn be_signed_out(&mut self) {
        let token = self.agent.world.provider.logout_token(&self.name).sign();
        let copy = self.agent.cookies();
        let nobody = String::new();
        let form = [("logout_token", &*token)];
        let answer = self.agent.send_as_it_is(Method::POST, "/backchannel-logout", &[], &form, &nobody).await;
        let (timeline, span) = (self.agent.timeline(), answer.span);
        let verdict = match answer.status {
            StatusCode::OK => Verdict::Right,
            StatusCode::BAD_REQUEST => {
                let excused = timeline.excuses_documents(span) || timeline.excuses_a_new_key(span);
                Verdict::excused_if(excused, "a logout by the provider")
            }
            _ => Verdict::Wrong("a logout by the provider"),
        };
        let is_out = matches!(verdict, Verdict::Right);
        self.judge(&answer, verdict);
        if is_out {
            self.assert_is_out(&copy).await;
        }
    }

    /// Every copy of what was ended is dead, whatever the provider does.
    async fn assert_is_out(&mut self, copy: &str) {
        self.session = None;
        let answer = self.agent.send_as_it_is(Method::GET, "/me", &[], &[], copy).await;
        let refused = answer.status == StatusCode::UNAUTHORIZED;
        self.judge(&answer, if refused { Verdict::Right } else { Verdict::Wrong("401 after a logout") });
        self.agent.jar.retain(|name, _| !name.contains("oidc_session"));
    }

    fn judge(&self, answer: &Answer, verdict: Verdict) {
        self.agent.judge(&self.name, answer, verdict);
    }
}
