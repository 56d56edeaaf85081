//! The provider's port.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::net::TcpSocket;

use super::{
    listener::{Departure, Listener},
    state::State,
};

/// A port of the loopback interface, held for as long as this lives, whether or not anybody listens on it.
pub(super) struct Server {
    address: SocketAddr,
    /// Nothing while the port goes from one state to the other.
    port: Mutex<Option<Port>>,
}

enum Port {
    Open(Listener),
    /// Bound and not listening: connections are refused, and the system gives the port to nobody else. The connections of
    /// the last listener may still be ending.
    Held(TcpSocket, Option<Departure>),
}

impl Server {
    /// Takes a port, 0 for any that is free, and does not listen yet.
    pub(super) fn bind(port: u16) -> Self {
        let socket = bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
        let address = socket.local_addr().expect("a bound socket has an address");
        Self { address, port: Mutex::new(Some(Port::Held(socket, None))) }
    }

    pub(super) fn port(&self) -> u16 {
        self.address.port()
    }

    /// Listens, on a task of the runtime that this is called in, once the connections of the last time have ended.
    pub(super) async fn open(&self, state: &Arc<State>) {
        let held = self.lock().take_if(|port| matches!(port, Port::Held(..)));
        let Some(Port::Held(socket, departure)) = held else { return };
        if let Some(departure) = departure {
            departure.complete().await;
        }
        *self.lock() = Some(Port::Open(Listener::start(socket, Arc::clone(state))));
    }

    /// Refuses connections from now on, and breaks those that are open.
    pub(super) fn close(&self) {
        let mut port = self.lock();
        if let Some(Port::Open(listener)) = port.take_if(|port| matches!(port, Port::Open(_))) {
            let departure = listener.close();
            *port = Some(Port::Held(bind(self.address), Some(departure)));
        }
    }

    pub(super) fn is_open(&self) -> bool {
        matches!(*self.lock(), Some(Port::Open(_)))
    }

    fn lock(&self) -> MutexGuard<'_, Option<Port>> {
        self.port.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(Port::Open(listener)) = self.lock().take() {
            listener.close();
        }
    }
}

fn bind(address: SocketAddr) -> TcpSocket {
    let socket = TcpSocket::new_v4().expect("the system has sockets");
    // Connections of an earlier listener may linger on the port; on Windows the option would let others share it instead.
    socket.set_reuseaddr(cfg!(unix)).expect("a new socket takes options");
    socket.bind(address).expect("the port is free on 127.0.0.1");
    socket
}
