//! What a provider says about itself.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error as _, SeqAccess, Visitor},
};
use url::Url;

use crate::types::{Claims, Issuer, JsonKind};

use super::{
    error::{ProviderError, ShownUrl},
    json,
};

/// Longest metadata, in bytes. The longest we know (Keycloak's) have 7 KB.
pub const MAX_METADATA_BYTES: usize = 128 * 1024;

/// Most items of one list. The longest we know (the claims of large providers) have about a hundred, and each takes many times the
/// memory of its shortest text.
const MAX_ITEMS: usize = 1024;

/// Longest URL, in bytes: as long as an address may be in most servers. Names beyond ASCII take many times their length to read.
const MAX_URL_BYTES: usize = 2048;

/// Provider metadata (OpenID Connect Discovery 1.0 section 3, RFC 8414 section 2): the members that are acted on.
///
/// `None` and `false` stand for an absent member. What a specification lets absence mean is for its reader to know.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Metadata {
    /// `issuer`, exactly as it stands there.
    pub issuer: Issuer,
    /// `jwks_uri`.
    pub jwks_uri: Option<Url>,
    /// `authorization_endpoint`.
    pub authorization_endpoint: Option<Url>,
    /// `token_endpoint`.
    pub token_endpoint: Option<Url>,
    /// `userinfo_endpoint`.
    pub userinfo_endpoint: Option<Url>,
    /// `end_session_endpoint` (OpenID Connect RP-Initiated Logout 1.0 section 2.1).
    pub end_session_endpoint: Option<Url>,
    /// `revocation_endpoint` (RFC 7009).
    pub revocation_endpoint: Option<Url>,
    /// `introspection_endpoint` (RFC 7662).
    pub introspection_endpoint: Option<Url>,
    /// `pushed_authorization_request_endpoint` (RFC 9126).
    pub pushed_authorization_request_endpoint: Option<Url>,
    /// `require_pushed_authorization_requests` (RFC 9126 section 5).
    pub require_pushed_authorization_requests: bool,
    /// `scopes_supported`.
    pub scopes_supported: Option<Vec<String>>,
    /// `claims_supported`.
    pub claims_supported: Option<Vec<String>>,
    /// `response_types_supported`.
    pub response_types_supported: Option<Vec<String>>,
    /// `response_modes_supported`.
    pub response_modes_supported: Option<Vec<String>>,
    /// `grant_types_supported`.
    pub grant_types_supported: Option<Vec<String>>,
    /// `prompt_values_supported` (Initiating User Registration via OpenID Connect 1.0).
    pub prompt_values_supported: Option<Vec<String>>,
    /// `id_token_signing_alg_values_supported`.
    pub id_token_signing_alg_values_supported: Option<Vec<String>>,
    /// `token_endpoint_auth_methods_supported`.
    pub token_endpoint_auth_methods_supported: Option<Vec<String>>,
    /// `token_endpoint_auth_signing_alg_values_supported`.
    pub token_endpoint_auth_signing_alg_values_supported: Option<Vec<String>>,
    /// `code_challenge_methods_supported` (RFC 7636).
    pub code_challenge_methods_supported: Option<Vec<String>>,
    /// `authorization_response_iss_parameter_supported` (RFC 9207).
    pub authorization_response_iss_parameter_supported: bool,
    /// `backchannel_logout_supported` (OpenID Connect Back-Channel Logout 1.0 section 2.1).
    pub backchannel_logout_supported: bool,
    /// `backchannel_logout_session_supported`.
    pub backchannel_logout_session_supported: bool,
}

impl Metadata {
    /// Reads metadata that came from `url`. Unknown members are passed over, `null` counts as absent, and a name that stands
    /// twice makes the document unreadable.
    ///
    /// # Errors
    /// - [`ProviderError::NotJson`]: not a JSON object;
    /// - [`ProviderError::Missing`]: no `issuer`;
    /// - [`ProviderError::Metadata`]: a member of the wrong type, or a URL that is none.
    pub(super) fn parse(body: &[u8], url: &Url) -> Result<Self, ProviderError> {
        let (metadata, problems) = Self::read(body, url)?;
        match problems.into_iter().next() {
            Some(problem) => Err(problem),
            None => metadata.ok_or_else(|| missing_issuer(url)),
        }
    }

