//! Why there is no [`Auth`](super::Auth).

use std::{error::Error, fmt, sync::Arc};

use crate::{
    config::ConfigErrors,
    provider::{Causes, ClientError, ProviderError},
};

use super::browser::LoginError;

/// Why there is no [`Auth`](super::Auth). It says what the first cause says, so that [`source`](Error::source) goes on after that one.
/// Its `Debug` is all of them: a `main` that returns it shows the operator lines to read.
#[non_exhaustive]
pub enum SetupError {
    /// The configuration is not right.
    Config(ConfigErrors),
    /// The HTTP client cannot be made, for instance because `caFile` holds no certificate.
    Client(ClientError),
    /// A provider answered, and its answer contradicts the configuration.
    Provider {
        /// The block of the configuration that names the provider.
        path: String,
        /// What contradicts.
        source: Arc<ProviderError>,
    },
    /// The login cannot be offered: the client's key cannot be used, or the provider does not offer what is configured.
    Login(LoginError),
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(errors) => fmt::Display::fmt(errors, f),
            Self::Client(error) => fmt::Display::fmt(error, f),
            Self::Provider { path, source } => {
                write!(f, "{path}: the provider contradicts the configuration: {source}")
            }
            Self::Login(error) => write!(f, "login: {error}"),
        }
    }
}

impl Error for SetupError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Config(errors) => errors.source(),
            Self::Client(error) => error.source(),
            Self::Provider { source, .. } => source.source(),
            Self::Login(error) => error.source(),
        }
    }
}

impl fmt::Debug for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Causes(self), f)
    }
}

impl From<ConfigErrors> for SetupError {
    fn from(errors: ConfigErrors) -> Self {
        Self::Config(errors)
    }
}

impl From<ClientError> for SetupError {
    fn from(error: ClientError) -> Self {
        Self::Client(error)
    }
}

impl From<LoginError> for SetupError {
    fn from(error: LoginError) -> Self {
        Self::Login(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::{HttpError, ShownUrl};

    /// As reporters do that walk the chain.
    #[test]
    fn no_cause_is_told_twice_and_none_is_left_out() {
        let url = ShownUrl::new(&url::Url::parse("https://id.example/keys").unwrap());
        let source = Arc::new(ProviderError::Unreachable { url, source: HttpError::Connect("the third".into()) });
        let provider = SetupError::Provider { path: "the first".to_owned(), source };
        let client = SetupError::from(ClientError::Tls("the second".into()));
        for (error, causes) in [
            (provider, ["the first", "id.example", "no connection", "the third"].as_slice()),
            (client, &["caFile", "the second"]),
        ] {
            let told = format!("{error:?}");
            for cause in causes {
                assert_eq!(told.matches(cause).count(), 1, "{cause}: {told}");
            }
        }
    }
}
