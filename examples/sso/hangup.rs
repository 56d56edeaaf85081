//! SIGHUP reads the configuration again, where there is such a thing.

#[cfg(unix)]
use std::path::Path;

use tower_oidc::Auth;
#[cfg(unix)]
use tower_oidc::{Config, layer::SetupError};

use super::{arguments::Arguments, users::Users};

/// Reads the file and the variables again at every SIGHUP. What is wrong with them is told, and the configuration before serves on.
#[cfg(unix)]
pub(super) fn reload_at(auth: Auth, users: Users, arguments: Arguments) -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};

    let Some(file) = arguments.config.clone() else { return Ok(()) };
    let mut hangups = signal(SignalKind::hangup())?;
    tokio::spawn(async move {
        while hangups.recv().await.is_some() {
            match reload(&auth, &users, &file, &arguments).await {
                Ok(()) => println!("Reloaded {}", file.display()),
                Err(error) => eprintln!("The configuration before serves on:\n{error}"),
            }
        }
    });
    Ok(())
}

/// The directory is no part of the configuration: it is told of the new administrators once they are administrators.
#[cfg(unix)]
async fn reload(auth: &Auth, users: &Users, file: &Path, arguments: &Arguments) -> Result<(), SetupError> {
    let config = Config::from_file(file)?;
    let known_users = arguments.known_users(&config);
    auth.reload(config).await?;
    users.name(known_users);
    Ok(())
}

#[cfg(not(unix))]
pub(super) fn reload_at(_: Auth, _: Users, _: Arguments) -> std::io::Result<()> {
    Ok(())
}