    /// The same for whoever wants to know every problem: what is malformed counts as absent beside it. Without an issuer there
    /// are no metadata.
    ///
    /// # Errors
    /// [`ProviderError::NotJson`]: there is nothing to read.
    pub(super) fn read(body: &[u8], url: &Url) -> Result<(Option<Self>, Vec<ProviderError>), ProviderError> {
        let shown = ShownUrl::new(url);
        let members = json::object(body).map_err(|source| ProviderError::NotJson { url: shown.clone(), source })?;
        let mut members = Members { members, url: &shown, problems: Vec::new() };
        let issuer: Option<String> = members.get("issuer", "a string");
        if issuer.is_none() && members.problems.is_empty() {
            members.problems.push(missing_issuer(url));
        }
        let metadata = Self::of(Issuer::new(issuer.as_deref().unwrap_or_default()), &mut members);
        Ok((issuer.map(|_| metadata), members.problems))
    }

    fn of(issuer: Issuer, members: &mut Members<'_>) -> Self {
        Self {
            issuer,
            jwks_uri: members.url("jwks_uri"),
            authorization_endpoint: members.page("authorization_endpoint"),
            token_endpoint: members.url("token_endpoint"),
            userinfo_endpoint: members.url("userinfo_endpoint"),
            end_session_endpoint: members.url("end_session_endpoint"),
            revocation_endpoint: members.url("revocation_endpoint"),
            introspection_endpoint: members.url("introspection_endpoint"),
            pushed_authorization_request_endpoint: members.url("pushed_authorization_request_endpoint"),
            require_pushed_authorization_requests: members.flag("require_pushed_authorization_requests"),
            scopes_supported: members.list("scopes_supported"),
            claims_supported: members.list("claims_supported"),
            response_types_supported: members.list("response_types_supported"),
            response_modes_supported: members.list("response_modes_supported"),
            grant_types_supported: members.list("grant_types_supported"),
            prompt_values_supported: members.list("prompt_values_supported"),
            id_token_signing_alg_values_supported: members.list("id_token_signing_alg_values_supported"),
            token_endpoint_auth_methods_supported: members.list("token_endpoint_auth_methods_supported"),
            token_endpoint_auth_signing_alg_values_supported: members
                .list("token_endpoint_auth_signing_alg_values_supported"),
            code_challenge_methods_supported: members.list("code_challenge_methods_supported"),
            authorization_response_iss_parameter_supported: members
                .flag("authorization_response_iss_parameter_supported"),
            backchannel_logout_supported: members.flag("backchannel_logout_supported"),
            backchannel_logout_session_supported: members.flag("backchannel_logout_session_supported"),
        }
    }

    /// Every URL with the name of its member.
    pub(crate) fn urls(&self) -> impl Iterator<Item = (&'static str, &Url)> {
        [
            ("jwks_uri", &self.jwks_uri),
            ("authorization_endpoint", &self.authorization_endpoint),
            ("token_endpoint", &self.token_endpoint),
            ("userinfo_endpoint", &self.userinfo_endpoint),
            ("end_session_endpoint", &self.end_session_endpoint),
            ("revocation_endpoint", &self.revocation_endpoint),
            ("introspection_endpoint", &self.introspection_endpoint),
            ("pushed_authorization_request_endpoint", &self.pushed_authorization_request_endpoint),
        ]
        .into_iter()
        .filter_map(|(member, url)| Some((member, url.as_ref()?)))
    }
}

/// The members of a document, read by name and type.
struct Members<'a> {
    members: Claims,
    url: &'a ShownUrl,
    problems: Vec<ProviderError>,
}

