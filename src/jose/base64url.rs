//! base64url without padding, written and read strictly (RFC 7515 section 2, RFC 4648 section 5).

use std::mem::MaybeUninit;

use base64_simd::{AsOut, URL_SAFE_NO_PAD};

/// Decodes into a new buffer. Padding, white space, other alphabets and stray bits are refused.
pub(super) fn decode(text: impl AsRef<[u8]>) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode_to_vec(text.as_ref()).ok()
}

/// Decodes into `buffer` and gives the part that was written; `None` also when it does not fit.
pub(super) fn decode_into<'a>(text: &[u8], buffer: &'a mut [MaybeUninit<u8>]) -> Option<&'a [u8]> {
    // Six bits a character. The library's own estimate is rounded up, and would refuse what fits exactly.
    let fits = text.len() * 3 / 4 <= buffer.len();
    let decoded = fits.then(|| URL_SAFE_NO_PAD.decode(text, buffer.as_out()))?;
    decoded.ok().map(|decoded| &*decoded)
}

/// Encodes, without padding.
pub(super) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode_to_string(bytes)
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// A second opinion: two libraries, one reading of the specification.
        #[test]
        fn what_is_read_is_what_the_strictest_reader_reads(text in "[A-Za-z0-9+/=_ \\n.-]{0,90}|[A-Za-z0-9_-]{0,90}") {
            let expected = general_purpose::URL_SAFE_NO_PAD.decode(&text).ok();
            prop_assert_eq!(decode(&text), expected.clone());
            let mut buffer = [MaybeUninit::uninit(); 100];
            prop_assert_eq!(decode_into(text.as_bytes(), &mut buffer).map(<[u8]>::to_vec), expected);
        }
    }

    #[test]
    fn what_fits_the_buffer_exactly_is_read_and_a_byte_more_is_refused() {
        for length in 0..100 {
            let bytes = vec![0xa5; length];
            let text = general_purpose::URL_SAFE_NO_PAD.encode(&bytes);
            assert_eq!(decode_into(text.as_bytes(), &mut vec![MaybeUninit::uninit(); length]), Some(&bytes[..]));
            assert_eq!(
                length.checked_sub(1).and_then(|less| decode_into(
                    text.as_bytes(),
                    &mut vec![MaybeUninit::uninit(); less]
                )
                .map(<[u8]>::len)),
                None
            );
        }
    }
}
