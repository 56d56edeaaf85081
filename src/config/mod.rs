//! The operator's configuration: one struct, three sources, and the check that turns text into types once.
//!
//! 1. [`Config`] mirrors the operator's file, which has OpenMetadata's format and names. It is built in Rust, read from a
//!    YAML or JSON file ([`Config::from_file`]) or from variables ([`Config::from_env`]). Environment goes over file, and
//!    file over default.
//! 2. [`Config::check`] reports every problem at once, each with its dotted path and how to mend it, or gives
//!    [`Settings`], which is all that the rest of the crate reads.
//! 3. What the operator should know without being stopped is a [`Notice`] in [`Settings::notices`]; the caller logs it.
//!
//! Nothing is trusted by default: an empty configuration does not pass.
//!
//! ```
//! use tower_oidc::config::Config;
//!
//! let settings = Config::new().authority("https://tenant.us.auth0.com").audience("https://api.example.com").check()?;
//! assert_eq!(settings.issuers[0].audiences, ["https://api.example.com"]);
//!
//! let errors = Config::new().authority("https://dev‑abc.us.auth0.com").check().unwrap_err();
//! assert_eq!(errors.problems()[0].path, "authenticationConfiguration.authority");
//! # Ok::<(), tower_oidc::config::ConfigErrors>(())
//! ```

mod builder;
mod check;
mod error;
mod fields;
mod ingestion;
mod model;
mod notice;
mod origin;
mod settings;
mod source;

pub(crate) use check::{Inspection, Service, is_loopback};
pub use error::{ConfigErrors, Problem};
pub(crate) use fields::{AUTHENTICATION, authentication, authorizer, oidc};
pub(crate) use ingestion::Ingestion;
pub use model::{Authentication, Authorizer, Config, Oidc, TrustedIssuer};
pub use notice::{Notice, Severity};
pub use settings::*;
pub(crate) use source::process_variable;
pub use source::{MAX_FILE_BYTES, MAX_SECRET_BYTES, Source};
