//! A browser without a window, for tests of an application that signs people in.

mod application;
mod cookies;
mod html;
mod log_in;
mod request;
mod transport;
mod visited;
mod visiting;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body::Body;
use http_body_util::Full;
use tower_service::Service;
use url::Url;

use crate::types::{Clock, SystemClock};

use application::Application;
use cookies::Jar;
use request::{Going, Purpose};
use transport::Transport;

pub use visited::{Hop, Visited};

/// A tab of a browser that has no window: see [how a person signs in](super#a-person-signs-in-without-a-browser).
///
/// 1. Requests carry what a browser sends: `Accept`, `Origin`, and Fetch Metadata (`Sec-Fetch-Mode`, `-Dest`, `-Site`, `-User`)
///    where the address is https or loopback.
/// 2. Cookies are kept for each origin, with their path, their end and `SameSite`. `Secure` is not asked for: an application
///    may call itself https though nothing here speaks TLS.
/// 3. Redirects are followed between the application and addresses of the loopback interface. One to anywhere else is where
///    the visit ends: nothing leaves the machine.
/// 4. What a page would do by itself happens: a form that submits itself, frames, `<meta http-equiv="refresh">`. No other
///    script runs.
pub struct Browser {
    server_url: Url,
    transport: Transport,
    jar: Arc<Mutex<Jar>>,
    clock: Arc<dyn Clock>,
    /// What is shown.
    page: Option<Visited>,
}

impl Browser {
    /// A new browser, without cookies. `service` is the application, with its layers, and `server_url` where it takes itself to
    /// be: what goes to that origin goes to the service. Nobody listens there.
    ///
    /// The service takes bodies of type [`Full<Bytes>`]: an axum `Router` and stacks of Tower layers do. Where another type is
    /// needed, `tower::util::MapRequest` makes it.
    ///
    /// # Panics
    /// When `server_url` is not an http or https URL.
    pub fn new<S, B>(service: S, server_url: &str) -> Self
    where
        S: Service<Request<Full<Bytes>>, Response = Response<B>> + Clone + Send + 'static,
        S::Error: fmt::Debug,
        S::Future: Send,
        B: Body + Send + 'static,
        B::Data: Send,
        B::Error: fmt::Debug,
    {
        let server_url = Url::parse(server_url).expect("the server URL is a URL");
        assert!(matches!(server_url.scheme(), "http" | "https"), "{server_url} is neither http nor https");
        let transport = Transport::new(Application::new(service), server_url.origin());
        Self { server_url, transport, jar: Arc::default(), clock: Arc::new(SystemClock::new()), page: None }
    }

    /// The clock by which cookies end; by default the system's.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Another tab: the same cookies, and nothing shown yet.
    #[must_use]
    pub fn tab(&self) -> Self {
        Self {
            server_url: self.server_url.clone(),
            transport: self.transport.clone(),
            jar: Arc::clone(&self.jar),
            clock: Arc::clone(&self.clock),
            page: None,
        }
    }

    /// Opens an address, as if it were typed: a path of the application, or a whole URL.
    ///
    /// # Panics
    /// When the address cannot be read, when nobody answers there, and when redirects do not end.
    pub async fn navigate(&mut self, address: &str) -> Visited {
        let url = self.url(address);
        self.show(Going::typed(url)).await
    }

    /// Submits a form of one of the application's own pages.
    ///
    /// # Panics
    /// As [`navigate`](Self::navigate).
    pub async fn post(&mut self, address: &str, form: &[(&str, &str)]) -> Visited {
        let fields: Vec<_> = form.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let going = Going::form(Method::POST, self.url(address), &fields, &self.server_url);
        self.show(going).await
    }

    /// Asks from a script of the application: `fetch(address, { redirect: "manual" })`. What is shown stays.
    ///
    /// # Panics
    /// As [`navigate`](Self::navigate).
    pub async fn fetch(&self, address: &str) -> Visited {
        self.fetch_with(Request::get(address).body(Bytes::new()).expect("the address is one")).await
    }

    /// Likewise, with any method, headers and body. Its own headers count before the browser's.
    ///
    /// # Panics
    /// As [`navigate`](Self::navigate).
    pub async fn fetch_with(&self, request: Request<impl Into<Bytes>>) -> Visited {
        let (parts, body) = request.into_parts();
        let url = self.url(&parts.uri.to_string());
        let going = Going {
            method: parts.method,
            url,
            headers: parts.headers,
            body: body.into(),
            initiator: Some(self.server_url.clone()),
            purpose: Purpose::Fetch,
        };
        self.ask(&going, &[]).await
    }

    /// What is shown.
    #[must_use]
    pub fn page(&self) -> Option<&Visited> {
        self.page.as_ref()
    }

    /// The cookies that the application would be sent now, from any path: name and value.
    #[must_use]
    pub fn cookies(&self) -> Vec<(String, String)> {
        self.jar().of(&self.server_url.origin(), self.clock.now())
    }

    /// Sets a cookie of the application, for all its paths.
    pub fn set_cookie(&self, name: &str, value: &str) {
        self.jar().set(&self.server_url, name, value, self.clock.now());
    }

    /// Forgets all cookies, the provider's too, in every tab.
    pub fn clear_cookies(&self) {
        *self.jar() = Jar::default();
    }

    fn url(&self, address: &str) -> Url {
        self.server_url.join(address).expect("the address is a path or a URL")
    }

    fn jar(&self) -> MutexGuard<'_, Jar> {
        self.jar.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Nothing of its cookies.
impl fmt::Debug for Browser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.page.as_ref().map(|page| page.url.path());
        f.debug_struct("Browser")
            .field("server_url", &self.server_url.as_str())
            .field("at", &at)
            .finish_non_exhaustive()
    }
}
