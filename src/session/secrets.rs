//! The secrets behind every seal, as they change while the service runs.
//!
//! 1. The first of the configured secrets seals, all of them open.
//! 2. A secret that the configuration no longer names goes on opening until what it sealed is over, so that nobody is signed out
//!    by a rotation: the latest [`MAX_EARLIER_SECRETS`] of them, in the memory of this process.
//! 3. Whoever holds a [`Seal`](super::Seal) has the secrets of this moment, whatever configuration the seal was made for.
//! 4. Without a configured secret there is a random one. It stays when the configuration changes and still names none.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
    time::Duration,
};

use arc_swap::{ArcSwap, Guard};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64_simd::URL_SAFE_NO_PAD;
use secrecy::zeroize::Zeroizing;

use crate::{
    config::SessionSettings,
    types::{Clock, Random, RandomError, Secret},
};

use super::{seal::assert_usable, secret_file::Watch};

/// Most secrets that are no longer configured and still open. Each is tried on every cookie that no other opens.
pub const MAX_EARLIER_SECRETS: usize = 4;

/// Bytes of a random secret, when none is configured.
const RANDOM_BYTES: usize = 32;

/// The secrets of a service, whatever its configuration is by now.
pub(crate) struct SealingSecrets {
    current: ArcSwap<Secrets>,
    clock: Arc<dyn Clock>,
    watch: OnceLock<Watch>,
}

/// The secrets of one moment.
#[derive(Clone)]
pub(super) struct Secrets {
    /// The first seals, all open.
    configured: Vec<Secret>,
    is_random: bool,
    /// Where the configured ones come from.
    file: Option<PathBuf>,
    /// How long what they seal may live.
    lifetime: Duration,
    /// Those that only open, the latest first.
    earlier: Vec<Earlier>,
}

/// A secret that is no longer configured, and when the last of what it sealed is over, by the clock's
/// [`elapsed`](Clock::elapsed).
#[derive(Clone)]
pub(super) struct Earlier {
    pub(super) secret: Secret,
    pub(super) until: Duration,
}

/// The secrets of a configuration that is not in use yet.
#[derive(Clone)]
pub(crate) struct Chosen {
    secrets: Vec<Secret>,
    is_random: bool,
    file: Option<PathBuf>,
    lifetime: Duration,
}

impl SealingSecrets {
    /// No secrets yet: nothing can be sealed before [`adopt`](Self::adopt).
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Arc<Self> {
        let none = Chosen { secrets: Vec::new(), is_random: false, file: None, lifetime: Duration::ZERO };
        let current = ArcSwap::from_pointee(none.with_earlier(Vec::new()));
        Arc::new(Self { current, clock, watch: OnceLock::new() })
    }

    /// The secrets that the settings name, or a random one, checked and not in use yet. What they seal is over after `lifetime`.
    ///
    /// # Errors
    /// [`RandomError`]: none is configured and none can be drawn.
    pub(crate) fn choose(
        &self,
        settings: &SessionSettings,
        lifetime: Duration,
        random: &dyn Random,
    ) -> Result<Chosen, RandomError> {
        let (is_random, file) = (settings.secrets.is_empty(), settings.secret_file.clone());
        let secrets = match self.current.load() {
            current if is_random && current.is_random => current.configured.clone(),
            _ if is_random => vec![draw(random)?],
            _ => settings.secrets.clone(),
        };
        secrets.iter().try_for_each(assert_usable)?;
        Ok(Chosen { secrets, is_random, file, lifetime })
    }

    /// Seals with these secrets from now on. Those before them go on opening.
    pub(crate) fn adopt(self: &Arc<Self>, chosen: &Chosen) {
        let now = self.clock.elapsed();
        self.current.rcu(|before| chosen.clone().after(before, now));
        if chosen.file.is_some() {
            self.watch.get_or_init(|| Watch::start(self, Arc::clone(&self.clock)));
        }
    }

    /// Takes what the file of `before` holds now, unless the secrets are other ones than those by now.
    pub(super) fn adopt_from_file(&self, before: &Arc<Secrets>, secrets: Vec<Secret>) {
        let chosen = Chosen { secrets, is_random: false, file: before.file.clone(), lifetime: before.lifetime };
        self.current.compare_and_swap(before, Arc::new(chosen.after(before, self.clock.elapsed())));
    }

    /// Drops the secrets that are no longer configured: what they sealed opens no more.
    pub(crate) fn forget_earlier(&self) {
        self.current.rcu(|before| Secrets { earlier: Vec::new(), ..Secrets::clone(before) });
    }

    pub(super) fn current(&self) -> Guard<Arc<Secrets>> {
        self.current.load()
    }

    pub(super) fn now(&self) -> Duration {
        self.clock.elapsed()
    }
}

impl Secrets {
    /// The first seals, all open.
    pub(super) fn configured(&self) -> &[Secret] {
        &self.configured
    }

    /// Those that only open.
    pub(super) fn earlier(&self) -> &[Earlier] {
        &self.earlier
    }

    /// Where the configured ones come from.
    pub(super) fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }
}

impl Chosen {
    /// These in the place of those before them, which go on opening.
    fn after(self, before: &Secrets, now: Duration) -> Secrets {
        let is_dropped = |secret: &Secret| !self.secrets.iter().any(|chosen| is_same(chosen, secret));
        let until = now.saturating_add(before.lifetime);
        let dropped = before.configured.iter().map(|secret| Earlier { secret: secret.clone(), until });
        let earlier = dropped.chain(before.earlier.iter().cloned());
        let earlier = earlier.filter(|earlier| now < earlier.until && is_dropped(&earlier.secret));
        let earlier = earlier.take(MAX_EARLIER_SECRETS).collect();
        self.with_earlier(earlier)
    }

