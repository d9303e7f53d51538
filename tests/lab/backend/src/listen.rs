//! The ports: who listens, and when no more.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::{
    connection,
    fault::Fault,
    flags::Protocol,
    log::say,
    program::{Entered, Program},
    tls::Identity,
};

/// Waits until the program may listen, opens all ports, and serves them in tasks of their own.
pub async fn open(program: &Arc<Program>) -> Result<(), Fault> {
    let mut ports = Vec::new();
    let mut identity = None;
    for listen in &program.flags.listen {
        let acceptor = match listen.protocol.alpn() {
            None => None,
            Some(alpn) => {
                if identity.is_none() {
                    let folder = program.flags.certificate.as_deref();
                    identity = Some(folder.map_or_else(Identity::make, Identity::read)?);
                }
                identity.as_ref().map(|identity| identity.acceptor(alpn)).transpose()?
            }
        };
        ports.push((listen, acceptor));
    }
    tokio::time::sleep(program.until(program.flags.start_delay)).await;
    for (listen, acceptor) in ports {
        let address = SocketAddr::new(program.flags.bind, listen.port);
        let listener = TcpListener::bind(address).await.map_err(|source| Fault::Bind { address, source })?;
        say(format_args!("listen address={} protocol={}", listener.local_addr()?, listen.protocol.word()));
        tokio::spawn(accept(Arc::clone(program), program.ports.enter(), listener, listen.protocol, acceptor));
    }
    Ok(())
}

/// Takes connections until the program refuses them; then the listener is dropped, and who comes is refused.
/// Arguments are dropped from the last to the first: once `_port` is gone, the listener is too.
async fn accept(program: Arc<Program>, _port: Entered, listener: TcpListener, protocol: Protocol, acceptor: Option<TlsAcceptor>) {
    let mut refusing = program.refusing.subscribe();
    loop {
        let accepted = tokio::select! {
            biased;
            _ = refusing.wait_for(|refusing| *refusing) => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((tcp, _)) => {
                // Answers are small and must not wait for each other.
                let _ = tcp.set_nodelay(true);
                tokio::spawn(connection::serve(Arc::clone(&program), tcp, protocol, acceptor.clone()));
            }
            // Out of files, mostly: others may close theirs.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}
