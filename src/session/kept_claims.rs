//! Which claims a session keeps.

use serde::{Serialize, Serializer};
use serde_json::{Value, value::RawValue};

use crate::types::{Claims, ClaimsError};

use super::SessionError;

/// Claims that were of use while the ID token was checked, or while the session was opened, and say nothing of the person.
const OF_THE_TOKEN: [&str; 12] =
    ["at_hash", "aud", "azp", "c_hash", "exp", "iat", "jti", "nbf", "nonce", "rat", "s_hash", "session_expiry"];

/// Claims that say something of the login itself. A renewed ID token need not repeat them (OpenID Connect Core 1.0 section 12.2):
/// Auth0 says `amr` and `acr` at the login alone. Its organization is what the login was checked against.
const OF_THE_LOGIN: [&str; 6] = ["acr", "amr", "auth_time", "org_id", "org_name", "sid"];

/// How and when the person authenticated. A renewal is no authentication, whatever its ID token says.
const OF_THE_AUTHENTICATION: [&str; 3] = ["acr", "amr", "auth_time"];

/// Further claims that belong to the protocol. Userinfo says who the person is, and none of these.
const OF_THE_PROTOCOL: [&str; 10] =
    ["client_id", "events", "gty", "iss", "permissions", "scope", "scp", "sub", "token_use", "typ"];

/// An e-mail address and what is said of it (OpenID Connect Core 1.0 section 5.1). One of them says nothing without the other.
const EMAIL: [&str; 2] = ["email", "email_verified"];

/// The claims that a session keeps: all that a route's rules may ask for.
#[derive(Clone)]
pub(super) struct KeptClaims {
    pub(super) claims: Claims,
    /// So many of them, the first, are from the ID token; the others are from userinfo.
    pub(super) from_id_token: usize,
    /// `sub`.
    pub(super) subject: Box<str>,
    /// `sid`.
    pub(super) provider_session: Option<Box<str>>,
}

impl KeptClaims {
    /// Those of the ID token of a login, and what `userinfo` has beside them.
    ///
    /// # Errors
    /// - [`SessionError::OtherSubject`]: `userinfo` is of somebody else;
    /// - [`SessionError::NoSubject`], [`SessionError::Claim`], [`SessionError::Claims`].
    pub(super) fn of_login(id_token: &Claims, userinfo: Option<&Claims>) -> Result<Self, SessionError> {
        let mut members = Members::default();
        members.add(id_token, |name| !is_of_the_token(name))?;
        let from_id_token = members.0.len();
        if let Some(userinfo) = userinfo {
            if userinfo.string("sub")? != id_token.string("sub")? {
                return Err(SessionError::OtherSubject);
            }
            members.add(userinfo, is_of_the_person)?;
        }
        Self::new(members.together()?, from_id_token)
    }

    /// These, with what a renewed ID token says in the place of what the last one said, and likewise with userinfo.
    ///
    /// What they do not say any more is gone, so that a role that was taken away is; but the login was what it was, and without one
    /// of them what it said last stays. That an address was verified does not stay for another one.
    ///
    /// # Errors
    /// As with a login.
    pub(super) fn renewed(&self, id_token: Option<&Claims>, userinfo: Option<&Claims>) -> Result<Self, SessionError> {
        let (mut members, last) = (Members::default(), self.of_the_id_token()?);
        match id_token {
            Some(id_token) => {
                members.add(id_token, |name| !is_of_the_token(name) && !OF_THE_AUTHENTICATION.contains(&name))?;
                members.add(&self.claims, |name| OF_THE_LOGIN.contains(&name))?;
            }
            None => members.add(&last, |_| true)?,
        }
        let from_id_token = members.0.len();
        match userinfo {
            Some(userinfo) if userinfo.string("sub")?.as_deref() != Some(&*self.subject) => {
                return Err(SessionError::OtherSubject);
            }
            Some(userinfo) => members.add(userinfo, is_of_the_person)?,
            None => members.add(&self.claims, |name| !last.contains(name))?,
        }
        let renewed = Self::new(members.together()?, from_id_token)?;
        if renewed.subject == self.subject { Ok(renewed) } else { Err(SessionError::OtherSubject) }
    }

    /// Those of the last ID token, and what the login was.
    pub(super) fn of_the_id_token(&self) -> Result<Claims, SessionError> {
        let mut members = Members::default();
        for name in self.claims.names().take(self.from_id_token) {
            members.0.extend(self.claims.get(name)?.map(|value| (name, value)));
        }
        Ok(members.together()?)
    }

