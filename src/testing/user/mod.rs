//! The people that the provider knows.

mod claims;

use std::{fmt, sync::Arc};

use serde::Serialize;
use serde_json::{Map, Value};

use super::{TestProvider, state::State};

pub(super) use claims::claims_of_scopes;

/// Everybody who has an account.
pub(super) struct Users(Vec<User>);

/// An account.
#[derive(Clone)]
struct User {
    /// What is typed or chosen at login.
    name: String,
    claims: Map<String, Value>,
}

impl Users {
    /// The names, in the order they came.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|user| user.name.as_str())
    }

    /// The subject of the account with that name, opened if there is none. `claims` are its own from now on.
    pub(super) fn sign_in(&mut self, name: &str, claims: Map<String, Value>) -> String {
        let user = self.account(name);
        user.claims.extend(claims);
        user.subject().to_owned()
    }

    /// What the provider says of a subject to a client with that scope. Of a stranger it is the subject alone.
    pub(super) fn claims_for(&self, subject: &str, scope: &str) -> Map<String, Value> {
        let user = self.0.iter().find(|user| user.subject() == subject);
        let mut claims = user.map(|user| claims::by_scope(&user.claims, scope)).unwrap_or_default();
        claims.insert("sub".to_owned(), subject.into());
        claims
    }

    fn account(&mut self, name: &str) -> &mut User {
        let known = self.0.iter().position(|user| user.name == name);
        let position = known.unwrap_or_else(|| {
            self.0.push(User::new(name));
            self.0.len() - 1
        });
        &mut self.0[position]
    }
}

/// Alice and Bob.
impl Default for Users {
    fn default() -> Self {
        Self(["alice", "bob"].map(User::new).into())
    }
}

impl User {
    fn new(name: &str) -> Self {
        Self { name: name.to_owned(), claims: claims::of_new_account(name) }
    }

    /// The claim `sub` if it is a text, else the name.
    fn subject(&self) -> &str {
        self.claims.get("sub").and_then(Value::as_str).unwrap_or(&self.name)
    }
}

/// An account at the provider, made by [`TestProvider::add_user`]. Each method acts at once.
#[derive(Clone)]
pub struct TestUser {
    state: Arc<State>,
    name: String,
}

impl TestUser {
    /// Sets `email`, and `email_verified` to true.
    pub fn email(self, address: &str) -> Self {
        self.claim("email", address).claim("email_verified", true)
    }

    /// Sets a claim. `sub` changes the subject, which otherwise is the name.
    ///
    /// # Panics
    /// When the value cannot be written as JSON.
    pub fn claim(self, name: &str, value: impl Serialize) -> Self {
        let value = serde_json::to_value(value).expect("a claim is a value that JSON can write");
        self.state.users().account(&self.name).claims.insert(name.to_owned(), value);
        self
    }

    /// Takes a claim away.
    pub fn without(self, name: &str) -> Self {
        self.state.users().account(&self.name).claims.remove(name);
        self
    }
}

impl fmt::Debug for TestUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestUser").field("name", &self.name).finish_non_exhaustive()
    }
}

impl TestProvider {
    /// Opens an account, or takes up the one with that name: subject `jane`, name `Jane`, verified address
    /// `jane@example.com`. Alice and Bob have theirs from the start.
    ///
    /// ```
    /// # use tower_oidc::testing::TestProvider;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// # let provider = TestProvider::start().await;
    /// provider.add_user("jane").email("jane@company.com").claim("https://company.com/roles", ["editor"]);
    /// # }
    /// ```
    pub fn add_user(&self, name: &str) -> TestUser {
        self.state().users().account(name);
        TestUser { state: Arc::clone(self.state()), name: name.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn whoever_signs_in_has_an_account_from_then_on() {
        let mut users = Users::default();
        assert_eq!(users.names().collect::<Vec<_>>(), ["alice", "bob"]);
        let claims = json!({ "team": "red" }).as_object().unwrap().clone();
        assert_eq!(users.sign_in("zoe", claims), "zoe");
        assert_eq!(users.sign_in("zoe", Map::new()), "zoe");
        assert_eq!(users.names().collect::<Vec<_>>(), ["alice", "bob", "zoe"]);
        assert_eq!(users.claims_for("zoe", "openid")["team"], "red");
    }

    #[test]
    fn the_subject_may_be_another_than_the_name() {
        let mut users = Users::default();
        let claims = json!({ "sub": "auth0|7" }).as_object().unwrap().clone();
        assert_eq!(users.sign_in("zoe", claims), "auth0|7");
        assert_eq!(users.claims_for("auth0|7", "email")["email"], "zoe@example.com");
        assert_eq!(Value::Object(users.claims_for("zoe", "email")), json!({ "sub": "zoe" }));
    }
}
