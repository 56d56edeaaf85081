//! A program that sends tokens, good and bad.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::StatusCode;
use serde_json::json;
use tower_oidc::{testing::SigningKey, types::Algorithm};

use crate::{agent::Agent, random::Random, tally::Verdict, world::World};

/// Most tokens that a program has.
const MOST: usize = 6;

pub(crate) struct Program {
    name: String,
    agent: Agent,
    random: Random,
    /// Tokens that were accepted: their keys are known.
    accepted: Vec<String>,
    /// Nobody's.
    stranger: SigningKey,
}

/// Why a token is bad.
#[derive(Debug, Clone, Copy)]
enum Bad {
    Expired,
    ForAnotherApi,
    OfAnotherIssuer,
    Changed,
    Forged,
    IdToken,
    Garbage,
    /// Of a key that nobody ever had.
    MadeUpKey,
}

impl Program {
    pub(crate) fn new(number: usize, world: &Arc<World>, random: Random) -> Self {
        let (name, agent) = (format!("program-{number}"), Agent::new(number, world));
        Self { name, agent, random, accepted: Vec::new(), stranger: SigningKey::generate(Algorithm::Es256) }
    }

    pub(crate) async fn run_until(mut self, end: Instant) {
        while Instant::now() < end {
            match self.random.below(0..100) {
                0..50 => self.send_an_old_one().await,
                50..70 => self.send_a_new_one().await,
                _ => self.send_a_bad_one().await,
            }
            tokio::time::sleep(Duration::from_millis(self.random.below(0..60))).await;
        }
    }

    /// Everything, while nothing is wrong.
    pub(crate) async fn show_tokens(mut self) {
        for _ in 0..3 {
            self.send_a_new_one().await;
            self.send_an_old_one().await;
            self.send_a_bad_one().await;
        }
    }

    /// Its key is known: no provider is needed.
    async fn send_an_old_one(&mut self) {
        if self.accepted.is_empty() {
            return self.send_a_new_one().await;
        }
        let token = self.random.one_of(&self.accepted).clone();
        let answer = self.send(&token).await;
        let own = answer.status == StatusCode::OK && answer.subject().as_ref() == Some(&self.name);
        let verdict = if own { Verdict::Right } else { Verdict::Wrong("200 for a token whose key is known") };
        self.agent.world.tally.took(answer.span.until - answer.span.from);
        self.agent.judge(&self.name, &answer, verdict);
    }

    async fn send_a_new_one(&mut self) {
        let token = self.agent.world.provider.token(&self.name).sign();
        let answer = self.send(&token).await;
        let (timeline, span) = (self.agent.timeline(), answer.span);
        let verdict = match answer.status {
            StatusCode::OK if answer.subject().as_ref() == Some(&self.name) => Verdict::Right,
            StatusCode::SERVICE_UNAVAILABLE => {
                Verdict::excused_if(timeline.excuses_documents(span), "keys without trouble")
            }
            StatusCode::UNAUTHORIZED => Verdict::excused_if(timeline.excuses_a_new_key(span), "200 for a known key"),
            _ => Verdict::Wrong("200 for a good token"),
        };
        if matches!(verdict, Verdict::Right) {
            if self.accepted.len() == MOST {
                self.accepted.remove(0);
            }
            self.accepted.push(token);
        }
        self.agent.judge(&self.name, &answer, verdict);
    }

    async fn send_a_bad_one(&mut self) {
        let usual = [
            Bad::Expired,
            Bad::ForAnotherApi,
            Bad::OfAnotherIssuer,
            Bad::Changed,
            Bad::Forged,
            Bad::IdToken,
            Bad::Garbage,
        ];
        // A few of them: more would use up the budget for new keys for good, and every new key would come late.
        let made_up = self.random.below(0..100) == 0;
        let bad = if made_up { Bad::MadeUpKey } else { *self.random.one_of(&usual) };
        let token = self.bad(bad);
        let answer = self.send(&token).await;
        let excused = || self.agent.timeline().excuses_documents(answer.span);
        let verdict = match answer.status {
            StatusCode::UNAUTHORIZED => Verdict::Right,
            StatusCode::SERVICE_UNAVAILABLE => Verdict::excused_if(excused(), "a verdict on a bad token"),
            _ => Verdict::Wrong("401 for a bad token"),
        };
        self.agent.judge(&format!("{} with {bad:?}", self.name), &answer, verdict);
    }

    async fn send(&self, token: &str) -> crate::agent::Answer {
        let authorization = format!("Bearer {token}");
        self.agent.send_as_it_is(http::Method::GET, "/me", &[("authorization", &authorization)], &[], "").await
    }

    fn bad(&mut self, bad: Bad) -> String {
        let provider = &self.agent.world.provider;
        let token = || provider.token(&self.name);
        match bad {
            Bad::Expired => token().claim("exp", 1).sign(),
            Bad::ForAnotherApi => token().audience("https://other.example").sign(),
            Bad::OfAnotherIssuer => token().issuer("https://other.example").sign(),
            Bad::Changed => {
                let (token, other) = (token().sign(), provider.token("somebody-else").sign());
                let parts: Vec<_> = token.split('.').collect();
                [parts[0], other.split('.').nth(1).unwrap(), parts[2]].join(".")
            }
            Bad::Forged => {
                let kid = provider.signing_key().key_id().to_owned();
                token().key(&self.stranger).header("kid", kid).sign()
            }
            Bad::IdToken => provider.id_token(&self.name).sign(),
            Bad::Garbage => "a.b.c".to_owned(),
            Bad::MadeUpKey => {
                let token = token().sign();
                let kid = format!("made-up-{}", self.random.next());
                let header = json!({ "alg": "RS256", "typ": "at+jwt", "kid": kid }).to_string();
                format!("{}.{}", URL_SAFE_NO_PAD.encode(header), token.split_once('.').unwrap().1)
            }
        }
    }
}
