//! A clock that moves when the test says so.

use std::{
    collections::BTreeMap,
    fmt,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use tokio::sync::watch;

use crate::types::{Clock, Sleep, unix_seconds};

/// 2026-01-01 00:00:00 UTC, in seconds since 1970.
const START: u64 = 1_767_225_600;

/// A clock that stands still until the test moves it.
///
/// Clones are the same clock. It starts on the first second of 2026 (UTC), unless [`at`](Self::at) says otherwise.
///
/// ```
/// use std::time::Duration;
/// use tower_oidc::{testing::ManualClock, types::Clock as _};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let clock = ManualClock::new();
/// let rested = tokio::spawn(clock.sleep(Duration::from_secs(3600)));
/// clock.advance(Duration::from_secs(3600));
/// rested.await.unwrap();
/// # }
/// ```
#[derive(Clone)]
pub struct ManualClock {
    time: Arc<Mutex<Time>>,
    /// How many sleep, told to those who wait for that.
    sleepers: Arc<watch::Sender<usize>>,
}

struct Time {
    now: SystemTime,
    elapsed: Duration,
    sleepers: BTreeMap<Place, Option<Waker>>,
    arrivals: u64,
}

/// A sleeper's place in the order of waking: the time it is due, then the order of arrival.
type Place = (Duration, u64);

impl ManualClock {
    /// A clock that shows 2026-01-01 00:00:00 UTC.
    #[must_use]
    pub fn new() -> Self {
        Self::at(UNIX_EPOCH + Duration::from_secs(START))
    }

    /// A clock that shows `now`.
    #[must_use]
    pub fn at(now: SystemTime) -> Self {
        let time = Time { now, elapsed: Duration::ZERO, sleepers: BTreeMap::new(), arrivals: 0 };
        Self { time: Arc::new(Mutex::new(time)), sleepers: Arc::new(watch::Sender::new(0)) }
    }

    /// Lets time pass: the time of day and [`elapsed`](Clock::elapsed) both go forward, and every sleeper whose time has
    /// come is woken, the earliest first.
    ///
    /// It is one step: a task that sleeps again when it wakes counts from the end of the step.
    ///
    /// # Panics
    /// When the time of day leaves what [`SystemTime`] can hold.
    pub fn advance(&self, by: Duration) {
        let mut time = self.time();
        time.now += by;
        time.elapsed += by;
        let due = time.wake_up();
        self.count(&time);
        drop(time);
        due.into_iter().for_each(Waker::wake);
    }

    /// Steps the time of day alone, forward or back, as when somebody sets a machine's clock. No sleeper wakes.
    pub fn set_time(&self, now: SystemTime) {
        self.time().now = now;
    }

    /// How many sleeps are under way.
    #[must_use]
    pub fn sleepers(&self) -> usize {
        *self.sleepers.borrow()
    }

    /// Ends once at least `count` sleeps are under way: then a background task has come to its pause, and
    /// [`advance`](Self::advance) ends it.
    pub async fn wait_for_sleepers(&self, count: usize) {
        let waited = self.sleepers.subscribe().wait_for(|sleepers| *sleepers >= count).await.map(drop);
        waited.expect("the clock itself holds the sender");
    }

    fn time(&self) -> MutexGuard<'_, Time> {
        self.time.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the number of sleepers, with the lock held, so that numbers are told in their order.
    fn count(&self, time: &Time) {
        self.sleepers.send_replace(time.sleepers.len());
    }
}

impl Time {
    /// Takes out the sleepers whose time has come, in the order of their places.
    fn wake_up(&mut self) -> Vec<Waker> {
        let later = self.sleepers.split_off(&(self.elapsed, u64::MAX));
        std::mem::replace(&mut self.sleepers, later).into_values().flatten().collect()
    }

    fn lie_down(&mut self, duration: Duration) -> Place {
        let place = (self.elapsed.saturating_add(duration), self.arrivals);
        self.arrivals += 1;
        if self.is_early(place) {
            self.sleepers.insert(place, None);
        }
        place
    }

    fn is_early(&self, (due, _): Place) -> bool {
        self.elapsed < due
    }
}

impl Clock for ManualClock {
    fn now(&self) -> SystemTime {
        self.time().now
    }

    fn elapsed(&self) -> Duration {
        self.time().elapsed
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        let mut time = self.time();
        let place = time.lie_down(duration);
        self.count(&time);
        Box::pin(Sleeper { clock: self.clone(), place })
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for ManualClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = self.time();
        f.debug_struct("ManualClock")
            .field("now", &unix_seconds(time.now))
            .field("elapsed", &time.elapsed)
            .field("sleepers", &time.sleepers.len())
            .finish()
    }
}

struct Sleeper {
    clock: ManualClock,
    place: Place,
}

impl Future for Sleeper {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut time = self.clock.time();
        if !time.is_early(self.place) {
            return Poll::Ready(());
        }
        time.sleepers.insert(self.place, Some(context.waker().clone()));
        Poll::Pending
    }
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        let mut time = self.clock.time();
        time.sleepers.remove(&self.place);
        self.clock.count(&time);
    }
}

#[cfg(test)]
mod tests {
    use std::task::Wake;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// Writes its name down when it is woken.
    struct Named(u32, Arc<Mutex<Vec<u32>>>);

