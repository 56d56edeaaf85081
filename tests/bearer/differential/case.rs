//! A token to disagree about.

use tower_oidc::{testing::jws, types::Algorithm};

use super::Court;

/// A JSON value of a token, written when the time, the issuer and the audience are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Json {
    /// A text of JSON, in which `$iss` and `$aud` stand for issuer and audience.
    Text(String),
    /// So many seconds after now.
    Seconds(i64),
    /// That, and half a second more.
    HalfPast(i64),
    /// A string of so many letters.
    Long(usize),
    /// So many arrays in each other.
    Deep(usize),
}

/// Who signs, whatever `alg` and `kid` say.
#[derive(Debug, Clone, Copy)]
pub(super) enum Signer {
    Published(Algorithm),
    Stranger(usize),
}

/// What happens to the token once it is signed.
#[derive(Debug, Clone)]
pub(super) enum Tampering {
    None,
    /// The character at that place, counted round and round, becomes another one.
    Replaced(usize, char),
    /// One character more at that place.
    Inserted(usize, char),
    /// One character less at that place.
    Removed(usize),
    /// More at the end.
    Appended(&'static str),
}

/// One step away from a good token.
#[derive(Debug, Clone)]
pub(super) enum Change {
    Header(&'static str, Json),
    NoHeader(&'static str),
    HeaderTwice(&'static str),
    Claim(&'static str, Json),
    NoClaim(&'static str),
    ClaimTwice(&'static str),
    /// So many claims more.
    Many(usize),
}

#[derive(Debug, Clone)]
pub(super) struct Case {
    pub(super) algorithm: Algorithm,
    pub(super) signer: Signer,
    pub(super) header: Vec<(String, Json)>,
    pub(super) claims: Vec<(String, Json)>,
    pub(super) tampering: Tampering,
}

pub(super) fn text(json: &str) -> Json {
    Json::Text(json.to_owned())
}

impl Json {
    fn write(&self, court: &Court, now: u64) -> String {
        let after = |seconds: i64| now.checked_add_signed(seconds).unwrap();
        let provider = &court.stand.provider;
        match self {
            Self::Text(text) => text.replace("$iss", provider.issuer()).replace("$aud", provider.audience()),
            Self::Seconds(seconds) => after(*seconds).to_string(),
            Self::HalfPast(seconds) => format!("{}.5", after(*seconds)),
            Self::Long(letters) => format!("\"{}\"", "x".repeat(*letters)),
            Self::Deep(depth) => format!("{}{}", "[".repeat(*depth), "]".repeat(*depth)),
        }
    }

    pub(super) fn is(&self, json: &str) -> bool {
        matches!(self, Self::Text(text) if text == json)
    }

    pub(super) fn is_string(&self) -> bool {
        matches!(self, Self::Text(text) if text.starts_with('"')) || matches!(self, Self::Long(_))
    }
}

impl Case {
    /// A token that has nothing wrong with it.
    pub(super) fn good(algorithm: Algorithm) -> Self {
        let pairs =
            |pairs: &[(&str, Json)]| pairs.iter().map(|(name, json)| ((*name).to_owned(), json.clone())).collect();
        Self {
            algorithm,
            signer: Signer::Published(algorithm),
            header: pairs(&[("typ", text("\"at+jwt\"")), ("alg", text("\"$alg\"")), ("kid", text("\"$kid\""))]),
            claims: pairs(&[
                ("iss", text("\"$iss\"")),
                ("sub", text("\"jane\"")),
                ("aud", text("\"$aud\"")),
                ("exp", Json::Seconds(3600)),
                ("iat", Json::Seconds(0)),
                ("scope", text("\"read\"")),
                ("client_id", text("\"client\"")),
            ]),
            tampering: Tampering::None,
        }
    }

    pub(super) fn with(mut self, changes: impl IntoIterator<Item = Change>) -> Self {
        for change in changes {
            match change {
                Change::Header(name, json) => set(&mut self.header, name, json),
                Change::NoHeader(name) => self.header.retain(|(own, _)| own != name),
                Change::HeaderTwice(name) => repeat(&mut self.header, name),
                Change::Claim(name, json) => set(&mut self.claims, name, json),
                Change::NoClaim(name) => self.claims.retain(|(own, _)| own != name),
                Change::ClaimTwice(name) => repeat(&mut self.claims, name),
                Change::Many(count) => self.claims.extend((0..count).map(|n| (format!("c{n}"), text("1")))),
            }
        }
        self
    }

    pub(super) fn header(&self, name: &str) -> Option<&Json> {
        self.header.iter().find(|(own, _)| own == name).map(|(_, json)| json)
    }

    pub(super) fn claim(&self, name: &str) -> Option<&Json> {
        self.claims.iter().find(|(own, _)| own == name).map(|(_, json)| json)
    }

    pub(super) fn is_tampered(&self) -> bool {
        !matches!(self.tampering, Tampering::None)
    }

    pub(super) fn token(&self, court: &Court, now: u64) -> String {
        let kid = court.key(Signer::Published(self.algorithm)).key_id();
        let write = |members: &[(String, Json)]| {
            let members = members.iter().map(|(name, json)| format!("\"{name}\":{}", json.write(court, now)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        };
        let header = write(&self.header).replace("$alg", self.algorithm.name()).replace("$kid", kid);
        let token = jws(header, write(&self.claims), court.key(self.signer));
        self.tampering.apply(token)
    }
}

fn set(members: &mut Vec<(String, Json)>, name: &str, json: Json) {
    members.retain(|(own, _)| own != name);
    members.push((name.to_owned(), json));
}

fn repeat(members: &mut Vec<(String, Json)>, name: &str) {
    let json = members.iter().find(|(own, _)| own == name).map_or_else(|| text("\"x\""), |(_, json)| json.clone());
    set(members, name, json.clone());
    members.push((name.to_owned(), json));
}

impl Tampering {
    fn apply(&self, mut token: String) -> String {
        match *self {
            Self::None => {}
            Self::Replaced(place, char) => {
                let at = place % token.len();
                let char = if token[at..].starts_with(char) { '*' } else { char };
                token.replace_range(at..=at, char.encode_utf8(&mut [0; 4]));
            }
            Self::Inserted(place, char) => token.insert(place % (token.len() + 1), char),
            Self::Removed(place) => drop(token.remove(place % token.len())),
            Self::Appended(more) => token.push_str(more),
        }
        token
    }
}
