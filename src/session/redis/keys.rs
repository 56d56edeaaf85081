//! What stands where. A key tells nothing to whom it is not known already: names are hashed.

use aws_lc_rs::digest::{Context, SHA256, digest};
use base64_simd::URL_SAFE_NO_PAD;

use crate::types::Issuer;

use super::super::Named;

/// What all keys begin with. Another layout will have another number.
const PREFIX: &str = "tower-oidc:1";

/// Bytes of the hash that tells services apart.
const OWNER_BYTES: usize = 16;

/// The keys of one service. Services that share a Redis do not meet: a client of a provider has keys of its own.
pub(super) struct Keys {
    /// In braces, so that a cluster keeps all of it in one place, as the script needs it.
    owner: String,
    /// What the keys of sessions begin with.
    sessions: String,
}

impl Keys {
    /// `owner` is [`SessionSettings::owner`](crate::config::SessionSettings::owner).
    pub(super) fn new(owner: &str) -> Self {
        let hash = digest(&SHA256, owner.as_bytes());
        let owner = format!("{{{PREFIX}:{}}}", URL_SAFE_NO_PAD.encode_to_string(&hash.as_ref()[..OWNER_BYTES]));
        Self { sessions: format!("{owner}:session:"), owner }
    }

    pub(super) fn sessions(&self) -> &str {
        &self.sessions
    }

    pub(super) fn session(&self, name: &str) -> String {
        format!("{}{name}", self.sessions)
    }

    pub(super) fn lease(&self, key: [u8; 32]) -> String {
        format!("{}:lease:{}", self.owner, name(key))
    }

    /// The list of the sessions of `issuer` that `named` names.
    pub(super) fn index(&self, issuer: &Issuer, named: Named<'_>) -> String {
        match named {
            Named::ProviderSession(sid) => self.of(issuer, "sid", sid),
            Named::Subject(subject) => self.of(issuer, "subject", subject),
        }
    }

    /// The note that this login at the provider has ended.
    pub(super) fn ended(&self, issuer: &Issuer, provider_session: &str) -> String {
        self.of(issuer, "ended", provider_session)
    }

    fn of(&self, issuer: &Issuer, kind: &str, value: &str) -> String {
        let mut hash = Context::new(&SHA256);
        for part in [issuer.as_str(), value] {
            hash.update(&(part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        format!("{}:{kind}:{}", self.owner, URL_SAFE_NO_PAD.encode_to_string(hash.finish()))
    }
}

/// What a session is called in its key and in the lists.
pub(super) fn name(key: [u8; 32]) -> String {
    URL_SAFE_NO_PAD.encode_to_string(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWNER: &str = "1:c17:https://id.example";

    #[test]
    fn keys_tell_neither_the_person_nor_the_service() {
        let keys = Keys::new(OWNER);
        let issuer = Issuer::new("https://id.example");
        let all = [
            keys.session(&name([7; 32])),
            keys.lease([7; 32]),
            keys.index(&issuer, Named::Subject("jane@example.com")),
            keys.index(&issuer, Named::ProviderSession("s1")),
            keys.ended(&issuer, "s1"),
        ];
        let start = all[0].split_once('}').unwrap().0;
        for key in &all {
            assert!(key.starts_with("{tower-oidc:1:") && key.starts_with(start), "{key}");
            assert!(!["jane", "example", "s1"].iter().any(|word| key.contains(word)), "{key}");
        }
    }

    #[test]
    fn no_two_names_share_a_key() {
        let index = |owner: &str, issuer: &str, named: Named<'_>| Keys::new(owner).index(&Issuer::new(issuer), named);
        let one = index(OWNER, "https://id.example", Named::Subject("jane"));
        assert_eq!(index(OWNER, "https://id.example", Named::Subject("jane")), one);
        for other in [
            index(OWNER, "https://id.example", Named::ProviderSession("jane")),
            index(OWNER, "https://id.example", Named::Subject("Jane")),
            index(OWNER, "https://id.examplej", Named::Subject("ane")),
            index("1:d17:https://id.example", "https://id.example", Named::Subject("jane")),
        ] {
            assert_ne!(other, one);
        }
    }
}
