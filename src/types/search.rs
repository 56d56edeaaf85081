//! A byte looked for in texts that are mostly short.

/// Where a byte stands, from there on. What is near is found before a search for what is far had begun. Not inlined: in the loops that
/// call it, it would push out what they need themselves.
#[inline(never)]
pub(crate) fn find_near(byte: u8, text: &[u8], start: usize) -> Option<usize> {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const UPPER_BITS: u64 = ONES << 7;
    let mut at = start;
    for _ in 0..4 {
        let Some(eight) = text.get(at..).and_then(<[u8]>::first_chunk) else { break };
        let differing = u64::from_le_bytes(*eight) ^ (ONES * u64::from(byte));
        // The upper bit of the first byte that does not differ, and of none before it.
        let found = differing.wrapping_sub(ONES) & !differing & UPPER_BITS;
        if found != 0 {
            return Some(at + found.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    memchr::memchr(byte, text.get(at..)?).map(|length| at + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_is_found_wherever_it_stands() {
        // What differs in one bit, or by one, is another byte; so is what stands before the start.
        let others = [b'!', b'#', b'"' | 0x80, b'"' ^ 1, 0, 0xff];
        for length in 0..80 {
            for other in others {
                let mut text = vec![other; length];
                assert_eq!(find_near(b'"', &text, 0), None);
                for place in (0..length).rev() {
                    text[place] = b'"';
                    for start in [0, place / 2, place] {
                        assert_eq!(find_near(b'"', &text, start), Some(place), "{text:?} from {start}");
                    }
                    let next = text[place + 1..].iter().position(|byte| *byte == b'"').map(|after| place + 1 + after);
                    assert_eq!(find_near(b'"', &text, place + 1), next, "{text:?}");
                }
            }
            assert_eq!(find_near(b'"', &vec![b'"'; length], length + 1), None);
        }
    }
}
