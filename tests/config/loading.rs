//! Files and variables: form, bounds, unknown keys, references, secrets in files.

use std::path::Path;

use proptest::prelude::*;
use tower_oidc::config::{MAX_FILE_BYTES, Severity};

use super::*;

/// A file in the temporary directory, removed when dropped.
struct Scratch(std::path::PathBuf);

impl Scratch {
    fn new(name: &str, text: &str) -> Self {
        let path = std::env::temp_dir().join(format!("tower-oidc-{}-{name}", std::process::id()));
        std::fs::write(&path, text).unwrap();
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn json_is_read_as_well_as_yaml() {
    let json = "{\n\t\"authenticationConfiguration\": {\n\t\t\"authority\": \"https:\\/\\/a.example\\u002fx\",\n\t\t\"providerName\": \"\\ud83d\\ude00\",\n\t\t\"oidcConfiguration\": { \"audience\": [\"a\"], \"useNonce\": true, \"maxAge\": 5 }\n\t}\n}";
    let config = load(json).unwrap();
    assert_eq!(config.authentication.authority.as_deref(), Some("https://a.example/x"));
    assert_eq!(config.authentication.provider_name.as_deref(), Some("😀"));
    assert_eq!(config.authentication.oidc.max_age, Some(5));
    assert_eq!(config.authentication.oidc.audience, ["a"]);
}

#[test]
fn words_that_other_yaml_takes_for_booleans_and_numbers_are_texts() {
    let text =
        "authenticationConfiguration: { providerName: no, clientId: 0123, emailClaim: on, jwtTeamClaimMapping: 1_000 }";
    let config = load(text).unwrap();
    assert_eq!(config.authentication.provider_name.as_deref(), Some("no"));
    assert_eq!(config.authentication.client_id.as_deref(), Some("0123"));
    assert_eq!(config.authentication.email_claim.as_deref(), Some("on"));
    assert_eq!(config.authentication.jwt_team_claim_mapping.as_deref(), Some("1_000"));
}

#[test]
fn a_file_that_cannot_be_read_is_told_with_its_name() {
    let missing = Path::new("/does/not/exist.yaml");
    let errors = Config::load(Source::File(missing), &none).unwrap_err();
    assert_eq!(paths(&errors), ["/does/not/exist.yaml"]);

    let latin = Scratch::new("latin.yaml", "");
    std::fs::write(&latin.0, b"authorizerConfiguration: \xe9").unwrap();
    let errors = Config::load(Source::File(&latin.0), &none).unwrap_err();
    assert_eq!(paths(&errors), [latin.path()]);

    let large = "#".repeat(usize::try_from(MAX_FILE_BYTES).unwrap() + 1);
    assert!(load(&large).unwrap_err().problems()[0].what.contains("larger"));
    let large = Scratch::new("large.yaml", &large);
    assert!(Config::load(Source::File(&large.0), &none).unwrap_err().problems()[0].what.contains("larger"));
}

#[test]
fn a_file_is_read_through_both_shortcuts() {
    let file = Scratch::new("good.yaml", "authenticationConfiguration: { authority: https://a.example }");
    assert_eq!(Config::from_file(&file.0).unwrap().authentication.authority.as_deref(), Some("https://a.example"));
    Config::from_env().unwrap();
}

#[test]
fn text_that_is_not_yaml_is_told_with_its_place_and_nothing_of_it() {
    for text in ["a: [hunter2", "a: b: hunter2", "\"hunter2", "a: *hunter2", "%hunter2", "a: !!int hunter2"] {
        let line = load(text).unwrap_err().to_string();
        assert!(line.contains("YAML") && !line.contains("hunter2"), "{text}: {line}");
    }
    let errors = load("authorizerConfiguration:\n  principalDomain: a\n  principalDomain: b\n").unwrap_err();
    assert!(errors.problems()[0].what.contains("principalDomain twice (line 3"), "{errors}");
}

#[test]
fn text_without_our_blocks_is_refused() {
    for text in ["", "a", "[a]", "5", "database: {}", "authority: https://a.example"] {
        assert!(!load(text).unwrap_err().problems()[0].mend.is_empty(), "{text}");
    }
    let errors = load("authenticationConfigration: {}").unwrap_err();
    assert_eq!(errors.problems()[0].path, "authenticationConfigration");
    assert!(errors.problems()[0].mend.contains("authenticationConfiguration"));
}

#[test]
fn a_document_that_grows_when_it_is_read_is_refused() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..10 {
        let item = format!("*a{},", level - 1).repeat(10);
        bomb.push_str(&format!("a{level}: &a{level} [{item}]\n"));
    }
    assert!(!load(&bomb).unwrap_err().problems()[0].what.contains("neither"));
    let deep = format!("a: {}{}", "[".repeat(200), "]".repeat(200));
    assert!(!load(&deep).unwrap_err().problems()[0].what.contains("neither"));
    let many = format!("a: [{}]", "x,".repeat(60_000));
    assert!(!load(&many).unwrap_err().problems()[0].what.contains("neither"));
    let long = format!("a: &a {}\nb: [*a, *a]", "x".repeat(400_000));
    assert!(!load(&long).unwrap_err().problems()[0].what.contains("neither"));
}

#[test]
fn an_unknown_key_names_the_nearest_known_one() {
    for (text, path, mend) in [
        ("authenticationConfiguration: { authorty: a }", "authenticationConfiguration.authorty", ".authority?"),
        ("authenticationConfiguration: { clientid: a }", "authenticationConfiguration.clientid", ".clientId?"),
        (
            "authenticationConfiguration: { oidcConfiguration: { scopes: null } }",
            "authenticationConfiguration.oidcConfiguration.scopes",
            "oidcConfiguration.scope?",
        ),
        (
            "authenticationConfiguration: { scope: a }",
            "authenticationConfiguration.scope",
            "move it to authenticationConfiguration.oidcConfiguration",
        ),
        (
            "authorizerConfiguration: { adminPrincipal: a }",
            "authorizerConfiguration.adminPrincipal",
            ".adminPrincipals?",
        ),
    ] {
        let errors = load(text).unwrap_err();
        let problem = &errors.problems()[0];
        assert_eq!(problem.path, path, "{errors}");
        assert!(problem.mend.ends_with(mend), "{problem}");
    }
}

#[test]
fn what_is_known_without_meaning_here_is_passed_over_with_a_note() {
    let text = r"
        authorizerConfiguration:
          className: org.example.Authorizer
          containerRequestFilter: { any: kind }
          testPrincipals: [5]
          defaultOAuthRole: null
        authenticationConfiguration:
          authority: https://tenant.us.auth0.com
          oidcConfiguration: { audience: a }
          samlConfiguration: { idp: { entityId: '${NOT_SET}' } }
          ldapConfiguration: 5
        database: { url: '${NOT_SET}' }
    ";
    let settings = load(text).unwrap().check().unwrap();
    let noted: Vec<_> = settings.notices.iter().map(|notice| notice.path.as_str()).collect();
    assert_eq!(
        noted,
        [
            "authenticationConfiguration.samlConfiguration",
            "authenticationConfiguration.ldapConfiguration",
            "authorizerConfiguration.className",
            "authorizerConfiguration.containerRequestFilter",
            "authorizerConfiguration.testPrincipals",
        ]
    );
    assert!(settings.notices.iter().all(|notice| notice.severity == Severity::Note));
}

#[test]
fn a_block_of_another_kind_is_told_once() {
    let errors =
        load("authenticationConfiguration: { authority: https://a.example, oidcConfiguration: [a] }").unwrap_err();
    assert_eq!(paths(&errors), [OIDC], "nothing in the block is also missing: {errors}");
    assert_eq!(errors.problems()[0].what, "expected a block of keys, found a list");
}

#[test]
fn an_empty_block_is_not_set() {
    let text = "authenticationConfiguration: { authority: https://a.example, clientId: a, trustedIssuers: '', oidcConfiguration: '' }\nauthorizerConfiguration:";
    load(text).unwrap().check().unwrap();
}

#[test]
fn a_reference_that_is_not_set_is_told_with_its_path_and_name() {
    let text =
        "authenticationConfiguration: { authority: 'https://${HOST}/', oidcConfiguration: { audience: ['${A}'] } }";
    let errors = load(text).unwrap_err();
    assert_eq!(paths(&errors), [format!("{AUTHENTICATION}.authority"), format!("{OIDC}.audience")]);
    assert!(errors.problems()[0].what.contains("${HOST}"), "{errors}");
}

#[test]
fn a_reference_is_not_read_when_the_key_has_a_variable_of_its_own() {
    let text = "authenticationConfiguration: { authority: '${HOST}', oidcConfiguration: { audience: a } }";
    let list = [("AUTHENTICATION_AUTHORITY", "https://a.example")];
    Config::load(Source::Text(text), &variables(&list)).unwrap().check().unwrap();
}

#[test]
fn a_problem_of_a_referenced_value_names_the_variable() {
    let text = "authenticationConfiguration: { authority: '${HOST}', oidcConfiguration: { audience: a, maxClockSkew: '${SKEW}' } }";
    let list = [("HOST", "https://a\u{2011}b.example"), ("SKEW", "hunter2")];
    let errors = Config::load(Source::Text(text), &variables(&list)).unwrap_err();
    let seen: Vec<_> =
        errors.problems().iter().map(|problem| (problem.path.as_str(), problem.variable.as_deref())).collect();
    let (skew, authority) = (format!("{OIDC}.maxClockSkew"), format!("{AUTHENTICATION}.authority"));
    assert_eq!(seen, [(skew.as_str(), Some("SKEW")), (authority.as_str(), Some("HOST"))]);
}

#[test]
fn problems_of_loading_and_of_the_check_come_together() {
    let text = "authenticationConfiguration: { authority: https://a.example, unknown: 1, oidcConfiguration: { secret: [x], scope: email } }";
    let errors = load(text).unwrap_err();
    let expected = [
        format!("{AUTHENTICATION}.unknown"),
        format!("{OIDC}.secret"),
        format!("{OIDC}.scope"),
        format!("{OIDC}.callbackUrl"),
        format!("{OIDC}.id"),
    ];
    assert_eq!(paths(&errors), expected, "a secret that could not be read is not also missing: {errors}");
}

#[test]
fn a_secret_may_come_from_a_file() {
    let file = Scratch::new("secret", &format!("{SECRET}\n"));
    for (name, base) in
        [("OIDC_CLIENT_SECRET_FILE", "OIDC_CLIENT_SECRET"), ("OIDC_SESSION_SECRET_FILE", "OIDC_SESSION_SECRET")]
    {
        let list = [(name, file.path())];
        let config = Config::load(Source::Environment, &variables(&list)).unwrap();
        let oidc = &config.authentication.oidc;
        let secret = if base == "OIDC_CLIENT_SECRET" { oidc.secret.as_ref() } else { oidc.session_secret.first() };
        assert_eq!(secret.unwrap().expose(), SECRET);
        let remembered = if base == "OIDC_CLIENT_SECRET" { &oidc.secret_file } else { &oidc.session_secret_file };
        assert_eq!(remembered.as_deref(), Some(file.path().as_ref()), "it is read again later");

        let both = [(name, file.path()), (base, SECRET)];
        let errors = Config::load(Source::Environment, &variables(&both)).unwrap_err();
        assert!(errors.problems()[0].what.contains("both set"), "{errors}");
    }
    let list = [("OIDC_PRIVATE_KEY_FILE", file.path()), ("OIDC_SESSION_STORE_FILE", file.path())];
    let oidc = Config::load(Source::Environment, &variables(&list)).unwrap().authentication.oidc;
    assert_eq!(oidc.private_key.unwrap().expose(), SECRET);
    assert_eq!(oidc.private_key_file.as_deref(), Some(file.path().as_ref()));
    assert_eq!((oidc.secret_file, oidc.session_secret_file), (None, None));
    assert_eq!(oidc.session_store.unwrap().expose(), SECRET);
}

#[test]
fn one_final_newline_of_a_secret_file_is_dropped() {
    for (text, secret) in [("a\n", "a"), ("a\r\n", "a"), ("a\n\n", "a\n"), (" \"a\" ", " \"a\" ")] {
        let file = Scratch::new("newline", text);
        let list = [("OIDC_CLIENT_SECRET_FILE", file.path())];
        let config = Config::load(Source::Environment, &variables(&list)).unwrap();
        assert_eq!(config.authentication.oidc.secret.unwrap().expose(), secret, "{text:?}");
    }
}

#[test]
fn a_secret_file_that_cannot_be_read_is_told_with_its_variable_path_and_name() {
    let empty = Scratch::new("empty", "\n");
    for path in ["/does/not/exist", empty.path()] {
        let list = [("OIDC_CLIENT_SECRET_FILE", path)];
        let errors = Config::load(Source::Environment, &variables(&list)).unwrap_err();
        let problem = &errors.problems()[0];
        assert_eq!(problem.path, format!("{OIDC}.secret"));
        assert_eq!(problem.variable.as_deref(), Some("OIDC_CLIENT_SECRET_FILE"));
        assert!(problem.to_string().contains(path), "{problem}");
        assert_eq!(paths(&errors).iter().filter(|path| path.ends_with(".secret")).count(), 1, "{errors}");
    }
}

#[test]
fn only_secrets_come_from_files() {
    let file = Scratch::new("scope", "openid");
    let list = [("OIDC_SCOPE_FILE", file.path())];
    assert_eq!(Config::load(Source::Environment, &variables(&list)).unwrap().authentication.oidc.scope, None);
}

#[test]
fn a_list_of_secrets_has_brackets() {
    let list = [("OIDC_SESSION_SECRET", "[new-new-new, \"old,old,old\"]")];
    let config = Config::load(Source::Environment, &variables(&list)).unwrap();
    let secrets: Vec<_> = config.authentication.oidc.session_secret.iter().map(|secret| secret.expose()).collect();
    assert_eq!(secrets, ["new-new-new", "old,old,old"]);
}

#[test]
fn the_first_of_two_variables_of_a_key_counts() {
    let list = [("OIDC_TOKEN_VALIDITY", "2"), ("OIDC_OM_REFRESH_TOKEN_VALIDITY", "1")];
    let config = Config::load(Source::Environment, &variables(&list)).unwrap();
    assert_eq!(config.authentication.oidc.token_validity, Some(1));
}

#[test]
fn a_variable_that_is_not_utf_8_is_refused() {
    let list = [("OIDC_CLIENT_SECRET", "a\u{fffd}b")];
    let errors = Config::load(Source::Environment, &variables(&list)).unwrap_err();
    assert_eq!(errors.problems()[0].variable.as_deref(), Some("OIDC_CLIENT_SECRET"));
}

/// Texts that look like a configuration, so that the walk gets deep.
fn texts() -> impl Strategy<Value = String> {
    let scalar = prop_oneof!["\\PC{0,12}", "[a-z${}:\\-\\[\\], \"']{0,16}", Just("${A:-[a]}".to_owned())];
    let key = prop_oneof![
        Just("authority"),
        Just("publicKeyUrls"),
        Just("customParams"),
        Just("secret"),
        Just("sessionSecret"),
        Just("trustedIssuers"),
        Just("issuer"),
        Just("oidcConfiguration"),
        Just("tenant"),
        Just("scope"),
        Just("callbackUrl"),
        Just("prompt"),
        Just("maxAge"),
        Just("adminPrincipals"),
        Just("sessionStore"),
    ];
    let value = scalar.prop_map(serde_json::Value::from).prop_recursive(3, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(serde_json::Value::from),
            prop::collection::hash_map(key.clone().prop_map(str::to_owned), inner, 0..4)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    });
    (value.clone(), value)
        .prop_map(|(first, second)| serde_json::json!({ AUTHENTICATION: first, AUTHORIZER: second }).to_string())
}

proptest! {
    #[test]
    fn no_text_makes_loading_panic(text in any::<String>()) {
        let _ = load(&text).and_then(|config| config.check());
        let _ = load(&format!("authenticationConfiguration: {text}")).and_then(|config| config.check());
    }

    #[test]
    fn no_configuration_makes_loading_or_checking_panic(text in texts(), variable in ".{0,20}") {
        let _ = Config::load(Source::Text(&text), &|name| (name == "A").then(|| variable.clone())).and_then(|config| config.check());
    }

    #[test]
    fn no_variable_makes_loading_or_checking_panic(value in "\\PC{0,20}|[\\[\\]{}a,:\" ]{0,20}") {
        let everything = |name: &str| (!name.ends_with("_FILE")).then(|| value.clone());
        let _ = Config::load(Source::Environment, &everything).and_then(|config| config.check());
    }
}
