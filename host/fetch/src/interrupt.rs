//! Requests that end when whoever asks wants it no more, also while they wait for an answer.
//!
//! `ureq` reads on the thread that asks, and connections outlive requests. So what a request is ended by
//! belongs to the thread while it asks, and connections look at it.

use std::cell::RefCell;
use std::fmt;
use std::time::Duration;

use limpid_bytes::Stop;
use ureq::Error;
use ureq::unversioned::transport::{
    Buffers, ConnectProxyConnector, ConnectionDetails, Connector, NextTimeout, RustlsConnector, TcpConnector,
    Transport,
};

/// How long a connection waits before it looks again.
const SLICE: Duration = Duration::from_millis(200);

thread_local! {
    static STOP: RefCell<Option<Stop>> = const { RefCell::new(None) };
}

/// Does something with connections of [`connector`], until it is done or stopped.
pub(crate) fn until<T>(stop: &Stop, work: impl FnOnce() -> T) -> T {
    let _before = Before(STOP.replace(Some(stop.clone())));
    work()
}

/// What a request within another one leaves as it found it.
struct Before(Option<Stop>);

impl Drop for Before {
    fn drop(&mut self) {
        STOP.set(self.0.take());
    }
}

/// Connections as `ureq` makes them, encrypted where the address says so.
pub(crate) fn connector() -> impl Connector {
    ().chain(ConnectProxyConnector::default())
        .chain(TcpConnector::default())
        .chain(Interruptible)
        .chain(RustlsConnector::default())
}

#[derive(Debug)]
struct Interruptible;

impl<In: Transport> Connector<In> for Interruptible {
    type Out = Interrupted<In>;

    fn connect(&self, _: &ConnectionDetails<'_>, chained: Option<In>) -> Result<Option<Self::Out>, Error> {
        Ok(chained.map(Interrupted))
    }
}

/// A connection that is not waited for any more once its thread is stopped.
struct Interrupted<T>(T);

impl<T: Transport> Transport for Interrupted<T> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.0.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.0.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let Some(stop) = STOP.with_borrow(Clone::clone) else { return self.0.await_input(timeout) };
        let whole = timeout.for_read();
        let mut left = whole.after;
        loop {
            if stop.is_stopped() {
                return Err(Error::Other(Box::new(crate::Error::Stopped)));
            }
            let slice = SLICE.min(*left);
            let awaited = self.0.await_input(NextTimeout { after: slice.into(), ..whole });
            if !matches!(awaited, Err(Error::Timeout(_))) {
                return awaited;
            }
            if *left <= slice {
                return Err(Error::Timeout(whole.reason));
            }
            if !left.is_not_happening() {
                left = left.saturating_sub(slice).into();
            }
        }
    }

    fn is_open(&mut self) -> bool {
        self.0.is_open()
    }

    fn is_tls(&self) -> bool {
        self.0.is_tls()
    }
}

impl<T> fmt::Debug for Interrupted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Interrupted")
    }
}
