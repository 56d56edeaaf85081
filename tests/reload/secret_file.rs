//! The file of the session secret: when what it holds counts, and when the old one stays.

use std::fs;

use tower_oidc::{Auth, Config, session::SECRET_FILE_INTERVAL, testing::ManualClock};

use crate::support::{Cookies, SecretFile, Stand, copy, until};

const OLD: &str = "the old secret of the tests, of many more than 32 bytes";
const NEW: &str = "the new secret of the tests, of many more than 32 bytes";

/// An application whose session secret stands in that file.
async fn stand(file: &SecretFile) -> Stand {
    Stand::with(|_, config| with_file(config, file)).await
}

fn with_file(mut config: Config, file: &SecretFile) -> Config {
    config.authentication.oidc.session_secret.clear();
    config.session_secret_file(file.path())
}

/// Who sleeps when nothing happens: the task that keeps the provider's keys, and the one that looks at the file.
const TASKS: usize = 2;

/// Lets the file be looked at so often.
async fn look(clock: &ManualClock, times: usize) {
    for _ in 0..times {
        until(|| clock.sleepers() == TASKS).await;
        clock.advance(SECRET_FILE_INTERVAL);
        until(|| clock.sleepers() == TASKS).await;
    }
}

/// Whether a session that begins now is sealed with that secret: another process, which knows that one alone, opens it.
async fn seals_with(stand: &Stand, secret: &str) -> bool {
    let cookies = copy(&stand.signed_in("jane").await);
    opens_with(stand, secret, &cookies).await
}

async fn opens_with(stand: &Stand, secret: &str, cookies: &Cookies) -> bool {
    let config = stand.config().session_secret(secret);
    let auth = Auth::builder(config).with_clock(stand.clock.clone()).discover().await.unwrap();
    stand.other(&auth).is_alive(cookies).await
}

#[tokio::test]
async fn a_new_secret_seals_and_the_old_one_opens_still() {
    let file = SecretFile::new(&format!("{OLD}\n"));
    let stand = stand(&file).await;
    let before = copy(&stand.signed_in("jane").await);
    assert!(seals_with(&stand, OLD).await);
    file.replace(&format!("{NEW}\n"));
    look(&stand.clock, 1).await;
    assert!(seals_with(&stand, OLD).await, "one look is not enough");
    look(&stand.clock, 1).await;
    assert!(seals_with(&stand, NEW).await);
    assert!(stand.is_alive(&before).await && opens_with(&stand, OLD, &before).await);
    assert!(!opens_with(&stand, NEW, &before).await);
}

/// The way for several replicas: the new secret opens everywhere before it seals anywhere.
#[tokio::test]
async fn a_list_in_the_file_is_taken_in_its_order() {
    let file = SecretFile::new(OLD);
    let stand = stand(&file).await;
    for (list, first) in [(format!("[\"{OLD}\", \"{NEW}\"]"), OLD), (format!("[\"{NEW}\", \"{OLD}\"]"), NEW)] {
        file.replace(&list);
        look(&stand.clock, 2).await;
        assert!(seals_with(&stand, first).await, "{list}");
    }
}

#[tokio::test]
async fn a_file_that_is_no_secret_for_a_moment_changes_nothing() {
    let file = SecretFile::new(OLD);
    let stand = stand(&file).await;
    let before = copy(&stand.signed_in("jane").await);
    for broken in ["", "\n", "short", "[", "[\"short\", \"too\"]"] {
        file.replace(broken);
        look(&stand.clock, 3).await;
        assert!(seals_with(&stand, OLD).await && stand.is_alive(&before).await, "{broken:?}");
    }
    fs::remove_file(file.path()).unwrap();
    look(&stand.clock, 3).await;
    assert!(seals_with(&stand, OLD).await && stand.is_alive(&before).await);
    file.replace(NEW);
    look(&stand.clock, 2).await;
    assert!(seals_with(&stand, NEW).await && stand.is_alive(&before).await);
}

/// Whoever writes a file in place shows half of it.
#[tokio::test]
async fn what_is_being_written_is_not_taken_for_what_it_will_be() {
    let file = SecretFile::new(OLD);
    let stand = stand(&file).await;
    for written in 40..NEW.len() {
        file.replace(&NEW[..written]);
        look(&stand.clock, 1).await;
    }
    assert!(seals_with(&stand, OLD).await);
}

/// As Kubernetes does it: the path stays, and a link on the way leads elsewhere.
#[cfg(unix)]
#[tokio::test]
async fn a_link_that_leads_elsewhere_is_a_change() {
    use std::os::unix::fs::symlink;
    let folder = std::env::temp_dir().join(format!("tower-oidc-reload-links-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    for (version, secret) in [("1", OLD), ("2", NEW)] {
        fs::create_dir_all(folder.join(version)).unwrap();
        fs::write(folder.join(version).join("secret"), secret).unwrap();
    }
    let lead_to = |version: &str| {
        symlink(version, folder.join("..data_tmp")).unwrap();
        fs::rename(folder.join("..data_tmp"), folder.join("..data")).unwrap();
    };
    lead_to("1");
    let path = folder.join("..data").join("secret");
    let stand = Stand::with(|_, mut config| {
        config.authentication.oidc.session_secret.clear();
        config.session_secret_file(&path)
    })
    .await;
    lead_to("2");
    look(&stand.clock, 2).await;
    assert!(seals_with(&stand, NEW).await);
    fs::remove_dir_all(&folder).unwrap();
}

/// Somebody who stole an old secret must not have it for ever: it opens for as long as what it sealed may live, and is one of the
/// four before the last at most.
#[tokio::test]
async fn an_old_secret_opens_until_its_sessions_are_over_and_only_so_many_do() {
    let file = SecretFile::new(OLD);
    let stand = stand(&file).await;
    let mut sealed = vec![copy(&stand.signed_in("jane").await)];
    for number in 0..5 {
        file.replace(&format!("{NEW} {number}"));
        look(&stand.clock, 2).await;
        sealed.push(copy(&stand.signed_in("jane").await));
    }
    let mut alive = Vec::new();
    for cookies in &sealed {
        alive.push(stand.is_alive(cookies).await);
    }
    assert_eq!(alive, [false, true, true, true, true, true]);
    stand.auth.forget_session_secrets();
    assert!(!stand.is_alive(&sealed[4]).await && stand.is_alive(&sealed[5]).await);
}

#[tokio::test]
async fn a_reload_with_another_file_is_what_is_looked_at_from_then_on() {
    let (first, second) = (SecretFile::new(OLD), SecretFile::new(NEW));
    let stand = stand(&first).await;
    stand.auth.reload(with_file(stand.config(), &second)).await.unwrap();
    assert!(seals_with(&stand, NEW).await);
    first.replace(&format!("{OLD} too"));
    look(&stand.clock, 3).await;
    assert!(seals_with(&stand, NEW).await);
    second.replace(&format!("{NEW} too"));
    look(&stand.clock, 2).await;
    assert!(seals_with(&stand, &format!("{NEW} too")).await);
    stand.reload(|config| config).await;
    second.replace(NEW);
    look(&stand.clock, 3).await;
    assert!(seals_with(&stand, crate::support::SECRET).await, "no file is named any more");
}

/// The task that looks ends with the last handle, whatever the clock says.
#[tokio::test]
async fn the_look_out_ends_with_the_auth() {
    let file = SecretFile::new(OLD);
    let stand = stand(&file).await;
    let (clock, _provider) = (stand.clock.clone(), stand.provider.clone());
    until(|| clock.sleepers() == TASKS).await;
    drop(stand);
    until(|| clock.sleepers() == 0).await;
}
