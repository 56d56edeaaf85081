//! Domains and e-mail addresses, parsed once and compared whole.

use std::fmt;

/// A domain name as IDNA A-labels in lower case (RFC 5890 section 2.3.2.1): the one form in which domains are compared.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Domain(Box<str>);

/// Why a text is not a domain or an e-mail address. It holds nothing of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// Not exactly one `@` where one is wanted.
    #[error("does not hold exactly one @")]
    CommercialAt,
    /// A look-alike of `@` (U+FF20 or U+FE6B).
    #[error("holds a look-alike of @ (U+FF20 or U+FE6B)")]
    LookAlike,
    /// White space, a control character or an invisible one.
    #[error("holds white space, a control character or an invisible one")]
    WhiteSpace,
    /// The part before `@` is empty.
    #[error("has nothing before the @")]
    LocalPart,
    /// Not a domain name by IDNA (UTS 46) and the lengths of DNS.
    #[error("is not a domain name")]
    Domain,
}

impl Domain {
    /// Reads a domain name: `company.com`, `bücher.example`.
    ///
    /// # Errors
    /// [`NameError::Domain`] for anything that is not a DNS name, an address literal and a trailing dot included.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let ascii =
            idna::domain_to_ascii_cow(text.as_bytes(), idna::AsciiDenyList::STD3).map_err(|_| NameError::Domain)?;
        let is_label =
            |label: &[u8]| (1..=63).contains(&label.len()) && !label.starts_with(b"-") && !label.ends_with(b"-");
        let mut labels = ascii.as_bytes().split(|byte| *byte == b'.');
        let is_address = labels.clone().next_back().is_some_and(|last| last.iter().all(u8::is_ascii_digit));
        if ascii.len() > 253 || is_address || !labels.all(is_label) {
            return Err(NameError::Domain);
        }
        Ok(Self(ascii.into()))
    }

    /// The name in A-labels.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An e-mail address with its domain parsed: exactly one `@`, no look-alike of it, no white space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailAddress {
    text: Box<str>,
    at: usize,
    domain: Domain,
}

impl EmailAddress {
    /// Reads an address. The text is kept as it came.
    ///
    /// # Errors
    /// A [`NameError`] that names what is wrong with its form.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        plain_name(text)?;
        let (local, domain) = text.split_once('@').ok_or(NameError::CommercialAt)?;
        if local.is_empty() {
            return Err(NameError::LocalPart);
        }
        Ok(Self { text: text.into(), at: local.len(), domain: Domain::parse(domain)? })
    }

    /// The address as it came.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What stands before the `@`.
    #[must_use]
    pub fn local(&self) -> &str {
        &self.text[..self.at]
    }

    /// What stands after the `@`.
    #[must_use]
    pub fn domain(&self) -> &Domain {
        &self.domain
    }

    /// Whether two addresses name the same mailbox: local part without case, domain as A-labels.
    #[must_use]
    pub fn same_mailbox(&self, other: &Self) -> bool {
        self.domain == other.domain && same_without_case(self.local(), other.local())
    }
}

/// Whether two names are the same but for case.
///
/// An ASCII letter has no case outside of ASCII: U+212A, the Kelvin sign, is not a `k`, though Unicode has it so. Whoever
/// may choose a name could take an administrator's otherwise.
pub(crate) fn same_without_case(left: &str, right: &str) -> bool {
    let (mut left, mut right) = (left.chars(), right.chars());
    loop {
        match (left.next(), right.next()) {
            (None, None) => return true,
            (Some(left), Some(right)) if same_letter(left, right) => {}
            _ => return false,
        }
    }
}

fn same_letter(left: char, right: char) -> bool {
    left.eq_ignore_ascii_case(&right)
        || (!left.is_ascii() && !right.is_ascii() && left.to_lowercase().eq(right.to_lowercase()))
}

/// Refuses a name with more than one `@`, a look-alike of it, white space or control characters.
pub(crate) fn plain_name(text: &str) -> Result<(), NameError> {
    let is_visible_ascii = text.bytes().all(|byte| byte.is_ascii_graphic());
    if !is_visible_ascii && text.contains(['\u{ff20}', '\u{fe6b}']) {
        return Err(NameError::LookAlike);
    }
    if !is_visible_ascii && text.chars().any(|char| char.is_whitespace() || char.is_control() || is_invisible(char)) {
        return Err(NameError::WhiteSpace);
    }
    if text.bytes().filter(|byte| *byte == b'@').count() > 1 {
        return Err(NameError::CommercialAt);
    }
    Ok(())
}

/// Characters that are not seen, or that turn the direction of what is, or end its line: two texts with them look the same and are not.
pub(crate) fn is_invisible(char: char) -> bool {
    matches!(char, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_is_compared_as_lower_case_a_labels() {
        assert_eq!(Domain::parse("Company.COM"), Domain::parse("company.com"));
        assert_eq!(Domain::parse("BÜCHER.example").unwrap().as_str(), "xn--bcher-kva.example");
        for text in [
            "",
            ".",
            "a..b",
            "company.com.",
            "-a.com",
            "a b.com",
            "a_b.com",
            "[::1]",
            "a/b",
            "@a.com",
            "a-.com",
            "127.0.0.1",
        ] {
            assert_eq!(Domain::parse(text), Err(NameError::Domain), "{text}");
        }
    }

    #[test]
    fn an_address_has_exactly_one_commercial_at() {
        let address = EmailAddress::parse("Jane.Doe@Company.com").unwrap();
        assert_eq!((address.local(), address.domain().as_str()), ("Jane.Doe", "company.com"));
        for (text, error) in [
            ("jane", NameError::CommercialAt),
            ("jane@evil.com@company.com", NameError::CommercialAt),
            ("jane\u{ff20}company.com", NameError::LookAlike),
            ("jane\u{fe6b}x@company.com", NameError::LookAlike),
            ("jane @company.com", NameError::WhiteSpace),
            ("jane\u{0}@company.com", NameError::WhiteSpace),
            ("jane\u{200b}@company.com", NameError::WhiteSpace),
            ("jane@company\u{ad}.com", NameError::WhiteSpace),
            ("@company.com", NameError::LocalPart),
            ("jane@", NameError::Domain),
        ] {
            assert_eq!(EmailAddress::parse(text), Err(error), "{text:?}");
        }
    }

    #[test]
    fn a_mailbox_is_compared_without_case() {
        let same = |a, b| EmailAddress::parse(a).unwrap().same_mailbox(&EmailAddress::parse(b).unwrap());
        assert!(same("Jane@Company.com", "jane@company.COM"));
        assert!(!same("jane@company.com", "jane@company.com.evil.com"));
        assert!(!same("\u{212a}im@company.com", "kim@company.com"));
    }

    #[test]
    fn names_are_the_same_but_for_case() {
        for (left, right, same) in [
            ("Jane", "jANE", true),
            ("JÜRGEN", "jürgen", true),
            ("", "", true),
            ("jane", "jane2", false),
            ("jürgen", "jurgen", false),
            ("", "j", false),
        ] {
            assert_eq!(same_without_case(left, right), same, "{left} {right}");
            assert_eq!(same_without_case(right, left), same, "{right} {left}");
        }
    }

    #[test]
    fn no_letter_outside_of_ascii_stands_for_one_inside() {
        for (left, right) in [("\u{212a}ate", "kate"), ("\u{17f}am", "sam"), ("\u{130}da", "ida"), ("\u{131}da", "ida")]
        {
            assert!(!same_without_case(left, right) && !same_without_case(right, left), "{left} {right}");
        }
    }
}
