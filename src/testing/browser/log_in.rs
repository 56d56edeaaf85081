//! Somebody signs in, at the provider's own pages.

use crate::testing::{Endpoint, TestProvider};

use super::{
    Browser, Visited,
    html::{self, Form},
    request::Going,
};

/// Where the layer starts a login, below the server URL.
const LOGIN_PATH: &str = "/login";

impl Browser {
    /// Signs in at the provider's page, which is [shown](Self::page): types the name, allows what is asked, and goes on to
    /// wherever that leads. An account that is not there is opened.
    ///
    /// # Panics
    /// When what is shown is no page of `provider`'s that asks who somebody is.
    pub async fn log_in_as(&mut self, provider: &TestProvider, name: &str) -> Visited {
        self.log_in_with(provider, name, "").await
    }

    /// Likewise, with claims that are typed: a JSON object.
    ///
    /// # Panics
    /// As [`log_in_as`](Self::log_in_as).
    pub async fn log_in_with(&mut self, provider: &TestProvider, name: &str, claims: &str) -> Visited {
        let mut form = self.form(provider, |form| has_field(form, "name")).expect("the provider asks who it is");
        form.fields.retain(|(field, _)| field != "name" && field != "claims");
        form.fields
            .extend([("name", name), ("claims", claims)].map(|(field, text)| (field.to_owned(), text.to_owned())));
        let shown = self.submit(form, None).await;
        match self.form(provider, |form| has_button(form, "allow")) {
            Some(form) => self.submit(form, Some(("decision", "allow"))).await.after(shown.into_history()),
            None => shown,
        }
    }

    /// Refuses at the provider's page, which is shown: the person cancels, or denies the application what it asks for.
    ///
    /// # Panics
    /// When what is shown is no page of `provider`'s that can be refused.
    pub async fn refuse(&mut self, provider: &TestProvider) -> Visited {
        let form = self.form(provider, |form| has_button(form, "deny")).expect("the provider asks something");
        self.submit(form, Some(("decision", "deny"))).await
    }

    /// The first such form on a page of the provider's.
    fn form(&self, provider: &TestProvider, is_meant: impl Fn(&Form) -> bool) -> Option<Form> {
        let shown = self.page.as_ref()?;
        let action = provider.endpoint(Endpoint::Login).url();
        html::forms(&shown.tags()).into_iter().find(|form| form.action == action && is_meant(form))
    }

    async fn submit(&mut self, form: Form, button: Option<(&str, &str)>) -> Visited {
        let going: Option<Going> = self.page.as_ref().and_then(|shown| form.submit(&shown.url, button));
        self.show(going.expect("the form of a page that is shown")).await
    }
}

impl TestProvider {
    /// Signs somebody in with the application of `browser`: starts a login at its `/login`, and goes through the provider's
    /// pages to wherever that leads.
    ///
    /// # Panics
    /// When `/login` leads to no page of this provider's. It does not where somebody is signed in at the provider already: see
    /// [`Browser::clear_cookies`].
    pub async fn log_in(&self, browser: &mut Browser, name: &str) -> Visited {
        let login = [browser.server_url.path().trim_end_matches('/'), LOGIN_PATH].concat();
        browser.navigate(&login).await;
        browser.log_in_as(self, name).await
    }
}

fn has_field(form: &Form, name: &str) -> bool {
    form.fields.iter().any(|(field, _)| field == name)
}

fn has_button(form: &Form, decision: &str) -> bool {
    form.buttons.iter().any(|(name, value)| name == "decision" && value == decision)
}
