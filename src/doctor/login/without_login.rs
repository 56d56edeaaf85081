//! What a login needs, without the feature `login`: nothing.

use std::{fmt, sync::Arc};

use crate::{
    config::{AUTHENTICATION, PrincipalSettings},
    layer::AuthBuilder,
    principal::{Principal, PrincipalError},
    types::Clock,
    validator::{IdToken, TokenError, Verified},
};

use crate::doctor::{
    case::Case,
    report::{Finding, Subject},
};

/// See `with_login/mod.rs`.
pub(in crate::doctor) async fn check(case: &Case) -> Vec<Finding> {
    let findings = case.has_login.then(|| {
        let seen = "a login is configured, and the program is built without the crate's feature `login`: bearer tokens alone count";
        Subject::Login.warning("login", AUTHENTICATION, seen, "build it with the feature, or take the login's settings out")
    });
    findings.into_iter().collect()
}

pub(in crate::doctor) fn with_own_parts(builder: AuthBuilder, _: bool, _: &Arc<dyn Clock>) -> AuthBuilder {
    builder
}

pub(in crate::doctor) fn refused(error: &impl fmt::Display) -> Vec<Finding> {
    vec![Subject::Login.error("login", AUTHENTICATION, error.to_string(), "mend what it says")]
}

pub(in crate::doctor) async fn id_token(_: &Case, _: &str) -> Option<Result<Verified<IdToken>, TokenError>> {
    None
}

pub(in crate::doctor) fn principal(_: &Verified<IdToken>, _: &PrincipalSettings) -> Result<Principal, PrincipalError> {
    Err(PrincipalError::NoSubject)
}
