//! The crate's own pages, in English.

mod document;
mod error;
mod not_allowed;
mod sign_in;
mod sign_out;
mod signed_out;
mod symbol;

#[cfg(test)]
mod tests;

use super::Pages;

pub(super) use self::{
    error::page as error, not_allowed::page as not_allowed, sign_in::page as sign_in, sign_out::page as sign_out,
    signed_out::page as signed_out,
};

/// The crate's own pages, in English.
#[derive(Debug, Clone, Copy, Default)]
pub struct DefaultPages;

impl Pages for DefaultPages {}
