//! What an OpenMetadata deployment has already: its file, its env-file, and what its Helm chart makes of values.

use std::fs;

use tower_oidc::config::{ClientAuthentication, ResponseMode, ResponseType, Source};

use super::{
    examples::{env_file, example, read_env_file},
    *,
};

/// The settings of a file, or of none, with these variables.
fn settings(source: Source<'_>, list: &[(String, String)]) -> Settings {
    let variable = |name: &str| list.iter().find(|(listed, _)| listed == name).map(|(_, value)| value.clone());
    Config::load(source, &variable).and_then(|config| config.check()).unwrap_or_else(|errors| panic!("{errors}"))
}

/// The settings, without what was noted on the way there.
fn without_notices(settings: Settings) -> String {
    let mut settings = settings;
    settings.notices.clear();
    format!("{settings:?}")
}

/// The blocks of the chapter in that language.
fn blocks(language: &str) -> Vec<String> {
    let chapter = include_str!("../../src/guide/openmetadata.md");
    let start = format!("```{language}\n");
    let blocks = chapter.split(&start).skip(1).filter_map(|rest| rest.split_once("\n```"));
    blocks.map(|(block, _)| block.to_owned()).collect()
}

#[test]
fn the_file_the_env_file_and_the_helm_chart_say_the_same() {
    let by_env_file = env_file("openmetadata.env");
    let by_chart = env_file("openmetadata-helm.env");
    let expected = format!("{:?}", settings(Source::Environment, &by_env_file));
    assert_eq!(format!("{:?}", settings(Source::Environment, &by_chart)), expected);
    let file = example("openmetadata.yaml");
    let [over_file, chart_over_file] =
        [by_env_file, by_chart].map(|list| without_notices(settings(Source::File(&file), &list)));
    assert_eq!(chart_over_file, over_file);
    assert_eq!(over_file, without_notices(settings(Source::Environment, &env_file("openmetadata.env"))));
}

#[test]
fn the_chapters_lines_for_a_single_page_application_make_a_public_client() {
    let lines = blocks("ini").remove(0).replace("CLIENT_TYPE=confidential", "CLIENT_TYPE=public");
    let lines: Vec<_> = lines.lines().filter(|line| !line.starts_with("OIDC_CLIENT_SECRET=")).collect();
    let settings = settings(Source::Environment, &read_env_file(&lines.join("\n")));
    let login = settings.login.unwrap();
    assert!(matches!(login.client_authentication, ClientAuthentication::None));
    assert_eq!((login.response_type, login.response_mode), (ResponseType::IdToken, ResponseMode::FormPost));
}

