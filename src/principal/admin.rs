//! Who is an administrator: `adminPrincipals` and `adminEmails`.

use crate::{
    config::{AdminPrincipal, PrincipalSettings},
    types::{EmailAddress, same_without_case},
};

use super::{email::Email, name::Name};

/// Whether one of the lists names the principal. Everything is compared without case.
///
/// 1. An entry with `@` is the verified e-mail address, or the full name.
/// 2. An entry without `@` is the local part of a name of `principalDomain`, or a name without a domain.
/// 3. An e-mail entry is the verified e-mail address.
/// 4. A name counts only if the provider vouches for it: one taken from the e-mail claim must be verified, and silence is
///    not enough. Whoever may type any address into a profile would be an administrator otherwise.
pub(super) fn is_admin(name: &Name, email: Option<&Email>, settings: &PrincipalSettings) -> bool {
    let email = email.filter(|email| email.is_verified()).map(|email| &email.address);
    let name = Some(name).filter(|name| name.is_verified());
    let is = |address: Option<&EmailAddress>, entry| address.is_some_and(|address| address.same_mailbox(entry));
    settings.admin_emails.iter().any(|entry| is(email, entry))
        || settings.admins.iter().any(|entry| match entry {
            AdminPrincipal::Address(entry) => is(email, entry) || is(name.and_then(Name::address), entry),
            AdminPrincipal::Name(entry) => name.is_some_and(|name| is_own_user(name, entry, settings)),
        })
}

