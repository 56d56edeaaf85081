//! Which issuers a provider may speak for.

use crate::types::Issuer;

/// Where a template has the tenant's id.
const PLACEHOLDER: &str = "{tenantid}";

/// Longest tenant id: a GUID has 36 characters, a domain name at most 253.
const MAX_TENANT_BYTES: usize = 253;

/// The `iss` that a provider's tokens may carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IssuerRule {
    /// One issuer.
    Exact(Issuer),
    /// One issuer for each tenant: Microsoft Entra's multi-tenant endpoints.
    Template(IssuerTemplate),
}

/// An issuer with `{tenantid}` in it, which the token's `tid` claim fills in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuerTemplate {
    before: Box<str>,
    after: Box<str>,
    tenant: Option<Box<str>>,
}

impl IssuerRule {
    /// The issuer of a token with these two claims, if the rule lets it in.
    ///
    /// A template takes a `tid` of letters, digits, `-` and `.`; with `{tenantid}` replaced by it, the template must equal
    /// `iss` byte for byte, and it must be the tenant asked for, if one was (without case, as GUIDs and domain names are).
    #[must_use]
    pub fn matches(&self, iss: &str, tid: Option<&str>) -> Option<Issuer> {
        match self {
            Self::Exact(issuer) => (issuer.as_str() == iss).then(|| issuer.clone()),
            Self::Template(template) => template.admits(iss, tid?).then(|| Issuer::new(iss)),
        }
    }
}

impl IssuerRule {
    /// The issuer of that name, where nothing but the name is known: a template's tenant is one of the segments of its path. A
    /// token has a `tid` beside it, for [`matches`](Self::matches).
    #[must_use]
    pub fn named(&self, iss: &str) -> Option<Issuer> {
        iss.split('/').find_map(|segment| self.matches(iss, Some(segment)))
    }
}

impl IssuerTemplate {
    /// The template with that text, for one tenant or for every one. `None` when `{tenantid}` does not stand in it once.
    pub(crate) fn parse(text: &str, tenant: Option<&str>) -> Option<Self> {
        let (before, after) = text.split_once(PLACEHOLDER)?;
        let once = !after.contains(PLACEHOLDER);
        once.then(|| Self { before: before.into(), after: after.into(), tenant: tenant.map(Into::into) })
    }

    /// Whether a key that is published for the issuer `of_key` may sign for a token with these two claims, which the template must
    /// let in.
    ///
    /// Microsoft publishes the keys of all tenants in one document, and says of each whose tokens it signs: those of one issuer,
    /// or, with `{tenantid}`, those of every tenant ('Validate the signing key issuer' of its page on access tokens). The text
    /// must equal `iss` byte for byte, once the `tid` fills it in; but tokens of version 1.0 are signed with the keys of version 2.0.
    pub(crate) fn lets_sign(&self, of_key: &str, iss: &str, tid: &str) -> bool {
        let is_of_key = match of_key.split_once(PLACEHOLDER) {
            Some((before, after)) => tenant_of(iss, before, after) == Some(tid),
            None => of_key == iss,
        };
        (is_of_key || lets_sign_version_1(of_key, iss, tid)) && self.admits(iss, tid)
    }

    fn admits(&self, iss: &str, tid: &str) -> bool {
        let asked_for = self.tenant.as_deref().is_none_or(|tenant| tenant.eq_ignore_ascii_case(tid));
        is_tenant_id(tid) && tenant_of(iss, &self.before, &self.after) == Some(tid) && asked_for
    }
}

/// Whether a key of Microsoft's version 2.0 issuer may sign for a token of the version 1.0 issuer of the same tenant.
fn lets_sign_version_1(of_key: &str, iss: &str, tid: &str) -> bool {
    let tenant_of_key = tenant_of(of_key, "https://login.microsoftonline.com/", "/v2.0");
    tenant_of(iss, "https://sts.windows.net/", "/") == Some(tid)
        && tenant_of_key.is_some_and(|tenant| tenant == PLACEHOLDER || tenant == tid)
}

/// What `iss` has in the place of `{tenantid}`.
fn tenant_of<'a>(iss: &'a str, before: &str, after: &str) -> Option<&'a str> {
    iss.strip_prefix(before)?.strip_suffix(after)
}

