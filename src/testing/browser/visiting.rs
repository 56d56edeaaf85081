//! From an address to what is shown there.

use http::{Method, header::COOKIE};
use url::Url;

use crate::testing::page;

use super::{
    Browser, Visited,
    html::{self, Tag},
    request::{Going, Purpose},
};

/// Most answers of one visit: where Chromium gives up on redirects.
const MAX_HOPS: usize = 20;

impl Browser {
    /// Goes somewhere, and wherever that leads, and shows it.
    pub(super) async fn show(&mut self, going: Going) -> Visited {
        let shown = self.visit(going).await;
        self.page = Some(shown.clone());
        shown
    }

    async fn visit(&self, going: Going) -> Visited {
        let mut shown = self.follow(going).await;
        loop {
            let tags = shown.tags();
            self.fill_frames(&shown.url, &tags).await;
            let Some(next) = leads_on(&shown, &tags).filter(|next| self.transport.reaches(&next.url)) else {
                return shown;
            };
            let before = shown.into_history();
            shown = self.follow(next).await.after(before);
            assert_ends(&shown);
        }
    }

    /// Follows redirects as far as anybody is reached.
    async fn follow(&self, mut going: Going) -> Visited {
        let mut history = Vec::new();
        let mut chain = Vec::new();
        loop {
            let visited = self.ask(&going, &chain).await.after(std::mem::take(&mut history));
            assert_ends(&visited);
            let Some(next) = visited.redirect().filter(|next| self.transport.reaches(next)) else { return visited };
            chain.push(going.url.clone());
            going = going.redirected(next, visited.keeps_method());
            history = visited.into_history();
        }
    }

    /// One request and its answer.
    pub(super) async fn ask(&self, going: &Going, chain: &[Url]) -> Visited {
        let mut headers = going.headers(chain);
        let cookies = self.jar().header(going, self.clock.now());
        headers.extend(cookies.map(|cookies| (COOKIE, cookies)));
        let response = self.transport.send(going, headers).await;
        self.jar().receive(&going.url, response.headers(), self.clock.now());
        Visited::new(going.url.clone(), response)
    }

    async fn fill_frames(&self, page: &Url, tags: &[Tag]) {
        let sources = tags.iter().filter(|tag| tag.name == "iframe").filter_map(|tag| tag.attribute("src"));
        for source in sources.filter_map(|source| page.join(source).ok()) {
            if self.transport.reaches(&source) {
                self.follow(Going::get(source, Some(page.clone()), Purpose::Frame)).await;
            }
        }
    }
}

/// Where a page goes by itself.
fn leads_on(shown: &Visited, tags: &[Tag]) -> Option<Going> {
    if shown.text().contains(page::SUBMIT) {
        let form = html::forms(tags).into_iter().next()?;
        return form.submit(&shown.url, None);
    }
    let next = shown.url.join(html::refresh(tags)?).ok()?;
    Some(Going::get(next, Some(shown.url.clone()), Purpose::Page))
}

impl html::Form {
    /// The request that the form makes on that page, by one of its buttons or by none.
    pub(super) fn submit(self, page: &Url, button: Option<(&str, &str)>) -> Option<Going> {
        let method = Method::from_bytes(self.method.as_bytes()).ok()?;
        let mut fields = self.fields;
        fields.extend(button.map(|(name, value)| (name.to_owned(), value.to_owned())));
        Some(Going::form(method, page.join(&self.action).ok()?, &fields, page))
    }
}

fn assert_ends(visited: &Visited) {
    let way = || visited.history.iter().map(|hop| hop.url.path()).collect::<Vec<_>>();
    assert!(visited.history.len() <= MAX_HOPS, "this leads nowhere: {:?}", way());
}
