//! The layer.

use tower_layer::Layer;

use super::{BearerService, EmptyBody, Origin, TokenSource};

/// Makes [`BearerService`]s. See [`TokenSource::layer`].
#[derive(Debug, Clone)]
pub struct BearerLayer<C = EmptyBody> {
    tokens: TokenSource,
    origin: Origin,
    copies: C,
}

impl BearerLayer {
    pub(super) fn new(tokens: TokenSource, origin: Origin) -> Self {
        Self { tokens, origin, copies: EmptyBody }
    }
}

impl<C> BearerLayer<C> {
    /// Decides with `copies` which requests are sent again after a 401. By default those without a body.
    #[must_use]
    pub fn with_body_copies<D>(self, copies: D) -> BearerLayer<D> {
        BearerLayer { tokens: self.tokens, origin: self.origin, copies }
    }
}

impl<S, C: Clone> Layer<S> for BearerLayer<C> {
    type Service = BearerService<S, C>;

    fn layer(&self, inner: S) -> BearerService<S, C> {
        BearerService::new(self.tokens.clone(), self.origin.clone(), self.copies.clone(), inner)
    }
}