    /// # Errors
    /// - [`SessionError::NoSubject`], [`SessionError::Claim`]: without `sub` and `sid` as texts a session cannot be ended by them.
    pub(super) fn new(claims: Claims, from_id_token: usize) -> Result<Self, SessionError> {
        let subject = claims.string("sub")?.ok_or(SessionError::NoSubject)?.into();
        let provider_session = claims.string("sid")?.map(Into::into);
        Ok(Self { subject, provider_session, claims, from_id_token })
    }
}

/// Whether `claim` of userinfo would complete the ID token's half of address and verification, while userinfo says another thing
/// than it about that half. Else an unverified address would count as verified because another one is.
pub(crate) fn is_of_another_email(claim: &str, userinfo: &Claims, id_token: &Claims) -> bool {
    is_parted(claim, userinfo, |other| value(id_token, other).or_else(|| value(userinfo, other)))
}

/// Whether `claim` is half of address and verification, and the other half that stands `beside` it has another value than where
/// `claim` comes from. That an address is not verified is no such claim: it speaks against every other one too.
fn is_parted(claim: &str, from: &Claims, beside: impl Fn(&str) -> Option<Value>) -> bool {
    let Some(place) = EMAIL.iter().position(|half| *half == claim) else { return false };
    let other = EMAIL[1 - place];
    let speaks_against = claim == "email_verified" && !vouches(value(from, claim).as_ref());
    !speaks_against && value(from, other) != beside(other)
}

/// Whether a value of `email_verified` vouches: `true`, or `"true"` as Cognito writes it.
fn vouches(verified: Option<&Value>) -> bool {
    verified.is_some_and(|verified| *verified == Value::Bool(true) || *verified == "true")
}

fn value(claims: &Claims, claim: &str) -> Option<Value> {
    claims.get(claim).ok().flatten()
}

/// Whether a session does not keep that claim of an ID token.
pub(crate) fn is_of_the_token(name: &str) -> bool {
    OF_THE_TOKEN.contains(&name)
}

/// Whether a claim says who somebody is, and nothing of a token, of what it grants, or of a login. What userinfo says otherwise is
/// not taken: sessions are found, ended and judged by it.
pub(crate) fn is_of_the_person(name: &str) -> bool {
    ![&OF_THE_TOKEN[..], &OF_THE_LOGIN, &OF_THE_PROTOCOL].into_iter().flatten().any(|other| *other == name)
}

/// Members of one object, from several. The first of a name stays, and an e-mail address with what was said of it.
#[derive(Default)]
struct Members<'a>(Vec<(&'a str, &'a RawValue)>);

impl<'a> Members<'a> {
    fn add(&mut self, claims: &'a Claims, wanted: impl Fn(&str) -> bool) -> Result<(), SessionError> {
        let there = self.0.len();
        for name in claims.names().filter(|name| wanted(name)) {
            if let Some(value) = claims.get(name)?
                && !self.0.iter().any(|(other, _)| *other == name)
            {
                self.0.push((name, value));
            }
        }
        let parted = EMAIL.map(|half| is_parted(half, claims, |other| self.value(other)).then_some(half));
        let mut added = self.0.split_off(there);
        added.retain(|(name, _)| !parted.contains(&Some(*name)));
        self.0.append(&mut added);
        Ok(())
    }

    fn value(&self, name: &str) -> Option<Value> {
        let (_, value) = self.0.iter().find(|(other, _)| *other == name)?;
        serde_json::from_str(value.get()).ok()
    }

    fn together(&self) -> Result<Claims, ClaimsError> {
        Claims::parse(serde_json::to_string(self).map_err(|_| ClaimsError::Json)?)
    }
}

