//! The memory beside one without bounds.

use std::collections::HashSet;

use proptest::prelude::*;

use super::*;

const NOW: u64 = 1_800_000_000;
const AGE: u64 = MAX_PROOF_AGE.as_secs();

fn thumbprint(last: u8) -> Thumbprint {
    let text = format!("{}A", "A".repeat(41) + &char::from(b'A' + last).to_string());
    Thumbprint::from_text(&text).unwrap()
}

/// The list of the key that these tests use.
fn list(seen: &SeenProofs) -> MutexGuard<'_, List> {
    locked(&seen.shards[seen.shard(thumbprint(1))])
}

/// Proofs of the future are remembered until then, and everybody's would be refused until then.
#[test]
fn who_fills_the_memory_shuts_nobody_out_but_who_shares_the_list() {
    let seen = SeenProofs::with_room(2);
    for id in ["a", "b", "c"] {
        let _full = seen.note(thumbprint(1), id, NOW + 60, NOW);
    }
    assert_eq!(seen.note(thumbprint(1), "d", NOW, NOW), Err(ProofError::Forgotten));
    let other = (0..16).map(thumbprint).find(|key| seen.shard(*key) != seen.shard(thumbprint(1)));
    assert_eq!(seen.note(other.expect("sixteen keys are not all in one of 64 lists"), "d", NOW, NOW), Ok(()));
}

#[test]
fn a_proof_is_good_once() {
    let seen = SeenProofs::new();
    assert_eq!(seen.note(thumbprint(1), "a", NOW, NOW), Ok(()));
    for later in [NOW, NOW + 1, NOW + AGE] {
        assert_eq!(seen.note(thumbprint(1), "a", NOW, later), Err(ProofError::Replayed));
    }
    assert_eq!(seen.note(thumbprint(2), "a", NOW, NOW), Ok(()), "another key may draw the same id");
    assert_eq!(seen.note(thumbprint(1), "b", NOW, NOW), Ok(()));
    assert_eq!(seen.note(thumbprint(1), "a", NOW + 1, NOW), Ok(()), "a proof of its own: its iat is signed");
}

#[test]
fn what_is_too_old_to_be_good_is_forgotten_and_stays_refused_when_the_clock_is_set_back() {
    let seen = SeenProofs::new();
    assert_eq!(seen.note(thumbprint(1), "a", NOW, NOW), Ok(()));
    assert_eq!(seen.note(thumbprint(1), "b", NOW + AGE + 1, NOW + AGE + 1), Ok(()));
    assert_eq!(list(&seen).count, 1);
    assert_eq!(seen.note(thumbprint(1), "a", NOW, NOW), Err(ProofError::Forgotten));
    assert_eq!(seen.note(thumbprint(1), "never seen", NOW, NOW), Err(ProofError::Forgotten));
    assert_eq!(seen.note(thumbprint(1), "a", NOW + 1, NOW), Ok(()));
}

#[test]
fn a_full_memory_forgets_its_oldest_second_and_refuses_all_that_was_issued_until_then() {
    let seen = SeenProofs::with_room(4);
    for (id, issued_at) in [("a", NOW), ("b", NOW), ("c", NOW + 1), ("d", NOW + 2)] {
        assert_eq!(seen.note(thumbprint(1), id, issued_at, NOW), Ok(()));
    }
    assert_eq!(seen.note(thumbprint(1), "e", NOW + 2, NOW), Ok(()));
    assert_eq!(list(&seen).count, 3);
    for id in ["a", "b", "never seen"] {
        assert_eq!(seen.note(thumbprint(1), id, NOW, NOW), Err(ProofError::Forgotten), "{id}");
    }
    assert_eq!(seen.note(thumbprint(1), "c", NOW + 1, NOW), Err(ProofError::Replayed));
}

#[test]
fn a_full_memory_of_one_second_lets_nothing_of_that_second_through() {
    let seen = SeenProofs::with_room(2);
    assert_eq!(seen.note(thumbprint(1), "a", NOW, NOW), Ok(()));
    assert_eq!(seen.note(thumbprint(1), "b", NOW, NOW), Ok(()));
    for id in ["c", "a", "b"] {
        assert_eq!(seen.note(thumbprint(1), id, NOW, NOW), Err(ProofError::Forgotten), "{id}");
    }
    assert_eq!(seen.note(thumbprint(1), "c", NOW + 1, NOW), Ok(()));
}

#[test]
fn debug_shows_no_proof() {
    let seen = SeenProofs::default();
    seen.note(thumbprint(1), "SECRET", NOW, NOW).unwrap();
    assert_eq!(format!("{seen:?}"), "SeenProofs { count: 1, .. }");
}

proptest! {
    /// Whatever the clock does and however small the room is, nothing is let through twice and the room is kept. With room for all
    /// and a clock that goes on, nothing is refused that is new.
    #[test]
    fn nothing_is_let_through_twice(
        room in 1_usize..12,
        steps in prop::collection::vec((0_u64..6, 0_u64..200, 0_i64..2000, any::<bool>()), 1..200),
    ) {
        let (small, large) = (SeenProofs::with_room(room), SeenProofs::new());
        let (mut through, mut of_large) = (HashSet::new(), HashSet::new());
        let (mut now, mut steady) = (NOW, NOW);
        for (id, ago, step, back) in steps {
            now = now.saturating_add_signed(if back { -step / 10 } else { step / 10 });
            let issued_at = now + 60 - ago;
            if small.note(thumbprint(1), &id.to_string(), issued_at, now).is_ok() {
                prop_assert!(through.insert((id, issued_at)), "{} of {} twice", id, issued_at);
            }
            prop_assert!(list(&small).count <= room);
            let kept: usize = list(&small).by_second.values().map(HashSet::len).sum();
            prop_assert_eq!(kept, list(&small).count);

            steady += step.unsigned_abs() / 100;
            let issued_at = steady + 60 - ago.min(60 + AGE);
            let expected = if of_large.insert((id, issued_at)) { Ok(()) } else { Err(ProofError::Replayed) };
            prop_assert_eq!(large.note(thumbprint(1), &id.to_string(), issued_at, steady), expected);
        }
    }
}
