//! What a browser needs to know of a page: its tags. A reader for well-formed pages, not a parser of HTML.

use std::collections::BTreeMap;

/// A start tag, with its attributes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tag {
    /// In lower case.
    pub(super) name: String,
    attributes: BTreeMap<String, String>,
}

/// A form, and what it sends when it is submitted as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Form {
    pub(super) method: String,
    pub(super) action: String,
    pub(super) fields: Vec<(String, String)>,
    /// Names and values of its buttons.
    pub(super) buttons: Vec<(String, String)>,
}

impl Tag {
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }

    fn pair(&self) -> Option<(String, String)> {
        Some((self.attribute("name")?.to_owned(), self.attribute("value").unwrap_or_default().to_owned()))
    }
}

/// The start tags of a page, in order.
pub(super) fn tags(page: &str) -> Vec<Tag> {
    page.split('<').skip(1).filter_map(tag).collect()
}

/// The forms of a page, in order. A control is of the form before it.
pub(super) fn forms(tags: &[Tag]) -> Vec<Form> {
    let mut forms: Vec<Form> = Vec::new();
    for tag in tags {
        match (tag.name.as_str(), forms.last_mut()) {
            ("form", _) => forms.push(Form {
                method: tag.attribute("method").unwrap_or("get").to_ascii_uppercase(),
                action: tag.attribute("action").unwrap_or_default().to_owned(),
                fields: Vec::new(),
                buttons: Vec::new(),
            }),
            ("button", Some(form)) => form.buttons.extend(tag.pair()),
            ("input" | "textarea", Some(form)) => form.fields.extend(tag.pair()),
            _ => {}
        }
    }
    forms
}

/// Where `<meta http-equiv="refresh">` leads.
pub(super) fn refresh(tags: &[Tag]) -> Option<&str> {
    let meta = tags.iter().find(|tag| tag.name == "meta" && tag.attribute("http-equiv") == Some("refresh"))?;
    meta.attribute("content")?.split_once("url=").map(|(_, url)| url)
}

/// A tag, from behind its `<`. Values stand in double quotes.
fn tag(text: &str) -> Option<Tag> {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric()).filter(|end| *end > 0)?;
    let (name, mut rest) = text.split_at(end);
    let mut attributes = BTreeMap::new();
    loop {
        rest = rest.trim_start();
        let end = rest.find(|c: char| c == '=' || c == '>' || c == '/' || c.is_whitespace()).filter(|end| *end > 0);
        let Some(end) = end else { break };
        let (name, after) = rest.split_at(end);
        let (value, after) = match after.strip_prefix("=\"") {
            Some(value) => value.split_once('"')?,
            None => ("", after),
        };
        attributes.insert(name.to_ascii_lowercase(), unescaped(value));
        rest = after;
    }
    Some(Tag { name: name.to_ascii_lowercase(), attributes })
}

fn unescaped(value: &str) -> String {
    let characters = [("&quot;", "\""), ("&#39;", "'"), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")];
    characters.into_iter().fold(value.to_owned(), |text, (name, character)| text.replace(name, character))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_with_its_fields_and_buttons() {
        let page = r#"<!doctype html><p>1 < 2</p><form method="post" action="/login?a=1&amp;b=2">
            <input type="hidden" name="request" value="x=&quot;&lt;&amp;lt;"><input name="name" required>
            <button name="decision" value="deny">No</button><button>Yes</button></form>"#;
        let fields = [("request", "x=\"<&lt;"), ("name", "")].map(|(n, v)| (n.to_owned(), v.to_owned())).into();
        let buttons = vec![("decision".to_owned(), "deny".to_owned())];
        let action = "/login?a=1&b=2".to_owned();
        assert_eq!(forms(&tags(page)), [Form { method: "POST".to_owned(), action, fields, buttons }]);
    }

    #[test]
    fn a_page_may_lead_on() {
        let page = tags(r#"<meta charset="utf-8"><meta http-equiv="refresh" content="1; url=http://app/?a=1&amp;b">"#);
        assert_eq!(refresh(&page), Some("http://app/?a=1&b"));
        assert_eq!(refresh(&tags("<p>none</p>")), None);
    }
}