impl Serialize for Members<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{JsonKind, MAX_CLAIMS};

    fn claims(json: &str) -> Claims {
        Claims::parse(json.to_owned()).unwrap()
    }

    fn login(id_token: &str, userinfo: Option<&str>) -> Result<KeptClaims, SessionError> {
        KeptClaims::of_login(&claims(id_token), userinfo.map(claims).as_ref())
    }

    #[test]
    fn all_is_kept_but_what_was_of_use_while_the_token_was_checked() {
        let kept = login(
            r#"{"iss":"https://id.example","sub":"u","aud":"c","azp":"c","exp":2,"iat":1,"nbf":1,"jti":"j","nonce":"n",
                "at_hash":"h","c_hash":"h","s_hash":"h","rat":1,"session_expiry":3,"auth_time":1,"sid":"s","amr":["mfa"],
                "acr":"a","tid":"t","hd":"h","org_id":"o","https://x.example/roles":["r"],"a\"b":{"c":[1.50]}}"#,
            None,
        );
        assert_eq!(
            kept.unwrap().claims.as_json(),
            concat!(
                r#"{"iss":"https://id.example","sub":"u","auth_time":1,"sid":"s","amr":["mfa"],"acr":"a","tid":"t","hd":"h","#,
                r#""org_id":"o","https://x.example/roles":["r"],"a\"b":{"c":[1.50]}}"#
            )
        );
    }

    #[test]
    fn userinfo_adds_what_the_id_token_does_not_say_and_overrides_nothing() {
        let kept = login(r#"{"sub":"u","email":"a@x"}"#, Some(r#"{"sub":"u","email":"b@x","name":"B"}"#)).unwrap();
        assert_eq!(kept.claims.as_json(), r#"{"sub":"u","email":"a@x","name":"B"}"#);
        assert_eq!(kept.from_id_token, 2);
    }

    #[test]
    fn userinfo_says_nothing_of_the_protocol_or_the_login() {
        let protocol = [&OF_THE_TOKEN[..], &OF_THE_LOGIN, &OF_THE_PROTOCOL].concat();
        let members: String =
            protocol.iter().filter(|name| **name != "sub").map(|name| format!("\"{name}\":1,")).collect();
        let kept = login(r#"{"sub":"u"}"#, Some(&format!(r#"{{{members}"sub":"u","name":"B"}}"#))).unwrap();
        assert_eq!(kept.claims.as_json(), r#"{"sub":"u","name":"B"}"#);
    }

    /// Class O of the traps: an unverified address counted as verified because another one was.
    #[test]
    fn an_address_and_its_verification_are_of_the_same_mailbox() {
        const BOTH: &str = r#","email":"e","email_verified":true"#;
        const REFUTED: &str = r#","email":"e","email_verified":false"#;
        for (id_token, userinfo, expected) in [
            ("", BOTH, BOTH),
            (r#","email":"e""#, BOTH, BOTH),
            (r#","email":"\u0065""#, BOTH, r#","email":"\u0065","email_verified":true"#),
            (r#","email":"other""#, BOTH, r#","email":"other""#),
            (r#","email":"e""#, r#","email_verified":true"#, r#","email":"e""#),
            (r#","email":"e""#, r#","email_verified":"\u0074rue""#, r#","email":"e""#),
            (r#","email":"e""#, r#","email_verified":false"#, REFUTED),
            (r#","email":"other""#, REFUTED, r#","email":"other","email_verified":false"#),
            (r#","email_verified":true"#, BOTH, r#","email_verified":true,"email":"e""#),
            (r#","email_verified":false"#, BOTH, r#","email_verified":false"#),
            (r#","email_verified":true"#, r#","email":"e""#, r#","email_verified":true"#),
        ] {
            let kept = login(&format!(r#"{{"sub":"u"{id_token}}}"#), Some(&format!(r#"{{"sub":"u"{userinfo}}}"#)));
            let kept = kept.unwrap().claims;
            assert_eq!(kept.as_json(), format!(r#"{{"sub":"u"{expected}}}"#), "{id_token:?} {userinfo:?}");
        }
    }

    /// Class O again: what userinfo said at the login was of the address of then.
    #[test]
    fn a_new_address_is_not_verified_because_the_old_one_was() {
        const BOTH: &str = r#","email":"a","email_verified":true"#;
        for (id_token, userinfo, new, expected) in [
            (r#","email":"a""#, BOTH, r#","email":"a""#, BOTH),
            (r#","email":"a""#, BOTH, r#","email":"b""#, r#","email":"b""#),
            (r#","email":"a""#, BOTH, r#","email":7"#, r#","email":7"#),
            (r#","email":"a""#, BOTH, "", ""),
            ("", BOTH, "", BOTH),
            ("", BOTH, r#","email":"b""#, r#","email":"b""#),
            ("", BOTH, r#","email_verified":false"#, r#","email_verified":false"#),
            (r#","email_verified":true"#, BOTH, "", ""),
            ("", r#","email_verified":true"#, r#","email":"b""#, r#","email":"b""#),
            (BOTH, BOTH, r#","email":"b""#, r#","email":"b""#),
            (
                r#","email":"a""#,
                r#","email":"a","email_verified":false"#,
                r#","email":"b""#,
                r#","email":"b","email_verified":false"#,
            ),
        ] {
            let before = login(&format!(r#"{{"sub":"u"{id_token}}}"#), Some(&format!(r#"{{"sub":"u"{userinfo}}}"#)));
            let renewed = before.unwrap().renewed(Some(&claims(&format!(r#"{{"sub":"u"{new}}}"#))), None).unwrap();
            let expected = format!(r#"{{"sub":"u"{expected}}}"#);
            assert_eq!(renewed.claims.as_json(), expected, "{id_token:?} {userinfo:?} {new:?}");
            let again = renewed.renewed(Some(&claims(r#"{"sub":"u","email":"c"}"#)), None).unwrap();
            assert_ne!(value(&again.claims, "email_verified"), Some(Value::Bool(true)), "{id_token:?} {userinfo:?}");
        }
    }

    /// OpenID Connect Core 1.0 section 5.3.2: the claims must not be used.
    #[test]
    fn userinfo_of_somebody_else_is_refused() {
        for other in [r#"{"sub":"v","name":"B"}"#, r#"{"name":"B"}"#] {
            assert!(matches!(login(r#"{"sub":"u"}"#, Some(other)), Err(SessionError::OtherSubject)), "{other}");
        }
        assert!(matches!(login(r#"{"sub":"u"}"#, Some(r#"{"sub":1}"#)), Err(SessionError::Claim(_))));
    }

    #[test]
    fn a_session_that_could_not_be_ended_by_name_is_not_kept() {
        assert!(matches!(login(r#"{"name":"B"}"#, None), Err(SessionError::NoSubject)));
        assert!(matches!(login(r#"{"name":"B"}"#, Some(r#"{"name":"B"}"#)), Err(SessionError::NoSubject)));
        for (json, claim) in [(r#"{"sub":1}"#, "sub"), (r#"{"sub":"u","sid":1}"#, "sid")] {
            match login(json, None) {
                Err(SessionError::Claim(error)) => assert_eq!((&*error.claim, error.found), (claim, JsonKind::Number)),
                other => panic!("{:?}", other.map(|kept| kept.claims)),
            }
        }
    }

    #[test]
    fn more_claims_than_one_object_may_hold_are_an_error() {
        let many = |prefix| (0..MAX_CLAIMS - 1).map(|n| format!(",\"{prefix}{n}\":1")).collect::<String>();
        let (id_token, userinfo) = (format!(r#"{{"sub":"u"{}}}"#, many("a")), format!(r#"{{"sub":"u"{}}}"#, many("b")));
        assert!(login(&id_token, None).is_ok());
        assert!(matches!(login(&id_token, Some(&userinfo)), Err(SessionError::Claims(ClaimsError::TooMany))));
    }

    #[test]
    fn a_renewed_id_token_speaks_for_itself_and_the_login_stays_what_it_was() {
        let before = login(
            r#"{"sub":"u","sid":"s","auth_time":1,"amr":["mfa"],"acr":"gold","roles":["admin"],"name":"A"}"#,
            Some(r#"{"sub":"u","email":"a@x","phone":"1"}"#),
        );
        let renewed = before
            .unwrap()
            .renewed(Some(&claims(r#"{"sub":"u","aud":"c","name":"B","acr":"tin","email":"b@x"}"#)), None)
            .unwrap();
        assert_eq!(
            renewed.claims.as_json(),
            r#"{"sub":"u","name":"B","email":"b@x","sid":"s","auth_time":1,"amr":["mfa"],"acr":"gold","phone":"1"}"#
        );
        assert_eq!((renewed.from_id_token, renewed.provider_session.as_deref()), (7, Some("s")));
        let again = renewed.renewed(Some(&claims(r#"{"sub":"u"}"#)), None).unwrap();
        assert_eq!(
            again.claims.as_json(),
            r#"{"sub":"u","sid":"s","auth_time":1,"amr":["mfa"],"acr":"gold","phone":"1"}"#
        );
    }

    /// OpenID Connect Core 1.0 section 12.2: `auth_time` is that of the original authentication. A provider that puts the time of
    /// the renewal there would satisfy every `max_age` for ever, and one that puts the strongest class there every `acr`.
    #[test]
    fn a_renewal_is_no_authentication() {
        for (before, new, expected) in [
            (r#","auth_time":1"#, r#","auth_time":9"#, r#","auth_time":1"#),
            (r#","auth_time":1"#, "", r#","auth_time":1"#),
            ("", r#","auth_time":9"#, ""),
            (r#","acr":"tin","amr":["pwd"]"#, r#","acr":"gold","amr":["mfa"]"#, r#","acr":"tin","amr":["pwd"]"#),
            (r#","acr":"gold","amr":["mfa"]"#, r#","acr":"tin","amr":["pwd"]"#, r#","acr":"gold","amr":["mfa"]"#),
            ("", r#","acr":"gold","amr":["mfa"]"#, ""),
        ] {
            let before = login(&format!(r#"{{"sub":"u"{before}}}"#), None).unwrap();
            let renewed = before.renewed(Some(&claims(&format!(r#"{{"sub":"u"{new}}}"#))), None).unwrap();
            assert_eq!(renewed.claims.as_json(), format!(r#"{{"sub":"u"{expected}}}"#), "{new:?}");
        }
    }

    /// Auth0 Organizations: else the renewal after one that names none could be of any.
    #[test]
    fn the_organization_of_the_login_stays_when_a_renewal_names_none() {
        let before = login(r#"{"sub":"u","org_id":"org_1","org_name":"acme"}"#, None).unwrap();
        let renewed = before
            .renewed(Some(&claims(r#"{"sub":"u"}"#)), None)
            .unwrap()
            .renewed(Some(&claims(r#"{"sub":"u"}"#)), None)
            .unwrap();
        assert_eq!(renewed.claims.as_json(), before.claims.as_json());
    }

    /// OpenID Connect Core 1.0 section 12.2.
    #[test]
    fn a_renewed_id_token_of_somebody_else_is_refused() {
        let before = login(r#"{"sub":"u"}"#, None).unwrap();
        assert!(matches!(before.renewed(Some(&claims(r#"{"sub":"v"}"#)), None), Err(SessionError::OtherSubject)));
        assert!(matches!(before.renewed(Some(&claims("{}")), None), Err(SessionError::NoSubject)));
    }

    #[test]
    fn userinfo_of_a_renewal_takes_the_place_of_what_it_said_before() {
        const BOTH: &str = r#","email":"a","email_verified":true"#;
        let before = login(
            r#"{"sub":"u","sid":"s","amr":["mfa"],"name":"A"}"#,
            Some(r#"{"sub":"u","email":"a","email_verified":true,"roles":["admin"],"phone":"1"}"#),
        )
        .unwrap();
        for (id_token, userinfo, expected) in [
            (None, None, format!(r#","sid":"s","amr":["mfa"],"name":"A"{BOTH},"roles":["admin"],"phone":"1""#)),
            (
                None,
                Some(r#","roles":["guest"]"#),
                r#","sid":"s","amr":["mfa"],"name":"A","roles":["guest"]"#.to_owned(),
            ),
            (None, Some(""), r#","sid":"s","amr":["mfa"],"name":"A""#.to_owned()),
            (
                Some(r#","name":"B""#),
                Some(r#","email":"b""#),
                r#","name":"B","sid":"s","amr":["mfa"],"email":"b""#.to_owned(),
            ),
            (
                Some(""),
                Some(r#","name":"C","amr":["otp"],"sid":"t""#),
                r#","sid":"s","amr":["mfa"],"name":"C""#.to_owned(),
            ),
            (Some(r#","email":"b""#), Some(BOTH), r#","email":"b","sid":"s","amr":["mfa"]"#.to_owned()),
        ] {
            let claims = |members: Option<&str>| members.map(|members| claims(&format!(r#"{{"sub":"u"{members}}}"#)));
            let renewed = before.renewed(claims(id_token).as_ref(), claims(userinfo).as_ref()).unwrap();
            assert_eq!(renewed.claims.as_json(), format!(r#"{{"sub":"u"{expected}}}"#), "{id_token:?} {userinfo:?}");
            let gone = renewed.renewed(None, claims(Some("")).as_ref()).unwrap();
            assert_eq!(
                gone.claims.as_json(),
                renewed.of_the_id_token().unwrap().as_json(),
                "{id_token:?} {userinfo:?}"
            );
        }
    }

    /// The verification came from userinfo, the address from the ID token, which a renewal without one leaves.
    #[test]
    fn an_address_stays_though_userinfo_no_longer_says_that_it_is_verified() {
        let before =
            login(r#"{"sub":"u","email":"a"}"#, Some(r#"{"sub":"u","email":"a","email_verified":true}"#)).unwrap();
        let renewed = before.renewed(None, Some(&claims(r#"{"sub":"u"}"#))).unwrap();
        assert_eq!(renewed.claims.as_json(), r#"{"sub":"u","email":"a"}"#);
    }

    #[test]
    fn userinfo_of_a_renewal_is_of_the_same_person() {
        let before = login(r#"{"sub":"u"}"#, None).unwrap();
        for other in [r#"{"sub":"v"}"#, "{}"] {
            let renewed = before.renewed(None, Some(&claims(other)));
            assert!(matches!(renewed, Err(SessionError::OtherSubject)), "{other}");
        }
    }
}
