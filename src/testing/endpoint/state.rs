//! What the test asked of an endpoint, and what reached it.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response};
use tokio::sync::{Notify, futures::Notified, watch};

use crate::testing::fault::Fault;

/// Most requests of one endpoint that are kept. A test that looks at more of them has lost its thread.
const MAX_KEPT: usize = 100;

/// One endpoint's faults, headers and records.
#[derive(Default)]
pub(in crate::testing) struct EndpointState {
    record: Mutex<Record>,
    /// How many requests have come.
    count: watch::Sender<usize>,
    healed: Notify,
}

#[derive(Default)]
struct Record {
    /// The last of them, oldest first.
    requests: VecDeque<Request<Bytes>>,
    /// For the next requests, one each.
    next: VecDeque<Fault>,
    /// For every other request.
    lasting: Option<Fault>,
    /// Headers to set or to leave out, in the order of the calls.
    headers: Vec<(HeaderName, Option<HeaderValue>)>,
}

impl EndpointState {
    /// Records a request, and gives the fault it is to meet and the sign by which a hanging one ends.
    pub(in crate::testing) fn receive(&self, request: Request<Bytes>) -> (Option<Fault>, Notified<'_>) {
        let mut record = self.record();
        if record.requests.len() == MAX_KEPT {
            record.requests.pop_front();
        }
        record.requests.push_back(request);
        self.count.send_modify(|count| *count += 1);
        let fault = record.next.pop_front().or_else(|| record.lasting.clone());
        (fault, self.healed.notified())
    }

    /// Sets and leaves out the headers that the test asked for.
    pub(in crate::testing) fn dress(&self, mut response: Response<Bytes>) -> Response<Bytes> {
        for (name, value) in &self.record().headers {
            match value {
                Some(value) => response.headers_mut().insert(name, value.clone()),
                None => response.headers_mut().remove(name),
            };
        }
        response
    }

    pub(super) fn count(&self) -> usize {
        *self.count.borrow()
    }

    pub(super) async fn wait_for(&self, count: usize) {
        let waited = self.count.subscribe().wait_for(|come| *come >= count).await.map(drop);
        waited.expect("the endpoint itself holds the sender");
    }

    pub(super) fn last_request(&self) -> Option<Request<Bytes>> {
        self.record().requests.back().cloned()
    }

    pub(super) fn requests(&self) -> Vec<Request<Bytes>> {
        self.record().requests.iter().cloned().collect()
    }

    pub(super) fn fail_with(&self, fault: Fault) {
        self.record().lasting = Some(fault);
    }

    pub(super) fn fail_next(&self, times: usize, fault: &Fault) {
        self.record().next.extend(std::iter::repeat_n(fault.clone(), times));
    }

    /// Ends all faults, and those requests that hang.
    pub(super) fn heal(&self) {
        let mut record = self.record();
        record.lasting = None;
        record.next.clear();
        self.healed.notify_waiters();
    }

    pub(super) fn change_header(&self, name: HeaderName, value: Option<HeaderValue>) {
        self.record().headers.push((name, value));
    }

    fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
