use std::net::{IpAddr, SocketAddr};

/// Who is at the other end of a connection, and at which address of this machine it came in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer {
    pub(crate) address: IpAddr,
    pub(crate) local: IpAddr,
}

impl Peer {
    pub(crate) fn new(address: SocketAddr, local: SocketAddr) -> Self {
        Self { address: address.ip().to_canonical(), local: local.ip().to_canonical() }
    }
}
