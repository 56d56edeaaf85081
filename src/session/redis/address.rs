//! Where Redis is, and who asks.

use percent_encoding::percent_decode_str;
use redis::{AsyncConnectionConfig, RedisConnectionInfo, aio::MultiplexedConnection};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use url::{Host, Url};

use crate::types::Secret;

use super::{RedisStoreError, tls};

/// The port of Redis, as IANA lists it.
const PORT: u16 = 6379;

/// Where Redis is, and who asks.
pub(super) struct Address {
    /// A name or an IP address, without brackets.
    host: String,
    port: u16,
    database: i64,
    user: Option<String>,
    password: Option<Secret>,
    tls: Option<TlsConnector>,
}

impl Address {
    /// Reads `redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE]`. What stands behind that is refused: there is no option, and none
    /// is passed over.
    ///
    /// # Errors
    /// [`RedisStoreError::Url`], [`RedisStoreError::Roots`].
    pub(super) fn parse(url: &Secret) -> Result<Self, RedisStoreError> {
        let url = Url::parse(url.expose().trim()).map_err(|_| RedisStoreError::Url)?;
        let tls = match url.scheme() {
            "redis" => None,
            "rediss" => Some(tls::connector()?),
            _ => return Err(RedisStoreError::Url),
        };
        if url.query().is_some() || url.fragment().is_some() {
            return Err(RedisStoreError::Url);
        }
        let database = match url.path().trim_matches('/') {
            "" => 0,
            number => number.parse::<u16>().map_err(|_| RedisStoreError::Url)?.into(),
        };
        let user = Some(url.username()).filter(|user| !user.is_empty()).map(decoded).transpose()?;
        let password = url.password().map(decoded).transpose()?.map(Secret::new);
        Ok(Self { host: host(&url)?, port: url.port().unwrap_or(PORT), database, user, password, tls })
    }

    /// A new connection, on which everything is set up. A task of its own carries it until the last handle is gone.
    pub(super) async fn connect(&self) -> Result<MultiplexedConnection, RedisStoreError> {
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await.map_err(unreachable)?;
        // Requests are short and wait for their answer.
        stream.set_nodelay(true).map_err(unreachable)?;
        // The limit on a command covers what comes before it as well: see `Link`.
        let config = AsyncConnectionConfig::new().set_response_timeout(None);
        let info = self.info();
        let made = match &self.tls {
            Some(connector) => {
                let stream = tls::handshake(connector, &self.host, stream).await?;
                MultiplexedConnection::new_with_config(&info, stream, config).await.map(driven)
            }
            None => MultiplexedConnection::new_with_config(&info, stream, config).await.map(driven),
        };
        made.map_err(|error| RedisStoreError::of_redis(&error))
    }

    fn info(&self) -> RedisConnectionInfo {
        let mut info = RedisConnectionInfo::default().set_db(self.database);
        if let Some(user) = &self.user {
            info = info.set_username(user);
        }
        if let Some(password) = &self.password {
            info = info.set_password(password.expose());
        }
        info
    }
}

fn host(url: &Url) -> Result<String, RedisStoreError> {
    match url.host().ok_or(RedisStoreError::Url)? {
        Host::Domain(name) => Ok(name.to_owned()),
        Host::Ipv4(address) => Ok(address.to_string()),
        Host::Ipv6(address) => Ok(address.to_string()),
    }
}

fn decoded(text: &str) -> Result<String, RedisStoreError> {
    let text = percent_decode_str(text).decode_utf8().map_err(|_| RedisStoreError::Url)?;
    Ok(text.into_owned())
}

fn driven(
    (connection, driver): (MultiplexedConnection, impl Future<Output = ()> + Send + 'static),
) -> MultiplexedConnection {
    tokio::spawn(driver);
    connection
}

fn unreachable(error: std::io::Error) -> RedisStoreError {
    RedisStoreError::Unreachable { kind: error.kind() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> Result<Address, RedisStoreError> {
        Address::parse(&Secret::from(url))
    }

    #[test]
    fn a_url_says_where_redis_is_and_who_asks() {
        let address = parse("redis://redis.example").unwrap();
        assert_eq!((address.host.as_str(), address.port, address.database), ("redis.example", 6379, 0));
        assert!(address.user.is_none() && address.password.is_none() && address.tls.is_none());

        let address = parse(" redis://jane:p%40ss@127.0.0.1:7000/3/ ").unwrap();
        assert_eq!((address.host.as_str(), address.port, address.database), ("127.0.0.1", 7000, 3));
        assert_eq!(address.user.as_deref(), Some("jane"));
        assert_eq!(address.password.unwrap().expose(), "p@ss");

        let address = parse("redis://:secret@[::1]").unwrap();
        assert_eq!((address.host.as_str(), address.user), ("::1", None));
        assert!(parse("rediss://redis.example").unwrap().tls.is_some());
    }

    #[test]
    fn what_is_not_understood_is_not_passed_over() {
        for wrong in [
            "http://redis.example",
            "redis:/redis.example",
            "redis://",
            "redis://redis.example/name",
            "redis://redis.example/-1",
            "redis://redis.example/0/1",
            "redis://redis.example?protocol=resp3",
            "rediss://redis.example#insecure",
            "redis://:%ff@redis.example",
        ] {
            assert!(matches!(parse(wrong), Err(RedisStoreError::Url)), "{wrong}");
        }
    }
}
