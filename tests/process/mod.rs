//! A program of the examples, from its start to its end.

use std::{
    env,
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{Command as Build, Stdio},
    sync::LazyLock,
    time::{Duration, SystemTime},
};

use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    sync::mpsc,
    time::timeout,
};

/// How long a program may take to say something. Only a test that fails waits for so long.
const PATIENCE: Duration = Duration::from_secs(60);

const PROFILE: &str = "LLVM_PROFILE_FILE";

/// Where cargo puts the examples: beside the directory of the test binary. `cargo test` builds them, but not when it is told
/// to build this test alone.
static EXAMPLES: LazyLock<PathBuf> = LazyLock::new(|| {
    let binary = env::current_exe().unwrap();
    let profile = binary.parent().and_then(Path::parent).unwrap();
    let examples = profile.join("examples");
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sources = ["src", "examples"].into_iter().filter_map(|directory| changed(&project.join(directory))).max();
    let programs = ["bearer_api", "browser_login", "doctor", "grpc", "plain_hyper", "service_account", "sso"];
    let with_metrics = cfg!(feature = "metrics").then_some("observability");
    if programs.into_iter().chain(with_metrics).any(|name| changed(&examples.join(executable(name))) < sources) {
        build(profile);
    }
    examples
});

/// When a file, or the youngest file of a directory, was changed. None: it is not there.
fn changed(path: &Path) -> Option<SystemTime> {
    let metadata = path.metadata().ok()?;
    let files = path.read_dir().into_iter().flatten().map(|entry| entry.unwrap().path());
    files.filter_map(|file| changed(&file)).max().or(metadata.modified().ok())
}

/// Builds the examples into the profile's directory, whichever target directory that is in.
fn build(profile: &Path) {
    let mut cargo = Build::new(env!("CARGO"));
    cargo.args(["build", "--examples"]).args(profile.ends_with("release").then_some("--release"));
    cargo.args(cfg!(feature = "metrics").then_some("--all-features"));
    cargo.arg("--target-dir").arg(profile.parent().unwrap()).current_dir(env!("CARGO_MANIFEST_DIR"));
    assert!(cargo.status().unwrap().success(), "the examples do not build");
}

fn executable(name: &str) -> String {
    format!("{name}{}", env::consts::EXE_SUFFIX)
}

/// A program that runs. It is killed when this is dropped.
pub(super) struct Program {
    child: Child,
    lines: mpsc::UnboundedReceiver<String>,
}

/// What a program left behind.
pub(super) struct Ended {
    pub(super) status: i32,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

impl Program {
    /// Starts an example with these arguments, and with these variables alone.
    pub(super) fn start<A: AsRef<OsStr>>(name: &str, arguments: &[A], variables: &[(&str, String)]) -> Self {
        let mut child = command(name, arguments, variables).stdout(Stdio::piped()).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap()).lines();
        let (sender, lines) = mpsc::unbounded_channel();
        // The program must not wait for somebody to read what it prints.
        tokio::spawn(async move {
            while let Ok(Some(line)) = stdout.next_line().await {
                let _nobody_reads = sender.send(line);
            }
        });
        Self { child, lines }
    }

    /// Runs an example to its end.
    pub(super) async fn run<A: AsRef<OsStr>>(name: &str, arguments: &[A], variables: &[(&str, String)]) -> Ended {
        let mut command = command(name, arguments, variables);
        let ended = timeout(PATIENCE, command.stdout(Stdio::piped()).stderr(Stdio::piped()).output()).await;
        let output = ended.unwrap_or_else(|_| panic!("{name} does not end")).unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let status = output.status.code().expect("it ends by itself");
        Ended { status, stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// Sends it a SIGHUP, once it says that it listens: before that it would end of it.
    #[cfg(unix)]
    #[allow(dead_code, reason = "not every test that starts programs does it")]
    pub(super) fn hang_up(&self) {
        let id = self.child.id().expect("it runs").to_string();
        assert!(Build::new("kill").args(["-HUP", &id]).status().unwrap().success());
    }

    /// The next line that holds `text`.
    pub(super) async fn line_with(&mut self, text: &str) -> String {
        let find = async {
            while let Some(line) = self.lines.recv().await {
                if line.contains(text) {
                    return line;
                }
            }
            panic!("the program ended before it said {text:?}");
        };
        timeout(PATIENCE, find).await.unwrap_or_else(|_| panic!("the program does not say {text:?}"))
    }

    /// The URL at the end of the next line that holds `text`.
    pub(super) async fn url_after(&mut self, text: &str) -> String {
        let line = self.line_with(text).await;
        line[line.find("http://").unwrap()..].to_owned()
    }
}

fn command<A: AsRef<OsStr>>(name: &str, arguments: &[A], variables: &[(&str, String)]) -> Command {
    let mut command = Command::new(EXAMPLES.join(executable(name)));
    command.args(arguments).env_clear().env("NO_COLOR", "1").kill_on_drop(true);
    // Where a program that is built to measure coverage writes what ran.
    command.envs(env::var_os(PROFILE).map(|file| (PROFILE, file)));
    command.envs(variables.iter().map(|(name, value)| (name, value)));
    command.stdin(Stdio::null()).stderr(Stdio::null());
    command
}