    impl Wake for Named {
        fn wake(self: Arc<Self>) {
            self.1.lock().unwrap().push(self.0);
        }
    }

    fn poll(sleep: &mut Sleep, waker: &Waker) -> Poll<()> {
        sleep.as_mut().poll(&mut Context::from_waker(waker))
    }

    fn is_over(sleep: &mut Sleep) -> bool {
        poll(sleep, Waker::noop()).is_ready()
    }

    #[test]
    fn it_starts_in_2026_and_stands_still() {
        let clock = ManualClock::new();
        assert_eq!(unix_seconds(clock.now()), 1_767_225_600);
        assert_eq!(clock.elapsed(), Duration::ZERO);
    }

    #[test]
    fn both_times_move_together_and_a_clone_is_the_same_clock() {
        let clock = ManualClock::at(UNIX_EPOCH);
        clock.clone().advance(Duration::from_millis(1500));
        assert_eq!(clock.now(), UNIX_EPOCH + Duration::from_millis(1500));
        assert_eq!(clock.elapsed(), Duration::from_millis(1500));
    }

    #[test]
    fn a_step_of_the_time_of_day_wakes_nobody() {
        let clock = ManualClock::new();
        let mut sleep = clock.sleep(SECOND);
        clock.set_time(UNIX_EPOCH + Duration::from_secs(4_000_000_000));
        assert!(!is_over(&mut sleep));
        assert_eq!(clock.elapsed(), Duration::ZERO);
        clock.set_time(UNIX_EPOCH);
        clock.advance(SECOND);
        assert!(is_over(&mut sleep));
        assert_eq!(clock.now(), UNIX_EPOCH + SECOND);
    }

    #[test]
    fn a_sleep_counts_from_its_start_and_ends_on_the_nanosecond() {
        let clock = ManualClock::new();
        let mut sleep = clock.sleep(SECOND);
        clock.advance(SECOND - Duration::from_nanos(1));
        assert!(!is_over(&mut sleep));
        clock.advance(Duration::from_nanos(1));
        assert!(is_over(&mut sleep));
    }

    #[test]
    fn a_sleep_of_no_time_is_over_at_once_and_an_endless_one_never() {
        let clock = ManualClock::new();
        let (mut none, mut endless) = (clock.sleep(Duration::ZERO), clock.sleep(Duration::MAX));
        clock.advance(SECOND * 1_000_000);
        assert!(is_over(&mut none) && !is_over(&mut endless));
    }

    #[test]
    fn sleepers_wake_by_time_then_by_arrival() {
        let clock = ManualClock::new();
        let woken = Arc::new(Mutex::new(Vec::new()));
        let mut sleeps: Vec<Sleep> = [30, 10, 20, 10].map(|seconds| clock.sleep(SECOND * seconds)).into();
        for (name, sleep) in (0..).zip(&mut sleeps) {
            assert!(poll(sleep, &Arc::new(Named(name, woken.clone())).into()).is_pending());
        }
        clock.advance(SECOND * 25);
        assert_eq!(*woken.lock().unwrap(), [1, 3, 2]);
        clock.advance(SECOND * 5);
        assert_eq!(*woken.lock().unwrap(), [1, 3, 2, 0]);
    }

    #[test]
    fn the_waker_of_the_last_poll_is_woken() {
        let clock = ManualClock::new();
        let woken = Arc::new(Mutex::new(Vec::new()));
        let mut sleep = clock.sleep(SECOND);
        for name in [1, 2] {
            assert!(poll(&mut sleep, &Arc::new(Named(name, woken.clone())).into()).is_pending());
        }
        clock.advance(SECOND);
        assert_eq!(*woken.lock().unwrap(), [2]);
    }

    #[test]
    fn a_sleep_that_is_given_up_does_not_count() {
        let clock = ManualClock::new();
        let (one, two) = (clock.sleep(SECOND), clock.sleep(SECOND));
        assert_eq!(clock.sleepers(), 2);
        drop(one);
        assert_eq!(clock.sleepers(), 1);
        clock.advance(SECOND);
        assert_eq!(clock.sleepers(), 0);
        drop(two);
        assert_eq!(clock.sleepers(), 0);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn many_tasks_sleep_and_all_wake() {
        let clock = ManualClock::new();
        let tasks: Vec<_> = (1..=1000).map(|seconds| tokio::spawn(clock.sleep(SECOND * seconds))).collect();
        assert_eq!(clock.sleepers(), 1000);
        clock.advance(SECOND * 400);
        assert_eq!(clock.sleepers(), 600);
        clock.advance(SECOND * 600);
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(clock.sleepers(), 0);
    }

    #[tokio::test]
    async fn a_test_waits_until_a_background_task_sleeps() {
        let clock = ManualClock::new();
        let task = tokio::spawn({
            let clock = clock.clone();
            async move {
                for _ in 0..3 {
                    tokio::task::yield_now().await;
                    clock.sleep(SECOND).await;
                }
                clock.elapsed()
            }
        });
        for _ in 0..3 {
            clock.wait_for_sleepers(1).await;
            clock.advance(SECOND);
        }
        assert_eq!(task.await.unwrap(), SECOND * 3);
    }
}
