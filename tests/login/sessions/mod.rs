//! Sessions: what the browser gets, how long it is good, and what counts beside it.
//!
//! | file | what it shows |
//! |---|---|
//! | `caches` | no cache keeps what depends on a session |
//! | `chunks` | long sessions in several cookies, and every way to spoil them |
//! | `cookies` | names and attributes, secrets, a new session at each login |
//! | `credentials` | the header counts alone; the rules of this moment count |
//! | `lifetime` | every clock that ends a session, to the second |

mod caches;
mod chunks;
mod cookies;
mod credentials;
mod lifetime;
