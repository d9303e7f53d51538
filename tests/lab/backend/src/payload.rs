//! Bodies of answers: the right number of bytes, and a stop half-way.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use http_body_util::{BodyExt as _, combinators::UnsyncBoxBody};
use hyper::body::{Body, Bytes, Frame, SizeHint};
use tokio::time::Sleep;

use crate::running::Running;

/// What can go wrong while a body is made.
pub type BodyFault = Box<dyn std::error::Error + Send + Sync>;
/// Any body of an answer.
pub type AnyBody = UnsyncBoxBody<Bytes, BodyFault>;

static FILLING: [u8; 16_384] = [b'x'; 16_384];

/// A text, or so many bytes of filling.
pub struct Payload {
    text: Option<Bytes>,
    length: u64,
    sent: u64,
    pause: Option<Pause>,
}

struct Pause {
    at: u64,
    time: Duration,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Payload {
    /// A body of this text.
    pub fn text(text: String) -> Self {
        Self { length: text.len() as u64, text: Some(text.into()), sent: 0, pause: None }
    }

    /// A body of this many bytes.
    pub fn filling(length: u64) -> Self {
        Self { length, text: None, sent: 0, pause: None }
    }

    /// Half of the body is sent, then nothing for this long, if any.
    pub fn stall(mut self, time: Option<Duration>) -> Self {
        self.pause = time.map(|time| Pause { at: self.length / 2, time, sleep: None });
        self
    }

    /// The body as any other.
    pub fn any(self) -> AnyBody {
        self.boxed_unsync()
    }

    fn part(&self, limit: u64) -> Bytes {
        let from = usize::try_from(self.sent).unwrap_or(usize::MAX);
        let most = usize::try_from(limit.saturating_sub(self.sent)).unwrap_or(usize::MAX);
        match &self.text {
            Some(text) => text.slice(from.min(text.len())..from.saturating_add(most).min(text.len())),
            None => Bytes::from_static(&FILLING).slice(..most.min(FILLING.len())),
        }
    }
}

impl Body for Payload {
    type Data = Bytes;
    type Error = BodyFault;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyFault>>> {
        let sent = self.sent;
        if let Some(pause) = self.pause.as_mut().filter(|pause| pause.at == sent) {
            let time = pause.time;
            ready!(pause.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep(time))).as_mut().poll(context));
            self.pause = None;
        }
        if self.sent >= self.length {
            return Poll::Ready(None);
        }
        let part = self.part(self.pause.as_ref().map_or(self.length, |pause| pause.at));
        self.sent += part.len() as u64;
        Poll::Ready(Some(Ok(Frame::data(part))))
    }

    fn is_end_stream(&self) -> bool {
        self.sent >= self.length
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length.saturating_sub(self.sent))
    }
}

/// A body that knows whether its last byte was handed over.
pub struct Outgoing {
    inner: AnyBody,
    running: Option<Running>,
}

impl Outgoing {
    /// Joins the body with the request it answers, if that has not ended yet.
    pub fn new(inner: AnyBody, running: Option<Running>) -> Self {
        Self { inner, running }
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = BodyFault;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyFault>>> {
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(context));
        if frame.is_none() || self.inner.is_end_stream() {
            self.running.take().into_iter().for_each(Running::done);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
