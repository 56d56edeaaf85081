//! Spans by OpenTelemetry's semantic conventions, and the trace as the provider gets it.

use std::time::Duration;

use opentelemetry::{
    Value, global,
    trace::{SpanKind, Status, TracerProvider as _},
};
use opentelemetry_sdk::{
    propagation::TraceContextPropagator,
    trace::{InMemorySpanExporter, SdkTracerProvider, SpanData},
};
use tower_oidc::{
    client::{ServiceAccount, TokenSource},
    config::{ClientAuthentication, ClientSecret},
    testing::{Endpoint, Fault, TestProvider},
    types::Secret,
};
use tracing::{
    Dispatch, Instrument as _, info_span,
    subscriber::{DefaultGuard, NoSubscriber},
};
use tracing_subscriber::{layer::SubscriberExt as _, registry};

use crate::{
    events,
    support::{self, Stand},
};

/// The spans of this thread.
struct Traces {
    exporter: InMemorySpanExporter,
    _provider: SdkTracerProvider,
    _guard: DefaultGuard,
    _other: Dispatch,
}

impl Traces {
    /// From now on the current thread's spans are collected.
    ///
    /// A second dispatcher lives beside it. With one alone, tracing asks the thread that comes first upon a span whether anybody
    /// wants it, and that may be another test's, which does not.
    fn begin() -> Self {
        let other = Dispatch::new(NoSubscriber::default());
        global::set_text_map_propagator(TraceContextPropagator::new());
        let exporter = InMemorySpanExporter::default();
        let provider = SdkTracerProvider::builder().with_simple_exporter(exporter.clone()).build();
        let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("tests"));
        let guard = tracing::subscriber::set_default(registry().with(layer));
        Self { exporter, _provider: provider, _guard: guard, _other: other }
    }

    fn spans(&self) -> Vec<SpanData> {
        self.exporter.get_finished_spans().unwrap()
    }

    /// The last span of that name to a path.
    fn request(&self, method: &str, path: &str) -> SpanData {
        let is_meant = |span: &SpanData| span.name == method && text(span, "url.full").ends_with(path);
        self.spans().into_iter().rfind(is_meant).unwrap_or_else(|| panic!("{method} {path}: {:#?}", self.spans()))
    }

    fn named(&self, name: &str) -> SpanData {
        self.spans()
            .into_iter()
            .rfind(|span| span.name == name)
            .unwrap_or_else(|| panic!("{name}: {:#?}", self.spans()))
    }
}

fn attribute(span: &SpanData, name: &str) -> Option<Value> {
    span.attributes.iter().find(|own| own.key.as_str() == name).map(|own| own.value.clone())
}

fn text(span: &SpanData, name: &str) -> String {
    attribute(span, name).map(|value| value.to_string()).unwrap_or_default()
}

