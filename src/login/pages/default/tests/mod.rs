mod palette;
mod well_formed;

use aws_lc_rs::digest;
use base64::{Engine, engine::general_purpose::STANDARD};

use super::{
    super::{super::LoginErrorKind, *},
    document::STYLE,
};
use well_formed::{between, check};

/// Every kind, with a word that goes with it.
const KINDS: [(LoginErrorKind, &str); 8] = [
    (LoginErrorKind::BadRequest, "repeated_parameter"),
    (LoginErrorKind::Method, "method_not_allowed"),
    (LoginErrorKind::CrossSite, "cross_site"),
    (LoginErrorKind::Interrupted, "unknown_transaction"),
    (LoginErrorKind::Refused, "access_denied"),
    (LoginErrorKind::NotAllowed, "not_registered"),
    (LoginErrorKind::Unavailable, "provider_unavailable"),
    (LoginErrorKind::Misconfigured, "not_offered"),
];

/// Where the pages lead, all under one base.
struct Place {
    provider: &'static str,
    url: &'static str,
}

impl Place {
    fn sign_in(&self) -> Page {
        DefaultPages.sign_in(&SignInPage { provider: self.provider, login_url: self.url })
    }

    fn error(&self, kind: LoginErrorKind, code: &'static str) -> Page {
        let retry_url = kind.row().retry_helps.then_some(self.url);
        let (provider, home_url) = (self.provider, self.url);
        DefaultPages.error(&ErrorPage { provider, kind, code, reference: Reference::new(), retry_url, home_url })
    }

    fn not_allowed(&self, code: &'static str) -> Page {
        let Self { provider, url } = *self;
        let reference = Reference::new();
        DefaultPages.not_allowed(&NotAllowedPage { provider, code, reference, logout_url: url, home_url: url })
    }

    fn sign_out(&self, provider_origin: Option<&str>) -> Page {
        let Self { provider, url } = *self;
        DefaultPages.sign_out(&SignOutPage { provider, action: url, provider_origin, home_url: url })
    }

    fn signed_out(&self) -> Page {
        let Self { provider, url } = *self;
        DefaultPages.signed_out(&SignedOutPage { provider, login_url: url, home_url: url })
    }

    fn all(&self) -> Vec<Page> {
        let errors = KINDS.into_iter().map(|(kind, code)| self.error(kind, code));
        let others = [
            self.sign_in(),
            self.not_allowed("not_registered"),
            self.not_allowed("invalid_name"),
            self.sign_out(None),
            self.sign_out(Some("https://id.example")),
            self.signed_out(),
        ];
        errors.chain(others).collect()
    }
}

const ACME: Place = Place { provider: "Acme", url: "/base/login?return_to=%2Fa&x=1" };

/// What somebody might put in `providerName`, or in a path of `serverUrl`.
const HOSTILE: Place = Place {
    provider: "</title></style><script>alert(1)</script><a href='//evil.example'>\"&amp;",
    url: "/\"><script>alert(1)</script><form action='//evil.example'>&amp;",
};

#[test]
fn every_page_is_well_formed_and_has_what_people_need_to_find_their_way() {
    for page in ACME.all() {
        check(&page.html);
        for needed in [
            "<!DOCTYPE html><html lang=\"en\">",
            "<meta charset=\"utf-8\">",
            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">",
        ] {
            assert!(page.html.contains(needed), "{needed} in {}", page.html);
        }
        for once in ["<h1>", "<main>", "<title>", "class=\"action\""] {
            assert_eq!(page.html.matches(once).count(), 1, "{once} in {}", page.html);
        }
        assert_eq!(between(&page.html, "<title>", "</title>"), between(&page.html, "<h1>", "</h1>"));
    }
}

#[test]
fn no_page_needs_anything_from_elsewhere_or_goes_anywhere_by_itself() {
    for page in ACME.all() {
        for absent in
            ["<script", "javascript:", " src=", "<link", "<img", "@import", "url(", " style=", "http-equiv", "//"]
        {
            assert!(!page.html.contains(absent), "{absent} in {}", page.html);
        }
    }
}

#[test]
fn whatever_a_name_or_an_address_holds_stays_text() {
    let harmless = ACME.all();
    for (page, harmless) in HOSTILE.all().into_iter().zip(harmless) {
        assert_eq!(check(&page.html), check(&harmless.html), "the same elements in {}", page.html);
        assert_eq!(page.content_security_policy, harmless.content_security_policy);
        assert_eq!(
            page.html.contains("<bdi>&lt;/title&gt;&lt;/style&gt;&lt;script&gt;"),
            harmless.html.contains("<bdi>")
        );
        assert!(page.html.contains("&quot;&gt;&lt;script&gt;"));
    }
}

