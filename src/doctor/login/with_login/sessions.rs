//! Cookies against the address of the service, and what seals them.

use aws_lc_rs::constant_time::verify_slices_are_equal;

use crate::{
    config::{ClientAuthentication, LoginSettings, ResponseMode, is_loopback, oidc},
    doctor::report::{Finding, Subject},
    login::LoginPaths,
    types::Secret,
};

/// Fewest different bytes of a secret that was drawn by chance: 32 hexadecimal digits have 14, as a rule.
const MIN_DIFFERENT_BYTES: usize = 10;

/// Words of documentation and of templates.
const PLACEHOLDERS: [&str; 8] =
    ["changeme", "change-me", "change_me", "changeit", "placeholder", "password", "your-secret", "your_secret"];

pub(super) fn check(settings: &LoginSettings) -> Vec<Finding> {
    let mut findings = vec![cookies(settings)];
    findings.extend(form_post(settings));
    findings.extend(paths(settings));
    findings.extend(idle(settings));
    findings.extend(secrets(settings));
    findings
}

/// RFC 6265bis section 4.1.2.5: what `Secure` asks for.
fn cookies(settings: &LoginSettings) -> Finding {
    const CHECK: &str = "sessions.cookies";
    let (server, secure) = (&settings.server_url, settings.session.secure_cookie);
    let path = oidc("serverUrl");
    match (secure, server.scheme() == "https", is_loopback(server)) {
        (true, true, _) => {
            Subject::Sessions.ok(CHECK, path, "cookies are Secure, HttpOnly and bound to this host (__Host-)")
        }
        (true, false, _) => {
            let seen = "is http, and the cookies are Secure: a browser that comes by http drops them, and every login starts again";
            let mend = "write the https address that browsers see; TLS may end at a proxy";
            Subject::Sessions.warning(CHECK, path, seen, mend)
        }
        (false, _, true) => {
            Subject::Sessions.note(CHECK, path, "cookies are not Secure: that is right on this machine alone")
        }
        (false, ..) => {
            let seen = "is http: the session's cookie is not Secure, and whoever is on the way can take it";
            let mend = "write the https address that browsers see; TLS may end at a proxy";
            Subject::Sessions.warning(CHECK, path, seen, mend)
        }
    }
}

/// The provider's form comes from another site, and brings along `SameSite=None; Secure` alone.
fn form_post(settings: &LoginSettings) -> Option<Finding> {
    let broken = settings.response_mode == ResponseMode::FormPost && !settings.session.secure_cookie;
    broken.then(|| {
        let seen = "is form_post, and the cookies are not Secure: browsers do not bring the login's cookie along with the answer";
        let mend = "serve the application by https, or use response type code with response mode query";
        Subject::Sessions.warning("sessions.form_post", oidc("responseMode"), seen, mend)
    })
}

/// The callback wins over the login's own paths.
fn paths(settings: &LoginSettings) -> Option<Finding> {
    let paths = LoginPaths::new(settings);
    let others = [&paths.login, &paths.logout, &paths.refresh, &paths.back_channel_logout, &paths.front_channel_logout];
    let taken = others.into_iter().find(|path| *path == paths.callback())?;
    let seen = format!("is at {taken}, which the layer answers by itself: that one can no longer be reached");
    let mend = "give the callback another path, such as /callback, and register it";
    Some(Subject::Sessions.warning("sessions.paths", oidc("callbackUrl"), seen, mend))
}

fn idle(settings: &LoginSettings) -> Option<Finding> {
    let session = &settings.session;
    let idle = session.idle_timeout.filter(|idle| *idle >= session.expiry)?;
    let seen = format!("is {} s, and sessions end after {} s anyway", idle.as_secs(), session.expiry.as_secs());
    Some(Subject::Sessions.note("sessions.idle", oidc("sessionIdleTimeout"), seen))
}

