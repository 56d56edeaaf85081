//! The provider inside the process, for who has none yet.

use std::net::SocketAddr;

use tower_oidc::{Config, testing::TestProvider};

/// An application at that address which takes everybody who signs in, with Alice for its administrator.
pub(super) fn config(provider: &TestProvider, address: SocketAddr) -> Config {
    let mut config = provider.login_config(&format!("http://{address}"));
    config.authentication.provider_name = Some("the test provider".to_owned());
    config
        .scope("openid email profile offline_access")
        .self_signup(true)
        .principal_domain("example.com")
        .admin("alice@example.com")
}

/// Where to go, and as whom.
pub(super) fn print(provider: &TestProvider, address: SocketAddr) {
    let token = |name: &str| {
        provider.token(name).claim("email", format!("{name}@example.com")).claim("email_verified", true).sign()
    };
    println!(
        "Open http://{address} in a browser and sign in as alice, an administrator, as bob, or by any other name.\n"
    );
    println!(
        "A provider runs inside this process at {}. Two callers, each with a token for an hour:\n",
        provider.issuer()
    );
    println!(
        "  alice, an administrator:\n  curl -i -H 'Authorization: Bearer {}' http://{address}/api/admin\n",
        token("alice")
    );
    println!("  bob:\n  curl -i -H 'Authorization: Bearer {}' http://{address}/api/me\n", token("bob"));
}