#[test]
fn the_policy_lets_in_this_style_and_nothing_else() {
    for page in ACME.all() {
        let style = between(&page.html, "<style>", "</style>");
        assert_eq!(style, STYLE);
        let hash = STANDARD.encode(digest::digest(&digest::SHA256, style.as_bytes()));
        let start = format!(
            "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; frame-ancestors 'none'; form-action "
        );
        assert!(page.content_security_policy.starts_with(&start), "{}", page.content_security_policy);
        assert_eq!(page.content_security_policy.ends_with(" 'none'"), !page.html.contains("<form"));
    }
}

#[test]
fn the_form_may_lead_to_where_the_provider_leads() {
    for (origin, expected) in [
        (None, "form-action 'self'"),
        (Some("https://id.example"), "form-action 'self' https:"),
        (Some("http://127.0.0.1:9000"), "form-action 'self' http: https:"),
        (Some("https://id.example; script-src *"), "form-action 'self' https:"),
    ] {
        let policy = ACME.sign_out(origin).content_security_policy;
        assert_eq!(policy.rsplit_once("; ").unwrap().1, expected);
    }
}

#[test]
fn every_page_says_what_it_is_and_offers_the_way_on() {
    let heading = |page: &Page| between(&page.html, "<h1>", "</h1>").to_owned();
    let action = |page: &Page| {
        let text = page.html.split_once("class=\"action\"").unwrap().1.split_once('>').unwrap().1;
        text.split_once("</button>").or(text.split_once("</a>")).unwrap().0.to_owned()
    };
    for (page, expected) in [
        (ACME.sign_in(), ("Sign in", "Sign in with <bdi>Acme</bdi>")),
        (ACME.not_allowed("not_registered"), ("You have no access", "Sign in as somebody else")),
        (ACME.sign_out(None), ("Sign out?", "Sign out")),
        (ACME.signed_out(), ("You are signed out", "Sign in again")),
        (ACME.error(LoginErrorKind::BadRequest, "malformed_body"), ("That did not work", "Start page")),
        (ACME.error(LoginErrorKind::Method, "method_not_allowed"), ("Nothing to open here", "Start page")),
        (ACME.error(LoginErrorKind::CrossSite, "cross_site"), ("Nothing was done", "Start page")),
        (ACME.error(LoginErrorKind::Interrupted, "login_loop"), ("Signing in was interrupted", "Try again")),
        (ACME.error(LoginErrorKind::Refused, "login_required"), ("You are not signed in", "Try again")),
        (ACME.error(LoginErrorKind::Unavailable, "directory_failed"), ("Not available right now", "Try again")),
        (ACME.error(LoginErrorKind::Misconfigured, "no_id_token"), ("This is set up wrongly", "Start page")),
    ] {
        assert_eq!((&*heading(&page), &*action(&page)), expected);
    }
}

#[test]
fn a_failure_is_told_with_its_word_and_with_what_helps() {
    for (page, word, said) in [
        (
            ACME.error(LoginErrorKind::Interrupted, "unknown_transaction"),
            "unknown_transaction",
            "did not keep the cookie",
        ),
        (ACME.error(LoginErrorKind::Interrupted, "login_loop"), "login_loop", "Allow cookies for this site"),
        (ACME.error(LoginErrorKind::Interrupted, "id_token_refused"), "id_token_refused", "could not be accepted"),
        (ACME.error(LoginErrorKind::Refused, "access_denied"), "access_denied", "by you, or because your account"),
        (ACME.not_allowed("forbidden"), "forbidden", "may not open this page"),
        (ACME.not_allowed("not_registered"), "not_registered", "You have no account here"),
        (ACME.not_allowed("email_not_verified"), "email_not_verified", "has not verified your e-mail address"),
        (ACME.not_allowed("domain_not_allowed"), "domain_not_allowed", "belongs to an organisation"),
        (ACME.not_allowed("invalid_name"), "invalid_name", "your account may not use this service"),
    ] {
        assert!(page.html.contains(&format!("<code>{word}</code>")), "{}", page.html);
        assert!(page.html.contains(said), "{said} in {}", page.html);
    }
}

#[test]
fn the_sign_out_button_posts() {
    let form = "<form class=\"actions\" method=\"post\" action=\"/base/login?return_to=%2Fa&amp;x=1\"><button class=\"action\" type=\"submit\">";
    assert!(ACME.sign_out(None).html.contains(form));
}
