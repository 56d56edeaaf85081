//! RSA keys that are known to be weak by their modulus alone (CVE-2017-15361, "ROCA").

/// Primes by which the keys of the flawed generator are told, as its finders do (M. Nemec et al., "The Return of Coppersmith's
/// Attack", CCS 2017, section 4.2).
const PRIMES: [u32; 17] = [11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157];

/// The generator made primes, and so moduli, that are a power of this modulo each of [`PRIMES`].
const GENERATOR: u32 = 65537;

/// Whether a big-endian modulus looks like one of that generator, whose factors a computer can find. Of honest keys one in a
/// hundred million does.
pub(super) fn made(modulus: &[u8]) -> bool {
    PRIMES.into_iter().all(|prime| is_power_modulo(prime, remainder(modulus, prime)))
}

fn remainder(number: &[u8], prime: u32) -> u32 {
    number.iter().fold(0, |rest, byte| (rest * 256 + u32::from(*byte)) % prime)
}

fn is_power_modulo(prime: u32, rest: u32) -> bool {
    let powers = std::iter::successors(Some(1), |power| Some(power * GENERATOR % prime));
    powers.take(prime as usize).any(|power| power == rest)
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    use serde_json::json;

    use super::{
        super::{base64url, jwk::JwkSet},
        *,
    };
    use crate::{testing::SigningKey, types::Algorithm};

    /// A power of the generator itself, of 2,049 bits.
    fn power() -> Vec<u8> {
        let mut digits = vec![1_u32];
        for _ in 0..128 {
            let carry = digits.iter_mut().fold(0, |carry, digit| {
                let product = *digit * GENERATOR + carry;
                *digit = product & 0xff;
                product >> 8
            });
            digits.extend([carry & 0xff, carry >> 8 & 0xff, carry >> 16]);
        }
        let bytes = digits.iter().rev().map(|digit| u8::try_from(*digit).unwrap());
        bytes.skip_while(|byte| *byte == 0).collect()
    }

    #[test]
    fn a_modulus_of_the_generator_is_told_from_its_neighbours() {
        let modulus = power();
        assert_eq!(modulus.len(), 257);
        assert!(made(&modulus));
        for change in [2, 4, 6, 8] {
            let mut neighbour = modulus.clone();
            *neighbour.last_mut().unwrap() ^= change;
            assert!(!made(&neighbour), "{change}");
        }
    }

    #[test]
    fn no_key_of_it_is_taken() {
        let taken = |modulus: &[u8]| {
            let key = json!({"kty": "RSA", "n": URL_SAFE_NO_PAD.encode(modulus), "e": "AQAB"});
            JwkSet::parse(json!({"keys": [key]}).to_string().as_bytes()).unwrap().len() == 1
        };
        let mut modulus = power();
        assert!(!taken(&modulus));
        *modulus.last_mut().unwrap() ^= 2;
        assert!(taken(&modulus));
    }

    #[test]
    fn honest_keys_are_not_among_them() {
        for _ in 0..3 {
            let jwk = SigningKey::generate(Algorithm::Rs256).public_jwk();
            let modulus = base64url::decode(jwk["n"].as_str().unwrap()).unwrap();
            assert!(!made(&modulus));
        }
    }
}
