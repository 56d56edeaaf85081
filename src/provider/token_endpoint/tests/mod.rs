//! A token endpoint by script.

mod authentication;
mod grants;
mod refusals;
mod rotation;
mod secrecy;

use std::{sync::Arc, time::Duration};

use crate::{
    config::{ClientAuthentication, ClientSecret},
    provider::{
        FETCH_LIMIT,
        test_support::{ManualClock, Reply, ScriptedClient, SecretFile, body, field, shown},
    },
    types::{Scopes, Secret},
};
use bytes::Bytes;
use http::Request;

use super::*;

const URL: &str = "https://id.example/oauth/token";
const ISSUER: &str = "https://id.example/";
const SECRET: &str = "hunter2-hunter2-hunter2-hunter2-hunter2";

/// An endpoint, what it talks to, and its time.
struct Scene {
    endpoint: TokenEndpoint,
    client: ScriptedClient,
    clock: ManualClock,
}

impl Scene {
    /// An endpoint that answers with `replies`.
    fn new(authentication: ClientAuthentication, replies: impl IntoIterator<Item = Reply>) -> Self {
        let (client, clock) = (ScriptedClient::default(), ManualClock::default());
        client.set_each(URL, replies);
        let endpoint = TokenEndpoint::new(
            Url::parse(URL).unwrap(),
            Issuer::new(ISSUER),
            "me".to_owned(),
            authentication,
            Arc::new(client.clone()),
            Arc::new(clock.clone()),
        );
        Self { endpoint: endpoint.unwrap(), client, clock }
    }

    async fn request(&self) -> Result<TokenResponse, TokenEndpointError> {
        self.endpoint.request(&grant()).await
    }

    fn requests(&self) -> Vec<Request<Bytes>> {
        self.client.requests(URL)
    }
}

fn grant() -> Grant {
    Grant::ClientCredentials { scope: Some(Scopes::parse("read write")), audience: None, resource: Vec::new() }
}

fn secret(text: &str) -> ClientSecret {
    ClientSecret { secret: Secret::from(text), file: None }
}

fn good() -> Reply {
    Reply::ok(r#"{"access_token":"at-1","token_type":"Bearer","expires_in":3600}"#)
}

fn refused(status: u16, code: &str) -> Reply {
    Reply::status(status, format!(r#"{{"error":"{code}","error_description":"hunter2"}}"#))
}
