//! Our clock beside the provider's: what a token says of its times is compared with ours.

use std::time::{Duration, SystemTime};

use crate::{
    config::oidc,
    doctor::{
        case::Case,
        observer::Reading,
        report::{Finding, Subject},
    },
};

const CHECK: &str = "clock";

/// What two right clocks may differ by here: `Date` has whole seconds, and the answer was on its way.
const TOLERANCE: Duration = Duration::from_secs(2);

/// A difference that is worth a word, though the leeway covers it: clocks that drift go on drifting.
const NOTABLE: Duration = Duration::from_secs(10);

pub(in crate::doctor) fn check(case: &Case) -> Vec<Finding> {
    let leeway = case.primary().map_or(Duration::ZERO, |primary| primary.settings.clock_skew);
    let mut hosts: Vec<Reading> = Vec::new();
    for reading in case.http.readings() {
        if !hosts.iter().any(|known| known.host == reading.host) {
            hosts.push(reading);
        }
    }
    if hosts.is_empty() {
        let seen = "not checked: no answer of a provider had a `Date`";
        return vec![Subject::Clock.note(CHECK, oidc("maxClockSkew"), seen)];
    }
    hosts.iter().map(|reading| judge(reading, leeway)).collect()
}

fn judge(reading: &Reading, leeway: Duration) -> Finding {
    let (apart, direction) = apart(reading.ours, reading.theirs);
    let (seconds, allowed) = (apart.as_secs(), leeway.as_secs());
    let seen = format!("our clock is {seconds} s {direction} that of {}", reading.host);
    let mend = "set this machine's clock by NTP; if it is right, tell the provider";
    let path = oidc("maxClockSkew");
    if apart <= TOLERANCE {
        let seen = format!("our clock and that of {} agree", reading.host);
        Subject::Clock.ok(CHECK, path, seen)
    } else if apart > leeway + TOLERANCE {
        let seen =
            format!("{seen}, and {allowed} s are allowed: good tokens are refused as expired or as not valid yet");
        Subject::Clock.error(CHECK, path, seen, mend)
    } else if apart >= NOTABLE {
        Subject::Clock.warning(CHECK, path, format!("{seen}; {allowed} s are allowed"), mend)
    } else {
        Subject::Clock.ok(CHECK, path, format!("{seen}; {allowed} s are allowed"))
    }
}

fn apart(ours: SystemTime, theirs: SystemTime) -> (Duration, &'static str) {
    match ours.duration_since(theirs) {
        Ok(ahead) => (ahead, "ahead of"),
        Err(error) => (error.duration(), "behind"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::report::Severity;

    #[test]
    fn a_difference_is_held_against_the_leeway() {
        let theirs = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        for (seconds, leeway, severity) in [
            (0, 60, Severity::Ok),
            (2, 0, Severity::Ok),
            (3, 0, Severity::Error),
            (9, 60, Severity::Ok),
            (10, 60, Severity::Warning),
            (62, 60, Severity::Warning),
            (63, 60, Severity::Error),
            (86_400, 300, Severity::Error),
        ] {
            let offset = Duration::from_secs(seconds);
            for ours in [theirs + offset, theirs - offset] {
                let reading = Reading { host: "id.example".to_owned(), theirs, ours };
                assert_eq!(judge(&reading, Duration::from_secs(leeway)).severity, severity, "{seconds} {leeway}");
            }
        }
    }
}
