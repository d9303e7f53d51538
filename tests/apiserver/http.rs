//! Plain HTTP by hand: the admin address of no502, and the API server through `kubectl proxy`.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::fault::{Result, fault};

const PATIENCE: Duration = Duration::from_secs(40);

/// Status code, warnings and body.
#[derive(Debug)]
pub(crate) struct Reply {
    /// The status code.
    pub(crate) status: u16,
    /// What the API server warns of: the texts of its headers of that name.
    pub(crate) warnings: Vec<String>,
    /// The body as text.
    pub(crate) body: String,
}

/// Asks for a page.
pub(crate) fn get(address: SocketAddr, path: &str) -> Result<Reply> {
    send(address, "GET", path, "application/json", "")
}

/// Sends one request on a connection of its own.
pub(crate) fn send(address: SocketAddr, method: &str, path: &str, content: &str, body: &str) -> Result<Reply> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    // HTTP/1.0: the answer is never chunked and ends with the connection.
    let head = format!(
        "{method} {path} HTTP/1.0\r\nHost: {address}\r\nContent-Type: {content}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes())?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let (head, body) = text.split_once("\r\n\r\n").ok_or_else(|| fault(format!("{address}{path}: no HTTP: {text}")))?;
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
    let status = status.ok_or_else(|| fault(format!("{address}{path}: no status: {head}")))?;
    let warnings = head.lines().filter_map(|line| warning(line.split_once(": ")?)).collect();
    Ok(Reply { status, warnings, body: body.to_owned() })
}

/// The text of a header `Warning: 299 - "..."`.
fn warning((name, value): (&str, &str)) -> Option<String> {
    let text = value.strip_prefix("299 - \"")?.trim_end().strip_suffix('"')?;
    name.eq_ignore_ascii_case("warning").then(|| text.replace("\\\"", "\"").replace("\\\\", "\\"))
}
