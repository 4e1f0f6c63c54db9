//! Answers, and how they are read.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde::de::DeserializeOwned;
use tokio::{io::AsyncReadExt, net::TcpStream};

/// An answer's head is refused beyond this.
const LONGEST_HEAD: usize = 16 * 1024;

/// An HTTP answer.
#[derive(Debug)]
pub struct HttpResponse {
    /// The status code.
    pub status: u16,
    headers: Vec<(String, String)>,
    /// The whole body; after an upgrade, what arrived after the head.
    pub body: Vec<u8>,
    /// All of it on the wire.
    pub bytes: usize,
}

impl HttpResponse {
    /// The first header of this name (in lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }

    /// The cookies that the answer sets, each with its name and value.
    pub fn cookies(&self) -> impl Iterator<Item = &str> {
        let set = self.headers.iter().filter(|(header, _)| header == "set-cookie");
        set.filter_map(|(_, cookie)| cookie.split(';').next())
    }

    /// When to retry, if it says so: in milliseconds in its body, else in whole seconds.
    pub fn retry(&self) -> Option<Duration> {
        let body = serde_json::from_slice::<serde_json::Value>(&self.body).unwrap_or_default();
        let exact = body["retry_ms"].as_u64().map(Duration::from_millis);
        exact.or_else(|| self.header("retry-after")?.parse().ok().map(Duration::from_secs))
    }

    /// What to show when trying again: a path that leads there, where the server gave something to
    /// show.
    pub fn again(&self, path: &str) -> String {
        let body = serde_json::from_slice::<serde_json::Value>(&self.body).unwrap_or_default();
        body["retry"].as_str().map_or_else(|| path.to_owned(), |retry| format!("{path}?retry={retry}"))
    }

    /// The body as JSON if the status is a success, else an error with the server's response.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        ensure!((200..300).contains(&self.status), "{self}");
        serde_json::from_slice(&self.body).with_context(|| format!("not the JSON expected: {self}"))
    }
}

impl std::fmt::Display for HttpResponse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "status {}: {}", self.status, String::from_utf8_lossy(&self.body[..self.body.len().min(300)]))
    }
}

pub(super) async fn read_answer(stream: &mut TcpStream) -> Result<HttpResponse> {
    let (mut answer, rest) = read_head(stream).await?;
    if answer.status == 101 {
        answer.body = rest;
    } else {
        read_body(stream, &mut answer, rest).await?;
    }
    Ok(answer)
}

/// Reads an answer up to its body, and perhaps some of that.
pub(super) async fn read_head(stream: &mut TcpStream) -> Result<(HttpResponse, Vec<u8>)> {
    let mut bytes = Vec::with_capacity(1024);
    let (mut answer, head_length) = loop {
        if stream.read_buf(&mut bytes).await? == 0 {
            bail!("the server closed the connection without an answer");
        }
        if let Some(parsed) = parse_head(&bytes)? {
            break parsed;
        }
        ensure!(bytes.len() < LONGEST_HEAD, "the answer's head is too long");
    };
    bytes.drain(..head_length);
    answer.bytes = head_length;
    Ok((answer, bytes))
}

pub(super) async fn read_body(stream: &mut TcpStream, answer: &mut HttpResponse, mut bytes: Vec<u8>) -> Result<()> {
    ensure!(answer.header("transfer-encoding").is_none(), "a chunked answer was not expected");
    let length: usize = answer.header("content-length").map_or(Ok(0), str::parse)?;
    while bytes.len() < length {
        ensure!(stream.read_buf(&mut bytes).await? > 0, "the answer was cut short");
    }
    answer.bytes += bytes.len();
    answer.body = bytes;
    Ok(())
}

fn parse_head(bytes: &[u8]) -> Result<Option<(HttpResponse, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; 48];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(length) = response.parse(bytes)? else { return Ok(None) };
    let text = |header: &httparse::Header<'_>| {
        (header.name.to_ascii_lowercase(), String::from_utf8_lossy(header.value).into_owned())
    };
    let status = response.code.expect("a complete head has a status");
    Ok(Some((
        HttpResponse { status, headers: response.headers.iter().map(text).collect(), body: Vec::new(), bytes: 0 },
        length,
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_when_it_is_whole() {
        let head =
            b"HTTP/1.1 303 See Other\r\nSet-Cookie: a=1; Path=/\r\nset-cookie: b=2\r\ncontent-length: 2\r\n\r\nhi";
        assert!(parse_head(&head[..head.len() - 3]).unwrap().is_none());
        let (answer, length) = parse_head(head).unwrap().unwrap();
        assert_eq!((answer.status, length), (303, head.len() - 2));
        assert_eq!(answer.cookies().collect::<Vec<_>>(), ["a=1", "b=2"]);
        assert!(answer.json::<serde_json::Value>().unwrap_err().to_string().starts_with("status 303"));
    }
}
