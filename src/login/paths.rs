//! Where the layer answers.

use http::{Method, Uri};

use crate::config::LoginSettings;

/// The paths that belong to the login, whole, from the root of the origin.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoginPaths {
    /// Starts a login: `/login`.
    pub login: String,
    /// Where the provider sends the browser back to: the path of `callbackUrl`.
    pub callback: String,
    /// Ends the session: `/logout`.
    pub logout: String,
    /// Renews the tokens now: `/refresh`.
    pub refresh: String,
    /// OpenID Connect Back-Channel Logout 1.0: `/backchannel-logout`.
    pub back_channel_logout: String,
    /// OpenID Connect Front-Channel Logout 1.0: `/frontchannel-logout`.
    pub front_channel_logout: String,
}

/// One of the login's own paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "as in LoginPaths")]
pub enum Route {
    Login,
    Callback,
    Logout,
    Refresh,
    BackChannelLogout,
    FrontChannelLogout,
}

/// Longest body of a callback, in bytes: an ID token that may have 100 KB of claims at Auth0, and its envelope.
const MAX_CALLBACK_BYTES: usize = 256 * 1024;

/// Longest body of any other path, in bytes: a logout token.
const MAX_BODY_BYTES: usize = 32 * 1024;

impl LoginPaths {
    /// The usual names under the path of `serverUrl`, and the path of `callbackUrl`.
    #[doc(hidden)]
    #[must_use]
    pub fn new(settings: &LoginSettings) -> Self {
        let base = settings.server_url.path().trim_end_matches('/');
        let under = |name: &str| format!("{base}{name}");
        Self {
            login: under("/login"),
            callback: settings.callback_url.path().to_owned(),
            logout: under("/logout"),
            refresh: under("/refresh"),
            back_channel_logout: under("/backchannel-logout"),
            front_channel_logout: under("/frontchannel-logout"),
        }
    }

    /// Which of them a request is for: by its exact path, whatever its method.
    #[doc(hidden)]
    #[must_use]
    pub fn route(&self, uri: &Uri) -> Option<Route> {
        self.route_of(uri.path())
    }

    /// Which of them a path is, without its query. `callbackUrl` wins: it is registered at the provider.
    pub(super) fn route_of(&self, path: &str) -> Option<Route> {
        [
            (&self.callback, Route::Callback),
            (&self.login, Route::Login),
            (&self.logout, Route::Logout),
            (&self.refresh, Route::Refresh),
            (&self.back_channel_logout, Route::BackChannelLogout),
            (&self.front_channel_logout, Route::FrontChannelLogout),
        ]
        .into_iter()
        .find_map(|(own, route)| (own == path).then_some(route))
    }
}

impl Route {
    /// What it does, in snake case, as spans show it.
    pub(super) const fn step(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Callback => "callback",
            Self::Logout => "logout",
            Self::Refresh => "refresh",
            Self::BackChannelLogout => "back_channel_logout",
            Self::FrontChannelLogout => "front_channel_logout",
        }
    }

    /// Longest body to read, in bytes.
    #[must_use]
    pub fn body_limit(self, method: &Method) -> usize {
        match (self, method) {
            (_, &Method::GET | &Method::HEAD) => 0,
            (Self::Callback, _) => MAX_CALLBACK_BYTES,
            _ => MAX_BODY_BYTES,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::samples::settings, *};
    use crate::jose::MAX_TOKEN_BYTES;

    fn paths(server_url: &str, callback_url: &str) -> LoginPaths {
        LoginPaths::new(&settings(|config| {
            config.authentication.oidc.server_url = Some(server_url.to_owned());
            config.authentication.oidc.callback_url = Some(callback_url.to_owned());
        }))
    }

    fn route(paths: &LoginPaths, uri: &'static str) -> Option<Route> {
        paths.route(&Uri::from_static(uri))
    }

    #[test]
    fn the_paths_are_under_the_server_url_and_the_callback_is_where_it_says() {
        for server_url in ["https://app.example/base", "https://app.example/base/"] {
            let paths = paths(server_url, "https://app.example/elsewhere/done?x=y");
            for (uri, expected) in [
                ("/base/login?return_to=/x", Route::Login),
                ("/elsewhere/done?x=y&code=z", Route::Callback),
                ("/base/logout", Route::Logout),
                ("/base/refresh", Route::Refresh),
                ("/base/backchannel-logout", Route::BackChannelLogout),
                ("/base/frontchannel-logout", Route::FrontChannelLogout),
            ] {
                assert_eq!(route(&paths, uri), Some(expected), "{uri}");
            }
        }
    }

    #[test]
    fn a_path_is_compared_whole_and_as_it_stands() {
        let paths = paths("https://app.example", "https://app.example/callback");
        for uri in ["/", "/login/", "/Login", "//login", "/%6cogin", "/x/login", "/loginx"] {
            assert_eq!(route(&paths, uri), None, "{uri}");
        }
    }

    #[test]
    fn the_callback_goes_before_a_path_of_the_same_name() {
        let paths = paths("https://app.example", "https://app.example/login");
        assert_eq!(route(&paths, "/login"), Some(Route::Callback));
    }

    #[test]
    fn only_a_body_that_may_be_there_is_read() {
        assert_eq!(Route::Callback.body_limit(&Method::GET), 0);
        assert_eq!(Route::Callback.body_limit(&Method::POST), MAX_CALLBACK_BYTES);
        assert_eq!(Route::Login.body_limit(&Method::POST), MAX_BODY_BYTES);
        let longest_token = "logout_token=".len() + MAX_TOKEN_BYTES;
        assert!(Route::BackChannelLogout.body_limit(&Method::POST) >= longest_token);
    }
}
