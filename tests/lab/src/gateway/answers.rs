//! Whether a port answers, and a port that takes whatever comes.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy, sink};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use crate::fault::{Fault, Result};
use crate::wait::until;

/// Waits until something answers HTTP, whatever it answers.
pub(super) async fn http(name: &str, address: SocketAddr) -> Result {
    until(&format!("{name} answers on {address}"), Duration::from_secs(30), async || {
        let question = timeout(Duration::from_secs(1), ask(address));
        match question.await {
            Ok(Ok(answer)) if answer.starts_with(b"HTTP/1.") => Ok(()),
            Ok(Ok(answer)) => Err(String::from_utf8_lossy(&answer).into_owned()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err("no answer".to_owned()),
        }
    })
    .await
}

/// Waits until something listens.
pub(super) async fn tcp(name: &str, address: SocketAddr) -> Result {
    until(&format!("{name} listens on {address}"), Duration::from_secs(30), async || {
        TcpStream::connect(address).await.map(drop).map_err(|error| error.to_string())
    })
    .await
}

/// Takes every connection to a port of 127.0.0.1, and reads what comes until the other side closes.
pub(crate) async fn accept(port: u16) -> Result {
    let listen = |error| Fault::Other(format!("port {port} of 127.0.0.1: {error}"));
    let listener = TcpListener::bind(("127.0.0.1", port)).await.map_err(listen)?;
    loop {
        let (mut connection, _) = listener.accept().await.map_err(listen)?;
        tokio::spawn(async move { copy(&mut connection, &mut sink()).await });
    }
}

async fn ask(address: SocketAddr) -> std::io::Result<Vec<u8>> {
    let mut connection = TcpStream::connect(address).await?;
    connection.write_all(b"GET / HTTP/1.1\r\nHost: answers.lab.no502.dev\r\nConnection: close\r\n\r\n").await?;
    let mut start = vec![0; 9];
    connection.read_exact(&mut start).await?;
    Ok(start)
}
