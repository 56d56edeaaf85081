//! Chapters: how to do a thing from end to end. They are Markdown files beside this one, and their programs are compiled.

#[doc = include_str!("settings.md")]
pub mod settings {}

#[doc = include_str!("providers.md")]
pub mod providers {}

#[doc = include_str!("openmetadata.md")]
pub mod openmetadata {}

#[doc = include_str!("doctor.md")]
pub mod doctor {}

#[cfg(feature = "login")]
#[doc = include_str!("rotation.md")]
pub mod rotation {}

#[cfg(all(feature = "axum", feature = "login"))]
#[doc = include_str!("login.md")]
pub mod login {}

#[doc = include_str!("service_accounts.md")]
pub mod service_accounts {}

#[doc = include_str!("several_providers.md")]
pub mod several_providers {}

#[cfg(feature = "login")]
#[doc = include_str!("proxy.md")]
pub mod proxy {}

#[cfg(all(feature = "login", feature = "testing"))]
#[doc = include_str!("testing.md")]
pub mod testing {}

#[doc = include_str!("request.md")]
pub mod request {}

#[doc = include_str!("dpop.md")]
pub mod dpop {}

#[doc = include_str!("defaults.md")]
pub mod defaults {}

#[doc = include_str!("performance.md")]
pub mod performance {}

#[cfg(feature = "axum")]
#[doc = include_str!("migration.md")]
pub mod migration {}

#[cfg(all(feature = "axum", feature = "login"))]
#[doc = include_str!("observability.md")]
pub mod observability {}

#[doc = include_str!("versions.md")]
pub mod versions {}

#[cfg(feature = "login")]
#[doc = include_str!("threats.md")]
pub mod threats {}
