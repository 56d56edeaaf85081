//! The hash in an ID token that ties an access token to it.

use aws_lc_rs::{constant_time::verify_slices_are_equal, digest};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::types::{Algorithm, Claims};

use super::TokenError;

/// `at_hash`, if it is there and an access token came beside the ID token, is that token's hash (OpenID Connect Core 1.0
/// sections 3.1.3.8 and 3.2.2.9). `algorithm` is that of the ID token's signature.
pub(super) fn check(claims: &Claims, algorithm: Algorithm, access_token: Option<&str>) -> Result<(), TokenError> {
    match (claims.string("at_hash")?, access_token) {
        (Some(hash), Some(token)) => verify_slices_are_equal(hash.as_bytes(), half_hash(algorithm, token).as_bytes())
            .map_err(|_| TokenError::AccessTokenHash),
        _ => Ok(()),
    }
}

/// The left half of the hash that the algorithm signs, as base64url. Ed25519 hashes with SHA-512 (RFC 8032 section 5.1).
fn half_hash(algorithm: Algorithm, token: &str) -> String {
    let hash = match algorithm {
        Algorithm::Rs256 | Algorithm::Ps256 | Algorithm::Es256 => &digest::SHA256,
        Algorithm::Rs384 | Algorithm::Ps384 | Algorithm::Es384 => &digest::SHA384,
        Algorithm::Rs512 | Algorithm::Ps512 | Algorithm::EdDsa => &digest::SHA512,
    };
    let digest = digest::digest(hash, token.as_bytes());
    URL_SAFE_NO_PAD.encode(&digest.as_ref()[..hash.output_len() / 2])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::types::{ClaimError, JsonKind};

    /// OpenID Connect Core 1.0, appendix A.3.
    const ACCESS_TOKEN: &str = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
    const HASH: &str = "77QmUPtjPfzWtF2AnpK9RQ";

    fn verdict(at_hash: impl serde::Serialize, algorithm: Algorithm, token: Option<&str>) -> Result<(), TokenError> {
        check(&Claims::parse(json!({ "at_hash": at_hash }).to_string()).unwrap(), algorithm, token)
    }

    #[test]
    fn the_hash_is_that_of_the_specification() {
        assert_eq!(verdict(HASH, Algorithm::Rs256, Some(ACCESS_TOKEN)), Ok(()));
    }

    #[test]
    fn the_signature_chooses_the_hash() {
        use Algorithm::{EdDsa, Es256, Es384, Ps256, Ps384, Ps512, Rs256, Rs384, Rs512};
        let families = [
            (HASH, [Rs256, Ps256, Es256]),
            ("jtAeDp945y1dDqU3nkIVGNZP1HjH_MFs", [Rs384, Ps384, Es384]),
            ("q7nS86GgvvFaZkzALLWqJYaJIKw2wCDAVfCAsm5CrBM", [Rs512, Ps512, EdDsa]),
        ];
        for (hash, algorithms) in families {
            for &algorithm in Algorithm::ALL {
                let fits = verdict(hash, algorithm, Some(ACCESS_TOKEN)).is_ok();
                assert_eq!(fits, algorithms.contains(&algorithm), "{algorithm}");
            }
        }
    }

    #[test]
    fn the_hash_of_another_access_token_is_refused() {
        let whole = URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, ACCESS_TOKEN.as_bytes()));
        for hash in ["", "77QmUPtjPfzWtF2AnpK9RR", "77QmUPtjPfzWtF2AnpK9RQ==", "77QmUPtjPfzWtF2AnpK9", &whole] {
            let refused = verdict(hash, Algorithm::Rs256, Some(ACCESS_TOKEN));
            assert_eq!(refused, Err(TokenError::AccessTokenHash), "{hash}");
        }
        assert_eq!(verdict(HASH, Algorithm::Rs256, Some("another")), Err(TokenError::AccessTokenHash));
    }

    #[test]
    fn a_hash_is_asked_for_only_beside_an_access_token() {
        assert_eq!(verdict(HASH, Algorithm::Rs256, None), Ok(()));
        let without = Claims::parse("{}".to_owned()).unwrap();
        assert_eq!(check(&without, Algorithm::Rs256, Some(ACCESS_TOKEN)), Ok(()));
    }

    #[test]
    fn a_hash_of_the_wrong_type_is_never_absent() {
        for (value, found) in [(json!(null), JsonKind::Null), (json!([HASH]), JsonKind::Array)] {
            for token in [None, Some(ACCESS_TOKEN)] {
                let error = ClaimError { claim: "at_hash".into(), expected: "a string", found };
                assert_eq!(verdict(&value, Algorithm::Rs256, token), Err(error.into()));
            }
        }
    }
}
