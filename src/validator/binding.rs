//! Who may use a token: whoever has it, or the holder of one key (RFC 7800).

use std::sync::Arc;

use serde::{Deserialize, de::IgnoredAny};

use crate::{
    jose::Thumbprint,
    types::{Claims, JsonKind},
};

/// Who may use a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Binding {
    /// Whoever has it: a bearer token.
    None,
    /// The holder of the key with that thumbprint (RFC 9449 section 6.1). Elsewhere, so that what is remembered of a bearer token stays
    /// small.
    Key(Arc<Thumbprint>),
    /// Somebody who is told in a way that nothing here can check: by a certificate (RFC 8705 section 3.1), by a key in the token
    /// (RFC 7800 section 3.2), or by something that cannot be read.
    Unknown,
}

impl Binding {
    /// What `cnf` says. Whatever stands there, the token is no bearer token.
    #[inline]
    pub(super) fn of(claims: &Claims) -> Self {
        if claims.contains("cnf") { Self::read(claims) } else { Self::None }
    }

    #[cold]
    fn read(claims: &Claims) -> Self {
        let is_object = claims.kind("cnf") == Some(JsonKind::Object);
        let confirmation = claims.get("cnf").ok().flatten().filter(|_| is_object);
        confirmation.and_then(Confirmation::thumbprint).map_or(Self::Unknown, |key| Self::Key(Arc::new(key)))
    }
}

/// The members of `cnf` that are known (RFC 7800 section 3.1, RFC 8705, RFC 9449). Others must be passed over.
#[derive(Deserialize)]
struct Confirmation {
    jkt: Option<String>,
    jwk: Option<IgnoredAny>,
    jwe: Option<IgnoredAny>,
    jku: Option<IgnoredAny>,
    kid: Option<IgnoredAny>,
    #[serde(rename = "x5t#S256")]
    certificate: Option<IgnoredAny>,
}

impl Confirmation {
    /// `jkt`, where it alone says who.
    fn thumbprint(self) -> Option<Thumbprint> {
        let others = [self.jwk, self.jwe, self.jku, self.kid, self.certificate];
        self.jkt.filter(|_| others.iter().all(Option::is_none)).and_then(|text| Thumbprint::from_text(&text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JKT: &str = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";

    fn binding(claims: &str) -> Binding {
        Binding::of(&Claims::parse(claims.to_owned()).unwrap())
    }

    #[test]
    fn a_token_is_bound_to_the_key_of_the_thumbprint() {
        let key = Binding::Key(Arc::new(Thumbprint::from_text(JKT).unwrap()));
        assert_eq!(binding(&format!(r#"{{"cnf":{{"jkt":"{JKT}"}}}}"#)), key);
        assert_eq!(binding(&format!(r#"{{"cnf":{{"new":[1],"jkt":"{JKT}"}}}}"#)), key);
        assert_eq!(binding(&format!(r#"{{"\u0063nf":{{"\u006akt":"{JKT}"}}}}"#)), key);
        assert_eq!(binding(r#"{"sub":"jane"}"#), Binding::None);
    }

    #[test]
    fn whatever_else_is_said_of_its_holder_the_token_is_no_bearer_token() {
        for cnf in [
            "null",
            "{}",
            "[]",
            "true",
            r#""""#,
            &format!(r#""{JKT}""#),
            &format!(r#"[{{"jkt":"{JKT}"}}]"#),
            &format!(r#"["{JKT}",null,null,null,null,null]"#),
            r#"{"jkt":null}"#,
            r#"{"jkt":""}"#,
            r#"{"jkt":"AA"}"#,
            &format!(r#"{{"jkt":["{JKT}"]}}"#),
            &format!(r#"{{"jkt":"{JKT}="}}"#),
            &format!(r#"{{"jkt":"{JKT}","jkt":"{JKT}"}}"#),
            &format!(r#"{{"x5t#S256":"{JKT}"}}"#),
            &format!(r#"{{"jkt":"{JKT}","x5t#S256":"{JKT}"}}"#),
            &format!(r#"{{"jkt":"{JKT}","jwk":{{}}}}"#),
            &format!(r#"{{"jkt":"{JKT}","kid":"1"}}"#),
        ] {
            assert_eq!(binding(&format!(r#"{{"cnf":{cnf}}}"#)), Binding::Unknown, "{cnf}");
        }
    }
}
