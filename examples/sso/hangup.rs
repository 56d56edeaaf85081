//! SIGHUP reads the configuration again, where there is such a thing.

use std::path::PathBuf;

use tower_oidc::Auth;

/// Reads `file` and the variables again at every SIGHUP. What is wrong with them is told, and the configuration before serves on.
#[cfg(unix)]
pub(super) fn reload_at(auth: Auth, file: PathBuf) -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    use tower_oidc::Config;

    let mut hangups = signal(SignalKind::hangup())?;
    tokio::spawn(async move {
        while hangups.recv().await.is_some() {
            let reloaded = match Config::from_file(&file) {
                Ok(config) => auth.reload(config).await,
                Err(errors) => Err(errors.into()),
            };
            match reloaded {
                Ok(()) => println!("Reloaded {}", file.display()),
                Err(error) => eprintln!("The configuration before serves on:\n{error}"),
            }
        }
    });
    Ok(())
}

#[cfg(not(unix))]
pub(super) fn reload_at(_: Auth, _: PathBuf) -> std::io::Result<()> {
    Ok(())
}
