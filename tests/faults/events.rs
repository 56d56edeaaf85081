//! Everything that is logged while a test runs, by the crate and by what it stands on.

use std::{
    cell::RefCell,
    fmt::{Debug, Write},
    sync::Once,
};

use tracing::{Event, Subscriber, callsite, field};
use tracing_subscriber::{
    layer::{Context, Layer, SubscriberExt},
    registry,
};

thread_local! {
    /// The log of this thread, while somebody wants it. A test and all its tasks run on one thread.
    static LOGGED: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// What comes of `future`, and the text of every event in the meantime, at any level.
pub(crate) async fn during<T>(future: impl Future<Output = T>) -> (T, String) {
    listen();
    LOGGED.set(Some(String::new()));
    let output = future.await;
    (output, LOGGED.take().unwrap_or_default())
}

/// One subscriber for all threads: what a callsite decides about its subscribers is cached for the whole process.
fn listen() {
    static LISTENING: Once = Once::new();
    LISTENING.call_once(|| {
        tracing::subscriber::set_global_default(registry().with(Listener)).expect("nobody else listens");
        callsite::rebuild_interest_cache();
    });
}

struct Listener;

impl<S: Subscriber> Layer<S> for Listener {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        LOGGED.with_borrow_mut(|logged| {
            let Some(logged) = logged else { return };
            write!(logged, "{} {}:", event.metadata().level(), event.metadata().target()).expect("a String takes all");
            event.record(&mut Fields(logged));
            logged.push('\n');
        });
    }
}

struct Fields<'a>(&'a mut String);

impl field::Visit for Fields<'_> {
    fn record_debug(&mut self, field: &field::Field, value: &dyn Debug) {
        write!(self.0, " {}={value:?}", field.name()).expect("a String takes all");
    }
}
