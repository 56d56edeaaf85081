//! Programs that are started, and end with what holds them.

use std::{
    env, fs,
    io::{BufRead, BufReader, Lines},
    process::{Child, ChildStdout, Command, Stdio},
};

/// A program that tells how far it is, line by line.
pub(crate) struct Process {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Process {
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let stdout = child.stdout.take().expect("it is piped");
        Self { child, lines: BufReader::new(stdout).lines() }
    }

    /// The next line that begins with that word, without it. Those before it go to `other`.
    pub(crate) fn wait_for(&mut self, word: &str, mut other: impl FnMut(String)) -> String {
        loop {
            let line = self.lines.next().unwrap_or_else(|| panic!("it ended without {word:?}")).expect("text");
            match line.strip_prefix(word) {
                Some(rest) => return rest.trim().to_owned(),
                None => other(line),
            }
        }
    }

    /// Megabytes of it that are in memory.
    pub(crate) fn resident(&self) -> f64 {
        resident(&self.child.id().to_string())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// This program, with other arguments.
pub(crate) fn own() -> Command {
    Command::new(env::current_exe().expect("it runs"))
}

/// A program on one processor.
pub(crate) fn on_processor(number: usize, program: &str) -> Command {
    let mut command = Command::new("taskset");
    command.args(["--cpu-list", &number.to_string(), program]);
    command
}

/// Megabytes of a process that are in memory: `VmRSS`.
pub(crate) fn resident(process: &str) -> f64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("Linux has it");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a process has memory");
    let kilobytes: f64 = line.trim().trim_end_matches(" kB").parse().expect("a number");
    kilobytes / 1024.0
}
