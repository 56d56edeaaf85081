//! Taking connections, and stopping at once.

use std::{
    convert::Infallible,
    future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    sync::mpsc,
    task::{AbortHandle, JoinSet},
};

use super::{answer::answer, fault::Closed, state::State};

/// Connections that may wait to be taken: as many as the standard library lets wait.
const BACKLOG: u32 = 128;

/// A listening socket and the task that takes its connections.
pub(super) struct Listener {
    doorway: Arc<Doorway>,
    task: AbortHandle,
    departure: Departure,
}

/// The end of a listener's connections.
pub(super) struct Departure(mpsc::Receiver<Infallible>);

impl Listener {
    /// Listens on a bound socket, on a task of the runtime that this is called in.
    pub(super) fn start(socket: TcpSocket, state: Arc<State>) -> Self {
        let socket = socket.listen(BACKLOG).expect("a port that was held can be listened on");
        let (presence, departure) = mpsc::channel(1);
        let doorway = Arc::new(Doorway { socket: Mutex::new(Some(socket)), _presence: presence });
        let task = tokio::spawn(serve(Arc::clone(&doorway), state)).abort_handle();
        Self { doorway, task, departure: Departure(departure) }
    }

    /// Closes the socket at once: from now on nothing is answered. The connections end as soon as the runtime comes to them.
    pub(super) fn close(self) -> Departure {
        self.doorway.close();
        self.task.abort();
        self.departure
    }
}

impl Departure {
    /// Ends when no connection is left.
    pub(super) async fn complete(mut self) {
        let None = self.0.recv().await;
    }
}

/// A listening socket that can be closed from outside the task that waits on it. Every connection holds it.
struct Doorway {
    socket: Mutex<Option<TcpListener>>,
    /// Dropped with the last holder, which [`Departure`] waits for.
    _presence: mpsc::Sender<Infallible>,
}

impl Doorway {
    /// The next connection; none once the socket is closed.
    async fn accept(&self) -> Option<TcpStream> {
        future::poll_fn(|context| self.poll_accept(context)).await
    }

    fn poll_accept(&self, context: &mut Context<'_>) -> Poll<Option<TcpStream>> {
        let socket = self.lock();
        let Some(socket) = &*socket else { return Poll::Ready(None) };
        match socket.poll_accept(context) {
            Poll::Ready(Ok((stream, _))) => Poll::Ready(Some(stream)),
            // The client went away before it was taken, or there are too many open files: the next one may do better.
            Poll::Ready(Err(_)) => {
                context.waker().wake_by_ref();
                Poll::Pending
            }
            Poll::Pending => Poll::Pending,
        }
    }

    fn is_open(&self) -> bool {
        self.lock().is_some()
    }

    fn close(&self) {
        *self.lock() = None;
    }

    fn lock(&self) -> MutexGuard<'_, Option<TcpListener>> {
        self.socket.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes connections until the socket is closed. Those still open end with the task, for the set is its own.
async fn serve(doorway: Arc<Doorway>, state: Arc<State>) {
    let mut connections = JoinSet::new();
    while let Some(stream) = doorway.accept().await {
        while connections.try_join_next().is_some() {}
        connections.spawn(serve_connection(stream, Arc::clone(&doorway), Arc::clone(&state)));
    }
}

async fn serve_connection(stream: TcpStream, doorway: Arc<Doorway>, state: Arc<State>) {
    let service =
        service_fn(async |request| if doorway.is_open() { answer(&state, request).await } else { Err(Closed) });
    // A connection that breaks is what half of the faults are for.
    let _broken = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}