fn traceparent(stand: &Stand, endpoint: Endpoint) -> String {
    let request = stand.provider.last_request(endpoint).unwrap();
    request.headers()["traceparent"].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_provider_gets_the_trace_of_the_request_that_it_is_asked_for() {
    let traces = Traces::begin();
    let stand = Stand::new().await;
    let mut alice = stand.browser();
    alice.navigate("/me").await;
    alice.log_in_as(&stand.provider, "alice").instrument(info_span!("a request of ours")).await;

    let ours = traces.named("a request of ours").span_context;
    let token = traces.request("POST", "/token");
    let sent = format!("00-{}-{}-01", ours.trace_id(), token.span_context.span_id());
    assert_eq!(traceparent(&stand, Endpoint::Token), sent);
    let callback = traces.named("callback");
    assert_eq!((token.parent_span_id, callback.parent_span_id), (callback.span_context.span_id(), ours.span_id()));
    assert_eq!(callback.span_kind, SpanKind::Internal);
}

#[tokio::test]
async fn a_request_to_the_provider_is_a_client_span_by_the_conventions() {
    let traces = Traces::begin();
    let stand = Stand::with(|mut config| {
        config.authentication.provider_name = Some("Acme".to_owned());
        config
    })
    .await;
    stand.signed_in("alice").await;
    let span = traces.request("POST", "/token");
    let url = url::Url::parse(stand.provider.issuer()).unwrap();
    assert_eq!((span.span_kind.clone(), span.status.clone()), (SpanKind::Client, Status::Unset));
    for (name, expected) in [
        ("http.request.method", "POST".to_owned()),
        ("url.full", stand.provider.endpoint(Endpoint::Token).url()),
        ("server.address", url.host_str().unwrap().to_owned()),
        ("server.port", url.port().unwrap().to_string()),
        ("http.response.status_code", "200".to_owned()),
        ("provider", "Acme".to_owned()),
        ("error.type", String::new()),
    ] {
        assert_eq!(text(&span, name), expected, "{name}");
    }
    for number in ["server.port", "http.response.status_code"] {
        assert!(matches!(attribute(&span, number), Some(Value::I64(_))), "{number}");
    }
}

/// The configuration of a service account has a name for its provider as well; a URL alone has its host.
#[tokio::test]
async fn the_requests_and_the_log_of_a_service_account_name_its_provider() {
    let provider = TestProvider::start().await;
    provider.add_service_account("caller", "the secret of the caller");
    let mut config = provider.config().client_id("caller").client_secret("the secret of the caller");
    config.authentication.provider_name = Some("Acme".to_owned());
    let url = url::Url::parse(&provider.endpoint(Endpoint::Token).url()).unwrap();
    let secret = ClientSecret::from(Secret::from("the secret of the caller"));
    let (host, by_url) = (url.host_str().unwrap().to_owned(), ClientAuthentication::Basic(secret));
    for (account, name) in [
        (ServiceAccount::from_config(&config).unwrap(), "Acme"),
        (ServiceAccount::at_token_endpoint(url, "caller", by_url), &*host),
    ] {
        let traces = Traces::begin();
        TokenSource::start(account.clone()).unwrap().token().await.unwrap();
        assert_eq!(text(&traces.request("POST", "/token"), "provider"), name);
        drop(traces);

        provider.endpoint(Endpoint::Token).fail_next(1, Fault::Status(502));
        let tokens = TokenSource::start(account).unwrap();
        let (_, logged) = events::during(async {
            tokens.token().await.unwrap_err();
            tokens.token().await.unwrap();
        })
        .await;
        let of_the_account: Vec<_> = logged.iter().filter(|event| event.fields["message"].contains("token")).collect();
        assert_eq!(of_the_account.len(), 2, "{logged:?}");
        assert!(of_the_account.iter().all(|event| event.fields["provider"] == name), "{logged:?}");
    }
}

#[tokio::test]
async fn an_error_of_the_provider_is_one_in_the_span() {
    let traces = Traces::begin();
    let stand = Stand::new().await;
    stand.provider.endpoint(Endpoint::Token).fail_with(Fault::Status(502));
    let mut alice = stand.browser();
    stand.sign_in(&mut alice, "alice").await;
    let span = traces.request("POST", "/token");
    assert_eq!((text(&span, "error.type"), text(&span, "http.response.status_code")), ("502".into(), "502".into()));
    assert!(matches!(span.status, Status::Error { .. }));
    let callback = traces.named("callback");
    assert_eq!(text(&callback, "error.type"), "exchange_failed");
    assert!(matches!(callback.status, Status::Error { .. }));
}

/// Several requests may wait for one fetch of the keys, and none of them is its cause.
#[tokio::test]
async fn a_fetch_of_keys_in_the_background_has_a_trace_of_its_own() {
    let traces = Traces::begin();
    let stand = Stand::new().instrument(info_span!("start")).await;
    let start = traces.named("start").span_context.trace_id();
    let keys = traces.request("GET", "/jwks");
    assert_ne!(keys.span_context.trace_id(), start);
    assert!(traceparent(&stand, Endpoint::Jwks).contains(&keys.span_context.trace_id().to_string()));
}

/// Codes and tokens travel in queries and headers; spans go to a third party.
#[tokio::test]
async fn nothing_secret_is_in_a_span() {
    let traces = Traces::begin();
    let (provider, clock) = support::provider().await;
    let token_endpoint = provider.endpoint(Endpoint::Token).url();
    provider.set_metadata("token_endpoint", format!("{token_endpoint}?key=a-secret-of-the-operator"));
    let config = support::login_config(&provider, support::SERVER).scope("openid email profile offline_access");
    let stand = Stand::built(provider, clock, config, |builder| builder).await;
    let mut alice = stand.signed_in("alice").await;
    let sleepers = stand.clock.sleepers();
    alice.post("/logout", &[]).await;
    stand.clock.wait_for_sleepers(sleepers + 1).await;
    stand.advance(5);
    while !traces.spans().iter().any(|span| text(span, "url.full").ends_with("/revoke")) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let sent = stand.provider.last_request(Endpoint::Token).unwrap();
    let body = String::from_utf8(sent.body().to_vec()).unwrap();
    let spans = format!("{:?}", traces.spans());
    for value in
        body.split('&').filter_map(|pair| pair.split_once('=')).map(|pair| pair.1).filter(|value| value.len() > 20)
    {
        let is_an_address = value.starts_with("http");
        assert!(is_an_address || !spans.contains(value), "{value}");
    }
    assert!(!spans.contains("alice") && !spans.contains("a-secret-of"), "{spans}");
    let urls: Vec<_> = traces.spans().iter().map(|span| text(span, "url.full")).filter(|url| !url.is_empty()).collect();
    assert!(urls.len() >= 4 && urls.iter().all(|url| !url.contains(['?', '#', '@'])), "{urls:?}");
}
