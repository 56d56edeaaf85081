//! Where the layer answers.

use std::fmt;

use http::{Method, Uri};

use crate::config::LoginSettings;

/// The paths that belong to the login, whole, from the root of the origin.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoginPaths {
    /// Starts a login: `/login`.
    pub login: String,
    pub(super) callback: String,
    /// Ends the session: `/logout`.
    pub logout: String,
    /// Renews the tokens now: `/refresh`.
    pub refresh: String,
    /// OpenID Connect Back-Channel Logout 1.0: `/backchannel-logout`.
    pub back_channel_logout: String,
    /// OpenID Connect Front-Channel Logout 1.0: `/frontchannel-logout`.
    pub front_channel_logout: String,
}

/// Why the login cannot be at the paths that it was moved to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LoginPathsError {
    /// None that a browser would ask for as it stands: a path begins with one slash, has neither query nor fragment, and every other
    /// character in it stands for itself in a URL.
    #[error("the path `{path}` of the login is none that a URL has as it stands, from its first slash to its end")]
    Malformed {
        /// The path.
        path: String,
    },
    /// The same path for two of them, the callback's among them.
    #[error("the path `{path}` of the login stands for two things")]
    Repeated {
        /// The path.
        path: String,
    },
}

/// What a user of the crate makes of the usual paths, whatever the settings.
pub(crate) struct LoginPathsFn(Box<dyn Fn(LoginPaths) -> LoginPaths + Send + Sync>);

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

    /// Where the provider sends the browser back to: the path of `callbackUrl`, which alone says so.
    #[must_use]
    pub fn callback(&self) -> &str {
        &self.callback
    }

    /// Whether a request can be for each of them, and for one at a time.
    fn check(&self, settings: &LoginSettings) -> Result<(), LoginPathsError> {
        let own = [&self.login, &self.logout, &self.refresh, &self.back_channel_logout, &self.front_channel_logout];
        for (position, path) in own.into_iter().enumerate() {
            if !is_as_in_a_url(path, settings) {
                return Err(LoginPathsError::Malformed { path: path.clone() });
            }
            if own[..position].contains(&path) || *path == self.callback {
                return Err(LoginPathsError::Repeated { path: path.clone() });
            }
        }
        Ok(())
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

/// Browsers read `//host` as another host, and a backslash as a slash.
fn is_as_in_a_url(path: &str, settings: &LoginSettings) -> bool {
    let mut url = settings.server_url.clone();
    url.set_path(path);
    path.starts_with('/') && !path.starts_with("//") && url.path() == path
}

impl LoginPathsFn {
    pub(crate) fn new(change: impl Fn(LoginPaths) -> LoginPaths + Send + Sync + 'static) -> Self {
        Self(Box::new(change))
    }

    /// The paths by these settings.
    pub(crate) fn paths(&self, settings: &LoginSettings) -> Result<LoginPaths, LoginPathsError> {
        let usual = LoginPaths::new(settings);
        let callback = usual.callback.clone();
        let paths = LoginPaths { callback, ..(self.0)(usual) };
        paths.check(settings)?;
        Ok(paths)
    }
}

impl fmt::Debug for LoginPathsFn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoginPathsFn").finish_non_exhaustive()
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
    fn paths_that_no_request_can_be_for_are_refused() {
        let moved = |change: fn(&mut LoginPaths)| {
            let change = LoginPathsFn::new(move |mut paths| {
                change(&mut paths);
                paths
            });
            change.paths(&settings(|_| ()))
        };
        let malformed = |path: &str| Err(LoginPathsError::Malformed { path: path.to_owned() });
        let repeated = |path: &str| Err(LoginPathsError::Repeated { path: path.to_owned() });
        assert_eq!(moved(|paths| paths.login = "login".to_owned()), malformed("login"));
        assert_eq!(moved(|paths| paths.logout = String::new()), malformed(""));
        assert_eq!(moved(|paths| paths.refresh = "//evil.example".to_owned()), malformed("//evil.example"));
        assert_eq!(moved(|paths| paths.login = "/\\evil.example".to_owned()), malformed("/\\evil.example"));
        assert_eq!(moved(|paths| paths.login = "/login?x=y".to_owned()), malformed("/login?x=y"));
        assert_eq!(moved(|paths| paths.login = "/a/../b".to_owned()), malformed("/a/../b"));
        assert_eq!(moved(|paths| paths.login = "/anmelden für".to_owned()), malformed("/anmelden für"));
        assert_eq!(moved(|paths| paths.logout = paths.login.clone()), repeated("/login"));
        assert_eq!(moved(|paths| paths.front_channel_logout = paths.callback.clone()), repeated("/callback"));
        assert!(moved(|paths| paths.login = "/oauth2/sign_in".to_owned()).is_ok());
    }

    /// It is registered at the provider, and stands in every authorization request.
    #[test]
    fn the_callback_is_where_the_settings_say_whatever_is_moved() {
        let elsewhere = paths("https://app.example", "https://app.example/elsewhere");
        let moved = LoginPathsFn::new(move |_| elsewhere.clone()).paths(&settings(|_| ())).unwrap();
        assert_eq!(moved.callback(), "/callback");
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