fn is_own_user(name: &Name, local: &str, settings: &PrincipalSettings) -> bool {
    let own = name.domain().is_none_or(|domain| Some(domain) == settings.domain.as_ref());
    own && same_without_case(name.local(), local)
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{admins, domain, made, settings, strings};
    use super::*;

    fn is_admin(json: &str, settings: &PrincipalSettings) -> bool {
        made(json, settings).unwrap().is_admin()
    }

    #[test]
    fn an_entry_with_a_domain_is_the_verified_address_or_a_name_from_another_claim() {
        let settings = PrincipalSettings { admins: admins(["Jane@Company.com"]), ..settings() };
        for (others, admin) in [
            (r#""email":"jane@COMPANY.com","email_verified":true"#, true),
            (r#""email":"JANE@company.com","email_verified":"true""#, true),
            (r#""email":"jane@company.com""#, false),
            (r#""email":"jane@company.com","email_verified":false"#, false),
            (r#""email":"jane@company.com","email_verified":1"#, false),
            (r#""preferred_username":"jane@company.com""#, true),
            (r#""preferred_username":"jane@company.com.evil.com""#, false),
            (r#""preferred_username":"jane@evilcompany.com""#, false),
            (r#""preferred_username":"jane""#, false),
            (r#""email":"eve@evil.com","email_verified":true,"preferred_username":"jane@company.com""#, false),
        ] {
            assert_eq!(is_admin(&format!(r#"{{"sub":"s",{others}}}"#), &settings), admin, "{others}");
        }
    }

    #[test]
    fn a_name_from_another_claim_counts_beside_a_silent_address_but_not_beside_a_refuted_one() {
        let settings =
            PrincipalSettings { claims: strings(["upn"]), admins: admins(["jane@company.com"]), ..settings() };
        for (others, admin) in [
            (r#""email":"jane@company.com""#, true),
            (r#""email":"other@company.com","email_verified":false"#, true),
            (r#""email":"jane@company.com","email_verified":false"#, false),
        ] {
            assert_eq!(
                is_admin(&format!(r#"{{"sub":"s","upn":"jane@company.com",{others}}}"#), &settings),
                admin,
                "{others}"
            );
        }
    }

    #[test]
    fn an_entry_without_a_domain_is_a_user_of_the_principal_domain() {
        let listed = PrincipalSettings { admins: admins(["Admin"]), ..settings() };
        let with_domain = PrincipalSettings { domain: Some(domain("company.com")), ..listed.clone() };
        for (others, in_domain, without_domain) in [
            (r#""preferred_username":"ADMIN""#, true, true),
            (r#""preferred_username":"admin@company.com""#, true, false),
            (r#""preferred_username":"admin@Company.COM""#, true, false),
            (r#""preferred_username":"admin@elsewhere.com""#, false, false),
            (r#""preferred_username":"admin2""#, false, false),
            (r#""email":"admin@company.com","email_verified":true"#, true, false),
            (r#""email":"admin","email_verified":true"#, true, true),
            (r#""email":"admin""#, false, false),
            (r#""email":"admin@elsewhere.com","email_verified":true"#, false, false),
        ] {
            let json = format!(r#"{{"sub":"s",{others}}}"#);
            assert_eq!(is_admin(&json, &with_domain), in_domain, "{others}");
            assert_eq!(is_admin(&json, &listed), without_domain, "{others}");
        }
    }

    // Entra lets the tenant's own administrator write any address into `email`, and sends no `email_verified`.
    #[test]
    fn no_admin_right_rests_on_an_unverified_address() {
        let settings = PrincipalSettings {
            domain: Some(domain("company.com")),
            admins: admins(["admin", "admin@company.com"]),
            admin_emails: vec![EmailAddress::parse("admin@company.com").unwrap()],
            ..settings()
        };
        for others in ["", r#","email_verified":false"#, r#","email_verified":"no""#, r#","email_verified":null"#] {
            for email in ["admin@company.com", "admin"] {
                assert!(
                    !is_admin(&format!(r#"{{"sub":"s","email":"{email}"{others}}}"#), &settings),
                    "{email} {others}"
                );
            }
        }
        assert!(is_admin(r#"{"sub":"s","email":"admin@company.com","email_verified":true}"#, &settings));
    }

    #[test]
    fn an_admin_email_is_never_a_mere_name() {
        let admin_emails = vec![EmailAddress::parse("jane@company.com").unwrap()];
        let settings = PrincipalSettings { admin_emails, ..settings() };
        for (others, admin) in [
            (r#""email":"Jane@company.com","email_verified":true"#, true),
            (r#""email":"jane@company.com""#, false),
            (r#""preferred_username":"jane@company.com""#, false),
        ] {
            assert_eq!(is_admin(&format!(r#"{{"sub":"s",{others}}}"#), &settings), admin, "{others}");
        }
    }

    #[test]
    fn a_letter_that_only_looks_like_one_of_the_entry_makes_no_administrator() {
        let settings = PrincipalSettings { admins: admins(["kate", "kate@company.com"]), ..settings() };
        for name in ["\u{212a}ate", "\u{212a}ate@company.com", "k\u{430}te"] {
            assert!(!is_admin(&format!(r#"{{"sub":"s","preferred_username":"{name}"}}"#), &settings), "{name}");
        }
    }

    #[test]
    fn who_leaves_the_list_is_no_administrator_any_more() {
        const JANE: &str = r#"{"sub":"s","email":"jane@company.com","email_verified":true}"#;
        let mut settings = PrincipalSettings { admins: admins(["jane@company.com"]), ..settings() };
        assert!(is_admin(JANE, &settings));
        settings.admins.clear();
        assert!(!is_admin(JANE, &settings));
    }

    #[test]
    fn a_bot_is_an_administrator_only_where_it_is_listed() {
        const BOT: &str = r#"{"sub":"C@clients","azp":"C"}"#;
        let bots = PrincipalSettings { bots: strings(["C"]), ..settings() };
        for (entries, admin) in [(admins([]), false), (admins(["C"]), false), (admins(["c@clients"]), true)] {
            let settings = PrincipalSettings { admins: entries, ..bots.clone() };
            assert_eq!(is_admin(BOT, &settings), admin, "{:?}", settings.admins);
        }
        let plain = PrincipalSettings { admins: admins(["C"]), domain: Some(domain("company.com")), ..bots };
        assert!(is_admin(r#"{"sub":"C","client_id":"C"}"#, &plain));
    }
}
