//! A client secret that is rotated.

use std::{
    fs,
    path::PathBuf,
    sync::atomic::{AtomicU32, Ordering},
};

use crate::{config::ClientSecret, types::Secret};

/// A file with a secret, removed at the end.
pub(in crate::provider) struct SecretFile(PathBuf);

impl SecretFile {
    pub(in crate::provider) fn new(text: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let file = Self(std::env::temp_dir().join(format!("tower-oidc-{}-{count}", std::process::id())));
        file.write(text);
        file
    }

    pub(in crate::provider) fn write(&self, text: &str) {
        fs::write(&self.0, text).unwrap();
    }

    /// The secret as it was read at start.
    pub(in crate::provider) fn secret(&self, text: &str) -> ClientSecret {
        ClientSecret { secret: Secret::from(text), file: Some(self.0.clone()) }
    }
}

impl Drop for SecretFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}