    fn with_earlier(self, earlier: Vec<Earlier>) -> Secrets {
        let Self { secrets: configured, is_random, file, lifetime } = self;
        Secrets { configured, is_random, file, lifetime, earlier }
    }
}

/// Whether both lists are the same, in the same order.
pub(super) fn are_same(ones: &[Secret], others: &[Secret]) -> bool {
    ones.len() == others.len() && ones.iter().zip(others).all(|(one, other)| is_same(one, other))
}

fn is_same(one: &Secret, other: &Secret) -> bool {
    verify_slices_are_equal(one.expose().as_bytes(), other.expose().as_bytes()).is_ok()
}

fn draw(random: &dyn Random) -> Result<Secret, RandomError> {
    let mut bytes = Zeroizing::new([0; RANDOM_BYTES]);
    random.fill(&mut *bytes)?;
    Ok(Secret::new(URL_SAFE_NO_PAD.encode_to_string(bytes.as_slice())))
}

impl fmt::Debug for SealingSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealingSecrets").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{
        Purpose, Seal,
        tests::{CountingRandom, settings},
    };
    use super::*;
    use crate::testing::ManualClock;

    const LIFETIME: Duration = Duration::from_secs(1000);

    fn of(name: &str) -> Secret {
        Secret::new(format!("{name}, a secret of many more than 32 bytes"))
    }

    /// Secrets on a clock, and a seal that was made before any of them.
    fn secrets() -> (Arc<SealingSecrets>, Seal, ManualClock) {
        let clock = ManualClock::new();
        let secrets = SealingSecrets::new(Arc::new(clock.clone()));
        let seal = Seal::of(Arc::clone(&secrets), Purpose::Login, String::new());
        (secrets, seal, clock)
    }

    impl SealingSecrets {
        fn use_only(self: &Arc<Self>, names: &[&str]) {
            let settings = SessionSettings { secrets: names.iter().map(|name| of(name)).collect(), ..settings() };
            self.adopt(&self.choose(&settings, LIFETIME, &CountingRandom::default()).unwrap());
        }
    }

    fn sealed(seal: &Seal) -> String {
        seal.seal(b"", b"text", &CountingRandom::default()).unwrap()
    }

    fn opens(seal: &Seal, sealed: &str) -> bool {
        seal.open(b"", sealed).is_some()
    }

    #[test]
    fn nothing_is_sealed_before_there_is_a_secret() {
        let (secrets, seal, _) = secrets();
        assert!(seal.seal(b"", b"text", &CountingRandom::default()).is_err());
        secrets.use_only(&["one"]);
        assert!(opens(&seal, &sealed(&seal)));
    }

    #[test]
    fn an_earlier_secret_opens_until_what_it_sealed_is_over() {
        let (secrets, seal, clock) = secrets();
        secrets.use_only(&["one"]);
        let of_one = sealed(&seal);
        clock.advance(LIFETIME);
        secrets.use_only(&["two"]);
        let of_two = sealed(&seal);
        clock.advance(LIFETIME - Duration::from_millis(1));
        assert!(opens(&seal, &of_one) && opens(&seal, &of_two));
        clock.advance(Duration::from_millis(1));
        assert!(!opens(&seal, &of_one) && opens(&seal, &of_two));
        secrets.use_only(&["two"]);
        assert!(secrets.current().earlier().is_empty(), "it takes no place any more");
    }

    #[test]
    fn a_secret_that_comes_back_is_as_new() {
        let (secrets, seal, clock) = secrets();
        secrets.use_only(&["one"]);
        let of_one = sealed(&seal);
        secrets.use_only(&["two"]);
        secrets.use_only(&["two", "one"]);
        clock.advance(10 * LIFETIME);
        assert!(opens(&seal, &of_one));
        assert!(secrets.current().earlier().is_empty());
    }

    #[test]
    fn a_secret_that_is_forgotten_opens_no_more_and_those_in_use_do() {
        let (secrets, seal, _) = secrets();
        secrets.use_only(&["one"]);
        let of_one = sealed(&seal);
        secrets.use_only(&["two", "three"]);
        secrets.forget_earlier();
        assert!(!opens(&seal, &of_one) && opens(&seal, &sealed(&seal)));
        assert_eq!(secrets.current().configured().len(), 2);
    }

    /// The file was read while somebody put another configuration in use.
    #[test]
    fn what_a_file_held_under_another_configuration_does_not_count() {
        let (secrets, _, _) = secrets();
        secrets.use_only(&["one"]);
        let before = Arc::clone(&secrets.current());
        secrets.use_only(&["two"]);
        secrets.adopt_from_file(&before, vec![of("three")]);
        assert!(are_same(secrets.current().configured(), &[of("two")]));
        let now = Arc::clone(&secrets.current());
        secrets.adopt_from_file(&now, vec![of("three")]);
        assert!(are_same(secrets.current().configured(), &[of("three")]));
    }

    #[test]
    fn lists_are_the_same_in_the_same_order_alone() {
        let [one, two] = ["one", "two"].map(of);
        let list = |secrets: &[&Secret]| secrets.iter().copied().cloned().collect::<Vec<_>>();
        assert!(are_same(&list(&[&one, &two]), &list(&[&one, &two])));
        assert!(!are_same(&list(&[&one, &two]), &list(&[&two, &one])));
        assert!(!are_same(&list(&[&one]), &list(&[&one, &two])) && !are_same(&[], &list(&[&one])));
    }

    #[test]
    fn debug_shows_no_secret() {
        let (secrets, _, _) = secrets();
        secrets.use_only(&["hunter2"]);
        assert_eq!(format!("{secrets:?}"), "SealingSecrets { .. }");
    }
}
