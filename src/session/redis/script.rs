//! The one script, and calls of it.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use redis::{Cmd, ErrorKind, FromRedisValue, RedisResult, ServerErrorKind, aio::MultiplexedConnection, cmd};

const TEXT: &str = include_str!("store.lua");

/// The script, and the name that Redis gives it: the SHA-1 of its text.
pub(super) struct Script {
    name: String,
}

/// A call of the script. It may be sent again when nobody knows what became of it.
pub(super) struct Call {
    keys: Vec<String>,
    arguments: Vec<Vec<u8>>,
}

impl Script {
    pub(super) fn new() -> Self {
        let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, TEXT.as_bytes());
        Self { name: hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect() }
    }

    /// Redis keeps scripts that it has seen, and may forget them at any time.
    pub(super) async fn run<T: FromRedisValue>(
        &self,
        call: &Call,
        connection: &mut MultiplexedConnection,
    ) -> RedisResult<T> {
        match call.command("EVALSHA", &self.name).query_async(connection).await {
            Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) => {
                call.command("EVAL", TEXT).query_async(connection).await
            }
            answered => answered,
        }
    }
}

impl Call {
    /// A call on these keys.
    pub(super) fn on(keys: impl IntoIterator<Item = String>) -> Self {
        Self { keys: keys.into_iter().collect(), arguments: Vec::new() }
    }

    pub(super) fn with(mut self, argument: impl Into<Vec<u8>>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    pub(super) fn with_number(self, number: u64) -> Self {
        self.with(number.to_string())
    }

    fn command(&self, verb: &str, script: &str) -> Cmd {
        let mut command = cmd(verb);
        command.arg(script).arg(self.keys.len()).arg(&self.keys).arg(&self.arguments);
        command
    }
}
