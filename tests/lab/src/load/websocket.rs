//! One echo over a WebSocket (RFC 6455), by hand: a masked frame out, whole frames in.

use std::time::Duration;

use hyper::Response;
use hyper::body::Incoming;
use hyper::header::SEC_WEBSOCKET_ACCEPT;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::failure::Failure;

/// The key of the standard's own example, and what a server has to answer to it.
pub(super) const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];
const FINAL: u8 = 0x80;
const MASKED: u8 = 0x80;
const OPCODE: u8 = 0x0f;
const BINARY: u8 = 0x2;
const CLOSE: u8 = 0x8;
/// Lengths from here on say how many bytes of length follow.
const TWO_BYTES: u8 = 126;
const EIGHT_BYTES: u8 = 127;
/// Opcodes from here on are control frames.
const CONTROL: u8 = 0x8;

/// Sends `size` bytes over a connection that was upgraded a `silence` ago, and reads them back.
pub(super) async fn echo(response: &mut Response<Incoming>, size: usize, silence: Duration) -> Result<(), Failure> {
    if response.headers().get(SEC_WEBSOCKET_ACCEPT).is_none_or(|accept| accept != ACCEPT) {
        return Err(Failure::Other("upgrade answered with a wrong sec-websocket-accept".to_owned()));
    }
    let upgraded = hyper::upgrade::on(response).await.map_err(|error| Failure::of(&error))?;
    let mut stream = TokioIo::new(upgraded);
    tokio::time::sleep(silence).await;
    let sent = vec![b'x'; size.max(1)];
    let back = over(&mut stream, &sent).await.map_err(|error| Failure::of(&error))?;
    match back {
        None => Err(Failure::Closed),
        Some(back) if back == sent => Ok(()),
        Some(_) => Err(Failure::Other("the echo is not what was sent".to_owned())),
    }
}

/// `None` where the other side closes instead.
async fn over<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S, payload: &[u8]) -> std::io::Result<Option<Vec<u8>>> {
    stream.write_all(&frame(BINARY, payload)).await?;
    stream.flush().await?;
    let mut message = Vec::with_capacity(payload.len());
    loop {
        let (first, second) = (stream.read_u8().await?, stream.read_u8().await?);
        let length = match second & !MASKED {
            TWO_BYTES => u64::from(stream.read_u16().await?),
            EIGHT_BYTES => stream.read_u64().await?,
            short => u64::from(short),
        };
        let mut part = Vec::new();
        let read = (&mut *stream).take(length).read_to_end(&mut part).await?;
        if u64::try_from(read).is_ok_and(|read| read < length) {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let opcode = first & OPCODE;
        if opcode == CLOSE {
            return Ok(None);
        }
        if opcode >= CONTROL {
            continue;
        }
        message.append(&mut part);
        if first & FINAL != 0 {
            // The answer is there: an error while parting is none of it.
            let _ = stream.write_all(&frame(CLOSE, &[])).await;
            return Ok(Some(message));
        }
    }
}

/// One masked frame, as clients have to send them.
fn frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(payload.len() + 14);
    bytes.push(FINAL | opcode);
    match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
        (Ok(length), _) if length < TWO_BYTES => bytes.push(MASKED | length),
        (_, Ok(length)) => {
            bytes.push(MASKED | TWO_BYTES);
            bytes.extend(length.to_be_bytes());
        }
        _ => {
            bytes.push(MASKED | EIGHT_BYTES);
            bytes.extend((payload.len() as u64).to_be_bytes());
        }
    }
    bytes.extend(MASK);
    bytes.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    bytes
}
