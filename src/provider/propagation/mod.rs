//! The trace of a request, passed on to the requests that the provider gets for it (W3C Trace Context): nothing without the
//! feature `opentelemetry`.

#[cfg(not(feature = "opentelemetry"))]
mod off;
#[cfg(feature = "opentelemetry")]
mod on;

#[cfg(not(feature = "opentelemetry"))]
pub(super) use off::inject;
#[cfg(feature = "opentelemetry")]
pub(super) use on::inject;