impl Members<'_> {
    /// The member; what is not of its type is a problem.
    fn get<T: DeserializeOwned>(&mut self, member: &'static str, expected: &'static str) -> Option<T> {
        if self.members.kind(member) == Some(JsonKind::Null) {
            return None;
        }
        self.members.get(member).unwrap_or_else(|_| self.malformed(member, expected))
    }

    /// Where people are sent. What has another scheme is no page, and counts as absent: Kubernetes, whose tokens are for programs, has
    /// `urn:kubernetes:programmatic_authorization` there.
    fn page(&mut self, member: &'static str) -> Option<Url> {
        let text = self.members.string(member).ok().flatten();
        let text = text.filter(|text| text.len() <= MAX_URL_BYTES);
        let scheme = text.and_then(|text| Url::parse(&text).ok()).map(|url| url.scheme().to_owned());
        let is_elsewhere = scheme.is_some_and(|scheme| !matches!(scheme.as_str(), "https" | "http"));
        if is_elsewhere { None } else { self.url(member) }
    }

    fn url(&mut self, member: &'static str) -> Option<Url> {
        const EXPECTED: &str = "an http or https URL, of 2048 bytes at most";
        let text = self.get::<String>(member, EXPECTED)?;
        let url = if text.len() > MAX_URL_BYTES { None } else { Url::parse(&text).ok() };
        let url = url.filter(|url| matches!(url.scheme(), "https" | "http") && url.has_host());
        url.or_else(|| self.malformed(member, EXPECTED))
    }

    fn list(&mut self, member: &'static str) -> Option<Vec<String>> {
        self.get(member, "an array of strings, of a thousand at most").map(|List(items)| items)
    }

    fn flag(&mut self, member: &'static str) -> bool {
        self.get(member, "true or false").unwrap_or(false)
    }

    fn malformed<T>(&mut self, member: &'static str, expected: &'static str) -> Option<T> {
        self.problems.push(ProviderError::Metadata { url: self.url.clone(), member, expected });
        None
    }
}

fn missing_issuer(url: &Url) -> ProviderError {
    ProviderError::Missing { url: ShownUrl::new(url), member: "issuer" }
}

/// At most [`MAX_ITEMS`] texts.
struct List(Vec<String>);

impl<'de> Deserialize<'de> for List {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(ListVisitor)
    }
}

struct ListVisitor;

