//! What was ended stays ended: examples, and random histories against a naive model.

use proptest::prelude::*;

use super::super::{
    SessionId,
    tests::{NOW, kept, session},
};
use super::*;

const LIFETIME: u64 = 1000;

fn issuer(name: &str) -> Issuer {
    Issuer::new(&format!("https://{name}.example"))
}

/// A session with that id, of that person in that session of the provider's.
fn opened(id: u8, issuer_name: &str, subject: &str, sid: Option<&str>, opened_at: u64) -> Session {
    let sid = sid.map(|sid| format!(r#","sid":"{sid}""#)).unwrap_or_default();
    let kept = kept(&format!(r#"{{"sub":"{subject}"{sid}}}"#));
    Session { id: SessionId::from_bytes([id; 32]), issuer: issuer(issuer_name), kept, opened_at, ..session() }
}

fn ended() -> EndedSessions {
    EndedSessions::new(LIFETIME)
}

/// When a session counts as opened whose login begins now.
fn opening(ended: &EndedSessions, issuer: &Issuer, subject: &str, sid: Option<&str>, now: u64) -> u64 {
    let begun = ended.begin(now * 1000);
    ended.opening(issuer, subject, sid, begun, now).expect("nothing has ended since")
}

#[test]
fn a_session_that_was_ended_is_ended_in_every_copy_and_no_other_is() {
    let (ended, one, other) = (ended(), opened(1, "a", "u", Some("s"), NOW), opened(2, "a", "u", Some("s"), NOW));
    assert!(!ended.has_ended(&one));
    ended.end(&one, NOW + 1);
    ended.end(&one, NOW + 2);
    assert!(ended.has_ended(&one.clone()) && !ended.has_ended(&other));
}

/// Another replica, whose clock is ahead, has opened it: its note must not be forgotten before the session is over.
#[test]
fn a_session_of_a_clock_ahead_stays_ended_until_it_has_expired() {
    let (ended, ahead) = (ended(), opened(1, "a", "u", None, NOW + 60));
    assert!(ended.end_named(ahead.id(), ahead.opened_at(), NOW));
    for now in [NOW + LIFETIME + 1, NOW + 60 + LIFETIME - 1] {
        ended.end(&opened(2, "a", "v", None, NOW), now);
        assert!(ended.has_ended(&ahead), "{}", now - NOW);
    }
}

#[test]
fn everything_that_was_opened_until_then_is_ended_and_what_comes_after_is_not() {
    let ended = ended();
    let before = opened(1, "a", "u", None, opening(&ended, &issuer("a"), "u", None, NOW));
    ended.end_everything(NOW - 5);
    assert!(ended.has_ended(&before), "whatever the clock says");
    let after = opening(&ended, &issuer("b"), "v", None, NOW);
    assert!(!ended.has_ended(&opened(2, "b", "v", None, after)));
}

#[test]
fn sessions_that_live_longer_have_their_logouts_remembered_for_longer() {
    let ended = ended();
    let (one, other) = (opened(1, "a", "u", None, NOW), opened(2, "a", "v", None, NOW));
    ended.end(&one, NOW);
    ended.outlive(10 * LIFETIME);
    ended.outlive(1);
    ended.end(&opened(3, "b", "w", None, NOW + 5 * LIFETIME), NOW + 5 * LIFETIME);
    assert!(ended.has_ended(&one) && !ended.has_ended(&other), "nothing was forgotten, which would end others too");
}

/// Trap P (mod_auth_openidc, pac4j): a `sid` or `sub` means something only beside its issuer.
#[test]
fn a_logout_ends_what_it_names_of_its_issuer_alone() {
    let sessions = [
        opened(1, "a", "u", Some("s"), NOW),
        opened(2, "a", "u", None, NOW),
        opened(3, "a", "v", Some("s"), NOW),
        opened(4, "b", "u", Some("s"), NOW),
        opened(5, "a", "s", Some("u"), NOW),
    ];
    let which = |ended: &EndedSessions| sessions.each_ref().map(|session| ended.has_ended(session));
    let by_sid = ended();
    by_sid.end_provider_session(&issuer("a"), "s", NOW * 1000);
    assert_eq!(which(&by_sid), [true, false, true, false, false]);
    let by_subject = ended();
    by_subject.end_subject(&issuer("a"), "u", NOW);
    assert_eq!(which(&by_subject), [true, true, false, false, false]);
    let unproved = ended();
    unproved.end_unproved(&issuer("a"), "s", NOW);
    assert_eq!(which(&unproved), [true, false, true, false, false]);
}

#[test]
fn a_logout_in_the_second_of_the_login_ends_it_and_a_login_after_it_lives() {
    let ended = ended();
    let opened_at = opening(&ended, &issuer("a"), "u", None, NOW);
    assert_eq!(opened_at, NOW);
    ended.end_subject(&issuer("a"), "u", NOW);
    assert!(ended.has_ended(&opened(1, "a", "u", None, opened_at)));

    let again = opening(&ended, &issuer("a"), "u", None, NOW);
    assert!(!ended.has_ended(&opened(2, "a", "u", None, again)));
    ended.end_subject(&issuer("a"), "u", NOW);
    assert!(ended.has_ended(&opened(2, "a", "u", None, again)));
    assert_eq!(opening(&ended, &issuer("a"), "v", None, NOW), NOW);
}

/// The ID token was on its way when the provider ended its session.
#[test]
fn a_login_that_was_under_way_when_the_provider_ended_its_session_is_not_opened() {
    let ended = ended();
    let begun = ended.begin(NOW * 1000);
    ended.end_provider_session(&issuer("a"), "s", NOW * 1000);
    for now in [NOW, NOW + 5, NOW + 10 * LIFETIME] {
        assert_eq!(ended.opening(&issuer("a"), "u", Some("s"), begun, now), None);
        assert!(ended.opening(&issuer("a"), "u", Some("t"), begun, now).is_some());
        assert!(ended.opening(&issuer("a"), "u", None, begun, now).is_some());
        assert!(ended.opening(&issuer("b"), "u", Some("s"), begun, now).is_some());
    }
}

#[test]
fn a_login_that_begins_after_the_provider_ended_its_session_is_opened_and_ended_with_the_next() {
    for step in [0, 1, 25 * 1000, 500 * 1000] {
        let ended = ended();
        let before = opened(1, "a", "u", Some("s"), opening(&ended, &issuer("a"), "u", Some("s"), NOW));
        let at = ended.end_provider_session(&issuer("a"), "s", NOW * 1000);
        let begun = ended.begin(NOW * 1000 - step);
        assert!(begun > at, "whatever the clock says");
        let opened_at = ended.opening(&issuer("a"), "u", Some("s"), begun, NOW - step / 1000);
        let after = opened(2, "a", "u", Some("s"), opened_at.unwrap());
        assert!(ended.has_ended(&before) && !ended.has_ended(&after));
        ended.end_provider_session(&issuer("a"), "s", NOW * 1000 - 2 * step);
        assert!(ended.has_ended(&before) && ended.has_ended(&after));
    }
}

/// The clock was ahead when the login began, and was set back before the logout.
#[test]
fn a_clock_that_steps_back_opens_no_login_that_was_under_way() {
    let ended = ended();
    let begun = ended.begin((NOW + 25) * 1000);
    ended.end_provider_session(&issuer("a"), "s", NOW * 1000);
    assert_eq!(ended.opening(&issuer("a"), "u", Some("s"), begun, NOW), None);
}

#[test]
fn a_full_list_opens_no_login_that_began_before_the_dropped_entry() {
    let ended = EndedSessions::with_room(2, 2, LIFETIME);
    let under_way = ended.begin(NOW * 1000);
    for sid in ["s", "t", "u"] {
        ended.end_provider_session(&issuer("a"), sid, NOW * 1000 + 5);
    }
    let opens = |sid, begun| ended.opening(&issuer("a"), "u", sid, begun, NOW).is_some();
    assert!(!opens(Some("s"), under_way) && !opens(Some("v"), under_way) && opens(None, under_way));
    assert!(opens(Some("s"), ended.begin(NOW * 1000)));
}

#[test]
fn an_unproved_logout_does_not_keep_anybody_from_signing_in_again() {
    let ended = ended();
    ended.end_unproved(&issuer("a"), "s", NOW);
    assert!(ended.has_ended(&opened(1, "a", "u", Some("s"), NOW)));
    let again = opening(&ended, &issuer("a"), "u", Some("s"), NOW);
    assert!(!ended.has_ended(&opened(2, "a", "u", Some("s"), again)));
}

#[test]
fn a_clock_that_steps_back_rescues_no_session() {
    let ended = ended();
    let opened_at = opening(&ended, &issuer("a"), "u", None, NOW);
    let session = opened(1, "a", "u", Some("s"), opened_at);
    ended.end_subject(&issuer("a"), "u", NOW - 500);
    assert!(ended.has_ended(&session));
    let again = opening(&ended, &issuer("a"), "u", None, NOW - 499);
    assert!(!ended.has_ended(&opened(2, "a", "u", None, again)));
}

#[test]
fn a_clock_that_was_ahead_for_a_while_rescues_no_session() {
    let ended = ended();
    let session = opened(1, "a", "u", None, opening(&ended, &issuer("a"), "u", None, NOW));
    ended.end(&session, NOW);
    ended.end(&opened(2, "b", "v", None, NOW), NOW + 10 * LIFETIME);
    assert!(ended.has_ended(&session), "its entry was forgotten, and the horizon raised");
}

/// Anybody can send such a logout: the one after the step would have the one before it forgotten.
#[test]
fn a_clock_that_was_ahead_for_a_while_rescues_no_session_that_was_ended_unproved() {
    let ended = ended();
    let session = opened(1, "a", "u", Some("s"), opening(&ended, &issuer("a"), "u", Some("s"), NOW));
    ended.end_unproved(&issuer("a"), "s", NOW);
    ended.end_unproved(&issuer("a"), "another", NOW + 10 * LIFETIME);
    assert!(ended.has_ended(&session));
}

#[test]
fn a_full_list_ends_what_was_opened_before_the_dropped_entry() {
    let ended = EndedSessions::with_room(2, 2, LIFETIME);
    for id in 1..=3 {
        ended.end(&opened(id, "a", "u", None, NOW), NOW + u64::from(id));
    }
    assert!((1..=3).all(|id| ended.has_ended(&opened(id, "a", "u", None, NOW))));
    assert!(ended.has_ended(&opened(9, "b", "w", None, NOW + 1)), "until the first logout, which was dropped");
    assert!(!ended.has_ended(&opened(9, "b", "w", None, NOW + 2)));
}

#[test]
fn unproved_logouts_push_out_no_proved_one_and_raise_no_horizon() {
    let ended = EndedSessions::with_room(2, 2, LIFETIME);
    let proved = opened(1, "a", "u", Some("s"), NOW);
    ended.end_provider_session(&issuer("a"), "s", NOW * 1000);
    for guess in 0..100 {
        ended.end_unproved(&issuer("a"), &format!("guess {guess}"), NOW + 1);
    }
    assert!(ended.has_ended(&proved));
    assert!(!ended.has_ended(&opened(2, "a", "v", Some("other"), NOW - 100)));
    assert!(ended.has_ended(&opened(3, "a", "w", Some("guess 99"), NOW)));
    assert!(!ended.has_ended(&opened(4, "a", "w", Some("guess 0"), NOW)));
}

/// One step of a history. Persons, provider sessions and places in the list of sessions are small numbers.
#[derive(Debug, Clone)]
enum Step {
    Begin,
    Open { nth: prop::sample::Index, subject: u8, sid: Option<u8> },
    End { nth: prop::sample::Index },
    EndSubject(u8),
    EndProviderSession(u8),
    EndUnproved(u8),
    Pass { seconds: u64 },
    SetBack { seconds: u64 },
}

fn steps(clock_steps_back: bool) -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        2 => Just(Step::Begin),
        4 => (any::<prop::sample::Index>(), 0..4_u8, prop::option::of(0..6_u8))
            .prop_map(|(nth, subject, sid)| Step::Open { nth, subject, sid }),
        2 => any::<prop::sample::Index>().prop_map(|nth| Step::End { nth }),
        1 => (0..4_u8).prop_map(Step::EndSubject),
        1 => (0..6_u8).prop_map(Step::EndProviderSession),
        1 => (0..6_u8).prop_map(Step::EndUnproved),
        2 => (0..LIFETIME).prop_map(|seconds| Step::Pass { seconds }),
        u32::from(clock_steps_back) => (0..3 * LIFETIME).prop_map(|seconds| Step::SetBack { seconds }),
    ];
    prop::collection::vec(step, 1..60)
}

/// A session as the naive model sees it: it knows everything, in the order it happened.
#[derive(Debug)]
struct Opened {
    subject: u8,
    sid: Option<u8>,
    session: Session,
    /// Ended on the word of the provider or of the person.
    proved: bool,
    unproved: bool,
    /// When the clock showed this or more, it has expired by itself.
    expires_at: u64,
    expired: bool,
}

/// Lives through a history and calls `check` with every session and what is said of it, after each step; and `refused` for each login
/// that was, with whether the model refuses it and the seconds since it began.
fn live_through(steps: &[Step], ended: &EndedSessions, refused: impl Fn(bool, u64), check: impl Fn(&Opened, bool)) {
    let (mut now, mut all) = (NOW, Vec::<Opened>::new());
    // Each login with the provider's sessions that have ended since it began.
    let mut begun = vec![(now, ended.begin(now * 1000), Vec::new())];
    let name = |kind: &str, n: u8| format!("{kind}{n}");
    for step in steps {
        match step {
            Step::Begin => begun.push((now, ended.begin(now * 1000), Vec::new())),
            Step::Open { nth, subject, sid } => {
                let (subject_name, sid_name) = (name("u", *subject), sid.map(|sid| name("s", sid)));
                let (began_at, begun, ended_since) = nth.get(&begun);
                let is_over = sid.is_some_and(|sid| ended_since.contains(&sid));
                let opening = ended.opening(&issuer("a"), &subject_name, sid_name.as_deref(), *begun, now);
                let Some(opened_at) = opening else {
                    refused(is_over, now.saturating_sub(*began_at));
                    continue;
                };
                assert!(!is_over, "a login that was under way is not opened");
                let session = opened(all.len() as u8, "a", &subject_name, sid_name.as_deref(), opened_at);
                all.push(Opened {
                    subject: *subject,
                    sid: *sid,
                    session,
                    proved: false,
                    unproved: false,
                    expires_at: now + LIFETIME,
                    expired: false,
                });
            }
            Step::End { nth } if !all.is_empty() => {
                let nth = nth.index(all.len());
                ended.end(&all[nth].session, now);
                all[nth].proved = true;
            }
            Step::End { .. } => {}
            Step::EndSubject(subject) => {
                ended.end_subject(&issuer("a"), &name("u", *subject), now);
                all.iter_mut().filter(|one| one.subject == *subject).for_each(|one| one.proved = true);
            }
            Step::EndProviderSession(sid) => {
                ended.end_provider_session(&issuer("a"), &name("s", *sid), now * 1000);
                all.iter_mut().filter(|one| one.sid == Some(*sid)).for_each(|one| one.proved = true);
                begun.iter_mut().for_each(|(.., ended_since)| ended_since.push(*sid));
            }
            Step::EndUnproved(sid) => {
                ended.end_unproved(&issuer("a"), &name("s", *sid), now);
                all.iter_mut().filter(|one| one.sid == Some(*sid)).for_each(|one| one.unproved = true);
            }
            Step::Pass { seconds } => now += seconds,
            Step::SetBack { seconds } => now -= seconds,
        }
        for one in &mut all {
            one.expired |= now >= one.expires_at;
            check(one, ended.has_ended(&one.session));
        }
    }
}

proptest! {
    /// Whatever the clock does, and however small the list.
    #[test]
    fn what_the_model_says_ended_is_never_live(steps in steps(true), room in 1..20_usize) {
        live_through(&steps, &EndedSessions::with_room(room, room, LIFETIME), |_, _| (), |one, has_ended| {
            assert!(has_ended || !one.proved, "{one:?}");
        });
    }

    /// With room for all, a browser's word counts as the provider's does.
    #[test]
    fn with_room_for_all_what_ended_unproved_is_never_live(steps in steps(true)) {
        live_through(&steps, &ended(), |_, _| (), |one, has_ended| {
            assert!(has_ended || !one.unproved, "{one:?}");
        });
    }

    /// With room for all and a clock that does not step back, nothing ends that the model does not end, and no login is refused but
    /// those that take too long.
    #[test]
    fn what_the_model_says_lives_is_live(steps in steps(false)) {
        let refused = |is_over, seconds| assert!(is_over || seconds >= ON_ITS_WAY.as_secs());
        live_through(&steps, &ended(), refused, |one, has_ended| {
            assert!(one.expired || has_ended == (one.proved || one.unproved), "{one:?}");
        });
    }
}
