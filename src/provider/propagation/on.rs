//! The trace is passed on, in the headers that the process's own propagator writes.

use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::{Context, global, propagation::Injector, trace::TraceContextExt as _};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

/// Puts the context of `span` into the headers of a request to the provider.
pub(in crate::provider) fn inject(span: &Span, headers: &mut HeaderMap) {
    let context = context(span);
    global::get_text_map_propagator(|propagator| propagator.inject_context(&context, &mut TraceHeaders(headers)));
}

/// That of the span; where no layer of `tracing-opentelemetry` is installed, that of the thread.
fn context(span: &Span) -> Context {
    let context = span.context();
    if context.span().span_context().is_valid() { context } else { Context::current() }
}

/// The headers of a request that leaves the house. What a propagator writes tells of a trace and of nothing else, and takes no
/// header's place.
struct TraceHeaders<'a>(&'a mut HeaderMap);

impl Injector for TraceHeaders<'_> {
    fn set(&mut self, key: &str, value: String) {
        let Ok(name) = HeaderName::try_from(key) else { return };
        if is_baggage(name.as_str()) || self.0.contains_key(&name) {
            return;
        }
        if let Ok(value) = HeaderValue::try_from(value) {
            self.0.insert(name, value);
        }
    }
}

/// W3C Baggage, and Jaeger's: what an application tells its own services, and no provider.
fn is_baggage(name: &str) -> bool {
    name == "baggage" || name.starts_with("uberctx-") || name == "jaeger-baggage"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_takes_no_headers_place_and_brings_no_baggage() {
        let mut headers = HeaderMap::from_iter([(http::header::AUTHORIZATION, HeaderValue::from_static("Bearer a"))]);
        let mut injector = TraceHeaders(&mut headers);
        for (name, value) in [
            ("traceparent", "00-1-2-01"),
            ("Authorization", "Bearer b"),
            ("baggage", "user=jane"),
            ("uberctx-user", "jane"),
            ("no header", "x"),
            ("tracestate", "a\nb"),
        ] {
            injector.set(name, value.to_owned());
        }
        assert_eq!(
            (headers.len(), &headers["authorization"], &headers["traceparent"]),
            (2, &HeaderValue::from_static("Bearer a"), &HeaderValue::from_static("00-1-2-01"))
        );
    }
}
