//! Points of Ed25519 that are no keys: everybody can sign for them.

/// The points whose order divides the cofactor, eight (RFC 8032 section 5.1, RFC 7748 section 7). Multiplied by the hash of
/// any message they come to one of eight results, often to nothing, and a signature made up without a private key holds.
///
/// They are told by their `y`, little-endian and without the sign of `x`.
const POINTS: [[u8; 32]; 7] = [
    // Order 1: y = 1. Order 2: y = -1. Order 4: y = 0.
    y(0x01, 0x00, 0x00),
    y(0xec, 0xff, 0x7f),
    y(0x00, 0x00, 0x00),
    // Order 8: one y and its negative.
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf,
        0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20,
        0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
    ],
    // The second spellings of 0 and 1, with p added: whether they are read depends on the machine.
    y(0xed, 0xff, 0x7f),
    y(0xee, 0xff, 0x7f),
];

const fn y(first: u8, between: u8, last: u8) -> [u8; 32] {
    let mut bytes = [between; 32];
    bytes[0] = first;
    bytes[31] = last;
    bytes
}

/// Whether an encoded point (RFC 8032 section 5.1.2) is one of them.
pub(super) fn contains(point: &[u8]) -> bool {
    let Some((last, rest)) = point.split_last() else { return false };
    let without_sign = last & 0x7f;
    POINTS.iter().any(|y| y[..31] == *rest && y[31] == without_sign)
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};

    use super::*;

    /// The signature that needs no private key: R of small order, S zero.
    fn made_up(r: [u8; 32]) -> [u8; 64] {
        let mut signature = [0; 64];
        signature[..32].copy_from_slice(&r);
        signature
    }

    #[test]
    fn everybody_can_sign_for_each_point_of_the_list() {
        for point in &POINTS[..5] {
            let key = UnparsedPublicKey::new(&ED25519, point);
            let holds = |message: u8| POINTS.iter().any(|r| key.verify(&[message], &made_up(*r)).is_ok());
            assert!((0..100).any(holds), "{point:x?}");
        }
    }

    #[test]
    fn zero_one_and_minus_one_are_among_them_however_they_are_spelled() {
        let number = |first: u8| {
            let mut bytes = [0; 32];
            bytes[0] = first;
            bytes
        };
        // From 2^255 - 19, which is 0 too.
        let around_p = |offset: i8| {
            let mut bytes = [0xff; 32];
            (bytes[0], bytes[31]) = (0xed_u8.wrapping_add_signed(offset), 0x7f);
            bytes
        };
        for point in [number(0), number(1), around_p(-1), around_p(0), around_p(1)] {
            assert!(contains(&point), "{point:x?}");
        }
        assert!(!contains(&number(2)) && !contains(&around_p(-2)));
    }

    #[test]
    fn the_sign_does_not_matter_and_honest_keys_are_not_among_them() {
        for mut point in POINTS {
            assert!(contains(&point));
            point[31] |= 0x80;
            assert!(contains(&point));
            point[7] ^= 1;
            assert!(!contains(&point));
        }
        assert!(!contains(&[]));
        for _ in 0..100 {
            assert!(!contains(Ed25519KeyPair::generate().unwrap().public_key().as_ref()));
        }
    }
}
