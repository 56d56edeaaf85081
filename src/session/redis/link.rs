//! One connection that everybody shares, made when it is needed and made anew when it is lost.
//!
//! 1. Who asks while there is no connection makes one; the others wait for that.
//! 2. After an attempt that failed there is a pause, and who asks in it is refused at once. It doubles from [`FIRST_PAUSE`] to
//!    [`LONGEST_PAUSE`].
//! 3. A connection that breaks off, or on which an answer does not come in time, is given up. What was asked on an old one is
//!    asked again once: Redis closes idle connections, and one that was started again knows none.
//! 4. The log tells when Redis is lost and when it is back, once each.

use std::{sync::Arc, time::Duration};

use arc_swap::ArcSwapOption;
use redis::{FromRedisValue, RedisError, aio::MultiplexedConnection};
use tokio::{sync::Mutex, time::timeout};

use crate::{provider::Causes, types::Clock};

use super::{
    RedisStoreError,
    address::Address,
    script::{Call, Script},
};

/// Longest time for one command, a new connection included. Redis answers in a millisecond; somebody waits.
pub(super) const COMMAND_LIMIT: Duration = Duration::from_secs(2);

/// Longest time to a connection, TLS and password included. It leaves the rest of [`COMMAND_LIMIT`] for the command.
const CONNECT_LIMIT: Duration = Duration::from_secs(1);

/// The pause after the first attempt that failed.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// The longest pause: for so long at most requests are refused though Redis is back.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Redis's word for a copy that takes no writes: after a fail-over the name may lead to another machine.
const READ_ONLY: &str = "READONLY";

/// One connection that everybody shares.
pub(super) struct Link {
    address: Address,
    script: Script,
    clock: Arc<dyn Clock>,
    connection: ArcSwapOption<MultiplexedConnection>,
    attempts: Mutex<Attempts>,
}

/// What came of the latest attempts to connect.
#[derive(Default)]
struct Attempts {
    failure: Option<Failure>,
}

struct Failure {
    error: RedisStoreError,
    pause: Duration,
    /// The clock's [`elapsed`](Clock::elapsed) at the end of the pause.
    until: Duration,
}

impl Link {
    pub(super) fn new(address: Address, clock: Arc<dyn Clock>) -> Self {
        let (connection, attempts) = (ArcSwapOption::empty(), Mutex::default());
        Self { address, script: Script::new(), clock, connection, attempts }
    }

    /// The answer to a call.
    ///
    /// # Errors
    /// Whatever is wrong, within [`COMMAND_LIMIT`]. Whether the call was carried out is not known then.
    pub(super) async fn ask<T: FromRedisValue>(&self, call: &Call) -> Result<T, RedisStoreError> {
        let mut used = None;
        let answered = timeout(COMMAND_LIMIT, self.ask_twice(call, &mut used)).await;
        answered.unwrap_or_else(|_| {
            self.give_up(used.as_ref());
            Err(RedisStoreError::TimedOut)
        })
    }

    /// Connects, if there is no connection.
    pub(super) async fn connect(&self) -> Result<Arc<MultiplexedConnection>, RedisStoreError> {
        if let Some(connection) = self.connection.load_full() {
            return Ok(connection);
        }
        let mut attempts = self.attempts.lock().await;
        if let Some(connection) = self.connection.load_full() {
            return Ok(connection);
        }
        attempts.may_go_on(self.clock.elapsed())?;
        match timeout(CONNECT_LIMIT, self.address.connect()).await.unwrap_or(Err(RedisStoreError::TimedOut)) {
            Ok(connection) => {
                attempts.succeeded();
                let connection = Arc::new(connection);
                self.connection.store(Some(Arc::clone(&connection)));
                Ok(connection)
            }
            Err(error) => Err(attempts.failed(error, self.clock.elapsed())),
        }
    }

    /// `used` is the connection that is in use, for when this is given up in the middle.
    async fn ask_twice<T: FromRedisValue>(
        &self,
        call: &Call,
        used: &mut Option<Arc<MultiplexedConnection>>,
    ) -> Result<T, RedisStoreError> {
        let answered = match self.ask_once(call, used).await? {
            Err(error) if error.is_connection_dropped() => self.ask_once(call, used).await?,
            answered => answered,
        };
        answered.map_err(|error| RedisStoreError::of_redis(&error))
    }

    async fn ask_once<T: FromRedisValue>(
        &self,
        call: &Call,
        used: &mut Option<Arc<MultiplexedConnection>>,
    ) -> Result<Result<T, RedisError>, RedisStoreError> {
        let connection = used.insert(self.connect().await?);
        let answered = self.script.run(call, &mut MultiplexedConnection::clone(connection)).await;
        if let Err(error) = &answered
            && (error.is_unrecoverable_error() || error.code() == Some(READ_ONLY))
        {
            self.give_up(Some(connection));
        }
        Ok(answered)
    }

    /// The next call makes a connection anew, unless somebody has already.
    fn give_up(&self, connection: Option<&Arc<MultiplexedConnection>>) {
        if let Some(connection) = connection {
            self.connection.compare_and_swap(connection, None);
        }
    }
}

impl Attempts {
    fn may_go_on(&self, now: Duration) -> Result<(), RedisStoreError> {
        match &self.failure {
            Some(failure) if now < failure.until => Err(failure.error.clone()),
            _ => Ok(()),
        }
    }

    fn succeeded(&mut self) {
        match self.failure.take() {
            Some(_) => tracing::info!("the session store answers again"),
            None => tracing::debug!("connected to the session store"),
        }
    }

    fn failed(&mut self, error: RedisStoreError, now: Duration) -> RedisStoreError {
        let pause = match &self.failure {
            Some(failure) => (failure.pause * 2).min(LONGEST_PAUSE),
            None => FIRST_PAUSE,
        };
        if self.failure.is_none() {
            tracing::warn!(error = %Causes(&error), "the session store cannot be reached: whoever has a session gets a 503");
        } else {
            tracing::debug!(error = %Causes(&error), "the session store cannot be reached yet");
        }
        self.failure = Some(Failure { error: error.clone(), pause, until: now.saturating_add(pause) });
        error
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_begin_anew_after_a_success() {
        let mut attempts = Attempts::default();
        let mut now = Duration::ZERO;
        let mut pauses = Vec::new();
        for _ in 0..7 {
            assert!(attempts.may_go_on(now).is_ok());
            attempts.failed(RedisStoreError::TimedOut, now);
            let until = attempts.failure.as_ref().unwrap().until;
            let error = attempts.may_go_on(until - Duration::from_nanos(1)).unwrap_err();
            assert!(matches!(error, RedisStoreError::TimedOut));
            pauses.push((until - now).as_millis());
            now = until;
        }
        assert_eq!(pauses, [100, 200, 400, 800, 1600, 2000, 2000]);
        attempts.succeeded();
        attempts.failed(RedisStoreError::TimedOut, now);
        assert_eq!(attempts.failure.unwrap().pause, FIRST_PAUSE);
    }
}
