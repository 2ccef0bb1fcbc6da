use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::refused::bare;

/// What a handshake begins with: a record of that kind.
const HANDSHAKE: u8 = 22;

/// A connection, encrypted or not.
pub(super) enum Stream {
    Plain(TcpStream),
    Encrypted(Box<TlsStream<TcpStream>>),
}

impl Stream {
    /// Agrees with the client on how to encrypt.
    ///
    /// # Errors
    /// They do not agree, or the client speaks plainly, and is told so.
    pub(super) async fn encrypted(stream: TcpStream, acceptor: TlsAcceptor) -> io::Result<Self> {
        let mut first = [0];
        if stream.peek(&mut first).await? == 1 && first != [HANDSHAKE] {
            let message = "this port is encrypted: ask with `https://`";
            let _ = stream.try_write(&bare(400, "bad-request", message));
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        Ok(Self::Encrypted(Box::new(acceptor.accept(stream).await?)))
    }

    /// Writes at once as much as there is room for, where that makes sense.
    pub(super) fn try_write(&self, bytes: &[u8]) {
        if let Self::Plain(stream) = self {
            let _ = stream.try_write(bytes);
        }
    }
}

/// Does with the stream inside what was asked for.
macro_rules! inside {
    ($stream:expr, $inner:ident => $do:expr) => {
        match $stream.get_mut() {
            Stream::Plain($inner) => {
                let $inner = Pin::new($inner);
                $do
            }
            Stream::Encrypted($inner) => {
                let $inner = Pin::new($inner.as_mut());
                $do
            }
        }
    };
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        inside!(self, stream => stream.poll_read(context, buffer))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        inside!(self, stream => stream.poll_write(context, bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        inside!(self, stream => stream.poll_write_vectored(context, slices))
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(stream) => stream.is_write_vectored(),
            Self::Encrypted(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        inside!(self, stream => stream.poll_flush(context))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        inside!(self, stream => stream.poll_shutdown(context))
    }
}
