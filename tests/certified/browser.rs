//! A person with a browser.

use std::{collections::BTreeMap, fmt, net::SocketAddr};

use reqwest::{
    Method, RequestBuilder, StatusCode, Url,
    header::{ACCEPT, CONTENT_TYPE, COOKIE, HOST, HeaderMap, LOCATION, ORIGIN},
};
use serde_json::Value;

use crate::{cookies::Jar, provider::http_client};

/// More answers in a row than a login has.
const MAX_HOPS: usize = 12;

/// More questions than the provider asks.
const MAX_QUESTIONS: usize = 4;

/// A browser that runs no script but one: a form that sends itself.
///
/// It speaks https to the applications that it [knows](Self::knows), as if their TLS ended at a proxy on this machine. A clone has
/// a copy of the cookies.
#[derive(Debug, Clone)]
pub(crate) struct Browser {
    http: reqwest::Client,
    cookies: Jar,
    proxied: BTreeMap<String, SocketAddr>,
    held: Option<String>,
    shown: Option<Page>,
}

/// What is shown.
#[derive(Clone)]
pub(crate) struct Page {
    pub(crate) url: Url,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

/// A request on its way.
struct Going {
    method: Method,
    url: Url,
    form: Vec<(String, String)>,
    /// The page that it comes from; none when the address was typed.
    from: Option<Url>,
}

impl Browser {
    pub(crate) fn new() -> Self {
        Self { http: http_client(), cookies: Jar::default(), proxied: BTreeMap::new(), held: None, shown: None }
    }

    /// What goes to that host goes to that address.
    pub(crate) fn knows(&mut self, host: &str, address: SocketAddr) {
        self.proxied.insert(host.to_owned(), address);
    }

    /// Stops at the answer that would lead to an address which begins so, until [`go_on`](Self::go_on).
    pub(crate) fn hold(&mut self, address: &str) {
        self.held = Some(address.to_owned());
    }

    /// Stops no longer.
    pub(crate) fn release(&mut self) {
        self.held = None;
    }

    /// Goes wherever the answer leads that it stopped at.
    pub(crate) async fn go_on(&mut self) -> Page {
        self.release();
        let page = self.shown();
        let next = page.next().expect("the answer leads on");
        self.show(next).await
    }

    /// Opens an address as if it were typed.
    pub(crate) async fn open(&mut self, address: &str) -> Page {
        self.show(Going::get(address.parse().unwrap(), None)).await
    }

    /// Follows the link with that text.
    pub(crate) async fn follow(&mut self, text: &str) -> Page {
        let page = self.shown();
        let before = page.text.split(text).next().filter(|before| before.len() < page.text.len());
        let link = before.and_then(|before| before.rsplit("href=\"").next()?.split('"').next());
        let url = page.url.join(&unescaped(link.unwrap_or_else(|| panic!("no link {text}: {}", page.text)))).unwrap();
        self.show(Going::get(url, Some(page.url))).await
    }

    /// Submits the form of the page that is shown, with these fields besides its hidden ones.
    pub(crate) async fn submit(&mut self, fields: &[(&str, &str)]) -> Page {
        let page = self.shown();
        let mut form = page.form().unwrap_or_else(|| panic!("no form: {}", page.text));
        form.form.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        self.show(form).await
    }

    /// Presses a button on a page of that application: a form that posts to `address`.
    pub(crate) async fn press(&mut self, address: &str) -> Page {
        self.press_on(address, address).await
    }

    /// Presses a button on any page, which posts to `address`.
    pub(crate) async fn press_on(&mut self, page: &str, address: &str) -> Page {
        let (page, url) = (page.parse().unwrap(), address.parse().unwrap());
        self.show(Going { method: Method::POST, url, form: Vec::new(), from: Some(page) }).await
    }

    /// Answers what the provider asks, as `name` and with yes, and goes to wherever that leads.
    pub(crate) async fn sign_in(&mut self, name: &str) -> Page {
        for _ in 0..MAX_QUESTIONS {
            let page = match self.shown().question() {
                Some("login") => self.submit(&[("login", name), ("password", "any")]).await,
                Some(_) => self.submit(&[]).await,
                None => return self.shown(),
            };
            assert!(page.status.is_success() || page.question().is_none(), "{page:?}");
        }
        panic!("the provider does not stop asking: {:?}", self.shown());
    }

    /// A script of the application asks, with the browser's cookies.
    pub(crate) async fn fetch(&mut self, method: Method, address: &str) -> Page {
        let url: Url = address.parse().unwrap();
        let from = url.clone();
        let request = self.request(&Going { method, url, form: Vec::new(), from: Some(from) });
        let request = request.header(ACCEPT, "application/json").header("sec-fetch-mode", "cors");
        self.send(request, address.parse().unwrap()).await
    }

    /// Goes back to a page, as to another tab.
    pub(crate) fn show_again(&mut self, page: Page) {
        self.shown = Some(page);
    }

