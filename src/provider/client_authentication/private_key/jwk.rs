//! Private keys as JWK (RFC 7517 section 4, RFC 7518 section 6, RFC 8037 section 2).

use aws_lc_rs::{
    rsa::{self, KeyPairComponents, PublicKeyComponents},
    signature::{EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, RsaEncoding},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::zeroize::Zeroizing;
use serde::{Deserialize, de::IgnoredAny};

use crate::types::Algorithm;

use super::{super::error::ClientAuthenticationError, KeyPair, Scheme};

/// The members that are acted on. Key material has no escapes in it, and is borrowed so that no copy remains.
#[derive(Deserialize)]
struct Members<'a> {
    kty: &'a str,
    kid: Option<String>,
    alg: Option<String>,
    r#use: Option<String>,
    key_ops: Option<Vec<String>>,
    crv: Option<&'a str>,
    n: Option<&'a str>,
    e: Option<&'a str>,
    d: Option<&'a str>,
    p: Option<&'a str>,
    q: Option<&'a str>,
    dp: Option<&'a str>,
    dq: Option<&'a str>,
    qi: Option<&'a str>,
    /// A third prime and more, which nobody uses (RFC 7518 section 6.3.2.7).
    oth: Option<IgnoredAny>,
    x: Option<&'a str>,
    y: Option<&'a str>,
}

/// The key and its `kid`.
pub(super) fn parse(text: &str, algorithm: Algorithm) -> Result<(KeyPair, Option<String>), ClientAuthenticationError> {
    let members: Members<'_> = serde_json::from_str(text).map_err(|_| ClientAuthenticationError::UnreadableKey)?;
    let pair = members.signs_with(algorithm).then(|| members.pair(algorithm.into())).flatten();
    Ok((pair.ok_or(ClientAuthenticationError::UnfitKey { algorithm })?, members.kid))
}

impl Members<'_> {
    /// Whether the key says it is for signatures with `algorithm`, or says nothing.
    fn signs_with(&self, algorithm: Algorithm) -> bool {
        self.r#use.as_deref().is_none_or(|purpose| purpose == "sig")
            && self.key_ops.as_ref().is_none_or(|operations| operations.iter().any(|name| name == "sign"))
            && self.alg.as_deref().is_none_or(|name| name == algorithm.name())
    }

    fn pair(&self, scheme: Scheme) -> Option<KeyPair> {
        match (self.kty, self.crv, scheme) {
            ("RSA", _, Scheme::Rsa(encoding)) => self.rsa(encoding),
            ("EC", Some("P-256"), Scheme::Ecdsa(curve)) => self.ecdsa(curve, 32),
            ("EC", Some("P-384"), Scheme::Ecdsa(curve)) => self.ecdsa(curve, 48),
            ("OKP", Some("Ed25519"), Scheme::Ed25519) => self.ed25519(),
            _ => None,
        }
    }

    /// With all its primes' members: producers should write them (RFC 7518 section 6.3.2), and the key is checked by them.
    fn rsa(&self, encoding: &'static dyn RsaEncoding) -> Option<KeyPair> {
        if self.oth.is_some() {
            return None;
        }
        let (n, e) = (bytes(self.n)?, bytes(self.e)?);
        let components = KeyPairComponents {
            public_key: PublicKeyComponents { n: without_leading_zeros(&n), e: without_leading_zeros(&e) },
            d: bytes(self.d)?,
            p: bytes(self.p)?,
            q: bytes(self.q)?,
            dP: bytes(self.dp)?,
            dQ: bytes(self.dq)?,
            qInv: bytes(self.qi)?,
        };
        rsa::KeyPair::from_components(&components).ok().map(|pair| KeyPair::Rsa(pair, encoding))
    }

    /// `length` is that of a coordinate of the curve. A key of another curve than the scheme's does not parse.
    fn ecdsa(&self, curve: &'static EcdsaSigningAlgorithm, length: usize) -> Option<KeyPair> {
        let [d, x, y] = [self.d, self.x, self.y].map(|member| bytes(member).filter(|bytes| bytes.len() == length));
        let point = [&[4][..], &x?, &y?].concat();
        EcdsaKeyPair::from_private_key_and_public_key(curve, &d?, &point).ok().map(KeyPair::Ecdsa)
    }

    fn ed25519(&self) -> Option<KeyPair> {
        let (seed, public) = (bytes(self.d).filter(|seed| seed.len() == 32)?, bytes(self.x)?);
        Ed25519KeyPair::from_seed_and_public_key(&seed, &public).ok().map(KeyPair::Ed25519)
    }
}

fn bytes(member: Option<&str>) -> Option<Zeroizing<Vec<u8>>> {
    URL_SAFE_NO_PAD.decode(member?).ok().map(Zeroizing::new)
}

/// Some producers write `n` with a zero in front.
fn without_leading_zeros(integer: &[u8]) -> &[u8] {
    let zeros = integer.iter().take_while(|byte| **byte == 0).count();
    &integer[zeros..]
}