fn secrets(settings: &LoginSettings) -> Vec<Finding> {
    const CHECK: &str = "sessions.secret";
    let secrets = &settings.session.secrets;
    let mend = "make one by `openssl rand -base64 32`";
    let weak = secrets.iter().enumerate().filter_map(|(at, secret)| {
        let why = weakness(secret, &secrets[..at], &settings.client_authentication)?;
        Some(Subject::Sessions.warning(CHECK, oidc(&format!("sessionSecret[{at}]")), why, mend))
    });
    let findings: Vec<_> = weak.collect();
    if findings.is_empty() && !secrets.is_empty() {
        let plural = if secrets.len() == 1 { "secret seals the cookies" } else { "secrets open the cookies" };
        let seen = format!("{} {plural}, and none looks like one that can be guessed", secrets.len());
        return vec![Subject::Sessions.ok(CHECK, oidc("sessionSecret"), seen)];
    }
    findings
}

/// Why a secret is likely none. Nothing of it is told.
fn weakness(secret: &Secret, earlier: &[Secret], client: &ClientAuthentication) -> Option<&'static str> {
    let bytes = secret.expose().as_bytes();
    let lower = secret.expose().to_ascii_lowercase();
    if is_the_clients(secret, client) {
        Some("is the client's secret too: who knows one can sign people in by the other")
    } else if earlier.iter().any(|other| is_same(other, secret)) {
        Some("stands twice in the list")
    } else if PLACEHOLDERS.iter().any(|word| lower.contains(word)) {
        Some("holds a word of a template: it can be guessed")
    } else if different(bytes) < MIN_DIFFERENT_BYTES || repeats(bytes) || counts_on(bytes) {
        Some("has a pattern: it can be guessed")
    } else {
        None
    }
}

fn is_the_clients(secret: &Secret, client: &ClientAuthentication) -> bool {
    match client {
        ClientAuthentication::Basic(own) | ClientAuthentication::Post(own) | ClientAuthentication::SecretJwt(own) => {
            is_same(&own.secret, secret)
        }
        ClientAuthentication::None | ClientAuthentication::PrivateKeyJwt { .. } => false,
    }
}

fn is_same(left: &Secret, right: &Secret) -> bool {
    verify_slices_are_equal(left.expose().as_bytes(), right.expose().as_bytes()).is_ok()
}

fn different(bytes: &[u8]) -> usize {
    let mut seen = [false; 256];
    bytes.iter().for_each(|byte| seen[usize::from(*byte)] = true);
    seen.iter().filter(|seen| **seen).count()
}

/// `abcabcabc`: the same piece over and over.
fn repeats(bytes: &[u8]) -> bool {
    (1..=bytes.len() / 2).any(|period| bytes[period..].iter().zip(bytes).all(|(later, earlier)| later == earlier))
}

/// `abcdefgh`, `0123456789`, `aaaa`: most bytes follow from the one before.
fn counts_on(bytes: &[u8]) -> bool {
    let follows = |pair: &&[u8]| matches!(pair[1].wrapping_sub(pair[0]), 0 | 1 | 255);
    bytes.windows(2).filter(follows).count() * 2 > bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weakness_of(text: &str) -> Option<&'static str> {
        weakness(&Secret::from(text), &[], &ClientAuthentication::None)
    }

    #[test]
    fn a_secret_that_a_person_made_up_by_pattern_is_told_from_a_drawn_one() {
        for weak in [
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "0123456789abcdef0123456789abcdef",
            "abcdefghijklmnopqrstuvwxyz123456",
            "correct horse ChangeMe battery staple",
            "my-very-long-password-for-sessions-1",
            "deadbeefdeadbeefdeadbeefdeadbeef",
        ] {
            assert!(weakness_of(weak).is_some(), "{weak}");
        }
        for strong in [
            "q1Zs8mYq0bXnJ4v2kqk0m0m3Qf0l1h7yq5m8t2w9x4c=",
            "9f86d081884c7d659a2feaa0c55ad015",
            "a secret of the tests that has many more than 32 bytes",
        ] {
            assert_eq!(weakness_of(strong), None, "{strong}");
        }
    }
}
