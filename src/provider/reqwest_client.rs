//! The default client, on reqwest.

use std::{error::Error, time::Duration};

use bytes::{Bytes, BytesMut};

use crate::{
    config::HttpSettings,
    types::{BoxError, BoxFuture},
};

use super::http::{HttpClient, HttpError};

/// Longest time to a connection, TLS handshake included. One lost packet is repeated after a second; a provider that takes
/// three is down.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// Longest time from the request to the last byte of its answer. Providers answer in well under a second; a visitor who
/// logs in waits for this.
pub const TOTAL_TIMEOUT: Duration = Duration::from_secs(5);

/// An HTTP client on reqwest with rustls: no redirects, both time-outs, bodies bounded, the platform's roots and those of
/// `caFile`. It honours `HTTPS_PROXY` and its kin.
#[derive(Debug, Clone)]
pub struct ReqwestClient {
    client: reqwest::Client,
}

/// Why a client cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// `caFile` holds no certificate.
    #[error("the PEM text of `caFile` holds no certificate")]
    NoCertificate,
    /// `caFile` is not PEM.
    #[error("the PEM text of `caFile` cannot be read")]
    Certificate(#[source] BoxError),
    /// TLS cannot be set up: a certificate of `caFile` is malformed, or the platform has no roots.
    #[error("TLS cannot be set up with the platform's roots and those of `caFile`")]
    Tls(#[source] BoxError),
}

impl ReqwestClient {
    /// A client by the operator's settings.
    ///
    /// # Errors
    /// - [`ClientError::NoCertificate`], [`ClientError::Certificate`]: `caFile` is unusable;
    /// - [`ClientError::Tls`]: TLS cannot be set up.
    pub fn new(settings: &HttpSettings) -> Result<Self, ClientError> {
        Self::build(Self::builder(settings)?)
    }

    fn builder(settings: &HttpSettings) -> Result<reqwest::ClientBuilder, ClientError> {
        let builder = reqwest::Client::builder()
            .user_agent(concat!("tower-oidc/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TOTAL_TIMEOUT)
            .https_only(settings.https_only);
        Ok(match &settings.ca_pem {
            Some(pem) => builder.tls_certs_merge(certificates(pem)?),
            None => builder,
        })
    }

    fn build(builder: reqwest::ClientBuilder) -> Result<Self, ClientError> {
        let client = builder.build().map_err(|error| ClientError::Tls(error.into()))?;
        Ok(Self { client })
    }
}

impl HttpClient for ReqwestClient {
    fn send(
        &self,
        request: http::Request<Bytes>,
        limit: usize,
    ) -> BoxFuture<'_, Result<http::Response<Bytes>, HttpError>> {
        Box::pin(async move {
            let request = reqwest::Request::try_from(request).map_err(http_error)?;
            let answer = self.client.execute(request).await.map_err(http_error)?;
            read(answer, limit).await
        })
    }
}

fn certificates(pem: &str) -> Result<Vec<reqwest::Certificate>, ClientError> {
    let certificates = reqwest::Certificate::from_pem_bundle(pem.as_bytes())
        .map_err(|error| ClientError::Certificate(error.into()))?;
    if certificates.is_empty() { Err(ClientError::NoCertificate) } else { Ok(certificates) }
}

async fn read(mut answer: reqwest::Response, limit: usize) -> Result<http::Response<Bytes>, HttpError> {
    if answer.content_length().is_some_and(|length| length > limit as u64) {
        return Err(HttpError::TooLarge { limit });
    }
    let mut body = BytesMut::new();
    while let Some(piece) = answer.chunk().await.map_err(http_error)? {
        if piece.len() > limit - body.len() {
            return Err(HttpError::TooLarge { limit });
        }
        body.extend_from_slice(&piece);
    }
    let mut response = http::Response::new(body.freeze());
    *response.status_mut() = answer.status();
    *response.version_mut() = answer.version();
    *response.headers_mut() = std::mem::take(answer.headers_mut());
    Ok(response)
}

/// reqwest's error without the URL, whose query may be nobody's business.
fn http_error(error: reqwest::Error) -> HttpError {
    let error = error.without_url();
    if error.is_timeout() {
        HttpError::Timeout
    } else if is_tls(&error) {
        HttpError::Tls(error.into())
    } else if error.is_connect() {
        HttpError::Connect(error.into())
    } else {
        HttpError::Other(error.into())
    }
}

/// Whether rustls stands in the chain of causes.
fn is_tls(error: &reqwest::Error) -> bool {
    let mut cause = error.source();
    while let Some(error) = cause {
        if error.is::<rustls::Error>() {
            return true;
        }
        cause = beneath(error);
    }
    false
}

/// The next cause. What an `io::Error` wraps is not its `source`.
fn beneath<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error.downcast_ref::<std::io::Error>() {
        Some(error) => error.get_ref().map(|inner| inner as &(dyn Error + 'static)),
        None => error.source(),
    }
}

#[cfg(test)]
mod tests;