    /// The page that is shown.
    pub(crate) fn shown(&self) -> Page {
        self.shown.clone().expect("a page is shown")
    }

    /// The names of a host's cookies.
    pub(crate) fn cookies(&self, host: &str) -> Vec<&str> {
        self.cookies.names(host)
    }

    /// Forgets the cookies of a host.
    pub(crate) fn forget(&mut self, host: &str) {
        self.cookies.forget(host);
    }

    async fn show(&mut self, mut going: Going) -> Page {
        for _ in 0..MAX_HOPS {
            let url = going.url.clone();
            let page = self.send(self.navigation(&going), url).await;
            let held = |next: &Going| self.held.as_ref().is_some_and(|held| next.url.as_str().starts_with(held));
            self.shown = Some(page.clone());
            match page.next() {
                Some(next) if !held(&next) => going = next,
                _ => return page,
            }
        }
        panic!("this leads nowhere: {:?}", self.shown());
    }

    fn navigation(&self, going: &Going) -> RequestBuilder {
        let request = self.request(going).header(ACCEPT, "text/html,application/xhtml+xml,*/*;q=0.8");
        request.header("sec-fetch-mode", "navigate").header("sec-fetch-dest", "document")
    }

    fn request(&self, going: &Going) -> RequestBuilder {
        let (url, from) = (&going.url, going.from.as_ref());
        let is_foreign = from.is_some_and(|from| from.host() != url.host());
        let site = match from {
            None => "none",
            Some(_) if is_foreign => "cross-site",
            Some(_) => "same-origin",
        };
        let mut request = match self.proxied.get(url.host_str().unwrap()) {
            Some(address) => {
                let behind = format!("http://{address}{}", &url.as_str()[url.origin().ascii_serialization().len()..]);
                self.http.request(going.method.clone(), behind).header(HOST, url.host_str().unwrap())
            }
            None => self.http.request(going.method.clone(), url.clone()),
        };
        if going.method == Method::POST {
            request = request.form(&going.form);
            request = request.header(ORIGIN, from.unwrap_or(url).origin().ascii_serialization());
        }
        let cookies = self.cookies.header(url, is_foreign && going.method == Method::POST);
        request.header(COOKIE, cookies).header("sec-fetch-site", site)
    }

    async fn send(&mut self, request: RequestBuilder, url: Url) -> Page {
        let response = request.send().await.unwrap();
        self.cookies.receive(&url, response.headers());
        let (status, headers) = (response.status(), response.headers().clone());
        Page { url, status, headers, text: response.text().await.unwrap() }
    }
}

impl Going {
    fn get(url: Url, from: Option<Url>) -> Self {
        Self { method: Method::GET, url, form: Vec::new(), from }
    }
}

impl Page {
    /// Where a redirect leads.
    pub(crate) fn leads_to(&self) -> Url {
        let location = self.headers.get(LOCATION).unwrap_or_else(|| panic!("no redirect: {self:?}"));
        self.url.join(location.to_str().unwrap()).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    /// The word for the failure on a page of the application.
    pub(crate) fn code(&self) -> Option<&str> {
        self.text.split("<code>").nth(1)?.split('<').next()
    }

    /// What the provider asks, if this is one of its pages that do.
    pub(crate) fn question(&self) -> Option<&'static str> {
        let asks = |prompt: &&str| self.text.contains(&format!("name=\"prompt\" value=\"{prompt}\""));
        ["login", "consent"].into_iter().find(asks)
    }

    /// Where it goes by itself.
    fn next(&self) -> Option<Going> {
        if self.status.is_redirection() {
            return Some(Going::get(self.leads_to(), Some(self.url.clone())));
        }
        self.text.contains("document.forms[0].submit()").then(|| self.form().unwrap())
    }

    /// Its first form, with the fields that are hidden.
    fn form(&self) -> Option<Going> {
        let is_page = self.headers.get(CONTENT_TYPE)?.to_str().unwrap().starts_with("text/html");
        let form = self.text.split("<form").nth(1).filter(|_| is_page)?.split("</form>").next().unwrap();
        let hidden = form.split("<input").skip(1).filter(|input| input.contains("type=\"hidden\""));
        Some(Going {
            method: Method::POST,
            url: self.url.join(&attribute(form, "action")?).unwrap(),
            form: hidden.filter_map(|input| Some((attribute(input, "name")?, attribute(input, "value")?))).collect(),
            from: Some(self.url.clone()),
        })
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, value) = tag.split_once(&format!("{name}=\""))?;
    value.split('"').next().map(unescaped)
}

fn unescaped(text: &str) -> String {
    text.replace("&quot;", "\"").replace("&#39;", "'").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// With as much of its text as tells what it is.
impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = self.text.split("<body").last().unwrap_or_default();
        let text: String = body.chars().filter(|character| !character.is_whitespace()).take(300).collect();
        write!(f, "{} {} {:?} {text}", self.status, self.url, self.headers.get(LOCATION))
    }
}
