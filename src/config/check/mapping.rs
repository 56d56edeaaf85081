//! `jwtPrincipalClaimsMapping`: which claim gives which field of the principal.

use std::collections::BTreeSet;

use super::{
    super::fields::authentication,
    report::{Report, items},
};

/// The mapping, by field.
#[derive(Debug, Default)]
pub(super) struct Mapping {
    pub(super) username: Option<String>,
    pub(super) email: Option<String>,
    pub(super) display_name: Option<String>,
    /// (attribute, claim), in the order of the setting.
    pub(super) attributes: Vec<(String, String)>,
}

impl Mapping {
    /// Reads entries `field:claim`. They are split at the first colon: a claim's name may be a URL.
    pub(super) fn read(list: &[String], report: &mut Report<'_>) -> Self {
        let mut mapping = Self::default();
        let mut fields = BTreeSet::new();
        for (at, entry) in items(list) {
            let path = authentication(&format!("jwtPrincipalClaimsMapping[{at}]"));
            let (field, claim) = entry.split_once(':').unwrap_or((entry, ""));
            let (field, claim) = (field.trim(), claim.trim());
            if field.is_empty() || claim.is_empty() {
                report.problem(path, "is not a field and a claim", "write FIELD:CLAIM, such as username:nickname");
                continue;
            }
            let field = if field == "name" { "displayName" } else { field };
            if !fields.insert(field) {
                report.problem(path, "maps a field that is mapped already", "leave one of the entries");
                continue;
            }
            mapping.set(field, claim.to_owned());
        }
        mapping
    }

    fn set(&mut self, field: &str, claim: String) {
        match field {
            "username" => self.username = Some(claim),
            "email" => self.email = Some(claim),
            "displayName" => self.display_name = Some(claim),
            attribute => self.attributes.push((attribute.to_owned(), claim)),
        }
    }
}
