//! The modules of the OpenID conformance suite, each as a way for the provider to behave.
//!
//! The table is in `modules`; what the provider then does, in the file of its subject.

mod answer;
mod authentication;
mod discovery;
mod id_token;
mod keys;
mod logout;
mod modules;
mod play;
mod userinfo;

pub use modules::Scenario;

/// What shows a [`Scenario`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Occasion {
    /// The service looks at the provider for the first time: play it before.
    Start,
    /// Somebody signs in, once; or twice where the scenario says so.
    Login,
    /// The tokens of a session are renewed.
    Renewal,
    /// Somebody signs out, here or at the provider.
    Logout,
}

/// What a relying party must do in a [`Scenario`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Duty {
    /// Go on to the end: somebody is signed in, goes on with new tokens, or is signed out.
    Accept,
    /// Refuse: nobody is signed in, or out.
    Refuse,
    /// Refuse, or go on and use nothing of what is wrong.
    AcceptOrRefuse,
    /// Nothing, unless it offers the feature that the scenario is about. Of those this crate offers signed userinfo alone.
    Optional,
}