/// The chart gives each unset value as a pair of quotes, and its own defaults for the rest.
#[test]
fn the_charts_own_defaults_are_read() {
    let list = read_env_file(
        "\
AUTHENTICATION_PROVIDER=\"auth0\"
AUTHENTICATION_CLIENT_TYPE=\"confidential\"
AUTHENTICATION_AUTHORITY=\"https://tenant.us.auth0.com\"
AUTHENTICATION_PUBLIC_KEYS=[\"http://openmetadata:8585/api/v1/system/config/jwks\"]
AUTHENTICATION_RESPONSE_TYPE=\"id_token\"
AUTHENTICATION_CLIENT_ID=\"\"
AUTHENTICATION_CALLBACK_URL=\"\"
AUTHENTICATION_ENABLE_SELF_SIGNUP=\"true\"
AUTHORIZER_PRINCIPAL_DOMAIN=\"open-metadata.org\"
AUTHORIZER_ALLOWED_DOMAINS=[]
OIDC_CLIENT_ID=example-client
OIDC_CLIENT_SECRET=the-secret-that-auth0-shows
OIDC_TYPE=\"\"
OIDC_DISCOVERY_URI=\"\"
OIDC_RESPONSE_TYPE=\"code\"
OIDC_PROMPT_TYPE=\"consent\"
OIDC_DISABLE_PKCE=\"true\"
OIDC_CALLBACK=\"http://openmetadata:8585/callback\"
OIDC_SERVER_URL=\"http://openmetadata:8585\"
OIDC_CLIENT_AUTH_METHOD=\"client_secret_post\"
OIDC_TENANT=\"\"
OIDC_MAX_CLOCK_SKEW=\"\"
OIDC_OM_REFRESH_TOKEN_VALIDITY=\"3600\"
OIDC_CUSTOM_PARAMS={}
OIDC_MAX_AGE=\"0\"
OIDC_SESSION_EXPIRY=\"604800\"",
    );
    let settings = settings(Source::Environment, &list);
    let login = settings.login.as_ref().unwrap();
    assert!(matches!(login.client_authentication, ClientAuthentication::Post(_)));
    assert_eq!((login.callback_url.as_str(), login.use_pkce), ("http://openmetadata:8585/callback", false));
    assert_eq!(settings.issuers[0].clock_skew.as_secs(), 60, "unset is the default");
    let lines = notices(&settings);
    for told in ["responseType: differs from", "maxAge: is 0", "disablePkce: is true", "callbackUrl: is http"] {
        assert!(lines.iter().any(|line| line.contains(told)), "{told}: {lines:#?}");
    }
}

#[test]
fn the_env_file_and_the_file_of_the_chapter_say_the_same() {
    let env_file = read_env_file(&blocks("ini")[0]);
    let by_variables = settings(Source::Environment, &env_file);
    let file = blocks("yaml").into_iter().find(|block| block.starts_with(AUTHORIZER)).unwrap();
    let by_file = settings(Source::Text(&file), &[]);
    let noted: Vec<_> = by_file.notices.iter().map(|notice| notice.path.rsplit('.').next().unwrap()).collect();
    assert_eq!(noted, ["className", "containerRequestFilter", "sessionSecret"]);
    assert_eq!(without_notices(by_variables), without_notices(by_file));
}

/// What the documentation's env-file writes around values, and what lies in an env-file besides.
#[test]
fn spaces_around_a_value_and_variables_of_other_parts_do_no_harm() {
    let mut list = read_env_file(&blocks("ini")[0]);
    let expected = without_notices(settings(Source::Environment, &list));
    for (name, value) in &mut list {
        if ["AUTHENTICATION_CLIENT_TYPE", "OIDC_TYPE"].contains(&name.as_str()) {
            *value = format!(" {value} ");
        }
    }
    list.push(("AUTHORIZER_INGESTION_PRINCIPALS".to_owned(), "[ingestion-bot]".to_owned()));
    list.push(("SAML_DEBUG_MODE".to_owned(), "false".to_owned()));
    assert_eq!(without_notices(settings(Source::Environment, &list)), expected);
}

/// A table of the chapter that names a warning names it in the words in which it comes.
#[test]
fn the_warnings_of_the_chapter_are_those_that_come() {
    let chapter = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/openmetadata.md")).unwrap();
    let list = [
        "AUTHENTICATION_RESPONSE_TYPE=id_token",
        "OIDC_RESPONSE_TYPE=code",
        "OIDC_MAX_AGE=0",
        "OIDC_DISABLE_PKCE=true",
        "OIDC_OM_REFRESH_TOKEN_VALIDITY=3600",
    ];
    let list = [blocks("ini").remove(0), list.join("\n")].join("\n");
    let lines = notices(&settings(Source::Environment, &read_env_file(&list)));
    let shown: Vec<_> = lines.iter().filter(|line| !line.contains("sessionSecret")).collect();
    assert_eq!(shown.len(), 4, "{lines:#?}");
    for line in shown {
        let line = line.replace(&format!("{OIDC}."), "oidcConfiguration.").replace(&format!("{AUTHENTICATION}."), "");
        let line = line.strip_prefix("oidcConfiguration.").unwrap_or(&line);
        assert!(chapter.contains(&format!("| `{line}` |")), "{line}");
    }
}

/// A key, its variable and the default that stands with it.
type Line = (&'static str, &'static str, &'static str);

/// Key, variable and default of every line in the two blocks of the server's own file, as the newest releases publish it.
const PUBLISHED: [(&str, &[Line]); 3] = [
    (
        AUTHORIZER,
        &[
            ("className", "AUTHORIZER_CLASS_NAME", "org.openmetadata.service.security.DefaultAuthorizer"),
            ("containerRequestFilter", "AUTHORIZER_REQUEST_FILTER", "org.openmetadata.service.security.JwtFilter"),
            ("adminPrincipals", "AUTHORIZER_ADMIN_PRINCIPALS", "[admin]"),
            ("allowedEmailRegistrationDomains", "AUTHORIZER_ALLOWED_REGISTRATION_DOMAIN", "[\"all\"]"),
            ("principalDomain", "AUTHORIZER_PRINCIPAL_DOMAIN", "\"open-metadata.org\""),
            ("allowedDomains", "AUTHORIZER_ALLOWED_DOMAINS", "[]"),
            ("enforcePrincipalDomain", "AUTHORIZER_ENFORCE_PRINCIPAL_DOMAIN", "false"),
            ("enableSecureSocketConnection ", "AUTHORIZER_ENABLE_SECURE_SOCKET", "false"),
            ("useRolesFromProvider", "AUTHORIZER_USE_ROLES_FROM_PROVIDER", "false"),
        ],
    ),
    (
        AUTHENTICATION,
        &[
            ("clientType", "AUTHENTICATION_CLIENT_TYPE", "public"),
            ("provider", "AUTHENTICATION_PROVIDER", "basic"),
            ("responseType", "AUTHENTICATION_RESPONSE_TYPE", "id_token"),
            ("providerName", "CUSTOM_OIDC_AUTHENTICATION_PROVIDER_NAME", "\"\""),
            ("publicKeyUrls", "AUTHENTICATION_PUBLIC_KEYS", "[http://localhost:8585/api/v1/system/config/jwks]"),
            ("tokenValidationAlgorithm", "AUTHENTICATION_TOKEN_VALIDATION_ALGORITHM", "\"RS256\""),
            ("authority", "AUTHENTICATION_AUTHORITY", "https://accounts.google.com"),
            ("clientId", "AUTHENTICATION_CLIENT_ID", "\"\""),
            ("callbackUrl", "AUTHENTICATION_CALLBACK_URL", "\"\""),
            ("jwtPrincipalClaims", "AUTHENTICATION_JWT_PRINCIPAL_CLAIMS", "[email,preferred_username,sub]"),
            ("jwtPrincipalClaimsMapping", "AUTHENTICATION_JWT_PRINCIPAL_CLAIMS_MAPPING", "[]"),
            ("enableSelfSignup ", "AUTHENTICATION_ENABLE_SELF_SIGNUP", "true"),
            ("enableAutoRedirect", "AUTHENTICATION_ENABLE_AUTO_REDIRECT", "false"),
            ("forceSecureSessionCookie", "FORCE_SECURE_SESSION_COOKIE", "false"),
            ("samlConfiguration", "SAML_IDP_ENTITY_ID", "\"\""),
            ("ldapConfiguration", "AUTHENTICATION_LDAP_HOST", ""),
        ],
    ),
    (
        "oidcConfiguration",
        &[
            ("id", "OIDC_CLIENT_ID", "\"\""),
            ("type", "OIDC_TYPE", "\"\""),
            ("secret", "OIDC_CLIENT_SECRET", "\"\""),
            ("scope", "OIDC_SCOPE", "\"openid email profile\""),
            ("discoveryUri", "OIDC_DISCOVERY_URI", "\"\""),
            ("useNonce", "OIDC_USE_NONCE", "true"),
            ("preferredJwsAlgorithm", "OIDC_PREFERRED_JWS", "\"RS256\""),
            ("responseType", "OIDC_RESPONSE_TYPE", "\"code\""),
            ("disablePkce", "OIDC_DISABLE_PKCE", "true"),
            ("callbackUrl", "OIDC_CALLBACK", "\"http://localhost:8585/callback\""),
            ("serverUrl", "OIDC_SERVER_URL", "\"http://localhost:8585\""),
            ("clientAuthenticationMethod", "OIDC_CLIENT_AUTH_METHOD", "\"client_secret_post\""),
            ("tenant", "OIDC_TENANT", "\"\""),
            ("maxClockSkew", "OIDC_MAX_CLOCK_SKEW", "\"\""),
            ("tokenValidity", "OIDC_OM_REFRESH_TOKEN_VALIDITY", "\"3600\""),
            ("customParams", "OIDC_CUSTOM_PARAMS", ""),
            ("maxAge", "OIDC_MAX_AGE", "\"0\""),
            ("prompt", "OIDC_PROMPT_TYPE", "\"consent\""),
            ("sessionExpiry", "OIDC_SESSION_EXPIRY", "\"604800\""),
        ],
    ),
];

/// Such a file: `key: ${VARIABLE:-default}`, line by line.
fn published() -> String {
    let mut file = String::new();
    for (block, lines) in PUBLISHED {
        let indent = if block == "oidcConfiguration" { "  " } else { "" };
        file.push_str(&format!("{indent}{block}:\n"));
        for (key, variable, default) in lines {
            file.push_str(&format!("{indent}  {key}: ${{{variable}:-{default}}}\n"));
        }
    }
    file
}

#[test]
fn the_published_file_loads_with_the_variables_of_an_operator() {
    let list = read_env_file(&blocks("ini")[0]);
    let text = published();
    let settings = settings(Source::Text(&text), &list);
    let login = settings.login.as_ref().unwrap();
    assert!(!login.auto_redirect && !login.use_pkce && !login.session.secure_cookie);
    assert_eq!(login.prompt.as_deref(), Some("consent"));
    let noted: Vec<_> = settings.notices.iter().map(|notice| notice.path.rsplit('.').next().unwrap()).collect();
    let java = ["samlConfiguration", "ldapConfiguration", "className", "containerRequestFilter"];
    assert_eq!(
        noted,
        [&java[..], &["responseType", "disablePkce", "sessionSecret", "maxAge", "tokenValidity"]].concat()
    );
    // Without any it says so at once, and names what would have to be there.
    let errors = load(&text).and_then(|config| config.check()).unwrap_err();
    assert_eq!(paths(&errors)[0], format!("{AUTHENTICATION}.provider"));
}

/// Each variable of the file means the same without the file.
#[test]
fn every_variable_of_the_published_file_is_one_of_ours() {
    let known = include_str!("../../src/config/fields.rs");
    let java = ["samlConfiguration", "ldapConfiguration", "className", "containerRequestFilter"];
    for (key, variable, _) in PUBLISHED.iter().flat_map(|(_, lines)| *lines).filter(|(key, ..)| !java.contains(key)) {
        let row = known.lines().find(|line| line.contains(&format!("\"{variable}\"")));
        let row = row.unwrap_or_else(|| panic!("{variable} is not known"));
        assert!(row.contains(&format!("field(\"{}\"", key.trim())), "{variable}: {row}");
    }
}
