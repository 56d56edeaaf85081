//! Contenders that run in turn, and the table of how they did.

#![allow(dead_code, reason = "each benchmark needs a part of it")]

use std::{
    fmt,
    sync::{
        Barrier,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use nix::time::{ClockId, clock_gettime};

/// Rounds. In each one every contender runs once.
const ROUNDS: usize = 60;

/// One contender: what it is called, what it does, and how often in a round.
pub(crate) struct Contender<'a> {
    name: String,
    calls: usize,
    call: Box<dyn FnMut() + 'a>,
    /// How often a call does what is measured.
    batch: usize,
    bar: Option<Bar>,
    limit: Option<Duration>,
    over_the_base: bool,
    company: Vec<Company<'a>>,
}

/// What another thread does over and over while a contender runs.
pub(crate) type Company<'a> = &'a (dyn Fn() + Sync);

/// What a contender may take, in multiples of the base.
#[derive(Debug, Clone, Copy)]
enum Bar {
    AtMost(f64),
    AtLeast(f64),
}

/// One row of the table.
pub(crate) struct Row {
    name: String,
    nanoseconds: Vec<f64>,
    ratios: Vec<f64>,
    bar: Option<Bar>,
    limit: Option<Duration>,
    /// What the limit is for: each round's time, or what it took more than the base.
    limited: Vec<f64>,
}

impl<'a> Contender<'a> {
    pub(crate) fn new(name: impl Into<String>, calls: usize, call: impl FnMut() + 'a) -> Self {
        let (name, call) = (name.into(), Box::new(call));
        Self { name, calls, call, batch: 1, bar: None, limit: None, over_the_base: false, company: Vec::new() }
    }

    /// Meanwhile another thread does that. Its time does not count.
    pub(crate) fn beside(mut self, company: Company<'a>) -> Self {
        self.company.push(company);
        self
    }

    /// Each call does it so often, as a task does that awaits one thing after another.
    pub(crate) fn batch(self, batch: usize) -> Self {
        Self { batch, ..self }
    }

    /// The most that it may take, in multiples of the base.
    pub(crate) fn bar(self, bar: impl Into<Option<f64>>) -> Self {
        Self { bar: bar.into().map(Bar::AtMost), ..self }
    }

    /// The least that it is to take, in multiples of the base: it is a rival of it.
    pub(crate) fn at_least(self, bar: f64) -> Self {
        Self { bar: Some(Bar::AtLeast(bar)), ..self }
    }

    /// The most that it may take once.
    pub(crate) fn limit(self, nanoseconds: u64) -> Self {
        Self { limit: Some(Duration::from_nanos(nanoseconds)), ..self }
    }

    /// The most that it may take more than the base.
    pub(crate) fn over_the_base(self, nanoseconds: u64) -> Self {
        Self { over_the_base: true, ..self.limit(nanoseconds) }
    }

    /// Nanoseconds that it takes once, by this thread's CPU time.
    fn run(&mut self) -> f64 {
        let (start, over) = (Barrier::new(self.company.len() + 1), AtomicBool::new(false));
        thread::scope(|threads| {
            for act in &self.company {
                threads.spawn(|| {
                    start.wait();
                    while !over.load(Ordering::Relaxed) {
                        act();
                    }
                });
            }
            start.wait();
            let _over = Over(&over);
            let before = thread_time();
            (0..self.calls).for_each(|_| (self.call)());
            (thread_time() - before).as_secs_f64() * 1e9 / (self.calls * self.batch) as f64
        })
    }
}

/// Tells the company that it is over, however a run ends.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Bar {
    fn holds(self, ratio: f64) -> bool {
        match self {
            Self::AtMost(most) => ratio <= most,
            Self::AtLeast(least) => ratio >= least,
        }
    }
}

impl fmt::Display for Bar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost(most) => write!(f, "{most:.4}"),
            Self::AtLeast(least) => write!(f, ">{least:.2}"),
        }
    }
}

fn thread_time() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).expect("the thread has a clock").into()
}

/// Runs all contenders in turn, round after round, and compares them with the base of the same round.
pub(crate) fn compare<'a>(base: Contender<'a>, contenders: impl IntoIterator<Item = Contender<'a>>) -> Vec<Row> {
    let mut all: Vec<_> = std::iter::once(base).chain(contenders).map(|contender| (contender, Vec::new())).collect();
    for _ in 0..ROUNDS {
        for (contender, nanoseconds) in &mut all {
            nanoseconds.push(contender.run());
        }
    }
    let base = all[0].1.clone();
    let row = |(contender, nanoseconds): (Contender<'_>, Vec<f64>)| {
        let ratios = nanoseconds.iter().zip(&base).map(|(time, base)| time / base).collect();
        let Contender { name, bar, limit, over_the_base, .. } = contender;
        let free = |base: &f64| if over_the_base { *base } else { 0.0 };
        let limited = nanoseconds.iter().zip(&base).map(|(time, base)| time - free(base)).collect();
        Row { name, nanoseconds, ratios, bar, limit, limited }
    };
    all.into_iter().map(row).collect()
}

pub(crate) fn print_heads() {
    let [ns, limit, median, low, high, bar] = ["ns", "limit", "ratio", "25 %", "75 %", "bar"];
    println!("{:<44} {ns:>8} {limit:>6} {median:>8} {low:>8} {high:>8} {bar:>8}", "medians of the rounds");
}

impl Row {
    /// Prints the row, and says whether its bar and its limit hold.
    pub(crate) fn print(mut self) -> bool {
        let [ns] = quantiles(&mut self.nanoseconds, [0.5]);
        let [limited] = quantiles(&mut self.limited, [0.5]);
        let [low, median, high] = quantiles(&mut self.ratios, [0.25, 0.5, 0.75]);
        let limit = self.limit.map(|limit| limit.as_nanos());
        let holds = self.bar.is_none_or(|bar| bar.holds(median)) && limit.is_none_or(|limit| limited <= limit as f64);
        let limit = limit.map(|limit| limit.to_string()).unwrap_or_default();
        let bar = self.bar.map(|bar| bar.to_string()).unwrap_or_default();
        let verdict = if holds { "" } else { "  MISSED" };
        println!("{:<44} {ns:>8.0} {limit:>6} {median:>8.4} {low:>8.4} {high:>8.4} {bar:>8}{verdict}", self.name);
        holds
    }
}

/// The values below which those parts of all lie.
pub(crate) fn quantiles<const N: usize>(values: &mut [f64], parts: [f64; N]) -> [f64; N] {
    values.sort_by(f64::total_cmp);
    parts.map(|part| values[(values.len() as f64 * part) as usize])
}
