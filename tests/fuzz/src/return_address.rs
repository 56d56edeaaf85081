//! Return addresses.

use http::HeaderValue;
use tower_oidc::login::{MAX_RETURN_TO_BYTES, ReturnTo};
use url::{Position, Url};

use super::{
    memory::bounded,
    stand::{self, TRUSTED},
};

/// Most bytes at once.
const MOST_BYTES: usize = 8 * MAX_RETURN_TO_BYTES;

/// Whatever is accepted leads a browser to the own origin or to a trusted address, wherever it is followed from, and is emitted as it
/// was checked.
pub fn return_address(input: &[u8]) {
    let Ok(text) = str::from_utf8(input) else { return };
    stand::with(|stand| {
        let settings = &stand.clients[0].login;
        let Some(return_to) = bounded(MOST_BYTES, || ReturnTo::parse(text, settings)) else { return };
        let address = return_to.as_str();
        assert!(address.len() <= MAX_RETURN_TO_BYTES && HeaderValue::from_str(address).is_ok());
        assert_eq!(ReturnTo::parse(address, settings).as_ref(), Some(&return_to));
        if address == TRUSTED {
            assert_eq!(return_to.to_url(settings).as_str(), TRUSTED);
            return;
        }
        for page in ["", "/login?return_to=/", "/deep/below//it/"] {
            let page = settings.server_url.join(page).expect("a page of ours");
            let followed = page.join(address).expect("an address");
            assert_eq!(followed.origin(), settings.server_url.origin(), "{address}");
            assert_eq!(&followed[Position::BeforePath..], address);
            assert!(followed.username().is_empty() && followed.password().is_none());
        }
        assert_eq!(Url::as_str(&return_to.to_url(settings)), [stand::SERVER, address].concat());
    });
}
