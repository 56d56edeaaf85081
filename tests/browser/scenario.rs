//! What a person does in the browser, and what they saw.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use serde_json::{Map, Value, json};
use tokio::{process::Command, time::timeout};

use super::application::Application;

/// How long a scenario may take. Each of its steps has a shorter time of its own.
const PATIENCE: Duration = Duration::from_secs(120);

/// What was seen, by name.
pub(crate) type Seen = Map<String, Value>;

/// Plays a scenario of `tests/peers/browser/` with an application: everything that was told, all of it in one object.
///
/// # Panics
/// When the scenario cannot go on, and when the browser complains.
pub(crate) async fn play(name: &str, application: &Application) -> Value {
    let mut seen = run(name, application).await;
    assert_eq!(seen.remove("complaints"), Some(json!([])), "the browser complains");
    Value::Object(seen)
}

async fn run(name: &str, application: &Application) -> Seen {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/browser").join(name).with_extension("mjs");
    let mut command = Command::new("node");
    command.arg(program).arg(application.address()).env("SCREENSHOTS", screenshots());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let ended = timeout(PATIENCE, command.output()).await.unwrap_or_else(|_| panic!("{name} does not end"));
    let output = ended.expect("Node runs: `tests/all` says what is missing");
    let (told, message) = (text(output.stdout), text(output.stderr));
    assert!(output.status.success(), "{name} cannot go on after\n{told}\n{message}");
    told.lines().flat_map(|line| serde_json::from_str::<Seen>(line).unwrap()).collect()
}

/// `target/screenshots`, wherever the target directory is.
fn screenshots() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("screenshots")
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}