impl<'de> Visitor<'de> for ListVisitor {
    type Value = List;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of strings")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<List, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = array.next_element()? {
            if items.len() == MAX_ITEMS {
                return Err(A::Error::custom("too many items"));
            }
            items.push(item);
        }
        Ok(List(items))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(json: &str) -> Result<Metadata, ProviderError> {
        Metadata::parse(json.as_bytes(), &Url::parse("https://a.example/.well-known/openid-configuration").unwrap())
    }

    #[test]
    fn members_are_read_by_their_types() {
        let metadata = parse(
            r#"{"issuer":"https://a.example/","jwks_uri":"https://a.example/keys","unknown":{"x":[1]},
                "response_types_supported":["code","id_token"],"backchannel_logout_supported":true,
                "end_session_endpoint":null}"#,
        )
        .unwrap();
        assert_eq!(metadata.issuer.as_str(), "https://a.example/");
        assert_eq!(metadata.jwks_uri.as_ref().unwrap().as_str(), "https://a.example/keys");
        assert_eq!(metadata.response_types_supported.as_ref().unwrap(), &["code", "id_token"]);
        assert!(metadata.backchannel_logout_supported && !metadata.backchannel_logout_session_supported);
        assert_eq!((&metadata.end_session_endpoint, &metadata.scopes_supported), (&None, &None));
        assert_eq!(metadata.urls().map(|(member, _)| member).collect::<Vec<_>>(), ["jwks_uri"]);
    }

    #[test]
    fn a_page_of_another_scheme_counts_as_absent() {
        // As a cluster of Kubernetes publishes it.
        let metadata = parse(
            r#"{"issuer":"https://oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE",
                "jwks_uri":"https://oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE/keys",
                "authorization_endpoint":"urn:kubernetes:programmatic_authorization",
                "response_types_supported":["id_token"],"subject_types_supported":["public"],
                "claims_supported":["sub","iss"],"id_token_signing_alg_values_supported":["RS256"]}"#,
        )
        .unwrap();
        assert_eq!(metadata.urls().map(|(member, _)| member).collect::<Vec<_>>(), ["jwks_uri"]);
        for broken in ["", "/authorize", "https://", "authorize"] {
            let error = parse(&format!(r#"{{"issuer":"x","authorization_endpoint":"{broken}"}}"#)).unwrap_err();
            assert!(error.is_contradiction(), "{broken}");
        }
        let elsewhere = parse(r#"{"issuer":"x","token_endpoint":"urn:kubernetes:programmatic_authorization"}"#);
        assert!(elsewhere.unwrap_err().is_contradiction(), "where programs go, it must be told rightly");
    }

    #[test]
    fn a_wrong_type_names_its_member() {
        for (json, name) in [
            (r#"{"issuer":5}"#, "issuer"),
            (r#"{"issuer":"x","jwks_uri":"/keys"}"#, "jwks_uri"),
            (r#"{"issuer":"x","jwks_uri":"file:///keys"}"#, "jwks_uri"),
            (r#"{"issuer":"x","token_endpoint":["https://a.example"]}"#, "token_endpoint"),
            (r#"{"issuer":"x","scopes_supported":"openid"}"#, "scopes_supported"),
            (r#"{"issuer":"x","scopes_supported":["openid",1]}"#, "scopes_supported"),
            (r#"{"issuer":"x","backchannel_logout_supported":"true"}"#, "backchannel_logout_supported"),
        ] {
            let error = parse(json).unwrap_err();
            assert!(matches!(error, ProviderError::Metadata { member, .. } if member == name), "{json}: {error}");
            assert!(error.is_contradiction());
        }
    }

    #[test]
    fn a_list_has_its_limit() {
        let list = |items: usize| format!(r#"{{"issuer":"x","scopes_supported":[{}""]}}"#, r#""","#.repeat(items - 1));
        let scopes = parse(&list(MAX_ITEMS)).unwrap().scopes_supported.unwrap();
        assert_eq!(scopes.len(), MAX_ITEMS);
        let error = parse(&list(MAX_ITEMS + 1)).unwrap_err();
        assert!(matches!(error, ProviderError::Metadata { member: "scopes_supported", .. }), "{error}");
    }

    #[test]
    fn a_url_has_its_limit() {
        let url = |bytes: usize| format!("{:a<bytes$}", "https://a.example/");
        let with = |url: &str| parse(&format!(r#"{{"issuer":"x","jwks_uri":"{url}"}}"#));
        assert_eq!(with(&url(MAX_URL_BYTES)).unwrap().jwks_uri.unwrap().as_str(), url(MAX_URL_BYTES));
        let error = with(&url(MAX_URL_BYTES + 1)).unwrap_err();
        assert!(matches!(error, ProviderError::Metadata { member: "jwks_uri", .. }), "{error}");
    }

    #[test]
    fn an_issuer_is_needed() {
        for json in ["{}", r#"{"issuer":null}"#] {
            assert!(matches!(parse(json).unwrap_err(), ProviderError::Missing { member: "issuer", .. }), "{json}");
        }
    }

    #[test]
    fn what_is_no_json_object_is_unreadable() {
        for json in ["", "[]", "not found", r#"{"issuer":"a","issuer":"b"}"#, "{\"issuer\":\"\u{0}\"}"] {
            let error = parse(json).unwrap_err();
            assert!(matches!(error, ProviderError::NotJson { .. }) && error.is_unreachable(), "{json:?}");
        }
    }
}
