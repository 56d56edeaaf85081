//! Bodies that end well, and bodies that do not.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Frame, SizeHint};

use crate::types::{Clock, Sleep};

/// The size in which padding is sent: a page of a socket's buffer, so that a client may stop early.
const CHUNK: usize = 16 * 1024;

static SPACES: [u8; CHUNK] = [b' '; CHUNK];

/// What is sent as the body of a response: padding, then the content, then an end.
pub(super) struct Body {
    padding: u64,
    content: Bytes,
    end: End,
    /// One byte at a time, with these pauses.
    pauses: Option<Pauses>,
}

struct Pauses {
    clock: Arc<dyn Clock>,
    pause: Duration,
    /// The one under way.
    sleep: Sleep,
}

enum End {
    /// The length is told beforehand and kept.
    AsAnnounced,
    /// The length is not told beforehand.
    Open,
    /// The connection breaks, after a pause in which what was sent gets out.
    PauseAndBreak,
    /// The connection breaks now.
    Break,
}

impl Body {
    /// A body of known length.
    pub(super) fn whole(content: Bytes) -> Self {
        Self { padding: 0, content, end: End::AsAnnounced, pauses: None }
    }

    /// A body that starts with so many spaces, its length untold.
    pub(super) fn padded(padding: u64, content: Bytes) -> Self {
        Self { padding, content, end: End::Open, pauses: None }
    }

    /// A body after which the connection breaks.
    pub(super) fn broken(content: Bytes) -> Self {
        Self { padding: 0, content, end: End::PauseAndBreak, pauses: None }
    }

    /// A body of known length that comes one byte at a time, with a pause before each.
    pub(super) fn trickling(content: Bytes, pause: Duration, clock: Arc<dyn Clock>) -> Self {
        let sleep = clock.sleep(pause);
        Self { pauses: Some(Pauses { clock, pause, sleep }), ..Self::whole(content) }
    }

    fn next_piece(&mut self) -> Bytes {
        if self.padding == 0 {
            let most = if self.pauses.is_some() { 1 } else { self.content.len() };
            return self.content.split_to(most.min(self.content.len()));
        }
        let length = usize::try_from(self.padding).map_or(CHUNK, |padding| padding.min(CHUNK));
        self.padding -= length as u64;
        Bytes::from_static(&SPACES[..length])
    }
}

impl Pauses {
    /// Ends with the pause under way, and begins the next.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        ready!(self.sleep.as_mut().poll(context));
        self.sleep = self.clock.sleep(self.pause);
        Poll::Ready(())
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if let Some(pauses) = &mut self.pauses {
            ready!(pauses.poll(context));
        }
        let piece = self.next_piece();
        if !piece.is_empty() {
            return Poll::Ready(Some(Ok(Frame::data(piece))));
        }
        match self.end {
            End::AsAnnounced | End::Open => Poll::Ready(None),
            End::PauseAndBreak => {
                self.end = End::Break;
                context.waker().wake_by_ref();
                Poll::Pending
            }
            End::Break => Poll::Ready(Some(Err(io::ErrorKind::ConnectionAborted.into()))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.padding == 0 && self.content.is_empty() && matches!(self.end, End::AsAnnounced | End::Open)
    }

    fn size_hint(&self) -> SizeHint {
        match self.end {
            End::AsAnnounced => SizeHint::with_exact(self.content.len() as u64),
            End::Open | End::PauseAndBreak | End::Break => SizeHint::default(),
        }
    }
}
