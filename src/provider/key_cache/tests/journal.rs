use tracing::Level;

use crate::provider::{MAX_BACK_OFF, test_support::Log};

use super::*;

/// Takes the lines so far, each as its level and what of `words` it holds.
fn take(log: &Log, words: &[&'static str]) -> Vec<(String, Vec<&'static str>)> {
    let level = |line: &str| line.split_whitespace().next().unwrap().to_owned();
    let found = |line: &str| words.iter().copied().filter(|word| line.contains(word)).collect();
    log.take().lines().map(|line| (level(line), found(line))).collect()
}

#[tokio::test]
async fn the_log_tells_each_change_once_and_nothing_of_a_body() {
    const WORDS: [&str; 6] = ["provider=\"Acme\"", "id.example", "loaded", "status 503", "again", "hunter2"];
    let (log, _logging) = Log::start(Level::INFO);
    let line = |level: &str, word: &'static str| (level.to_owned(), vec![WORDS[0], WORDS[1], word]);

    let scene = Scene::healthy().await;
    assert_eq!(take(&log, &WORDS), [line("INFO", "loaded")]);

    scene.client.set(JWKS, Reply::status(503, "hunter2"));
    scene.clock.advance(HOUR).await;
    assert_eq!(take(&log, &WORDS), [line("WARN", "status 503")]);

    scene.client.set(JWKS, Reply::ok(jwks(&["a"])));
    scene.clock.advance(MAX_BACK_OFF).await;
    assert_eq!(take(&log, &WORDS), [line("INFO", "again")]);

    scene.client.set(DISCOVERY, Reply::ok(metadata("https://evil.example")));
    scene.clock.advance(2 * HOUR).await;
    let lines = take(&log, &["https://evil.example", "contradicts"]);
    assert_eq!(lines, [("ERROR".to_owned(), vec!["https://evil.example", "contradicts"])]);
}
