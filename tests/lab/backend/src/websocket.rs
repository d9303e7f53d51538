//! WebSocket: every message comes back.

use std::{sync::Arc, time::Duration};

use futures::{SinkExt as _, StreamExt as _};
use hyper::{
    Request, Response, StatusCode, Version,
    body::Incoming,
    header::{CONNECTION, HeaderMap, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, UPGRADE},
    upgrade::OnUpgrade,
};
use hyper_util::rt::TokioIo;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Message,
        handshake::derive_accept_key,
        protocol::{CloseFrame, Role, frame::coding::CloseCode},
    },
};

use crate::{
    answer::plain,
    payload::{AnyBody, Payload},
    program::{Entered, Program},
};

/// How long a client has to answer the goodbye.
const GOODBYE: Duration = Duration::from_secs(1);

/// Accepts a WebSocket, or says that this path is for nothing else.
pub fn answer(program: &Arc<Program>, request: &mut Request<Incoming>) -> Response<AnyBody> {
    let Some(accept) = accept_key(request) else {
        let mut response = plain(StatusCode::UPGRADE_REQUIRED, Payload::text("only WebSocket here\n".to_owned()));
        set_upgrade(response.headers_mut());
        return response;
    };
    tokio::spawn(echo(Arc::clone(program), program.open.enter(), hyper::upgrade::on(request)));
    let mut response = plain(StatusCode::SWITCHING_PROTOCOLS, Payload::filling(0));
    response.headers_mut().clear();
    set_upgrade(response.headers_mut());
    response.headers_mut().insert(SEC_WEBSOCKET_ACCEPT, accept);
    response
}

fn accept_key(request: &Request<Incoming>) -> Option<HeaderValue> {
    let upgrade = request.headers().get(UPGRADE)?.to_str().ok()?;
    if request.version() != Version::HTTP_11 || !upgrade.eq_ignore_ascii_case("websocket") {
        return None;
    }
    let key = request.headers().get(SEC_WEBSOCKET_KEY)?;
    HeaderValue::try_from(derive_accept_key(key.as_bytes())).ok()
}

fn set_upgrade(headers: &mut HeaderMap) {
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
}

async fn echo(program: Arc<Program>, _open: Entered, upgrade: OnUpgrade) {
    let mut draining = program.draining.subscribe();
    let Ok(upgraded) = upgrade.await else { return };
    let mut socket = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, None).await;
    loop {
        let message = tokio::select! {
            _ = draining.wait_for(|draining| *draining) => break,
            message = socket.next() => message,
        };
        match message {
            Some(Ok(message @ (Message::Text(_) | Message::Binary(_)))) => {
                if socket.send(message).await.is_err() {
                    return;
                }
            }
            // The library answers these by itself when it is asked for the next message.
            Some(Ok(_)) => {}
            Some(Err(_)) | None => return,
        }
    }
    let frame = CloseFrame { code: CloseCode::Away, reason: "draining".into() };
    let goodbye = async {
        if socket.close(Some(frame)).await.is_ok() {
            while let Some(Ok(_)) = socket.next().await {}
        }
    };
    let _ = tokio::time::timeout(GOODBYE, goodbye).await;
}