/// Whether a text can be a tenant's id.
pub(super) fn is_tenant_id(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
    !text.is_empty() && text.len() <= MAX_TENANT_BYTES && text.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TENANT: &str = "72f988bf-86f1-41af-91ab-2d7cd011db47";

    fn template(tenant: Option<&str>) -> IssuerRule {
        let text = "https://login.microsoftonline.com/{tenantid}/v2.0";
        IssuerRule::Template(IssuerTemplate::parse(text, tenant).unwrap())
    }

    fn of(tenant: &str) -> String {
        format!("https://login.microsoftonline.com/{tenant}/v2.0")
    }

    #[test]
    fn a_key_of_version_2_signs_for_version_1_of_the_same_tenant() {
        let template = IssuerTemplate::parse("https://sts.windows.net/{tenantid}/", None).unwrap();
        let first = |tenant: &str| format!("https://sts.windows.net/{tenant}/");
        for (of_key, right) in [
            (of("{tenantid}"), true),
            (of(TENANT), true),
            (first("{tenantid}"), true),
            (of("9188040d-6c67-4c5b-b112-36a304b66dad"), false),
            ("https://evil.example/{tenantid}/v2.0".to_owned(), false),
            (format!("https://login.microsoftonline.com/{TENANT}"), false),
        ] {
            assert_eq!(template.lets_sign(&of_key, &first(TENANT), TENANT), right, "{of_key}");
        }
        assert!(!template.lets_sign(&of("{tenantid}"), &first(TENANT), "another"));
        let second = IssuerTemplate::parse(&of("{tenantid}"), None).unwrap();
        assert!(!second.lets_sign(&first("{tenantid}"), &of(TENANT), TENANT), "not the other way");
    }

    #[test]
    fn an_exact_issuer_is_compared_byte_for_byte() {
        let rule = IssuerRule::Exact(Issuer::new("https://a.example/"));
        assert_eq!(rule.matches("https://a.example/", None), Some(Issuer::new("https://a.example/")));
        for iss in ["https://a.example", "https://A.example/", "https://a.example//", "http://a.example/", ""] {
            assert_eq!(rule.matches(iss, Some(TENANT)), None, "{iss}");
        }
    }

    #[test]
    fn a_template_is_filled_in_by_the_tenant_of_the_token() {
        assert_eq!(template(None).matches(&of(TENANT), Some(TENANT)), Some(Issuer::new(&of(TENANT))));
        assert_eq!(template(None).matches(&of(TENANT), None), None);
        assert_eq!(template(None).matches(&of(TENANT), Some("another")), None);
        assert_eq!(template(None).matches(&of("{tenantid}"), Some("{tenantid}")), None);
        assert_eq!(template(None).matches(&of(""), Some("")), None);
        assert_eq!(template(None).matches(&of("evil/x"), Some("evil/x")), None);
        assert_eq!(template(None).matches(&format!("{}x", of(TENANT)), Some(TENANT)), None);
        assert_eq!(template(None).matches(&of(TENANT).to_uppercase(), Some(TENANT)), None);
        assert_eq!(template(None).matches(&of(&"a".repeat(254)), Some(&"a".repeat(254))), None);
    }

    #[test]
    fn a_name_alone_tells_the_tenant_by_its_own_path() {
        assert_eq!(template(None).named(&of(TENANT)), Some(Issuer::new(&of(TENANT))));
        assert_eq!(template(Some("another")).named(&of(TENANT)), None);
        for iss in ["https://evil.example/t/v2.0", &of(""), &of("a/b"), &of("{tenantid}"), ""] {
            assert_eq!(template(None).named(iss), None, "{iss}");
        }
    }

    #[test]
    fn a_configured_tenant_is_the_only_one() {
        assert!(template(Some(TENANT)).matches(&of(TENANT), Some(TENANT)).is_some());
        assert!(template(Some(&TENANT.to_uppercase())).matches(&of(TENANT), Some(TENANT)).is_some());
        assert_eq!(template(Some(TENANT)).matches(&of("another"), Some("another")), None);
    }

    #[test]
    fn a_key_signs_for_the_issuer_that_it_is_published_for() {
        const OTHER: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";
        let lets_sign = |of_key: &str, iss: &str, tid: &str| {
            let IssuerRule::Template(template) = template(None) else { unreachable!("it is one") };
            template.lets_sign(of_key, iss, tid)
        };
        for tenant in [TENANT, OTHER] {
            assert!(lets_sign(&of("{tenantid}"), &of(tenant), tenant));
            assert!(lets_sign(&of(tenant), &of(tenant), tenant));
        }
        for of_key in [of(OTHER), of(&TENANT.to_uppercase()), of("{tenantId}"), of("{tenantid}{tenantid}"), of("")] {
            assert!(!lets_sign(&of_key, &of(TENANT), TENANT), "{of_key}");
        }
        for of_key in ["", "{tenantid}", TENANT, "https://sts.windows.net/{tenantid}/"] {
            assert!(!lets_sign(of_key, &of(TENANT), TENANT), "{of_key}");
        }
        assert!(!lets_sign(&of("{tenantid}"), &of(TENANT), OTHER));
        assert!(!lets_sign(&of(OTHER), &of(OTHER), TENANT), "the template does not let it in");
    }

    #[test]
    fn prefix_and_suffix_do_not_overlap() {
        let rule = IssuerRule::Template(IssuerTemplate::parse("https://a/{tenantid}/", None).unwrap());
        assert_eq!(rule.matches("https://a/", Some("")), None);
        assert_eq!(IssuerTemplate::parse("{tenantid}{tenantid}", None), None);
        assert_eq!(IssuerTemplate::parse("https://a/", None), None);
    }
}
