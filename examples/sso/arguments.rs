//! What the operator says on the command line.

use std::{net::SocketAddr, path::PathBuf};

use clap::Parser;
use tower_oidc::Config;

/// The reference application of tower-oidc.
#[derive(Parser)]
pub(super) struct Arguments {
    /// The configuration, YAML or JSON. The variables of the environment are laid over it.
    #[arg(long)]
    pub(super) config: Option<PathBuf>,
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:3000")]
    pub(super) listen: SocketAddr,
    /// A user who is known besides the configuration's administrators: a name, or an e-mail address. May stand many times.
    #[arg(long = "user", value_name = "NAME")]
    pub(super) users: Vec<String>,
    /// Exit with status 1 when the provider cannot be reached at start.
    #[arg(long)]
    pub(super) require_provider: bool,
}

impl Arguments {
    /// The full names of everybody who is known from the start.
    pub(super) fn known_users(&self, config: &Config) -> Vec<String> {
        let authorizer = &config.authorizer;
        let names = self.users.iter().chain(&authorizer.admin_principals).chain(&authorizer.admin_emails);
        let full_name = |name: &String| match &authorizer.principal_domain {
            Some(domain) if !name.contains('@') => format!("{name}@{domain}"),
            _ => name.clone(),
        };
        names.map(full_name).collect()
    }
}
