//! Authorization codes (RFC 6749 section 4.1.2).

use std::{mem, time::Duration};

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::testing::random;

use super::{Binding, Granted, Grants, family::FamilyId};

/// How long a code is good for: what strict providers allow. RFC 6749 section 4.1.2 has ten minutes as the most.
const LIFETIME: Duration = Duration::from_secs(60);

/// A code, from when it is given out.
pub(super) struct Code {
    binding: Binding,
    /// In seconds since 1970.
    expires_at: u64,
    fate: Fate,
}

/// What became of a code.
enum Fate {
    Unused(Box<Granted>),
    /// It was sent, and nothing came of it.
    Spoilt,
    Redeemed(FamilyId),
}

impl Grants {
    /// A code for what was granted.
    pub(in crate::testing) fn issue_code(&mut self, granted: Granted, binding: Binding, now: u64) -> String {
        let code = random::identifier();
        let expires_at = now + LIFETIME.as_secs();
        self.codes.insert(code.clone(), Code { binding, expires_at, fate: Fate::Unused(Box::new(granted)) });
        code
    }

    /// Uses a code, whether or not the request is good. One that comes again revokes what came of it (section 4.1.2).
    pub(super) fn use_code(
        &mut self,
        code: &str,
        redirect_uri: Option<&str>,
        verifier: Option<&str>,
        now: u64,
    ) -> Option<FamilyId> {
        let code = self.codes.get_mut(code)?;
        match mem::replace(&mut code.fate, Fate::Spoilt) {
            Fate::Unused(granted) => {
                let is_good = now < code.expires_at && code.binding.holds(redirect_uri, verifier);
                let family = is_good.then(|| self.families.begin(*granted))?;
                code.fate = Fate::Redeemed(family);
                Some(family)
            }
            Fate::Redeemed(family) => {
                self.families.revoke(family);
                None
            }
            Fate::Spoilt => None,
        }
    }
}

impl Binding {
    /// A verifier is refused where no challenge was made (RFC 9700 section 4.8.2).
    fn holds(&self, redirect_uri: Option<&str>, verifier: Option<&str>) -> bool {
        let challenge = verifier.map(|verifier| URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes())));
        redirect_uri == Some(&self.redirect_uri) && challenge == self.code_challenge
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 7636 appendix B.
    #[test]
    fn a_verifier_is_compared_by_its_hash() {
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".to_owned();
        let binding = Binding { redirect_uri: "http://app/cb".to_owned(), code_challenge: Some(challenge.clone()) };
        assert!(binding.holds(Some("http://app/cb"), Some("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")));
        for (uri, verifier) in [
            ("http://app/cb", None),
            ("http://app/cb", Some(challenge.as_str())),
            ("http://app/cb/", Some("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")),
        ] {
            assert!(!binding.holds(Some(uri), verifier), "{uri} {verifier:?}");
        }
        let without = Binding { code_challenge: None, ..binding };
        assert!(without.holds(Some("http://app/cb"), None));
        assert!(!without.holds(Some("http://app/cb"), Some("any")) && !without.holds(None, None));
    }
}
