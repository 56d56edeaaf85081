//! People sign in, end to end: a provider inside the process, an application behind the layer, and a browser.
//!
//! | file | what it shows |
//! |---|---|
//! | `access_token` | a service calls an API as the person who is signed in |
//! | `backchannel` | the provider signs somebody out by a request of its own: the modules of the conformance suite |
//! | `callback` | one answer of the provider is right, and every other one has its page and its status |
//! | `clients` | every way in which an application proves itself, and both kinds of client |
//! | `directory` | who may come in, and what whoever may not is told |
//! | `frontchannel` | the provider signs somebody out through the browser, whose word anybody can make up |
//! | `healing` | a callback that belongs to no login goes on, or starts one, once |
//! | `id_tokens` | every bad ID token is refused, each with its own reason |
//! | `initiated` | another site may send people to log in, and no more than that |
//! | `logout` | people sign out: here, at the provider, and not because another site says so |
//! | `pages` | the pages that people see |
//! | `pushed` | the request of a login goes to the provider ahead of the browser, which carries its reference alone |
//! | `renewal` | new tokens ahead of time: once for everybody, and none is lost |
//! | `return_address` | where a browser may end up |
//! | `sessions` | what the browser gets, how long it is good, and what counts beside it |
//! | `settings` | settings of the login whose effect no other file is about |
//! | `start` | for whom a login is started, and what the provider is asked |
//! | `step_up` | a route wants a stronger login than the person's |
//! | `stores` | sessions on the server, and stores that fail |
//! | `transactions` | a login is one sealed value of one browser |
//! | `userinfo` | when userinfo is asked, and what is taken of it |
//! | `userinfo_renewed` | userinfo at a renewal takes away what it no longer says, and signs nobody out |

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod access_token;
mod backchannel;
mod callback;
mod clients;
mod directory;
mod frontchannel;
mod healing;
mod id_tokens;
mod initiated;
mod logout;
mod pages;
mod pushed;
mod renewal;
mod return_address;
mod sessions;
mod settings;
mod start;
mod step_up;
mod stores;
mod support;
mod support_sessions;
mod support_stores;
mod transactions;
mod userinfo;
mod userinfo_renewed;
