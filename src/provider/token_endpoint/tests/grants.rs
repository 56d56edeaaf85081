use http::header;

use super::*;

const CALLBACK: &str = "https://app.example/callback?a=b&c";

fn code() -> Grant {
    Grant::AuthorizationCode {
        code: Secret::from("c/o+d=e &"),
        redirect_uri: Url::parse(CALLBACK).unwrap(),
        code_verifier: Some(Secret::from("v-._~")),
    }
}

fn refresh_token() -> Grant {
    Grant::RefreshToken { refresh_token: Secret::from("r/t+1") }
}

fn answered(grant: &str) -> Reply {
    Reply::ok(format!(
        r#"{{"access_token":"at","token_type":"bearer","expires_in":300,"id_token":"h.p.s","refresh_token":"{grant}"}}"#
    ))
}

#[tokio::test]
async fn a_code_goes_out_with_the_clients_proof_beside_it() {
    let scene = Scene::new(ClientAuthentication::Basic(secret("p")), [answered("rt-1")]);
    let tokens = scene.endpoint.request(&code()).await.unwrap();
    assert_eq!(tokens.id_token.unwrap().expose(), "h.p.s");
    assert_eq!(tokens.refresh_token.unwrap().expose(), "rt-1");
    assert_eq!(tokens.expires_in, Some(Duration::from_secs(300)));
    let request = &scene.requests()[0];
    assert_eq!(request.headers()[header::AUTHORIZATION], "Basic bWU6cA==");
    assert_eq!(
        body(request),
        "grant_type=authorization_code&code=c%2Fo%2Bd%3De+%26&\
         redirect_uri=https%3A%2F%2Fapp.example%2Fcallback%3Fa%3Db%26c&code_verifier=v-._%7E"
    );
}

#[tokio::test]
async fn a_public_client_sends_its_id_with_the_code() {
    let scene = Scene::new(ClientAuthentication::None, [answered("rt-1")]);
    scene.endpoint.request(&code()).await.unwrap();
    let request = &scene.requests()[0];
    assert!(!request.headers().contains_key(header::AUTHORIZATION));
    assert!(body(request).ends_with("&code_verifier=v-._%7E&client_id=me"), "{}", body(request));
}

#[tokio::test]
async fn a_refresh_token_is_exchanged_for_the_next_one() {
    let scene = Scene::new(ClientAuthentication::Post(secret("p")), [answered("rt-2")]);
    let tokens = scene.endpoint.request(&refresh_token()).await.unwrap();
    assert_eq!(tokens.refresh_token.unwrap().expose(), "rt-2");
    assert_eq!(
        body(&scene.requests()[0]),
        "grant_type=refresh_token&refresh_token=r%2Ft%2B1&client_id=me&client_secret=p"
    );
}

#[tokio::test]
async fn an_id_token_alone_is_not_enough() {
    let scene = Scene::new(ClientAuthentication::None, [Reply::ok(r#"{"id_token":"h.p.s","token_type":"Bearer"}"#)]);
    let error = scene.endpoint.request(&code()).await.unwrap_err();
    assert!(matches!(error, TokenEndpointError::Malformed { member: "access_token", .. }), "{error:?}");
}

#[tokio::test]
async fn a_code_and_a_refresh_token_are_sent_once_whatever_comes_of_it() {
    let file = SecretFile::new("new");
    for reply in [
        refused(400, "invalid_grant"),
        refused(401, "invalid_grant"),
        refused(401, "interaction_required"),
        refused(403, "invalid_grant"),
        refused(400, "temporarily_unavailable"),
        Reply::status(429, ""),
        Reply::status(500, ""),
        Reply::status(503, "").header("retry-after", "1"),
        Reply::status(307, "").header("location", URL),
        Reply::ok("{}"),
        Reply::Down,
    ] {
        for grant in [code(), refresh_token()] {
            let scene = Scene::new(ClientAuthentication::Post(file.secret("old")), [reply.clone(), answered("rt")]);
            scene.endpoint.request(&grant).await.unwrap_err();
            assert_eq!(scene.requests().len(), 1, "{reply:?} {grant:?}");
        }
    }
}

#[tokio::test]
async fn a_code_that_was_refused_with_its_client_was_not_used() {
    let file = SecretFile::new("new");
    for grant in [code(), refresh_token()] {
        let replies = [refused(401, "invalid_client"), answered("rt")];
        let scene = Scene::new(ClientAuthentication::Post(file.secret("old")), replies);
        scene.endpoint.request(&grant).await.unwrap();
        let sent: Vec<_> = scene.requests().iter().map(|request| field(request, "client_secret").unwrap()).collect();
        assert_eq!(sent, ["old", "new"]);
    }
}

#[tokio::test]
async fn a_code_that_was_spent_with_the_refused_client_is_not_sent_a_third_time() {
    let file = SecretFile::new("new");
    let replies = [refused(401, "invalid_client"), refused(400, "invalid_grant"), answered("rt")];
    let scene = Scene::new(ClientAuthentication::Post(file.secret("old")), replies);
    assert!(scene.endpoint.request(&code()).await.unwrap_err().is_invalid_grant());
    assert_eq!(scene.requests().len(), 2);
}
