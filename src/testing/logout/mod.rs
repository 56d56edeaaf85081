//! Logout: at the provider, and from there at the application.

mod back_channel;
mod end_session;
mod front_channel;
mod token;

pub(super) use end_session::end_session;
