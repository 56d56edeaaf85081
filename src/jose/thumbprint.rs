//! The thumbprint of a key (RFC 7638).

use aws_lc_rs::digest::{SHA256, digest};

use super::{base64url, jwk::Material};

/// The SHA-256 of a key's own members: what a token that is bound to the key says of it (RFC 9449 section 6.1). Nothing of it is
/// secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Thumbprint([u8; 32]);

impl Thumbprint {
    /// The thumbprint of that text, as `cnf.jkt` has it; `None` when it is not the base64url of one.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        base64url::decode(text)?.try_into().ok().map(Self)
    }

    /// The members that make the key, in the order of their names and without white space (RFC 7638 section 3).
    pub(super) fn of(material: &Material) -> Self {
        let text = |bytes: &[u8]| base64url::encode(bytes);
        let point = |crv: &str, point: &[u8]| {
            // After the byte that says that both coordinates follow.
            let (x, y) = point[1..].split_at(point.len() / 2);
            format!(r#"{{"crv":"{crv}","kty":"EC","x":"{}","y":"{}"}}"#, text(x), text(y))
        };
        let json = match material {
            Material::Rsa { n, e } => format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, text(e), text(n)),
            Material::P256(bytes) => point("P-256", bytes),
            Material::P384(bytes) => point("P-384", bytes),
            // RFC 8037 section 2.
            Material::Ed25519(x) => format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, text(x)),
        };
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest(&SHA256, json.as_bytes()).as_ref());
        Self(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{jose::jwk::Jwk, types::Algorithm};

    fn thumbprint(json: &str, algorithm: Algorithm) -> Thumbprint {
        Thumbprint::of(&Jwk::embedded(json, algorithm).unwrap().0.material)
    }

    /// RFC 7638 section 3.1, RFC 9449 sections 4.1 and 6.1, RFC 8037 appendix A.3.
    #[test]
    fn the_thumbprints_are_those_of_the_specifications() {
        let rsa = r#"{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"}"#;
        let elliptic = r#"{"kty":"EC","x":"l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs","y":"9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA","crv":"P-256"}"#;
        let edwards = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
        for (json, algorithm, expected) in [
            (rsa, Algorithm::Rs256, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"),
            (elliptic, Algorithm::Es256, "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"),
            (edwards, Algorithm::EdDsa, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"),
        ] {
            assert_eq!(Some(thumbprint(json, algorithm)), Thumbprint::from_text(expected), "{json}");
        }
    }

    #[test]
    fn only_the_text_of_a_thumbprint_is_read_as_one() {
        let text = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";
        assert!(Thumbprint::from_text(text).is_some());
        for other in ["", &text[1..], &format!("{text}A"), &format!("{text}="), &text.replace('-', "+")] {
            assert_eq!(Thumbprint::from_text(other), None, "{other}");
        }
    }
}
