//! How strong a login is.

use std::borrow::Cow;

use crate::types::Claims;

/// How strong a login must be for a rule to be met: of which class (`acr`), by which methods (`amr`), and how a provider is asked
/// for one (`acr_values`, OpenID Connect Core 1.0 section 3.1.2.1, RFC 9470 section 3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Strength {
    /// Of one of these. Empty: of any.
    acr: Vec<Box<str>>,
    /// By all of these.
    amr: Vec<Box<str>>,
    /// The values that ask for the methods.
    asked_by: Vec<Box<str>>,
}

impl Strength {
    /// Of one of the classes `acr`, by all of the methods `amr`, which the values `asked_by` ask for.
    pub(crate) fn new(acr: Vec<Box<str>>, amr: Vec<Box<str>>, asked_by: Vec<Box<str>>) -> Self {
        let mut new = Self { acr, amr, asked_by };
        [&mut new.acr, &mut new.amr, &mut new.asked_by].into_iter().for_each(keep_one_of_each);
        new
    }

    /// What it was [made](Self::new) of.
    #[cfg(any(test, feature = "login"))]
    pub(crate) fn parts(&self) -> [&[Box<str>]; 3] {
        [&self.acr, &self.amr, &self.asked_by]
    }

    /// A login of one of these classes.
    pub(super) fn of_class(classes: &[Box<str>]) -> Self {
        Self::new(classes.to_vec(), Vec::new(), Vec::new())
    }

    /// A login by that method, which these values ask for.
    pub(super) fn by_method(method: &str, asked_by: &[Box<str>]) -> Self {
        Self::new(Vec::new(), vec![method.into()], asked_by.to_vec())
    }

    /// Whether a provider can be asked for it.
    pub(super) fn can_be_asked(&self) -> bool {
        self.acr.iter().chain(&self.asked_by).any(is_word)
    }

    /// A login of both strengths. `None`: there is none, since it is of one class.
    pub(super) fn and(mut self, other: Self) -> Option<Self> {
        match (self.acr.is_empty(), other.acr.is_empty()) {
            (_, true) => {}
            (true, false) => self.acr = other.acr,
            (false, false) => {
                self.acr.retain(|class| other.acr.contains(class));
                if self.acr.is_empty() {
                    return None;
                }
            }
        }
        self.amr.extend(other.amr);
        self.asked_by.extend(other.asked_by);
        Some(Self::new(self.acr, self.amr, self.asked_by))
    }

    /// What to ask the provider for: `acr_values`, the values in their order with a space between them. Empty for what no provider can
    /// be asked for.
    #[must_use]
    pub fn acr_values(&self) -> String {
        let mut values: Vec<&str> = Vec::new();
        for value in self.acr.iter().chain(&self.asked_by).filter(|value| is_word(value)) {
            if !values.contains(&&**value) {
                values.push(value);
            }
        }
        values.join(" ")
    }

    /// Whether a login of these claims is so strong.
    #[must_use]
    pub fn is_of(&self, login: &Claims) -> bool {
        let is_of_class =
            self.acr.is_empty() || acr(login).is_some_and(|own| self.acr.iter().any(|class| **class == *own));
        is_of_class && self.amr.iter().all(|method| amr(login).any(|own| *own == **method))
    }
}

/// Drops what stands in the list already. It keeps the order.
fn keep_one_of_each(values: &mut Vec<Box<str>>) {
    let mut kept: Vec<Box<str>> = Vec::with_capacity(values.len());
    for value in values.drain(..) {
        if !kept.contains(&value) {
            kept.push(value);
        }
    }
    *values = kept;
}

/// Whether a value can stand in a list with spaces between them.
fn is_word(value: impl AsRef<str>) -> bool {
    let value = value.as_ref();
    !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The class of a login. One of another type is none.
pub(super) fn acr(login: &Claims) -> Option<Cow<'_, str>> {
    login.string("acr").ok().flatten()
}

/// The methods of a login. Those of another type are none.
pub(super) fn amr(login: &Claims) -> impl Iterator<Item = Cow<'_, str>> {
    login.strings("amr").ok().flatten().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Vec<Box<str>> {
        words.iter().copied().map(Into::into).collect()
    }

    fn class(classes: &[&str]) -> Strength {
        Strength::of_class(&words(classes))
    }

    fn method(method: &str, asked_by: &[&str]) -> Strength {
        Strength::by_method(method, &words(asked_by))
    }

    #[test]
    fn a_login_is_of_one_of_the_classes_and_by_all_of_the_methods() {
        let claims = |json: &str| Claims::parse(json.to_owned()).unwrap();
        let both = class(&["gold", "silver"]).and(method("mfa", &["m"])).unwrap().and(method("hwk", &["h"])).unwrap();
        for (login, is_of) in [
            (r#"{"acr":"gold","amr":["pwd","mfa","hwk"]}"#, true),
            (r#"{"acr":"silver","amr":["hwk","mfa"]}"#, true),
            (r#"{"acr":"tin","amr":["hwk","mfa"]}"#, false),
            (r#"{"acr":"Gold","amr":["hwk","mfa"]}"#, false),
            (r#"{"acr":["gold"],"amr":["hwk","mfa"]}"#, false),
            (r#"{"acr":"gold","amr":["mfa"]}"#, false),
            (r#"{"acr":"gold","amr":["mfa",{"hwk":1}]}"#, false),
            (r#"{"acr":"gold"}"#, false),
            (r#"{"amr":["hwk","mfa"]}"#, false),
            ("{}", false),
        ] {
            assert_eq!(both.is_of(&claims(login)), is_of, "{login}");
        }
        assert!(method("mfa", &["m"]).is_of(&claims(r#"{"amr":"mfa"}"#)));
    }

    #[test]
    fn a_provider_is_asked_for_each_value_once_and_in_order() {
        let both = class(&["gold", "m"]).and(method("mfa", &["m", "n"])).unwrap();
        assert_eq!(both.acr_values(), "gold m n");
        assert_eq!(class(&["a b", "", "gold", "or\u{e9}"]).acr_values(), "gold");
        assert!(both.can_be_asked() && class(&["a b", "gold"]).can_be_asked());
        for nothing in [class(&["a b", ""]), class(&[]), method("mfa", &[])] {
            assert_eq!((nothing.acr_values().as_str(), nothing.can_be_asked()), ("", false));
        }
    }

    #[test]
    fn what_two_rules_ask_for_alike_is_kept_once() {
        let one = || class(&["gold", "gold"]).and(method("mfa", &["m", "m"])).unwrap();
        let both = one().and(one()).unwrap().and(method("hwk", &["m"])).unwrap();
        assert_eq!(both.parts(), [&words(&["gold"])[..], &words(&["mfa", "hwk"]), &words(&["m"])]);
    }

    #[test]
    fn a_login_has_one_class() {
        let (wide, narrow) = (|| class(&["gold", "silver"]), || class(&["silver", "tin"]));
        assert_eq!(wide().and(narrow()).unwrap().acr_values(), "silver");
        assert_eq!(class(&["gold"]).and(narrow()), None);
    }
}
