//! HTTP/1 by hand, so that every byte and every end of a connection is seen; curl for the rest.

use std::{
    io::{ErrorKind, Read as _, Write as _},
    net::TcpStream,
    process::{Command, Output},
    time::Duration,
};

const PATIENCE: Duration = Duration::from_secs(5);

/// A connection to a backend.
pub struct Wire {
    pub tcp: TcpStream,
    buffer: Vec<u8>,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub line: String,
    pub head: String,
    pub body: Vec<u8>,
}

/// How a connection ended.
#[derive(Debug, PartialEq, Eq)]
pub enum End {
    Fin,
    Reset,
    Open,
}

impl Answer {
    pub fn status(&self) -> u16 {
        self.line.split(' ').nth(1).expect("a status").parse().expect("a number")
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .find_map(|line| line.split_once(": ").filter(|(own, _)| own.eq_ignore_ascii_case(name)))
            .map(|(_, value)| value)
    }
}

impl Wire {
    pub fn open(port: u16) -> Self {
        Self::try_open(port).expect("a connection")
    }

    pub fn try_open(port: u16) -> std::io::Result<Self> {
        let tcp = TcpStream::connect(("127.0.0.1", port))?;
        tcp.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { tcp, buffer: Vec::new() })
    }

    pub fn send(&mut self, bytes: &[u8]) {
        self.tcp.write_all(bytes).expect("bytes go out");
    }

    pub fn ask(&mut self, path: &str) {
        self.send(format!("GET {path} HTTP/1.1\r\nhost: test\r\n\r\n").as_bytes());
    }

    pub fn get(&mut self, path: &str) -> Answer {
        self.ask(path);
        self.answer()
    }

    /// Reads one answer with its length.
    pub fn answer(&mut self) -> Answer {
        let head = self.head();
        let (line, head) = head.split_once("\r\n").expect("lines");
        let mut answer = Answer { line: line.to_owned(), head: head.to_owned(), body: Vec::new() };
        let length = answer.header("content-length").map_or(0, |value| value.parse().expect("a length"));
        answer.body = self.take(length);
        answer
    }

    /// Reads up to the empty line.
    pub fn head(&mut self) -> String {
        loop {
            if let Some(at) = self.buffer.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                let head: Vec<_> = self.buffer.drain(..at + 4).collect();
                return String::from_utf8(head).expect("text");
            }
            assert!(self.more(), "the connection ended before the head: {:?}", String::from_utf8_lossy(&self.buffer));
        }
    }

    /// Reads so many bytes.
    pub fn take(&mut self, length: usize) -> Vec<u8> {
        self.try_take(length).expect("bytes before the end of the connection")
    }

    /// Reads so many bytes, or finds the end.
    pub fn try_take(&mut self, length: usize) -> Option<Vec<u8>> {
        while self.buffer.len() < length {
            if !self.more() {
                return None;
            }
        }
        Some(self.buffer.drain(..length).collect())
    }

    fn more(&mut self) -> bool {
        let mut part = vec![0; 65_536];
        let length = self.tcp.read(&mut part).expect("bytes come in");
        self.buffer.extend_from_slice(&part[..length]);
        length > 0
    }

    /// Waits for the end of the connection.
    pub fn end_within(&mut self, time: Duration) -> End {
        self.tcp.set_read_timeout(Some(time)).expect("a time");
        match self.tcp.read(&mut [0; 1]) {
            Ok(0) => End::Fin,
            Ok(_) => panic!("bytes instead of an end"),
            Err(fault) if fault.kind() == ErrorKind::ConnectionReset => End::Reset,
            Err(_) => End::Open,
        }
    }
}

/// One request on a connection of its own.
pub fn get(port: u16, path: &str) -> Answer {
    Wire::open(port).get(path)
}

/// Runs curl with these flags.
pub fn curl(flags: &[&str]) -> Output {
    Command::new("curl").args(["-sS", "--max-time", "5"]).args(flags).output().expect("curl runs")
}
