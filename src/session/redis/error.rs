//! Why Redis does not answer.

use std::{io, sync::Arc};

use redis::{ErrorKind, RedisError};

use super::link::COMMAND_LIMIT;

/// Longest word of Redis's that is shown, in characters. Its own have less than twenty.
const MAX_WORD: usize = 32;

/// Why Redis does not answer. Nothing in it comes from the URL, and nothing from Redis but its word for the failure.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum RedisStoreError {
    /// The URL is none of a Redis, or has what this store does not know.
    #[error(
        "the URL is not one of a Redis: write redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE], with rediss:// for TLS"
    )]
    Url,
    /// TLS cannot be set up.
    #[error("TLS cannot be set up, or the platform has no roots")]
    Roots,
    /// There is no connection.
    #[error("Redis cannot be reached: {kind}")]
    Unreachable {
        /// What the system says.
        kind: io::ErrorKind,
    },
    /// The TLS handshake failed.
    #[error("the TLS handshake with Redis failed")]
    Tls(#[source] Arc<io::Error>),
    /// The connection broke off, twice where it was an old one.
    #[error("the connection to Redis broke off")]
    Lost,
    /// No answer within two seconds, a new connection included.
    #[error("Redis has not answered within {} seconds", COMMAND_LIMIT.as_secs())]
    TimedOut,
    /// The user or the password is not right.
    #[error("Redis refuses the user or the password")]
    Credentials,
    /// Redis refuses the command: `READONLY` on a copy, `OOM` when it is full, `NOPERM` by its rules, `MOVED` in a cluster.
    #[error("Redis refuses the command: {word}")]
    Refused {
        /// Redis's word for it.
        word: String,
    },
    /// The answer is none that the command has.
    #[error("Redis's answer cannot be read")]
    Answer,
}

impl RedisStoreError {
    /// The reason as one word, for the log and for metrics to count by.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Url => "malformed_url",
            Self::Roots => "no_roots",
            Self::Unreachable { .. } => "unreachable",
            Self::Tls(_) => "tls",
            Self::Lost => "connection_lost",
            Self::TimedOut => "timeout",
            Self::Credentials => "credentials",
            Self::Refused { .. } => "refused",
            Self::Answer => "unreadable_answer",
        }
    }

    /// No `From`: that would make the version of `redis` a part of the crate's own.
    pub(super) fn of_redis(error: &RedisError) -> Self {
        match (error.kind(), error.code()) {
            (ErrorKind::AuthenticationFailed, _) | (_, Some("NOAUTH" | "WRONGPASS")) => Self::Credentials,
            (_, Some(word)) => Self::Refused { word: shown(word) },
            (ErrorKind::Io, None) if error.is_timeout() => Self::TimedOut,
            (ErrorKind::Io, None) => Self::Lost,
            _ => Self::Answer,
        }
    }
}

fn shown(word: &str) -> String {
    word.chars().filter(char::is_ascii_alphanumeric).take(MAX_WORD).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_that_says_nothing_is_told_from_one_that_broke_off() {
        let of = |kind: io::ErrorKind| RedisStoreError::of_redis(&RedisError::from(io::Error::from(kind)));
        assert!(matches!(of(io::ErrorKind::TimedOut), RedisStoreError::TimedOut));
        for kind in [io::ErrorKind::ConnectionReset, io::ErrorKind::BrokenPipe, io::ErrorKind::UnexpectedEof] {
            assert!(matches!(of(kind), RedisStoreError::Lost), "{kind}");
        }
    }
}
