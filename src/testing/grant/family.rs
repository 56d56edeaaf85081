//! All that came of one login: it lives and dies together.

use crate::testing::random;

use super::Granted;

/// Every family there was.
#[derive(Default)]
pub(super) struct Families(Vec<Family>);

/// Which one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FamilyId(usize);

/// The tokens of one login.
struct Family {
    granted: Granted,
    /// The refresh token that may be used.
    current: Option<String>,
    used_up: Vec<String>,
    /// `jti` of the access tokens.
    access_token_ids: Vec<String>,
    is_revoked: bool,
}

impl Families {
    /// What came of nothing yet.
    pub(super) fn begin(&mut self, granted: Granted) -> FamilyId {
        let family =
            Family { granted, current: None, used_up: Vec::new(), access_token_ids: Vec::new(), is_revoked: false };
        self.0.push(family);
        FamilyId(self.0.len() - 1)
    }

    /// What was granted.
    pub(super) fn granted(&self, family: FamilyId) -> &Granted {
        &self.0[family.0].granted
    }

    /// A new refresh token, in place of the one before.
    pub(super) fn new_refresh_token(&mut self, family: FamilyId) -> String {
        let family = &mut self.0[family.0];
        let token = random::identifier();
        let before = family.current.replace(token.clone());
        family.used_up.extend(before);
        token
    }

    /// `jti` for a new access token.
    pub(super) fn new_access_token_id(&mut self, family: FamilyId) -> String {
        let id = random::identifier();
        self.0[family.0].access_token_ids.push(id.clone());
        id
    }

    /// The family of a refresh token that may be used. One that was used up revokes its whole family.
    pub(super) fn use_refresh_token(&mut self, token: &str) -> Option<FamilyId> {
        let id = self.find(token)?;
        let family = &mut self.0[id.0];
        family.is_revoked |= family.current.as_deref() != Some(token);
        (!family.is_revoked).then_some(id)
    }

    /// The family of any refresh token that there ever was.
    pub(super) fn find(&self, token: &str) -> Option<FamilyId> {
        let has = |family: &Family| family.current.iter().chain(&family.used_up).any(|own| own == token);
        self.0.iter().position(has).map(FamilyId)
    }

    pub(super) fn revoke(&mut self, family: FamilyId) {
        self.0[family.0].is_revoked = true;
    }

    pub(super) fn revoke_all_of(&mut self, subject: &str) {
        let meant = self.0.iter_mut().filter(|family| family.granted.subject == subject);
        meant.for_each(|family| family.is_revoked = true);
    }

    pub(super) fn is_revoked(&self, access_token_id: &str) -> bool {
        let mut revoked = self.0.iter().filter(|family| family.is_revoked);
        revoked.any(|family| family.access_token_ids.iter().any(|id| id == access_token_id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn granted() -> Granted {
        Granted {
            subject: "jane".to_owned(),
            session_id: "s".to_owned(),
            auth_time: 1,
            scope: "openid".to_owned(),
            nonce: None,
            audience: None,
        }
    }

    #[test]
    fn a_token_that_was_used_up_revokes_the_whole_family_and_no_other() {
        let mut families = Families::default();
        let (one, other) = (families.begin(granted()), families.begin(granted()));
        let (first, foreign) = (families.new_refresh_token(one), families.new_refresh_token(other));
        let access = families.new_access_token_id(one);
        let second = families.new_refresh_token(one);
        assert_eq!(families.use_refresh_token(&second), Some(one));
        assert_eq!(families.use_refresh_token(&first), None);
        assert_eq!(families.use_refresh_token(&second), None);
        assert_eq!(families.use_refresh_token(&foreign), Some(other));
        assert!(families.is_revoked(&access));
    }

    #[test]
    fn grants_are_revoked_by_subject() {
        let mut families = Families::default();
        let family = families.begin(granted());
        let token = families.new_refresh_token(family);
        families.revoke_all_of("bob");
        assert_eq!(families.use_refresh_token(&token), Some(family));
        families.revoke_all_of("jane");
        assert_eq!(families.use_refresh_token(&token), None);
    }
}
