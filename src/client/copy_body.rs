//! Which bodies can be sent a second time.

use http_body::Body;

/// Gives a copy of a request's body before it is sent, for the one retry after a 401. `None`: it can be sent once only, and
/// the 401 is the answer.
///
/// [`EmptyBody`] is the layer's own choice. A function is another one:
///
/// ```
/// # use bytes::Bytes;
/// # use http_body_util::Full;
/// # fn shown(layer: tower_oidc::client::BearerLayer) {
/// let for_full = layer.clone().with_body_copies(|body: &Full<Bytes>| Some(body.clone()));
/// let for_reqwest = layer.with_body_copies(|body: &reqwest::Body| Some(reqwest::Body::from(body.as_bytes()?.to_vec())));
/// # }
/// ```
pub trait CopyBody<B> {
    /// The copy, which has the whole content of `body`.
    fn copy(&self, body: &B) -> Option<B>;
}

/// Copies bodies that say they are empty, whatever their type. A streaming body never says so.
#[derive(Debug, Clone, Copy, Default)]
pub struct EmptyBody;

impl<B: Body + Default> CopyBody<B> for EmptyBody {
    fn copy(&self, body: &B) -> Option<B> {
        body.is_end_stream().then(B::default)
    }
}

impl<B, F: Fn(&B) -> Option<B>> CopyBody<B> for F {
    fn copy(&self, body: &B) -> Option<B> {
        self(body)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use futures_util::stream;
    use http_body::Frame;
    use http_body_util::{Empty, Full, StreamBody, combinators::UnsyncBoxBody};

    use super::*;

    #[test]
    fn an_empty_body_is_copied_and_content_is_not() {
        assert!(EmptyBody.copy(&Empty::<Bytes>::new()).is_some());
        assert!(EmptyBody.copy(&Full::new(Bytes::new())).is_some());
        assert!(EmptyBody.copy(&Full::new(Bytes::from_static(b"x"))).is_none());
        assert!(EmptyBody.copy(&reqwest::Body::default()).is_some());
    }

    #[test]
    fn a_stream_is_not_copied_even_if_nothing_comes() {
        type Frames = stream::Empty<Result<Frame<Bytes>, std::io::Error>>;
        let body = UnsyncBoxBody::new(StreamBody::new(stream::empty() as Frames));
        assert!(EmptyBody.copy(&body).is_none());
    }

    #[test]
    fn a_function_decides_for_itself() {
        let copy = |body: &Full<Bytes>| Some(body.clone());
        assert!(copy.copy(&Full::new(Bytes::from_static(b"x"))).is_some());
    }
}
