//! The test's hold on one endpoint.

use std::{fmt, sync::Arc};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request};

use crate::testing::{Fault, state::State};

use super::{Endpoint, EndpointState};

/// One endpoint of a provider: its faults, its headers, and the requests that reached it.
///
/// Faults of [`fail_next`](Self::fail_next) come first, one for each request; then the one of
/// [`fail_with`](Self::fail_with), for every request until [`heal`](Self::heal).
#[derive(Clone)]
pub struct EndpointHandle {
    state: Arc<State>,
    endpoint: Endpoint,
}

impl EndpointHandle {
    pub(in crate::testing) fn new(state: Arc<State>, endpoint: Endpoint) -> Self {
        Self { state, endpoint }
    }

    /// Its URL.
    #[must_use]
    pub fn url(&self) -> String {
        self.state.address.url(self.endpoint.path())
    }

    /// Answers every request with `fault` from now on. It replaces an earlier one.
    ///
    /// # Panics
    /// When the fault cannot be sent: see [`Fault`].
    pub fn fail_with(&self, fault: Fault) {
        fault.assert_sendable();
        self.state().fail_with(fault);
    }

    /// Answers the next `times` requests with `fault`, after those of earlier calls.
    ///
    /// # Panics
    /// When the fault cannot be sent: see [`Fault`].
    pub fn fail_next(&self, times: usize, fault: Fault) {
        fault.assert_sendable();
        self.state().fail_next(times, &fault);
    }

    /// Ends all faults. Requests that hang get their honest answer now.
    pub fn heal(&self) {
        self.state().heal();
    }

    /// Sends this header with every honest answer from now on, in place of the endpoint's own:
    /// `set_header("cache-control", "max-age=15")`.
    ///
    /// # Panics
    /// When it is not a header by the grammar of HTTP.
    pub fn set_header(&self, name: &str, value: &str) {
        let value = HeaderValue::from_str(value).expect("a header value is visible ASCII");
        self.state().change_header(header_name(name), Some(value));
    }

    /// Leaves this header out of every honest answer from now on: `remove_header("etag")`.
    ///
    /// # Panics
    /// When it is not a header name by the grammar of HTTP.
    pub fn remove_header(&self, name: &str) {
        self.state().change_header(header_name(name), None);
    }

    /// How many requests have reached it, those that met a fault included.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.state().count()
    }

    /// Ends once at least `count` requests have reached it: then one that hangs, hangs.
    pub async fn wait_for_requests(&self, count: usize) {
        self.state().wait_for(count).await;
    }

    /// The last request that reached it.
    #[must_use]
    pub fn last_request(&self) -> Option<Request<Bytes>> {
        self.state().last_request()
    }

    /// The last hundred requests that reached it, oldest first.
    #[must_use]
    pub fn recent_requests(&self) -> Vec<Request<Bytes>> {
        self.state().requests()
    }

    fn state(&self) -> &EndpointState {
        self.state.endpoint(self.endpoint)
    }
}

impl fmt::Debug for EndpointHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EndpointHandle")
            .field("endpoint", &self.endpoint)
            .field("requests", &self.requests())
            .finish_non_exhaustive()
    }
}

fn header_name(name: &str) -> HeaderName {
    HeaderName::try_from(name).expect("a header name is a token")
}
