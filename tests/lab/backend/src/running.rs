//! A request between its head and the end of its answer: it is counted, and said to be lost when nobody lets it end.

use hyper::{Method, Request, Uri};

use crate::{
    connection::Connection,
    log::say,
    program::{Entered, Program},
};

/// A request that runs. Dropped before [`Running::done`], it was lost.
pub struct Running {
    method: Method,
    uri: Uri,
    connection: u64,
    request: u64,
    stage: &'static str,
    _counted: (Entered, Entered),
}

impl Running {
    /// Counts a request.
    pub fn begin<B>(program: &Program, connection: &Connection, number: u64, request: &Request<B>) -> Self {
        Self {
            method: request.method().clone(),
            uri: request.uri().clone(),
            connection: connection.number,
            request: number,
            stage: "before-answer",
            _counted: (program.running.enter(), connection.running.enter()),
        }
    }

    /// From now on a loss is that of a body.
    pub fn answering(&mut self) {
        self.stage = "in-answer";
    }

    /// From now on a loss is what was asked for.
    pub fn aborting(&mut self) {
        self.stage = "as-asked";
    }

    /// The answer has ended.
    pub fn done(mut self) {
        self.stage = "";
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.stage.is_empty() {
            return;
        }
        let Self { method, uri, connection, request, stage, .. } = self;
        say(format_args!("aborted stage={stage} connection={connection} request={request} method={method} uri={uri}"));
    }
}
