use std::path::PathBuf;

use super::{
    authentication::{key, verified},
    *,
};

impl Scene {
    fn secrets_sent(&self) -> Vec<String> {
        self.requests().iter().map(|request| field(request, "client_secret").unwrap()).collect()
    }
}

#[tokio::test]
async fn a_rotated_secret_is_read_again_and_kept() {
    let file = SecretFile::new("new\n");
    let scene =
        Scene::new(ClientAuthentication::Post(file.secret("old")), [refused(401, "invalid_client"), good(), good()]);
    scene.request().await.unwrap();
    scene.request().await.unwrap();
    assert_eq!(scene.secrets_sent(), ["old", "new", "new"]);
}

#[tokio::test]
async fn auth0s_way_to_say_it_counts_too() {
    let file = SecretFile::new("new");
    let replies = [refused(401, "access_denied"), good()];
    let scene = Scene::new(ClientAuthentication::Post(file.secret("old")), replies);
    scene.request().await.unwrap();
    assert_eq!(scene.secrets_sent(), ["old", "new"]);
}

#[tokio::test]
async fn a_secret_is_rotated_whatever_is_done_with_it() {
    let (old, new) = ("o".repeat(32), "n".repeat(32));
    let file = SecretFile::new(&new);
    for authentication in
        [ClientAuthentication::Basic(file.secret(&old)), ClientAuthentication::SecretJwt(file.secret(&old))]
    {
        let scene = Scene::new(authentication, [refused(401, "invalid_client"), good()]);
        scene.request().await.unwrap();
        assert_eq!(scene.requests().len(), 2);
    }
}

#[tokio::test]
async fn there_is_one_more_attempt_and_never_a_third() {
    let file = SecretFile::new("new");
    let scene = Scene::new(ClientAuthentication::Post(file.secret("old")), [refused(401, "invalid_client")]);
    assert!(scene.request().await.unwrap_err().is_invalid_client());
    assert_eq!(scene.secrets_sent(), ["old", "new"]);

    file.write("newest");
    assert!(scene.request().await.unwrap_err().is_invalid_client());
    assert_eq!(scene.secrets_sent(), ["old", "new", "new", "newest"]);
}

#[tokio::test]
async fn the_same_secret_is_not_tried_again() {
    let file = SecretFile::new("old\r\n");
    let scene = Scene::new(ClientAuthentication::Post(file.secret("old")), [refused(401, "invalid_client")]);
    assert!(scene.request().await.unwrap_err().is_invalid_client());
    assert_eq!(scene.secrets_sent(), ["old"]);
}

#[tokio::test]
async fn nothing_but_an_unknown_client_has_the_file_read() {
    let file = SecretFile::new("new");
    for reply in [
        refused(400, "invalid_grant"),
        refused(400, "unauthorized_client"),
        refused(403, "access_denied"),
        Reply::status(429, ""),
        Reply::status(500, ""),
        Reply::ok("{}"),
        Reply::Down,
    ] {
        let scene = Scene::new(ClientAuthentication::Post(file.secret("old")), [reply, good()]);
        scene.request().await.unwrap_err();
        assert_eq!(scene.secrets_sent(), ["old"]);
    }
}

#[tokio::test]
async fn a_file_that_holds_no_usable_secret_changes_nothing() {
    let long = "o".repeat(32);
    let file = SecretFile::new("");
    for text in ["", "\n", "short"] {
        file.write(text);
        let replies = [refused(401, "invalid_client"), good()];
        let scene = Scene::new(ClientAuthentication::SecretJwt(file.secret(&long)), replies);
        assert!(scene.request().await.unwrap_err().is_invalid_client());
        assert_eq!(scene.requests().len(), 1, "{text:?}");
    }
    let gone = ClientSecret { secret: Secret::from("old"), file: Some(PathBuf::from("/nonexistent/secret")) };
    let scene = Scene::new(ClientAuthentication::Post(gone), [refused(401, "invalid_client"), good()]);
    assert!(scene.request().await.unwrap_err().is_invalid_client());
    scene.request().await.unwrap();
    assert_eq!(scene.secrets_sent(), ["old", "old"]);
}

#[tokio::test]
async fn a_secret_that_came_from_no_file_is_not_rotated() {
    let scene = Scene::new(ClientAuthentication::Post(secret("old")), [refused(401, "invalid_client"), good()]);
    assert!(scene.request().await.unwrap_err().is_invalid_client());
    assert_eq!(scene.requests().len(), 1);
}

#[tokio::test]
async fn requests_side_by_side_all_get_the_new_secret() {
    let file = SecretFile::new("new");
    let replies = [refused(401, "invalid_client"), refused(401, "invalid_client"), good()];
    let scene = Scene::new(ClientAuthentication::Post(file.secret("old")), replies);
    let (one, other) = tokio::join!(scene.request(), scene.request());
    assert!(one.is_ok() && other.is_ok());
    assert_eq!(scene.secrets_sent(), ["old", "old", "new", "new"]);
}

/// The text of a key, and the same method with what that file holds.
fn from_file(authentication: ClientAuthentication, file: &SecretFile) -> (String, ClientAuthentication) {
    let ClientAuthentication::PrivateKeyJwt { key, key_id, algorithm } = authentication else { panic!("a key") };
    let text = key.secret.expose().to_owned();
    let key = file.secret(&text);
    (text, ClientAuthentication::PrivateKeyJwt { key, key_id, algorithm })
}

#[tokio::test]
async fn a_rotated_private_key_is_read_again_and_kept() {
    let (file, (old, old_ring), (new, new_ring)) = (SecretFile::new(""), key(), key());
    let ((_, old), (new, _)) = (from_file(old, &file), from_file(new, &file));
    file.write(&new);
    let scene = Scene::new(old, [refused(401, "invalid_client"), good(), good()]);
    scene.request().await.unwrap();
    scene.request().await.unwrap();
    let requests = scene.requests();
    verified(&requests[0], &old_ring);
    requests[1..].iter().for_each(|request| drop(verified(request, &new_ring)));
    assert_eq!(requests.len(), 3);
}

#[tokio::test]
async fn a_file_without_a_usable_key_leaves_the_old_one() {
    let (file, (old, ring)) = (SecretFile::new(""), key());
    let (_, old) = from_file(old, &file);
    for text in ["", "no key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"] {
        file.write(text);
        let scene = Scene::new(old.clone(), [refused(401, "invalid_client"), good()]);
        assert!(scene.request().await.unwrap_err().is_invalid_client());
        scene.request().await.unwrap();
        scene.requests().iter().for_each(|request| drop(verified(request, &ring)));
        assert_eq!(scene.requests().len(), 2, "{text:?}");
    }
}
