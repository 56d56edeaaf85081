//! What the traits that a user of the crate implements give back.

use std::{error::Error, pin::Pin};

/// What a trait's asynchronous method gives back: `Box::pin(async { .. })`.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// An error of the implementor's own.
pub type BoxError = Box<dyn Error + Send + Sync>;
