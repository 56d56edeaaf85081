//! The way to the provider: at once, or after the request was pushed there (RFC 9126).

use std::{fmt, sync::Arc};

use bytes::Bytes;
use http::{HeaderValue, Response};
use url::Url;

use crate::{login::LoginError, metrics, types::BoxFuture};

use super::{
    Login,
    authorization::{self, Parameter},
    redirect,
};

/// A login that is about to leave for the provider. Nothing of it is kept here: dropped, it has never been.
pub(super) struct Departure {
    way: Way,
    cookies: Vec<HeaderValue>,
}

/// What the browser carries.
pub(super) enum Way {
    /// The whole request, in the address that it is sent to.
    Direct(Url),
    /// The reference to a request that has to be pushed first.
    Pushed(Box<Push>),
}

/// A request that has to be pushed.
pub(super) struct Push {
    /// Where the browser goes then.
    endpoint: Url,
    client_id: String,
    parameters: Vec<(String, String)>,
}

/// What a person who opens a page is answered.
pub enum Welcome {
    /// The answer is there.
    Ready(Response<Bytes>),
    /// The provider has to be asked first. Dropped, it leaves nothing behind but a request at the provider that nobody refers to.
    Waiting(BoxFuture<'static, Result<Response<Bytes>, LoginError>>),
}

impl fmt::Debug for Welcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ready(_) => "Welcome::Ready",
            Self::Waiting(_) => "Welcome::Waiting",
        })
    }
}

impl Push {
    pub(super) fn new(endpoint: &Url, client_id: &str, parameters: Vec<Parameter<'_>>) -> Self {
        let owned = |(name, value): Parameter<'_>| (name.to_owned(), value.into_owned());
        Self {
            endpoint: endpoint.clone(),
            client_id: client_id.to_owned(),
            parameters: parameters.into_iter().map(owned).collect(),
        }
    }
}

impl Departure {
    pub(super) fn new(way: Way, cookies: Vec<HeaderValue>) -> Self {
        Self { way, cookies }
    }

    /// The same with one cookie more.
    pub(super) fn with_cookie(mut self, cookie: HeaderValue) -> Self {
        self.cookies.push(cookie);
        self
    }
}

impl Login {
    /// The redirect to the provider, after the push if there is one.
    pub(super) async fn leave(&self, departure: Departure) -> Result<Response<Bytes>, LoginError> {
        let Departure { way, cookies } = departure;
        match way {
            Way::Direct(address) => self.left(&address, cookies),
            Way::Pushed(push) => self.left(&self.push(&push).await?, cookies),
        }
    }

    /// The same for somebody who need not wait where there is no push.
    pub(super) fn welcomed(self: &Arc<Self>, departure: Departure) -> Result<Welcome, LoginError> {
        match departure.way {
            Way::Direct(address) => self.left(&address, departure.cookies).map(Welcome::Ready),
            Way::Pushed(_) => {
                let login = Arc::clone(self);
                Ok(Welcome::Waiting(Box::pin(async move { login.leave(departure).await })))
            }
        }
    }

    /// Pushes the request, and gives the address with its reference. A failure is the end of this login: the request itself is not
    /// for the browser.
    async fn push(&self, push: &Push) -> Result<Url, LoginError> {
        let parameters: Vec<_> = push.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let pushed = self.client.push(&parameters).await.map_err(|error| LoginError::Push(Arc::new(error)))?;
        Ok(authorization::reference(&push.endpoint, &push.client_id, &pushed.request_uri))
    }

    fn left(&self, address: &Url, cookies: Vec<HeaderValue>) -> Result<Response<Bytes>, LoginError> {
        let response = redirect(address, cookies)?;
        tracing::debug!(provider = self.provider_name, "a login starts");
        metrics::login_started(&self.provider_name);
        Ok(response)
    }
}
