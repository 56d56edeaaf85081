//! What the crate logs while a test runs.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    fmt::{Debug, Write},
    sync::Once,
};

use tracing::{Event, Level, Subscriber, callsite, field};
use tracing_subscriber::{
    layer::{Context, Layer, SubscriberExt},
    registry,
};

thread_local! {
    /// The events of this thread, while somebody wants them. A test and all its tasks run on one thread.
    static LOGGED: RefCell<Option<Vec<Logged>>> = const { RefCell::new(None) };
}

/// One event of the crate.
#[derive(Debug)]
pub(crate) struct Logged {
    pub(crate) level: Level,
    pub(crate) fields: BTreeMap<&'static str, String>,
}

/// What comes of `future`, and every event of the crate in the meantime, at any level.
pub(crate) async fn during<T>(future: impl Future<Output = T>) -> (T, Vec<Logged>) {
    listen();
    LOGGED.set(Some(Vec::new()));
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
        if !event.metadata().target().starts_with("tower_oidc") {
            return;
        }
        LOGGED.with_borrow_mut(|logged| {
            let Some(logged) = logged else { return };
            let mut fields = Fields::default();
            event.record(&mut fields);
            logged.push(Logged { level: *event.metadata().level(), fields: fields.0 });
        });
    }
}

#[derive(Default)]
struct Fields(BTreeMap<&'static str, String>);

impl field::Visit for Fields {
    fn record_str(&mut self, field: &field::Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }

    fn record_debug(&mut self, field: &field::Field, value: &dyn Debug) {
        let text = self.0.entry(field.name()).or_default();
        write!(text, "{value:?}").expect("a String takes all");
    }
}
